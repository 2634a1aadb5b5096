// What a snapshot costs, on real files: a store of many keys is taken, loaded as at a start, and sent to another keeper in
// pieces. Told are the seconds, and the longest single step of the machine: for so long the agent answers nobody.
//
//   npx tsx scripts/bench-snapshot.ts [--keys 1000000] [--value-bytes 64] [--rounds 3] [--dir DIR]

import { mkdtempSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { closeFiles, type Files, openFiles, performDisk } from "../src/adapters/storage/files.ts";
import { must } from "../src/core/lib/assert.ts";
import { utf8 } from "../src/core/lib/bytes.ts";
import { printDigest } from "../src/core/lib/digest.ts";
import { snapshotConfig } from "../src/core/snapshot/config.ts";
import type { SnapshotEffect, SnapshotMeta } from "../src/core/snapshot/ports.ts";
import {
  createSnapshots,
  readSnapshot,
  receiveChunk,
  startSnapshots,
  stepSnapshots,
  takeSnapshot,
} from "../src/core/snapshot/snapshots.ts";
import type { Snapshots } from "../src/core/snapshot/state.ts";
import { cloneStore } from "../src/core/store/snapshot.ts";
import { createStore, type Store } from "../src/core/store/store.ts";
import type { DiskInput } from "../src/core/wal/disk.ts";
import { readOptions } from "./options.ts";

const { values: options } = readOptions({
  options: {
    keys: { type: "string", default: "1000000" },
    "value-bytes": { type: "string", default: "64" },
    rounds: { type: "string", default: "3" },
    dir: { type: "string", default: "." },
  },
});

function storeOf(keys: number, valueBytes: number): Store {
  const store = createStore();
  const value = utf8("v".repeat(valueBytes));
  for (let n = 1; n <= keys; n++) {
    const key = utf8(`service/app-${n % 997}/instance-${n}`);
    store.kv.set(key, { key, value, flags: 0, session: "", lockIndex: 0, createIndex: n, modifyIndex: n });
  }
  store.tableIndexes.kv = keys;
  store.lastApplied = keys;
  return store;
}

type Said = Exclude<SnapshotEffect, { readonly type: "disk" }>;

/** A keeper with a directory of its own, and how long its steps take. */
class Keeper {
  readonly s: Snapshots = createSnapshots(snapshotConfig("raft/snapshots", true));
  /** Milliseconds of each step. */
  readonly steps: number[] = [];
  readonly #files: Files;
  #hear: (said: Said) => void = () => {};

  constructor(folder: string) {
    this.#files = openFiles(folder);
  }

  close(): void {
    closeFiles(this.#files);
  }

  step(act: (out: SnapshotEffect[]) => void): void {
    const out: SnapshotEffect[] = [];
    const began = performance.now();
    act(out);
    this.steps.push(performance.now() - began);
    for (const effect of out) {
      if (effect.type !== "disk") this.#hear(effect);
      else
        performDisk(this.#files, effect.request, (result) => {
          const input: DiskInput = { type: "disk-done", op: effect.op, result };
          this.step((next) => stepSnapshots(this.s, input, next));
        });
    }
  }

  /** Begins something, and waits until it says one of these. @throws when it says that it failed. */
  until<T extends Said["type"]>(
    types: readonly T[],
    act: (out: SnapshotEffect[]) => void,
  ): Promise<Extract<Said, { type: T }>> {
    return new Promise((done, fail) => {
      this.#hear = (said) => {
        if ((types as readonly string[]).includes(said.type)) done(said as Extract<Said, { type: T }>);
        else if (said.type.endsWith("-failed")) fail(new Error(JSON.stringify(said)));
      };
      this.step(act);
    });
  }
}

interface Row {
  readonly what: string;
  readonly seconds: number;
  readonly steps: readonly number[];
}

async function timed(what: string, keeper: Keeper, run: () => Promise<void>): Promise<Row> {
  keeper.steps.length = 0;
  const began = performance.now();
  await run();
  return { what, seconds: (performance.now() - began) / 1000, steps: [...keeper.steps] };
}

async function round(folder: string, store: Store): Promise<(Row & { readonly bytes: number })[]> {
  const servers = ["a", "b", "c"].map((id) => ({ id, address: "10.0.0.1:8300", voter: true, identity: 0 }));
  const meta: SnapshotMeta = { index: store.lastApplied, term: 1, configuration: { index: 1, servers } };
  const home = mkdtempSync(join(folder, "leader-"));
  const leader = new Keeper(home);
  await leader.until(["loaded"], (out) => startSnapshots(leader.s, out));
  const rows: Row[] = [];
  let bytes = 0;
  rows.push(
    await timed("take", leader, async () => {
      const taken = await leader.until(["taken"], (out) =>
        takeSnapshot(leader.s, meta, cloneStore(store), out),
      );
      bytes = taken.bytes;
    }),
  );
  const follower = new Keeper(mkdtempSync(join(folder, "follower-")));
  await follower.until(["loaded"], (out) => startSnapshots(follower.s, out));
  const check = (found: Store): void => {
    if (found.kv.size !== store.kv.size || printDigest(found.digest) !== printDigest(store.digest))
      throw new Error("it is another store");
  };
  rows.push(
    await timed("receive", follower, async () => {
      for (let offset = 0; ; ) {
        const { chunk } = await leader.until(["read"], (out) =>
          readSnapshot(leader.s, { to: "f", index: 0, offset, length: 1 << 20 }, out),
        );
        const piece = must(chunk, "the snapshot can be read");
        const last = piece.offset + piece.data.length === bytes;
        const said = await follower.until(last ? ["received"] : ["progress"], (out) =>
          receiveChunk(follower.s, piece, out),
        );
        if (said.type === "received") return check(said.store);
        offset = said.received;
      }
    }),
  );
  const again = new Keeper(home);
  rows.push(
    await timed("load", again, async () => {
      const { snapshot } = await again.until(["loaded"], (out) => startSnapshots(again.s, out));
      check(must(snapshot, "it is loaded").store);
    }),
  );
  for (const keeper of [leader, follower, again]) keeper.close();
  return rows.map((row) => ({ ...row, bytes }));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
}

async function main(): Promise<void> {
  const keys = Number(options.keys);
  const store = storeOf(keys, Number(options["value-bytes"]));
  const rows: (Row & { readonly bytes: number })[] = [];
  for (let n = 0; n < Number(options.rounds); n++) {
    const folder = mkdtempSync(join(options.dir, "bench-snapshot-"));
    try {
      rows.push(...(await round(folder, store)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const megabytes = ((rows[0]?.bytes ?? 0) / 1e6).toFixed(0);
  console.log(
    `${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}; ${keys.toLocaleString("en")} keys with values of ` +
      `${options["value-bytes"]} bytes, ${megabytes} MB; median of ${options.rounds} rounds, steps of all rounds\n`,
  );
  console.log("| what | seconds | steps | median step, ms | p99, ms | longest, ms |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  for (const what of ["take", "receive", "load"]) {
    const those = rows.filter((row) => row.what === what);
    const steps = those.flatMap((row) => row.steps);
    const seconds = quantile(
      those.map((row) => row.seconds),
      0.5,
    );
    const ms = [0.5, 0.99, 1].map((share) => quantile(steps, share).toFixed(1));
    console.log(`| ${[what, seconds.toFixed(2), steps.length, ...ms].join(" | ")} |`);
  }
}

await main();
