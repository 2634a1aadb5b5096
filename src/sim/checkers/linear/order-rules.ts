// Rules about the order of versions: what clients saw, wrote and replaced must be the one growing sequence of
// ModifyIndexes, and that sequence must agree with the order of time.

import { floorOf, shownVersion } from "../kv/specification.ts";
import { type Finding, finding, name } from "./finding.ts";
import type { Entry, Problem } from "./problem.ts";
import { firstIndex, returnedAt, type Sighting, type VersionTable } from "./versions.ts";

export function findTwoReplacements({ versions }: VersionTable): Finding | undefined {
  for (const { index, replacements, shownBy } of versions) {
    const [first, second] = replacements;
    if (first === undefined || second === undefined) continue;
    return finding(
      "two CAS on one version",
      `${name(first)} and ${name(second)} both succeeded on ModifyIndex ${index}, which only one can have found`,
      [first, second],
      [shownBy],
    );
  }
  return undefined;
}

/** A CAS that succeeded although there was a version between the one it named and its own. */
export function findOverlooked(table: VersionTable): Finding | undefined {
  const { sightings, versions, byIndex } = table;
  for (const version of versions)
    for (const entry of version.replacements) {
      const own = entry.known?.modifyIndex;
      if (own === undefined) continue;
      const next = sightings[firstIndex(sightings, ({ height }) => height > 2 * version.index + 1.5)];
      if (next === undefined || next.height >= 2 * own) continue;
      const between = asShown(next);
      return finding(
        "CAS on a version that was no longer there",
        `${name(entry)} replaced ModifyIndex ${version.index} by ${own}, ` +
          `but ${name(between.entry)} proves that ${Math.floor(between.height / 2)} came between`,
        [entry, between.entry],
        [byIndex.get(own)?.shownBy, ...proofsOf(table, between)],
      );
    }
  return undefined;
}

/** An operation that met an older version although one that met a newer had returned before it began. */
export function findBackwards({ ground }: Problem, table: VersionTable): Finding | undefined {
  const floor = Math.min(...ground.possibilities.map(({ state }) => floorOf(state)));
  let latest: Sighting | undefined;
  let waiting: Sighting | undefined;
  for (const sighting of table.sightings) {
    if (sighting.height <= 2 * floor)
      return finding(
        "stale",
        `${met(sighting)}, but the key had come to ${floor} before`,
        [sighting.entry],
        proofsOf(table, sighting),
      );
    if (waiting !== undefined && sighting.height > waiting.height) {
      if (latest === undefined || waiting.entry.start > latest.entry.start) latest = waiting;
      waiting = undefined;
    }
    if (latest !== undefined && returnedAt(sighting.entry) < latest.entry.start) {
      const read = asShown(sighting);
      const newer = returnedAt(read.entry) < latest.entry.start ? read : sighting;
      return finding(
        "stale",
        `${met(latest)}, but before it began ${met(newer)} and returned`,
        [newer.entry, latest.entry],
        [...proofsOf(table, newer), ...proofsOf(table, latest)],
      );
    }
    if (waiting === undefined || sighting.entry.start > waiting.entry.start) waiting = sighting;
  }
  return undefined;
}

/** The read that gave a write's index away, in place of the write: it needs no further proof. */
function asShown(sighting: Sighting): Sighting {
  const { evidence, known } = sighting.entry;
  if (evidence === undefined || sighting.height !== 2 * (known?.modifyIndex ?? 0)) return sighting;
  return { height: sighting.height + 1, entry: evidence };
}

/** What shows that the operation belongs at its height, unless it says so itself. */
function proofsOf({ byIndex }: VersionTable, { height }: Sighting): (Entry | undefined)[] {
  const index = Math.floor(height / 2);
  return height === 2 * index + 1 ? [] : [byIndex.get(index)?.shownBy];
}

function met({ height, entry }: Sighting): string {
  const index = Math.floor(height / 2);
  const fraction = height - 2 * index;
  if (shownVersion(entry.effect) !== undefined) return `${name(entry)} shows ModifyIndex ${index}`;
  if (fraction === 0 || entry.known?.modifyIndex === index)
    return `${name(entry)} wrote ModifyIndex ${index}`;
  return `${name(entry)} ${fraction > 1 ? "replaced" : "found"} ModifyIndex ${index}`;
}
