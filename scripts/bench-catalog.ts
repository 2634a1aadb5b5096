// What the store's catalog costs with very many services: registering an instance, changing its health, asking for one
// service among thousands, waking its watchers and nobody else's, a clone, a snapshot, memory. In one process, without
// disk or network, the commands going through their bytes as in a log.
//
//   npx tsx scripts/bench-catalog.ts [--instances 100000] [--per-service 20] [--per-node 20] [--write]

import { join } from "node:path";
import type { CatalogRegister } from "../src/core/api/request.ts";
import { applyCommand } from "../src/core/store/apply.ts";
import { listHealth, listServices } from "../src/core/store/catalog-reads.ts";
import type { Command } from "../src/core/store/commands.ts";
import { cloneStore } from "../src/core/store/snapshot.ts";
import { createRowEncoder, encodeRows, isEncoded } from "../src/core/store/snapshot-codec.ts";
import { createStore, type Store, type Touched } from "../src/core/store/store.ts";
import { collectWoken, createWatches, watch } from "../src/core/store/watch.ts";
import { encodeCommand } from "../src/core/wire/command.ts";
import { readOptions } from "./options.ts";
import { replaceInPage } from "./report/page.ts";

const { values: options } = readOptions({
  options: {
    instances: { type: "string", default: "100000" },
    "per-service": { type: "string", default: "20" },
    "per-node": { type: "string", default: "20" },
    write: { type: "boolean", default: false },
  },
});
const instances = Number(options.instances);
const services = Math.ceil(instances / Number(options["per-service"]));
const nodes = Math.ceil(instances / Number(options["per-node"]));

const rows: string[] = [];
function tell(what: string, figure: string): void {
  rows.push(`| ${what} | ${figure} |`);
  console.log(`${what.padEnd(74)}${figure}`);
}

function apply(store: Store, command: Command): readonly Touched[] {
  const touched: Touched[] = [];
  const { lastApplied } = store;
  const outcome = applyCommand(
    store,
    lastApplied + 1,
    encodeCommand(command),
    { datacenter: "dc1" },
    touched,
  );
  if (!outcome.ok) throw new Error(outcome.error);
  return touched;
}

/** An instance with a check of its own, as an agent registers it. */
function registration(at: number, status = "passing"): CatalogRegister {
  const node = `node-${at % nodes}`;
  const id = `app-${at % services}-${at}`;
  const said = {
    notes: "",
    output: "HTTP GET http://10.0.0.1/health: 200 OK",
    type: "http",
    definition: null,
  };
  return {
    kind: "catalog.register",
    id: "",
    node,
    address: `10.${(at % nodes) >> 8}.${at % 256}.1`,
    taggedAddresses: null,
    meta: null,
    skipNodeUpdate: true,
    service: {
      kind: "",
      id,
      service: `app-${at % services}`,
      tags: ["v1", `zone-${at % 3}`],
      address: "",
      taggedAddresses: [],
      meta: [["version", "1.2.3"]],
      port: 8000 + (at % 1000),
      weights: { passing: 1, warning: 1 },
      enableTagOverride: false,
      connectNative: false,
      proxy: null,
    },
    checks: [
      {
        node,
        checkId: `service:${id}`,
        name: "health",
        status,
        serviceId: id,
        serviceName: "",
        serviceTags: [],
        ...said,
      },
    ],
  };
}

/** Processor time of each of so many calls, the garbage collector's included: others may use the machine. */
function each(times: number, act: (at: number) => void): string {
  const began = process.cpuUsage();
  for (let at = 0; at < times; at++) act(at);
  const { user, system } = process.cpuUsage(began);
  const us = (user + system) / times;
  return us < 1000 ? `${us.toFixed(us < 10 ? 1 : 0)} µs` : `${(us / 1000).toFixed(1)} ms`;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function collectAll(): void {
  if (globalThis.gc === undefined) console.log("(memory is rough without node --expose-gc)");
}

function main(): void {
  collectAll();
  const before = heapBytes();
  const store = createStore();
  tell(
    "registering an instance with its check",
    each(instances, (at) => void apply(store, registration(at))),
  );
  const bytes = (heapBytes() - before) / instances;
  tell("memory, an instance with its check", `${(bytes / 1024).toFixed(1)} KiB`);
  tell(
    "the same again: nothing changes",
    each(20_000, (at) => void apply(store, registration(at))),
  );
  const state = (at: number): string => ["critical", "passing"][Math.floor(at / 10_000) % 2] ?? "";
  tell(
    "a check that turns critical, or passes again",
    each(20_000, (at) => void apply(store, registration(at % 10_000, state(at)))),
  );
  const any = { connect: false, tags: [], nodeMeta: [], near: undefined };
  tell(
    `the health of a service of ${options["per-service"]} instances, among ${services.toLocaleString("en")}`,
    each(20_000, (at) => void listHealth(store, { service: `app-${at % services}`, passing: true, ...any })),
  );
  tell(
    "the names and tags of all services",
    each(5, () => void listServices(store, [])),
  );
  const watches = createWatches();
  for (let id = 0; id < 10_000; id++) watch(watches, { on: "service", service: `app-${id % services}` }, id);
  const touched = apply(store, registration(7, "warning"));
  tell(
    "finding whom a change wakes, among 10,000 who wait for services",
    each(100_000, () => {
      const woken = new Set<number>();
      for (const change of touched) collectWoken(watches, change, woken);
    }),
  );
  tell(
    "a clone, from which a snapshot is made",
    each(1000, () => void cloneStore(store)),
  );
  const copy = cloneStore(store);
  tell(
    "a change while the clone is held",
    each(20_000, (at) => void apply(store, registration(at, state(at + 10_000)))),
  );
  tell(
    "a snapshot of it, as bytes",
    each(1, () => encodeAll(copy)),
  );
  if (options.write) {
    const table = ["| what | each |", "| --- | --- |", ...rows].join("\n");
    replaceInPage(join(import.meta.dirname, "../docs/benchmarks.md"), "catalog", table);
  }
}

function encodeAll(store: Store): void {
  const encoder = createRowEncoder();
  const piece = new Uint8Array(1 << 20);
  while (!isEncoded(encoder)) encodeRows(encoder, store, piece, {});
}

main();
