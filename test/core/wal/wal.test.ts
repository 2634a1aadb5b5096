import { describe, expect, test } from "vitest";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { copyPlain } from "../../../src/core/lib/plain.ts";
import { walConfig } from "../../../src/core/wal/config.ts";
import type { DiskRequest } from "../../../src/core/wal/disk.ts";
import type { StoreRequest, WalEffect } from "../../../src/core/wal/ports.ts";
import { createWal, flushWal, startWal, stepWal, storeWal } from "../../../src/core/wal/wal.ts";
import { crashDisk, createSimDisk, failNext, listSimFiles, simFile } from "../../../src/sim/disk.ts";
import {
  batch,
  contentOf,
  finish,
  flush,
  modelOf,
  openRig,
  type Rig,
  reopen,
  SMALL,
  settle,
  storeEach,
} from "./rig.ts";

const path = (number: number): string => `raft/wal/${String(number).padStart(16, "0")}.wal`;
const temporary = (number: number): string => path(number).replace(".wal", ".tmp");
const kinds = (requests: readonly DiskRequest[]): string[] => requests.map((each) => each.kind);
const writes = (rig: Rig): DiskRequest[] => rig.asked.filter((each) => each.kind === "write");
const opened = (config = SMALL): Rig => settle(openRig(createSimDisk(), config));
/** Entries of so many bytes each, from an index on. */
const entriesOf = (firstIndex: number, bytes: number, count: number = 1): Omit<StoreRequest, "token"> => ({
  entries: batch(
    firstIndex,
    ...Array.from({ length: count }, (_, n) => `${firstIndex + n}`.padEnd(bytes - 11, ".")),
  ),
});

describe("the first start", () => {
  test("says at once that there is nothing, then makes a first segment", () => {
    const rig = openRig(createSimDisk());
    expect(rig.asked).toEqual([{ kind: "list", folder: "raft/wal" }]);
    finish(rig);
    expect(rig.recovered).toEqual({
      type: "recovered",
      hardState: { term: 0, votedFor: "", identity: 0 },
      batches: [],
      compactedTo: 0,
      tornBytes: 0,
    });
    settle(rig);
    expect(rig.asked.slice(1)).toEqual([
      { kind: "create", file: temporary(1), size: 1024 },
      { kind: "rename", file: temporary(1), to: path(1) },
    ]);
  });

  test("a request that comes before the segment is ready waits for it", () => {
    const rig = openRig(createSimDisk());
    finish(rig);
    storeWal(rig.wal, { token: 1, hardState: { term: 1, votedFor: "a", identity: 0 } });
    flush(rig);
    expect(kinds(rig.asked)).toEqual(["list", "create"]);
    settle(rig);
    expect(kinds(rig.asked)).toEqual(["list", "create", "rename", "write"]);
    expect(rig.stored).toBe(1);
  });

  test("of two logs draws two salts, so that a file of one is no file of the other", () => {
    const [a, b] = ["a", "b"].map((seed) => settle(openRig(createSimDisk(), SMALL, seededChance(seed))));
    expect(a?.wal.salt).not.toBe(b?.wal.salt);
  });
});

describe("group commit", () => {
  test("one write is under way at a time, and all that queued meanwhile goes into the next", () => {
    const rig = opened();
    storeWal(rig.wal, { token: 1, ...entriesOf(1, 20) });
    flush(rig);
    for (let token = 2; token <= 5; token++) storeWal(rig.wal, { token, ...entriesOf(token, 20) });
    flush(rig);
    expect(writes(rig)).toHaveLength(1);
    expect(rig.stored).toBe(0);
    finish(rig);
    expect(rig.stored).toBe(1);
    expect(writes(rig)).toHaveLength(2);
    finish(rig);
    expect(rig.stored).toBe(5);
  });

  test("a write holds at most maxWriteBytes, but always a whole request", () => {
    const rig = opened({ ...SMALL, firstSegmentBytes: 4096, maxWriteBytes: 100 });
    storeWal(rig.wal, { token: 1, ...entriesOf(1, 200) });
    for (let token = 2; token <= 5; token++) storeWal(rig.wal, { token, ...entriesOf(token, 20) });
    const stored: number[] = [];
    flush(rig);
    while (rig.stored < 5) {
      finish(rig);
      stored.push(rig.stored);
    }
    expect(stored).toEqual([1, 3, 5]);
  });

  test("tokens may leave numbers out, and a request may ask for nothing", () => {
    const rig = opened();
    for (const token of [3, 7, 19]) storeWal(rig.wal, { token });
    settle(rig);
    expect(rig.stored).toBe(19);
    expect(reopen(rig.disk).recovered).toMatchObject({ batches: [], tornBytes: 0 });
  });
});

describe("segments", () => {
  test("the next one is made while there is still room, and writes go on meanwhile", () => {
    const rig = storeEach(opened(), entriesOf(1, 100));
    storeWal(rig.wal, { token: 2, ...entriesOf(2, 100) });
    flush(rig);
    finish(rig);
    expect(rig.pending.map(({ request }) => request)).toEqual([
      { kind: "create", file: temporary(2), size: 4096 },
    ]);
    storeWal(rig.wal, { token: 3, ...entriesOf(3, 100) });
    flush(rig);
    finish(rig, 1);
    expect(rig.stored).toBe(3);
    settle(rig);
    expect(listSimFiles(rig.disk)).toEqual([path(1), path(2)]);
  });

  test("each grows by four up to the configured size", () => {
    const rig = opened({ ...SMALL, firstSegmentBytes: 512, segmentBytes: 6000 });
    for (let index = 1; rig.wal.closed.length < 4; index++) storeEach(rig, entriesOf(index, 300));
    expect(listSimFiles(rig.disk).map((file) => simFile(rig.disk, file).length)).toEqual([
      512, 2048, 6000, 6000, 6000,
    ]);
  });

  test("a request larger than a segment gets one of its own size", () => {
    const rig = storeEach(opened(), entriesOf(1, 20), entriesOf(2, 20_000), entriesOf(3, 20));
    expect(rig.stored).toBe(3);
    expect(simFile(rig.disk, path(2)).length).toBe(20_480);
    const again = reopen(rig.disk);
    expect(again.recovered && contentOf(again.recovered).entries).toHaveLength(3);
    expect(again.failed).toBeUndefined();
  });

  test("a spare one that is too small is replaced, so that no number is left out", () => {
    const rig = storeEach(opened(), entriesOf(1, 400));
    expect(simFile(rig.disk, path(2)).length).toBe(4096);
    storeEach(rig, entriesOf(2, 9000));
    expect(simFile(rig.disk, path(2)).length).toBe(12_288);
    expect(reopen(rig.disk).recovered?.batches).toHaveLength(2);
  });

  test("a request fills the last byte of a segment", () => {
    const rig = opened();
    // Headers of segment and record, the preamble (16 + 24), the item's header and that of the batch.
    storeEach(rig, entriesOf(1, 1024 - 48 - 24 - 40 - 24));
    expect(rig.wal.current).toMatchObject({ number: 1, end: 1024 });
    storeEach(rig, entriesOf(2, 20));
    expect(reopen(rig.disk).recovered?.batches).toHaveLength(2);
  });

  test("term and vote outlive the segment that they were stored in", () => {
    const rig = storeEach(opened(), { hardState: { term: 8, votedFor: "me", identity: 0 } });
    for (let index = 1; rig.wal.closed.length < 3; index++) storeEach(rig, entriesOf(index, 300));
    storeEach(rig, { compactTo: rig.wal.asked.lastIndex });
    settle(rig);
    expect(listSimFiles(rig.disk)).not.toContain(path(3));
    expect(reopen(rig.disk).recovered).toMatchObject({
      hardState: { term: 8, votedFor: "me", identity: 0 },
      batches: [],
    });
  });
});

describe("compaction", () => {
  const filled = (): Rig => {
    const rig = opened({ ...SMALL, segmentBytes: 1024 });
    for (let index = 1; rig.wal.closed.length < 3; index++) storeEach(rig, entriesOf(index, 300));
    return rig;
  };

  test("removes whole segments, oldest first, one after the other", () => {
    const rig = filled();
    const before = rig.asked.length;
    const secondEnd = rig.wal.closed[1]?.lastIndex ?? 0;
    storeEach(rig, { compactTo: secondEnd });
    expect(rig.asked.slice(before).filter((each) => each.kind === "remove")).toEqual([
      { kind: "remove", file: path(1) },
      { kind: "remove", file: path(2) },
    ]);
    const again = reopen(rig.disk);
    expect(again.recovered).toMatchObject({ compactedTo: secondEnd });
    expect(again.recovered?.batches[0]?.firstIndex).toBe(secondEnd + 1);
  });

  test("leaves a segment alone that holds one entry more", () => {
    const rig = filled();
    storeEach(rig, { compactTo: (rig.wal.closed[0]?.lastIndex ?? 0) - 1 });
    expect(listSimFiles(rig.disk)).toContain(path(1));
    expect(reopen(rig.disk).recovered?.batches[0]?.firstIndex).toBe(rig.wal.closed[0]?.lastIndex);
  });

  test("cuts a batch that is compacted in part", () => {
    const rig = storeEach(opened(), { entries: batch(1, "a", "b", "c") }, { compactTo: 2 });
    const { recovered } = reopen(rig.disk);
    expect(recovered?.batches).toEqual([batch(3, "c")]);
  });

  test("past the last entry starts the log anew after a snapshot that came from the leader", () => {
    const rig = storeEach(
      opened(),
      { entries: batch(1, "a", "b") },
      { compactTo: 100 },
      { entries: batch(101, "z") },
    );
    expect(reopen(rig.disk).recovered).toMatchObject({ compactedTo: 100, batches: [batch(101, "z")] });
  });

  test("and the dropping of what does not fit the snapshot are one request", () => {
    const rig = storeEach(
      opened(),
      { entries: batch(1, "a", "b", "wrong", "wrong") },
      {
        hardState: { term: 5, votedFor: "", identity: 0 },
        compactTo: 2,
        entries: { firstIndex: 3, count: 0, bytes: new Uint8Array(0) },
      },
    );
    expect(reopen(rig.disk).recovered).toMatchObject({ hardState: { term: 5 }, compactedTo: 2, batches: [] });
  });
});

test("what is overwritten does not come back, not even in part", () => {
  const requests = [
    { entries: batch(1, "a", "b", "c", "d") },
    { entries: batch(5, "e") },
    { entries: batch(3, "C") },
    { entries: batch(4, "D", "E") },
    { entries: batch(5, "F") },
  ];
  const { recovered } = reopen(storeEach(opened(), ...requests).disk);
  expect(recovered && contentOf(recovered)).toEqual(modelOf(requests));
  expect(recovered?.batches).toEqual([batch(1, "a", "b"), batch(3, "C"), batch(4, "D"), batch(5, "F")]);
});

describe("errors of the disk", () => {
  const full = { code: "ENOSPC", detail: "write /data/raft/wal: no space left on device" };

  test.each([
    ["a write", "write"],
    ["the making of a segment", "create"],
    ["its renaming", "rename"],
    ["the removal of an old one", "remove"],
  ] as const)("in %s end the log for good", (_name, kind) => {
    const rig = storeEach(opened(), entriesOf(1, 20));
    failNext(rig.disk, kind, full);
    storeEach(rig, entriesOf(2, 300), entriesOf(3, 600), { compactTo: 3 });
    expect(rig.failed).toBe("the log cannot go on: write /data/raft/wal: no space left on device (ENOSPC)");
    const asked = rig.asked.length;
    const stored = rig.stored;
    storeWal(rig.wal, { token: 99, ...entriesOf(1, 20) });
    settle(rig);
    expect(rig.asked).toHaveLength(asked);
    expect(rig.stored).toBe(stored);
  });

  test.each(["list", "read"] as const)("in a %s on recovery are reported, nothing is changed", (kind) => {
    const { disk } = storeEach(opened(), entriesOf(1, 20));
    failNext(disk, kind, { code: "EIO", detail: "read /data/raft/wal: input/output error" });
    const rig = reopen(disk);
    expect(rig.failed).toBe("the log cannot go on: read /data/raft/wal: input/output error (EIO)");
    expect(rig.recovered).toBeUndefined();
    expect(kinds(rig.asked).filter((kind) => kind !== "list" && kind !== "read")).toEqual([]);
  });

  test("after a write that failed half-way the next start finds what was stored before", () => {
    const rig = storeEach(opened({ ...SMALL, firstSegmentBytes: 8192 }), entriesOf(1, 20));
    failNext(rig.disk, "write", { code: "EIO", detail: "write" }, { sectors: 2 });
    storeEach(rig, entriesOf(2, 3000));
    const again = reopen(rig.disk);
    expect(again.recovered).toMatchObject({ batches: [entriesOf(1, 20).entries] });
    expect(again.recovered?.tornBytes).toBeGreaterThan(500);
    storeEach(again, entriesOf(2, 30));
    expect(reopen(rig.disk).recovered).toMatchObject({ tornBytes: 0 });
  });
});

describe("answers of the disk", () => {
  test("to what was never asked, or that come twice, change nothing", () => {
    const out: WalEffect[] = [];
    const wal = createWal(SMALL, seededChance("stray"));
    const answer = (op: number, ok: boolean): void => {
      const error = { code: "EIO", detail: "stray" };
      const before = copyPlain(wal);
      const effects = out.length;
      stepWal(wal, { type: "disk-done", op, result: ok ? { ok } : { ok, error } }, out);
      expect(copyPlain(wal)).toEqual(before);
      expect(out).toHaveLength(effects);
    };
    // The log's own numbers are 8, 16, 24, …; those between are asked by other machines (core/agent).
    answer(8, false);
    startWal(wal, out);
    answer(16, false);
    stepWal(wal, { type: "disk-done", op: 8, result: { ok: true, files: [] } }, out);
    answer(8, false);
    flushWal(wal, out);
    for (const op of [16, 24]) stepWal(wal, { type: "disk-done", op, result: { ok: true } }, out);
    storeWal(wal, { token: 1, hardState: { term: 1, votedFor: "", identity: 0 } });
    flushWal(wal, out);
    for (const op of [0, -1, 24, 33, 40, Number.NaN]) answer(op, false);
    stepWal(wal, { type: "disk-done", op: 32, result: { ok: true } }, out);
    for (const op of [8, 16, 24, 32]) answer(op, true);
    expect(out.filter((each) => each.type === "stored")).toEqual([{ type: "stored", token: 1 }]);
  });

  test("in another order than asked are taken as they come", () => {
    const rig = storeEach(opened(), entriesOf(1, 250));
    storeWal(rig.wal, { token: 2, ...entriesOf(2, 30) });
    settle(rig);
    for (let token = 3; token < 40; token++) {
      storeWal(rig.wal, { token, ...entriesOf(token, 150) });
      flush(rig);
      finish(rig, rig.pending.length - 1);
    }
    settle(rig);
    expect(reopen(rig.disk).recovered?.batches).toHaveLength(39);
  });
});

describe("a start", () => {
  test("removes what is left of a segment that was never ready, and only that", () => {
    const { disk } = storeEach(opened(), entriesOf(1, 20));
    for (const file of [temporary(2), temporary(7), "raft/wal/notes.txt", "raft/wal/1.wal", "raft/other.tmp"])
      disk.files.set(file, new Uint8Array(100));
    const rig = reopen(disk);
    expect(rig.failed).toBeUndefined();
    expect(listSimFiles(disk)).toEqual(
      [path(1), "raft/other.tmp", "raft/wal/1.wal", "raft/wal/notes.txt"].sort(),
    );
  });

  test("after a crash in the very first write begins anew", () => {
    for (let seed = 0; seed < 40; seed++) {
      const rig = opened({ ...SMALL, firstSegmentBytes: 8192 });
      storeWal(rig.wal, { token: 1, ...entriesOf(1, 3000) });
      flush(rig);
      crashDisk(rig.disk, seededChance(`first ${seed}`));
      const again = reopen(rig.disk);
      expect(again.failed).toBeUndefined();
      storeEach(
        again,
        ...(again.recovered?.batches.length === 0 ? [entriesOf(1, 20)] : []),
        entriesOf(2, 20),
      );
      expect(reopen(rig.disk).recovered?.batches).toHaveLength(2);
    }
  });

  test("of a hundred thousand entries hands them over as views, and reads every byte about once", () => {
    const config = { ...walConfig("raft/wal"), segmentBytes: 4 << 20 };
    const rig = opened(config);
    const data = "v".repeat(245);
    for (let index = 1; index <= 100_000; index += 100)
      storeWal(rig.wal, { token: index, entries: batch(index, ...Array.from({ length: 100 }, () => data)) });
    settle(rig);
    const again = reopen(rig.disk, config);
    expect(again.recovered?.batches.reduce((sum, { count }) => sum + count, 0)).toBe(100_000);
    const read = again.asked.reduce((sum, each) => sum + (each.kind === "read" ? each.length : 0), 0);
    const written = listSimFiles(rig.disk).reduce((sum, file) => sum + simFile(rig.disk, file).length, 0);
    expect(read / written).toBeLessThan(1.2);
    for (const { bytes } of again.recovered?.batches ?? [])
      expect(bytes.buffer.byteLength).toBeGreaterThan(bytes.length);
  });
});

describe("mistakes of the caller are ours", () => {
  test.each([
    ["a gap", { token: 2, entries: batch(3, "x") }, "entries leave no gap"],
    ["a token again", { token: 1 }, "tokens grow"],
    [
      "a wrong count",
      { token: 2, entries: { ...batch(2, "x"), count: 2 } },
      "a batch holds the entries that it announces",
    ],
    ["compaction going back", { token: 2, compactTo: 0 }, "compaction never goes back"],
    ["a compacted entry", { token: 2, entries: batch(1, "x") }, "compacted entries are never overwritten"],
  ])("%s", (_name, request, message) => {
    const rig = opened();
    storeWal(rig.wal, { token: 1, entries: batch(1, "a"), compactTo: 0 });
    settle(rig);
    if (message.includes("compact")) storeEach(rig, { compactTo: 1 });
    expect(() =>
      storeWal(rig.wal, { ...request, token: request.token + (message.includes("compact") ? 1 : 0) }),
    ).toThrow(message);
  });

  test("storing before the log is read", () => {
    expect(() => storeWal(createWal(SMALL, seededChance("early")), { token: 1 })).toThrow(
      "before the log has been read",
    );
  });
});
