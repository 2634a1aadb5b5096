// User events: small news for everybody, told once. Each is delivered and passed on the first time it is heard; a window
// of the latest Lamport times tells the first time from the others.

import { equalBytes, utf8 } from "../../lib/bytes.ts";
import { PLANTED, planted } from "../../lib/planted.ts";
import { USER_EVENT_MAX_BYTES } from "../../model/user-event.ts";
import { type EventContent, encodeSerf, type UserEvent } from "../../wire/gossip/serf-messages.ts";
import { broadcastSerf } from "../broadcast.ts";
import { countDrop } from "../drops.ts";
import { notice } from "../notice.ts";
import type { GossipEffect, GossipInput } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { deliver } from "./coalesce.ts";
import { lamportOf, witness } from "./lamport.ts";
import type { EventSlot } from "./state.ts";

/** Lamport times that are told apart (Serf's EventBuffer). */
export const EVENT_WINDOW = 512;
/** What others may have been configured to fire at most; longer ones are from nobody that follows the protocol. */
const RECEIVED_MAX_BYTES = 9 * 1024;
/** Events of one Lamport time: that many agents would have to fire at once. */
const MAX_EVENTS_AT_ONCE = 256;

const NO_PAYLOAD = new Uint8Array(0);

export function onUserEvent(gossip: Gossip, event: UserEvent, nowMs: number, out: GossipEffect[]): void {
  if (receiveUserEvent(gossip, event, nowMs, out))
    broadcastSerf(gossip, gossip.serf.eventBroadcasts, event, nowMs);
}

/**
 * Delivers an event that was not delivered before, or sees to it that it is.
 * @returns Whether it was one, worth passing on.
 */
export function receiveUserEvent(
  gossip: Gossip,
  event: Omit<UserEvent, "type">,
  nowMs: number,
  out: GossipEffect[],
): boolean {
  const { clocks, events, eventMinTime } = gossip.serf;
  const lTime = lamportOf(event.lTime);
  const payload = event.payload ?? NO_PAYLOAD;
  if (lTime === undefined || event.name.length + payload.length > RECEIVED_MAX_BYTES) return false;
  witness(clocks, "event", lTime);
  if (lTime < eventMinTime || isOutsideWindow(clocks.event, lTime)) return false;
  const slot = slotFor(events, lTime);
  const wasHeard = slot.events.some((seen) => isSame(seen, event));
  if (wasHeard && !(PLANTED && planted(gossip.config, "serf-event-heard-twice"))) return false;
  if (slot.events.length >= MAX_EVENTS_AT_ONCE) {
    countDrop(gossip, "events");
    return false;
  }
  slot.events.push({ name: event.name, payload: event.payload });
  notice(out, "debug", "serf", `messageUserEventType: ${event.name}`);
  const delivery = { type: "user-event", name: event.name, payload, lamportTime: lTime } as const;
  deliver(gossip, delivery, event.coalesce, nowMs, out);
  return true;
}

/** Whether a time is so far behind the clock that its slot may be another's by now. */
export function isOutsideWindow(clock: number, lTime: number): boolean {
  return clock > EVENT_WINDOW && lTime < clock - EVENT_WINDOW;
}

/** The slot of a Lamport time; what an earlier time left in it is gone. */
function slotFor(events: Map<number, EventSlot>, lTime: number): EventSlot {
  const place = lTime % EVENT_WINDOW;
  const found = events.get(place);
  if (found !== undefined && found.lTime === lTime) return found;
  const slot: EventSlot = { lTime, events: [] };
  events.set(place, slot);
  return slot;
}

function isSame(seen: EventContent, event: EventContent): boolean {
  return seen.name === event.name && equalBytes(seen.payload ?? NO_PAYLOAD, event.payload ?? NO_PAYLOAD);
}

function ownEvent(gossip: Gossip, name: string, payload: Uint8Array, coalesce: boolean): UserEvent {
  // A copy, since it stays in the window; and as Go would have it, where no bytes are nil.
  const bytes = payload.length === 0 ? null : new Uint8Array(payload);
  return { type: "user-event", lTime: gossip.serf.clocks.event, name, payload: bytes, coalesce };
}

/** Why an event cannot be fired: Serf counts its parts first, then all of the message that carries it. */
export function userEventFault(gossip: Gossip, name: string, payload: Uint8Array): string | undefined {
  const limit = `user event exceeds configured limit of ${USER_EVENT_MAX_BYTES} bytes`;
  if (utf8(name).length + payload.length > USER_EVENT_MAX_BYTES) return `${limit} before encoding`;
  const encoded = encodeSerf(ownEvent(gossip, name, payload, false));
  return encoded.length > USER_EVENT_MAX_BYTES ? `encoded ${limit} after encoding` : undefined;
}

/** Fires an event of our own. */
export function onFireEvent(
  gossip: Gossip,
  { name, payload, coalesce }: Extract<GossipInput, { type: "user-event" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const fault = userEventFault(gossip, name, payload);
  if (fault !== undefined) return notice(out, "error", "serf", fault);
  onUserEvent(gossip, ownEvent(gossip, name, payload, coalesce), nowMs, out);
}
