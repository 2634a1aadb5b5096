import { describe, expect, test } from "vitest";
import { faultOf, settingsOf } from "./support.ts";

describe("a watch of a configuration", () => {
  test("runs its words, or a line in the shell, which is the older way", () => {
    const { watches, warnings } = settingsOf(
      'watches = [{ type = "nodes" args = ["sh", "-c", "x y"] }, { type = "services" handler = "cat | wc" }]',
    );
    expect(watches.map(({ handler }) => handler)).toEqual([
      { kind: "script", words: ["sh", "-c", "x y"], shell: false, shown: '[sh, -c, "x y"]' },
      { kind: "script", words: ["cat | wc"], shell: true, shown: "cat | wc" },
    ]);
    expect(warnings.filter((text) => text.includes("'handler' field"))).toHaveLength(1);
  });

  test("may be written as a block, and its request goes where it says", () => {
    const { watches } = settingsOf(
      'watches { type = "service" service = "web" tag = ["v1"] datacenter = "dc2" token = "t" handler = "x" }',
    );
    expect(watches[0]?.spec).toMatchObject({
      path: "/v1/health/service/web",
      query: { tag: ["v1"], dc: "dc2" },
      token: "t",
    });
  });

  test("asks somebody over HTTP, by POST and for ten seconds unless that is said", () => {
    const { watches } = settingsOf(`
      watches = [
        { type = "nodes" handler_type = "http" http_handler_config { path = "http://a/b" header { x = ["1"] } } },
        { type = "nodes" handler_type = "http"
          http_handler_config { path = "https://a" method = "PUT" timeout = "1m" tls_skip_verify = true header { y = ["1", "2"] } } }
      ]`);
    const common = { kind: "http", skipsVerification: false, method: "POST", timeoutMs: 10_000 };
    expect(watches.map(({ handler }) => handler)).toEqual([
      { ...common, url: "http://a/b", headers: [["x", ["1"]]] },
      {
        ...common,
        url: "https://a",
        method: "PUT",
        timeoutMs: 60_000,
        skipsVerification: true,
        headers: [["y", ["1", "2"]]],
      },
    ]);
  });

  const LEFT = "Failed to parse watch (map[string]interface {}";

  test.each([
    ['{ type = "nodes" }', "Must define a watch handler"],
    ['{ type = "nodes" handler = "x" args = ["y"] }', "Only one watch handler allowed"],
    [
      '{ type = "nodes" handler = "x" handler_type = "http" http_handler_config { path = "http://a" } }',
      "Only one watch handler allowed",
    ],
    ['{ type = "nodes" handler_type = "bogus" handler = "x" }', "Handler type 'bogus' not recognized"],
    ['{ type = "connect_leaf" handler = "x" }', "Watch type connect_leaf is not allowed in agent config"],
    ['{ type = "nodes" handler = 5 }', "Watch handler must be a string"],
    ['{ type = "nodes" args = ["a", 1] }', "Watch args must be a list of strings"],
    ['{ type = "key" handler = "x" }', `${LEFT}{"handler":"x"}): Must specify a single key to watch`],
    [
      '{ type = "nodes" bar = 1 foo = ["b"] handler = "x" }',
      `${LEFT}{"bar":1, "foo":"b"}): Invalid parameters: [bar foo]`,
    ],
    [
      '{ type = "key" key = "a" handler_type = "http" http_handler_config { path = "" } }',
      `${LEFT}{"http_handler_config":map[string]interface {}{"path":""}, "key":"a"}): Failed to parse 'http_handler_config': Requires 'path' to be set`,
    ],
    [
      '{ type = "nodes" handler_type = "http" http_handler_config { path = "x" timeout = "y" } }',
      `${LEFT}{"http_handler_config":map[string]interface {}{"path":"x", "timeout":"y"}}): Failed to parse 'http_handler_config': Failed to parse timeout: time: invalid duration "y"`,
    ],
  ])("%s keeps an agent from starting", (watch, fault) => {
    expect(faultOf(`watches = [${watch}]`)).toBe(fault);
  });
});
