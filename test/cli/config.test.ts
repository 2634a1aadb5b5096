import { describe, expect, test } from "vitest";
import { run, runAgainst } from "./support.ts";

const HCL = `
Kind = "service-defaults"
name = "web"
mesh_gateway { mode = "local" }
`;

function write(answer: string, argv: readonly string[], stdin = HCL): ReturnType<typeof runAgainst> {
  const answers = { "PUT /v1/config": answer, "PUT /v1/config?cas=7": answer };
  return runAgainst(answers, ["config", "write", ...argv, "-"], { stdin });
}

describe("config write", () => {
  test("takes HCL", async () => {
    const ran = await write("true", []);
    expect(ran).toMatchObject({
      code: 0,
      stdout: "Config entry written: service-defaults/web\n",
      stderr: "",
    });
  });

  test("says when the entry is another one than was expected", async () => {
    const ran = await write("false", ["-cas", "-modify-index=7"]);
    expect(ran).toMatchObject({ code: 1, stderr: "Config entry not updated: service-defaults/web\n" });
  });

  test.each([
    ["nothing", "", "Payload does not contain a kind/Kind key at the top level"],
    ["half of it", "{", "Failed to decode config entry input: unexpected end of JSON input"],
    ["another kind", '{"Kind":"bogus"}', "invalid config entry kind: bogus"],
  ])("refuses %s before anybody is asked", async (_what, stdin, reason) => {
    const ran = await run(["config", "write", "-"], { stdin, env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } });
    expect(ran).toMatchObject({ code: 1, stderr: `Failed to decode config entry input: ${reason}\n` });
  });
});

describe("config read, list and delete", () => {
  const ANSWERS = {
    "GET /v1/config/service-defaults/web": '{"Kind": "service-defaults",\n "Name":"a \\" b", "Meta":  {}}\n',
    "GET /v1/config/service-defaults": '[{"Name":"a"},{"Name":"b"}]',
    "DELETE /v1/config/service-defaults/web": "{}",
  };

  test.each([
    [
      "read",
      ["-name=web"],
      '{\n    "Kind": "service-defaults",\n    "Name": "a \\" b",\n    "Meta": {}\n}\n',
    ],
    ["list", [], "a\nb\n"],
    ["delete", ["-name=web"], "Config entry deleted: service-defaults/web\n"],
  ])("%s", async (command, argv, stdout) => {
    const ran = await runAgainst(ANSWERS, ["config", command, "-kind=service-defaults", ...argv]);
    expect(ran).toMatchObject({ code: 0, stdout, stderr: "" });
  });

  test("delete of what a file names, as in later Consuls", async () => {
    const ran = await runAgainst(ANSWERS, ["config", "delete", "-filename=-"], { stdin: HCL });
    expect(ran).toMatchObject({
      code: 0,
      stdout: "Config entry deleted: service-defaults/web\n",
      stderr: "",
    });
    expect(await runAgainst(ANSWERS, ["config", "delete", "-filename=/no/such"])).toMatchObject({
      code: 1,
      stderr: "Failed to load data: Failed to read file: open /no/such: no such file or directory\n",
      asked: [],
    });
  });

  test.each([
    ["read", [], "Must specify the -kind parameter"],
    ["read", ["-kind=service-defaults"], "Must specify the -name parameter"],
    ["list", [], "Must specify the -kind parameter"],
    ["delete", ["-kind=x"], "Must specify the -name parameter"],
    ["read", ["-kind=x", "-name=y"], "Error reading config entry x/y: invalid config entry kind: x"],
  ])("%s %j is told what is missing", async (command, argv, stderr) => {
    const ran = await run(["config", command, ...argv], { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } });
    expect(ran).toMatchObject({ code: 1, stderr: `${stderr}\n` });
  });
});
