// A contradiction found by a rule: which operations, and why, in a sentence for people on call.

import type { Operation } from "../history.ts";
import { shownVersion } from "../kv/specification.ts";
import type { Entry } from "./problem.ts";
import { returnedAt } from "./versions.ts";

/** Operations that no order explains. */
export interface Finding {
  /** A few words, equal for faults of one kind. */
  readonly rule: string;
  /** One sentence that names operations by `#id`. */
  readonly explanation: string;
  /** By invocation. */
  readonly operations: readonly Operation[];
}

/** @param proofs Reads that show what the sentence says of `entries`: named where none of these shows it itself. */
export function finding(
  rule: string,
  explanation: string,
  entries: readonly Entry[],
  proofs: readonly (Entry | undefined)[] = [],
): Finding {
  const named = new Set(entries);
  const happened = entries.filter((entry) => returnedAt(entry) === Number.POSITIVE_INFINITY);
  for (const proof of [...happened.map(({ evidence, seenBy }) => evidence ?? seenBy), ...proofs])
    if (proof !== undefined && ![...named].some((entry) => showsSame(entry, proof))) named.add(proof);
  const operations = [...named].map((entry) => entry.operation);
  return { rule, explanation, operations: operations.sort((a, b) => a.invokedAt - b.invokedAt) };
}

function showsSame(a: Entry, b: Entry): boolean {
  const index = shownVersion(a.effect)?.modifyIndex;
  return index !== undefined && index === shownVersion(b.effect)?.modifyIndex;
}

export function name({ operation }: Entry): string {
  return `#${operation.id}`;
}

/** Long values are cut: the stamp that tells them apart stands in front. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
