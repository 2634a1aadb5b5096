// A few Raft servers on a table. Their mail lies in the open: a test delivers, loses or repeats it letter by letter. Their
// disks (disk.ts) and their keepers of snapshots (keeper.ts) finish when they are told to; a crash keeps what had finished.
// The state that they keep is the list of what they applied. Every input is judged by the paper's properties of one server
// (core/raft/invariants.ts), and every elected leader by election safety.

import { assert, must } from "../../../src/core/lib/assert.ts";
import { concatBytes, hexOf } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { type RaftConfig, raftConfig } from "../../../src/core/raft/config.ts";
import { encodeServers, type ServerRecord } from "../../../src/core/raft/configuration.ts";
import { ENTRY_HEADER_BYTES, type EntryKind, writeEntry } from "../../../src/core/raft/entry.ts";
import { checkRaft, checkRaftStep, viewRaft } from "../../../src/core/raft/invariants.ts";
import { entryAt, termAt } from "../../../src/core/raft/log.ts";
import {
  type ChangeRefusal,
  type ConfigurationChange,
  changeConfiguration,
} from "../../../src/core/raft/membership.ts";
import type { RaftMessage } from "../../../src/core/raft/messages.ts";
import { recoverRaft } from "../../../src/core/raft/recovery.ts";
import { createRaft, type Raft, type RaftEffect, type RaftInput } from "../../../src/core/raft/state.ts";
import { flushRaft, propose, type Refusal, stepRaft } from "../../../src/core/raft/step.ts";
import { snapshotMeta } from "../../../src/core/raft/take-snapshot.ts";
import { type TransferRefusal, transferLeadership } from "../../../src/core/raft/transfer.ts";
import { batchesOn, type Disk, emptyDisk, termsOn, writeTo } from "./disk.ts";
import { createKeeper, doTask, dropUnfinished, type Keeper, type State } from "./keeper.ts";

export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly message: RaftMessage;
}

export type Word = Exclude<
  RaftEffect,
  { type: "send" | "store" | "snapshot-due" | "read-snapshot" | "keep-chunk" }
>;

export interface Seat {
  raft: Raft;
  readonly disk: Disk;
  readonly keeper: Keeper;
  /** What it has applied: entry 1's text first. */
  state: string[];
  /** What it said to its own agent since it was last asked. */
  readonly words: Word[];
}

export interface Rig {
  readonly config: RaftConfig;
  readonly servers: readonly ServerRecord[];
  readonly seats: Map<string, Seat>;
  /** On its way, oldest first. */
  readonly mail: Letter[];
  /** Term → who was elected in it. */
  readonly leaders: Map<number, string>;
  /** Disks lost so far. */
  losses: number;
  /** What was applied first at each index, and how much of that there was when each read came: judge.ts. */
  readonly committed: string[];
  readonly reads: number[];
  nowMs: number;
}

export interface History {
  /** The term of each entry. Entry 1 is the configuration; the others are commands. */
  readonly terms: readonly number[];
  /** Default: the last entry's. */
  readonly term?: number;
  readonly votedFor?: string;
}

export interface RigOptions {
  /** All the servers that there are; default a, b, c. Those without a history exist only as names. */
  readonly servers?: readonly string[];
  /** These have no vote. */
  readonly learners?: readonly string[];
  readonly config?: Partial<RaftConfig>;
}

/** T of the tests' servers. */
export const TIMEOUT_MS = 1000;

/** Servers that come back with these logs, a while after they did: nobody remembers a leader or a promise. */
export function createRig(histories: Readonly<Record<string, History>>, options: RigOptions = {}): Rig {
  const { servers = ["a", "b", "c"], learners = [], config = {} } = options;
  const rig: Rig = {
    config: { ...raftConfig(TIMEOUT_MS / 1000), ...config },
    servers: servers.map((id) => ({ id, address: `${id}:8300`, voter: !learners.includes(id), identity: 0 })),
    seats: new Map(),
    mail: [],
    leaders: new Map(),
    losses: 0,
    committed: [],
    reads: [],
    nowMs: 0,
  };
  for (const [id, { terms, term = terms.at(-1) ?? 0, votedFor = "" }] of Object.entries(histories)) {
    const entries = terms.map((each, at) => entryOf(rig, at + 1, each));
    const disk = { ...emptyDisk(), hardState: { term, votedFor, identity: 0 }, entries };
    rig.seats.set(id, takeSeat(rig, id, disk, createKeeper()));
  }
  rig.nowMs = 10 * TIMEOUT_MS;
  return rig;
}

/** Every one of the servers with the same history. */
export function createCluster(history: History, options: RigOptions = {}): Rig {
  const { servers = ["a", "b", "c"] } = options;
  return createRig(Object.fromEntries(servers.map((id) => [id, history])), options);
}

function takeSeat(rig: Rig, id: string, disk: Disk, keeper: Keeper): Seat {
  const loss = rig.losses === 0 ? "" : ` after loss ${rig.losses}`;
  const raft = createRaft(id, rig.config, seededChance(`rig ${id} ${rig.nowMs}${loss}`));
  const { hardState, compactedTo } = disk;
  const newest = keeper.files.at(-1);
  const remains = { hardState, batches: batchesOn(disk), compactedTo, snapshot: newest?.meta };
  const wrong = recoverRaft(raft, remains, rig.nowMs);
  assert(wrong === undefined, `what the disk holds fits together: ${wrong}`);
  const seat = { raft, disk, keeper, state: [...(newest?.state ?? [])], words: [] };
  checkRaft(raft);
  return seat;
}

/** An entry's data is its index and term, so that two entries are equal when these are. */
function entryOf(rig: Rig, index: number, term: number): Uint8Array {
  return index === 1
    ? encodeEntry("configuration", term, encodeServers(rig.servers))
    : encodeEntry("command", term, Uint8Array.of(index, term));
}

export function encodeEntry(kind: EntryKind, term: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ENTRY_HEADER_BYTES + data.length);
  writeEntry(bytes, 0, kind, term, data);
  return bytes;
}

/** Commands of these terms, the first of them at `firstIndex`, encoded as in a message. */
export function commands(firstIndex: number, ...terms: number[]): Uint8Array {
  return concatBytes(
    terms.map((term, at) => encodeEntry("command", term, Uint8Array.of(firstIndex + at, term))),
  );
}

export function seatOf(rig: Rig, id: string): Seat {
  return must(rig.seats.get(id), `${id} sits at the table`);
}

export function raftOf(rig: Rig, id: string): Raft {
  return seatOf(rig, id).raft;
}

/** The term of each entry in a server's log. */
export function termsOf({ log }: Raft): number[] {
  return Array.from({ length: log.lastIndex }, (_, at) => termAt(log, at + 1) ?? 0);
}

/** One input and the end of its turn. */
export function give(rig: Rig, id: string, input: RaftInput): void {
  turn(rig, id, (raft, out) => stepRaft(raft, input, rig.nowMs, out));
}

/** Anything that a server's agent may do with it, and the end of that turn. */
export function turn<T>(rig: Rig, id: string, act: (raft: Raft, out: RaftEffect[]) => T): T {
  const seat = seatOf(rig, id);
  const before = viewRaft(seat.raft);
  const out: RaftEffect[] = [];
  const result = act(seat.raft, out);
  flushRaft(seat.raft, rig.nowMs, out);
  checkRaft(seat.raft);
  checkRaftStep(before, seat.raft);
  for (const effect of out) carryOut(rig, id, seat, effect);
  if (!seat.disk.held) finishDisk(rig, id);
  if (!seat.keeper.held) finishKeeper(rig, id);
  return result;
}

function carryOut(rig: Rig, id: string, seat: Seat, effect: RaftEffect): void {
  const { disk, keeper } = seat;
  switch (effect.type) {
    case "send":
      rig.mail.push({ from: id, to: effect.to, message: effect.message });
      return;
    case "store":
      disk.pending.push(effect.request);
      return;
    case "snapshot-due":
      return askSnapshot(seat);
    case "read-snapshot": {
      const { to, index, offset, length } = effect;
      keeper.tasks.push({ type: "read", to, index, offset, length });
      return;
    }
    case "keep-chunk":
      keeper.tasks.push({ type: "keep", chunk: effect.chunk });
      return;
    case "committed":
      apply(seat, effect.index);
      break;
    case "restore": {
      const { meta, state } = must(keeper.incoming, "what is restored has come in");
      assert(meta.index === effect.meta.index, "what came in is restored");
      assert(state.length === meta.index, "a snapshot holds the state after its last entry");
      seat.state = [...state];
      break;
    }
    case "role":
      if (effect.role === "leader") noteLeader(rig, id, effect.term);
      break;
  }
  seat.words.push(effect);
}

function noteLeader(rig: Rig, id: string, term: number): void {
  const leader = rig.leaders.get(term) ?? id;
  assert(leader === id, "at most one leader can be elected in a given term (Election Safety)");
  rig.leaders.set(term, id);
}

function apply({ raft, state }: Seat, upTo: number): void {
  while (state.length < upTo) {
    const { term, kind, data } = entryAt(raft.log, state.length + 1);
    state.push(`${term} ${kind} ${hexOf(data)}`);
  }
}

/** As an agent does it: the state as it is now, unless there is a snapshot of it. */
function askSnapshot({ raft, state, keeper }: Seat): void {
  if (state.length === 0) return;
  if (state.length <= raft.snapshot.index && keeper.files.length > 0) return;
  if (keeper.tasks.some(({ type }) => type === "take")) return;
  const file = { meta: snapshotMeta(raft, state.length), state: [...state] };
  keeper.tasks.push({ type: "take", file });
}

/** Has a server take a snapshot of its state now. */
export function takeSnapshot(rig: Rig, id: string): void {
  turn(rig, id, (_raft, out) => out.push({ type: "snapshot-due" }));
}

/** Finishes the oldest requests: all, unless told how many. */
export function finishDisk(rig: Rig, id: string, count: number = Number.POSITIVE_INFINITY): void {
  const { disk, keeper } = seatOf(rig, id);
  for (let left = count; left > 0; left--) {
    const request = disk.pending.shift();
    if (request === undefined) return;
    writeTo(disk, request, keeper.files.at(-1)?.meta.index ?? 0);
    give(rig, id, { type: "stored", token: request.token });
  }
}

/** Does the oldest things that the keeper of snapshots was asked: all, unless told how many. */
export function finishKeeper(rig: Rig, id: string, count: number = Number.POSITIVE_INFINITY): void {
  const { keeper } = seatOf(rig, id);
  for (let left = count; left > 0 && keeper.tasks.length > 0; left--) {
    const input = doTask(keeper);
    if (input !== undefined) give(rig, id, input);
    keeper.incoming = undefined;
  }
}

/** Everything waits: what is asked of the disk, and of the keeper of snapshots. */
export function holdAll(rig: Rig, id: string): void {
  const { disk, keeper } = seatOf(rig, id);
  disk.held = true;
  keeper.held = true;
}

export function durableTerms(rig: Rig, id: string): number[] {
  return termsOn(seatOf(rig, id).disk);
}

/** Loses power: what had not finished is gone, and so is the mail to it. It comes back at once. */
export function crash(rig: Rig, id: string): void {
  const { disk, keeper } = seatOf(rig, id);
  disk.pending.length = 0;
  dropUnfinished(keeper);
  takeMail(rig, (letter) => letter.to === id);
  rig.seats.set(id, takeSeat(rig, id, disk, keeper));
}

/** Loses its disk: it comes back under the same name, and knows nothing. */
export function loseDisk(rig: Rig, id: string): void {
  rig.losses++;
  takeMail(rig, (letter) => letter.to === id);
  rig.seats.set(id, takeSeat(rig, id, emptyDisk(), createKeeper()));
}

/** A server that is new in the room: blank, and in nobody's configuration. */
export function seatBlank(rig: Rig, id: string): Raft {
  rig.losses++;
  const seat = takeSeat(rig, id, emptyDisk(), createKeeper());
  rig.seats.set(id, seat);
  return seat.raft;
}

/** What a server's state is, as far as it has applied. */
export function stateOf(rig: Rig, id: string): State {
  return seatOf(rig, id).state;
}

/** The server is asked to change the configuration. @returns What changeConfiguration says. */
export function change(
  rig: Rig,
  id: string,
  what: ConfigurationChange,
): { readonly index: number; readonly term: number } | ChangeRefusal {
  return turn(rig, id, (raft) => changeConfiguration(raft, what, rig.nowMs));
}

/** The server is asked to hand leadership over. */
export function transfer(rig: Rig, id: string, target: string | undefined): "started" | TransferRefusal {
  return turn(rig, id, (raft, out) => transferLeadership(raft, target, rig.nowMs, out));
}

/** The server is asked to append a command. */
export function command(
  rig: Rig,
  id: string,
  data: Uint8Array = Uint8Array.of(7),
): { readonly index: number; readonly term: number } | Refusal {
  return turn(rig, id, (raft) => propose(raft, data));
}

/** Time passes; nobody is woken. */
export function pass(rig: Rig, ms: number): void {
  rig.nowMs += ms;
}

/** Hands a message over by name, whoever it is said to be from. */
export function say(rig: Rig, from: string, to: string, message: RaftMessage): void {
  give(rig, to, { type: "message", from, message });
}

type Which = (letter: Letter) => boolean;

const ALL: Which = () => true;

/** Takes letters off the table: they are lost unless the caller delivers them. */
export function takeMail(rig: Rig, which: Which = ALL): Letter[] {
  const taken = rig.mail.filter(which);
  const left = rig.mail.filter((letter) => !which(letter));
  rig.mail.splice(0, rig.mail.length, ...left);
  return taken;
}

/** The messages that wait for this reader, taken off the table. */
export function mailTo(rig: Rig, id: string): RaftMessage[] {
  return takeMail(rig, ({ to }) => to === id).map(({ message }) => message);
}

export function deliver(rig: Rig, letters: readonly Letter[]): void {
  for (const { from, to, message } of letters) if (rig.seats.has(to)) say(rig, from, to, message);
}

/** Delivers everything, and what it causes, until the table is empty; `which` names the roads that are open. */
export function settle(rig: Rig, which: Which = ALL): void {
  for (let rounds = 0; rounds < 200; rounds++) {
    const letters = takeMail(rig).filter(which);
    if (letters.length === 0) return;
    deliver(rig, letters);
  }
  throw new Error("the mail does not end");
}

/** Only these hear each other. */
export function among(...ids: string[]): Which {
  return ({ from, to }) => ids.includes(from) && ids.includes(to);
}

/** Silence until everybody's promises have lapsed, then this server's time is up: its pre-votes are on the table. */
export function timeOut(rig: Rig, id: string): void {
  pass(rig, 2 * TIMEOUT_MS);
  give(rig, id, { type: "wake" });
}

/** Elects this server, with the votes of those whom it reaches. @returns Its Raft. */
export function elect(rig: Rig, id: string, which: Which = ALL): Raft {
  timeOut(rig, id);
  settle(rig, which);
  const raft = raftOf(rig, id);
  assert(raft.role === "leader", `${id} is elected`);
  return raft;
}

/** The leader's next heartbeat, or whatever else it is due for. */
export function beat(rig: Rig, id: string): void {
  pass(rig, rig.config.heartbeatIntervalMs);
  give(rig, id, { type: "wake" });
}

/** What a server said since it was last asked. */
export function wordsOf(rig: Rig, id: string): Word[] {
  return seatOf(rig, id).words.splice(0);
}

/** a leads term 2 of logs 1 1; its no-op is entry 3, committed and known to all. Nothing is on its way, nothing said. */
export function ledByA(options: RigOptions = {}): Rig {
  const rig = createCluster({ terms: [1, 1] }, options);
  elect(rig, "a");
  beat(rig, "a");
  settle(rig);
  for (const id of rig.seats.keys()) wordsOf(rig, id);
  return rig;
}
