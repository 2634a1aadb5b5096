import { describe, expect, test } from "vitest";
import { type CannedAnswer, run, runAgainst } from "./support.ts";

function member(name: string, port: number, status: number, tags: Record<string, string>): object {
  return { Name: name, Addr: "10.0.0.1", Port: port, Tags: tags, Status: status, ProtocolMin: 1 };
}

const SERVER = { role: "consul", dc: "dc1", segment: "", build: "1.8.7:", vsn: "2", id: "a-b" };
const MEMBERS = JSON.stringify([
  member("web", 8302, 4, { role: "node", dc: "dc1", segment: "", build: "1.8.7:", vsn: "2" }),
  member("old", 8303, 3, { role: "stranger", segment: "alpha", build: "" }),
  member("s2", 8301, 1, SERVER),
  { ...member("s1", 8301, 1, SERVER), Addr: "fd00::1" },
]);
const ALL = "/v1/agent/members?segment=_all";

describe("members", () => {
  test("are shown as a table, servers first", async () => {
    const ran = await runAgainst({ [`GET ${ALL}`]: MEMBERS }, ["members"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toBe(
      [
        "Node  Address         Status  Type     Build  Protocol  DC   Segment",
        "s1    [fd00::1]:8301  alive   server   1.8.7  2         dc1  <all>",
        "s2    10.0.0.1:8301   alive   server   1.8.7  2         dc1  <all>",
        "web   10.0.0.1:8302   failed  client   1.8.7  2         dc1  <default>",
        "old   10.0.0.1:8303   left    unknown  < 0.3                 alpha",
        "",
      ].join("\n"),
    );
  });

  test("can be chosen by status and shown with all tags, sorted", async () => {
    const ran = await runAgainst({ [`GET ${ALL}`]: MEMBERS }, ["members", "-detailed", "-status=^al"]);
    expect(ran.stdout.split("\n")[1]).toBe(
      "s1    [fd00::1]:8301  alive   build=1.8.7:,dc=dc1,id=a-b,role=consul,segment=<all>,vsn=2",
    );
    expect(ran.stdout).not.toContain("web");
  });

  test("of other datacenters and of segments are asked for by query", async () => {
    const ran = await runAgainst({ [`GET ${ALL}&wan=1`]: MEMBERS }, ["members", "-wan"]);
    expect(ran.code).toBe(0);
    const path = "/v1/agent/members?segment=alpha";
    expect((await runAgainst({ [`GET ${path}`]: "[]" }, ["members", "-segment=alpha"])).asked[0]?.url).toBe(
      path,
    );
  });

  test.each([
    ["Name == s1", ["s1"]],
    ["Tags.role == node or Tags[`role`] == stranger", ["web", "old"]],
    ["Status == 1 and Port == 8301", ["s1", "s2"]],
    ['not Addr matches "^10" ', ["s1"]],
    ["Tags.segment == alpha and ProtocolMin == 1", ["old"]],
    ["", ["s1", "s2", "web", "old"]],
  ])("can be chosen by -filter, which the agent need not know: %s", async (filter, names) => {
    const ran = await runAgainst({ [`GET ${ALL}`]: MEMBERS }, ["members", `-filter=${filter}`]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const rows = ran.stdout.trimEnd().split("\n").slice(1);
    expect(rows.map((row) => row.split(" ")[0])).toEqual(names);
  });

  test.each<[string, string[], CannedAnswer | string, number, string]>([
    ["nobody whom the filter lets through is exit code 2", ["-filter=Name == x"], MEMBERS, 2, ""],
    [
      "a bad filter is told of before anybody is asked",
      ["-filter=Nosuch == 1"],
      MEMBERS,
      1,
      'Error retrieving members: Failed to create boolean expression evaluator: Selector "Nosuch" is not valid\n',
    ],
    ["nobody to show is exit code 2", ["-status=nope"], MEMBERS, 2, ""],
    ["an empty list too", [], "[]", 2, ""],
    ["no list too", [], "null", 2, ""],
    [
      "a bad pattern is told of before anybody is asked",
      ["-status=("],
      MEMBERS,
      1,
      "Failed to compile status regexp: error parsing regexp: missing closing ): `(`\n",
    ],
    [
      "what the agent says is passed on",
      [],
      { status: 403, body: "Permission denied" },
      1,
      "Error retrieving members: Unexpected response code: 403 (Permission denied)\n",
    ],
  ])("%s", async (_, flags, answer, code, stderr) => {
    const ran = await runAgainst({ [`GET ${ALL}`]: answer }, ["members", ...flags]);
    expect(ran).toMatchObject({ code, stderr, stdout: "" });
  });
});

describe("join", () => {
  test("counts those that it could reach, and is content with one", async () => {
    const answers = {
      "PUT /v1/agent/join/10.0.0.2?wan=1": "",
      "PUT /v1/agent/join/10.0.0.3?wan=1": { status: 500, body: "no answer" },
    };
    expect(await runAgainst(answers, ["join", "-wan", "10.0.0.3", "10.0.0.2"])).toMatchObject({
      code: 0,
      stdout: "Successfully joined cluster by contacting 1 nodes.\n",
      stderr: "Error joining address '10.0.0.3': Unexpected response code: 500 (no answer)\n",
    });
  });

  test("fails when it could reach none", async () => {
    const ran = await runAgainst({}, ["join", "[::1]:8301"]);
    expect(ran).toMatchObject({
      code: 1,
      stderr:
        "Error joining address '[::1]:8301': Unexpected response code: 404 ()\nFailed to join any nodes.\n",
    });
    expect(ran.asked[0]?.url).toBe("/v1/agent/join/%5B::1%5D:8301");
  });

  test("needs an address", async () => {
    const ran = await run(["join"]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/^At least one address to join must be specified\.\n\nUsage: quorate join /);
  });
});

describe("leaving", () => {
  test("leave says when it is done", async () => {
    expect(await runAgainst({ "PUT /v1/agent/leave": "" }, ["leave"])).toMatchObject({
      code: 0,
      stdout: "Graceful leave complete\n",
    });
  });

  test("leave takes no arguments and explains itself on stdout", async () => {
    const ran = await run(["leave", "foo", "bar"]);
    expect(ran).toMatchObject({ code: 1, stderr: "Error found unexpected args: [foo bar]\n" });
    expect(ran.stdout).toMatch(/^Usage: quorate leave /);
  });

  test.each([
    [["web"], "PUT /v1/agent/force-leave/web"],
    [["-prune", "web"], "PUT /v1/agent/force-leave/web?prune=1"],
  ])("force-leave %j says nothing when it is done", async (args, request) => {
    expect(await runAgainst({ [request]: "" }, ["force-leave", ...args])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test.each([[[]], [["a", "b"]]])("force-leave %j needs one name", async (args) => {
    const ran = await run(["force-leave", ...args]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(
      /^A single node name must be specified to force leave\.\n\nUsage: quorate force-leave /,
    );
  });

  test("force-leave of a stranger", async () => {
    const answer = { status: 500, body: "agent: No node found with name 'x'" };
    expect(await runAgainst({ "PUT /v1/agent/force-leave/x": answer }, ["force-leave", "x"])).toMatchObject({
      code: 1,
      stderr: "Error force leaving: Unexpected response code: 500 (agent: No node found with name 'x')\n",
    });
  });
});

describe("what an agent says of itself", () => {
  test("info prints its sections, sorted, and theirs", async () => {
    const body = JSON.stringify({
      Stats: { raft: { term: "2", state: "Leader" }, agent: { checks: "0" } },
      Config: {},
    });
    expect(await runAgainst({ "GET /v1/agent/self": body }, ["info", "ignored"])).toMatchObject({
      code: 0,
      stdout: "agent:\n\tchecks = 0\nraft:\n\tstate = Leader\n\tterm = 2\n",
    });
  });

  test("an answer that is no JSON is an error, not a crash", async () => {
    const ran = await runAgainst({ "GET /v1/agent/self": "<html>" }, ["info"]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/^Error querying agent: /);
  });

  test("reload passes on why it could not", async () => {
    const answer = { status: 500, body: "data_dir cannot be empty" };
    expect(await runAgainst({ "PUT /v1/agent/reload": answer }, ["reload"])).toMatchObject({
      code: 1,
      stderr: "Error reloading: Unexpected response code: 500 (data_dir cannot be empty)\n",
    });
  });
});

describe("what needs no agent", () => {
  test("keygen prints 32 fresh bytes in base 64", async () => {
    const [one, other] = [await run(["keygen"]), await run(["keygen", "ignored"])];
    expect(Buffer.from(one.stdout, "base64")).toHaveLength(32);
    expect(one.stdout).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    expect(one.stdout).not.toBe(other.stdout);
  });

  test("version prints its own and Consul's protocol", async () => {
    const ran = await run(["version"]);
    expect(ran.stdout).toMatch(
      /^Quorate v\d+\.\d+\.\d+\nProtocol 2 spoken by default, understands 2 to 3 \(.*\)\n\n$/,
    );
    expect(JSON.parse((await run(["version", "-format=json"])).stdout)).toMatchObject({
      RPC: { Default: 2, Min: 2, Max: 3 },
    });
    expect(await run(["version", "-format=x"])).toMatchObject({ code: 1, stderr: "Unknown format: x\n" });
  });
});
