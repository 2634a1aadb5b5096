// A few Raft servers on a table. Their mail lies in the open: a test delivers, loses or repeats it letter by letter. Their
// disks finish when they are told to, in order, each request wholly or not at all; a crash keeps what had finished. Every
// input is judged by the paper's properties of one server (core/raft/invariants.ts), and every elected leader by
// election safety.

import { assert, must } from "../../../src/core/lib/assert.ts";
import { concatBytes } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { type RaftConfig, raftConfig } from "../../../src/core/raft/config.ts";
import { encodeServers, type ServerRecord } from "../../../src/core/raft/configuration.ts";
import {
  ENTRY_HEADER_BYTES,
  type EntryKind,
  entryOffsets,
  entryTerm,
  writeEntry,
} from "../../../src/core/raft/entry.ts";
import { checkRaft, checkRaftStep, viewRaft } from "../../../src/core/raft/invariants.ts";
import { termAt } from "../../../src/core/raft/log.ts";
import type { RaftMessage } from "../../../src/core/raft/messages.ts";
import { recoverRaft } from "../../../src/core/raft/recovery.ts";
import { createRaft, type Raft, type RaftEffect, type RaftInput } from "../../../src/core/raft/state.ts";
import { flushRaft, stepRaft } from "../../../src/core/raft/step.ts";
import type { HardState, StoreRequest } from "../../../src/core/wal/ports.ts";

export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly message: RaftMessage;
}

export interface Disk {
  hardState: HardState;
  /** Each entry's bytes, the first of them entry 1's. */
  readonly entries: Uint8Array[];
  /** Asked and not finished, oldest first. */
  readonly pending: StoreRequest[];
  /** Requests wait until `finishDisk`. Otherwise each is finished as soon as it is asked. */
  held: boolean;
}

export type Word = Exclude<RaftEffect, { type: "send" | "store" }>;

export interface Seat {
  raft: Raft;
  readonly disk: Disk;
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
    nowMs: 0,
  };
  for (const [id, { terms, term = terms.at(-1) ?? 0, votedFor = "" }] of Object.entries(histories)) {
    const entries = terms.map((each, at) => entryOf(rig, at + 1, each));
    rig.seats.set(
      id,
      takeSeat(rig, id, { hardState: { term, votedFor, identity: 0 }, entries, pending: [], held: false }),
    );
  }
  rig.nowMs = 10 * TIMEOUT_MS;
  return rig;
}

/** Every one of the servers with the same history. */
export function createCluster(history: History, options: RigOptions = {}): Rig {
  const { servers = ["a", "b", "c"] } = options;
  return createRig(Object.fromEntries(servers.map((id) => [id, history])), options);
}

function takeSeat(rig: Rig, id: string, disk: Disk): Seat {
  const raft = createRaft(id, rig.config, seededChance(`rig ${id} ${rig.nowMs}`));
  const count = disk.entries.length;
  const batches = count === 0 ? [] : [{ firstIndex: 1, count, bytes: concatBytes(disk.entries) }];
  const { hardState } = disk;
  const wrong = recoverRaft(raft, { hardState, batches, compactedTo: 0, snapshot: undefined }, rig.nowMs);
  assert(wrong === undefined, "what the disk holds fits together");
  return { raft, disk, words: [] };
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
export function turn(rig: Rig, id: string, act: (raft: Raft, out: RaftEffect[]) => void): void {
  const seat = seatOf(rig, id);
  const before = viewRaft(seat.raft);
  const out: RaftEffect[] = [];
  act(seat.raft, out);
  flushRaft(seat.raft, rig.nowMs, out);
  checkRaft(seat.raft);
  checkRaftStep(before, seat.raft);
  for (const effect of out) carryOut(rig, id, seat, effect);
  if (!seat.disk.held) finishDisk(rig, id);
}

function carryOut(rig: Rig, id: string, seat: Seat, effect: RaftEffect): void {
  if (effect.type === "send") rig.mail.push({ from: id, to: effect.to, message: effect.message });
  else if (effect.type === "store") seat.disk.pending.push(effect.request);
  else seat.words.push(effect);
  if (effect.type !== "role" || effect.role !== "leader") return;
  const leader = rig.leaders.get(effect.term) ?? id;
  assert(leader === id, "at most one leader can be elected in a given term (Election Safety)");
  rig.leaders.set(effect.term, id);
}

/** Finishes the oldest requests: all, unless told how many. */
export function finishDisk(rig: Rig, id: string, count: number = Number.POSITIVE_INFINITY): void {
  const { disk } = seatOf(rig, id);
  for (let left = count; left > 0; left--) {
    const request = disk.pending.shift();
    if (request === undefined) return;
    write(disk, request);
    give(rig, id, { type: "stored", token: request.token });
  }
}

function write(disk: Disk, { hardState, entries }: StoreRequest): void {
  if (hardState !== undefined) disk.hardState = hardState;
  if (entries === undefined) return;
  assert(entries.firstIndex <= disk.entries.length + 1, "the log on disk has no gap");
  disk.entries.length = entries.firstIndex - 1;
  const offsets = must(entryOffsets(entries.bytes), "what is stored is whole entries");
  assert(offsets.length === entries.count, "the count is that of the entries");
  offsets.forEach((start, at) => {
    disk.entries.push(entries.bytes.slice(start, offsets[at + 1] ?? entries.bytes.length));
  });
}

export function durableTerms(rig: Rig, id: string): number[] {
  return seatOf(rig, id).disk.entries.map((bytes) => entryTerm(bytes, 0));
}

/** Loses power: what had not finished is gone, and so is the mail to it. It comes back at once. */
export function crash(rig: Rig, id: string): void {
  const { disk } = seatOf(rig, id);
  disk.pending.length = 0;
  takeMail(rig, (letter) => letter.to === id);
  rig.seats.set(id, takeSeat(rig, id, disk));
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
