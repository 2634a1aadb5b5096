// Writing an archive as `consul snapshot save` does, which Consul restores: gzip of a tar of meta.json, state.bin and
// SHA256SUMS. A step makes one block. The tar must say how long state.bin is before it comes, and so must meta.json: its
// blocks are kept compressed until all are made. Making the records twice, to measure them first, would cost more than half
// of the time again; and whoever asks for an archive over HTTP keeps all of it anyway.

import { assert } from "../lib/assert.ts";
import { concatBytes } from "../lib/bytes.ts";
import { sha256 } from "../lib/sha256.ts";
import { createFileHash, digestFileHash, type FileHash, updateFileHash } from "./file-hash.ts";
import { gzipMember } from "./gzip.ts";
import { type ArchiveMeta, encodeMeta, encodeSums } from "./meta.ts";
import { type ArchiveRows, type Cursor, nextRecords } from "./state-writer.ts";
import { MAX_TAR_FILE_BYTES, tarEnd, tarHeader, tarPadding } from "./tar.ts";

/** Bytes of a block before it is compressed: enough for the compression to pay, half a dozen milliseconds of work. */
const BLOCK_BYTES = 256 << 10;
/** Finished blocks are given together up to so many bytes, well below the longest piece; a longer block goes alone. */
const GIVEN_BYTES = 512 << 10;

export interface ArchiveWriter {
  readonly rows: ArchiveRows;
  /** What meta.json says, but for the size, which is found out. */
  readonly meta: Omit<ArchiveMeta, "size">;
  stage: "making" | "giving" | "ended";
  readonly cursor: Cursor;
  /** Bytes of state.bin made so far. */
  stateBytes: number;
  readonly sha: FileHash;
  /** Members of gzip that are made and not given yet. */
  readonly members: Uint8Array[];
}

export function createArchiveWriter(rows: ArchiveRows, meta: Omit<ArchiveMeta, "size">): ArchiveWriter {
  return {
    rows,
    meta,
    stage: "making",
    cursor: { table: 0, row: 0 },
    stateBytes: 0,
    sha: createFileHash(),
    members: [],
  };
}

/** Whether all of the archive has been given. */
export function isWritten(writer: ArchiveWriter): boolean {
  return writer.stage === "ended";
}

/** Goes on with the work for one block. @returns The next bytes of the archive; nothing while state.bin is being made. */
export function stepWriter(writer: ArchiveWriter): Uint8Array {
  switch (writer.stage) {
    case "making":
      makeBlock(writer);
      return new Uint8Array(0);
    case "giving":
      return giveMembers(writer);
    case "ended":
      return new Uint8Array(0);
  }
}

function makeBlock(writer: ArchiveWriter): void {
  const records = nextRecords(writer.rows, writer.cursor, BLOCK_BYTES);
  if (records.length === 0) return finish(writer);
  updateFileHash(writer.sha, records);
  writer.stateBytes += records.length;
  writer.members.push(gzipMember(records));
}

/** Puts what stands before and behind state.bin where it belongs. */
function finish(writer: ArchiveWriter): void {
  const { members, stateBytes, sha } = writer;
  assert(stateBytes <= MAX_TAR_FILE_BYTES, "what fits into memory fits into a tar");
  const meta = encodeMeta({ ...writer.meta, size: stateBytes });
  const sums = encodeSums([
    ["meta.json", sha256(meta)],
    ["state.bin", digestFileHash(sha)],
  ]);
  const before = [
    tarHeader("meta.json", meta.length),
    meta,
    tarPadding(meta.length),
    tarHeader("state.bin", stateBytes),
  ];
  const behind = [
    tarPadding(stateBytes),
    tarHeader("SHA256SUMS", sums.length),
    sums,
    tarPadding(sums.length),
    tarEnd(),
  ];
  members.unshift(gzipMember(concatBytes(before)));
  members.push(gzipMember(concatBytes(behind)));
  writer.stage = "giving";
}

function giveMembers(writer: ArchiveWriter): Uint8Array {
  const { members } = writer;
  let count = 0;
  let bytes = 0;
  do bytes += (members[count++] as Uint8Array).length;
  while (count < members.length && bytes + (members[count] as Uint8Array).length <= GIVEN_BYTES);
  const given = members.splice(0, count);
  if (members.length === 0) writer.stage = "ended";
  return count === 1 ? (given[0] as Uint8Array) : concatBytes(given);
}
