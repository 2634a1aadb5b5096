// Clients of the key/value store: each asks one thing at a time over HTTP, of one agent after the other, and remembers what
// it was told. All of them together write one history, which the checkers judge.

import type { HttpRequest } from "../core/api/http.ts";
import { utf8Bytes } from "../core/lib/bytes.ts";
import type { Chance } from "../core/lib/chance.ts";
import { complete, createHistory, type History, invoke, type KvOutcome } from "./checkers/history.ts";
import { createKvClient, type KvClient, nextQuestion, outcomeOf, remember } from "./kv-client.ts";
import { isUp } from "./node.ts";
import { type Place, RIGHT_HERE } from "./place.ts";
import { afterThinking, askNode, type Company, createQuestions, type Questions } from "./questions.ts";
import type { World } from "./world.ts";

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
  /** Whose keys are meant, wherever it is asked; those of the asked agent's datacenter unless it is said. */
  readonly place?: Place;
  /** What the clients' names begin with, and so what they write; "c" unless it is said. */
  readonly called?: string;
}

export const DEFAULT_WORKLOAD: WorkloadOptions = {
  clients: 4,
  keys: 3,
  thinkUs: [20_000, 200_000],
  patienceUs: 4_000_000,
  reads: "any",
};

/** Its companions write into the same history: these clients, and others that come after them. */
export interface Workload extends Company {
  readonly options: WorkloadOptions;
  readonly history: History;
  readonly questions: Questions;
  /** Answers by what they said, for the verdict's statistics. */
  readonly counts: { ok: number; failed: number; unknown: number };
}

/** Lets clients loose on a world. Their requests have numbers from 1; other users of HTTP in the world take others. */
export function startWorkload(world: World, options: WorkloadOptions, chance: Chance): Workload {
  const { clients, thinkUs, patienceUs, place = RIGHT_HERE, called = "c" } = options;
  const company: Company = { place, companions: [] };
  const workload: Workload = {
    ...company,
    options,
    history: createHistory(),
    questions: createQuestions(
      world,
      company,
      { site: "client", firstRequest: 1, thinkUs, patienceUs },
      chance,
    ),
    counts: { ok: 0, failed: 0, unknown: 0 },
  };
  for (const session of options.sessions ?? []) noteSession(workload.history, session, world.nowUs / 1000);
  for (let at = 1; at <= clients; at++) askLater(workload, createKvClient(`${called}${at}`));
  return workload;
}

/** The history says of a session that is there already that it has just been created. */
function noteSession(history: History, session: string, nowMs: number): void {
  const terms = { behavior: "release", leastDelayMs: 0, mostDelayMs: 0 } as const;
  const id = invoke(history, "operator", "", { kind: "create-session", ...terms }, nowMs);
  complete(history, id, { kind: "created", session }, nowMs);
}

/** No new questions; those under way go on. */
export function stopWorkload({ companions }: Company): void {
  for (const companion of companions) companion.stop();
}

/** Questions that are not answered yet. */
export function openQuestions({ companions }: Company): number {
  return companions.reduce((sum, companion) => sum + companion.open(), 0);
}

function askLater(workload: Workload, client: KvClient): void {
  afterThinking(workload.questions, () => ask(workload, client));
}

function ask(workload: Workload, client: KvClient): void {
  const { history, questions, options, counts } = workload;
  const { world, chance } = questions;
  const node = world.nodes[chance.choose("client.node", world.nodes.length)];
  if (node === undefined || !isUp(node)) return askLater(workload, client);
  const key = `k${chance.choose("client.key", options.keys)}`;
  const { action, method, target, body } = nextQuestion(client, key, chance, options);
  const operation = invoke(history, client.name, key, action, world.nowUs / 1000);
  askNode(questions, node, http(method, target, body), (response) => {
    const outcome: KvOutcome = response === undefined ? { kind: "unknown" } : outcomeOf(action, response);
    complete(history, operation, outcome, world.nowUs / 1000);
    count(counts, outcome);
    remember(client, key, outcome);
    askLater(workload, client);
  });
}

function count(counts: Workload["counts"], { kind }: KvOutcome): void {
  if (kind === "unknown") counts.unknown++;
  else if (kind === "failed") counts.failed++;
  else counts.ok++;
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
