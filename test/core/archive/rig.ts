// Archives for tests: the recorded one of Consul, and ways to read one.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ArchiveReader,
  createArchiveReader,
  type Depth,
  endArchive,
  readPiece,
} from "../../../src/core/archive/reader.ts";
import { copyPlain } from "../../../src/core/lib/plain.ts";

const folder = join(import.meta.dirname, "../../vectors/archive");

/** `consul snapshot save` of Consul 1.8.7, with services, checks, ACLs and more in it. */
export function recordedArchive(): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, "consul-1.8.7.snap")));
}

export function recordedExpectations(): {
  readonly meta: { readonly ID: string };
  readonly counts: Readonly<Record<string, number>>;
  readonly records: readonly {
    readonly typeName: string;
    readonly body: { readonly Key?: string; readonly Value?: number };
  }[];
  readonly nodes: readonly Readonly<Record<string, unknown>>[];
  readonly kv: readonly Readonly<Record<string, unknown>>[];
} {
  return JSON.parse(readFileSync(join(folder, "consul-1.8.7.expected.json"), "utf8"));
}

/** Reads an archive in pieces of a size; what is half read is dumped and loaded between them. */
export function readAll(
  bytes: Uint8Array,
  depth: Depth = "take",
  piece = 65_536,
): ReturnType<typeof endArchive> {
  let reader: ArchiveReader = createArchiveReader(depth);
  for (let at = 0; at < bytes.length; at += piece) {
    readPiece(reader, bytes.subarray(at, at + piece));
    if (piece < 65_536) reader = copyPlain(reader);
  }
  return endArchive(reader);
}
