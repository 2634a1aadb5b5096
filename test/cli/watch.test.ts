import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inDirectory, listen, run, runAgainst } from "./support.ts";

const SELF = { "GET /v1/agent/self": "{}" };
const { PATH = "" } = process.env;

describe("watch", () => {
  test("prints what there is and ends", async () => {
    const where = "?dc=dc2&stale=";
    const ran = await runAgainst(
      { [`GET /v1/agent/self${where}`]: "{}", [`GET /v1/catalog/services${where}`]: '{"web":["v1"]}' },
      ["watch", "-type=services", "-datacenter=dc2", "-stale"],
    );
    expect(ran).toMatchObject({ code: 0, stdout: '{\n    "web": [\n        "v1"\n    ]\n}\n', stderr: "" });
  });

  test("prints what a filter lets through", async () => {
    const listed = "GET /v1/catalog/nodes?filter=Node+%3D%3D+n1";
    const ran = await runAgainst({ ...SELF, [listed]: "[]" }, ["watch", "-type=nodes", "-filter=Node == n1"]);
    expect(ran).toMatchObject({ code: 0, stdout: "[]\n", stderr: "" });
  });

  test("runs its program with what there is, and again when that has changed, until it fails", () =>
    inDirectory(async (directory) => {
      // Answers with one more each time; the second answer finds nothing new.
      const results = ['{"a":[]}', '{"a":[]}', '{"a":[],"b":[]}'];
      let asked = 0;
      const targets: string[] = [];
      const server = createServer((request, response) => {
        targets.push(request.url ?? "");
        if (request.url === "/v1/agent/self") return void response.end("{}");
        const index = Math.min(asked++, results.length - 1);
        response.setHeader("X-Consul-Index", String(10 + index));
        response.end(results[index]);
      });
      const close = await listen(server);
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const program = 'cat >> seen; echo "$CONSUL_INDEX" >> seen; test "$CONSUL_INDEX" = 10';
      const ran = await run(["watch", "-type=services", program], {
        env: { CONSUL_HTTP_ADDR: address, PATH },
        cwd: directory,
      });
      await close();
      expect(ran).toMatchObject({ code: 1, stdout: "", stderr: "Error executing handler: exit status 1\n" });
      expect(readFileSync(join(directory, "seen"), "utf8")).toBe('{"a":[]}\n10\n{"a":[],"b":[]}\n12\n');
      expect(targets.slice(1)).toEqual([
        "/v1/catalog/services",
        "/v1/catalog/services?index=10",
        "/v1/catalog/services?index=11",
      ]);
    }));

  test.each([
    ["no type", [], /^Watch type must be specified\n\nUsage: quorate watch/],
    [
      "a type that only agents may watch",
      ["-type=connect_roots"],
      /^Type connect_roots is not supported in the CLI tool\n$/,
    ],
    ["no key", ["-type=key"], /^Must specify a single key to watch\n$/],
    [
      "a word for a boolean that is none",
      ["-type=service", "-service=a", "-passingonly=si"],
      /^Failed to parse passingonly flag: strconv.ParseBool: parsing "si": invalid syntax\n$/,
    ],
  ])("with %s is refused before anybody is asked", async (_what, argv, stderr) => {
    const ran = await run(["watch", ...argv], { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } });
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toMatch(stderr);
  });

  test("says why its program could not be begun", async () => {
    const answers = { ...SELF, "GET /v1/kv/a": '[{"Key":"a","Value":null}]' };
    const ran = await runAgainst(answers, ["watch", "-type=key", "-key=a", "-shell=false", "nosuchprog"]);
    expect(ran).toMatchObject({
      code: 1,
      stderr: 'Error starting handler: exec: "nosuchprog": executable file not found in $PATH\n',
    });
  });
});
