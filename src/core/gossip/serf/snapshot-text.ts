// The text of Serf's snapshot of a pool: a line for everybody who came or went, and for each clock that moved on. Consul and
// Serf read what is written here, and the other way round. Source: serf/snapshot.go.

import { type Address, ipBytes, splitHostPort } from "../../model/address.ts";
import type { LamportClocks } from "./state.ts";

/** What a snapshot says when it is read to its end. */
export interface Remembered {
  /** By name, in the order in which they were last heard to be there. */
  readonly alive: Map<string, Address>;
  /** The latest times that were seen; 0 for none. */
  readonly clocks: LamportClocks;
  /** Every line was one of ours, and whole: more lines may follow. */
  readonly isSound: boolean;
}

export const LEAVE_LINE = "leave\n";
const CLOCK_WORDS: readonly (readonly [keyof LamportClocks, string])[] = [
  ["member", "clock"],
  ["event", "event-clock"],
  ["query", "query-clock"],
];

/** The words of a line of an obsolete version, and of a comment: read, and of no use. */
const PASSED_OVER = /^(coordinate:|#|$)/;
/** As many members as a pool of ours may have: more are from a damaged file. */
const MAX_MEMBERS = 65_536;

export function aliveLine(name: string, address: Address): string {
  return `alive: ${name} ${address}\n`;
}

export function goneLine(name: string): string {
  return `not-alive: ${name}\n`;
}

export function clockLine(clock: keyof LamportClocks, lTime: number): string {
  const [, word] = CLOCK_WORDS.find(([kind]) => kind === clock) ?? [];
  return `${word}: ${lTime}\n`;
}

/** A name may hold anything; one that would be read as several lines, or that hides in a terminal, is not written. */
export function isWritable(name: string): boolean {
  return name !== "" && !/[\u0000-\u001f\u007f]/.test(name);
}

/**
 * Reads a snapshot, whatever its bytes are: lines that say nothing are passed over, and so is a last one without an end,
 * which a crash has torn.
 * @param ignoreLeaves Who left before means to come back to those it knew (rejoin_after_leave).
 */
export function parseSnapshot(text: string, ignoreLeaves: boolean): Remembered {
  const lines = text.split("\n");
  const torn = lines.pop() ?? "";
  const alive = new Map<string, Address>();
  const clocks: LamportClocks = { member: 0, event: 0, query: 0 };
  let isSound = torn === "";
  for (const line of lines) {
    if (line === "leave") {
      if (ignoreLeaves) continue;
      alive.clear();
      Object.assign(clocks, { member: 0, event: 0, query: 0 });
    } else if (!readMember(line, alive) && !readClock(line, clocks) && !PASSED_OVER.test(line))
      isSound = false;
  }
  return { alive, clocks, isSound };
}

/** @returns Whether the line is about a member. */
function readMember(line: string, alive: Map<string, Address>): boolean {
  const [, word, rest = ""] = /^(alive|not-alive): (.*)$/.exec(line) ?? [];
  if (word === "not-alive") {
    alive.delete(rest);
    return true;
  }
  if (word !== "alive") return false;
  // A name may hold spaces, an address does not.
  const space = rest.lastIndexOf(" ");
  const name = rest.slice(0, Math.max(0, space));
  const address = rest.slice(space + 1);
  if (!isWritable(name) || !isAddress(address) || alive.size >= MAX_MEMBERS) return false;
  alive.delete(name); // To be set again behind all others.
  alive.set(name, address);
  return true;
}

function isAddress(text: string): boolean {
  const place = splitHostPort(text);
  return place !== undefined && place.port > 0 && ipBytes(place.host) !== undefined;
}

/** @returns Whether the line is about a clock. */
function readClock(line: string, clocks: LamportClocks): boolean {
  for (const [clock, word] of CLOCK_WORDS) {
    if (!line.startsWith(`${word}: `)) continue;
    const digits = line.slice(word.length + 2);
    const lTime = Number(digits);
    if (!/^\d+$/.test(digits) || !Number.isSafeInteger(lTime)) return false;
    clocks[clock] = lTime;
    return true;
  }
  return false;
}
