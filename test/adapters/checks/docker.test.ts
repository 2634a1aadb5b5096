// Docker checks, with an engine that does as its containers are called; the texts are those of Consul 1.8.7.

import { afterAll, beforeAll, expect, test } from "vitest";
import { startTargets, type Targets } from "../../support/check-targets.ts";
import { make } from "./support.ts";

let targets: Targets;
beforeAll(async () => {
  targets = await startTargets();
});
afterAll(() => targets.close());

function run(container: string, timeoutNs = 0): Promise<string> {
  const env = { DOCKER_HOST: `unix://${targets.docker}` };
  return make({ dockerContainerId: container, scriptArgs: ["check", "arg"], timeoutNs }, { env });
}

test.each([
  ["well", "passing said in well\n"],
  ["exit-1", "warning said in exit-1\n"],
  ["exit-2", "critical said in exit-2\n"],
  ["missing", "critical create exec failed for unknown container missing"],
  ["paused", "critical create exec failed since container paused is paused or stopped"],
  ["ill", 'critical create exec failed for container ill with status 500: {"message":"ill"}\n'],
  ["nameless", "critical start exec failed for container nameless: invalid exec id "],
  ["stopped", "critical start exec failed since container stopped is paused or stopped"],
  [
    "unseen",
    'critical inspect exec failed for container unseen with status 500: {"message":"cannot inspect"}\n',
  ],
  ["loud", `passing Captured 4096 of 5000 bytes\n...\n${"x".repeat(4096)}`],
])("a program in a container that is %s", async (container, expected) => {
  expect(await run(container)).toBe(expected);
});

test("is asked for as Consul asks", async () => {
  targets.asked.length = 0;
  await run("well");
  expect(targets.asked.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
    'POST /containers/well/exec {"AttachStdin":false,"AttachStdout":true,"AttachStderr":true,"Tty":false,"Cmd":["check","arg"]}\n',
    'POST /exec/exec-well/start {"Detach":false,"Tty":true}\n',
    "GET /exec/exec-well/json ",
  ]);
});

test("takes no longer than it may, where it says how long that is", async () => {
  expect(await run("slow", 5e8)).toBe("critical Timed out (500ms) running check");
});

test("is critical without an engine", async () => {
  const wants = { dockerContainerId: "c", scriptArgs: ["x"] };
  const socket = "%2Fno%2Fsuch%2Fsocket";
  expect(await make(wants, { env: { DOCKER_HOST: "unix:///no/such/socket" } })).toBe(
    `critical create exec failed for container c: Post "http://${socket}/containers/c/exec": dial unix /no/such/socket: connect: no such file or directory`,
  );
  expect(await make(wants, { env: { DOCKER_HOST: "tcp://127.0.0.1:1" } })).toBe(
    'critical create exec failed for container c: Post "http://127.0.0.1:1/containers/c/exec": dial tcp 127.0.0.1:1: connect: connection refused',
  );
});
