// What came of a stream that we opened: the other side's answer, or nothing.

import { decodeStream, type StreamMessage } from "../wire/gossip/stream-messages.ts";
import { onJoinResult } from "./join.ts";
import { measureSpan } from "./measure.ts";
import { notice } from "./notice.ts";
import { onPushPull } from "./on-push-pull.ts";
import type { GossipEffect, GossipInput } from "./ports.ts";
import { streamRefusal } from "./sealing.ts";
import { onRejoinResult } from "./serf/rejoin.ts";
import type { Gossip, StreamPurpose } from "./state.ts";

/** What came back, or why nothing did. */
type Answer =
  | { readonly ok: true; readonly value: StreamMessage }
  | { readonly ok: false; readonly error: string };

export function onStreamAnswer(
  gossip: Gossip,
  { stream, bytes, seal }: Extract<GossipInput, { type: "stream-answer" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  // What we did not ask for, or no longer wait for, is nobody's to judge.
  if (!gossip.streams.has(stream)) return;
  const refused = streamRefusal(gossip, seal);
  if (refused !== undefined) return finishStream(gossip, stream, { ok: false, error: refused }, nowMs, out);
  const decoded = decodeStream(bytes, gossip.nodes);
  if (!decoded.ok) gossip.badMessages++;
  finishStream(gossip, stream, decoded, nowMs, out);
}

export function onStreamFailed(
  gossip: Gossip,
  stream: number,
  error: string,
  nowMs: number,
  out: GossipEffect[],
): void {
  finishStream(gossip, stream, { ok: false, error }, nowMs, out);
}

function finishStream(
  gossip: Gossip,
  stream: number,
  answer: Answer,
  nowMs: number,
  out: GossipEffect[],
): void {
  const purpose = gossip.streams.get(stream);
  if (purpose === undefined) return;
  gossip.streams.delete(stream);
  if (purpose.type === "ping") return onPingAnswer(gossip, purpose.seqNo, answer, out);
  measureSpan(gossip, "end", "memberlist.pushPullNode", stream, out);
  const error = merge(gossip, purpose, answer, nowMs, out);
  if (purpose.type === "join") return onJoinResult(gossip, purpose.op, purpose.address, error, nowMs, out);
  if (purpose.type === "rejoin") return onRejoinResult(gossip, purpose, error, nowMs, out);
  if (error === undefined) return;
  if (purpose.type === "reconnect")
    notice(out, "debug", "serf", `Failed to reconnect to ${purpose.node}: ${error}`);
  else notice(out, "error", "memberlist", `Push/Pull with ${purpose.node} failed: ${error}`);
}

/** @returns Why nothing could be taken over from the answer; undefined when all was. */
function merge(
  gossip: Gossip,
  purpose: StreamPurpose,
  answer: Answer,
  nowMs: number,
  out: GossipEffect[],
): string | undefined {
  if (!answer.ok) return answer.error;
  const message = answer.value;
  if (message.type === "err") return `remote error: ${message.error}`;
  if (message.type !== "push-pull") return `received invalid msgType (${message.type}), expected push-pull`;
  return onPushPull(gossip, message, purpose.type === "join", nowMs, out);
}

/** The TCP ping of a probe whose UDP pings got no answer. */
function onPingAnswer(gossip: Gossip, seqNo: number, answer: Answer, out: GossipEffect[]): void {
  if (!answer.ok) return notice(out, "debug", "memberlist", `Failed fallback ping: ${answer.error}`);
  const { probe } = gossip;
  const { value } = answer;
  if (value.type === "ack" && value.seqNo === seqNo && probe?.seqNo === seqNo) probe.reachedByStream = true;
}
