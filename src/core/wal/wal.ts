// The write-ahead log: makes Raft's term, vote and entries durable, in order, with one sync for all that is waiting,
// and reads them back. A machine of steps over the disk of disk.ts. Refuses to know what entries mean and when to
// compact. Format and recovery rules: docs/wal-format.md. Raft §5.2 and §5.4 rest on what `stored` promises.

import { assert, must } from "../lib/assert.ts";
import type { Chance } from "../lib/chance.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { checkWalConfig, type WalConfig } from "./config.ts";
import type { DiskInput, DiskResult } from "./disk.ts";
import { isWhole, lastIndexOf } from "./entries.ts";
import { align } from "./format.ts";
import type { HardState, StoreRequest, WalEffect } from "./ports.ts";
import { encodeRecord, itemBytes, type RecordItem } from "./record.ts";
import { onRecoveryAnswer, startRecovery } from "./recovery.ts";
import { makeRoom, onPrepared, payloadRoom, preamble, prepareSegment, removeOldSegment } from "./segments.ts";
import { ask, createState, failOnDisk, type QueuedRequest, segmentPath, type Wal } from "./state.ts";

/** A request larger than this is a mistake of ours. */
const MAX_REQUEST_BYTES = 1 << 30;

/** @param chance Asked once in the life of a log, for the number that its checksums start from. */
export function createWal(config: WalConfig, chance: Chance): Wal {
  checkWalConfig(config);
  return createState(config, chance);
}

/** Begins to read what is there; `recovered` or `wal-failed` will come. */
export function startWal(wal: Wal, out: WalEffect[]): void {
  assert(wal.phase === "new", "a log is started once");
  startRecovery(wal, out);
}

/** Takes an answer of the disk. Answers to nothing that was asked, or that came twice, change nothing. */
export function stepWal(wal: Wal, input: DiskInput, out: WalEffect[]): void {
  const { op, result } = input;
  if (op === wal.recovery?.op) onRecoveryAnswer(wal, result, out);
  else if (op === wal.writing?.op) onWritten(wal, result, out);
  else if (op === wal.preparing?.op) onPrepared(wal, result, out);
  else if (op === wal.removing?.op) onRemoved(wal, result, out);
}

/**
 * Queues a request; `flushWal` sends it off. Only after `recovered`; once the log has failed it does nothing.
 * @throws InvariantError on a request that leaves a gap, goes back behind what is compacted, or whose bytes are not the
 *   entries that it announces.
 */
export function storeWal(wal: Wal, request: StoreRequest): void {
  if (wal.phase === "failed") return;
  assert(wal.phase === "open", "nothing is stored before the log has been read");
  assert(request.token > wal.asked.token, "tokens grow");
  wal.asked.token = request.token;
  const items = itemsOf(wal, request);
  const bytes = items.reduce((sum, item) => sum + itemBytes(item), 0);
  assert(bytes <= MAX_REQUEST_BYTES, "a request is at most 1 GiB");
  if (PLANTED && planted(wal.config, "wal-term-and-vote-apart") && request.hardState !== undefined)
    wal.queue.push({ token: 0, items: [voteInOldTerm(wal, request.hardState)], bytes });
  wal.queue.push({ token: request.token, items, bytes });
}

/** What a log would write that has a place for the vote and another one for the term. Never, in a sound server. */
function voteInOldTerm({ written }: Wal, { votedFor, identity }: HardState): RecordItem {
  return { kind: "hard-state", hardState: { term: written.hardState.term, votedFor, identity } };
}

function itemsOf(wal: Wal, { hardState, compactTo, entries }: StoreRequest): RecordItem[] {
  const { asked } = wal;
  const items: RecordItem[] = [];
  if (hardState !== undefined && !(PLANTED && planted(wal.config, "wal-forgets-hard-state")))
    items.push({ kind: "hard-state", hardState });
  if (compactTo !== undefined) {
    assert(compactTo >= asked.compactedTo, "compaction never goes back");
    asked.compactedTo = compactTo;
    asked.lastIndex = Math.max(asked.lastIndex, compactTo);
    items.push({ kind: "bounds", compactedTo: compactTo, lastIndex: asked.lastIndex });
  }
  const cutsOnly = entries?.count === 0;
  if (entries !== undefined && !(PLANTED && cutsOnly && planted(wal.config, "wal-resurrects-truncated"))) {
    assert(entries.firstIndex <= asked.lastIndex + 1, "entries leave no gap");
    assert(entries.firstIndex > asked.compactedTo, "compacted entries are never overwritten");
    assert(isWhole(entries), "a batch holds the entries that it announces");
    asked.lastIndex = lastIndexOf(entries);
    items.push({ kind: "entries", entries });
  }
  return items;
}

/**
 * Ends a turn: while no write is under way, everything that waits goes into one (as far as config.maxWriteBytes and the
 * segment allow), and the segments before and after are looked after.
 */
export function flushWal(wal: Wal, out: WalEffect[]): void {
  if (wal.phase !== "open" || wal.writing !== undefined) return;
  removeOldSegment(wal, out);
  const waiting = wal.queue[0]?.bytes;
  const hasRoom = waiting !== undefined && makeRoom(wal, waiting);
  prepareSegment(wal, hasRoom ? undefined : waiting, out);
  if (hasRoom) writeQueue(wal, out);
}

function writeQueue(wal: Wal, out: WalEffect[]): void {
  const segment = must(wal.current, "there is a segment to write to");
  const alone = PLANTED && planted(wal.config, "wal-term-and-vote-apart");
  const group = takeGroup(wal.queue, alone ? 0 : Math.min(payloadRoom(wal), wal.config.maxWriteBytes));
  const requested = itemsOfGroup(group);
  const first = segment.end === 0;
  const items = first ? [...preamble(wal), ...requested] : requested;
  const { number, size } = segment;
  const header = first ? { salt: wal.salt, number, firstSequence: wal.nextSequence, size } : undefined;
  const { parts, bytes } = encodeRecord(wal.nextSequence, items, wal.salt, header);
  assert(segment.end + bytes <= size, "a record ends within its segment");
  const token = must(group.at(-1), "a group has a request").token;
  const file = segmentPath(wal.config, number);
  wal.writing = { op: ask(wal, { kind: "write", file, offset: segment.end, parts }, out), token };
  segment.end += align(bytes);
  wal.nextSequence++;
  for (const item of requested) noteWritten(wal, item);
  if (PLANTED && planted(wal.config, "wal-acks-before-durable")) out.push({ type: "stored", token });
}

/** Mostly there is one request. */
function itemsOfGroup(group: readonly QueuedRequest[]): readonly RecordItem[] {
  const [only] = group;
  return group.length === 1 && only !== undefined ? only.items : group.flatMap((request) => request.items);
}

/** Removes from the queue what goes into one record: at least one request, more while they fit. */
function takeGroup(queue: QueuedRequest[], roomBytes: number): QueuedRequest[] {
  if (queue.length === 1) return [must(queue.pop(), "there is one")];
  let count = 1;
  let bytes = queue[0]?.bytes ?? 0;
  while (count < queue.length) {
    bytes += queue[count]?.bytes ?? 0;
    if (bytes > roomBytes) break;
    count++;
  }
  return queue.splice(0, count);
}

function noteWritten({ written }: Wal, item: RecordItem): void {
  switch (item.kind) {
    case "hard-state":
      written.hardState = item.hardState;
      return;
    case "bounds":
      written.compactedTo = item.compactedTo;
      written.lastIndex = item.lastIndex;
      return;
    case "entries":
      written.lastIndex = lastIndexOf(item.entries);
  }
}

function onWritten(wal: Wal, result: DiskResult, out: WalEffect[]): void {
  const { token } = must(wal.writing, "a write is under way");
  if (!result.ok && !(PLANTED && planted(wal.config, "wal-takes-failure-for-success")))
    return failOnDisk(wal, result.error, out);
  wal.writing = undefined;
  out.push({ type: "stored", token });
}

function onRemoved(wal: Wal, result: DiskResult, out: WalEffect[]): void {
  wal.removing = undefined;
  if (!result.ok) failOnDisk(wal, result.error, out);
}
