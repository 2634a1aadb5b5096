import { describe, expect, test } from "vitest";
import { type Contents, createContents } from "../../../src/core/archive/contents.ts";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { copyPlain } from "../../../src/core/lib/plain.ts";
import { DEFAULT_AUTOPILOT } from "../../../src/core/model/autopilot.ts";
import type { Node } from "../../../src/core/model/catalog.ts";
import type { KvPair } from "../../../src/core/model/kv.ts";
import {
  createRestoreParts,
  type RestoreParts,
  rowCount,
  takeParts,
  takeRows,
} from "../../../src/core/service/restore-parts.ts";
import { apply, storeAt } from "../store/shelf.ts";

function pair(at: number, value: string): KvPair {
  const key = utf8(`key-${String(at).padStart(6, "0")}`);
  return { key, value: utf8(value), flags: 0, session: "", lockIndex: 0, createIndex: 1, modifyIndex: at };
}

function node(at: number): Node {
  const name = `node-${String(at).padStart(6, "0")}`;
  return {
    id: "",
    node: name,
    address: "10.0.0.1",
    datacenter: "dc1",
    taggedAddresses: null,
    meta: null,
    createIndex: 1,
    modifyIndex: at,
  };
}

/** As they would be read: some at a time, with the rest of the archive behind them. */
function gather(rows: Partial<Pick<Contents, "kv" | "nodes">>): {
  readonly parts: RestoreParts;
  readonly all: readonly Uint8Array[];
} {
  let parts = createRestoreParts();
  let contents = createContents();
  for (const table of ["kv", "nodes"] as const)
    for (const [at, row] of (rows[table] ?? []).entries()) {
      (contents[table] as unknown[]).push(row);
      takeRows(parts, contents);
      expect(contents[table]).toHaveLength(0);
      if (at % 1000 === 999) {
        parts = copyPlain(parts);
        contents = copyPlain(contents);
      }
    }
  contents.autopilot = { ...DEFAULT_AUTOPILOT, createIndex: 1, modifyIndex: 2 };
  contents.tableIndexes.set("kvs", 90_000);
  return { parts, all: takeParts(parts, contents) };
}

describe("an archive's rows on their way into the log", () => {
  test("make parts of bounded size that bring all of them back", () => {
    const kv = Array.from({ length: 5000 }, (_, at) => pair(at, "v".repeat(at % 300)));
    const nodes = Array.from({ length: 700 }, (_, at) => node(at));
    const { parts, all } = gather({ kv, nodes });
    expect(rowCount(parts, "kv")).toBe(5000);
    expect(rowCount(parts, "nodes")).toBe(700);
    expect(parts.highestIndex).toBe(90_000);
    for (const part of all) expect(part.length).toBeLessThan(300_000);
    // Pairs by their bytes, nodes by 256, and what there is one of.
    expect(all).toHaveLength(4 + 3 + 1);
    const store = storeAt(1);
    apply(store, { kind: "restore.begin", id: "r" });
    all.forEach((rows, at) => {
      apply(store, { kind: "restore.part", id: "r", part: at, rows });
    });
    apply(store, { kind: "restore.end", id: "r", parts: all.length, lastIndex: 1, tableIndexes: [] });
    expect(store.kv.valuesArray()).toEqual(kv);
    expect(store.nodes.valuesArray()).toEqual(nodes);
    expect(store.autopilot?.modifyIndex).toBe(2);
  });

  test("a row that is longer than a part is one of its own", () => {
    const { all } = gather({ kv: [pair(1, "x"), pair(2, "v".repeat(600_000)), pair(3, "y")] });
    expect(all.map(({ length }) => length > 600_000)).toEqual([true, false, false]);
  });
});
