// Reading an archive of Consul (snapshot save), any from 1.8 to 1.21, piece by piece: gzip, tar, meta.json, state.bin,
// SHA256SUMS, in whatever order the files come. Everything is verified: sizes, checksums, names, hashes. What is read
// lies in plain records, and nothing of it may be used before `endArchive` has said that all of it is good.
//
// Texts are Consul's where Consul has the case (its snapshot package): clients print them.

import { concatBytes } from "../lib/bytes.ts";
import { type Contents, createContents, takeRecord } from "./contents.ts";
import { createFileHash, digestFileHash, type FileHash, updateFileHash } from "./file-hash.ts";
import { createGunzip, endGunzip, feedGunzip, type Gunzip, stepGunzip } from "./gunzip.ts";
import { type ArchiveMeta, decodeMeta, verifySums } from "./meta.ts";
import { createStateReader, endState, feedState, type StateReader } from "./state-reader.ts";
import { createUntar, endUntar, feedUntar, type Untar, type UntarListener } from "./untar.ts";

/** What becomes of state.bin: only hashed; its records counted; or taken in. */
export type Depth = "verify" | "count" | "take";

/** How often a type of record came, and how many bytes all of them have. */
export interface RecordCount {
  readonly type: number;
  count: number;
  bytes: number;
}

export interface ArchiveReader {
  readonly depth: Depth;
  readonly gunzip: Gunzip;
  readonly tar: Untar;
  /** The small files, by name, as far as they have come. */
  readonly files: Map<string, Uint8Array[]>;
  readonly hashes: Map<string, FileHash>;
  meta: ArchiveMeta | undefined;
  readonly state: StateReader;
  stateBytes: number;
  readonly counts: Map<number, RecordCount>;
  readonly contents: Contents;
  /** The first fault: nothing is read any more. */
  error: string | undefined;
}

export interface ReadArchive {
  readonly meta: ArchiveMeta;
  /** By type of record; empty at depth "verify". */
  readonly counts: ReadonlyMap<number, RecordCount>;
  /** Empty but at depth "take". */
  readonly contents: Contents;
}

const META = "meta.json";
const STATE = "state.bin";
const SUMS = "SHA256SUMS";

/** meta.json has some hundred bytes for each server; SHA256SUMS has two lines. */
const MAX_SMALL_FILE_BYTES = 1 << 20;
/** Decompressed bytes that are worked through at a time: half a dozen milliseconds of work. */
const STEP_BYTES: number = 512 << 10;

export function createArchiveReader(depth: Depth): ArchiveReader {
  return {
    depth,
    gunzip: createGunzip(),
    tar: createUntar(),
    files: new Map(),
    hashes: new Map(),
    meta: undefined,
    state: createStateReader(),
    stateBytes: 0,
    counts: new Map(),
    contents: createContents(),
    error: undefined,
  };
}

/** The next piece of the archive, at most some MiB; `stepArchive` works it through. */
export function feedArchive(reader: ArchiveReader, bytes: Uint8Array): void {
  if (reader.error === undefined) feedGunzip(reader.gunzip, bytes);
}

/**
 * Works through about half a MiB of what the archive holds.
 * @param onRecord After each record: who does not want them all at once takes them out of the contents.
 * @returns true when there is more to do before the next piece.
 */
export function stepArchive(reader: ArchiveReader, onRecord: OnContents = ignore): boolean {
  if (reader.error !== undefined) return false;
  const listener = listenerOf(reader, onRecord);
  const result = stepGunzip(reader.gunzip, STEP_BYTES, (bytes) => {
    if (reader.error !== undefined) return;
    const error = feedUntar(reader.tar, bytes, listener);
    if (error !== undefined) reader.error = inPlace(reader, error);
  });
  if (reader.error !== undefined) return false;
  if (typeof result !== "string") reader.error = inPlace(reader, result.error);
  return result === "more-output";
}

type OnContents = (contents: Contents) => void;

function ignore(): void {}

/** The whole piece at once, for whoever has nothing else to do. */
export function readPiece(reader: ArchiveReader, bytes: Uint8Array): void {
  feedArchive(reader, bytes);
  while (stepArchive(reader));
}

function listenerOf(reader: ArchiveReader, onRecord: OnContents): UntarListener {
  return {
    begin(name, size) {
      if (name !== META && name !== STATE && name !== SUMS)
        return `unexpected file ${JSON.stringify(name)} in snapshot`;
      if (reader.hashes.has(name)) return `file ${JSON.stringify(name)} twice in snapshot`;
      if (name !== STATE && size > MAX_SMALL_FILE_BYTES)
        return `file ${JSON.stringify(name)} of ${size} bytes in snapshot`;
      reader.hashes.set(name, createFileHash());
      reader.files.set(name, []);
      return undefined;
    },
    data: (bytes) => takeData(reader, bytes, onRecord),
    end: () => endFile(reader),
  };
}

function takeData(reader: ArchiveReader, bytes: Uint8Array, onRecord: OnContents): string | undefined {
  const { name } = reader.tar;
  const sha = reader.hashes.get(name);
  if (sha !== undefined) updateFileHash(sha, bytes);
  if (name !== STATE) {
    reader.files.get(name)?.push(bytes.slice());
    return undefined;
  }
  reader.stateBytes += bytes.length;
  if (reader.depth === "verify") return undefined;
  return feedState(reader.state, bytes, (type, data, start, end) => {
    count(reader, type, end - start + 1);
    if (reader.depth !== "take") return undefined;
    const error = takeRecord(reader.contents, type, data, start, end);
    onRecord(reader.contents);
    return error;
  });
}

function count({ counts }: ArchiveReader, type: number, bytes: number): void {
  const row = counts.get(type);
  if (row === undefined) counts.set(type, { type, count: 1, bytes });
  else {
    row.count++;
    row.bytes += bytes;
  }
}

function endFile(reader: ArchiveReader): string | undefined {
  const { name } = reader.tar;
  if (name === STATE) return reader.depth === "verify" ? undefined : endState(reader.state);
  if (name !== META) return undefined;
  const decoded = decodeMeta(fileOf(reader, META));
  if (!decoded.ok) return `failed to decode snapshot metadata: ${decoded.error}`;
  reader.meta = decoded.meta;
  return undefined;
}

function fileOf(reader: ArchiveReader, name: string): Uint8Array {
  return concatBytes(reader.files.get(name) ?? []);
}

/** The fault in Consul's words for where it struck. */
function inPlace(reader: ArchiveReader, error: string): string {
  const { gunzip, tar } = reader;
  if (gunzip.members === 0 && gunzip.stage === "header") return `failed to decompress snapshot: ${error}`;
  // All files are there: their hashes are looked at before the checksum around them.
  if (tar.stage === "ended") return dishonest(reader) ?? error;
  if (/^(?:unexpected file|failed to decode|file |state\.bin:)/.test(error))
    return `failed to read snapshot file: ${error}`;
  const doing =
    tar.stage !== "file"
      ? "failed reading snapshot"
      : tar.name === META
        ? "failed to read snapshot metadata"
        : tar.name === SUMS
          ? "failed to read snapshot hashes"
          : "failed to read or write snapshot data";
  return `failed to read snapshot file: ${doing}: ${error}`;
}

/** The archive's end has come. @returns What it holds, if all of it is good. */
export function endArchive(
  reader: ArchiveReader,
): { readonly ok: true; readonly archive: ReadArchive } | { readonly ok: false; readonly error: string } {
  const error = reader.error ?? endError(reader);
  if (error !== undefined) return { ok: false, error };
  const { meta, counts, contents } = reader;
  if (meta === undefined) return { ok: false, error: `failed to read snapshot file: no ${META}` };
  return { ok: true, archive: { meta, counts, contents } };
}

function endError(reader: ArchiveReader): string | undefined {
  const { gunzip, tar } = reader;
  const cut = endGunzip(gunzip) ?? endUntar(tar);
  if (cut !== undefined) return inPlace(reader, cut);
  return dishonest(reader) ?? extra(tar.extraBytes);
}

function extra(bytes: number): string | undefined {
  return bytes > 0 ? `${bytes} unread uncompressed bytes remain` : undefined;
}

/** The files are not what SHA256SUMS says of them. */
function dishonest(reader: ArchiveReader): string | undefined {
  const error = integrityError(reader);
  return error && `failed to read snapshot file: failed checking integrity of snapshot: ${error}`;
}

function integrityError({ hashes, files, meta, stateBytes }: ArchiveReader): string | undefined {
  const wanted = new Map<string, Uint8Array>();
  for (const name of [META, STATE]) {
    const sha = hashes.get(name);
    if (sha === undefined) return `no ${name} in the archive`;
    wanted.set(name, digestFileHash(sha));
  }
  const sums = verifySums(concatBytes(files.get(SUMS) ?? []), wanted);
  if (sums !== undefined) return sums;
  if (meta !== undefined && meta.size !== stateBytes)
    return `${META} says that ${STATE} has ${meta.size} bytes, it has ${stateBytes}`;
  return undefined;
}
