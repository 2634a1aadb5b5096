import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeServers } from "../../../src/core/raft/configuration.ts";
import {
  entryDataLength,
  entryKind,
  entryOffsets,
  entryTerm,
  writeEntry,
} from "../../../src/core/raft/entry.ts";
import {
  appendEncoded,
  appendEntry,
  bytesAfter,
  createLog,
  entryAt,
  isUpToDate,
  lastIndexUpToTerm,
  lastTerm,
  latestConfiguration,
  type RaftLog,
  rangeFrom,
  termAt,
  truncateFrom,
} from "../../../src/core/raft/log.ts";

interface Entry {
  readonly term: number;
  readonly data: Uint8Array;
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("append" as const), size: fc.oneof(fc.nat(40), fc.nat(6000)) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("newer" as const), by: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut" as const), at: fc.nat(1000) }) },
);

/** The log and a plain array that went through the same. */
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function play(steps: readonly Step[]): { log: RaftLog; model: Entry[] } {
  const log = createLog();
  const model: Entry[] = [];
  let term = 1;
  steps.forEach((each, at) => {
    if (each.do === "newer") term += each.by;
    else if (each.do === "append") {
      const data = new Uint8Array(each.size).fill(at);
      expect(appendEntry(log, "command", term, data)).toBe(model.length + 1);
      model.push({ term, data });
    } else if (model.length > 0) {
      const index = (each.at % model.length) + 1;
      truncateFrom(log, index);
      model.length = index - 1;
      term = Math.max(term, model.at(-1)?.term ?? 0);
    }
  });
  return { log, model };
}

describe("the log is an array of entries", () => {
  test("every entry, its term and the last ones", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { log, model } = play(steps);
        expect(log.lastIndex).toBe(model.length);
        expect(lastTerm(log)).toBe(model.at(-1)?.term ?? 0);
        expect(termAt(log, 0)).toBe(0);
        expect(termAt(log, model.length + 1)).toBeUndefined();
        model.forEach(({ term, data }, at) => {
          expect(termAt(log, at + 1)).toBe(term);
          expect(entryAt(log, at + 1)).toEqual({ index: at + 1, term, kind: "command", data });
        });
      }),
    );
  });

  test("ranges joined one after the other are the whole, each within its limit or one entry long", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 9000 }), (steps, limit) => {
        const { log, model } = play(steps);
        const copy = createLog();
        let next = 1;
        while (next <= log.lastIndex) {
          const range = rangeFrom(log, next, log.lastIndex, limit);
          expect(range.bytes.length <= limit || range.count === 1).toBe(true);
          for (const offset of entryOffsets(range.bytes) ?? []) appendEncoded(copy, range.bytes, offset);
          next += range.count;
          expect(copy.lastIndex).toBe(next - 1);
        }
        for (let index = 1; index <= model.length; index++)
          expect(entryAt(copy, index)).toEqual(entryAt(log, index));
      }),
    );
  });

  test("the bytes after an index are those of the entries after it", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(50), (steps, index) => {
        const { log, model } = play(steps);
        const expected = model.slice(index).reduce((sum, { data }) => sum + data.length + 11, 0);
        expect(bytesAfter(log, index)).toBe(expected);
      }),
    );
  });

  test("the highest index up to a term is what a search from the end finds", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(45), fc.nat(12), (steps, index, term) => {
        const { log, model } = play(steps);
        let expected = Math.min(index, model.length);
        while (expected > 0 && (model[expected - 1]?.term ?? 0) > term) expected--;
        expect(lastIndexUpToTerm(log, index, term)).toBe(expected);
      }),
    );
  });

  test("a view taken before a truncation keeps its bytes, whatever is appended after", () => {
    const log = createLog();
    for (let at = 1; at <= 3; at++) appendEntry(log, "command", 1, Uint8Array.of(at, at, at));
    const { bytes } = rangeFrom(log, 1, 3, 1000);
    const before = bytes.slice();
    truncateFrom(log, 2);
    appendEntry(log, "command", 2, Uint8Array.of(9, 9, 9));
    expect(bytes).toEqual(before);
  });
});

describe("configurations are in force while their entry is in the log", () => {
  const servers = [{ id: "a", address: "10.0.0.1:8300", voter: true, identity: 0 }];
  test("appended, then cut off again", () => {
    const log = createLog();
    expect(latestConfiguration(log)).toEqual({ index: 0, servers: [] });
    appendEntry(log, "configuration", 1, encodeServers(servers));
    appendEntry(log, "no-op", 1, new Uint8Array(0));
    expect(latestConfiguration(log)).toEqual({ index: 1, servers });
    truncateFrom(log, 2);
    expect(latestConfiguration(log)).toEqual({ index: 1, servers });
    truncateFrom(log, 1);
    expect(latestConfiguration(log)).toEqual({ index: 0, servers: [] });
  });

  test("one that can't be read leaves the one before in force", () => {
    const log = createLog();
    appendEntry(log, "configuration", 1, encodeServers(servers));
    appendEntry(log, "configuration", 1, new TextEncoder().encode('[{"id":7}]'));
    expect(latestConfiguration(log).index).toBe(1);
  });
});

test.each([
  ["a later term", 5, 1, true],
  ["the same term, longer", 3, 9, true],
  ["the same end", 3, 2, true],
  ["the same term, shorter", 3, 1, false],
  ["an earlier term, much longer", 2, 99, false],
])("up to date (§5.4.1): %s", (_name, term, index, expected) => {
  const log = createLog();
  appendEntry(log, "command", 1, new Uint8Array(0));
  appendEntry(log, "command", 3, new Uint8Array(0));
  expect(isUpToDate(log, term, index)).toBe(expected);
});

describe("an entry's bytes", () => {
  test("round trip, terms past 32 bits included", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 50 }),
        fc.integer({ min: 1, max: 2 ** 48 - 1 }),
        (data, term) => {
          const bytes = new Uint8Array(11 + data.length);
          writeEntry(bytes, 0, "configuration", term, data);
          expect(entryKind(bytes, 0)).toBe("configuration");
          expect(entryTerm(bytes, 0)).toBe(term);
          expect(entryDataLength(bytes, 0)).toBe(data.length);
          expect(entryOffsets(bytes)).toEqual([0]);
        },
      ),
    );
  });

  test("are golden: they are on disks", () => {
    const bytes = new Uint8Array(14);
    writeEntry(bytes, 0, "no-op", 0x0102030405, Uint8Array.of(7, 8, 9));
    expect([...bytes]).toEqual([3, 0, 0, 0, 1, 5, 4, 3, 2, 1, 0, 7, 8, 9]);
  });

  test("that are cut short, or of an unknown kind, are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const offsets = entryOffsets(bytes);
        if (offsets !== undefined) expect(bytes.length === 0 || offsets.length > 0).toBe(true);
      }),
    );
    expect(entryOffsets(Uint8Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0))).toBeUndefined();
    expect(entryOffsets(Uint8Array.of(0, 0, 0, 0, 9, 1, 0, 0, 0, 0, 0))).toBeUndefined();
  });
});
