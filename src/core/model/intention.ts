// Intentions: which service may open connections to which. What one is, which of several comes first, and how it is told in
// one line. Consul's agent/structs/intention.go, 1.8.

import { blake2b256 } from "../lib/blake2b.ts";
import { compareStrings, utf8, utf8Bytes } from "../lib/bytes.ts";

export const INTENTION_ACTIONS = ["allow", "deny"] as const;

/** As it is written. */
export interface IntentionFields {
  /** As its writer spelled it; ids are one without regard to case. */
  readonly id: string;
  readonly description: string;
  readonly sourceNs: string;
  readonly sourceName: string;
  readonly destinationNs: string;
  readonly destinationName: string;
  readonly sourceType: string;
  readonly action: string;
  readonly defaultAddr: string;
  readonly defaultPort: number;
  /** By the bytes of their names. */
  readonly meta: readonly (readonly [name: string, value: string])[];
  /** As Go prints times: "2026-11-21T11:52:14.5Z". */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Intention extends IntentionFields {
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** A service in a namespace; either may be ANY. */
export interface IntentionEnd {
  readonly ns: string;
  readonly name: string;
}

export const ANY = "*";
export const DEFAULT_NAMESPACE = "default";

export function sourceOf({ sourceNs: ns, sourceName: name }: IntentionFields): IntentionEnd {
  return { ns, name };
}

export function destinationOf({ destinationNs: ns, destinationName: name }: IntentionFields): IntentionEnd {
  return { ns, name };
}

/** How much of an end is said: nothing, its namespace, or all of it. */
function exactness({ ns, name }: IntentionEnd): number {
  if (ns === ANY) return 0;
  return name === ANY ? 1 : 2;
}

/** From 1 to 9: the more exact the destination, and then the source, the higher. */
export function precedenceOf(intention: IntentionFields): number {
  return 3 * (exactness(destinationOf(intention)) + 1) - (2 - exactness(sourceOf(intention)));
}

/** What decides first comes first; of equals the one whose names do. */
export function compareIntentions(a: IntentionFields, b: IntentionFields): number {
  return (
    precedenceOf(b) - precedenceOf(a) ||
    compareTexts(a.sourceNs, b.sourceNs) ||
    compareTexts(a.sourceName, b.sourceName) ||
    compareTexts(a.destinationNs, b.destinationNs) ||
    compareTexts(a.destinationName, b.destinationName)
  );
}

function compareTexts(a: string, b: string): number {
  return compareStrings(utf8(a), utf8(b));
}

/** Whether an intention's end says something of a service, which is looked up without regard to case. */
export function isMeant(end: IntentionEnd, { ns, name }: IntentionEnd): boolean {
  if (end.ns === ANY) return end.name === ANY;
  if (!isSameName(end.ns, ns)) return false;
  return end.name === ANY || isSameName(end.name, name);
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The first of the intentions that says something of a source, by its name to the letter. */
export function decidingOf(
  intentions: readonly Intention[],
  { ns, name }: IntentionEnd,
): Intention | undefined {
  return intentions.find(
    ({ sourceNs, sourceName }) =>
      (sourceNs === ANY || sourceNs === ns) && (sourceName === ANY || sourceName === name),
  );
}

/** "DENY default/web => default/db (ID: …, Precedence: 9)" */
export function intentionText(intention: IntentionFields): string {
  const { action, sourceNs, sourceName, destinationNs, destinationName, id } = intention;
  const ends = `${sourceNs}/${sourceName} => ${destinationNs}/${destinationName}`;
  return `${action.toUpperCase()} ${ends} (ID: ${id}, Precedence: ${precedenceOf(intention)})`;
}

/** By which datacenters compare what they have: over all that a user may say of it. */
export function intentionHash(intention: IntentionFields): Uint8Array {
  const { id, description, sourceNs, sourceName, destinationNs, destinationName } = intention;
  const said = [id, description, sourceNs, sourceName, destinationNs, destinationName];
  const all = [...said, intention.sourceType, intention.action, ...intention.meta.flat()];
  return blake2b256(utf8Bytes(all.join("")));
}
