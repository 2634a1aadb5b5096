// Saving the state of a server with many keys as an archive, and restoring it in place: how long each takes, and how long
// the slowest of the small reads was that another client asked for meanwhile.

import type { Bench } from "./bench.ts";
import { withBoth } from "./cluster.ts";
import { type Better, compare, inTurn, type Pair, valuesOf } from "./compare.ts";
import { call, pause } from "./http.ts";
import { keyName } from "./placeholders.ts";
import { amount } from "./report.ts";
import type { Server } from "./server.ts";
import { fill } from "./start.ts";

const READ_EVERY_MS = 5;

export async function runArchive(bench: Bench): Promise<void> {
  await bench.attempt("archives", () => runSaveAndRestore(bench));
}

interface Measured {
  readonly saveMs: number;
  readonly restoreMs: number;
  /** Slowest reads meanwhile. */
  readonly saveReadMs: number;
  readonly restoreReadMs: number;
  readonly bytes: number;
}

async function runSaveAndRestore(bench: Bench): Promise<void> {
  const { products, folder, effort } = bench;
  const { manyKeys, restartPairs } = effort;
  const plan = { kind: "durable", servers: 1, raftMultiplier: 1, serverCpus: undefined, folder } as const;
  await withBoth(
    (side) => ({ ...plan, product: products[side] }),
    async (clusters) => {
      for (const servers of [clusters.candidate, clusters.yardstick]) await fill(servers, manyKeys);
      const pairs = await inTurn(restartPairs, (side) => measure(clusters[side][0] as Server));
      const where = `durable, ${manyKeys.toLocaleString("en")} keys`;
      const row = (workload: string, ms: keyof Measured, readMs: keyof Measured): void => {
        bench.report({
          workload,
          where,
          unit: "ms",
          ...medians(pairs, ms, "less"),
          bar: 2,
          pairs: pairs.length,
          more: {
            "slowest read meanwhile": both(pairs, readMs, (value) => amount(value, "ms")),
            archive: both(pairs, "bytes", (value) => amount(value / 2 ** 20, "MiB")),
          },
          noisy: false,
        });
      };
      row("GET /v1/snapshot", "saveMs", "saveReadMs");
      row("PUT /v1/snapshot", "restoreMs", "restoreReadMs");
    },
  );
}

function medians(
  pairs: readonly Pair<Measured>[],
  key: keyof Measured,
  better: Better,
): ReturnType<typeof compare> {
  return compare(
    valuesOf(pairs, (each) => each[key]),
    better,
  );
}

function both(
  pairs: readonly Pair<Measured>[],
  key: keyof Measured,
  show: (value: number) => string,
): readonly [string, string] {
  const { candidate, yardstick } = medians(pairs, key, "less");
  return [show(candidate), show(yardstick)];
}

async function measure(server: Server): Promise<Measured> {
  const url = `http://${server.ip}:${server.port}/v1/snapshot`;
  const saved = await whileReading(server, async () => {
    const answer = await fetch(url);
    if (answer.status !== 200)
      throw new Error(`${server.name}: GET /v1/snapshot: ${answer.status} ${await answer.text()}`);
    return new Uint8Array(await answer.arrayBuffer());
  });
  const restored = await whileReading(server, async () => {
    const answer = await fetch(url, { method: "PUT", body: saved.result });
    if (answer.status !== 200)
      throw new Error(`${server.name}: PUT /v1/snapshot: ${answer.status} ${await answer.text()}`);
  });
  return {
    saveMs: saved.ms,
    restoreMs: restored.ms,
    saveReadMs: saved.slowestMs,
    restoreReadMs: restored.slowestMs,
    bytes: saved.result.length,
  };
}

/** Does something, and reads one key after the other until it is done. */
async function whileReading<T>(
  server: Server,
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly ms: number; readonly slowestMs: number }> {
  let done = false;
  const reading = (async () => {
    let slowest = 0;
    while (!done) {
      const began = performance.now();
      await call(server, "GET", `/v1/kv/${keyName(0)}`);
      slowest = Math.max(slowest, performance.now() - began);
      await pause(READ_EVERY_MS);
    }
    return slowest;
  })();
  const began = performance.now();
  try {
    const result = await act();
    const ms = performance.now() - began;
    done = true;
    return { result, ms, slowestMs: await reading };
  } finally {
    done = true;
  }
}
