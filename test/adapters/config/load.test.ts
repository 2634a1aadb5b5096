import { describe, expect, test } from "vitest";
import { configOf } from "../../../src/adapters/config/values.ts";
import { BASE, faultOf, listed, load, settingsOf } from "./support.ts";

describe("sources are merged in Consul's order", () => {
  test("scalars: files in their order, then flags, then fragments", () => {
    const files = { "a.hcl": `${BASE}node_name = "a"`, "b.json": '{"node_name":"b"}' };
    const flags = configOf({ node_name: "flag" });
    const name = (more: object): unknown => {
      const loaded = load({ files, ...more });
      return loaded.ok && loaded.settings.agent.nodeName;
    };
    expect(name({})).toBe("b");
    expect(name({ paths: ["b.json", "a.hcl"] })).toBe("a");
    expect(name({ scalarFlags: flags })).toBe("flag");
    expect(name({ scalarFlags: flags, fragments: ['node_name = "x"', 'node_name = "y"'] })).toBe("y");
  });

  test("lists: those of flags come first, and nothing is lost", () => {
    const loaded = load({
      files: { "c/10.json": `{"data_dir":"/d","retry_join":["a","a"]}`, "c/9.hcl": 'retry_join = ["b"]' },
      paths: ["c"],
      listFlags: configOf({ retry_join: ["f"] }),
      fragments: ['retry_join = ["c"]'],
    });
    expect(loaded).toMatchObject({ ok: true, settings: { agent: { retryJoin: ["f", "a", "a", "b", "c"] } } });
  });

  test("maps and objects: key by key", () => {
    const loaded = load({
      files: {
        "a.hcl": `${BASE}node_meta { a = "1" b = "1" }\nports { http = 9500 dns = -1 }`,
        "b.hcl": 'node_meta { b = "2" }\nports { http = 9600 }',
      },
      scalarFlags: configOf({ node_meta: { c: "3" } }),
    });
    expect(loaded).toMatchObject({
      ok: true,
      settings: {
        agent: {
          nodeMeta: [
            ["a", "1"],
            ["b", "2"],
            ["c", "3"],
          ],
        },
        ports: { http: 9600, dns: -1 },
      },
    });
  });

  test("development defaults give way to everything", () => {
    const loaded = load({ dev: true, files: { "a.hcl": 'log_level = "WARN"\nbind_addr = "10.1.2.3"' } });
    expect(loaded).toMatchObject({
      ok: true,
      settings: {
        bindIp: "10.1.2.3",
        log: { level: "warn" },
        agent: { server: true, dev: true, durable: false },
      },
    });
  });
});

describe("files and directories", () => {
  test("of a directory the .hcl and .json files are read by the bytes of their names, and no deeper", () => {
    const name = (value: string): string => `node_name = "${value}"`;
    const files = {
      "c/A.hcl": name("A"),
      "c/a.hcl": name("a"),
      "c/9.hcl": `${name("9")}\n${BASE}`,
      "c/sub/z.hcl": "bad",
      "c/notes.txt": "bad",
      "c/empty.json": "",
    };
    expect(load({ files, paths: ["c"] })).toMatchObject({
      ok: true,
      settings: {
        agent: { nodeName: "a" },
        warnings: [
          "skipping file c/notes.txt, extension must be .hcl or .json, or config format must be set",
        ],
      },
    });
  });

  test("with a format every file is read, as that", () => {
    expect(
      load({ files: { "c/x.txt": `${BASE}node_name = "x"` }, paths: ["c"], format: "hcl" }),
    ).toMatchObject({
      settings: { agent: { nodeName: "x" } },
    });
    expect(load({ files: { "c/x.hcl": BASE }, paths: ["c"], format: "json" })).toEqual({
      ok: false,
      error: "failed to parse c/x.hcl: invalid character 'd' looking for beginning of value",
    });
  });

  test.each<[string, object, string]>([
    [
      "a path that is not there",
      { paths: ["nosuch"] },
      "config: Open failed on nosuch. open nosuch: no such file or directory",
    ],
    [
      "even after a bad file",
      { files: { "a.hcl": "bad" }, paths: ["a.hcl", "nosuch"] },
      "config: Open failed on nosuch. open nosuch: no such file or directory",
    ],
    [
      "a file of another kind",
      { files: { "a.txt": "" } },
      "file a.txt has unknown extension; must be .hcl or .json, or config format must be set",
    ],
    ["a format of another kind", { format: "yaml" }, "config: -config-format must be either 'hcl' or 'json'"],
    [
      "a fragment, named by its number",
      { fragments: [BASE, "bogus = 1"] },
      `failed to parse flags-1.hcl: ${listed("invalid config key bogus")}`,
    ],
    [
      "bad HCL",
      { files: { "a.hcl": "x {" } },
      "failed to parse a.hcl: At 1:5: object expected closing RBRACE got: EOF",
    ],
    [
      "bad JSON",
      { files: { "a.json": "{,}" } },
      "failed to parse a.json: invalid character ',' looking for beginning of object key string",
    ],
  ])("%s is refused", (_, given, error) => {
    expect(load(given)).toEqual({ ok: false, error });
  });
});

describe("values", () => {
  test.each([
    [
      'retry_interval = "5"',
      listed('retry_interval: invalid duration: "5": time: missing unit in duration "5"'),
    ],
    [
      "ports { http = 70000 dns = 80000 }",
      listed("ports.dns: invalid port: 80000", "ports.http: invalid port: 70000"),
    ],
    ['gossip_lan { probe_interval = "0s" }', listed('gossip_lan.probe_interval: "0s" is too short')],
    ['max_query_time = "-1s"', listed('max_query_time: "-1s" is too short')],
    [
      "gossip_lan { suspicion_mult = 0 }",
      listed("gossip_lan.suspicion_mult cannot be 0. Must be greater than zero"),
    ],
    ['client_addr = "foo 10.0.0.1"', listed("client_addr: invalid ip address: foo")],
    [
      "raft_snapshot_threshold = -1",
      listed("raft_snapshot_threshold cannot be -1. Must be greater than or equal to zero"),
    ],
    [
      "raft_trailing_logs = -1",
      listed("raft_trailing_logs cannot be -1. Must be greater than or equal to zero"),
    ],
    ['raft_snapshot_interval = "-1s"', listed('raft_snapshot_interval: "-1s" is too short')],
    ['client_addr = "unix:///x"', listed("client_addr cannot be a unix socket")],
    ['serf_lan = "unix:///x"', listed("serf_lan cannot be a unix socket")],
    [
      'http_config { allow_write_http_from = ["127.0.0.1", "10.0.0.0/8", "x"] }',
      listed("allow_write_http_from: invalid cidr: 127.0.0.1", "allow_write_http_from: invalid cidr: x"),
    ],
    [
      'tls_cipher_suites = "TLS_RSA_WITH_AES_128_CBC_SHA, FOO,BAR"',
      listed('tls_cipher_suites: invalid tls cipher suites: unsupported cipher " FOO"'),
    ],
    ['advertise_addr = "foo"', listed("advertise_addr: invalid ip address: foo")],
    [
      'advertise_addr = "1.2.3.4 1.2.3.5"',
      listed("advertise_addr: multiple addresses found: 1.2.3.4 1.2.3.5"),
    ],
    ['bind_addr = "foo"', listed("bind_addr: invalid ip address: foo")],
    ['bind_addr = ""', "bind_addr cannot be empty"],
    [
      'bind_addr = "1.2.3.4 1.2.3.5"',
      "bind_addr cannot contain multiple addresses. Use 'addresses.{dns,http,https}' instead.",
    ],
    ['advertise_addr = "0.0.0.0"', "Advertise address cannot be 0.0.0.0, :: or [::]"],
    ['advertise_addr_wan = "::"', "Advertise WAN address cannot be 0.0.0.0, :: or [::]"],
    ['datacenter = "dc 1"', 'datacenter cannot be "dc 1". Please use only [a-z0-9-_]'],
    ['datacenter = ""', "datacenter cannot be empty"],
    [
      "performance { raft_multiplier = 11 }",
      "performance.raft_multiplier cannot be 11. Must be between 1 and 10",
    ],
    [
      'node_meta { "a b" = "1" }',
      "node_meta invalid: Couldn't load metadata pair ('a b', '1'): Key contains invalid characters",
    ],
    [
      'node_meta { "" = "1" }',
      "node_meta invalid: Couldn't load metadata pair ('', '1'): Key cannot be blank",
    ],
    [
      'node_meta { "consul-x" = "1" }',
      "node_meta invalid: Couldn't load metadata pair ('consul-x', '1'): Key prefix 'consul-' is reserved for internal use",
    ],
    ["server = true\nports { server = 0 }", "server-port must be greater than zero"],
    ["ports { serf_lan = -1 }", "serf-lan-port must be greater than zero"],
    ["ports { http = 8600 }", "HTTP address 127.0.0.1:8600 already configured for DNS"],
    [
      'bind_addr = "127.0.0.1"\nports { http = 8301 }',
      "Serf Advertise LAN address 127.0.0.1:8301 already configured for HTTP",
    ],
    [
      "ports { server = 8301 }",
      "Serf Advertise LAN address 10.1.2.3:8301 already configured for RPC Advertise",
    ],
    [
      "server = true\nports { server = 8302 }",
      "Serf Advertise WAN address 10.1.2.3:8302 already configured for RPC Advertise",
    ],
    ["ports { http = 9000 https = 9000 }", "HTTPS address 127.0.0.1:9000 already configured for HTTP"],
    [
      'addresses { http = "unix:///a" https = "unix:///a" }\nports { https = 9001 }',
      "HTTPS address /a already configured for HTTP",
    ],
    ["bootstrap = true", "'bootstrap = true' requires 'server = true'"],
    ["bootstrap_expect = 1", "'bootstrap = true' requires 'server = true'"],
    ["bootstrap_expect = 3", "'bootstrap_expect > 0' requires 'server = true'"],
    [
      "server = true\nbootstrap = true\nbootstrap_expect = 3",
      "'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive",
    ],
    [
      "autopilot { max_trailing_logs = -1 }",
      "autopilot.max_trailing_logs cannot be -1. Must be greater than or equal to zero",
    ],
    ["bootstrap_expect = -1", "bootstrap_expect cannot be -1. Must be greater than or equal to zero"],
  ])("%s is refused", (hcl, fault) => {
    expect(faultOf(hcl)).toBe(fault);
  });

  test("faults of single values are told of after what makes no sense together", () => {
    expect(faultOf('retry_interval = "y"\nbootstrap = true')).toBe(
      "'bootstrap = true' requires 'server = true'",
    );
  });

  test("a data directory is needed, and must be one", () => {
    expect(load({})).toEqual({ ok: false, error: "data_dir cannot be empty" });
    expect(load({ files: { "a.hcl": 'data_dir = "a.hcl"' } })).toEqual({
      ok: false,
      error: 'data_dir "a.hcl" is not a directory',
    });
    expect(load({ files: { "a.hcl": 'data_dir = "a.hcl/below"' } })).toEqual({
      ok: false,
      error: "Error getting info on data_dir: stat a.hcl/below: not a directory",
    });
    expect(load({ dev: true })).toMatchObject({ ok: true, settings: { dataDir: undefined } });
  });

  test("a cluster is not waited for in development", () => {
    expect(load({ dev: true, fragments: ["bootstrap_expect = 3"] })).toEqual({
      ok: false,
      error: "'bootstrap_expect > 0' not allowed in dev mode",
    });
  });

  test("more metadata than a node may have", () => {
    const pairs = Array.from({ length: 65 }, (_, at) => `k${at} = ""`).join("\n");
    expect(faultOf(`node_meta { ${pairs} }`)).toBe(
      "node_meta invalid: Node metadata cannot contain more than 64 key/value pairs",
    );
  });

  test.each([
    ['log_level = "foo"', "Invalid log level: foo. Valid log levels are: [TRACE DEBUG INFO WARN ERR ERROR]"],
    ['node_id = "xx"', "failed to setup node ID: specified NodeID is invalid: uuid string is wrong length"],
    [
      "protocol = 5",
      "Failed to start Consul client: Protocol version '5' too high. Must be in range: [2, 3]",
    ],
    [
      "protocol = 1\nserver = true",
      "Failed to start Consul server: Protocol version '1' too low. Must be in range: [2, 3]",
    ],
    [
      `datacenter = "${"x".repeat(500)}"`,
      "Failed to start Consul client: Failed to start lan serf: Encoded length of tags exceeds limit of 512 bytes",
    ],
    ["raft_protocol = 2", "raft_protocol version 2 is not supported by this version of Consul"],
  ])("%s is well-formed, but no agent starts with it", (hcl, fault) => {
    expect(faultOf(hcl)).toBe(fault);
    expect(load({ files: { "a.hcl": BASE + hcl }, purpose: "validate" }).ok).toBe(true);
  });
});

describe("warnings", () => {
  test.each([
    [
      "server = true\nbootstrap_expect = 1",
      [
        "BootstrapExpect is set to 1; this is the same as Bootstrap mode.",
        "bootstrap = true: do not enable unless necessary",
      ],
    ],
    [
      "server = true\nbootstrap_expect = 2",
      [
        "bootstrap_expect = 2: A cluster with 2 servers will provide no failure tolerance. See https://www.consul.io/docs/internals/consensus.html#deployment-table",
        "bootstrap_expect > 0: expecting 2 servers",
      ],
    ],
    ["server = true\nbootstrap_expect = 3", ["bootstrap_expect > 0: expecting 3 servers"]],
    [
      "server = true\nbootstrap_expect = 4",
      [
        "bootstrap_expect is even number: A cluster with an even number of servers does not achieve optimum fault tolerance. See https://www.consul.io/docs/internals/consensus.html#deployment-table",
        "bootstrap_expect > 0: expecting 4 servers",
      ],
    ],
    [
      'node_name = "a b"',
      [
        'Node name "a b" will not be discoverable via DNS due to invalid characters. Valid characters include all alpha-numerics and dashes.',
      ],
    ],
    [
      `node_name = "${"x".repeat(64)}"`,
      [
        `Node name "${"x".repeat(64)}" will not be discoverable via DNS due to it being too long. Valid lengths are between 1 and 63 bytes.`,
      ],
    ],
    [
      'primary_datacenter = "DC2"',
      ['primary_datacenter: configuration entries are neither sent to "dc2" nor had from there yet'],
    ],
    ['datacenter = "dc3"\nprimary_datacenter = "DC3"', []],
  ])("%s is unwise", (hcl, warnings) => {
    expect(settingsOf(hcl).warnings).toEqual(warnings);
  });

  test.each(["retry_join", "retry_join_wan", "start_join"])("a cloud is not asked by %s", (key) => {
    expect(faultOf(`server = true\n${key} = ["10.0.0.2", "provider=aws secret_access_key=hidden"]`)).toBe(
      listed(
        `${key}: cloud auto-join (provider=aws) is not supported; name the members by address, or by a DNS name that has them all`,
      ),
    );
  });

  test("scripts that anybody may register are warned of: they are dangerous", () => {
    expect(settingsOf("enable_script_checks = true").warnings).toEqual([
      expect.stringMatching(/^using enable-script-checks without ACLs .* is DANGEROUS/),
    ]);
  });
});
