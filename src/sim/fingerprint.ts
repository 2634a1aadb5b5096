// What goes into a run's digest: who was given which input at what time of its own, and what that caused. It is computed
// in every run, so it looks at numbers first and walks whole records only where they are rare.

import type { Effect, Input } from "../core/agent/ports.ts";
import { createDigest, type Digest, mixBytes, mixNumber, mixString } from "../core/lib/digest.ts";
import { digestPlain } from "../core/lib/plain.ts";
import type { RaftMessage } from "../core/raft/messages.ts";
import type { DiskRequest } from "../core/wal/disk.ts";
import type { RpcMessage } from "../core/wire/rpc.ts";

export function mixInput(digest: Digest, input: Input): void {
  switch (input.type) {
    case "wake":
      return mixNumber(digest, 1);
    case "packet":
      mixNumber(digest, 2);
      mixString(digest, input.from);
      if (input.seal !== undefined) mixString(digest, input.seal);
      return mixBytes(digest, input.bytes);
    case "message":
      mixNumber(digest, 3);
      mixName(digest, input.from);
      return mixMessage(digest, input.message);
    case "disk-done":
      mixNumber(digest, 4);
      mixNumber(digest, input.op);
      return mixNumber(digest, input.result.ok ? 1 : 0);
    case "http":
      mixNumber(digest, 5);
      mixString(digest, input.request.method);
      mixString(digest, input.request.target);
      return mixBytes(digest, input.request.body);
    case "stream":
    case "stream-answer": {
      const { bytes, ...rest } = input;
      digestPlain(digest, rest);
      return mixPayload(digest, bytes);
    }
    default:
      return digestPlain(digest, input);
  }
}

export function mixEffect(digest: Digest, effect: Effect): void {
  switch (effect.type) {
    case "packet":
      mixNumber(digest, 11);
      mixString(digest, effect.to);
      if (effect.key !== undefined) mixString(digest, effect.key);
      return mixBytes(digest, effect.bytes);
    case "message":
      mixNumber(digest, 12);
      mixName(digest, effect.to);
      return mixMessage(digest, effect.message);
    case "disk":
      mixNumber(digest, 13);
      mixNumber(digest, effect.op);
      return mixDisk(digest, effect.request);
    case "reply":
      mixNumber(digest, 14);
      mixNumber(digest, effect.id);
      mixNumber(digest, effect.response.status);
      return mixString(digest, effect.response.body);
    case "notice":
      return mixString(digest, effect.message);
    case "stream-open":
    case "stream-answer": {
      const { bytes, ...rest } = effect;
      digestPlain(digest, rest);
      return mixPayload(digest, bytes);
    }
    default:
      return digestPlain(digest, effect);
  }
}

function mixDisk(digest: Digest, request: DiskRequest): void {
  mixString(digest, request.kind);
  if (request.kind !== "write") return digestPlain(digest, request);
  mixString(digest, request.file);
  mixNumber(digest, request.offset);
  for (const part of request.parts) mixBytes(digest, part);
}

function mixMessage(digest: Digest, message: RpcMessage): void {
  switch (message.type) {
    case "request":
    case "response":
    case "cancel":
      return digestPlain(digest, message);
    default:
      return mixRaft(digest, message);
  }
}

function mixRaft(digest: Digest, message: RaftMessage): void {
  mixNumber(digest, message.term);
  switch (message.type) {
    case "append":
      mixNumber(digest, 21);
      mixNumber(digest, message.prevLogIndex);
      mixNumber(digest, message.prevLogTerm);
      mixNumber(digest, message.leaderCommit);
      mixNumber(digest, message.round);
      return mixBytes(digest, message.entries);
    case "append-reply":
      mixNumber(digest, message.success ? 22 : 23);
      mixNumber(digest, message.index);
      mixNumber(digest, message.hintIndex);
      mixNumber(digest, message.hintTerm);
      return mixNumber(digest, message.round);
    case "vote":
    case "pre-vote":
      mixNumber(digest, message.type === "vote" ? 24 : 25);
      mixNumber(digest, message.lastLogIndex);
      return mixNumber(digest, message.lastLogTerm);
    case "vote-reply":
    case "pre-vote-reply":
      return mixNumber(digest, (message.type === "vote-reply" ? 26 : 28) + (message.granted ? 1 : 0));
  }
}

/** Ids of servers: a run has few of them, they are long, and every other step names one. */
const names = new Map<string, number>();
const MOST_NAMES = 10_000;

function mixName(digest: Digest, name: string): void {
  mixNumber(digest, names.get(name) ?? remembered(name));
}

function remembered(name: string): number {
  const own = createDigest();
  mixString(own, name);
  if (names.size >= MOST_NAMES) names.clear();
  names.set(name, own.a);
  return own.a;
}

/** What streams carried, by the memory that it lies in: nobody writes into that once it is sent. */
const payloads = new WeakMap<
  ArrayBufferLike,
  { readonly at: number; readonly length: number; readonly own: Digest }
>();
/** A shorter one is read more quickly than it is looked up. */
const LONG_PAYLOAD_BYTES = 4_096;

/** In a large pool nearly all bytes are those of push-pulls: each is read when it is sent, and not when it arrives. */
function mixPayload(digest: Digest, bytes: Uint8Array): void {
  if (bytes.length < LONG_PAYLOAD_BYTES) return mixBytes(digest, bytes);
  const known = payloads.get(bytes.buffer);
  const isKnown = known !== undefined && known.at === bytes.byteOffset && known.length === bytes.length;
  const own = isKnown ? known.own : createDigest();
  if (!isKnown) {
    mixBytes(own, bytes);
    payloads.set(bytes.buffer, { at: bytes.byteOffset, length: bytes.length, own });
  }
  mixNumber(digest, own.a);
  mixNumber(digest, own.b);
}
