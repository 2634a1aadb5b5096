// When is a gossip message on a TCP connection whole? memberlist puts no length in front of it, so one has to look
// inside, only as far as needed to find the end: nothing is decoded and nothing is copied. For adapters that gather
// chunks; what the message says is stream.ts's.

import { MESSAGE_TYPE } from "./messages.ts";
import { createReader, type Reader, skipValue, TRUNCATED } from "./msgpack.ts";
import {
  MAX_NODES,
  MAX_STREAM_BYTES,
  MAX_USER_STATE_BYTES,
  PUSH_PULL_HEADER,
  USER_HEADER,
} from "./stream-messages.ts";

/** How far an unfinished push-pull was understood: looking again goes on from here instead of the beginning. */
export interface StreamProgress {
  readonly at: number;
  readonly nodesLeft: number;
  readonly userStateLen: number;
}

export type StreamLength =
  | { readonly type: "complete"; readonly length: number }
  /**
   * Not before `atLeast` bytes in all is it worth looking again; it may then still not be whole. Hand `progress` back
   * with the longer bytes, so that a long message in many chunks is not gone over from its start for each.
   */
  | { readonly type: "more"; readonly atLeast: number; readonly progress?: StreamProgress }
  | { readonly type: "bad"; readonly error: string };

/** What an encrypted stream begins with: its type byte and the length of the rest, 4 bytes, big-endian. */
const ENCRYPTED_HEADER_BYTES = 5;
const MAX_ENCRYPTED_BYTES: number = 20 << 20;

/**
 * Whether `bytes`, the beginning of a stream, hold a whole gossip message: label and encryption frame included, if any.
 * What claims to be longer than allowed is bad before it has been received.
 */
export function measureStream(bytes: Uint8Array, progress?: StreamProgress): StreamLength {
  if (progress !== undefined) return measureNodes(createReader(bytes, progress.at), progress);
  const start = bytes[0] === MESSAGE_TYPE.label ? 2 + (bytes[1] ?? 1) : 0;
  const reader = createReader(bytes, Math.min(start + 1, bytes.length));
  switch (bytes[start]) {
    case undefined:
      return { type: "more", atLeast: start + 1 };
    case MESSAGE_TYPE.encrypt:
      return measureEncrypted(bytes, start);
    case MESSAGE_TYPE.pushPull: {
      const { nodes, userStateLen } = PUSH_PULL_HEADER.read(reader);
      if (reader.error !== undefined) return unfinished(reader);
      return measureNodes(reader, { at: reader.at, nodesLeft: nodes, userStateLen });
    }
    case MESSAGE_TYPE.user: {
      const { userMsgLen } = USER_HEADER.read(reader);
      return reader.error === undefined ? measureTail(reader, userMsgLen) : unfinished(reader);
    }
    case MESSAGE_TYPE.ping:
    case MESSAGE_TYPE.ack:
    case MESSAGE_TYPE.err:
    case MESSAGE_TYPE.compress:
      skipValue(reader);
      return reader.error === undefined ? { type: "complete", length: reader.at } : unfinished(reader);
    default:
      return { type: "bad", error: `message type ${bytes[start]} not supported on a stream` };
  }
}

function measureEncrypted(bytes: Uint8Array, start: number): StreamLength {
  const body = start + ENCRYPTED_HEADER_BYTES;
  if (bytes.length < body) return { type: "more", atLeast: body };
  let length = 0;
  for (let at = start + 1; at < body; at++) length = length * 256 + (bytes[at] as number);
  if (length > MAX_ENCRYPTED_BYTES) return { type: "bad", error: "encrypted message too long" };
  return bytes.length < body + length
    ? { type: "more", atLeast: body + length }
    : { type: "complete", length: body + length };
}

/** Steps over the nodes that are whole, then over Serf's part. */
function measureNodes(reader: Reader, { nodesLeft, userStateLen }: StreamProgress): StreamLength {
  if (nodesLeft > MAX_NODES) return { type: "bad", error: "too many nodes" };
  for (let left = nodesLeft; left > 0; left--) {
    const progress: StreamProgress = { at: reader.at, nodesLeft: left, userStateLen };
    skipValue(reader);
    if (reader.error === undefined) continue;
    const more = unfinished(reader);
    return more.type === "more" ? { ...more, progress } : more;
  }
  const tail = measureTail(reader, userStateLen);
  return tail.type === "more" ? { ...tail, progress: { at: reader.at, nodesLeft: 0, userStateLen } } : tail;
}

function measureTail(reader: Reader, length: number): StreamLength {
  const whole = reader.at + length;
  if (length > MAX_USER_STATE_BYTES || whole > MAX_STREAM_BYTES)
    return { type: "bad", error: "message too long" };
  return whole <= reader.end ? { type: "complete", length: whole } : { type: "more", atLeast: whole };
}

function unfinished(reader: Reader): StreamLength {
  if (reader.error !== TRUNCATED) return { type: "bad", error: reader.error ?? "unreadable" };
  if (reader.wanted > MAX_STREAM_BYTES) return { type: "bad", error: "message too long" };
  return { type: "more", atLeast: reader.wanted };
}
