// What only real files can get wrong.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type DurableWrite, writeThroughPool } from "../../src/adapters/storage/durable-write.ts";
import { closeFiles, type Files, openFiles, performDisk } from "../../src/adapters/storage/files.ts";
import type { DiskRequest, DiskResult } from "../../src/core/wal/disk.ts";

/** How many bytes the system takes at once; set by the test of short writes. */
const most = vi.hoisted(() => ({ bytes: Number.POSITIVE_INFINITY }));

vi.mock("node:fs", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs")>();
  const writev = (
    fd: number,
    parts: readonly Uint8Array[],
    position: number,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ): void => {
    if (most.bytes === Number.POSITIVE_INFINITY) return real.writev(fd, parts, position, done);
    real.write(
      fd,
      Buffer.concat(parts),
      0,
      Math.min(most.bytes, Buffer.concat(parts).length),
      position,
      done,
    );
  };
  return { ...real, writev };
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "quorate-files-"));
});
afterEach(() => {
  most.bytes = Number.POSITIVE_INFINITY;
  rmSync(root, { recursive: true });
});

const perform = (files: Files, request: DiskRequest): Promise<DiskResult> =>
  new Promise((done) => performDisk(files, request, done));
const onlyFor = process.platform === "linux" ? test : test.skip;
const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

describe("writes", () => {
  test("of thousands of parts arrive whole and in order", async () => {
    const files = openFiles(root);
    await perform(files, { kind: "create", file: "a", size: 10_000 });
    const parts = Array.from({ length: 5000 }, (_, n) => Uint8Array.of(n & 255));
    expect(await perform(files, { kind: "write", file: "a", offset: 7, parts })).toEqual({ ok: true });
    expect([...readFileSync(join(root, "a")).subarray(7, 5007)]).toEqual(parts.flatMap((part) => [...part]));
    closeFiles(files);
  });

  test.each([1, 3, 7, 64])("that the system takes %d bytes at a time arrive whole", async (bytes) => {
    const files = openFiles(root);
    await perform(files, { kind: "create", file: "a", size: 30 });
    most.bytes = bytes;
    const parts = ["four", "", "and", "eleven char"].map((text) => Buffer.from(text));
    expect(await perform(files, { kind: "write", file: "a", offset: 2, parts })).toEqual({ ok: true });
    expect(readFileSync(join(root, "a"), "latin1").replaceAll("\0", ".")).toBe(
      "..fourandeleven char..........",
    );
    closeFiles(files);
  });

  test("of which the system takes nothing fail", async () => {
    const files = openFiles(root);
    await perform(files, { kind: "create", file: "a", size: 30 });
    most.bytes = 0;
    const result = await perform(files, { kind: "write", file: "a", offset: 0, parts: [Uint8Array.of(1)] });
    expect(result).toEqual({
      ok: false,
      error: { code: "EIO", detail: `write ${join(root, "a")}: nothing was written` },
    });
    closeFiles(files);
  });

  onlyFor("to a full device say so in the system's words", async () => {
    symlinkSync("/dev/full", join(root, "full"));
    const files = openFiles(root);
    const result = await perform(files, {
      kind: "write",
      file: "full",
      offset: 0,
      parts: [Uint8Array.of(1)],
    });
    expect(result).toEqual({
      ok: false,
      error: { code: "ENOSPC", detail: `write ${join(root, "full")}: no space left on device` },
    });
    closeFiles(files);
  });

  test("go by another road when another is given", async () => {
    const offsets: number[] = [];
    const road: DurableWrite = (fd, parts, offset, done) => {
      offsets.push(offset);
      writeThroughPool(fd, parts, offset, done);
    };
    const files = openFiles(root, road);
    await perform(files, { kind: "create", file: "a", size: 3 });
    await perform(files, { kind: "write", file: "a", offset: 2, parts: [Uint8Array.of(65)] });
    expect(offsets).toEqual([2]);
    expect(readFileSync(join(root, "a"), "latin1")).toBe("\0\0A");
    closeFiles(files);
  });
});

describe("descriptors", () => {
  onlyFor("stay open for the next write, but only so many, and none after the end", async () => {
    const before = openDescriptors();
    const files = openFiles(root);
    for (let n = 0; n < 30; n++) {
      const file = `f${n}`;
      await perform(files, { kind: "create", file, size: 1 });
      await perform(files, { kind: "write", file, offset: 0, parts: [Uint8Array.of(n)] });
    }
    expect(openDescriptors() - before).toBe(8);
    closeFiles(files);
    expect(openDescriptors()).toBe(before);
  });

  onlyFor("are not closed under a write that is under way", async () => {
    const before = openDescriptors();
    let release: () => void = () => {};
    const slow: DurableWrite = (fd, parts, offset, done) => {
      release = () => writeThroughPool(fd, parts, offset, done);
    };
    const files = openFiles(root, slow);
    await perform(files, { kind: "create", file: "a", size: 1 });
    const written = perform(files, { kind: "write", file: "a", offset: 0, parts: [Uint8Array.of(1)] });
    await perform(files, { kind: "remove", file: "a" });
    expect(openDescriptors()).toBe(before + 1);
    release();
    expect(await written).toEqual({ ok: true });
    expect(openDescriptors()).toBe(before);
  });
});

test("nobody else may read what the agent keeps", async () => {
  const files = openFiles(root);
  await perform(files, { kind: "create", file: "raft/wal/a", size: 1 });
  expect(statSync(join(root, "raft/wal/a")).mode & 0o777).toBe(0o600);
});

test("a folder where a file is wanted is an error, not a crash", async () => {
  const files = openFiles(root);
  await perform(files, { kind: "create", file: "folder/a", size: 1 });
  for (const request of [
    { kind: "create", file: "folder", size: 1 },
    { kind: "read", file: "folder", offset: 0, length: 1 },
    { kind: "write", file: "folder", offset: 0, parts: [Uint8Array.of(1)] },
    { kind: "remove", file: "folder" },
    { kind: "list", folder: "folder/a" },
    { kind: "create", file: "folder/a/b", size: 1 },
  ] satisfies DiskRequest[])
    expect(await perform(files, request)).toMatchObject({
      ok: false,
      error: { code: expect.stringMatching(/^E(ISDIR|NOTDIR|PERM)$/) },
    });
});
