// One suite for every disk: the promises of core/wal/disk.ts, and a whole life of the log on it. What only real files
// can get wrong (descriptors, permissions, many parts) is in disk-files.test.ts.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closeFiles, openFiles, performDisk } from "../../src/adapters/storage/files.ts";
import { seededChance } from "../../src/core/lib/chance.ts";
import type { DiskEffect, DiskRequest, DiskResult } from "../../src/core/wal/disk.ts";
import type { WalEffect } from "../../src/core/wal/ports.ts";
import { createWal, flushWal, startWal, stepWal, storeWal } from "../../src/core/wal/wal.ts";
import { beginDisk, createSimDisk, finishDisk } from "../../src/sim/disk.ts";
import {
  batch,
  contentOf,
  crash,
  finish,
  flush,
  modelOf,
  openRig,
  type Recovered,
  type Rig,
  SMALL,
  settle as settleRig,
} from "../core/wal/rig.ts";

interface Disk {
  perform(request: DiskRequest): Promise<DiskResult>;
  close(): void;
}

function simulated(): Disk {
  const disk = createSimDisk();
  let op = 0;
  return {
    perform(request) {
      beginDisk(disk, ++op, request);
      return Promise.resolve(finishDisk(disk, op));
    },
    close: () => {},
  };
}

function real(): Disk {
  const root = mkdtempSync(join(tmpdir(), "quorate-disk-"));
  const files = openFiles(root);
  return {
    perform: (request) => new Promise((done) => performDisk(files, request, done)),
    close() {
      closeFiles(files);
      rmSync(root, { recursive: true });
    },
  };
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);

describe.each([
  ["the simulated disk", simulated],
  ["real files", real],
])("%s", (_name, make) => {
  let disk: Disk;
  beforeEach(() => {
    disk = make();
  });
  afterEach(() => disk.close());

  const must = async (request: DiskRequest): Promise<Extract<DiskResult, { ok: true }>> => {
    const result = await disk.perform(request);
    if (!result.ok) throw new Error(result.error.detail);
    return result;
  };
  const create = (file: string, size: number): Promise<unknown> => must({ kind: "create", file, size });
  const write = (file: string, offset: number, ...parts: readonly string[]): Promise<unknown> =>
    must({ kind: "write", file, offset, parts: parts.map(bytes) });
  const read = async (file: string, offset: number = 0, length: number = 1000): Promise<string> =>
    text((await must({ kind: "read", file, offset, length })).bytes);

  test("a new file holds so many zeros, in a folder that it makes", async () => {
    await create("raft/wal/one", 3_000_000);
    const { files } = await must({ kind: "list", folder: "raft/wal" });
    expect(files).toEqual([{ name: "one", size: 3_000_000 }]);
    const result = await must({ kind: "read", file: "raft/wal/one", offset: 2_500_000, length: 1_000_000 });
    expect(result.bytes?.length).toBe(500_000);
    expect(result.bytes?.every((byte) => byte === 0)).toBe(true);
  });

  test("a file that is created again is empty again", async () => {
    await create("a", 5);
    await write("a", 0, "12345");
    await create("a", 3);
    expect(await read("a")).toBe("\0\0\0");
    await write("a", 1, "x");
    expect(await read("a")).toBe("\0x\0");
  });

  test("an absent folder is an empty one", async () => {
    expect(await must({ kind: "list", folder: "no/such" })).toEqual({ ok: true, files: [] });
  });

  test("a list has only the files of the folder itself, sorted by name", async () => {
    for (const file of ["f/b", "f/a", "f/B", "f/deep/c", "g", "f/é", "f/10", "f/9"]) await create(file, 1);
    const { files } = await must({ kind: "list", folder: "f" });
    expect(files?.map(({ name }) => name)).toEqual(["10", "9", "B", "a", "b", "é"]);
  });

  test("parts are written one after the other, and change nothing else", async () => {
    await create("a", 12);
    await write("a", 2, "one", "", "two");
    await write("a", 5, "T");
    expect(await read("a")).toBe("\0\0oneTwo\0\0\0\0");
  });

  test("a write of nothing is a write", async () => {
    await create("a", 2);
    await write("a", 1);
    await write("a", 1, "");
    expect(await read("a")).toBe("\0\0");
  });

  test("a write past the end makes the file grow, with zeros between", async () => {
    await create("a", 2);
    await write("a", 4, "xy", "z");
    expect(await read("a")).toBe("\0\0\0\0xyz");
  });

  test("a read ends where the file ends", async () => {
    await create("a", 10);
    await write("a", 0, "0123456789");
    expect(await read("a", 3, 4)).toBe("3456");
    expect(await read("a", 8, 4)).toBe("89");
    expect(await read("a", 10, 4)).toBe("");
    expect(await read("a", 99, 4)).toBe("");
  });

  test("what was read stays as it was when the file changes", async () => {
    await create("a", 3);
    const before = await must({ kind: "read", file: "a", offset: 0, length: 3 });
    await write("a", 0, "new");
    expect(text(before.bytes)).toBe("\0\0\0");
  });

  test("a rename replaces what had the name, and writes go to the file that has it now", async () => {
    await create("a", 1);
    await create("b", 1);
    await write("a", 0, "A");
    await write("b", 0, "B");
    await must({ kind: "rename", file: "a", to: "b" });
    expect(await read("b")).toBe("A");
    await write("b", 0, "C");
    expect(await read("b")).toBe("C");
    expect(await disk.perform({ kind: "read", file: "a", offset: 0, length: 1 })).toMatchObject({
      ok: false,
    });
    expect(await must({ kind: "list", folder: "." })).toBeDefined();
  });

  test("a removed file is gone, and removing it again is no error", async () => {
    await create("f/a", 1);
    await write("f/a", 0, "A");
    await must({ kind: "remove", file: "f/a" });
    await must({ kind: "remove", file: "f/a" });
    await must({ kind: "remove", file: "no/such/file" });
    expect(await must({ kind: "list", folder: "f" })).toEqual({ ok: true, files: [] });
    expect(await disk.perform({ kind: "write", file: "f/a", offset: 0, parts: [bytes("x")] })).toMatchObject({
      ok: false,
      error: { code: "ENOENT" },
    });
  });

  test.each([
    { kind: "read", file: "no", offset: 0, length: 1 },
    { kind: "write", file: "no", offset: 0, parts: [Uint8Array.of(1)] },
    { kind: "rename", file: "no", to: "other" },
  ] satisfies DiskRequest[])("of a file that is not there: $kind says so", async (request) => {
    expect(await disk.perform(request)).toMatchObject({
      ok: false,
      error: { code: "ENOENT", detail: expect.stringMatching(/no: no such file or directory$/) },
    });
  });

  /** Runs a log until the disk has nothing to do. */
  async function settle(
    step: (out: WalEffect[]) => void,
    wal: ReturnType<typeof createWal>,
  ): Promise<WalEffect[]> {
    const said: WalEffect[] = [];
    let out: WalEffect[] = [];
    step(out);
    flushWal(wal, out);
    while (out.length > 0) {
      said.push(...out.filter((effect) => effect.type !== "disk"));
      const asked = out.filter((effect): effect is DiskEffect => effect.type === "disk");
      out = [];
      for (const { op, request } of asked) {
        stepWal(wal, { type: "disk-done", op, result: await disk.perform(request) }, out);
        flushWal(wal, out);
      }
    }
    return said;
  }

  test("a log lives on it: it is written, overwritten, compacted, read again and goes on", async () => {
    const requests = [
      { hardState: { term: 3, votedFor: "a", identity: 0 } },
      ...Array.from({ length: 40 }, (_, n) => ({ entries: batch(n + 1, `${n}`.padEnd(40 * n, "+")) })),
      { entries: batch(35, "other", "end") },
      { compactTo: 20 },
      { hardState: { term: 4, votedFor: "", identity: 0 }, entries: batch(37, "last") },
    ];
    let stored = 0;
    for (const life of [0, 1, 2]) {
      const wal = createWal(SMALL, seededChance("life"));
      const said = await settle((out) => startWal(wal, out), wal);
      const recovered = said.find((effect): effect is Recovered => effect.type === "recovered");
      expect(recovered && contentOf(recovered)).toEqual(modelOf(requests.slice(0, stored)));
      const until = [30, 43, 44][life] ?? 0;
      for (let token = 1; stored < until; stored++, token++) {
        const request = { token, ...requests[stored] };
        expect(await settle(() => storeWal(wal, request), wal)).toEqual([{ type: "stored", token }]);
      }
    }
    const { files } = await must({ kind: "list", folder: SMALL.folder });
    expect(files?.[0]?.name).not.toBe("0000000000000001.wal");
  });
});

describe("a log that is stopped after any operation of the simulated disk", () => {
  const config = { ...SMALL, segmentBytes: 1024 };
  const requests = [
    { hardState: { term: 1, votedFor: "a", identity: 0 } },
    { entries: batch(1, "a".repeat(200), "b") },
    { entries: batch(3, "c".repeat(700)) },
    { entries: batch(2, "B".repeat(300)) },
    { hardState: { term: 2, votedFor: "", identity: 0 }, entries: batch(3, "C", "D") },
    { compactTo: 3 },
    { entries: batch(5, "e".repeat(2500)) },
    { entries: batch(6, "f".repeat(300)) },
  ];

  /** Lives on until the disk has ended so many operations. @returns Whether there was nothing left to end before. */
  function live(rig: Rig, operations: number): boolean {
    let asked = 0;
    for (let ended = 0; ended < operations; ended++) {
      if (rig.recovered !== undefined && asked < requests.length && rig.stored === asked) {
        storeWal(rig.wal, { token: ++asked, ...requests[asked - 1] });
        flush(rig);
      }
      if (rig.pending.length === 0) return true;
      // The newest first: what is done in the background ends late.
      finish(rig, rig.pending.length - 1);
    }
    return false;
  }

  test("comes back with what was stored, whatever is left of what was under way", () => {
    let over = false;
    for (let operations = 0; !over; operations++)
      for (let seed = 0; seed < 12; seed++) {
        const rig = openRig(createSimDisk(), config);
        over = live(rig, operations);
        const underWay = rig.wal.writing?.token ?? rig.stored;
        const { recovered, failed } = settleRig(crash(rig, seededChance(`${operations}.${seed}`)));
        expect(failed).toBeUndefined();
        const possible = [rig.stored, underWay].map((count) => modelOf(requests.slice(0, count)));
        expect(possible).toContainEqual(recovered && contentOf(recovered));
        if (over) expect(underWay).toBe(requests.length);
      }
  });
});
