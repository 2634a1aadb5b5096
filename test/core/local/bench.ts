// The machine of an agent's own services and checks on a bench: a disk that does as it is told, and servers that are a store
// alone. A test asks, lets time pass, cuts the machine off from either, and starts it again.

import type { AgentConfig } from "../../../src/core/agent/config.ts";
import type { LocalRequest } from "../../../src/core/api/local.ts";
import type { Response, ResponseBody } from "../../../src/core/api/response.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import {
  type Around,
  localDeadline,
  onLocalAnswer,
  onLocalDisk,
  onLocalProbed,
  onLocalProbeEnded,
  onLocalReloaded,
  onLocalRequest,
  onLocalServerUp,
  startLocal,
  wakeLocal,
} from "../../../src/core/local/desk.ts";
import { createLocal, type Local, type LocalEffect } from "../../../src/core/local/state.ts";
import type { CatalogService, Check } from "../../../src/core/model/catalog.ts";
import type { ConfigKind } from "../../../src/core/model/config-entry.ts";
import {
  type CheckRegistration,
  type CheckSpec,
  type LocalDefinitions,
  NO_SPEC,
  type ServiceDefinition,
} from "../../../src/core/model/local.ts";
import { ownNode } from "../../../src/core/model/own-node.ts";
import { evaluateRead } from "../../../src/core/service/reads.ts";
import { checkOf } from "../../../src/core/store/checks.ts";
import { applyConfigDelete, applyConfigSet } from "../../../src/core/store/config-entries.ts";
import { applyDeregister, applyRegister } from "../../../src/core/store/register.ts";
import { serviceOf } from "../../../src/core/store/services.ts";
import { createStore, type Store } from "../../../src/core/store/store.ts";
import { clusterConfigs } from "../../../src/sim/cluster.ts";
import { beginDisk, createSimDisk, finishDisk, type SimDisk } from "../../../src/sim/disk.ts";
import { configEntryOf } from "../store/shelf.ts";

type Ask = Extract<LocalEffect, { type: "ask" }>;

export interface Bench {
  readonly config: AgentConfig;
  local: Local;
  nowMs: number;
  nextId: number;
  readonly store: Store;
  /** Index of the last write into the store. */
  index: number;
  readonly disk: SimDisk;
  /** Questions to the disk that wait for `serveDisk`, while it is slow. */
  diskIsSlow: boolean;
  /** Questions to the servers that wait for `serveAsks`, while they are slow. */
  serversAreSlow: boolean;
  readonly asks: Ask[];
  /** Questions that the servers hold until there is news. */
  readonly blocked: Ask[];
  around: Around;
  readonly answers: Map<number, Response>;
  readonly out: LocalEffect[];
}

export const NODE = "n";

export function layBench(options: Partial<AgentConfig> = {}): Bench {
  const config = {
    ...must(clusterConfigs({ servers: ["s"], clients: [NODE] })[1], "the client"),
    ...options,
  };
  const bench: Bench = {
    config,
    local: createLocal(config, seededChance("local"), 0),
    nowMs: 0,
    nextId: 1,
    store: createStore(),
    index: 0,
    disk: createSimDisk(),
    diskIsSlow: false,
    serversAreSlow: false,
    asks: [],
    blocked: [],
    around: { members: () => 3, reachable: true, leaving: false },
    answers: new Map(),
    out: [],
  };
  restart(bench);
  return bench;
}

/** Another life, with what is on the disk and in the catalog. */
export function restart(bench: Bench, options: Partial<AgentConfig> = {}): void {
  bench.asks.length = 0;
  bench.blocked.length = 0;
  bench.local = createLocal({ ...bench.config, ...options }, seededChance(`${bench.nowMs}`), bench.nowMs);
  step(bench, (effects) => startLocal(bench.local, bench.around, bench.nowMs, effects));
  pass(bench, 0);
}

function step(bench: Bench, take: (effects: LocalEffect[]) => void): void {
  const effects: LocalEffect[] = [];
  take(effects);
  bench.out.push(...effects);
  for (const effect of effects) {
    if (effect.type === "answer") bench.answers.set(effect.to, effect.response);
    if (effect.type === "ask") bench.asks.push(effect);
    if (effect.type === "drop-ask") dropAsk(bench, effect.flight);
    if (effect.type === "disk") {
      beginDisk(bench.disk, effect.op, effect.request);
      if (!bench.diskIsSlow) finishOne(bench, effect.op);
    }
    if (effect.type === "sync-node")
      applyRegister(
        bench.store,
        ++bench.index,
        { ...ownRegistration(bench), skipNodeUpdate: false },
        bench.config,
        [],
      );
  }
  if (!bench.serversAreSlow) serveAsks(bench);
}

function dropAsk({ asks, blocked }: Bench, flight: number): void {
  for (const list of [asks, blocked]) {
    const at = list.findIndex((each) => each.flight === flight);
    if (at >= 0) list.splice(at, 1);
  }
}

function ownRegistration({ config }: Bench): Parameters<typeof applyRegister>[2] {
  const { kind: _kind, ...node } = ownNode(config);
  return { kind: "catalog.register", ...node, skipNodeUpdate: false, checks: [] };
}

function finishOne(bench: Bench, op: number): void {
  const result = finishDisk(bench.disk, op);
  step(bench, (effects) =>
    onLocalDisk(bench.local, { type: "disk-done", op, result }, bench.around, bench.nowMs, effects),
  );
}

/** The disk does what it was asked so far. */
export function serveDisk(bench: Bench): void {
  for (const op of [...bench.disk.pending.keys()]) finishOne(bench, op);
}

/** The servers answer what they were asked so far; with `refusal`, with that. */
export function serveAsks(bench: Bench, refusal?: string): void {
  for (let ask = bench.asks.shift(); ask !== undefined; ask = bench.asks.shift()) {
    const { flight, request } = ask;
    // A question that waits for news is not answered while there are none.
    if (refusal === undefined && "options" in request && request.options.minIndex > 0) {
      const { index } = evaluateRead(bench.store, request);
      if (index <= Number(request.options.minIndex)) {
        bench.blocked.push(ask);
        continue;
      }
    }
    const response: Response =
      refusal === undefined
        ? serve(bench, request)
        : { ok: false, error: { code: "no-leader", detail: refusal } };
    step(bench, (effects) =>
      onLocalAnswer(bench.local, flight, response, bench.around, bench.nowMs, effects),
    );
  }
}

function serve(bench: Bench, request: Ask["request"]): Response {
  if ("options" in request) {
    const { body, index } = evaluateRead(bench.store, request);
    return { ok: true, body, meta: { index: Math.max(1, index), knownLeader: true, lastContactMs: 0 } };
  }
  const outcome = write(bench, request);
  return outcome.ok
    ? { ok: true, body: { kind: "applied", applied: true } }
    : { ok: false, error: { code: "refused", detail: outcome.error } };
}

/** Somebody writes a configuration entry, or takes one back: who waits for news of them is told. */
export function writeEntry(bench: Bench, json: string): void {
  const entry = configEntryOf(json);
  const request = { kind: "config.set", entry, index: undefined } as const;
  const outcome = applyConfigSet(bench.store, ++bench.index, request, bench.config, []);
  if (!outcome.ok) throw new Error(outcome.error);
  tellNews(bench);
}

export function removeEntry(bench: Bench, entryKind: ConfigKind, name: string): void {
  applyConfigDelete(bench.store, ++bench.index, { entryKind, name }, []);
  tellNews(bench);
}

function tellNews(bench: Bench): void {
  bench.asks.push(...bench.blocked.splice(0));
  if (!bench.serversAreSlow) serveAsks(bench);
  // Who was told asks on.
  pass(bench, 0);
}

/** Somebody writes into the catalog. */
export function write(
  bench: Bench,
  request: Parameters<typeof applyRegister>[2] | Parameters<typeof applyDeregister>[2],
): ReturnType<typeof applyRegister> {
  bench.index++;
  return request.kind === "catalog.register"
    ? applyRegister(bench.store, bench.index, request, bench.config, [])
    : applyDeregister(bench.store, bench.index, request, []);
}

export function ask(bench: Bench, request: LocalRequest): number {
  const id = bench.nextId++;
  step(bench, (effects) => onLocalRequest(bench.local, id, request, bench.around, bench.nowMs, effects));
  return id;
}

/** Asks, and has the answer. */
export function get<K extends ResponseBody["kind"]>(
  bench: Bench,
  request: LocalRequest,
  kind: K,
): Extract<ResponseBody, { kind: K }> {
  const response = bench.answers.get(ask(bench, request));
  if (response?.ok !== true || response.body.kind !== kind) throw new Error(`${JSON.stringify(response)}`);
  return response.body as Extract<ResponseBody, { kind: K }>;
}

/** Time passes; the machine is woken as often as it wants to be. */
export function pass(bench: Bench, ms: number): void {
  const endMs = bench.nowMs + ms;
  for (;;) {
    const dueMs = localDeadline(bench.local, bench.around);
    if (dueMs > endMs) break;
    bench.nowMs = Math.max(bench.nowMs, dueMs);
    step(bench, (effects) => wakeLocal(bench.local, bench.around, bench.nowMs, effects));
  }
  bench.nowMs = endMs;
}

export function reload(bench: Bench, definitions: LocalDefinitions): void {
  step(bench, (effects) => onLocalReloaded(bench.local, definitions, bench.around, bench.nowMs, effects));
}

/** A server comes into the LAN. */
export function serverUp({ local, around, nowMs }: Bench): void {
  onLocalServerUp(local, around, nowMs);
}

/** What the log was told since it was asked last: "level: message (fields)". */
export function takeLog({ out }: Bench): string[] {
  return out.splice(0).flatMap((each) => {
    if (each.type !== "notice") return [];
    const fields = Object.entries(each.fields ?? {}).map(([name, value]) => `${name}=${value}`);
    return [`${each.level}: ${each.message} (${fields.join(" ")})`];
  });
}

/** The check's last run, or another one, ends so. */
export function endProbe(
  bench: Bench,
  checkId: string,
  status: string,
  output: string,
  run: number = must(bench.local.checks.get(checkId), "the check is there").run,
): void {
  step(bench, (effects) =>
    onLocalProbed(bench.local, { checkId, run, status, output }, bench.around, bench.nowMs, effects),
  );
}

/** A run has taken too long, and goes on. */
export function giveUpProbe(bench: Bench, checkId: string, output: string): void {
  const { run } = must(bench.local.checks.get(checkId), "the check is there");
  const probed = { checkId, run, status: "critical", output, atOnce: true, goesOn: true };
  step(bench, (effects) => onLocalProbed(bench.local, probed, bench.around, bench.nowMs, effects));
}

/** And now it has ended. */
export function endGivenUp(bench: Bench, checkId: string): void {
  const { run } = must(bench.local.checks.get(checkId), "the check is there");
  step(bench, (effects) =>
    onLocalProbeEnded(bench.local, { checkId, run }, bench.around, bench.nowMs, effects),
  );
}

export function service(id: string, fields: Partial<ServiceDefinition> = {}): ServiceDefinition {
  return {
    kind: "",
    id,
    service: id,
    tags: [],
    address: "",
    taggedAddresses: [],
    meta: [],
    port: 80,
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    connectNative: false,
    proxy: null,
    token: "",
    ...fields,
  };
}

export function check(
  checkId: string,
  spec: Partial<CheckSpec> = {},
  fields: Partial<CheckRegistration> = {},
): CheckRegistration {
  return {
    checkId,
    name: checkId,
    notes: "",
    serviceId: "",
    status: "",
    type: "ttl",
    token: "",
    ...fields,
    spec: { ...NO_SPEC, ...spec },
  };
}

export const TTL: Partial<CheckSpec> = { ttlNs: 10e9 };

export function register(
  bench: Bench,
  definition: ServiceDefinition,
  checks: readonly CheckRegistration[] = [],
  replacesChecks = false,
): number {
  return ask(bench, { kind: "agent.register-service", service: definition, checks, replacesChecks });
}

export function inCatalog({ store }: Bench, id: string): CatalogService | undefined {
  return serviceOf(store, NODE, id);
}

export function checkInCatalog({ store }: Bench, id: string): Check | undefined {
  return checkOf(store, NODE, id);
}

/** The agent's checks, each in a line: id, status, output. */
export function checkLines(bench: Bench): string[] {
  return get(bench, { kind: "agent.checks" }, "local-checks").checks.map(
    ({ checkId, status, output }) => `${checkId} ${status}${output === "" ? "" : ` ${output}`}`,
  );
}

export function serviceIds(bench: Bench): string[] {
  return get(bench, { kind: "agent.services" }, "local-services").services.map(({ id }) => id);
}

export function isDone({ answers }: Bench, id: number): boolean {
  return answers.get(id)?.ok === true;
}

export function errorOf({ answers }: Bench, id: number): string {
  const response = answers.get(id);
  return response === undefined ? "none yet" : response.ok ? "" : response.error.detail;
}
