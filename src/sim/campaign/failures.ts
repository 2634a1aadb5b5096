// Failing seeds that fail in the same way, put together: by the rule that was broken, and by the shape of what was said of
// it, which is the message without what differs from run to run (who, when, which index).

import type { SeedReport } from "./ground.ts";
import { compareSeeds } from "./seeds.ts";

export interface FailureGroup {
  readonly rule: string;
  readonly shape: string;
  readonly seeds: Set<string>;
  /** Of the lowest seed, so that it does not depend on who ran first. */
  example: { readonly seed: string; readonly message: string };
}

/** By rule and shape. */
export type FailureGroups = Map<string, FailureGroup>;

/** A history of clients that can't be linearizable fills pages; a campaign's file keeps this much of it. */
const MOST_CHARACTERS = 4_000;

/** The first line of a message, with "#" for numbers and digests, "·" for servers and other names of one letter. */
export function shapeOf(message: string): string {
  const [line = ""] = message.split("\n", 1);
  return line
    .replace(/"[^"]*"/g, '"…"')
    .replace(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/g, "#")
    .replace(/\d+(?:[.,]\d+)*/g, "#")
    .replace(/\b(?:[a-z]+#|[a-z]\b)/g, "·")
    .replace(/·(?:(?:, | and |, and | )·)+/g, "·");
}

/** @returns Whether it is the first of its group. */
export function addFailure(
  groups: FailureGroups,
  { seed, violation, message }: Pick<SeedReport, "seed" | "violation" | "message">,
): boolean {
  const kept = message.slice(0, MOST_CHARACTERS);
  return joinGroup(groups, {
    rule: violation,
    shape: shapeOf(message),
    seeds: new Set([seed]),
    example: { seed, message: kept },
  });
}

/** @returns Whether there was no such group yet. */
export function joinGroup(groups: FailureGroups, group: FailureGroup): boolean {
  const key = `${group.rule}\n${group.shape}`;
  const known = groups.get(key);
  if (known === undefined) {
    groups.set(key, { ...group, seeds: new Set(group.seeds) });
    return true;
  }
  for (const seed of group.seeds) known.seeds.add(seed);
  if (compareSeeds(group.example.seed, known.example.seed) < 0) known.example = group.example;
  return false;
}

/** Those with most seeds first. */
export function inOrder(groups: FailureGroups): FailureGroup[] {
  return [...groups.values()].sort(
    (a, b) => b.seeds.size - a.seeds.size || compareSeeds(a.example.seed, b.example.seed),
  );
}
