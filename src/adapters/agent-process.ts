// The process around one agent: opens what it needs of the world, runs it until it says that it has ended, closes
// everything again. Settings in, exit code out.

import { randomBytes, randomUUID } from "node:crypto";
import { lookup } from "node:dns";
import { rmSync, writeFileSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import { createAgent } from "../core/agent/agent.ts";
import { poolKeys } from "../core/agent/pools.ts";
import type { Effect, Input, RequestId } from "../core/agent/ports.ts";
import type { Agent } from "../core/agent/state.ts";
import { gauges } from "../core/agent/telemetry.ts";
import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import type { Notice } from "../core/api/notice.ts";
import { useHostCodec } from "../core/archive/codec.ts";
import type { GossipConfig } from "../core/gossip/config.ts";
import type { KeyText } from "../core/gossip/keyring.ts";
import type { GossipPool } from "../core/gossip/ports.ts";
import { seededChance } from "../core/lib/chance.ts";
import { printPlain } from "../core/lib/plain.ts";
import { openAgentDns } from "./agent-dns.ts";
import { endpointsOf } from "./agent-endpoints.ts";
import { openAgentHttp, reloadAgentHttp, type Say } from "./agent-http.ts";
import { type Checks, createChecks } from "./checks/desk.ts";
import type { TlsSettings } from "./checks/tls.ts";
import { type ChildCommands, createChildCommands } from "./child-commands.ts";
import { AGENT_RUNNING, agentBanner } from "./cli/agent-banner.ts";
import type { Io } from "./cli/io.ts";
import { watchFiles } from "./config/file-watch.ts";
import { loadSettings } from "./config/load.ts";
import { reloadableOf } from "./config/reloadable.ts";
import { type AgentSettings, finishSettings } from "./config/settings.ts";
import { createDriver, type Driver, monotonicMs } from "./driver.ts";
import { nodeCodec } from "./host-codec.ts";
import { describeHost, hostId } from "./host-facts.ts";
import type { HttpServer } from "./http/server.ts";
import type { SecureSettings } from "./http/tls-door.ts";
import { loadCertificates } from "./http/tls-files.ts";
import { InnerRequests } from "./inner-requests.ts";
import { type Logs, openLogs } from "./logs.ts";
import { MetricStreams } from "./metric-streams.ts";
import { Monitors } from "./monitors.ts";
import { createDnsClient, type DnsClient } from "./net/dns-client.ts";
import type { DnsServer } from "./net/dns-server.ts";
import { lookupError } from "./net/errors.ts";
import { type GossipSockets, openGossipSockets } from "./net/gossip.ts";
import { openRpcSockets, type RpcSockets } from "./net/rpc.ts";
import { keepNurserySmall } from "./nursery.ts";
import { createProcessMetrics, type ProcessMetrics } from "./process-metrics.ts";
import { createRequestLog, type RequestLog } from "./request-log.ts";
import { openSinks, type Sinks } from "./sinks/sinks.ts";
import { closeDataDir, type DataDir, openDataDir } from "./storage/data-dir.ts";
import { systemText } from "./storage/disk-error.ts";
import { closeFiles, type Files, openFiles, performDisk } from "./storage/files.ts";
import { loadKeyrings } from "./storage/keyring-files.ts";
import { hostNodeId, loadNodeId } from "./storage/node-id.ts";
import { type AgentWatches, createAgentWatches } from "./watches/agent-watches.ts";

/** What a broken invariant ends with, as a panic ends a Go program. */
const BROKEN_EXIT_CODE = 2;

/** Runs the agent until it ends. @returns The exit code. */
export async function runAgent(given: AgentSettings, io: Io): Promise<number> {
  keepNurserySmall();
  useHostCodec(nodeCodec);
  const claimed = claimDataDir(given);
  if (!claimed.ok) return refuse(io, claimed.error);
  try {
    const finished = finishSettings(given, claimed.nodeId);
    const keyrings = loadKeyrings(finished);
    const settings = keyrings.ok ? keyrings.settings : finished;
    const opened = openLogs(settings, io);
    if (!opened.ok) return refuse(io, `Failed to setup logging: ${opened.error}`);
    const certificates = loadCertificates(settings.http.https, settings.sources.cwd);
    if (!certificates.ok) return refuse(io, certificates.error);
    const { logs } = opened;
    io.stdout(agentBanner(settings));
    if (!keyrings.ok) logs.log(startError(keyrings.error));
    else for (const pool of keyrings.lacking) logs.log(lackingKey(pool));
    const code = !keyrings.ok
      ? 1
      : await new AgentProcess(settings, certificates.secure, claimed.dataDir, logs, io).run();
    logs.log({ type: "notice", level: "info", logger: "", message: "Exit code", fields: { code } });
    logs.close();
    return code;
  } finally {
    if (claimed.dataDir !== undefined) closeDataDir(claimed.dataDir);
  }
}

function startError(error: string): Notice {
  return { type: "notice", level: "error", logger: "", message: "Error starting agent", fields: { error } };
}

/** Consul's line begins with a space too. */
function lackingKey(pool: GossipPool): Notice {
  const message = " keyring doesn't include key provided with -encrypt, using keyring";
  return { type: "notice", level: "warn", logger: "", message, fields: { keyring: pool.toUpperCase() } };
}

/** What keeps the agent from starting at all. */
function refuse(io: Io, error: string): number {
  io.stderr(`==> ${error}\n`);
  return 1;
}

type Claimed =
  | { readonly ok: true; readonly nodeId: string; readonly dataDir: DataDir | undefined }
  | { readonly ok: false; readonly error: string };

/** Takes the data directory, if there is one, and finds out who this agent is. */
function claimDataDir({ dataDir: path, agent, usesHostId }: AgentSettings): Claimed {
  const given = agent.nodeId;
  const fresh = (usesHostId ? hostNodeId(hostId()) : undefined) ?? randomUUID();
  if (path === undefined) return { ok: true, nodeId: given === "" ? fresh : given, dataDir: undefined };
  const opened = openDataDir(path);
  if (!opened.ok) return opened;
  const loaded = given === "" ? loadNodeId(opened.dataDir.path, fresh) : { ok: true as const, nodeId: given };
  if (loaded.ok) return { ok: true, nodeId: loaded.nodeId, dataDir: opened.dataDir };
  closeDataDir(opened.dataDir);
  return loaded;
}

/** One run of one agent. */
class AgentProcess {
  readonly #settings: AgentSettings;
  readonly #secure: SecureSettings;
  readonly #logs: Logs;
  readonly #io: Io;
  readonly #wallOffsetMs: number;
  readonly #monitors: Monitors;
  readonly #metricStreams = new MetricStreams();
  readonly #metrics: ProcessMetrics;
  readonly #requests: RequestLog;
  readonly #files: Files | undefined;
  readonly #ended: Promise<number>;
  #end: (code: number) => void = () => undefined;
  #driver: Driver | undefined;
  readonly #pools: Partial<Record<GossipPool, GossipSockets>> = {};
  #rpc: RpcSockets | undefined;
  #http: HttpServer | undefined;
  #dns: DnsServer | undefined;
  readonly #recursors: DnsClient = createDnsClient();
  readonly #commands: ChildCommands;
  readonly #checks: Checks;
  readonly #inner: InnerRequests;
  readonly #watches: AgentWatches;
  #checkTls: TlsSettings;
  #sinks: Sinks | undefined;
  #unwatchFiles: () => void = () => undefined;
  /** Once it is written. */
  #pidFile: string | undefined;
  readonly #signals: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ["SIGINT", () => this.#driver?.feed({ type: "signal", signal: "interrupt" })],
    ["SIGTERM", () => this.#driver?.feed({ type: "signal", signal: "terminate" })],
    ["SIGHUP", () => this.#driver?.feed({ type: "signal", signal: "hangup" })],
  ];

  constructor(
    settings: AgentSettings,
    secure: SecureSettings,
    dataDir: DataDir | undefined,
    logs: Logs,
    io: Io,
  ) {
    this.#settings = settings;
    this.#secure = secure;
    this.#logs = logs;
    this.#io = io;
    this.#wallOffsetMs = Date.now() - monotonicMs();
    this.#monitors = new Monitors(logs, this.#say);
    this.#requests = createRequestLog(logs);
    this.#metrics = createProcessMetrics(
      this.#wallOffsetMs,
      settings.agent.nodeName,
      (settings.agent.telemetry?.prometheusRetentionMs ?? 0) > 0,
      settings.agent.telemetry?.forwards === true,
    );
    const { SHELL } = io.env;
    this.#commands = createChildCommands((input) => this.#driver?.feed(input), SHELL || "/bin/sh");
    this.#checkTls = checkTls(settings.agentTlsForChecks, secure);
    this.#checks = createChecks((input) => this.#driver?.feed(input), {
      env: io.env,
      tls: () => this.#checkTls,
      log: this.#say,
    });
    this.#inner = new InnerRequests({
      ask: (id, request) => this.#driver?.feed({ type: "http", id, request }),
      cancel: (id) => this.#driver?.feed({ type: "cancel", id }),
    });
    this.#watches = createAgentWatches(this.#inner, io.env, this.#say);
    this.#files = dataDir === undefined ? undefined : openFiles(dataDir.path);
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async run(): Promise<number> {
    const { agent, warnings } = this.#settings;
    for (const warning of warnings) this.#say("warn", warning);
    // The generator's seed comes from the system; what it draws is for timers and targets, nothing secret.
    const chance = seededChance(randomBytes(16).toString("hex"));
    const core = createAgent({ ...agent, wallOffsetMs: this.#wallOffsetMs }, chance, monotonicMs());
    this.#driver = createDriver(core, {
      carryOut: (effect) => this.#carryOut(effect),
      endOfBatch: () => this.#rpc?.flush(),
      onBroken: (error, inputs) => this.#onBroken(error, inputs),
    });
    try {
      await this.#openSockets((pool) => poolKeys(core.pools, pool));
      this.#writePidFile();
    } catch (error) {
      this.#logs.log(startError(textOf(error)));
      await this.#close();
      return 1;
    }
    for (const [signal, handler] of this.#signals) process.on(signal, handler);
    this.#sinks = this.#openSinks(core);
    this.#driver.feed({ type: "start" });
    if (!this.#settings.log.json) this.#io.stdout(AGENT_RUNNING);
    this.#watches.start(this.#settings.watches);
    this.#watchOwnFiles();
    const code = await this.#ended;
    await this.#close();
    return code;
  }

  /** Where nobody gathers what is measured, there is nothing to be opened. */
  #openSinks(core: Agent): Sinks | undefined {
    const { telemetry } = core.config;
    if (telemetry?.forwards !== true) return undefined;
    const all = [core.service.telemetry, this.#metrics.metrics].filter((each) => each !== undefined);
    return openSinks(this.#settings.sinks, this.#say, {
      telemetry: () => core.config.telemetry ?? telemetry,
      metrics: all,
      gauges: () => [...gauges(core, monotonicMs()), ...this.#metrics.read().gauges],
    });
  }

  async #openSockets(keysOf: (pool: GossipPool) => readonly KeyText[]): Promise<void> {
    const { agent, bindIp, serfLanIp, serfWanIp, ports } = this.#settings;
    const feed: Driver["feed"] = (input) => this.#driver?.feed(input);
    this.#rpc = await openRpcSockets({
      self: { nodeId: agent.nodeId, nodeName: agent.nodeName, datacenter: agent.datacenter },
      listen: agent.server ? { ip: bindIp, port: ports.server } : undefined,
      ...this.#settings.rpcLimits,
      feed,
      onAccepted: () => this.#metrics.onRpcAccepted(),
      warn: (message, fields) => this.#say("warn", message, fields, "server.rpc"),
    }).catch((error: unknown) => {
      throw new Error(`Failed to start Consul server: Failed to start RPC layer: ${textOf(error)}`);
    });
    const { gossipLan, gossipWan } = agent;
    if (gossipWan !== undefined)
      await this.#openGossip("wan", serfWanIp, ports.serfWan, gossipWan, keysOf, feed);
    await this.#openGossip("lan", serfLanIp, ports.serfLan, gossipLan, keysOf, feed);
    const handler = {
      onRequest: (id: RequestId, request: HttpRequest) => feed({ type: "http", id, request }),
      onCancel: (id: RequestId) => {
        this.#monitors.close(id);
        this.#metricStreams.close(id);
        feed({ type: "cancel", id });
      },
      onAnswered: (request: HttpRequest, tookMs: number, response: HttpResponse, from: () => string) => {
        this.#metrics.onAnswered(request, tookMs);
        this.#requests.onAnswered(request, response, tookMs, from);
      },
    };
    this.#dns = await openAgentDns(this.#settings, feed, this.#metrics, this.#logs);
    this.#http = await openAgentHttp(this.#settings, this.#secure, handler, this.#say);
  }

  async #openGossip(
    pool: GossipPool,
    ip: string,
    port: number,
    { streamTimeoutMs }: GossipConfig,
    keysOf: (pool: GossipPool) => readonly KeyText[],
    feed: Driver["feed"],
  ): Promise<void> {
    const kind = this.#settings.agent.server ? "server" : "client";
    this.#pools[pool] = await openGossipSockets({
      pool,
      ip,
      port,
      streamTimeoutMs,
      keys: () => keysOf(pool),
      feed,
    }).catch((error: unknown) => {
      const layers = `Failed to start Consul ${kind}: Failed to start ${pool} serf: Failed to create memberlist`;
      throw new Error(
        `${layers}: Could not set up network transport: failed to obtain an address: ${textOf(error)}`,
      );
    });
  }

  /** @throws Error in Consul's words when the file can't be written. */
  #writePidFile(): void {
    const { pidFile } = this.#settings;
    if (pidFile === undefined) return;
    try {
      writeFileSync(pidFile, String(process.pid));
    } catch (error) {
      throw new Error(`Could not open pid file: open ${pidFile}: ${systemText(error)}`);
    }
    this.#pidFile = pidFile;
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "reply":
        if (this.#inner.respond(effect.id, effect.response)) return;
        return this.#http?.respond(effect.id, effect.response);
      case "dns-reply":
        return this.#dns?.reply(effect.id, effect.bytes, effect.metric);
      case "dns-forward":
        return this.#recursors.ask(effect, (bytes) =>
          this.#driver?.feed({
            type: "dns-forwarded",
            op: effect.op,
            ...(bytes === undefined ? {} : { bytes }),
          }),
        );
      case "message":
        return this.#rpc?.send(effect.to, effect.address, effect.message);
      case "packet":
        return this.#pools[effect.pool]?.sendPacket(effect.to, effect.bytes, effect.key);
      case "stream-open":
        return this.#openStream(effect);
      case "stream-answer":
        return this.#pools[effect.pool]?.answerStream(effect.stream, effect.bytes, effect.key);
      case "disk":
        return this.#toDisk(effect);
      case "resolve":
        return this.#resolve(effect.op, effect.name);
      case "notice":
        return this.#logs.log(effect);
      case "command-start":
        return this.#commands.start(effect.job, effect.line);
      case "command-flow":
        return this.#commands.flow(effect.job, effect.reads);
      case "probe":
        return this.#checks.make(effect);
      case "probe-stop":
        return this.#checks.stop(effect.run);
      case "command-close":
        return this.#commands.close(effect.job);
      case "reload":
        return this.#reload(effect.id);
      case "inspect":
        return this.#inspect(effect.id, effect.what);
      case "monitor":
        return this.#monitors.open(this.#http, effect);
      case "metrics-stream":
        return this.#metricStreams.open(this.#http, effect);
      case "metrics-piece":
        return this.#metricStreams.write(effect);
      case "exit":
        return this.#end(effect.code);
    }
  }

  #openStream({ pool, stream, to, bytes, timeoutMs, key }: Extract<Effect, { type: "stream-open" }>): void {
    this.#pools[pool]?.openStream(stream, to, bytes, timeoutMs, key);
  }

  #toDisk({ op, request }: Extract<Effect, { type: "disk" }>): void {
    if (this.#files === undefined) throw new Error("an agent without data directory asked for its disk");
    performDisk(this.#files, request, (result) => this.#driver?.feed({ type: "disk-done", op, result }));
  }

  #resolve(op: number, name: string): void {
    lookup(name, { all: true }, (error, found) => {
      const ips = error === null ? found.map(({ address }) => address) : [];
      this.#driver?.feed({
        type: "resolved",
        op,
        ips,
        ...(error === null ? {} : { error: lookupError(name, error) }),
      });
    });
  }

  #inspect(id: RequestId, what: "host" | "metrics"): void {
    const found =
      what === "host" ? { what, host: describeHost(Date.now()) } : { what, ...this.#metrics.read() };
    setImmediate(() => this.#driver?.feed({ type: "inspected", id, found }));
  }

  /** A file that has changed is as good as SIGHUP; certificates, whose files are named by the configuration, too. */
  #watchOwnFiles(): void {
    const { autoReload, http, sources } = this.#settings;
    if (!autoReload) return;
    const { caFile, caPath, certFile, keyFile } = http.https;
    const paths = [...sources.paths, caFile, caPath, certFile, keyFile].filter((path) => path !== "");
    this.#unwatchFiles = watchFiles(
      paths.map((path) => resolvePath(sources.cwd, path)),
      () => this.#driver?.feed({ type: "signal", signal: "hangup" }),
    );
  }

  /** What can change while the agent runs does; the rest is for its next start. */
  #reload(id: RequestId | undefined): void {
    const read = this.#readAgain();
    if (read.error !== undefined) this.#say("error", "Reload config failed", { error: read.error });
    // The effect that asked for it is one of a turn: inputs come between turns.
    setImmediate(() =>
      this.#driver?.feed({ type: "reloaded", ...(id === undefined ? {} : { id }), ...read }),
    );
  }

  /** @returns What is wrong with the configuration, of which nothing has taken effect then. */
  #readAgain(): Pick<Extract<Input, { type: "reloaded" }>, "config" | "error" | "local"> {
    const loaded = loadSettings(this.#settings.sources, "reload");
    if (!loaded.ok) return { error: loaded.error };
    const reloadable = reloadableOf(loaded.settings);
    const certificates = reloadAgentHttp(this.#http, reloadable, this.#settings);
    if (!certificates.ok) return { error: certificates.error };
    const { config, local, agentTlsForChecks } = reloadable;
    this.#checkTls = checkTls(agentTlsForChecks, certificates.secure);
    this.#logs.setLevel(reloadable.logLevel);
    this.#rpc?.setMaxConnectionsPerClient(reloadable.rpcConnectionsPerClient);
    for (const warning of loaded.settings.warnings) this.#say("warn", warning);
    this.#watches.start(reloadable.watches);
    return local === undefined ? { config } : { config, local };
  }

  readonly #say: Say = (level, message, fields = {}, logger = "") => {
    this.#logs.log({ type: "notice", level, logger, message, fields });
  };

  #onBroken(error: unknown, inputs: readonly object[]): void {
    this.#io.stderr(
      `quorate: a promise of this program to itself is broken; it must stop. Please report this.\n`,
    );
    this.#io.stderr(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nlast inputs:\n`,
    );
    for (const input of inputs) this.#io.stderr(`  ${printInput(input)}\n`);
    this.#end(BROKEN_EXIT_CODE);
  }

  async #close(): Promise<void> {
    const half = this.#settings.agent.server ? "server" : "client";
    this.#say("info", "Requesting shutdown");
    this.#say("info", `shutting down ${half}`, {}, half);
    for (const [signal, handler] of this.#signals) process.off(signal, handler);
    this.#driver?.stop();
    this.#commands.closeAll();
    this.#checks.close();
    this.#watches.close();
    this.#unwatchFiles();
    this.#metrics.close();
    this.#sinks?.close();
    this.#monitors.closeAll();
    this.#metricStreams.closeAll();
    this.#recursors.close();
    this.#say("info", `consul ${half} down`);
    this.#say("info", "shutdown complete");
    for (const fields of endpointsOf(this.#settings, this.#dns, this.#http))
      this.#say("info", "Stopping server", fields);
    this.#say("info", "Waiting for endpoints to shut down");
    const { lan, wan } = this.#pools;
    await Promise.all([
      this.#http?.close(),
      this.#dns?.close(),
      this.#rpc?.close(),
      lan?.close(),
      wan?.close(),
    ]);
    this.#say("info", "Endpoints down");
    if (this.#files !== undefined) closeFiles(this.#files);
    if (this.#pidFile !== undefined) rmSync(this.#pidFile, { force: true });
  }
}

/** With whose certificates checks speak TLS: the agent's, or nobody's and the system's authorities. */
function checkTls(agentTlsForChecks: boolean, secure: SecureSettings): TlsSettings {
  const { ca, cert, key } = secure;
  return agentTlsForChecks ? { ca, cert, key } : {};
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const PRINTED_INPUT = 400;

function printInput(input: object): string {
  try {
    return printPlain(input).slice(0, PRINTED_INPUT);
  } catch {
    return "(unprintable)";
  }
}
