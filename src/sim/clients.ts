// Clients of the key/value store: each asks one thing at a time over HTTP, of one agent after the other, remembers what
// it was told, and gives up waiting after a while. All of them together write one history, which the checkers judge.

import type { HttpRequest } from "../core/api/http.ts";
import { utf8Bytes } from "../core/lib/bytes.ts";
import type { Chance } from "../core/lib/chance.ts";
import {
  complete,
  createHistory,
  type History,
  invoke,
  type KvAction,
  type KvOutcome,
} from "./checkers/history.ts";
import { createKvClient, type KvClient, nextQuestion, outcomeOf, remember } from "./kv-client.ts";
import { isUp, type SimNode } from "./node.ts";
import { callAt, deliver, type Observer, type World } from "./world.ts";

export interface WorkloadOptions {
  readonly clients: number;
  /** Few keys, so that clients meet. */
  readonly keys: number;
  /** Pause between an answer and the next question. */
  readonly thinkUs: readonly [least: number, most: number];
  /** How long a client waits for an answer. */
  readonly patienceUs: number;
  /** Default and consistent reads, or consistent ones only: what clocks may do decides what default reads promise. */
  readonly reads: "any" | "consistent";
  /**
   * Ids of sessions that the cluster has from the beginning to the end, without lock-delay, and that nobody ends. With
   * some, many questions are for locks. None unless it is said.
   */
  readonly sessions?: readonly string[];
  /** The datacenter whose keys are meant, wherever it is asked; that of the asked agent unless it is said. */
  readonly datacenter?: string;
}

export const DEFAULT_WORKLOAD: WorkloadOptions = {
  clients: 4,
  keys: 3,
  thinkUs: [20_000, 200_000],
  patienceUs: 4_000_000,
  reads: "any",
};

interface OpenRequest {
  readonly id: number;
  readonly client: Client;
  readonly operation: number;
  readonly key: string;
  readonly action: KvAction;
  readonly node: SimNode;
}

interface Client {
  readonly kv: KvClient;
  stopped: boolean;
}

export interface Workload {
  readonly options: WorkloadOptions;
  readonly history: History;
  readonly clients: readonly Client[];
  readonly open: Map<number, OpenRequest>;
  nextRequest: number;
  /** Others that write into the same history, stop with these and must be at rest with them. */
  readonly companions: Companion[];
  /** Answers by what they said, for the verdict's statistics. */
  readonly counts: { ok: number; failed: number; unknown: number };
}

export interface Companion {
  stop(): void;
  /** How many of its questions are not answered yet. */
  open(): number;
}

/** Lets clients loose on a world. Their requests have numbers from 1; other users of HTTP in the world take others. */
export function startWorkload(world: World, options: WorkloadOptions, chance: Chance): Workload {
  const clients = Array.from(
    { length: options.clients },
    (_, at): Client => ({ kv: createKvClient(`c${at + 1}`), stopped: false }),
  );
  const workload: Workload = {
    options,
    history: createHistory(),
    clients,
    open: new Map(),
    nextRequest: 1,
    companions: [],
    counts: { ok: 0, failed: 0, unknown: 0 },
  };
  for (const session of options.sessions ?? []) noteSession(workload.history, session, world.nowUs / 1000);
  world.observers.push(observerOf(world, workload, chance));
  for (const client of clients) askLater(world, workload, client, chance);
  return workload;
}

/** The history says of a session that is there already that it has just been created. */
function noteSession(history: History, session: string, nowMs: number): void {
  const terms = { behavior: "release", leastDelayMs: 0, mostDelayMs: 0 } as const;
  const id = invoke(history, "operator", "", { kind: "create-session", ...terms }, nowMs);
  complete(history, id, { kind: "created", session }, nowMs);
}

/** No new questions; those under way go on. */
export function stopWorkload(workload: Workload): void {
  for (const client of workload.clients) client.stopped = true;
  for (const companion of workload.companions) companion.stop();
}

/** Questions that are not answered yet. */
export function openQuestions({ open, companions }: Workload): number {
  return companions.reduce((sum, companion) => sum + companion.open(), open.size);
}

function observerOf(world: World, workload: Workload, chance: Chance): Observer {
  return {
    onReply(id, { response }) {
      const request = workload.open.get(id);
      if (request !== undefined)
        finish(world, workload, request, outcomeOf(request.action, response.status, response.body), chance);
    },
    // The connection breaks with the process.
    onCrash(node) {
      for (const request of [...workload.open.values()])
        if (request.node === node) finish(world, workload, request, { kind: "unknown" }, chance);
    },
  };
}

function askLater(world: World, workload: Workload, client: Client, chance: Chance): void {
  const [least, most] = workload.options.thinkUs;
  const pause = least + chance.choose("client.think", most - least + 1);
  callAt(world, world.nowUs + pause, () => {
    if (!client.stopped) ask(world, workload, client, chance);
  });
}

function ask(world: World, workload: Workload, client: Client, chance: Chance): void {
  const node = world.nodes[chance.choose("client.node", world.nodes.length)];
  if (node === undefined || !isUp(node)) return askLater(world, workload, client, chance);
  const key = `k${chance.choose("client.key", workload.options.keys)}`;
  const { action, method, target, body } = nextQuestion(client.kv, key, chance, workload.options);
  const { datacenter } = workload.options;
  const place = datacenter === undefined ? "" : `${target.includes("?") ? "&" : "?"}dc=${datacenter}`;
  const operation = invoke(workload.history, client.kv.name, key, action, world.nowUs / 1000);
  const open: OpenRequest = { id: workload.nextRequest++, client, operation, key, action, node };
  workload.open.set(open.id, open);
  callAt(world, world.nowUs + workload.options.patienceUs, () => {
    if (!workload.open.has(open.id)) return;
    finish(world, workload, open, { kind: "unknown" }, chance);
    deliver(world, node, { type: "cancel", id: open.id });
  });
  deliver(world, node, { type: "http", id: open.id, request: http(method, `${target}${place}`, body) });
}

const NO_HEADERS: ReadonlyMap<string, string> = new Map();
const NO_BODY = new Uint8Array(0);

/** A request as an agent gets it. */
export function http(
  method: string,
  target: string,
  body?: string | Uint8Array,
  headers: HttpRequest["headers"] = NO_HEADERS,
): HttpRequest {
  return {
    method,
    target,
    headers,
    body: typeof body === "string" ? utf8Bytes(body) : (body ?? NO_BODY),
    remote: "10.9.9.9",
  };
}

function finish(
  world: World,
  workload: Workload,
  request: OpenRequest,
  outcome: KvOutcome,
  chance: Chance,
): void {
  workload.open.delete(request.id);
  complete(workload.history, request.operation, outcome, world.nowUs / 1000);
  const { counts } = workload;
  if (outcome.kind === "unknown") counts.unknown++;
  else if (outcome.kind === "failed") counts.failed++;
  else counts.ok++;
  remember(request.client.kv, request.key, outcome);
  askLater(world, workload, request.client, chance);
}
