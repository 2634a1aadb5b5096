import { describe, expect, test } from "vitest";
import { run, runAgainst } from "./support.ts";

const ID = "eb2ccfea-211b-40fd-2e68-d146fed11b29";
const SELF = { "GET /v1/agent/self": "{}" };

describe("event", () => {
  test.each([
    ["a name", ["-name=deploy"], "/v1/event/fire/deploy"],
    ["a payload", ["-name", "deploy", "1.4.2"], "/v1/event/fire/deploy"],
    [
      "filters",
      ["-name=x", "-tag=v1", "-node=^n", "-service=a b"],
      "/v1/event/fire/x?node=%5En&service=a+b&tag=v1",
    ],
    ["a strange name", ["-name=a b/ö"], "/v1/event/fire/a%20b/%C3%B6"],
  ])("with %s is fired, and its id is told", async (_what, argv, path) => {
    const ran = await runAgainst({ ...SELF, [`PUT ${path}`]: `{"ID":"${ID}"}` }, ["event", ...argv]);
    expect(ran).toMatchObject({ code: 0, stdout: `Event ID: ${ID}\n`, stderr: "" });
  });

  test.each([
    ["no name", [], "Event name must be specified\n\nUsage: quorate event"],
    ["too much", ["-name=x", "a", "b"], "Too many command line arguments.\n\nUsage: quorate event"],
    ["a tag alone", ["-name=x", "-tag=a"], "Cannot provide tag filter without service filter."],
    [
      "a node that is no expression",
      ["-name=x", "-node=("],
      "Failed to compile node filter regexp: error parsing regexp: missing closing ): `(`\n",
    ],
    [
      "a tag that is no expression",
      ["-name=x", "-tag=a**"],
      "Failed to compile tag filter regexp: error parsing regexp: invalid nested repetition operator: `**`\n",
    ],
  ])("with %s is refused before anybody is asked", async (_what, argv, stderr) => {
    const ran = await run(["event", ...argv], { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } });
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr.startsWith(stderr)).toBe(true);
  });

  test("says what the agent says when it refuses", async () => {
    const answer = { status: 500, body: "user event exceeds configured limit" };
    const ran = await runAgainst({ ...SELF, "PUT /v1/event/fire/x": answer }, ["event", "-name=x", "long"]);
    expect(ran).toMatchObject({
      code: 1,
      stderr: "Error firing event: Unexpected response code: 500 (user event exceeds configured limit)\n",
    });
  });

  test("says that there is no agent", async () => {
    const ran = await run(["event", "-name=x"], { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } });
    expect(ran.stderr).toMatch(
      /^Error querying Consul agent: Get "http:\/\/127\.0\.0\.1:1\/v1\/agent\/self": dial tcp/,
    );
    expect(ran.code).toBe(1);
  });
});
