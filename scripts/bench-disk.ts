// How long a durable append takes by each road from JavaScript to the disk, for choosing the one that the agent takes
// (src/adapters/storage/files.ts): all roads in turn within each round, medians over the rounds, idle and while the
// thread pool is busy compressing.
//
//   npx tsx scripts/bench-disk.ts [--dir DIR] [--rounds 5] [--appends 300] [--load-appends 60]

import {
  closeSync,
  constants,
  fdatasync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
  writev,
  writevSync,
} from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { gzip } from "node:zlib";
import { readOptions } from "./options.ts";

const { values: options } = readOptions({
  options: {
    dir: { type: "string", default: "." },
    rounds: { type: "string", default: "5" },
    appends: { type: "string", default: "300" },
    "load-appends": { type: "string", default: "60" },
  },
});

/** A record's header and what it carries, as the log hands them over. */
type Parts = readonly Uint8Array[];

interface Road {
  append(parts: Parts, offset: number): Promise<void>;
  close(): Promise<void>;
}

interface RoadKind {
  readonly name: string;
  open(path: string): Promise<Road>;
}

const { O_RDWR, O_DSYNC } = constants;

function open(path: string, flags: number): { fd: number; close: () => Promise<void> } {
  const fd = openSync(path, flags);
  return { fd, close: () => Promise.resolve(closeSync(fd)) };
}

const ROADS: readonly RoadKind[] = [
  {
    name: "a  pool, pwritev on O_DSYNC",
    open(path) {
      const { fd, close } = open(path, O_RDWR | O_DSYNC);
      const append = (parts: Parts, offset: number): Promise<void> =>
        new Promise((done, fail) => {
          writev(fd, parts, offset, (error) => (error === null ? done() : fail(error)));
        });
      return Promise.resolve({ append, close });
    },
  },
  {
    name: "b  pool, pwritev then fdatasync",
    open(path) {
      const { fd, close } = open(path, O_RDWR);
      const append = (parts: Parts, offset: number): Promise<void> =>
        new Promise((done, fail) => {
          writev(fd, parts, offset, (error) => {
            if (error !== null) return fail(error);
            fdatasync(fd, (syncError) => (syncError === null ? done() : fail(syncError)));
          });
        });
      return Promise.resolve({ append, close });
    },
  },
  {
    name: "c  main thread, pwritev on O_DSYNC",
    open(path) {
      const { fd, close } = open(path, O_RDWR | O_DSYNC);
      const append = (parts: Parts, offset: number): Promise<void> => {
        writevSync(fd, parts, offset);
        // To the event loop, as the agent would go: else nothing but this would ever run.
        return new Promise((done) => setImmediate(done));
      };
      return Promise.resolve({ append, close });
    },
  },
  {
    name: "d  worker thread, pwritev on O_DSYNC",
    open(path) {
      const worker = new Worker(WORKER, { eval: true, workerData: path });
      let answer: () => void = () => {};
      return new Promise((ready) => {
        worker.once("message", () => {
          worker.on("message", () => answer());
          ready({
            append: (parts, offset) =>
              new Promise((done) => {
                answer = done;
                worker.postMessage({ parts, offset });
              }),
            close: async () => void (await worker.terminate()),
          });
        });
      });
    },
  },
];

const WORKER = `
const { parentPort, workerData } = require("node:worker_threads");
const { openSync, writevSync, constants } = require("node:fs");
const fd = openSync(workerData, constants.O_RDWR | constants.O_DSYNC);
parentPort.on("message", ({ parts, offset }) => {
  writevSync(fd, parts, offset);
  parentPort.postMessage(0);
});
parentPort.postMessage(0);
`;

const SIZES = [
  { name: "1 x 256 B", bytes: 256 },
  { name: "64 x 256 B", bytes: 64 * 256 },
] as const;
const LAYOUTS = ["preallocated", "growing"] as const;

interface Sample {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((x, y) => x - y);
}

function makeFile(path: string, bytes: number): void {
  const fd = openSync(path, "w");
  const zeros = new Uint8Array(1 << 20);
  for (let at = 0; at < bytes; at += zeros.length)
    writeSync(fd, zeros, 0, Math.min(zeros.length, bytes - at), at);
  closeSync(fd);
}

/** Appends one after the other, and how long each took. */
async function measure(
  kind: RoadKind,
  path: string,
  preallocated: boolean,
  bytes: number,
  count: number,
): Promise<Sample> {
  makeFile(path, preallocated ? (bytes + 64) * (count + 10) : 0);
  const road = await kind.open(path);
  const parts = [new Uint8Array(48).fill(1), new Uint8Array(bytes - 48).fill(2)];
  const times: number[] = [];
  let offset = 0;
  for (let n = -10; n < count; n++) {
    const began = performance.now();
    await road.append(parts, offset);
    if (n >= 0) times.push(performance.now() - began);
    offset += bytes;
  }
  await road.close();
  const sum = times.reduce((total, each) => total + each, 0);
  const sorted = ascending(times);
  return {
    p50: quantile(sorted, 0.5) * 1000,
    p99: quantile(sorted, 0.99) * 1000,
    perSecond: (count * 1000) / sum,
  };
}

/** Keeps the four threads of the pool compressing until told to stop. */
function startLoad(): () => Promise<void> {
  const input = Buffer.from(Array.from({ length: 1 << 20 }, (_, n) => (n * n) & 63));
  let stopped = false;
  const job = (): Promise<void> =>
    new Promise((done) => {
      gzip(input, () => done());
    });
  const jobs = [0, 1, 2, 3].map(async () => {
    while (!stopped) await job();
  });
  return async () => {
    stopped = true;
    await Promise.all(jobs);
  };
}

function median(samples: readonly Sample[], field: keyof Sample): number {
  return quantile(ascending(samples.map((sample) => sample[field])), 0.5);
}

const folder = mkdtempSync(join(options.dir, "bench-disk-"));
const results = new Map<string, Sample[]>();
try {
  for (let round = 0; round < Number(options.rounds); round++)
    for (const load of ["idle", "4 gzip jobs"] as const)
      for (const size of SIZES)
        for (const layout of LAYOUTS)
          for (const kind of ROADS) {
            const stopLoad = load === "idle" ? undefined : startLoad();
            const count = Number(load === "idle" ? options.appends : options["load-appends"]);
            const sample = await measure(
              kind,
              join(folder, "file"),
              layout === "preallocated",
              size.bytes,
              count,
            );
            await stopLoad?.();
            const key = `${load.padEnd(12)} ${size.name.padEnd(11)} ${layout.padEnd(13)} ${kind.name}`;
            results.set(key, [...(results.get(key) ?? []), sample]);
          }
} finally {
  rmSync(folder, { recursive: true });
}

const column = (samples: readonly Sample[], field: keyof Sample): string =>
  median(samples, field).toFixed(0).padStart(11);
console.log(
  `${"pool         append      file          road".padEnd(76)}${["p50 us", "p99 us", "per second"].map((name) => name.padStart(11)).join("")}`,
);
for (const [key, samples] of results)
  console.log(
    `${key.padEnd(76)}${column(samples, "p50")}${column(samples, "p99")}${column(samples, "perSecond")}`,
  );
