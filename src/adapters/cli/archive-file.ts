// An archive in a file, read and verified in pieces: a file of any size takes little memory.

import { closeSync, openSync, readSync } from "node:fs";
import {
  createArchiveReader,
  type Depth,
  endArchive,
  type ReadArchive,
  readPiece,
} from "../../core/archive/reader.ts";
import { errnoText, pathErrorText } from "../config/go-text.ts";

const PIECE_BYTES = 1 << 20;

export type VerifiedFile =
  | { readonly ok: true; readonly archive: ReadArchive }
  | { readonly ok: false; readonly stage: "open" | "read"; readonly error: string };

export function readArchiveFile(path: string, shown: string, depth: Depth): VerifiedFile {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    return { ok: false, stage: "open", error: pathErrorText("open", shown, error) };
  }
  try {
    const reader = createArchiveReader(depth);
    const piece = new Uint8Array(PIECE_BYTES);
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece))
      readPiece(reader, piece.slice(0, count));
    const result = endArchive(reader);
    return result.ok ? result : { ok: false, stage: "read", error: result.error };
  } catch (error) {
    const reason = `read ${shown}: ${errnoText(error)}`;
    return { ok: false, stage: "read", error: `failed to decompress snapshot: ${reason}` };
  } finally {
    closeSync(file);
  }
}
