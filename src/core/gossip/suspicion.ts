// Lifeguard's suspicion timers: how long a suspect has to refute, less the more others suspect it too.

import { clearDeadline, earliest, setDeadline, takeDue } from "../lib/deadline-heap.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { remainingSuspicionMs, suspicionTimeoutMs } from "./scaling.ts";
import type { Gossip, Suspicion } from "./state.ts";

/** Starts, or starts anew, the timer of a node that `accuser` suspects. */
export function startSuspicion(gossip: Gossip, name: string, accuser: string, nowMs: number): void {
  const { config, nodes } = gossip;
  const n = nodes.size;
  const isFixed = config.lifeguard?.suspicion === false;
  const wanted = isFixed ? 0 : config.suspicionMult - 2;
  // In a pool too small for that many others to confirm, nobody is waited for.
  const expected = n - 2 < wanted ? 0 : Math.max(0, wanted);
  const minMs = suspicionTimeoutMs(config.suspicionMult, n, config.probeIntervalMs);
  const maxMs = isFixed ? minMs : config.suspicionMaxTimeoutMult * minMs;
  const suspicion: Suspicion = { startedAtMs: nowMs, minMs, maxMs, expected, accusers: [accuser] };
  gossip.suspicions.set(name, suspicion);
  setDeadline(gossip.suspicionTimers, name, nowMs + (expected < 1 ? minMs : maxMs));
}

/**
 * Counts another accuser of a node that is suspect already.
 * @returns Whether it was news, worth passing on: a new accuser, and not more than are waited for.
 */
export function confirmSuspicion(
  gossip: Gossip,
  name: string,
  { startedAtMs, minMs, maxMs, expected, accusers }: Suspicion,
  accuser: string,
  nowMs: number,
): boolean {
  const isKnown =
    accusers.includes(accuser) && !(PLANTED && planted(gossip.config, "gossip-accuser-counted-twice"));
  if (accusers.length > expected || isKnown) return false;
  accusers.push(accuser);
  const elapsedMs = nowMs - startedAtMs;
  const leftMs = remainingSuspicionMs(accusers.length - 1, expected, elapsedMs, minMs, maxMs);
  setDeadline(gossip.suspicionTimers, name, nowMs + Math.max(0, leftMs));
  return true;
}

/** The node is alive, or gone: nothing is left to wait for. */
export function clearSuspicion(gossip: Gossip, name: string): void {
  if (PLANTED && planted(gossip.config, "gossip-suspicion-survives-refutation")) return;
  forgetSuspicion(gossip, name);
}

function forgetSuspicion(gossip: Gossip, name: string): void {
  gossip.suspicions.delete(name);
  clearDeadline(gossip.suspicionTimers, name);
}

/** A suspect whose time is up: its name, and how many confirmed. Undefined when there is none. */
export function takeExpiredSuspect(
  gossip: Gossip,
  nowMs: number,
): { readonly name: string; readonly confirmations: number } | undefined {
  const name = takeDue(gossip.suspicionTimers, nowMs);
  if (name === undefined) return undefined;
  const confirmations = (gossip.suspicions.get(name)?.accusers.length ?? 1) - 1;
  forgetSuspicion(gossip, name);
  return { name, confirmations };
}

/** We were not there to hear a refutation: suspects whose time ran out meanwhile get until `untilMs`. */
export function spareSuspects(gossip: Gossip, nowMs: number, untilMs: number): void {
  for (let name = due(gossip, nowMs); name !== undefined; name = due(gossip, nowMs))
    setDeadline(gossip.suspicionTimers, name, untilMs);
}

function due(gossip: Gossip, nowMs: number): string | undefined {
  return earliest(gossip.suspicionTimers) <= nowMs ? gossip.suspicionTimers.slots[0]?.id : undefined;
}
