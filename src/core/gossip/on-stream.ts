// A whole message on a stream that somebody opened to us. Each gets one answer, if only an empty one: then the stream is
// closed.

import { decodeStream, encodeStream, type StreamMessage } from "../wire/gossip/stream-messages.ts";
import { notice } from "./notice.ts";
import { onPushPull } from "./on-push-pull.ts";
import type { GossipEffect, GossipInput } from "./ports.ts";
import { encodeLocalState } from "./push-pull.ts";
import { sealed, streamRefusal } from "./sealing.ts";
import { onUserMessage } from "./serf/on-user-message.ts";
import type { Gossip } from "./state.ts";

const NOTHING = new Uint8Array(0);

export function onStream(
  gossip: Gossip,
  { stream, from, bytes, seal }: Extract<GossipInput, { type: "stream" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  notice(out, "debug", "memberlist", `Stream connection from=${from}`);
  const refused = streamRefusal(gossip, seal);
  const decoded =
    refused === undefined ? decodeStream(bytes, gossip.nodes) : { ok: false as const, error: refused };
  if (!decoded.ok) {
    if (refused === undefined) gossip.badMessages++;
    notice(out, "warn", "memberlist", `Failed to read a stream: ${decoded.error} from=${from}`);
    const answer = encodeStream({ type: "err", error: decoded.error }, gossip.config.compress);
    out.push({ type: "stream-answer", stream, bytes: answer, ...sealed(gossip) });
    return;
  }
  const message = decoded.value;
  // What we know goes out before what comes in is looked at: the other side would only hear its own words otherwise.
  out.push({ type: "stream-answer", stream, bytes: answerTo(gossip, message), ...sealed(gossip) });
  if (message.type === "user") return onUserMessage(gossip, message.bytes, nowMs, out);
  if (message.type !== "push-pull") return;
  const refusal = onPushPull(gossip, message, false, nowMs, out);
  if (refusal !== undefined)
    notice(out, "error", "memberlist", `Failed push/pull merge: ${refusal} from=${from}`);
}

/** Closes a stream that nobody shall get an answer on. */
export function closeStream(stream: number, out: GossipEffect[]): void {
  out.push({ type: "stream-answer", stream, bytes: NOTHING });
}

function answerTo(gossip: Gossip, message: StreamMessage): Uint8Array {
  const { name, compress } = gossip.config;
  if (message.type === "push-pull") return encodeLocalState(gossip, message.join);
  if (message.type !== "ping" || (message.node !== "" && message.node !== name)) return NOTHING;
  return encodeStream({ type: "ack", seqNo: message.seqNo, payload: null }, compress);
}
