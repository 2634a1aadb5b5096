// Lets time pass in a gossip-only world: takes events, starts and ends processes, steps their machines, does what they
// ask for.

import type { GossipEffect, GossipInput } from "../../core/gossip/ports.ts";
import { createGossip, gossipDeadline, stepGossip } from "../../core/gossip/step.ts";
import { must } from "../../core/lib/assert.ts";
import { mixBytes, mixNumber } from "../../core/lib/digest.ts";
import { copyPlain } from "../../core/lib/plain.ts";
import { wrapPacket } from "../../core/wire/gossip/envelope.ts";
import { giveBack } from "../../core/wire/gossip/msgpack.ts";
import { localMs, trueUsAt } from "../clock.ts";
import { nextEventTime, pushEvent, takeEvent } from "../event-queue.ts";
import { SIM_ENVELOPE, unsealedGossip } from "../seals.ts";
import { datagramCopies, distanceUs, passes } from "./links.ts";
import type { SimMember } from "./member.ts";
import { keepKeys, withKeptKeys } from "./ring.ts";
import { answerSimStream, breakStreams, openSimStream } from "./streams.ts";
import type { GossipEvent, GossipWorld } from "./world.ts";

/** What the kernel holds for a process that does not read: datagrams past it are lost. About 200 KB of short ones. */
const MOST_WAITING = 1024;

/** Takes events until the given true time; the clock then stands there. @throws Violation, InvariantError: a rule was broken. */
export function runGossipUntil(world: GossipWorld, untilUs: number): void {
  while (nextEventTime(world.queue) <= untilUs) {
    world.nowUs = nextEventTime(world.queue);
    world.events++;
    dispatch(world, takeEvent(world.queue));
  }
  world.nowUs = untilUs;
}

function dispatch(world: GossipWorld, event: GossipEvent): void {
  if (event.kind === "call") return event.call();
  const member = must(world.members[event.to], "events are for members of this world");
  if (event.kind === "wake") {
    if (event.atUs === member.wakeAtUs) onWakeEvent(world, member);
  } else if (event.kind === "packet") giveMember(world, member, event.input);
  else {
    if (event.life === member.life) giveMember(world, member, event.input);
    if (world.options.sparing === true) reuse(member, event.input);
  }
}

/** Whoever is stopped reads it later. */
function reuse({ paused, blocked }: SimMember, input: GossipInput): void {
  const isOfStream = input.type === "stream" || input.type === "stream-answer";
  if (isOfStream && !paused && !blocked) giveBack(input.bytes);
}

/** Starts a process that knows nobody. */
export function startMember(world: GossipWorld, member: SimMember): void {
  if (member.gossip !== undefined) return;
  member.life++;
  member.unwellUs = world.nowUs;
  const chance = world.chances(`${member.name}/${member.life}`);
  member.gossip = createGossip(withKeptKeys(member), chance, localMs(member.clock, world.nowUs));
  for (const observer of world.observers) observer.onStart?.(member);
  armWake(world, member);
}

/** Ends a process, as SIGKILL does; or it has ended itself, having left. */
export function crashMember(world: GossipWorld, member: SimMember, left = false): void {
  if (member.gossip === undefined) return;
  for (const observer of world.observers) observer.onEnd?.(member, left);
  member.gossip = undefined;
  member.life++;
  member.unwellUs = world.nowUs;
  member.paused = false;
  member.blocked = false;
  member.inbox.length = 0;
  member.outbox.length = 0;
  member.wakeAtUs = Number.POSITIVE_INFINITY;
  breakStreams(world, member);
}

/** Gives a member an input now, or when it comes to it. */
export function giveMember(world: GossipWorld, member: SimMember, input: GossipInput): void {
  if (member.gossip === undefined) return;
  if (!member.paused && !member.blocked) return stepMember(world, member, input);
  if (input.type !== "packet" || member.inbox.length < MOST_WAITING) member.inbox.push(input);
}

/** The queue may hold wakes that have been overtaken; only the earliest counts, and it may have come too early. */
function onWakeEvent(world: GossipWorld, member: SimMember): void {
  member.wakeAtUs = Number.POSITIVE_INFINITY;
  if (member.gossip === undefined || member.paused) return;
  if (gossipDeadline(member.gossip) <= localMs(member.clock, world.nowUs)) stepMember(world, member, WAKE);
  else armWake(world, member);
}

export const WAKE: GossipInput = { type: "wake" };

/** Steps a member's machine and does what it asks. */
export function stepMember(world: GossipWorld, member: SimMember, arriving: GossipInput): void {
  const { gossip, life } = member;
  if (gossip === undefined) return;
  const input = unsealedGossip(gossip, arriving);
  const nowMs = localMs(member.clock, world.nowUs);
  const effects: GossipEffect[] = [];
  world.steps++;
  mixNumber(world.digest, member.index);
  mixNumber(world.digest, world.nowUs);
  for (const observer of world.observers) observer.beforeStep?.(member, input);
  stepGossip(gossip, input, nowMs, effects);
  for (const observer of world.observers) observer.afterStep?.(member, input, nowMs, effects);
  for (const effect of effects)
    if (member.blocked && isSent(effect)) member.outbox.push(effect);
    else carryOut(world, member, effect);
  if (member.life !== life) return;
  armWake(world, member);
  const { reloadEvery } = world.options;
  if (reloadEvery !== undefined && world.steps % reloadEvery === 0) reload(member);
}

function reload(member: SimMember): void {
  const { gossip } = member;
  if (gossip !== undefined) member.gossip = Object.assign(copyPlain(gossip), { chance: gossip.chance });
}

function isSent({ type }: GossipEffect): boolean {
  return type === "packet" || type === "stream-open" || type === "stream-answer";
}

export function armWake(world: GossipWorld, member: SimMember): void {
  const { gossip, clock } = member;
  if (gossip === undefined) return;
  const dueMs = gossipDeadline(gossip);
  if (dueMs === Number.POSITIVE_INFINITY) return;
  const dueUs = Math.max(world.nowUs, trueUsAt(clock, dueMs));
  if (dueUs >= member.wakeAtUs) return;
  member.wakeAtUs = dueUs;
  pushEvent(world.queue, dueUs, { kind: "wake", to: member.index, atUs: dueUs });
}

/** What a machine asks of the world. What it tells its agent (joins, events, lines for the log) is for those who look on. */
export function carryOut(world: GossipWorld, member: SimMember, effect: GossipEffect): void {
  switch (effect.type) {
    case "packet":
      return sendPacket(world, member, effect);
    case "stream-open":
      return openSimStream(world, member, effect);
    case "stream-answer":
      return answerSimStream(world, member, effect);
    case "keyring":
      return keepKeys(world, member, effect);
    case "left":
      return crashMember(world, member, true);
    default:
      return;
  }
}

function sendPacket(
  world: GossipWorld,
  from: SimMember,
  { to: address, bytes: plain, key }: Extract<GossipEffect, { type: "packet" }>,
): void {
  const { links, chance, digest, traffic, copies } = world;
  const bytes = wrapPacket(SIM_ENVELOPE, key, plain);
  traffic.packets++;
  traffic.packetBytes += bytes.length;
  mixBytes(digest, bytes);
  const to = world.byAddress.get(address);
  if (to === undefined || !passes(links, from.side, to.side)) return;
  datagramCopies(links, chance, copies);
  if (copies.length === 0) return;
  const event: GossipEvent = {
    kind: "packet",
    to: to.index,
    input: { type: "packet", from: from.address, bytes },
  };
  const sentUs = world.nowUs + distanceUs(links, from.home, to.home);
  for (const onItsWayUs of copies) pushEvent(world.queue, sentUs + onItsWayUs, event);
}
