// What the answers say about the versions of one key, in the order of their ModifyIndexes: which operation wrote each,
// who saw it, and between which instants it was certainly there. The rules of linear/screen.ts read these tables; a
// table is built in O(n log n).
//
// The zones are those of Gibbons & Korach, "Testing shared memories" (1997), §4: from the first return of an operation
// that proves a version to have been written, to the last invocation of one that proves it still to be there.

import type { KvVersion } from "../history.ts";
import { shownVersion, writtenValue } from "../kv/specification.ts";
import type { Entry, Problem } from "./problem.ts";

/**
 * An operation that puts the key at a known place in its version order: 2·index for the write of a version, half a step
 * more for finding it, a full step for replacing it. A higher place is a later instant.
 */
export interface Sighting {
  readonly height: number;
  readonly entry: Entry;
}

export interface Version {
  readonly index: number;
  /** Undefined where no read shows it and no teller vouches for its writer. */
  value: string | undefined;
  createIndex: number | undefined;
  /** A read that shows it. */
  shownBy: Entry | undefined;
  /** Of the operations that saw, wrote or replaced it, the one that returned first. */
  first: Entry;
  /** Of those that found it, the one invoked last; undefined when nobody did. */
  last: Entry | undefined;
  /** The CAS operations that named it and succeeded. */
  readonly replacements: Entry[];
}

/** From the return of `from` to the invocation of `to` the version or the lifetime was certainly there. */
export interface Zone {
  readonly version: Version;
  readonly from: Entry;
  readonly to: Entry;
  /** Reads that show that `from` and `to` belong together. */
  readonly proofs: readonly Entry[];
}

export interface VersionTable {
  /** By height, then by invocation. */
  readonly sightings: readonly Sighting[];
  /** By index. */
  readonly versions: readonly Version[];
  readonly byIndex: ReadonlyMap<number, Version>;
  /** In which one version is current throughout, in order of time. */
  readonly versionZones: readonly Zone[];
  /** In which the key exists throughout without having been created anew, in order of time. */
  readonly lifeZones: readonly Zone[];
}

/** When the client had its answer; Infinity for a write of unknown outcome. */
export function returnedAt({ operation }: Entry): number {
  return operation.outcome?.kind === "unknown" ? Number.POSITIVE_INFINITY : operation.completedAt;
}

export function createVersionTable(problem: Problem): VersionTable {
  const versions = new Map<number, Version>();
  const sightings: Sighting[] = [];
  for (const entry of problem.entries) {
    const { effect, known } = entry;
    const shown = shownVersion(effect);
    if (shown !== undefined) {
      sightings.push({ height: 2 * shown.modifyIndex + 1, entry });
      noteSeen(versionAt(versions, shown.modifyIndex, entry), entry, shown);
    }
    if (known === undefined) continue;
    const version = versionAt(versions, known.modifyIndex, entry);
    if (entry.evidence !== undefined) {
      sightings.push({ height: 2 * known.modifyIndex, entry });
      noteReturned(version, entry);
    } else {
      // The teller alone vouches for the index: it may be that of a write that found its value there.
      sightings.push({ height: 2 * known.modifyIndex + 1, entry });
      noteFound(version, entry);
      version.value ??= writtenValue(effect);
    }
  }
  noteReplacements(problem, versions, sightings);
  sightings.sort((a, b) => a.height - b.height || a.entry.start - b.entry.start);
  const ordered = [...versions.values()].sort((a, b) => a.index - b.index);
  return {
    sightings,
    versions: ordered,
    byIndex: versions,
    versionZones: ordered.flatMap((version) => zoneOf(version, version, version)),
    lifeZones: lifeZonesOf(ordered),
  };
}

function versionAt(versions: Map<number, Version>, index: number, entry: Entry): Version {
  let version = versions.get(index);
  if (version === undefined) {
    version = {
      index,
      value: undefined,
      createIndex: undefined,
      shownBy: undefined,
      first: entry,
      last: undefined,
      replacements: [],
    };
    versions.set(index, version);
  }
  return version;
}

function noteReturned(version: Version, entry: Entry): void {
  if (returnedAt(entry) < returnedAt(version.first)) version.first = entry;
}

function noteFound(version: Version, entry: Entry): void {
  noteReturned(version, entry);
  if (version.last === undefined || entry.start > version.last.start) version.last = entry;
}

function noteSeen(version: Version, entry: Entry, shown: KvVersion): void {
  noteFound(version, entry);
  version.value ??= shown.value;
  version.createIndex ??= shown.createIndex;
  version.shownBy ??= entry;
}

/** A second round, when the values are known: a CAS that writes what it finds replaces nothing. */
function noteReplacements(problem: Problem, versions: Map<number, Version>, sightings: Sighting[]): void {
  for (const entry of problem.entries) {
    const { effect } = entry;
    if (effect.kind !== "cas" || effect.index === 0) continue;
    const version = versionAt(versions, effect.index, entry);
    noteFound(version, entry);
    const replaces = version.value !== undefined && version.value !== effect.value;
    if (replaces) version.replacements.push(entry);
    sightings.push({ height: 2 * effect.index + (replaces ? 1.5 : 1), entry });
  }
}

/** The zone of `version`, from the first proof of version `begun` to the last of version `still`. */
function zoneOf(version: Version, begun: Version, still: Version): Zone[] {
  const [from, to] = [begun.first, still.last];
  if (to === undefined || returnedAt(from) >= to.start) return [];
  const proofs = [begun.shownBy, still.shownBy].filter((entry) => entry !== undefined);
  return [{ version, from, to, proofs }];
}

/** Versions of one CreateIndex are one lifetime of the key: it existed from the first of them to the last. */
function lifeZonesOf(versions: readonly Version[]): Zone[] {
  const lives = new Map<number, { begun: Version; still: Version }>();
  for (const version of versions) {
    if (version.createIndex === undefined) continue;
    const life = lives.get(version.createIndex);
    if (life === undefined) lives.set(version.createIndex, { begun: version, still: version });
    else {
      if (returnedAt(version.first) < returnedAt(life.begun.first)) life.begun = version;
      if ((version.last?.start ?? -1) > (life.still.last?.start ?? -1)) life.still = version;
    }
  }
  return [...lives.values()].flatMap(({ begun, still }) => zoneOf(begun, begun, still));
}

/**
 * The zone within which the operation was invoked and returned, so that it certainly took effect inside; undefined if
 * none. The zones are disjoint if the sightings are in order.
 */
export function zoneAround(zones: readonly Zone[], entry: Entry): Zone | undefined {
  const zone = zones[firstIndex(zones, ({ from }) => returnedAt(from) >= entry.start) - 1];
  return zone !== undefined && returnedAt(entry) < zone.to.start ? zone : undefined;
}

/** Index of the first item for which `isPast` holds, given that it holds for all after it; the length if for none. */
export function firstIndex<T>(items: readonly T[], isPast: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isPast(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
