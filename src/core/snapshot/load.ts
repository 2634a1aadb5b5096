// The start: what a crash left over is removed, and the newest snapshot that is whole is read. Those that are not are
// named with the reason and left as they are: what to do about them is not for this room to say.

import { must } from "../lib/assert.ts";
import type { DiskError, DiskFile, DiskResult } from "../wal/disk.ts";
import type { SnapshotEffect } from "./ports.ts";
import { removeOld } from "./retention.ts";
import { createScan, onScanned, type Scan, scanRequest } from "./scan.ts";
import { ask, compareAge, parseName, type SnapshotFile, type Snapshots } from "./state.ts";

/** A snapshot as it was listed. */
interface Candidate {
  readonly file: string;
  readonly term: number;
  readonly index: number;
  readonly size: number;
}

export interface Loading {
  /** What the disk was asked last. */
  op: number;
  step: "list" | "tidy" | "scan";
  /** Files to be removed. */
  readonly leftovers: string[];
  /** Not yet looked into, oldest first. */
  readonly candidates: Candidate[];
  readonly damaged: {
    readonly index: number;
    readonly term: number;
    readonly file: string;
    readonly reason: string;
  }[];
  /** The candidate that is read, with its position. */
  scan: { readonly at: Candidate; readonly file: Scan } | undefined;
}

export function startLoading(s: Snapshots, out: SnapshotEffect[]): void {
  if (s.memory !== undefined) {
    s.phase = "open";
    out.push({ type: "loaded", snapshot: undefined, damaged: [] });
    return;
  }
  s.phase = "loading";
  s.loading = {
    op: ask(s, { kind: "list", folder: s.config.folder }, out),
    step: "list",
    leftovers: [],
    candidates: [],
    damaged: [],
    scan: undefined,
  };
}

export function onLoadingAnswer(s: Snapshots, result: DiskResult, out: SnapshotEffect[]): void {
  const loading = must(s.loading, "loading is under way");
  switch (loading.step) {
    case "list":
      return onListed(s, loading, result, out);
    case "tidy":
      // A leftover that stays does no harm, and a disk that fails will be found out elsewhere.
      return tidyNext(s, loading, out);
    case "scan":
      return onRead(s, loading, result, out);
  }
}

function onListed(s: Snapshots, loading: Loading, result: DiskResult, out: SnapshotEffect[]): void {
  if (!result.ok) return fail(s, "the snapshots", result.error, out);
  for (const listed of must(result.files, "a list is answered with files")) sortIn(s, loading, listed);
  loading.candidates.sort(compareAge);
  tidyNext(s, loading, out);
}

function fail(s: Snapshots, what: string, { detail, code }: DiskError, out: SnapshotEffect[]): void {
  s.phase = "failed";
  s.loading = undefined;
  out.push({ type: "load-failed", reason: `${what} cannot be read: ${detail} (${code})` });
}

function sortIn(s: Snapshots, loading: Loading, { name, size }: DiskFile): void {
  const file = `${s.config.folder}/${name}`;
  const parsed = parseName(name);
  if (parsed === "leftover") loading.leftovers.push(file);
  else if (parsed !== undefined) loading.candidates.push({ file, size, ...parsed });
}

function tidyNext(s: Snapshots, loading: Loading, out: SnapshotEffect[]): void {
  const file = loading.leftovers.shift();
  if (file === undefined) return scanNext(s, loading, out);
  loading.step = "tidy";
  loading.op = ask(s, { kind: "remove", file }, out);
}

function scanNext(s: Snapshots, loading: Loading, out: SnapshotEffect[]): void {
  const candidate = loading.candidates.pop();
  if (candidate === undefined) return finish(s, loading, undefined, out);
  const scan = createScan(candidate.file, candidate.size);
  loading.step = "scan";
  loading.scan = { at: candidate, file: scan };
  loading.op = ask(s, scanRequest(scan), out);
}

function onRead(s: Snapshots, loading: Loading, result: DiskResult, out: SnapshotEffect[]): void {
  const { at, file: scan } = must(loading.scan, "a candidate is read");
  // A disk that refuses to read says nothing of what is on it: taken for damage it would cost this server its log.
  if (!result.ok) return fail(s, at.file, result.error, out);
  const scanned = onScanned(scan, must(result.bytes, "a read is answered with bytes"));
  switch (scanned.kind) {
    case "more":
      loading.op = ask(s, scanRequest(scan), out);
      return;
    case "damaged":
      return passOver(s, loading, at, scanned.reason, out);
    case "whole": {
      const { meta, layout, store } = scanned;
      if (compareAge(meta, at) !== 0) {
        const what = `it is the snapshot of entry ${meta.index} of term ${meta.term}, under another's name`;
        return passOver(s, loading, at, `${at.file}, byte 0: ${what}`, out);
      }
      return finish(s, loading, { meta, layout, store }, out);
    }
  }
}

function passOver(
  s: Snapshots,
  loading: Loading,
  at: Candidate,
  reason: string,
  out: SnapshotEffect[],
): void {
  loading.damaged.push({ file: at.file, index: at.index, term: at.term, reason });
  scanNext(s, loading, out);
}

type Found = Omit<Extract<ReturnType<typeof onScanned>, { kind: "whole" }>, "kind">;

function finish(s: Snapshots, loading: Loading, found: Found | undefined, out: SnapshotEffect[]): void {
  const { candidates, damaged, scan } = loading;
  const listed = (
    { file, index, term }: Pick<SnapshotFile, "file" | "index" | "term">,
    rest: Pick<SnapshotFile, "layout" | "damaged">,
  ): SnapshotFile => ({ file, index, term, wanted: false, ...rest });
  s.files = [
    ...candidates.map((each) => listed(each, { layout: undefined, damaged: false })),
    ...damaged.map((each) => listed(each, { layout: undefined, damaged: true })),
  ];
  if (found !== undefined && scan !== undefined) {
    s.files.push(listed(scan.at, { layout: found.layout, damaged: false }));
    s.latest = scan.at.file;
  }
  s.files.sort(compareAge);
  s.phase = "open";
  s.loading = undefined;
  out.push({
    type: "loaded",
    snapshot: found === undefined ? undefined : { meta: found.meta, store: found.store },
    damaged: damaged.map(({ index, reason }) => ({ index, reason })),
  });
  removeOld(s, out);
}
