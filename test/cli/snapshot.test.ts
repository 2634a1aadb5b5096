import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { inDirectory, listen, run } from "./support.ts";

const ARCHIVE = readFileSync(new URL("../vectors/archive/consul-1.8.7.snap", import.meta.url));
const SELF = {
  Config: { Version: "1.8.7", Datacenter: "dc1", NodeName: "n1" },
  Stats: { consul: { leader: "false" } },
};

/** @returns The files there are after `snapshot save` with these arguments. */
function saved(args: readonly string[], self: object = SELF): Promise<{ files: string[]; stderr: string }> {
  return inDirectory(async (directory) => {
    const server = createServer((request, response) => {
      if (request.url === "/v1/snapshot") response.end(ARCHIVE);
      else response.end(JSON.stringify(self));
    });
    const close = await listen(server);
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ran = await run(["snapshot", "save", ...args], {
      env: { CONSUL_HTTP_ADDR: address },
      cwd: directory,
    });
    await close();
    return { files: readdirSync(directory), stderr: ran.stderr };
  });
}

describe("snapshot save -append-filename names the file after", () => {
  test.each([
    ["", "out.snap", "out.snap"],
    ["version,dc", "out.snap", "out-1.8.7-dc1.snap"],
    ["status,node,version", "out.tar.gz", "out.tar-1.8.7-n1-follower.gz"],
    ["dc", "out", "out-dc1"],
    ["nosuch,dc", ".snap", "-dc1.snap"],
  ])("%s: %s is %s", async (parts, file, name) => {
    expect(await saved([`-append-filename=${parts}`, file])).toEqual({ files: [name], stderr: "" });
  });

  test("what the agent says, and nothing that it does not", async () => {
    const leading = { Stats: { consul: { leader: "true" } } };
    const { files } = await saved(["-append-filename=version,dc,status", "a.snap"], leading);
    expect(files).toEqual(["a-leader.snap"]);
  });
});

test("snapshot save tells of an agent that cannot say what the file is to be called", async () => {
  const ran = await run(["snapshot", "save", "-http-addr=127.0.0.1:1", "-append-filename=dc", "a.snap"]);
  expect(ran).toMatchObject({ code: 1, stdout: "" });
  expect(ran.stderr).toMatch(
    /^Error connecting to Consul agent and fetching datacenter\/version: Get ".*": dial tcp/,
  );
});
