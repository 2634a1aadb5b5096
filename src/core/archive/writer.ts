// Writing an archive as `consul snapshot save` does, which Consul restores: gzip of a tar of meta.json, state.bin and
// SHA256SUMS. A step makes one block. The tar must say how long state.bin is before it comes, and so must meta.json: the
// records are made twice, first to measure them and then to write them, rather than kept.

import { assert } from "../lib/assert.ts";
import { concatBytes } from "../lib/bytes.ts";
import { createSha256, digestSha256, type Sha256, sha256, updateSha256 } from "../lib/sha256.ts";
import { gzipMember } from "./gzip.ts";
import { type ArchiveMeta, encodeMeta, encodeSums } from "./meta.ts";
import { type ArchiveRows, type Cursor, nextRecords } from "./state-writer.ts";
import { MAX_TAR_FILE_BYTES, tarEnd, tarHeader, tarPadding } from "./tar.ts";

/** Bytes of a block before it is compressed: enough for the compression to pay, half a dozen milliseconds of work. */
const BLOCK_BYTES = 256 << 10;

export interface ArchiveWriter {
  readonly rows: ArchiveRows;
  meta: ArchiveMeta;
  stage: "measuring" | "beginning" | "writing" | "ended";
  cursor: Cursor;
  /** Bytes of state.bin made in this stage. */
  stateBytes: number;
  readonly sha: Sha256;
  metaHash: Uint8Array;
}

/** @param meta What meta.json says, but for the size, which is found out. */
export function createArchiveWriter(rows: ArchiveRows, meta: Omit<ArchiveMeta, "size">): ArchiveWriter {
  return {
    rows,
    meta: { ...meta, size: 0 },
    stage: "measuring",
    cursor: { table: 0, row: 0 },
    stateBytes: 0,
    sha: createSha256(),
    metaHash: new Uint8Array(0),
  };
}

/** Whether all of the archive has been made. */
export function isWritten(writer: ArchiveWriter): boolean {
  return writer.stage === "ended";
}

/** Goes on with the work for one block. @returns The next bytes of the archive; nothing while it measures. */
export function stepWriter(writer: ArchiveWriter): Uint8Array {
  switch (writer.stage) {
    case "measuring": {
      const bytes = nextRecords(writer.rows, writer.cursor, BLOCK_BYTES).length;
      writer.stateBytes += bytes;
      if (bytes === 0) {
        assert(writer.stateBytes <= MAX_TAR_FILE_BYTES, "what fits into memory fits into a tar");
        writer.meta = { ...writer.meta, size: writer.stateBytes };
        writer.cursor = { table: 0, row: 0 };
        writer.stateBytes = 0;
        writer.stage = "beginning";
      }
      return new Uint8Array(0);
    }
    case "beginning": {
      const meta = encodeMeta(writer.meta);
      writer.metaHash = sha256(meta);
      writer.stage = "writing";
      return gzipMember(
        concatBytes([
          tarHeader("meta.json", meta.length),
          meta,
          tarPadding(meta.length),
          tarHeader("state.bin", writer.meta.size),
        ]),
      );
    }
    case "writing": {
      const records = nextRecords(writer.rows, writer.cursor, BLOCK_BYTES);
      updateSha256(writer.sha, records);
      writer.stateBytes += records.length;
      return gzipMember(records.length > 0 ? records : lastBlock(writer));
    }
    case "ended":
      return new Uint8Array(0);
  }
}

function lastBlock(writer: ArchiveWriter): Uint8Array {
  const { size } = writer.meta;
  assert(writer.stateBytes === size, "the same rows make the same records");
  writer.stage = "ended";
  const sums = encodeSums([
    ["meta.json", writer.metaHash],
    ["state.bin", digestSha256(writer.sha)],
  ]);
  return concatBytes([
    tarPadding(size),
    tarHeader("SHA256SUMS", sums.length),
    sums,
    tarPadding(sums.length),
    tarEnd(),
  ]);
}
