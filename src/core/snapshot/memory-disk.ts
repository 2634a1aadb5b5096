// The disk of an agent that keeps nothing: files as lists of the parts that were written. It takes the same requests as
// the real one (src/core/wal/disk.ts), so that all else here is written once.

import { assert, must } from "../lib/assert.ts";
import { concatBytes } from "../lib/bytes.ts";
import type { DiskEffect, DiskRequest, DiskResult } from "../wal/disk.ts";

export interface MemoryDisk {
  readonly files: Map<string, Uint8Array[]>;
  /** Asked, and not yet carried out. */
  readonly queue: DiskEffect[];
}

export function createMemoryDisk(): MemoryDisk {
  return { files: new Map(), queue: [] };
}

/** Carries out one request. Files only grow at their ends; what is written is kept, not copied. */
export function performInMemory({ files }: MemoryDisk, request: DiskRequest): DiskResult {
  switch (request.kind) {
    case "list":
      return { ok: true, files: [] };
    case "create":
      assert(request.size === 0, "files in memory begin empty");
      files.set(request.file, []);
      return { ok: true };
    case "write": {
      const parts = files.get(request.file);
      if (parts === undefined) return absent(request.file);
      assert(request.offset === bytesIn(parts), "files in memory grow at their ends");
      parts.push(...request.parts);
      return { ok: true };
    }
    case "read": {
      const parts = files.get(request.file);
      if (parts === undefined) return absent(request.file);
      return { ok: true, bytes: cutOut(parts, request.offset, request.offset + request.length) };
    }
    case "rename":
      files.set(request.to, must(files.get(request.file), "what is renamed is there"));
      files.delete(request.file);
      return { ok: true };
    case "remove":
      files.delete(request.file);
      return { ok: true };
  }
}

function absent(file: string): DiskResult {
  return { ok: false, error: { code: "ENOENT", detail: `open ${file}: no such file in memory` } };
}

function bytesIn(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function cutOut(parts: readonly Uint8Array[], from: number, to: number): Uint8Array {
  const found: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    if (at + part.length > from && at < to)
      found.push(part.subarray(Math.max(0, from - at), Math.min(part.length, to - at)));
    at += part.length;
  }
  return concatBytes(found);
}

/** Bytes that a request moves: what carrying it out costs. */
export function bytesMoved(request: DiskRequest): number {
  if (request.kind === "write") return bytesIn(request.parts);
  return request.kind === "read" ? request.length : 0;
}
