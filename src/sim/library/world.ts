// A cluster of Raft servers with your own state machine, in a world drawn from a seed: what `quorate/sim` gives to those who
// want our Raft and not our agents. The world stands still between two calls; each call takes it a little further. After
// every step of every server the rules of Raft are looked at.

import { type Chance, seededChance } from "../../core/lib/chance.ts";
import type { RaftConfig } from "../../core/raft/config.ts";
import type { ChangeRefusal } from "../../core/raft/membership.ts";
import type { ClockSetting } from "../clock.ts";
import { CALM_LINKS, type LinkWeather, setLinkCut } from "../raft/links.ts";
import { drawRaftTrouble, endRaftTrouble, type RaftTrouble, startRaftNemesis } from "../raft/nemesis.ts";
import { whatIsLeft } from "../raft/rest.ts";
import type { StateMachine } from "../raft/state-machine.ts";
import {
  changeMembersAt,
  crashServer,
  createRaftWorld,
  pauseServer,
  proposeAt,
  type RaftObserver,
  type RaftWorld,
  raftLeaders,
  raftWorldDigest,
  resumeServer,
  runRaftOne,
  runRaftUntil,
  type SimServer,
  startAll,
  startServer,
} from "../raft/world.ts";
import { demand, Violation } from "../violation.ts";

export interface WorldOptions<S> {
  /** Everything is drawn from it: the same seed, the same run. */
  readonly seed: number | string;
  readonly machine: StateMachine<S>;
  /** How many servers (1 to 26: "a", "b", "c", …), or their names. Default 3. */
  readonly servers?: number | readonly string[];
  /** Raft's knobs; an election timeout of a second unless they say otherwise. */
  readonly raft?: Partial<RaftConfig>;
  readonly weather?: Partial<LinkWeather>;
  /** How long a disk takes for what has been asked of it, in microseconds. Default 50 to 300. */
  readonly diskUs?: readonly [least: number, most: number];
  /** Clocks that do not show true time, by the server's name. */
  readonly clocks?: Readonly<Record<string, ClockSetting>>;
  /** Where choices come from, by purpose: the seed, unless it is given. */
  readonly chances?: (purpose: string) => Chance;
  /** A planted bug (`quorate sim list`), to see the checkers at work. */
  readonly planted?: string;
}

/** What came of a proposal. */
export type Proposal =
  | { readonly ok: true; readonly index: number; readonly result: unknown }
  | {
      readonly ok: false;
      /**
       * no-leader: nobody led, so nothing was proposed. refused: that server does not lead, or takes no proposals now. lost:
       * another entry was committed in its place, so it never takes effect. unknown: time was up, and it may happen or not.
       */
      readonly reason: "no-leader" | "refused" | "lost" | "unknown";
    };

export interface TimeLimit {
  /** Simulated milliseconds. Default 10,000. */
  readonly withinMs?: number;
}

const DEFAULT_WITHIN_MS = 10_000;
/** Between two looks at whether the world has come to rest. */
const LOOK_EVERY_MS = 100;

/**
 * Each call throws a Violation, or an InvariantError of the core, when what it leads to breaks a rule; and a Violation "story"
 * for a server that is not there.
 */
export class World<S> {
  readonly #world: RaftWorld<S>;
  readonly #nemesis: Chance;
  /** The answers of the state machine, by index: from the first server that applied the command. */
  readonly #results = new Map<number, unknown>();
  #awaited: number | undefined;

  /** The servers are there, and nobody leads yet. */
  constructor(options: WorldOptions<S>) {
    const { seed, clocks = {}, weather, ...rest } = options;
    this.#world = createRaftWorld<S>({
      ...rest,
      seed: String(seed),
      weather: { ...CALM_LINKS, ...weather },
      clocks,
    });
    for (const name of Object.keys(clocks)) this.#server(name);
    this.#nemesis = rest.chances?.("nemesis") ?? seededChance(`${seed}/nemesis`);
    this.#world.observers.push({
      onApplied: (_server, index, _data, result) => {
        if (index === this.#awaited && !this.#results.has(index)) this.#results.set(index, result);
      },
    });
    startAll(this.#world);
  }

  get names(): readonly string[] {
    return this.#world.servers.map(({ id }) => id);
  }

  /** True time, in milliseconds from the beginning. */
  get nowMs(): number {
    return this.#world.nowUs / 1000;
  }

  /** Things that happened: messages that arrived, timers, writes. */
  get events(): number {
    return this.#world.events;
  }

  /** Entries that somebody holds for committed, Raft's own among them. */
  get committed(): number {
    return this.#world.history.committed.length;
  }

  /** The whole run so far in sixteen digits: equal for equal runs. */
  get digest(): string {
    return raftWorldDigest(this.#world);
  }

  /** Hears what happens from now on. */
  observe(observer: RaftObserver<S>): void {
    this.#world.observers.push(observer);
  }

  run(ms: number): void {
    runRaftUntil(this.#world, this.#world.nowUs + ms * 1000);
  }

  /** Runs until the condition holds. @throws Violation "story" when it does not within the time. */
  until(condition: () => unknown, { withinMs = DEFAULT_WITHIN_MS }: TimeLimit = {}): void {
    const untilUs = this.#world.nowUs + withinMs * 1000;
    while (!condition())
      if (!runRaftOne(this.#world, untilUs))
        throw new Violation("story", `within ${withinMs} ms it did not come about: ${String(condition)}`);
  }

  /** Who leads as far as it knows, of these or of all; undefined when nobody does, or more than one. */
  leader(...among: readonly string[]): string | undefined {
    const names = raftLeaders(this.#world).map(({ id }) => id);
    const found = among.length === 0 ? names : names.filter((name) => among.includes(name));
    return found.length === 1 ? found[0] : undefined;
  }

  /** A server's state, as it is now; undefined while it is down. Look, and change nothing. */
  state(name: string): S | undefined {
    const server = this.#server(name);
    return server.raft === undefined ? undefined : server.state;
  }

  /**
   * Proposes a command and runs until it has taken effect at the server that was asked, or surely never will.
   * @param at Who is asked: the leader of the highest term unless it is said.
   */
  propose(
    data: Uint8Array,
    { at, withinMs = DEFAULT_WITHIN_MS }: TimeLimit & { readonly at?: string } = {},
  ): Proposal {
    const world = this.#world;
    const server = at === undefined ? this.#newestLeader() : this.#server(at);
    if (server === undefined) return { ok: false, reason: "no-leader" };
    const proposed = proposeAt(world, server, data);
    if (typeof proposed === "string") return { ok: false, reason: "refused" };
    const { index, term } = proposed;
    const untilUs = world.nowUs + withinMs * 1000;
    this.#awaited = index;
    try {
      for (;;) {
        const known = world.history.committed[index - 1];
        if (known !== undefined && known.term !== term) return { ok: false, reason: "lost" };
        if (known !== undefined && server.applied >= index && this.#results.has(index))
          return { ok: true, index, result: this.#results.get(index) };
        if (!runRaftOne(world, untilUs)) return { ok: false, reason: "unknown" };
      }
    } finally {
      this.#awaited = undefined;
      this.#results.clear();
    }
  }

  /** Proposes without waiting. @returns Whether a server that leads has taken it. */
  submit(data: Uint8Array, { at }: { readonly at?: string } = {}): boolean {
    const server = at === undefined ? this.#newestLeader() : this.#server(at);
    return server !== undefined && typeof proposeAt(this.#world, server, data) !== "string";
  }

  /**
   * Asks whoever leads to change the cluster's members by one: one that was removed comes back as a learner, and votes once it
   * is promoted. @returns Why nothing was done; undefined when it has begun.
   */
  changeMembers(
    change: "add-learner" | "promote" | "demote" | "remove",
    name: string,
    { at }: { readonly at?: string } = {},
  ): ChangeRefusal | undefined {
    const server = at === undefined ? this.#newestLeader() : this.#server(at);
    if (server === undefined) return "not-leader";
    return changeMembersAt(this.#world, server, change, this.#server(name));
  }

  /** Ends processes and cuts their power: what is not on the disk is gone. */
  crash(...names: readonly string[]): void {
    for (const server of this.#servers(names)) crashServer(this.#world, server);
  }

  restart(...names: readonly string[]): void {
    for (const server of this.#servers(names)) startServer(this.#world, server);
  }

  /** Stops processes: what arrives waits until `resume`. */
  pause(...names: readonly string[]): void {
    for (const server of this.#servers(names)) pauseServer(server);
  }

  resume(...names: readonly string[]): void {
    for (const server of this.#servers(names)) resumeServer(this.#world, server);
  }

  partition(some: readonly string[], others: readonly string[]): void {
    this.cutOneWay(some, others);
    this.cutOneWay(others, some);
  }

  /** What `some` send no longer reaches `others`. */
  cutOneWay(some: readonly string[], others: readonly string[]): void {
    for (const from of this.#servers(some))
      for (const to of this.#servers(others)) setLinkCut(this.#world.links, from.index, to.index, true);
  }

  /** Joins all that was cut. */
  heal(): void {
    this.#world.links.cut.fill(0);
  }

  /** What differs from a calm network, on every link. */
  weather(weather: Partial<LinkWeather>): void {
    this.#world.links.weather = { ...CALM_LINKS, ...weather };
  }

  /** Adds so much to every write of a server's disk; 0 for none. */
  slowDisk(name: string, ms: number): void {
    this.#server(name).stallUs = ms * 1000;
  }

  /** Runs for so long amid trouble: crashes, pauses, cuts, slow disks, as the seed draws them or as they are given. */
  trouble(ms: number, given: Partial<RaftTrouble> = {}): void {
    const world = this.#world;
    const drawn: RaftTrouble = { ...drawRaftTrouble(this.#nemesis), ...given };
    const untilUs = world.nowUs + ms * 1000;
    world.links.weather = drawn.weather;
    startRaftNemesis(world, drawn, untilUs, this.#nemesis);
    runRaftUntil(world, untilUs);
  }

  /** Ends all trouble, and runs until one server leads and everybody has applied all there is. @throws Violation "not-at-rest" */
  settle({ withinMs = DEFAULT_WITHIN_MS }: TimeLimit = {}): void {
    endRaftTrouble(this.#world);
    const untilMs = this.nowMs + withinMs;
    let left: string | undefined = "nothing has been looked at";
    while (left !== undefined && this.nowMs < untilMs) {
      this.run(LOOK_EVERY_MS);
      left = whatIsLeft(this.#world);
    }
    demand(left === undefined, "not-at-rest", () => `after ${withinMs} ms without trouble, ${left}`);
  }

  #newestLeader(): SimServer<S> | undefined {
    return raftLeaders(this.#world).reduce<SimServer<S> | undefined>(
      (best, each) => ((each.raft?.currentTerm ?? 0) > (best?.raft?.currentTerm ?? 0) ? each : best),
      undefined,
    );
  }

  #server(name: string): SimServer<S> {
    const found = this.#world.byId.get(name);
    if (found === undefined)
      throw new Violation("story", `there is no "${name}" in this world: ${this.names.join(", ")}`);
    return found;
  }

  #servers(names: readonly string[]): SimServer<S>[] {
    return names.map((name) => this.#server(name));
  }
}
