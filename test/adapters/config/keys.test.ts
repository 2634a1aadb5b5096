import { describe, expect, test } from "vitest";
import { faultOf, listed, load, settingsOf } from "./support.ts";

function typeFaults(...faults: readonly string[]): string {
  return `failed to parse a.hcl: ${faults.length} error(s) decoding:\n\n${faults.map((fault) => `* ${fault}`).join("\n")}`;
}

describe("keys", () => {
  test("are matched without regard to case", () => {
    expect(settingsOf('NODE_Name = "x"\nPorts { HTTP = 9500 }')).toMatchObject({
      agent: { nodeName: "x" },
      ports: { http: 9500 },
    });
  });

  test("that nobody knows are refused, all of one file, from the inside out", () => {
    expect(faultOf('foo = 2\nNodeName = "y"\nports { bogus = 1 }\nacl { tokens { z = 1 } }')).toBe(
      `failed to parse a.hcl: ${listed(
        "invalid config key acl.tokens.z",
        "invalid config key ports.bogus",
        "invalid config key NodeName",
        "invalid config key foo",
      )}`,
    );
  });

  test("of lists are named by their place", () => {
    expect(faultOf('services = [{ name = "a" check { foo = 1 } }, { zork = 1 }]')).toBe(
      `failed to parse a.hcl: ${listed("invalid config key services[0].check.foo", "invalid config key services[1].zork")}`,
    );
  });

  test("of later files are not looked at", () => {
    const loaded = load({ files: { "a.hcl": "foo = 1", "b.hcl": "bar = 1" } });
    expect(loaded).toEqual({
      ok: false,
      error: `failed to parse a.hcl: ${listed("invalid config key foo")}`,
    });
  });

  test("of two spellings the exact one counts", () => {
    const loaded = load({ files: { "a.json": '{"server":false,"Server":true}' } });
    expect(loaded).toEqual({
      ok: false,
      error: `failed to parse a.json: ${listed("invalid config key Server")}`,
    });
  });

  test.each(["constructor", "__proto__", "toString"])("%s is no key of ours", (key) => {
    expect(faultOf(`${key} = 1`)).toContain(`invalid config key ${key}`);
  });

  test("that only name a user's own words may be any", () => {
    expect(settingsOf('node_meta { __proto__ = "a" constructor = "b" }').agent.nodeMeta).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });
});

describe("types", () => {
  test.each([
    ['server = "true"', "'server' expected type 'bool', got unconvertible type 'string'"],
    ["server = 1", "'server' expected type 'bool', got unconvertible type 'int'"],
    ["node_name = 5", "'node_name' expected type 'string', got unconvertible type 'int'"],
    [
      "node_name = {}",
      "'node_name' expected type 'string', got unconvertible type 'map[string]interface {}'",
    ],
    ['node_name = ["a", "b"]', "'node_name' expected type 'string', got unconvertible type '[]interface {}'"],
    ["retry_interval = 5", "'retry_interval' expected type 'string', got unconvertible type 'int'"],
    ['ports { http = "8500" }', "'ports.http' expected type 'int', got unconvertible type 'string'"],
    ["ports = 5", "'ports' expected a map, got 'int'"],
    ["ports = [{http=1},{dns=2}]", "'ports' expected a map, got 'slice'"],
    ["ports { http = 1 }\nports { dns = 2 }", "'ports' expected a map, got 'slice'"],
    ['retry_join = "x"', "'retry_join': source data must be an array or slice, got string"],
    ["node_meta { a = 1 }", "'node_meta[a]' expected type 'string', got unconvertible type 'int'"],
    ["limits { kv_max_value_size = -1 }", "cannot parse 'limits.kv_max_value_size', -1 overflows uint"],
    ["service {}\nservice {}", "'service' expected a map, got 'slice'"],
    ["services = [5]", "'services[0]' expected a map, got 'int'"],
  ])("%s is refused", (hcl, fault) => {
    expect(faultOf(hcl)).toBe(typeFaults(fault));
  });

  test("that are wrong are told of all at once, sorted, and before unknown keys", () => {
    expect(faultOf("server = 1\nretry_join = [1, true]\nbogus = 1")).toBe(
      typeFaults(
        "'retry_join[0]' expected type 'string', got unconvertible type 'int'",
        "'retry_join[1]' expected type 'string', got unconvertible type 'bool'",
        "'server' expected type 'bool', got unconvertible type 'int'",
      ),
    );
  });

  test("a list of one stands for what is in it", () => {
    expect(settingsOf('node_name = ["x"]\nports = [{ http = 9500 }]')).toMatchObject({
      agent: { nodeName: "x" },
      ports: { http: 9500 },
    });
  });

  test("a fraction is cut off where a whole number is meant", () => {
    expect(settingsOf("ports { http = 9500.9 }").ports.http).toBe(9500);
  });

  test("null is as good as nothing", () => {
    const loaded = load({
      files: { "a.json": '{"data_dir":"/nowhere","server":null,"ports":null,"retry_join":[null,"a"]}' },
    });
    expect(loaded).toMatchObject({ ok: true, settings: { agent: { server: false, retryJoin: ["a"] } } });
  });

  test.each([
    ["[]", "array"],
    ['"x"', "string"],
    ["5", "number"],
    ["true", "bool"],
  ])("a JSON file must be an object, not %s", (text, kind) => {
    expect(load({ files: { "a.json": text } })).toEqual({
      ok: false,
      error: `failed to parse a.json: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
    });
  });
});

describe("a file of every kind of key", () => {
  test("is accepted, and what does nothing yet is named", () => {
    const { warnings } = settingsOf(
      `ui = true
       ports { dns = 8600 grpc = -1 }
       dns_config { node_ttl = "5s" soa { refresh = 1 } service_ttl { "*" = "1s" } }
       service { name = "web" port = 80 meta { a = "b" } weights { passing = 1 } check { http = "http://x" interval = "5s" header { a = ["b"] } } }
       check { id = "c" ScriptArgs = ["true"] DeregisterCriticalServiceAfter = "1m" ttl = "5s" }
       watches = [{ type = "key" anything = 1 }]
       connect { ca_config { private_key = "x" } }
       telemetry { prefix_filter = ["+a"] }
       limits { rpc_rate = 1.5 }
       snapshot_agent { whatever { you = "like" } }
       disable_remote_exec = true
       verify_incoming = false
       acl { enabled = false tokens { default = "" } }`,
      // Its checks are of several kinds at once, with which no agent starts.
      { purpose: "validate" },
    );
    const idle = "connect.ca_config ui";
    expect([...warnings].sort()).toEqual(
      idle.split(/\s+/).map((key) => `config key "${key}" is accepted but has no effect yet`),
    );
  });

  test("Consul's own warnings keep its words", () => {
    expect(
      settingsOf(
        'non_voting_server = true\nacl_enforce_version_8 = true\nautopilot { upgrade_version_tag = "x" }',
      ).warnings,
    ).toEqual([
      'config key "acl_enforce_version_8" is deprecated and should be removed',
      '"autopilot.upgrade_version_tag" is a Consul Enterprise configuration and will have no effect',
      '"non_voting_server" is a Consul Enterprise configuration and will have no effect',
    ]);
  });
});

describe("what would be unsafe to pass over", () => {
  test.each([
    [
      "acl { enabled = true }",
      "acl.enabled: access control lists are not supported yet; refusing to run with every request allowed",
    ],
    [
      'acl_datacenter = "dc1"',
      "acl_datacenter: access control lists are not supported yet; refusing to run with every request allowed",
    ],
    ["verify_incoming = true", "verify_incoming: TLS is not supported yet; refusing to run in clear text"],
    [
      "tls { internal_rpc { verify_outgoing = true } }",
      "tls.internal_rpc.verify_outgoing: TLS is not supported yet; refusing to run in clear text",
    ],
    [
      "auto_encrypt { tls = true }",
      "auto_encrypt.tls: TLS is not supported yet; refusing to run in clear text",
    ],
    ['segment = "alpha"', "Network segments are not supported in this version of Consul"],
    [
      "verify_incoming = true\nverify_outgoing = true",
      "verify_incoming: TLS is not supported yet; refusing to run in clear text\nverify_outgoing: TLS is not supported yet; refusing to run in clear text",
    ],
  ])("%s stops the agent", (hcl, fault) => {
    expect(faultOf(hcl)).toBe(fault);
    expect(faultOf(hcl, { purpose: "validate" })).toBe(fault);
  });
});
