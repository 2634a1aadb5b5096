// Rules that a linearizable history of one key cannot break, each checked in O(n log n) from the ModifyIndexes that
// clients saw: the version order as a witness. They find nearly every real fault at any scale, and name the two or three
// operations that contradict one another. What they let pass is not thereby right: that is for the search to say.

import type { KvVersion } from "../history.ts";
import { isIndex } from "../kv/index-bounds.ts";
import { shownValue, shownVersion, writtenValue } from "../kv/specification.ts";
import { type Finding, finding, name, quoted } from "./finding.ts";
import { findBackwards, findOverlooked, findTwoReplacements } from "./order-rules.ts";
import type { Entry, Problem } from "./problem.ts";
import { createVersionTable, type VersionTable } from "./versions.ts";
import { findInsideZone, findVanished } from "./zone-rules.ts";

/** The first contradiction that the rules find, or undefined. */
export function screen(problem: Problem): Finding | undefined {
  const impossible = findImpossibleIndex(problem) ?? findUnwritten(problem);
  if (impossible !== undefined) return impossible;
  // The rules below take it that a write has one index.
  if (!problem.isPlain) return undefined;
  const table = createVersionTable(problem);
  return (
    findDisagreement(problem, table) ??
    findMixedLifetimes(table) ??
    findTwoReplacements(table) ??
    findOverlooked(table) ??
    findBackwards(problem, table) ??
    findInsideZone(problem, table) ??
    findVanished(problem)
  );
}

function findImpossibleIndex({ entries }: Problem): Finding | undefined {
  for (const entry of entries) {
    const { createIndex, modifyIndex } = shownVersion(entry.effect) ?? { createIndex: 1, modifyIndex: 1 };
    const told = entry.known?.modifyIndex ?? 1;
    if (isIndex(createIndex) && isIndex(modifyIndex) && createIndex <= modifyIndex && isIndex(told)) continue;
    const shown = isIndex(told)
      ? `CreateIndex ${createIndex} and ModifyIndex ${modifyIndex}`
      : `index ${told}`;
    return finding("impossible index", `${name(entry)} shows ${shown}, which no key can have`, [entry]);
  }
  return undefined;
}

/** Reads of values that no write can have left by the time the read returned. */
function findUnwritten({ ground, entries, lost }: Problem): Finding | undefined {
  const writers = firstWriters([...entries, ...lost]);
  const before = new Set(ground.possibilities.map(({ state }) => state.value));
  for (const entry of entries) {
    const value = shownValue(entry.effect);
    if (value === undefined || before.has(value)) continue;
    const writer = writers.get(value);
    if (writer === undefined)
      return finding(
        "value never written",
        `${name(entry)} returned ${quoted(value)}, which no write that can have happened wrote`,
        [entry],
      );
    if (writer.start > entry.end)
      return finding(
        "read before its write",
        `${name(entry)} had returned ${quoted(value)} before ${name(writer)}, the first to write it, began`,
        [entry, writer],
      );
  }
  return undefined;
}

function firstWriters(entries: readonly Entry[]): Map<string, Entry> {
  const writers = new Map<string, Entry>();
  for (const entry of entries) {
    const value = writtenValue(entry.effect);
    if (value === undefined) continue;
    const earlier = writers.get(value);
    if (earlier === undefined || entry.start < earlier.start) writers.set(value, entry);
  }
  return writers;
}

/** One version with two contents, or one write with two versions. */
function findDisagreement({ soleWriters }: Problem, { sightings }: VersionTable): Finding | undefined {
  const readsOf = new Map<number, Entry>();
  const readsFrom = new Map<Entry, Entry>();
  for (const { entry } of sightings) {
    const version = shownVersion(entry.effect);
    if (version === undefined) continue;
    const { modifyIndex, value } = version;
    const other = readsOf.get(modifyIndex);
    if (other !== undefined && !showsSameContent(other, version))
      return finding(
        "two contents of one version",
        `${name(other)} and ${name(entry)} show ModifyIndex ${modifyIndex} with different contents`,
        [other, entry],
      );
    readsOf.set(modifyIndex, entry);
    const writer = soleWriters.get(value);
    if (writer === undefined) continue;
    const twin = readsFrom.get(writer);
    if (twin !== undefined && shownVersion(twin.effect)?.modifyIndex !== modifyIndex)
      return finding(
        "two versions of one write",
        `${name(twin)} and ${name(entry)} show the one write ${name(writer)} at different ModifyIndexes`,
        [writer, twin, entry],
      );
    readsFrom.set(writer, entry);
  }
  return undefined;
}

function showsSameContent({ effect }: Entry, { value, createIndex }: KvVersion): boolean {
  const version = shownVersion(effect);
  return version?.value === value && version.createIndex === createIndex;
}

/** A version made in one lifetime of the key, and a later one that says it was created before that, but otherwise. */
function findMixedLifetimes({ sightings }: VersionTable): Finding | undefined {
  let older: { entry: Entry; version: KvVersion } | undefined;
  for (const { entry } of sightings) {
    const version = shownVersion(entry.effect);
    if (version === undefined) continue;
    const { createIndex } = version;
    if (
      older !== undefined &&
      createIndex !== older.version.createIndex &&
      createIndex <= older.version.modifyIndex
    )
      return finding(
        "CreateIndexes that contradict",
        `${name(entry)} shows a key created at ${createIndex} and not since, ${name(older.entry)} one ` +
          `created at ${older.version.createIndex} and changed at ${older.version.modifyIndex}`,
        [older.entry, entry],
      );
    older = { entry, version };
  }
  return undefined;
}
