import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AGENT_RUNNING, agentBanner } from "../../src/adapters/cli/agent-banner.ts";
import { AGENT_FLAGS, idleFlags, sourcesOf } from "../../src/adapters/cli/agent-flags.ts";
import { type FlagValues, parseFlags } from "../../src/adapters/cli/flags.ts";
import { loadSettings } from "../../src/adapters/config/load.ts";
import { type AgentSettings, finishSettings } from "../../src/adapters/config/settings.ts";
import { inDirectory, run } from "./support.ts";

function valuesOf(argv: readonly string[]): FlagValues {
  const parsed = parseFlags(AGENT_FLAGS, argv);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.values;
}

function settingsOf(argv: readonly string[], cwd = "/"): AgentSettings {
  const loaded = loadSettings(sourcesOf(valuesOf(argv), cwd), "start");
  if (!loaded.ok) throw new Error(loaded.error);
  return loaded.settings;
}

const PLAIN = ["-data-dir", "/nowhere", "-bind", "127.0.0.1"];

describe("agent flags become settings", () => {
  test("each that does something", () => {
    const settings = settingsOf([
      ...[
        "-server",
        "-bootstrap-expect",
        "3",
        "-data-dir",
        "/nowhere/data",
        "-node",
        "n1",
        "-datacenter",
        "dc2",
      ],
      ...["-node-id", "7fe3df66-5e57-a8f0-6811-292f8db5cd35", "-node-meta", "a:1", "-node-meta", "b:x:y"],
      ...["-bind", "127.0.0.1", "-advertise", "10.0.0.9", "-client", "127.0.0.2 127.0.0.3"],
      ...[
        "-http-port",
        "9500",
        "-server-port",
        "9300",
        "-serf-lan-port",
        "9301",
        "-serf-wan-port",
        "9302",
        "-dns-port=-1",
      ],
      ...["-join", "a", "-join", "b", "-retry-join", "c", "-retry-interval", "1s", "-retry-max", "2"],
      ...[
        "-log-level",
        "trace",
        "-log-json",
        "-log-file",
        "/x/y.log",
        "-pid-file",
        "/x/pid",
        "-protocol",
        "3",
      ],
      ...[
        "-default-query-time",
        "1s",
        "-max-query-time",
        "2s",
        "-disable-host-node-id",
        "-disable-keyring-file",
      ],
    ]);
    expect(settings).toMatchObject({
      bindIp: "127.0.0.1",
      clientIps: ["127.0.0.2", "127.0.0.3"],
      http: {
        listen: [
          { secure: false, host: "127.0.0.2", port: 9500 },
          { secure: false, host: "127.0.0.3", port: 9500 },
        ],
      },
      dataDir: "/nowhere/data",
      ports: { http: 9500, server: 9300, serfLan: 9301, serfWan: 9302, dns: -1 },
      log: { level: "trace", json: true, file: "/x/y.log" },
      pidFile: "/x/pid",
      protocol: 3,
      warnings: ["bootstrap_expect > 0: expecting 3 servers"],
    });
    expect(settings.agent).toMatchObject({
      server: true,
      bootstrapExpect: 3,
      nodeName: "n1",
      nodeId: "7fe3df66-5e57-a8f0-6811-292f8db5cd35",
      datacenter: "dc2",
      nodeMeta: [
        ["a", "1"],
        ["b", "x:y"],
      ],
      advertiseIp: "10.0.0.9",
      startJoin: ["a", "b"],
      retryJoin: ["c"],
      retryIntervalMs: 1000,
      retryMax: 2,
      defaultQueryTimeMs: 1000,
      maxQueryTimeMs: 2000,
    });
  });

  test("-config-file and -config-dir are read in the order in which they are given", () =>
    inDirectory((cwd) => {
      mkdirSync(join(cwd, "d"));
      writeFileSync(join(cwd, "d", "x.json"), '{"node_name":"from-directory"}');
      writeFileSync(join(cwd, "f.hcl"), 'node_name = "from-file"');
      const name = (...paths: string[]): string => settingsOf([...PLAIN, ...paths], cwd).agent.nodeName;
      expect(name("-config-file", "f.hcl", "-config-dir", "d")).toBe("from-directory");
      expect(name("-config-dir", "d", "-config-file", "f.hcl")).toBe("from-file");
      expect(name("-config-file", "d", "-config-dir", "f.hcl", "-node", "from-flag")).toBe("from-flag");
      expect(name("-node", "from-flag", "-hcl", 'node_name = "from-fragment"')).toBe("from-fragment");
    }));

  test("a scalar flag that is given twice counts once", () => {
    expect(settingsOf([...PLAIN, "-node", "a", "-node", "b"]).agent.nodeName).toBe("b");
  });

  test("what they came from is kept for a reload", () => {
    const settings = settingsOf([...PLAIN, "-node", "a", "-hcl", 'log_level = "WARN"']);
    expect(loadSettings(settings.sources, "start")).toEqual({ ok: true, settings });
  });

  test("every flag of Consul's agent is known", () => {
    const names = `advertise advertise-wan allow-write-http-from alt-domain bind bootstrap bootstrap-expect
      check_output_max_size client config-dir config-file config-format data-dir datacenter default-query-time dev
      disable-host-node-id disable-keyring-file dns-port domain enable-local-script-checks enable-script-checks encrypt
      grpc-port hcl http-port https-port join join-wan log-file log-json log-level log-rotate-bytes log-rotate-duration
      log-rotate-max-files max-query-time node node-id node-meta non-voting-server pid-file primary-gateway protocol
      raft-protocol recursor rejoin retry-interval retry-interval-wan retry-join retry-join-wan retry-max retry-max-wan
      segment serf-lan-allowed-cidrs serf-lan-bind serf-lan-port serf-wan-allowed-cidrs serf-wan-bind serf-wan-port
      server server-port syslog ui ui-content-path ui-dir`;
    expect(AGENT_FLAGS.map(({ name }) => name).sort()).toEqual(names.split(/\s+/));
  });

  test("those that do nothing yet are named, unless they ask for nothing", () => {
    const idle = ["-ui", "-dns-port", "8600", "-serf-wan-port", "8302", "-domain", "x", "-rejoin"];
    expect(idleFlags(valuesOf(idle))).toEqual(["ui"]);
    expect(idleFlags(valuesOf(["-ui=false", "-dns-port=-1", "-grpc-port", "0", "-domain="]))).toEqual([]);
    expect(idleFlags(valuesOf(["-disable-host-node-id", "-disable-host-node-id=false"]))).toEqual([]);
  });
});

describe("an agent that cannot start says why, before anything else", () => {
  test.each<[string[], string]>([
    [[], "==> data_dir cannot be empty\n"],
    [["foo", "bar"], "==> Unexpected extra arguments: [foo bar]\n"],
    [["-dev", "-bootstrap-expect", "3"], "==> 'bootstrap_expect > 0' not allowed in dev mode\n"],
    [
      ["-dev", "-config-file", "nosuch"],
      "==> config: Open failed on nosuch. open nosuch: no such file or directory\n",
    ],
    [["-dev", "-config-format", "yaml"], "==> config: -config-format must be either 'hcl' or 'json'\n"],
    [
      ["-dev", "-hcl", "bogus = 1"],
      "==> failed to parse flags-0.hcl: 1 error occurred:\n\t* invalid config key bogus\n\n\n",
    ],
    [
      ["-dev", "-log-level", "foo"],
      "==> Invalid log level: foo. Valid log levels are: [TRACE DEBUG INFO WARN ERR ERROR]\n",
    ],
    [["-dev", "-encrypt", "aGVsbG8"], "==> encrypt has invalid key: illegal base64 data at input byte 4\n"],
    [["-dev", "-segment", "x"], "==> Network segments are not supported in this version of Consul\n"],
  ])("%j", async (argv, stderr) => {
    expect(await run(["agent", ...argv])).toMatchObject({ code: 1, stdout: "", stderr });
  });

  test("a flag that does not parse is listed with all others, and told again", async () => {
    const { code, stderr } = await run(["agent", "-http-port", "x"]);
    const error = 'invalid value "x" for flag -http-port: strconv.Atoi: parsing "x": invalid syntax';
    expect(code).toBe(1);
    expect(stderr.startsWith(`${error}\nUsage:\n  -advertise value\n`)).toBe(true);
    expect(stderr.endsWith(`\n==> error parsing flags: ${error}\n`)).toBe(true);
  });
});

describe("validate", () => {
  async function validate(files: Readonly<Record<string, string>>, ...argv: string[]): Promise<unknown> {
    return inDirectory(async (cwd) => {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
      const { code, stdout, stderr } = await run(["validate", ...argv], { cwd });
      return [code, stdout, stderr];
    });
  }
  const GOOD = 'data_dir = "d" bind_addr = "127.0.0.1"';

  test("says when all is well, warnings first", async () => {
    expect(await validate({ "a.hcl": GOOD }, "a.hcl")).toEqual([0, "Configuration is valid!\n", ""]);
    const server = 'server = true bootstrap = true log_level = "only checked at start"';
    expect(await validate({ "a.hcl": GOOD, "b.hcl": server }, ".")).toEqual([
      0,
      "Configuration is valid!\n",
      "bootstrap = true: do not enable unless necessary\n",
    ]);
  });

  test("and at a reload of what it was wrong", () => {
    const reload = (fragment: string): unknown => {
      const sources = sourcesOf(valuesOf([...PLAIN, "-hcl", fragment]), "/");
      const loaded = loadSettings(sources, "reload");
      return loaded.ok ? undefined : loaded.error;
    };
    expect(reload('watches { type = "key" key = "a" }')).toBe(
      "Failed reloading watches: Must define a watch handler",
    );
    expect(reload('service { name = "" }')).toBe(
      'Failed reloading services: Failed to register service "": Service name missing',
    );
    expect(reload('check { name = "m" interval = "5s" }')).toMatch(
      /^Failed reloading checks: Failed to register check 'm': Check is not valid: TTL must be > 0/,
    );
    expect(reload("bogus = 1")).toMatch(/^failed to parse /);
    expect(reload('log_level = "info"')).toBeUndefined();
  });

  test("or nothing", async () => {
    expect(await validate({ "a.hcl": `${GOOD} ui = true` }, "-quiet", "a.hcl")).toEqual([0, "", ""]);
  });

  test.each<[string, string[], string]>([
    ["what is wrong", ["a.json"], "Config validation failed: data_dir cannot be empty\n"],
    [
      "what is missing",
      ["nosuch"],
      "Config validation failed: config: Open failed on nosuch. open nosuch: no such file or directory\n",
    ],
    ["that it wants files", [], "Must specify at least one config file or directory\n"],
    [
      "which formats there are",
      ["-config-format=yaml", "a.json"],
      "-config-format must be either 'hcl' or 'json\n",
    ],
  ])("says %s", async (_, argv, stderr) => {
    expect(await validate({ "a.json": "{}" }, ...argv)).toEqual([1, "", stderr]);
  });
});

describe("the banner", () => {
  const ID = "7fe3df66-5e57-a8f0-6811-292f8db5cd35";

  test("of a server in development", () => {
    const settings = finishSettings(settingsOf(["-dev", "-node", "node1"]), ID);
    expect(agentBanner(settings)).toBe(
      `==> Starting Consul agent...
           Version: '1.8.7' (Quorate ${settings.agent.version})
           Node ID: '${ID}'
         Node name: 'node1'
        Datacenter: 'dc1' (Segment: '<all>')
            Server: true (Bootstrap: false)
       Client Addr: [127.0.0.1] (HTTP: 8500, HTTPS: -1, gRPC: -1, DNS: 8600)
      Cluster Addr: 127.0.0.1 (LAN: 8301, WAN: 8302)
           Encrypt: Gossip: false, TLS-Outgoing: false, TLS-Incoming: false, Auto-Encrypt-TLS: false

==> Log data will now stream in as it occurs:

`,
    );
  });

  test("of a client with two addresses", () => {
    const banner = agentBanner(finishSettings(settingsOf([...PLAIN, "-client", "127.0.0.1 127.0.0.2"]), ID));
    expect(banner).toContain(
      "        Datacenter: 'dc1' (Segment: '')\n            Server: false (Bootstrap: false)\n",
    );
    expect(banner).toContain("       Client Addr: [127.0.0.1 127.0.0.2] (HTTP");
  });

  test("is not printed into a JSON log", () => {
    expect(agentBanner(settingsOf(["-dev", "-log-json"]))).toBe("");
  });

  test("ends with the line that programs wait for", () => {
    expect(AGENT_RUNNING).toBe("==> Consul agent running!\n");
  });
});
