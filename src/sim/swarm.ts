// One seed of the swarm: a cluster, clients, trouble drawn from the seed for most of the run, then calm, in which the
// cluster must come to rest within a bound; all checkers on from the first step to the last.

import { type Chance, seededChance } from "../core/lib/chance.ts";
import { DEFAULT_AUTOPILOT } from "../core/model/autopilot.ts";
import { type AgentBuild, BUILD_BEFORE, THIS_BUILD } from "./builds.ts";
import { startCatalogClients } from "./catalog-clients.ts";
import { createHistoryJudge, type HistoryJudge } from "./checkers/client-history.ts";
import { noLivelock } from "./checkers/livelock.ts";
import { membership } from "./checkers/membership.ts";
import { promisesKept } from "./checkers/promises.ts";
import { raftSafety } from "./checkers/raft-safety.ts";
import { structure } from "./checkers/structure.ts";
import { openQuestions, startWorkload, stopWorkload, type Workload } from "./clients.ts";
import { clusterConfigs, federationConfigs } from "./cluster.ts";
import { startConfigClients } from "./config-clients.ts";
import { startDnsClients } from "./dns-clients.ts";
import { type Effects, tookEffect } from "./effects.ts";
import type { QueueShape } from "./event-queue.ts";
import { isOfWan, type StrikeKind, TIMELESS_KINDS } from "./fault-kinds.ts";
import { endAllTrouble } from "./faults.ts";
import {
  type DatacenterWords,
  drawFederation,
  type Federation,
  LARGE,
  layFarApart,
  wanPlan,
} from "./federation.ts";
import { examineFederation } from "./federation-exam.ts";
import { finalExam } from "./final-exam.ts";
import { foundLan } from "./founding.ts";
import { withDrawnKeys } from "./keyrings.ts";
import { BOUNDS_MS, comeToRest, type Recovery } from "./liveness.ts";
import { startLockers } from "./lockers.ts";
import { type StrikeCounts, startNemesis } from "./nemesis.ts";
import { setWeather } from "./network.ts";
import { placeIn } from "./place.ts";
import { atlasOf, drawClock, drawPlan, planWith, type SwarmPlan } from "./plan.ts";
import { startProbeClients } from "./probe-clients.ts";
import { startRegistrars } from "./registrars.ts";
import { startRowClients } from "./row-clients.ts";
import { startTxnClients } from "./txn-clients.ts";
import { asViolation, type Verdict, type Violation, verdictOn } from "./violation.ts";
import { startWatchers, type Watchers } from "./watchers.ts";
import { CALM, drawLink, type LinkWeather } from "./weather.ts";
import { createWorld, type Observer, runUntil, start, type World, worldDigest } from "./world.ts";

export interface SwarmOptions extends DatacenterWords {
  readonly seed: string;
  /** Simulated time, calm included. 60 s. */
  readonly seconds?: number;
  readonly servers?: number;
  /** Agents that are no servers. */
  readonly clients?: number;
  /** Kinds of fault that exist in the run, instead of those that the seed draws. Those between datacenters bring a second one. */
  readonly faults?: readonly StrikeKind[] | undefined;
  readonly planted?: string | undefined;
  /** Of every link when nothing strikes, instead of what the seed draws. */
  readonly weather?: LinkWeather;
  /** Whether clients take locks with sessions of their own; drawn from the seed unless it is said. */
  readonly locks?: boolean;
  /** Whether clients write with transactions; drawn from the seed unless it is said. */
  readonly transactions?: boolean;
  /** Whether clients register services with the agents themselves; drawn from the seed unless it is said. */
  readonly registrations?: boolean;
  /** Whether clients keep prepared queries, intentions and configuration entries; drawn from the seed unless it is said. */
  readonly rows?: boolean;
  /** Whether services have checks that their agents make; drawn from the seed unless it is said. */
  readonly probes?: boolean;
  /** See `WorldOptions`: two ways of running the same, which must not differ. */
  readonly throughBytes?: boolean;
  readonly reloadEvery?: number;
  readonly queueShape?: QueueShape;
  /** The kinds of trouble to draw from, instead of all. */
  readonly kinds?: readonly StrikeKind[];
  /** The older build and the newer one, between which nodes are up- and downgraded. */
  readonly builds?: readonly [older: AgentBuild, newer: AgentBuild];
  /** More onlookers: recorders, printers. */
  readonly observers?: readonly ((world: World) => Observer)[];
  /** Stands before each source of choices: a recorder's ear. */
  readonly listen?: (purpose: string, chance: Chance) => Chance;
}

/** What a run came to. */
export interface RunReport extends Verdict {
  readonly seed: string;
  readonly datacenters: 1 | 2;
  readonly simulatedMs: number;
  readonly events: number;
  readonly digest: string;
  readonly operations: { readonly ok: number; readonly failed: number; readonly unknown: number };
  /** Kinds of trouble that did something, and how often. */
  readonly effects: Effects;
  /** Strikes by kind, and those that were aimed by target. */
  readonly strikes: StrikeCounts;
  readonly recovery: Recovery;
}

/** Clients of the second datacenter's keys: a few, beside those of the first. */
const FAR_CLIENTS = 2;
/** The end of a run is calm: time for the last faults' effects to wear off, and to show that they do. */
const CALM_SECONDS = 20;
/** So long after all trouble has ended a question that is asked then must be answered, as there is a leader. */
const WELL_AGAIN_US = BOUNDS_MS.leader * 1000;
/** Beside those of the key/value store. */
const CATALOG_CLIENTS = 1;
/** Keys that somebody watches. */
const WATCHED: readonly string[] = ["k0", "k1"];
const DNS_CLIENTS = 1;
/** Of services of the agents' own. */
const REGISTRARS = 2;
/** Of prepared queries and intentions. */
const ROW_CLIENTS = 2;
const CONFIG_CLIENTS = 2;
/** How often the clients' history is looked at while the run goes on. */
const JUDGE_EVERY_US = 2_000_000;
/** Runs a seed. Never throws for what the run does: that is in the report. */
export function runSwarm(options: SwarmOptions): RunReport {
  const seconds = options.seconds ?? 60;
  const { listen = (_purpose, chance) => chance } = options;
  const chances = (purpose: string): Chance => listen(purpose, seededChance(`${options.seed}/${purpose}`));
  const drawn = drawPlan(chances("plan"), serverNames(options), options.kinds);
  const { faults } = options;
  const chosen =
    faults === undefined
      ? drawn
      : planWith(
          drawn,
          faults.filter((kind) => !isOfWan(kind)),
        );
  const federation = drawFederation(chances("federation"), options);
  const plan = inFederation({ ...chosen, weather: options.weather ?? chosen.weather }, federation);
  const world = createSwarmWorld(options, plan, federation, chances);
  let workloads: readonly Workload[] = [];
  let strikes: StrikeCounts = { kinds: new Map(), targets: new Map() };
  const recovery: { -readonly [K in keyof Recovery]: Recovery[K] } = {};
  let failure: Violation | undefined;
  try {
    for (const node of world.nodes) start(world, node);
    if (isLarge(options)) foundLan(world);
    const workload = startWorkload(world, plan.workload, chances("clients"));
    workloads = [workload];
    startCatalogClients(world, workload, CATALOG_CLIENTS, chances("catalog"));
    startDnsClients(world, DNS_CLIENTS, chances("dns"));
    startSwarmLockers(world, workload, plan, options.locks, chances("lockers"));
    startSwarmRegistrars(world, workload, options.registrations, chances("registrars"));
    startSwarmProbes(world, workload, options.probes, chances("probes"));
    startSwarmTxns(world, workload, options.transactions, chances("transactions"));
    startSwarmRows(world, workload, options.rows, chances("rows"));
    const { reads, place } = plan.workload;
    const watchers = [startWatchers(world, WATCHED, chances("watchers"), reads, place)];
    if (federation !== undefined) {
      const far = startFarClients(world, workload, chances);
      workloads = [workload, far.workload];
      watchers.push(far.watchers);
    }
    const troubleUntilUs = Math.max(0, seconds - CALM_SECONDS) * 1e6;
    strikes = startNemesis(world, plan, troubleUntilUs, chances("nemesis"));
    if (federation !== undefined)
      startNemesis(world, wanPlan(plan, federation), troubleUntilUs, chances("wan-nemesis"), strikes);
    const judges = workloads.map(({ history }): HistoryJudge => createHistoryJudge(history));
    while (world.nowUs < troubleUntilUs) {
      runUntil(world, Math.min(troubleUntilUs, world.nowUs + JUDGE_EVERY_US));
      for (const judge of judges) judge.soFar();
    }
    endAllTrouble(world, CALM);
    if (federation !== undefined) layFarApart(world, federation, CALM);
    for (const each of watchers) each.calmUs = world.nowUs + WELL_AGAIN_US;
    comeToRest(world, workload, recovery);
    runUntil(world, Math.max(world.nowUs, seconds * 1e6));
    for (const each of watchers) finalExam(world, each);
    if (federation !== undefined) examineFederation(world);
    for (const judge of judges) judge.atLast();
    for (const observer of world.observers) observer.onEnd?.();
  } catch (error) {
    failure = asViolation(error);
  }
  return {
    seed: options.seed,
    datacenters: federation === undefined ? 1 : 2,
    ...verdictOn(failure),
    simulatedMs: Math.floor(world.nowUs / 1000),
    events: world.events,
    digest: worldDigest(world),
    operations: sumOf(workloads),
    effects: world.effects,
    strikes,
    recovery,
  };
}

function sumOf(workloads: readonly Workload[]): Workload["counts"] {
  const sum = { ok: 0, failed: 0, unknown: 0 };
  for (const { counts } of workloads)
    for (const key of ["ok", "failed", "unknown"] as const) sum[key] += counts[key];
  return sum;
}

/** Where there are two datacenters every client says which one it means, and asks the agents of both. */
function inFederation(plan: SwarmPlan, federation: Federation | undefined): SwarmPlan {
  return federation === undefined ? plan : { ...plan, workload: { ...plan.workload, place: placeIn("dc1") } };
}

/** Clients of the second datacenter's keys and catalog, who ask the agents of both. They stop with those of the first. */
function startFarClients(
  world: World,
  { options, companions }: Workload,
  chances: (purpose: string) => Chance,
): { readonly workload: Workload; readonly watchers: Watchers } {
  const place = placeIn("dc2", 1);
  const told = { ...options, place, called: "d", clients: FAR_CLIENTS };
  const workload = startWorkload(world, told, chances("far-clients"));
  startCatalogClients(world, workload, CATALOG_CLIENTS, chances("far-catalog"));
  companions.push({ stop: () => stopWorkload(workload), open: () => openQuestions(workload) });
  return { workload, watchers: startWatchers(world, WATCHED, chances("far-watchers"), options.reads, place) };
}

/** In a large LAN to come together would be most of the run: it has been there for long. */
function isLarge({ clients = 0 }: SwarmOptions): boolean {
  return clients > LARGE;
}

/** A snapshot has every agent's node in it: one for each few entries would be most of what a large LAN's servers do. */
function raftOf(options: SwarmOptions, { raft }: SwarmPlan): SwarmPlan["raft"] {
  if (!isLarge(options)) return raft;
  return { ...raft, snapshotEntries: Math.max(raft.snapshotEntries, options.clients ?? 0) };
}

/** Of four runs one has clients with locks; where clocks may do anything, neither a TTL nor a lock-delay means anything. */
function startSwarmLockers(
  world: World,
  workload: Workload,
  { kinds }: SwarmPlan,
  wanted: boolean | undefined,
  chance: Chance,
): void {
  const drawn = chance.choose("swarm.locks", 4) === 0;
  if (!(wanted ?? drawn) || kinds.some((kind) => TIMELESS_KINDS.has(kind))) return;
  const lockers = 2 + chance.choose("swarm.lockers", 3);
  startLockers(world, workload, { lockers, keys: ["l0", "l1"], ttlMs: 2_000, lockDelayMs: 1_500 }, chance);
}

/** Of four runs one has clients that register services with the agents. */
function startSwarmRegistrars(
  world: World,
  workload: Workload,
  wanted: boolean | undefined,
  chance: Chance,
): void {
  const drawn = chance.choose("swarm.registrars", 4) === 0;
  if (wanted ?? drawn) startRegistrars(world, workload, { registrars: REGISTRARS }, chance);
}

/** Of four runs one has clients with transactions. */
function startSwarmTxns(world: World, workload: Workload, wanted: boolean | undefined, chance: Chance): void {
  const drawn = chance.choose("swarm.transactions", 4) === 0;
  if (wanted ?? drawn) startTxnClients(world, workload, 2 + chance.choose("swarm.txn-clients", 2), chance);
}

/** Of four runs one has clients that keep rows of other kinds. */
function startSwarmRows(world: World, workload: Workload, wanted: boolean | undefined, chance: Chance): void {
  const drawn = chance.choose("swarm.rows", 4) === 0;
  if (!(wanted ?? drawn)) return;
  startRowClients(world, workload, ROW_CLIENTS, chance);
  startConfigClients(world, workload, CONFIG_CLIENTS, chance);
}

/** Of four runs one has services with checks that their agents make. */
function startSwarmProbes(
  world: World,
  workload: Workload,
  wanted: boolean | undefined,
  chance: Chance,
): void {
  const drawn = chance.choose("swarm.probes", 4) === 0;
  if (wanted ?? drawn) startProbeClients(world, workload, 3, chance);
}

function serverNames(options: SwarmOptions): string[] {
  return Array.from({ length: options.servers ?? 5 }, (_, at) => String.fromCharCode(97 + at));
}

function createSwarmWorld(
  options: SwarmOptions,
  plan: SwarmPlan,
  federation: Federation | undefined,
  chances: (purpose: string) => Chance,
): World {
  const servers = serverNames(options);
  const clients = Array.from({ length: options.clients ?? 0 }, (_, at) => `client${at + 1}`);
  const clockChance = chances("clocks");
  // Autopilot takes out whoever seems dead: one of those whose disks are safe, perhaps, and then the rest may be too few.
  const losing = atlasOf(plan).mayLose.length > 0;
  const autopilot = losing ? { ...DEFAULT_AUTOPILOT, cleanupDeadServers: false } : undefined;
  const raft = raftOf(options, plan);
  const all = { raft, storage: plan.storage, autopilot, planted: options.planted };
  const first = { ...all, servers, clients, seeds: isLarge(options) ? [] : undefined };
  const configs =
    federation === undefined
      ? clusterConfigs({ ...first, ...(hasWan(chances) ? { wan: [] } : {}) })
      : federationConfigs([first, { ...all, servers: federation.servers }]);
  const world = createWorld({
    seed: options.seed,
    configs: isLarge(options) ? configs : withDrawnKeys(configs, chances("keys")),
    clocks: configs.map(() => drawClock(clockChance, plan)),
    weather: plan.weather,
    diskUs: plan.diskUs,
    builds: options.builds ?? [BUILD_BEFORE, THIS_BUILD],
    throughBytes: options.throughBytes ?? false,
    ...(options.reloadEvery === undefined ? {} : { reloadEvery: options.reloadEvery }),
    ...(options.queueShape === undefined ? {} : { queueShape: options.queueShape }),
    chances,
  });
  setAmbience(world, plan, chances);
  if (federation !== undefined) layFarApart(world, federation, plan.weather);
  // Who records a run must have heard of the step that a checker stops it at.
  const recorders = (options.observers ?? []).map((make) => make(world));
  world.observers.push(
    ...recorders,
    raftSafety(world),
    promisesKept(),
    structure(world),
    membership(),
    noLivelock(world),
  );
  return world;
}

/** One run in so many has a WAN pool beside the LAN, which its servers bring about by flood join alone. */
const RUNS_FOR_A_WAN = 2;

function hasWan(chances: (purpose: string) => Chance): boolean {
  return chances("wan").choose("swarm.wan", RUNS_FOR_A_WAN) === 0;
}

/** What a run has from its beginning: links that differ, clocks that differ, builds that differ. */
function setAmbience(world: World, plan: SwarmPlan, chances: (purpose: string) => Chance): void {
  const { nodes, effects } = world;
  if (new Set(nodes.map(({ clock }) => clock.showedMs)).size > 1) tookEffect(effects, "skew");
  if (new Set(nodes.map(({ clock }) => clock.driftPpm)).size > 1) tookEffect(effects, "drift");
  if (plan.unevenLinks && nodes.length > 1) {
    const chance = chances("links");
    setWeather(world.network, () => drawLink(chance, plan.weather));
    if (new Set(world.network.now).size > 1) tookEffect(effects, "uneven-links");
  }
  const changing = plan.kinds.includes("upgrade") || plan.kinds.includes("downgrade");
  const chance = chances("builds");
  const [older] = world.options.builds ?? [];
  if (changing && older !== undefined)
    for (const node of nodes) if (chance.choose("build.older", 2) === 0) node.build = older;
}
