// The timed world of Raft alone: servers, links, disks and clocks, one queue of events in true time, every choice behind one
// door. Equal options and equal choices give equal runs: the digest says so. The rules of turn.ts and history.ts are looked
// at in every turn. Nothing of Consul is in it: what is replicated is the user's state machine.

import { InvariantError, must, unreachable } from "../../core/lib/assert.ts";
import { type Chance, seededChance } from "../../core/lib/chance.ts";
import { createDigest, type Digest, mixNumber, printDigest } from "../../core/lib/digest.ts";
import { type RaftConfig, raftConfig } from "../../core/raft/config.ts";
import { BOOTSTRAPPED } from "../../core/raft/identity.ts";
import { entryAt } from "../../core/raft/log.ts";
import {
  type ChangeRefusal,
  type ConfigurationChange,
  changeConfiguration,
} from "../../core/raft/membership.ts";
import type { RaftMessage } from "../../core/raft/messages.ts";
import type { Raft, RaftEffect, RaftInput } from "../../core/raft/state.ts";
import { propose, type Refusal, raftDeadline } from "../../core/raft/step.ts";
import { type ClockSetting, createClock, localMs, type SimClock, TRUE_TIME, trueUsAt } from "../clock.ts";
import { createEventQueue, type EventQueue, nextEventTime, pushEvent, takeEvent } from "../event-queue.ts";
import { Violation } from "../violation.ts";
import { cutPower, durableTermAt, finishStore } from "./disk.ts";
import { createHistory, type History, judge } from "./history.ts";
import {
  between,
  CALM_LINKS,
  createLinks,
  drawFate,
  type Fate,
  type Links,
  type LinkWeather,
} from "./links.ts";
import {
  createServer,
  type FirstServer,
  type RaftServer,
  raise,
  serverNames,
  serverRecords,
} from "./server.ts";
import {
  createSnapshotDesk,
  type DiskTask,
  hasSnapshots,
  restoreState,
  type SnapshotDesk,
  snapshotTask,
} from "./snapshots.ts";
import type { StateMachine } from "./state-machine.ts";
import { takeTurn, takeTurnBy, type Witness } from "./turn.ts";

export interface RaftWorldOptions<S> {
  /** Everything is drawn from it. */
  readonly seed: string;
  /** How many servers (up to 26, by the letters of the alphabet), or their names. Default 3. */
  readonly servers?: number | readonly string[];
  readonly machine: StateMachine<S>;
  /** Raft's knobs; an election timeout of a second unless they say otherwise. */
  readonly raft?: Partial<RaftConfig>;
  readonly weather?: LinkWeather;
  /** Microseconds that a disk takes for what has been asked of it. Default 50 to 300. */
  readonly diskUs?: readonly [least: number, most: number];
  /** Clocks that do not show true time, by the server's name. */
  readonly clocks?: Readonly<Record<string, ClockSetting>>;
  /** Where choices come from, by purpose: a seeded source unless it is given. */
  readonly chances?: (purpose: string) => Chance;
  /** A planted bug, to see the checkers at work. */
  readonly planted?: string | undefined;
}

/** Those who look on. They see every step and may not change what they see. */
export interface RaftObserver<S> {
  /** A command took effect at a server, with the state machine's answer: once for each server, and again after a restart. */
  onApplied?(server: SimServer<S>, index: number, data: Uint8Array, result: unknown): void;
  /** A server took a turn; `input` is undefined for a proposal. */
  onTurn?(server: SimServer<S>, input: RaftInput | undefined, effects: readonly RaftEffect[]): void;
  onStart?(server: SimServer<S>): void;
  onCrash?(server: SimServer<S>): void;
  /** A fault, in words. */
  onNote?(text: string): void;
}

export interface SimServer<S> extends RaftServer<S> {
  readonly clock: SimClock;
  readonly chance: Chance;
  /** Grows with each start: what was meant for an earlier life does not reach this one. */
  life: number;
  /** Stopped, as by SIGSTOP: what arrives waits. */
  paused: boolean;
  readonly backlog: RaftInput[];
  /** The earliest wake in the queue. */
  wakeAtUs: number;
  /** The same by its own clock, which runs evenly. */
  wakeAtMs: number;
  /** How many requests are in the write that is under way: one write for all that waited (group commit). 0 for none. */
  writing: number;
  snapshots: SnapshotDesk;
  /** Added to what its disk takes. */
  stallUs: number;
}

type RaftEvent =
  /** It is the input as well that its receiver will be given. */
  | ({ readonly kind: "message"; readonly to: number } & Extract<RaftInput, { readonly type: "message" }>)
  | { readonly kind: "wake"; readonly server: number; readonly atUs: number }
  | { readonly kind: "disk"; readonly server: number; readonly life: number }
  | { readonly kind: "snapshot"; readonly server: number; readonly life: number; readonly task: DiskTask }
  | { readonly kind: "call"; readonly call: () => void };

export interface RaftWorld<S> {
  readonly options: RaftWorldOptions<S>;
  readonly config: RaftConfig;
  readonly records: readonly FirstServer[];
  readonly servers: readonly SimServer<S>[];
  readonly byId: ReadonlyMap<string, SimServer<S>>;
  readonly links: Links;
  readonly queue: EventQueue<RaftEvent>;
  readonly chance: Chance;
  readonly observers: RaftObserver<S>[];
  readonly history: History;
  readonly witness: Witness;
  /** By index - 1: the state's digest after that entry, by the first server that got so far. */
  readonly stateDigests: (string | number | undefined)[];
  readonly digest: Digest;
  /** True time, in microseconds from the beginning. */
  nowUs: number;
  /** Events taken. */
  events: number;
  /** Used again and again: what a turn causes, what becomes of a message. */
  readonly out: RaftEffect[];
  readonly fate: Fate;
}

const MOST_SERVERS = 26;
/** A log is kept whole where the state can't be put away. */
const NO_SNAPSHOTS: Pick<RaftConfig, "snapshotEntries" | "snapshotBytes"> = {
  snapshotEntries: Number.POSITIVE_INFINITY,
  snapshotBytes: Number.POSITIVE_INFINITY,
};
const DEFAULT_DISK_US: readonly [number, number] = [50, 300];

/** A world whose servers are still down: `startAll`. @throws InvariantError for options that make no sense. */
export function createRaftWorld<S>(options: RaftWorldOptions<S>): RaftWorld<S> {
  const ids = typeof options.servers === "object" ? options.servers : serverNames(options.servers ?? 3);
  if (ids.length < 1 || ids.length > MOST_SERVERS || new Set(ids).size !== ids.length)
    throw new InvariantError(
      `a world has 1 to ${MOST_SERVERS} servers with names of their own, not "${ids}"`,
    );
  const chances = options.chances ?? ((purpose: string) => seededChance(`${options.seed}/${purpose}`));
  const history = createHistory();
  const servers = ids.map(
    (id, index): SimServer<S> => ({
      ...createServer(index, id, options.machine),
      clock: createClock(options.clocks?.[id] ?? TRUE_TIME),
      chance: chances(`raft ${id}`),
      life: 0,
      paused: false,
      backlog: [],
      wakeAtUs: Number.POSITIVE_INFINITY,
      wakeAtMs: Number.POSITIVE_INFINITY,
      writing: 0,
      snapshots: createSnapshotDesk(),
      stallUs: 0,
    }),
  );
  const byId = new Map(servers.map((server) => [server.id, server]));
  return {
    options,
    config: {
      ...raftConfig(1),
      ...options.raft,
      ...(hasSnapshots(options.machine) ? {} : NO_SNAPSHOTS),
      planted: options.planted,
    },
    records: serverRecords(ids),
    servers,
    byId,
    links: createLinks(ids.length, options.weather ?? CALM_LINKS),
    queue: createEventQueue(),
    chance: chances("world"),
    observers: [],
    history,
    witness: judge(history, (id, index) =>
      durableTerm(must(byId.get(id), "voters are servers"), history, index),
    ),
    stateDigests: [],
    digest: createDigest(),
    nowUs: 0,
    events: 0,
    out: [],
    fate: { firstUs: -1, secondUs: -1 },
  };
}

/** What was compacted was committed, and is in the server's snapshot: it is the entry that everyone committed. */
function durableTerm<S>({ disk }: SimServer<S>, { committed }: History, index: number): number | undefined {
  const covered = Math.max(disk.compactedTo, disk.snapshot?.meta.index ?? 0);
  return durableTermAt(disk, index) ?? (index <= covered ? committed[index - 1]?.term : undefined);
}

/** The whole run so far in sixteen digits. */
export function raftWorldDigest<S>({ digest }: RaftWorld<S>): string {
  return printDigest(digest);
}

export function startAll<S>(world: RaftWorld<S>): void {
  for (const server of world.servers) startServer(world, server);
}

/** Starts a server that is down, with what its disk holds. */
export function startServer<S>(world: RaftWorld<S>, server: SimServer<S>): void {
  if (server.raft !== undefined) return;
  server.life++;
  server.state = world.options.machine.create();
  server.applied = 0;
  if (server.disk.snapshot !== undefined) restore(world, server);
  server.raft = raise(
    server.id,
    server.disk,
    world.records,
    world.config,
    server.chance,
    localMs(server.clock, world.nowUs),
    world.witness,
  );
  for (const observer of world.observers) observer.onStart?.(server);
  // Ends the turn in which a blank server was told of the others.
  turn(world, server, server.raft, undefined);
}

/** Ends its process and cuts its power: some of what its disk had not confirmed may be there all the same. */
export function crashServer<S>(world: RaftWorld<S>, server: SimServer<S>): void {
  if (server.raft === undefined) return;
  cutPower(server.disk, world.chance.choose("disk.kept", server.disk.pending.length + 1));
  server.raft = undefined;
  server.writing = 0;
  server.snapshots = createSnapshotDesk();
  server.paused = false;
  server.backlog.length = 0;
  server.wakeAtUs = Number.POSITIVE_INFINITY;
  for (const observer of world.observers) observer.onCrash?.(server);
}

/** Stops a server: what arrives waits until `resumeServer`. */
export function pauseServer<S>(server: SimServer<S>): void {
  server.paused = server.raft !== undefined;
}

export function resumeServer<S>(world: RaftWorld<S>, server: SimServer<S>): void {
  if (!server.paused) return;
  server.paused = false;
  for (const input of server.backlog.splice(0)) give(world, server, input);
}

/** Servers that lead, as far as they know, in the order of their names. */
export function raftLeaders<S>({ servers }: RaftWorld<S>): SimServer<S>[] {
  return servers.filter(({ raft }) => raft?.role === "leader");
}

/** Proposes a command at a server. @returns Where it will be if it is ever committed, or why it was not taken. */
export function proposeAt<S>(
  world: RaftWorld<S>,
  server: SimServer<S>,
  data: Uint8Array,
): { readonly index: number; readonly term: number } | Refusal {
  const { raft } = server;
  if (raft === undefined || server.paused) return "not-leader";
  const out: RaftEffect[] = [];
  const nowMs = localMs(server.clock, world.nowUs);
  const proposed = takeTurnBy(raft, () => propose(raft, data), nowMs, world.witness, out);
  afterTurn(world, server, raft, undefined, out);
  return proposed;
}

/** Asks a server to change the cluster's members by one. @returns Why it does not; undefined when it has begun. */
export function changeMembersAt<S>(
  world: RaftWorld<S>,
  server: SimServer<S>,
  kind: "add-learner" | "promote" | "demote" | "remove",
  { id, index }: SimServer<S>,
): ChangeRefusal | undefined {
  const { raft } = server;
  if (raft === undefined || server.paused) return "not-leader";
  // Every log of this world was there when the cluster began.
  const change: ConfigurationChange =
    kind === "add-learner"
      ? {
          kind,
          id,
          address: must(world.records[index], "servers have records").address,
          identity: BOOTSTRAPPED,
        }
      : { kind, id };
  const out: RaftEffect[] = [];
  const nowMs = localMs(server.clock, world.nowUs);
  const changed = takeTurnBy(raft, () => changeConfiguration(raft, change, nowMs), nowMs, world.witness, out);
  afterTurn(world, server, raft, undefined, out);
  return typeof changed === "string" ? changed : undefined;
}

/** Takes the next event, if it is due by the given true time; otherwise the clock goes on to there. @returns Whether it was. */
export function runRaftOne<S>(world: RaftWorld<S>, untilUs: number): boolean {
  const nextUs = nextEventTime(world.queue);
  if (nextUs > untilUs) {
    world.nowUs = untilUs;
    return false;
  }
  world.nowUs = nextUs;
  world.events++;
  dispatch(world, takeEvent(world.queue));
  return true;
}

/** Takes events until the given true time; the clock then stands there. @throws Violation, InvariantError: a rule was broken. */
export function runRaftUntil<S>(world: RaftWorld<S>, untilUs: number): void {
  while (runRaftOne(world, untilUs));
}

/** Calls back at a true time: for those who act on the world from outside (clients, the nemesis). */
export function callRaftAt<S>(world: RaftWorld<S>, timeUs: number, call: () => void): void {
  pushEvent(world.queue, timeUs, { kind: "call", call });
}

/** Tells the observers of something that people want to know. */
export function noteRaft<S>(world: RaftWorld<S>, text: string): void {
  for (const observer of world.observers) observer.onNote?.(text);
}

function dispatch<S>(world: RaftWorld<S>, event: RaftEvent): void {
  switch (event.kind) {
    case "message":
      return give(world, serverAt(world, event.to), event);
    case "wake":
      return onWake(world, serverAt(world, event.server), event.atUs);
    case "disk":
      return onDisk(world, serverAt(world, event.server), event.life);
    case "snapshot":
      return onSnapshotTask(world, serverAt(world, event.server), event.life, event.task);
    case "call":
      return event.call();
    default:
      return unreachable(event);
  }
}

function serverAt<S>(world: RaftWorld<S>, index: number): SimServer<S> {
  return must(world.servers[index], "events are for servers of this world");
}

function give<S>(world: RaftWorld<S>, server: SimServer<S>, input: RaftInput): void {
  if (server.raft === undefined) return;
  if (server.paused) server.backlog.push(input);
  else turn(world, server, server.raft, input);
}

const WAKE: RaftInput = { type: "wake" };

/** The queue may hold wakes that have been overtaken; only the earliest counts, and it may have come too early. */
function onWake<S>(world: RaftWorld<S>, server: SimServer<S>, atUs: number): void {
  const { raft } = server;
  if (raft === undefined || atUs !== server.wakeAtUs) return;
  server.wakeAtUs = Number.POSITIVE_INFINITY;
  if (localMs(server.clock, world.nowUs) >= raftDeadline(raft)) give(world, server, WAKE);
  else armWake(world, server, raft);
}

/** Everything that was asked when the write began is on the disk. */
function onDisk<S>(world: RaftWorld<S>, server: SimServer<S>, life: number): void {
  if (server.life !== life || server.raft === undefined) return;
  let token: number | undefined;
  for (; server.writing > 0; server.writing--) token = finishStore(server.disk) ?? token;
  if (token !== undefined) give(world, server, { type: "stored", token });
}

function onSnapshotTask<S>(world: RaftWorld<S>, server: SimServer<S>, life: number, task: DiskTask): void {
  if (server.life !== life || server.raft === undefined) return;
  const input = task(server.disk);
  if (input !== undefined) give(world, server, input);
}

function turn<S>(world: RaftWorld<S>, server: SimServer<S>, raft: Raft, input: RaftInput | undefined): void {
  // One list for all turns: nothing that a turn causes makes another one begin.
  const { out } = world;
  // One by one: emptied at once it would give its memory back.
  while (out.length > 0) out.pop();
  takeTurn(raft, input, localMs(server.clock, world.nowUs), world.witness, out);
  afterTurn(world, server, raft, input, out);
}

function afterTurn<S>(
  world: RaftWorld<S>,
  server: SimServer<S>,
  raft: Raft,
  input: RaftInput | undefined,
  out: readonly RaftEffect[],
): void {
  mixTurn(world, server, input, out.length);
  for (const effect of out) {
    if (effect.type === "send") send(world, server, effect.to, effect.message);
    else if (effect.type === "store") server.disk.pending.push(effect.request);
    else if (effect.type === "restore") restore(world, server);
  }
  if (server.writing === 0 && server.disk.pending.length > 0) startWriting(world, server);
  if (server.applied < raft.commitIndex) apply(world, server, raft);
  // Of the state as it is after the turn.
  for (const effect of out) {
    const task = snapshotTask(server, server.snapshots, raft, world.options.machine, effect);
    if (task !== undefined) startSnapshotTask(world, server, task);
  }
  if (!server.paused) armWake(world, server, raft);
  for (const observer of world.observers) observer.onTurn?.(server, input, out);
}

function mixTurn<S>(
  { digest, nowUs }: RaftWorld<S>,
  { index }: SimServer<S>,
  input: RaftInput | undefined,
  effects: number,
): void {
  mixNumber(digest, nowUs);
  mixNumber(digest, index * 1024 + effects);
  if (input?.type === "message") mixNumber(digest, input.message.term);
}

function send<S>(world: RaftWorld<S>, server: SimServer<S>, toId: string, message: RaftMessage): void {
  const to = world.byId.get(toId);
  if (to === undefined) return;
  drawFate(world.links, world.chance, server.index, to.index, world.nowUs, world.fate);
  const { firstUs, secondUs } = world.fate;
  if (firstUs < 0) return;
  const event: RaftEvent = { kind: "message", to: to.index, type: "message", from: server.id, message };
  pushEvent(world.queue, firstUs, event);
  if (secondUs >= 0) pushEvent(world.queue, secondUs, event);
}

function startWriting<S>(world: RaftWorld<S>, server: SimServer<S>): void {
  server.writing = server.disk.pending.length;
  const tookUs = between(world.chance, "disk.latency", world.options.diskUs ?? DEFAULT_DISK_US);
  pushEvent(world.queue, world.nowUs + tookUs + server.stallUs, {
    kind: "disk",
    server: server.index,
    life: server.life,
  });
}

/** Beside the log's writes: another file. */
function startSnapshotTask<S>(world: RaftWorld<S>, server: SimServer<S>, task: DiskTask): void {
  const tookUs = between(world.chance, "disk.snapshot", world.options.diskUs ?? DEFAULT_DISK_US);
  pushEvent(world.queue, world.nowUs + tookUs + server.stallUs, {
    kind: "snapshot",
    server: server.index,
    life: server.life,
    task,
  });
}

/** One wake in the queue is enough: a later deadline is seen when the earlier one comes. */
function armWake<S>(world: RaftWorld<S>, server: SimServer<S>, raft: Raft): void {
  const deadline = raftDeadline(raft);
  if (deadline === Number.POSITIVE_INFINITY) return;
  if (server.wakeAtUs !== Number.POSITIVE_INFINITY && server.wakeAtMs <= deadline) return;
  server.wakeAtUs = Math.max(world.nowUs + 1, trueUsAt(server.clock, deadline));
  server.wakeAtMs = localMs(server.clock, server.wakeAtUs);
  pushEvent(world.queue, server.wakeAtUs, { kind: "wake", server: server.index, atUs: server.wakeAtUs });
}

function apply<S>(world: RaftWorld<S>, server: SimServer<S>, raft: Raft): void {
  const { machine } = world.options;
  while (server.applied < raft.commitIndex) {
    const { index, kind, data } = entryAt(raft.log, ++server.applied);
    if (kind !== "command") continue;
    const result = machine.apply(server.state, index, data);
    if (machine.digest !== undefined) compareState(world, server, index, machine.digest(server.state));
    for (const observer of world.observers) observer.onApplied?.(server, index, data, result);
  }
}

/** The snapshot on the disk takes the place of the state, which must be what the log made of it elsewhere. */
function restore<S>(world: RaftWorld<S>, server: SimServer<S>): void {
  const { machine } = world.options;
  restoreState(server, machine);
  if (machine.digest === undefined) return;
  // The last command before it; what came after that was Raft's own.
  const last = world.stateDigests.slice(0, server.applied).findLastIndex((digest) => digest !== undefined);
  if (last >= 0) compareState(world, server, last + 1, machine.digest(server.state));
}

/** State Machine Safety: equal logs give equal states. */
function compareState<S>(
  { stateDigests }: RaftWorld<S>,
  { id }: SimServer<S>,
  index: number,
  digest: string | number,
): void {
  while (stateDigests.length < index) stateDigests.push(undefined);
  const known = stateDigests[index - 1];
  if (known === undefined) stateDigests[index - 1] = digest;
  else if (known !== digest)
    throw new Violation(
      "state-machine-safety",
      `after entry ${index} the state of ${id} is ${digest}, and another server's was ${known} (§5.4.3)`,
    );
}
