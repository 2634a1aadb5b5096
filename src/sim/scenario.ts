// Stories: a few lines that set up a cluster, do things to it, and say what must come of that. `t` is what a story has to
// say it with; the same stories are tests (test/scenarios), commands (`quorate sim run NAME`) and files of users. All the
// checkers that need no quiet end are on from the first step.

import type { AgentConfig } from "../core/agent/config.ts";
import type { HttpResponse } from "../core/api/http.ts";
import type { KeyText } from "../core/gossip/keyring.ts";
import type { Gossip } from "../core/gossip/state.ts";
import { type Chance, DOOR, seededChance } from "../core/lib/chance.ts";
import { canCampaign } from "../core/raft/role.ts";
import type { Raft } from "../core/raft/state.ts";
import type { DiskRequest } from "../core/wal/disk.ts";
import type { AgentBuild } from "./builds.ts";
import { judgeHistory } from "./checkers/client-history.ts";
import { whatIsUnsettled, whoIsMissing } from "./checkers/convergence.ts";
import { promisesKept } from "./checkers/promises.ts";
import { raftSafety } from "./checkers/raft-safety.ts";
import { structure } from "./checkers/structure.ts";
import {
  DEFAULT_WORKLOAD,
  http,
  openQuestions,
  startWorkload,
  stopWorkload,
  type Workload,
  type WorkloadOptions,
} from "./clients.ts";
import { type ClockSetting, TRUE_TIME } from "./clock.ts";
import { unfreezeClock } from "./clock-faults.ts";
import { type ClusterOptions, clusterConfigs, federationConfigs } from "./cluster.ts";
import { type Fullness, failNext } from "./disk.ts";
import * as faults from "./faults.ts";
import { checkRings, deathsIn, type RingPromise } from "./keyrings.ts";
import { type LockerOptions, type Lockers, startLockers } from "./lockers.ts";
import type { SimNode } from "./node.ts";
import { textLines } from "./trace.ts";
import { demand, Violation } from "./violation.ts";
import { CALM, type LinkWeather } from "./weather.ts";
import {
  createWorld,
  deliver,
  note,
  type Observer,
  pause,
  resume,
  runOne,
  runUntil,
  start,
  type World,
  worldDigest,
} from "./world.ts";

/** A story. It says what it expects by calling `t`; what does not come true is thrown as a Violation. */
export type Story = (t: Scenario) => void;

export interface StoryOptions extends ClusterOptions {
  /** More datacenters, which this one is federated with: dc2, dc3… Names are unique among all of them. */
  readonly elsewhere?: readonly ClusterOptions[];
  /** Overrides the seed that the run was given. */
  readonly seed?: number | string;
  /** What differs from a calm network. */
  readonly weather?: Partial<LinkWeather>;
  /** Clocks that do not show true time, by the agent's name. */
  readonly clocks?: Readonly<Record<string, ClockSetting>>;
}

/** What surrounds a story: who gave the seed, who looks on. */
export interface Stage {
  readonly seed: string;
  readonly planted?: string | undefined;
  /** Stands before each source of choices: a recorder's ear. */
  readonly listen?: (purpose: string, chance: Chance) => Chance;
  readonly observers?: readonly ((world: World) => Observer)[];
}

/** Request numbers of stories begin here, far from those of a workload. */
const FIRST_REQUEST = 3_000_000;
const DEFAULT_WITHIN_MS = 10_000;
/** Questions to all members that an operator repeats before giving up: each is lost to somebody now and then. */
const KEY_ATTEMPTS = 20;

/** What a request came to. */
export class Answer {
  readonly #what: string;
  readonly #response: HttpResponse | undefined;

  constructor(what: string, response: HttpResponse | undefined) {
    this.#what = what;
    this.#response = response;
  }

  /** The answer's body, "" for none. */
  get body(): string {
    return this.#response?.body ?? "";
  }

  /** A header of the answer; undefined for none. */
  header(name: string): string | undefined {
    const headers = this.#response?.headers ?? [];
    const at = headers.findIndex(
      (each, place) => place % 2 === 0 && each.toLowerCase() === name.toLowerCase(),
    );
    return at < 0 ? undefined : headers[at + 1];
  }

  /** Answered 200, and not `false`. */
  get isGood(): boolean {
    return this.#response?.status === 200 && this.body.trim() !== "false";
  }

  /** It was good. */
  succeeds(): this {
    demand(this.isGood, "story", () => `${this.#what} was to succeed: ${this.#print()}`);
    return this;
  }

  /** Not answered 200, or with `false`, or not at all. */
  fails(): this {
    demand(!this.isGood, "story", () => `${this.#what} was to fail: ${this.#print()}`);
    return this;
  }

  /** Answered with just this body (of a get: the value). */
  says(text: string): this {
    demand(this.body.trim() === text, "story", () => `${this.#what} was to say ${text}: ${this.#print()}`);
    return this;
  }

  #print(): string {
    return this.#response === undefined
      ? "no answer"
      : `${this.#response.status} ${this.#response.body.trim()}`;
  }
}

/** One run of a story. */
export class Scenario {
  readonly #stage: Stage;
  #world: World | undefined;
  #workload: Workload | undefined;
  #favourite: string | undefined;
  #nextRequest = FIRST_REQUEST;
  readonly #answers = new Map<number, HttpResponse>();
  /** The run so far, a line an event. */
  readonly lines: string[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** The seed, for stories that draw something themselves. */
  get seed(): string {
    return this.#stage.seed;
  }

  get world(): World {
    if (this.#world === undefined) throw new Violation("story", "a story begins with t.cluster(…)");
    return this.#world;
  }

  /** Builds a cluster and starts all of it, but for those who are late: `restart` starts them. */
  cluster(options: StoryOptions): void {
    const seed = String(options.seed ?? this.#stage.seed);
    const { listen = (_purpose, chance) => chance } = this.#stage;
    const clusters = [options, ...(options.elsewhere ?? [])];
    const planted = clusters.map((each) => ({ planted: this.#stage.planted, ...each }));
    const configs =
      options.elsewhere === undefined ? planted.flatMap(clusterConfigs) : federationConfigs(planted);
    const world = createWorld({
      seed,
      configs,
      clocks: configs.map(({ nodeName }) => options.clocks?.[nodeName] ?? TRUE_TIME),
      weather: { ...CALM, ...options.weather },
      chances: (purpose) => listen(purpose, this.#favouring(purpose, seededChance(`${seed}/${purpose}`))),
    });
    this.#world = world;
    // Who records a run must have heard of the step that a checker stops it at.
    const watchers = [...(this.#stage.observers ?? []), raftSafety, promisesKept, structure];
    world.observers.push(...watchers.map((make) => make(world)));
    world.observers.push(textLines(world, (line) => this.lines.push(line)));
    world.observers.push({
      onReply: (id, { response }) => {
        if (id >= FIRST_REQUEST) this.#answers.set(id, response);
      },
    });
    for (const node of world.nodes) if (!options.late?.includes(node.name)) start(world, node);
  }

  /** While somebody is to be elected, it draws the shortest election timeout and everyone else the longest. */
  #favouring(purpose: string, chance: Chance): Chance {
    const name = purpose.split("/")[0];
    return {
      [DOOR]: true,
      choose: (site, n) => {
        const electing = site === "raft.election-timeout" || site === "raft.sure-death";
        if (this.#favourite === undefined || !electing) return chance.choose(site, n);
        return name === this.#favourite ? 0 : n - 1;
      },
    };
  }

  /** One of its agents. @throws Violation: there is none of this name. */
  node(name: string): SimNode {
    const node = this.world.nodes.find((each) => each.name === name);
    if (node === undefined) throw new Violation("story", `there is no ${name} in this cluster`);
    return node;
  }

  #nodes(names: readonly string[]): SimNode[] {
    return names.map((name) => this.node(name));
  }

  /** Lets the cluster run for so long. */
  run(ms: number): void {
    runUntil(this.world, this.world.nowUs + ms * 1000);
  }

  /** Lets it run until the condition holds. */
  until(condition: () => unknown, { withinMs = DEFAULT_WITHIN_MS }: { withinMs?: number } = {}): void {
    const untilUs = this.world.nowUs + withinMs * 1000;
    while (!condition()) {
      if (this.world.nowUs >= untilUs || !runOne(this.world))
        throw new Violation(
          "story",
          `within ${withinMs} ms it did not come about that ${describe(condition)}`,
        );
    }
  }

  /** Lets it run until somebody leads and every server that runs has its vote. */
  form(): void {
    this.until(() => this.leader() && this.world.nodes.every(hasVote), { withinMs: 30_000 });
  }

  /** Brings it about that this server leads. */
  elect(name: string): void {
    this.#favourite = name;
    this.form();
    const other = faults.leaders(this.world)[0];
    if (other !== undefined && other.name !== name) {
      const rest = this.world.nodes.filter((node) => node !== other);
      faults.partition(this.world, [other], rest);
      this.until(() => this.leader(...rest.map((node) => node.name)) === name);
      faults.heal(this.world);
    }
    this.until(() => this.leader() === name && this.world.nodes.every((node) => this.#follows(node, name)));
    this.#favourite = undefined;
  }

  #follows(node: SimNode, leader: string): boolean {
    const raft = node.agent?.service.server?.raft;
    return raft === undefined || raft.leader === this.node(leader).config.nodeId;
  }

  /** Who leads, of these or of all; undefined when nobody does, or more than one. */
  leader(...among: readonly string[]): string | undefined {
    const names = faults.leaders(this.world).map((node) => node.name);
    const found = among.length === 0 ? names : names.filter((name) => among.includes(name));
    return found.length === 1 ? found[0] : undefined;
  }

  partition(some: readonly string[], others: readonly string[]): void {
    faults.partition(this.world, this.#nodes(some), this.#nodes(others));
  }

  /** What `some` send no longer reaches `others`. */
  cutOneWay(some: readonly string[], others: readonly string[]): void {
    faults.cutOneWay(this.world, this.#nodes(some), this.#nodes(others));
  }

  heal(): void {
    faults.heal(this.world);
  }

  /** What differs from a calm network, on every link. */
  weather(weather: Partial<LinkWeather>): void {
    faults.setWeather(this.world, { ...CALM, ...weather });
  }

  kill(...names: readonly string[]): void {
    for (const node of this.#nodes(names)) faults.kill(this.world, node);
  }

  restart(...names: readonly string[]): void {
    for (const node of this.#nodes(names)) faults.restart(this.world, node);
  }

  /** SIGSTOP. */
  stop(...names: readonly string[]): void {
    for (const node of this.#nodes(names)) pause(this.world, node);
  }

  /** SIGCONT. */
  cont(...names: readonly string[]): void {
    for (const node of this.#nodes(names)) resume(this.world, node);
  }

  /** The machines are suspended: processes and their clocks stand still, until `awake`. */
  suspend(...names: readonly string[]): void {
    for (const node of this.#nodes(names)) faults.suspend(this.world, node);
  }

  awake(...names: readonly string[]): void {
    for (const node of this.#nodes(names)) {
      unfreezeClock(this.world, node);
      resume(this.world, node);
    }
  }

  /** A server's clock shows so much more from one moment to the next. */
  jumpClock(name: string, ms: number): void {
    faults.jumpForward(this.world, this.node(name), ms);
  }

  /** The next operation of this kind on a server's disk fails. */
  failDisk(name: string, kind: DiskRequest["kind"], code = "EIO"): void {
    failNext(this.node(name).disk, kind, { code, detail: `${kind} failed on purpose` });
  }

  /** What a server's disk has no room for any more. */
  fillDisk(name: string, full: Fullness): void {
    this.node(name).disk.full = full;
  }

  /** Links change from one agent to another; the returned function changes them back. */
  link(from: string, to: string, weather: Partial<LinkWeather>): faults.Undo {
    const direction: faults.Direction = [this.node(from), this.node(to)];
    return faults.worsen(this.world, "slow-link", ["latency"], [direction], (fair) => ({
      ...fair,
      ...weather,
    }));
  }

  /** An agent comes back as another build. */
  replaceBuild(name: string, build: AgentBuild): void {
    faults.replaceBuild(this.world, this.node(name), build);
  }

  /** Adds so much to every operation of a server's disk; 0 for none. */
  slowDisk(name: string, ms: number): void {
    note(this.world, this.node(name), ms === 0 ? "disk is quick again" : "disk is slow");
    this.node(name).diskStallUs = ms * 1000;
  }

  /** Asks an agent something over HTTP and waits for the answer. */
  ask(
    method: string,
    target: string,
    body: string | Uint8Array | undefined,
    options: AskOptions = {},
  ): Answer {
    const { via = this.world.nodes[0]?.name ?? "", withinMs = DEFAULT_WITHIN_MS, headers = {} } = options;
    const id = this.#nextRequest++;
    const request = http(method, target, body, new Map(Object.entries(headers)));
    deliver(this.world, this.node(via), { type: "http", id, request });
    const untilUs = this.world.nowUs + withinMs * 1000;
    while (!this.#answers.has(id) && this.world.nowUs < untilUs && runOne(this.world));
    return new Answer(`${method} ${target} at ${via}`, this.#answers.get(id));
  }

  put(key: string, value: string, options: AskOptions = {}): Answer {
    return this.ask("PUT", `/v1/kv/${key}`, value, options);
  }

  /** Compare-and-set with a ModifyIndex; 0 for "only if it is not there". */
  cas(key: string, index: number, value: string, options: AskOptions = {}): Answer {
    return this.ask("PUT", `/v1/kv/${key}?cas=${index}`, value, options);
  }

  /** The value as it is. `mode`: "", "consistent" or "stale". */
  get(key: string, { mode = "", ...options }: AskOptions & { readonly mode?: string } = {}): Answer {
    return this.ask("GET", `/v1/kv/${key}?raw${mode === "" ? "" : `&${mode}`}`, undefined, options);
  }

  delete(key: string, options: AskOptions = {}): Answer {
    return this.ask("DELETE", `/v1/kv/${key}`, undefined, options);
  }

  /** Puts a snapshot's contents in the place of everything. @param archive As `consul snapshot save` writes it. */
  restore(archive: Uint8Array, options: AskOptions = {}): Answer {
    return this.ask("PUT", "/v1/snapshot", archive, options);
  }

  /** The agent starts with another configuration from its next life on. */
  reconfigure(name: string, change: (config: AgentConfig) => AgentConfig): void {
    const node = this.node(name);
    node.config = change(node.config);
  }

  /** Every agent runs and knows every other in its pools to be alive, and nobody is suspected. */
  everyoneIsIn(): boolean {
    const pools = this.world.nodes.flatMap(({ agent }) => Object.values(agent?.pools ?? {}));
    const doubts = pools.some((pool?: Gossip) => {
      const { failed, none } = pool?.serf.counts ?? { failed: 0, none: 0 };
      return failed + none + (pool?.counts.suspect ?? 0) > 0;
    });
    return !doubts && whoIsMissing(this.world) === undefined;
  }

  /** Whether an agent is taken for failed by another. */
  isFailed(name: string, by: string): boolean {
    return this.node(by).agent?.pools.lan.serf.members.get(name)?.status === "failed";
  }

  /** What agents say from now on of others that failed. */
  deaths(): readonly string[] {
    return deathsIn(this.world);
  }

  /** Asks that something be done with a key at all members, once. */
  tryKeys(operation: RingPromise["operation"], key: KeyText, options: AskOptions = {}): Answer {
    const method = { install: "POST", use: "PUT", remove: "DELETE" }[operation];
    const body = JSON.stringify({ Key: key });
    return this.ask(method, "/v1/operator/keyring", body, { withinMs: 60_000, ...options });
  }

  /** Asks until all members have done it, as an operator would; then it must be true of everybody. */
  changeKeys(operation: RingPromise["operation"], key: KeyText, options: AskOptions = {}): void {
    let answer = this.tryKeys(operation, key, options);
    for (let left = KEY_ATTEMPTS; !answer.isGood && left > 0; left--)
      answer = this.tryKeys(operation, key, options);
    answer.succeeds();
    checkRings(this.world.nodes, { operation, key });
  }

  /** Lets clients loose; their history is judged when the story ends. */
  clients(options: Partial<WorkloadOptions> = {}): void {
    const chance = seededChance(`${this.#stage.seed}/story-clients`);
    this.#workload = startWorkload(this.world, { ...DEFAULT_WORKLOAD, ...options }, chance);
  }

  /** Lets clients loose that live by locks of their own sessions, beside the others, which must be there already. */
  lockers(options: LockerOptions): Lockers {
    if (this.#workload === undefined) throw new Violation("story", "lockers come after t.clients(…)");
    const chance = seededChance(`${this.#stage.seed}/story-lockers`);
    return startLockers(this.world, this.#workload, options, chance);
  }

  /** Writes and reads that clients were answered. */
  get answered(): number {
    return this.#workload?.counts.ok ?? 0;
  }

  /** Nothing in the way any more, and nobody asking: waits until there is one leader, one state, and nobody is missed. */
  settle({ withinMs = 60_000 }: { withinMs?: number } = {}): void {
    if (this.#workload !== undefined) stopWorkload(this.#workload);
    let left: string | undefined;
    const untilUs = this.world.nowUs + withinMs * 1000;
    do {
      this.run(200);
      left = whatIsUnsettled(this.world) ?? whoIsMissing(this.world) ?? this.#openQuestions();
    } while (left !== undefined && this.world.nowUs < untilUs);
    demand(left === undefined, "not-at-rest", () => `after ${withinMs} ms ${left}`);
  }

  #openQuestions(): string | undefined {
    const open = this.#workload === undefined ? 0 : openQuestions(this.#workload);
    return open === 0 ? undefined : `${open} questions are open`;
  }

  /** All servers agree on this number of their Raft. */
  same(field: "commitIndex" | "currentTerm"): void {
    const values = this.world.nodes.flatMap((node) => {
      const raft: Raft | undefined = node.agent?.service.server?.raft;
      return raft === undefined ? [] : [`${node.name} ${raft[field]}`];
    });
    const distinct = new Set(values.map((value) => value.split(" ")[1]));
    demand(
      distinct.size === 1,
      "story",
      () => `${field} was to be the same everywhere: ${values.join(", ")}`,
    );
  }

  /** Something that must be true, in words. */
  expect(condition: boolean, what: string): void {
    demand(condition, "story", () => what);
  }

  /** Judges what the clients were told. Called by `runStory` at the end. */
  judge(): void {
    if (this.#workload !== undefined) judgeHistory(this.#workload.history);
  }

  digest(): string {
    return worldDigest(this.world);
  }
}

export interface AskOptions {
  /** The agent that is asked; the first one unless it is said. */
  readonly via?: string;
  readonly withinMs?: number;
  /** By their names in small letters. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Servers that run and are well have their vote; one that missed the first moment of its cluster gets it a little later. */
function hasVote({ agent }: SimNode): boolean {
  const raft = agent?.service.server?.raft;
  return raft === undefined || raft.durability.broken || canCampaign(raft);
}

/** The condition's own words: tests are read by people. */
function describe(condition: () => unknown): string {
  return String(condition)
    .replace(/^\(\)\s*=>\s*/, "")
    .replace(/\s+/g, " ");
}

/** Tells a story to its end. @throws Violation, InvariantError: what went wrong. */
export function runStory(story: Story, stage: Stage): Scenario {
  const scenario = new Scenario(stage);
  story(scenario);
  scenario.judge();
  return scenario;
}
