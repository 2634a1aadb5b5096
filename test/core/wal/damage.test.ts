// Damage is never taken for a crash: either nothing that was stored is missing, or the log says where it is broken and
// leaves the disk as it is. And a crash is never taken for damage.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { concatBytes } from "../../../src/core/lib/bytes.ts";
import { copyPlain, equalPlain } from "../../../src/core/lib/plain.ts";
import type { WalConfig } from "../../../src/core/wal/config.ts";
import { SECTOR_BYTES } from "../../../src/core/wal/disk.ts";
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, writeUint32 } from "../../../src/core/wal/format.ts";
import type { EntryBatch, StoreRequest } from "../../../src/core/wal/ports.ts";
import { encodeRecord } from "../../../src/core/wal/record.ts";
import { storeWal } from "../../../src/core/wal/wal.ts";
import {
  createSimDisk,
  fillSector,
  flipBits,
  listSimFiles,
  misdirectSector,
  type SimDisk,
  simFile,
} from "../../../src/sim/disk.ts";
import {
  batch,
  batchOf,
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

const FIRST = "raft/wal/0000000000000001.wal";
const SECOND = "raft/wal/0000000000000002.wal";
const THIRD = "raft/wal/0000000000000003.wal";
const CONFIG: WalConfig = { ...SMALL, segmentBytes: 2048 };

/** Twelve requests that fill one segment and most of the next, with a third made ahead; no zeros in what they say. */
const REQUESTS: readonly Omit<StoreRequest, "token">[] = [
  { hardState: { term: 7, votedFor: "server-a", identity: 0 } },
  ...Array.from({ length: 11 }, (_, n) => ({ entries: batch(n + 1, `${n + 1}:`.padEnd(150, "abcdefg")) })),
];

const filled = (): Rig => storeEach(openRig(createSimDisk(), CONFIG), ...REQUESTS);

/** Offsets of the records of a segment. */
function recordsOf(disk: SimDisk, file: string): number[] {
  const view = new DataView(simFile(disk, file).buffer);
  const offsets: number[] = [];
  let at = SEGMENT_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= view.byteLength && view.getUint32(at, true) !== 0) {
    offsets.push(at);
    at += Math.ceil((RECORD_HEADER_BYTES + view.getUint32(at + 4, true)) / 8) * 8;
  }
  return offsets;
}

const middle = (disk: SimDisk): number => recordsOf(disk, SECOND)[2] ?? 0;
const last = (disk: SimDisk): number => recordsOf(disk, SECOND).at(-1) ?? 0;
const zero = (disk: SimDisk, file: string, from: number, to?: number): void => {
  simFile(disk, file).fill(0, from, to);
};

test("the log that is damaged here has two segments with records and one made ahead", () => {
  const { disk, wal } = filled();
  expect(listSimFiles(disk)).toEqual([FIRST, SECOND, THIRD]);
  expect(wal.current?.number).toBe(2);
  expect(recordsOf(disk, SECOND).length).toBeGreaterThan(5);
  const { recovered } = reopen(disk, CONFIG);
  expect(recovered && contentOf(recovered)).toEqual(modelOf(REQUESTS));
});

interface Case {
  readonly harm: (disk: SimDisk) => void;
  /** What the reason must say. */
  readonly says: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  "a bit of a record in the middle": {
    harm: (disk) => flipBits(disk, SECOND, middle(disk) + 60, 4),
    says: /2\.wal, byte 528: record 8 has a wrong checksum, but record 9 stands behind it, at byte 744\./,
  },
  "a bit of a record's header in the middle": {
    harm: (disk) => flipBits(disk, SECOND, middle(disk) + 17, 1),
    says: /2\.wal, byte 528: record 8 has a broken header, but record 9 stands behind it, at byte 744\./,
  },
  "a length that lies: shorter": {
    harm: (disk) => writeUint32(simFile(disk, SECOND), middle(disk) + 4, 8),
    says: /record 8 has a broken header, but record 9 stands behind it/,
  },
  "a length that lies: past the end of the file": {
    harm: (disk) => writeUint32(simFile(disk, SECOND), middle(disk) + 4, 0x7fffffff),
    says: /record 8 has a broken header, but record 9 stands behind it/,
  },
  "a record's header gone in the middle": {
    harm: (disk) => zero(disk, SECOND, middle(disk), middle(disk) + RECORD_HEADER_BYTES),
    says: /record 8 is missing, but record 9 stands behind it/,
  },
  "a bit of the last record, which no crash can turn": {
    harm: (disk) => flipBits(disk, SECOND, last(disk) + 60, 4),
    says: /record 12 has a wrong checksum, but not because a write was interrupted/,
  },
  "a bit of the last record's header": {
    harm: (disk) => flipBits(disk, SECOND, last(disk) + 9, 4),
    says: /record 12 has a broken header, but not because a write was interrupted/,
  },
  "a bit in a segment before the last": {
    harm: (disk) => flipBits(disk, FIRST, 200, 4),
    says: /1\.wal, byte 136: record 2 has a wrong checksum, but the next segment goes on with record 6\./,
  },
  "the last record of a segment before the last gone": {
    harm: (disk) => zero(disk, FIRST, recordsOf(disk, FIRST).at(-1) ?? 0),
    says: /1\.wal, byte \d+: record 5 is missing, but the next segment goes on with record 6\./,
  },
  "a bit of a segment's header": {
    harm: (disk) => flipBits(disk, SECOND, 41, 1),
    says: /2\.wal, byte 0: the segment's header has a wrong checksum\./,
  },
  "a segment's header overwritten": {
    harm: (disk) => void simFile(disk, FIRST).fill(0x58, 0, SEGMENT_HEADER_BYTES),
    says: /1\.wal, byte 0: this is no segment of a log\./,
  },
  "the first sector of the last used segment gone": {
    harm: (disk) => fillSector(disk, SECOND, 0, 0),
    says: /2\.wal, byte 0: the segment's header is missing, but segments follow\./,
  },
  "the same with no segment behind it": {
    harm(disk) {
      fillSector(disk, SECOND, 0, 0);
      disk.files.delete(THIRD);
    },
    says: /2\.wal, byte 0: the segment's header is missing, but record 8 stands behind it, at byte 528\./,
  },
  "the first sector of the only segment gone": {
    harm(disk) {
      fillSector(disk, FIRST, 0, 0);
      disk.files.delete(SECOND);
      disk.files.delete(THIRD);
    },
    says: /1\.wal, byte 0: the segment's header is missing, but record \d+ stands behind it/,
  },
  "a segment's header without a record": {
    harm: (disk) => zero(disk, SECOND, SEGMENT_HEADER_BYTES),
    says: /2\.wal, byte 48: record 6 is missing, but the segment's header was written together with it\./,
  },
  "a segment missing in the middle": {
    harm: (disk) => void disk.files.delete(SECOND),
    says: /3\.wal, byte 0: segment 2, which should come before, is missing\./,
  },
  "the first segment missing": {
    harm: (disk) => void disk.files.delete(FIRST),
    says: /2\.wal, byte 0: the log begins here, but entries 1–4 stood in segments before it\./,
  },
  "a segment under the name of another": {
    harm: (disk) => void disk.files.set(FIRST, simFile(disk, SECOND).slice()),
    says: /1\.wal, byte 0: this is segment 2 under another name\./,
  },
  "a segment of another log": {
    harm(disk) {
      const chance = { ...openRig(createSimDisk()).wal.chance, choose: () => 77 };
      const other = storeEach(openRig(createSimDisk(), CONFIG, chance), ...REQUESTS);
      disk.files.set(SECOND, simFile(other.disk, SECOND));
    },
    says: /2\.wal, byte 0: the segment belongs to another log\./,
  },
  "an older copy of a segment": {
    harm(disk) {
      const younger = storeEach(openRig(createSimDisk(), CONFIG), ...REQUESTS.slice(0, 3));
      disk.files.set(FIRST, simFile(younger.disk, FIRST));
    },
    says: /1\.wal, byte \d+: record 4 is missing, but the next segment goes on with record 6\./,
  },
  "a file cut short": {
    harm: (disk) => void disk.files.set(SECOND, simFile(disk, SECOND).slice(0, 1200)),
    says: /2\.wal, byte 0: the file has 1200 bytes, but was made with 2048\./,
  },
  "a file cut to nothing": {
    harm: (disk) => void disk.files.set(THIRD, new Uint8Array(0)),
    says: /3\.wal, byte 0: the file has only 0 bytes\./,
  },
  "bytes both behind the last record and in the segment made ahead": {
    harm(disk) {
      simFile(disk, SECOND).fill(1, 1990);
      simFile(disk, THIRD).fill(1, 600);
    },
    says: /2\.wal, byte \d+: record 13 is missing, but the next segment is not empty either\./,
  },
  "bytes behind the end of a last record that was not written whole": {
    harm(disk) {
      const at = last(disk);
      zero(disk, SECOND, Math.ceil(at / SECTOR_BYTES) * SECTOR_BYTES, at + 300);
      simFile(disk, SECOND)[2000] = 1;
    },
    says: /2\.wal, byte \d+: record 12 /,
  },
  "a sector in the place of another": {
    harm: (disk) => misdirectSector(disk, SECOND, 1, 2),
    says: /2\.wal, byte \d+: record \d+ has a (wrong checksum|broken header)/,
  },
  "the last record again behind itself": {
    harm(disk) {
      const at = last(disk);
      simFile(disk, SECOND).copyWithin(2 * at - (recordsOf(disk, SECOND).at(-2) ?? 0), at, 2048);
    },
    says: /2\.wal, byte \d+: record 12 stands in the place of record 13\./,
  },
};

describe("refused, with the place and what was found there, and nothing on the disk is changed:", () => {
  test.each(Object.entries(CASES))("%s", (_name, { harm, says }) => {
    const { disk } = filled();
    harm(disk);
    const before = copyPlain(disk.files);
    const rig = reopen(disk, CONFIG);
    expect(rig.failed).toMatch(says);
    expect(rig.recovered).toBeUndefined();
    expect(disk.files).toEqual(before);
  });

  test("a file that ends earlier than the folder says", () => {
    const { disk } = filled();
    const rig = openRig(disk, CONFIG);
    finish(rig);
    disk.files.set(FIRST, simFile(disk, FIRST).slice(0, 300));
    settle(rig);
    expect(rig.failed).toMatch(
      /1\.wal, byte 300: the file ends here, before the length that it was listed with\./,
    );
  });
});

/** A log with one more write under way, through which all sectors came but those counted here from its first. */
function tornBy(entries: EntryBatch, lost: (sector: number) => boolean, start: () => Rig = filled): SimDisk {
  const rig = start();
  storeWal(rig.wal, { token: 99, entries });
  flush(rig);
  const place = rig.pending.findIndex(({ request }) => request.kind === "write");
  const write = rig.pending[place]?.request;
  if (write?.kind !== "write") throw new Error("the write is under way");
  const before = simFile(rig.disk, write.file).slice();
  finish(rig, place);
  const first = Math.floor(write.offset / SECTOR_BYTES);
  const sectors = before.length / SECTOR_BYTES - first;
  for (let sector = 0; sector < sectors; sector++) {
    const at = (first + sector) * SECTOR_BYTES;
    if (lost(sector)) simFile(rig.disk, write.file).set(before.subarray(at, at + SECTOR_BYTES), at);
  }
  return rig.disk;
}

describe("a write that a crash interrupted is cut off", () => {
  /** Into a segment with room, or (the entries being too large for what is left) as the first of the next. */
  const places = [
    [
      "in the middle of a segment",
      1400,
      (): Rig => storeEach(openRig(createSimDisk()), ...REQUESTS.slice(0, 6)),
    ],
    ["as the first of a segment", 1700, filled],
  ] as const;
  const losses: readonly (readonly [string, (sector: number) => boolean])[] = [
    ["its first sector is lost", (sector) => sector === 0],
    ["its second sector is lost", (sector) => sector === 1],
    ["its last sectors are lost", (sector) => sector > 1],
    ["every other sector is lost", (sector) => sector % 2 === 0],
    ["only its last sectors came through", (sector) => sector < 2],
  ];
  const all = places.flatMap(([place, bytes, start]) =>
    losses.map(([loss, lost]) => [place, loss, bytes, start, lost] as const),
  );

  test.each(all)("%s, when %s", (_place, _loss, bytes, start, lost) => {
    const { config, asked } = start().wal;
    const disk = tornBy(batch(asked.lastIndex + 1, "y".repeat(bytes)), lost, start);
    const rig = reopen(disk, config);
    expect(rig.failed).toBeUndefined();
    expect(rig.recovered?.tornBytes).toBeGreaterThan(0);
    expect(rig.recovered && contentOf(rig.recovered)).toEqual(
      modelOf(REQUESTS.slice(0, asked.lastIndex + 1)),
    );
    storeEach(rig, { entries: batch(asked.lastIndex + 1, "instead") });
    const again = reopen(disk, config).recovered;
    expect(again?.tornBytes).toBe(0);
    expect(again && contentOf(again).entries).toHaveLength(asked.lastIndex + 1);
  });

  test("also when what it carried looks like later records", () => {
    const forged = encodeRecord(20, [{ kind: "bounds", compactedTo: 0, lastIndex: 9 }], 0, undefined);
    // One byte between them, so that they stand at every distance from a multiple of eight.
    const copies = Array.from({ length: 20 }, () => [...forged.parts, Uint8Array.of(1)]).flat();
    const rig = reopen(
      tornBy(batchOf(12, concatBytes(copies)), (sector) => sector === 0),
      CONFIG,
    );
    expect(rig.failed).toBeUndefined();
    expect(rig.recovered?.tornBytes).toBeGreaterThan(500);
  });
});

type Harm = (disk: SimDisk) => void;

const used = fc.constantFrom(FIRST, SECOND);
const randomHarm: fc.Arbitrary<Harm> = fc.oneof(
  fc.tuple(used, fc.nat(1023), fc.integer({ min: 1, max: 255 })).map(
    ([file, offset, mask]): Harm =>
      (disk) =>
        flipBits(disk, file, offset, mask),
  ),
  fc.tuple(used, fc.nat(3), fc.constantFrom(0, 255)).map(
    ([file, sector, fill]): Harm =>
      (disk) =>
        fillSector(disk, file, sector, fill),
  ),
  fc.tuple(used, fc.nat(3), fc.nat(3)).map(
    ([file, from, to]): Harm =>
      (disk) =>
        misdirectSector(disk, file, from, to),
  ),
);
/** Cut short by so many bytes. */
const shortened = fc.tuple(used, fc.nat(1000)).map(
  ([file, bytes]): Harm =>
    (disk) =>
      void disk.files.set(file, simFile(disk, file).slice(0, -bytes || undefined)),
);

/** Whether some sector's share of `bytes[from, to)` holds only zeros. */
function hasLostSector(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at = (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES) {
    const end = Math.min(to, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    if (bytes.subarray(at, end).every((byte) => byte === 0)) return true;
  }
  return false;
}

/**
 * Whether damage went unnoticed. Only what reads exactly like a write that never ended may be cut off: a record of
 * which a sector was lost, with nothing but zeros behind it.
 */
function isDeceived(harms: readonly Harm[], config: WalConfig): boolean {
  const { disk, wal } = filled();
  const records = recordsOf(disk, SECOND);
  const inFirst = recordsOf(disk, FIRST).length;
  for (const harm of harms) harm(disk);
  const damaged = copyPlain(disk.files);
  const { recovered, failed } = reopen(disk, config);
  if (recovered === undefined) return failed === undefined || !equalPlain(disk.files, damaged);
  const content = contentOf(recovered);
  if (equalPlain(content, modelOf(REQUESTS))) return false;
  const second = must(damaged.get(SECOND), "there is a second segment");
  return !records.some((at, n) => {
    const end = records[n + 1] ?? wal.current?.end ?? 0;
    const cut = hasLostSector(second, at, end) && second.subarray(end).every((byte) => byte === 0);
    return cut && equalPlain(content, modelOf(REQUESTS.slice(0, inFirst + n)));
  });
}

describe("random damage", () => {
  const harms = fc
    .tuple(
      fc.array(randomHarm, { minLength: 1, maxLength: 3 }),
      fc.option(shortened, { freq: 9, nil: undefined }),
    )
    .map(([each, last]) => (last === undefined ? each : [...each, last]));

  test("never makes the log forget or invent anything in silence", () => {
    fc.assert(
      fc.property(harms, (each) => {
        expect(isDeceived(each, CONFIG)).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });

  test.each(["wal-drops-after-bad-middle", "wal-accepts-torn-tail"])(
    "the planted bug %s is found",
    (planted) => {
      const silent = fc.property(harms, (each) => !isDeceived(each, { ...CONFIG, planted }));
      expect(fc.check(silent, { numRuns: 300, seed: 1, endOnFailure: true }).failed).toBe(true);
    },
  );

  test("of files that were never a log is an answer too", () => {
    const file = fc.uint8Array({ minLength: 60, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(file, { minLength: 1, maxLength: 3 }), (files) => {
        const disk = createSimDisk();
        files.forEach((bytes, n) => void disk.files.set([FIRST, SECOND, THIRD][n] ?? "", bytes));
        expect(reopen(disk).failed).toMatch(/is no segment of a log|has only|is missing/);
      }),
    );
  });
});
