// Streams of a gossip-only world: one message there, one back, as memberlist uses TCP. The opener learns of an answer, of
// a refusal (nobody listens), or that its time is up.

import type { GossipEffect, GossipInput } from "../../core/gossip/ports.ts";
import { mixBytes, mixNumber } from "../../core/lib/digest.ts";
import { wrapStream } from "../../core/wire/gossip/envelope.ts";
import { pushEvent } from "../event-queue.ts";
import { SIM_ENVELOPE } from "../seals.ts";
import { connectUs, distanceUs, passes, transferUs } from "./links.ts";
import type { SimMember } from "./member.ts";
import { callGossipAt, type GossipWorld } from "./world.ts";

/** Between who opened it and who was called. */
export interface SimStream {
  readonly opener: SimMember;
  readonly openerLife: number;
  /** The opener's own number for it. */
  readonly stream: number;
  readonly to: SimMember;
}

export function openSimStream(
  world: GossipWorld,
  opener: SimMember,
  { stream, to: address, bytes: plain, key, timeoutMs }: Extract<GossipEffect, { type: "stream-open" }>,
): void {
  const { links, chance, nowUs } = world;
  const bytes = wrapStream(SIM_ENVELOPE, key, plain, "dialler");
  countStream(world, bytes);
  const to = world.byAddress.get(address);
  if (to === undefined) return failLater(world, opener, stream, nowUs + timeoutMs * 1000, "i/o timeout");
  const id = world.nextStream++;
  world.streams.set(id, { opener, openerLife: opener.life, stream, to });
  callGossipAt(world, nowUs + Math.ceil(timeoutMs * 1000), () => failStream(world, id, "i/o timeout"));
  if (!passes(links, opener.side, to.side) || !passes(links, to.side, opener.side)) return;
  const farUs = distanceUs(links, opener.home, to.home);
  const connectedUs = nowUs + connectUs(links, chance) + 2 * farUs;
  if (to.gossip === undefined)
    return callGossipAt(world, connectedUs, () => failStream(world, id, "connection refused"));
  const input: GossipInput = { type: "stream", stream: id, from: opener.address, bytes };
  const atUs = connectedUs + transferUs(links, chance, bytes.length) + farUs;
  pushEvent(world.queue, atUs, { kind: "input", to: to.index, life: to.life, input });
}

export function answerSimStream(
  world: GossipWorld,
  from: SimMember,
  { stream: id, bytes: plain, key }: Extract<GossipEffect, { type: "stream-answer" }>,
): void {
  const { links, chance, nowUs } = world;
  const opened = world.streams.get(id);
  if (opened === undefined) return; // Whoever asked has stopped waiting.
  const bytes = wrapStream(SIM_ENVELOPE, key, plain, "acceptor");
  countStream(world, bytes);
  const { opener } = opened;
  if (!passes(links, from.side, opener.side)) return;
  const atUs = nowUs + transferUs(links, chance, bytes.length) + distanceUs(links, from.home, opener.home);
  callGossipAt(world, atUs, () =>
    endStream(world, id, (stream) => ({ type: "stream-answer", stream, bytes })),
  );
}

/** The process at the other end is gone: whoever waits for it is told. */
export function breakStreams(world: GossipWorld, gone: SimMember): void {
  for (const [id, { to }] of world.streams)
    if (to === gone)
      callGossipAt(world, world.nowUs, () => failStream(world, id, "connection reset by peer"));
}

function failStream(world: GossipWorld, id: number, error: string): void {
  endStream(world, id, (stream) => ({ type: "stream-failed", stream, error }));
}

function failLater(world: GossipWorld, opener: SimMember, stream: number, atUs: number, error: string): void {
  const input: GossipInput = { type: "stream-failed", stream, error };
  pushEvent(world.queue, Math.ceil(atUs), { kind: "input", to: opener.index, life: opener.life, input });
}

function endStream(world: GossipWorld, id: number, how: (stream: number) => GossipInput): void {
  const opened = world.streams.get(id);
  if (opened === undefined) return;
  world.streams.delete(id);
  const { opener, openerLife, stream } = opened;
  if (opener.life !== openerLife) return;
  pushEvent(world.queue, world.nowUs, {
    kind: "input",
    to: opener.index,
    life: openerLife,
    input: how(stream),
  });
}

function countStream({ traffic, digest }: GossipWorld, bytes: Uint8Array): void {
  traffic.streams++;
  traffic.streamBytes += bytes.length;
  mixNumber(digest, 2);
  mixBytes(digest, bytes);
}
