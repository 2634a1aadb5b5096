import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { finishSettings } from "../../../src/adapters/config/settings.ts";
import { load, settingsOf } from "./support.ts";

const ID = "7fe3df66-5e57-a8f0-6811-292f8db5cd35";

describe("the HTTP interface", () => {
  test("listens on several addresses and on unix sockets, each in the clear and over TLS", () => {
    const { http } = settingsOf(
      `client_addr = "127.0.0.1 127.0.0.2"
       addresses { https = "10.1.2.3 unix:///run/a.sock unix://b.sock" }
       ports { https = 8501 }
       unix_sockets { user = "u" group = "7" mode = "0700" }
       limits { http_max_conns_per_client = 0 https_handshake_timeout = "1s" }
       ca_file = "ca" ca_path = "cas" cert_file = "cert" key_file = "key"
       verify_incoming_https = true tls_min_version = "tls13" tls_cipher_suites = "TLS_RSA_WITH_AES_128_CBC_SHA"`,
    );
    expect(http).toEqual({
      listen: [
        { secure: false, host: "127.0.0.1", port: 8500 },
        { secure: false, host: "127.0.0.2", port: 8500 },
        { secure: true, host: "10.1.2.3", port: 8501 },
        { secure: true, path: "/run/a.sock" },
        { secure: true, path: "b.sock" },
      ],
      maxConnectionsPerClient: 0,
      unixSockets: { user: "u", group: "7", mode: "0700" },
      https: {
        caFile: "ca",
        caPath: "cas",
        certFile: "cert",
        keyFile: "key",
        verifyIncoming: true,
        minVersion: "tls13",
        cipherSuites: "TLS_RSA_WITH_AES_128_CBC_SHA",
        handshakeTimeoutMs: 1000,
      },
    });
  });

  test("listens on no unix socket whose port is off, as in Consul", () => {
    expect(settingsOf('ports { http = -1 }\naddresses { http = "unix:///a" }').http.listen).toEqual([]);
  });

  test("takes the keys of TLS that Consul has since 1.12 before those it had", () => {
    const { https } = settingsOf(
      `cert_file = "old" key_file = "old" ca_file = "old" verify_incoming_https = true
       tls { defaults { cert_file = "default" key_file = "default" } https { cert_file = "new" verify_incoming = false } }`,
    ).http;
    expect(https).toMatchObject({
      certFile: "new",
      keyFile: "default",
      caFile: "old",
      verifyIncoming: false,
    });
  });

  test("is told who may do what", () => {
    const { agent } = settingsOf(
      `http_config { block_endpoints = ["/v1/\xc3\xa9"] allow_write_http_from = ["10.0.0.0/8"] }
       disable_http_unprintable_char_filter = true`,
    );
    expect(agent).toMatchObject({
      blockEndpoints: ["/v1/\xc3\xa9"],
      allowWriteHttpFrom: ["10.0.0.0/8"],
      takesUnprintablePaths: true,
    });
  });
});

describe("settings", () => {
  test("of a client, when nothing is said", () => {
    const settings = settingsOf("");
    expect(settings).toMatchObject({
      bindIp: "0.0.0.0",
      clientIps: ["127.0.0.1"],
      http: { listen: [{ secure: false, host: "127.0.0.1", port: 8500 }], maxConnectionsPerClient: 200 },
      dataDir: "/nowhere/data",
      ports: { dns: 8600, grpc: -1, http: 8500, https: -1, serfLan: 8301, serfWan: 8302, server: 8300 },
      log: {
        level: "info",
        json: false,
        file: undefined,
        rotateBytes: 0,
        rotateDurationMs: 86_400_000,
        rotateMaxFiles: 0,
      },
      pidFile: undefined,
      protocol: 2,
      warnings: [],
    });
    expect(settings.agent).toMatchObject({
      nodeName: "machine",
      nodeId: "",
      datacenter: "dc1",
      server: false,
      bootstrap: false,
      bootstrapExpect: 0,
      dev: false,
      durable: true,
      advertiseIp: "10.1.2.3",
      startJoin: [],
      retryJoin: [],
      retryIntervalMs: 30_000,
      retryMax: 0,
      leaveOnTerminate: true,
      skipLeaveOnInterrupt: false,
      leaveDrainMs: 5000,
      rpcHoldTimeoutMs: 7000,
      defaultQueryTimeMs: 300_000,
      maxQueryTimeMs: 600_000,
      kvMaxValueBytes: 524_288,
      disableCoordinates: false,
      nodeMeta: [],
      responseHeaders: [],
      raft: {
        electionTimeoutMs: 5000,
        leaseMs: 2500,
        snapshotEntries: 16_384,
        snapshotIntervalMs: 30_000,
        trailingEntries: 10_240,
      },
      gossipLan: {
        name: "machine",
        ip: "10.1.2.3",
        port: 8301,
        probeIntervalMs: 1000,
        suspicionMult: 4,
        reconnectTimeoutMs: 259_200_000,
      },
    });
  });

  test("of a server: signals do not make it leave", () => {
    expect(settingsOf("server = true").agent).toMatchObject({
      leaveOnTerminate: false,
      skipLeaveOnInterrupt: true,
    });
    expect(
      settingsOf("server = true\nleave_on_terminate = true\nskip_leave_on_interrupt = false").agent,
    ).toMatchObject({
      leaveOnTerminate: true,
      skipLeaveOnInterrupt: false,
    });
  });

  test("in development: quick, alone and in memory", () => {
    const loaded = load({ dev: true });
    expect(loaded).toMatchObject({
      ok: true,
      settings: {
        bindIp: "127.0.0.1",
        dataDir: undefined,
        log: { level: "debug" },
        agent: {
          server: true,
          bootstrap: false,
          dev: true,
          durable: false,
          advertiseIp: "127.0.0.1",
          raft: { electionTimeoutMs: 52, leaseMs: 20 },
          gossipLan: { probeIntervalMs: 100, probeTimeoutMs: 100, gossipIntervalMs: 100, suspicionMult: 3 },
        },
      },
    });
  });

  test("everything that can be said is heard", () => {
    const settings = settingsOf(
      `node_name = " n1 "
       node_id = "${ID.toUpperCase()}"
       datacenter = "DC-2"
       server = true
       bind_addr = "{{ GetPrivateIP }}"
       advertise_addr = "10.9.9.9"
       client_addr = "127.0.0.1 10.1.2.3"
       addresses { http = "10.1.2.3" }
       ports { http = -1 server = 9300 }
       start_join = ["a"]
       retry_join = ["b:1", "{{ GetInterfaceIP \\"eth0\\" }}"]
       retry_interval = "1m"
       retry_max = 3
       performance { raft_multiplier = 2 leave_drain_time = "1s" rpc_hold_timeout = "2s" }
       default_query_time = "1s"
       max_query_time = "1m30s"
       limits { kv_max_value_size = 1000 }
       http_config { response_headers { b = "2" a = "1" } }
       gossip_lan { probe_interval = "2s" gossip_nodes = 5 }
       reconnect_timeout = "8h"
       raft_snapshot_threshold = 100
       raft_snapshot_interval = "2s"
       raft_trailing_logs = 50
       autopilot { cleanup_dead_servers = false last_contact_threshold = "1s" max_trailing_logs = 9 min_quorum = 3
         server_stabilization_time = "1500ms" }
       log_level = "err"
       log_json = true
       log_file = "/logs/"
       log_rotate_bytes = 100
       log_rotate_duration = "1h"
       log_rotate_max_files = -1
       pid_file = "/run/pid"
       protocol = 3`,
    );
    expect(settings).toMatchObject({
      bindIp: "10.1.2.3",
      clientIps: ["127.0.0.1", "10.1.2.3"],
      http: { listen: [] },
      ports: { http: -1, server: 9300 },
      log: {
        level: "error",
        json: true,
        file: "/logs/",
        rotateBytes: 100,
        rotateDurationMs: 3_600_000,
        rotateMaxFiles: -1,
      },
      pidFile: "/run/pid",
      protocol: 3,
      warnings: [],
    });
    expect(settings.agent).toMatchObject({
      nodeName: "n1",
      nodeId: ID,
      datacenter: "dc-2",
      advertiseIp: "10.9.9.9",
      ports: { server: 9300, http: -1 },
      startJoin: ["a"],
      retryJoin: ["b:1", "10.1.2.3"],
      retryIntervalMs: 60_000,
      retryMax: 3,
      leaveDrainMs: 1000,
      rpcHoldTimeoutMs: 2000,
      defaultQueryTimeMs: 1000,
      maxQueryTimeMs: 90_000,
      kvMaxValueBytes: 1000,
      responseHeaders: ["a", "1", "b", "2"],
      raft: {
        electionTimeoutMs: 2000,
        snapshotEntries: 100,
        snapshotIntervalMs: 2000,
        trailingEntries: 50,
      },
      autopilot: {
        cleanupDeadServers: false,
        lastContactThresholdNs: 1e9,
        maxTrailingLogs: 9,
        minQuorum: 3,
        serverStabilizationTimeNs: 1.5e9,
      },
      gossipLan: { probeIntervalMs: 2000, gossipNodes: 5, reconnectTimeoutMs: 28_800_000 },
    });
  });

  test("everything that can be said of the WAN is heard", () => {
    const settings = settingsOf(
      `node_name = "n1"
       server = true
       advertise_addr = "10.9.9.9"
       advertise_addr_wan = "203.0.113.9"
       serf_lan = "10.1.2.3"
       serf_wan = "0.0.0.0"
       serf_lan_allowed_cidrs = ["10.0.0.0/8", "fd00::/8"]
       serf_wan_allowed_cidrs = ["203.0.113.0/24"]
       ports { serf_wan = 9302 }
       start_join_wan = ["a"]
       retry_join_wan = ["b:1", "{{ GetInterfaceIP \\"eth0\\" }}"]
       retry_interval_wan = "2m"
       retry_max_wan = 4
       reconnect_timeout_wan = "9h"
       gossip_wan { gossip_interval = "700ms" gossip_nodes = 4 probe_interval = "6s" probe_timeout = "4s"
         retransmit_mult = 5 suspicion_mult = 7 }`,
    );
    expect(settings).toMatchObject({ serfLanIp: "10.1.2.3", serfWanIp: "0.0.0.0", warnings: [] });
    expect(settings.agent).toMatchObject({
      advertiseWanIp: "203.0.113.9",
      joinWan: { startJoin: ["a"], retryJoin: ["b:1", "10.1.2.3"], retryIntervalMs: 120_000, retryMax: 4 },
      gossipLan: { ip: "10.9.9.9", allowedNetworks: ["10.0.0.0/8", "fd00::/8"] },
      gossipWan: {
        name: "n1.dc1",
        ip: "203.0.113.9",
        port: 9302,
        gossipIntervalMs: 700,
        gossipNodes: 4,
        probeIntervalMs: 6000,
        probeTimeoutMs: 4000,
        retransmitMult: 5,
        suspicionMult: 7,
        reconnectTimeoutMs: 32_400_000,
        allowedNetworks: ["203.0.113.0/24"],
      },
    });
  });

  test("the WAN has slower knobs than the LAN, and in development the same quick ones", () => {
    expect(settingsOf("server = true").agent.gossipWan).toMatchObject({
      gossipIntervalMs: 500,
      gossipNodes: 3,
      probeIntervalMs: 5000,
      probeTimeoutMs: 3000,
      suspicionMult: 6,
      retransmitMult: 4,
      admission: "wan",
    });
    const loaded = load({ dev: true });
    expect(loaded).toMatchObject({
      settings: { agent: { gossipWan: { probeIntervalMs: 100, suspicionMult: 3 } } },
    });
  });

  test.each(["", "server = true\nports { serf_wan = -1 }", "server = true\nports { serf_wan = 0 }"])(
    "nobody is in the WAN with %j",
    (hcl) => {
      expect(settingsOf(hcl).agent.gossipWan).toBeUndefined();
    },
  );

  test("zero is the default for when snapshots are taken, and autopilot's own defaults are as good as nothing", () => {
    const { agent } = settingsOf(
      `raft_snapshot_threshold = 0
       raft_snapshot_interval = "0s"
       raft_trailing_logs = 0
       autopilot { cleanup_dead_servers = true server_stabilization_time = "10s" }`,
    );
    expect(agent.raft).toMatchObject({ snapshotEntries: 16_384, snapshotIntervalMs: 30_000 });
    expect(agent.raft.trailingEntries).toBe(10_240);
    expect(agent.autopilot).toBeUndefined();
  });

  test("relative paths start where the agent was started", () => {
    expect(settingsOf("", { fragments: ['data_dir = "data" pid_file = "p" log_file = "l/"'] })).toMatchObject(
      {
        dataDir: expect.stringMatching(/^\/.*\/data$/),
        pidFile: expect.stringMatching(/^\/.*\/p$/),
        log: { file: expect.stringMatching(/^\/.*\/l\/$/) },
      },
    );
  });

  test("the version is that of the package", () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8"));
    expect(settingsOf("").agent.version).toBe(manifest.version);
  });
});

describe("once the node id is known the gossip tags are", () => {
  const tagsOf = (hcl: string): Record<string, string> =>
    Object.fromEntries(finishSettings(settingsOf(hcl), ID).agent.gossipLan.tags);
  const COMMON = {
    dc: "dc1",
    segment: "",
    id: ID,
    vsn: "2",
    vsn_min: "2",
    vsn_max: "3",
    build: "1.8.7:",
    acls: "0",
  };

  test("those of a client", () => {
    expect(tagsOf("")).toEqual({ ...COMMON, role: "node" });
  });

  test.each([
    ["server = true", {}],
    ["server = true\nbootstrap = true", { bootstrap: "1" }],
    ["server = true\nbootstrap_expect = 1", { bootstrap: "1" }],
    ["server = true\nbootstrap_expect = 3", { expect: "3" }],
    ["server = true\nports { server = 9300 }", { port: "9300" }],
    ["server = true\nprotocol = 3", { vsn: "3" }],
  ])("those of a server with %s", (hcl, more) => {
    expect(tagsOf(hcl)).toEqual({
      ...COMMON,
      wan_join_port: "8302",
      role: "consul",
      raft_vsn: "3",
      port: "8300",
      ...more,
    });
  });

  test("those of a server that is in no WAN", () => {
    expect(tagsOf("server = true\nports { serf_wan = -1 }")).not.toHaveProperty("wan_join_port");
  });

  test("in the WAN those of the LAN, without the port that the WAN knows anyhow", () => {
    const { gossipLan, gossipWan } = finishSettings(settingsOf("server = true"), ID).agent;
    const { wan_join_port: port, ...rest } = Object.fromEntries(gossipLan.tags);
    expect(port).toBe("8302");
    expect(Object.fromEntries(gossipWan?.tags ?? [])).toEqual(rest);
  });

  test("and the id is in the agent's configuration", () => {
    expect(finishSettings(settingsOf(""), ID).agent.nodeId).toBe(ID);
  });
});
