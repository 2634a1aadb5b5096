// Clients that write several keys at once, as transactions, and read them so: to each other these keys are one register. So
// they write the history of one key, which the linearizability checker judges with all others; that the keys of an answer
// belong together is demanded here. Some of what they ask can't be done as a whole: it is in no history, and must never be
// seen.

import type { HttpResponse } from "../core/api/http.ts";
import { base64, decodeBase64, utf8 } from "../core/lib/bytes.ts";
import type { Chance } from "../core/lib/chance.ts";
import { complete, type History, invoke, type KvAction, type KvOutcome } from "./checkers/history.ts";
import { http, type Workload } from "./clients.ts";
import { outcomeBy } from "./kv-client.ts";
import {
  type Answered,
  afterThinking,
  askSomeone,
  createQuestions,
  type Manner,
  type Questions,
} from "./questions.ts";
import { demand } from "./violation.ts";
import type { World } from "./world.ts";

const MANNER: Manner = {
  site: "txn",
  firstRequest: 6_000_000,
  thinkUs: [50_000, 400_000],
  patienceUs: 4_000_000,
};

/** What the history calls the keys, and what they are called. */
export const REGISTER = "txn";
const PREFIX = `${REGISTER}/`;
const KEYS: readonly string[] = ["0", "1", "2"].map((name) => PREFIX + name);
/** No client ever writes it. */
const NEVER = "txn-never";

interface TxnClient {
  readonly name: string;
  /** The ModifyIndex that it saw last, 0 for none. */
  seen: number;
  writes: number;
}

export interface TxnClients {
  readonly history: History;
  readonly questions: Questions;
  readonly counts: { done: number; refused: number; doomed: number };
}

type Op = Readonly<Record<string, string | number>>;

/** @throws Violation "transaction-torn" when an answer has parts of several states, or of something that was not done. */
export function startTxnClients(world: World, workload: Workload, count: number, chance: Chance): TxnClients {
  const clients: TxnClients = {
    history: workload.history,
    questions: createQuestions(world, workload, MANNER, chance),
    counts: { done: 0, refused: 0, doomed: 0 },
  };
  for (let at = 1; at <= count; at++) later(clients, { name: `t${at}`, seen: 0, writes: 0 });
  return clients;
}

function later(clients: TxnClients, client: TxnClient): void {
  afterThinking(clients.questions, () => act(clients, client));
}

function act(clients: TxnClients, client: TxnClient): void {
  const { world, chance } = clients.questions;
  const dice = chance.choose("txn.action", 100);
  const value = `${client.name}.${++client.writes}`;
  if (dice < 20) return askDoomed(clients, client, value);
  const action = actionFor(dice, client.seen, value);
  const id = invoke(clients.history, client.name, REGISTER, action, world.nowUs / 1000);
  ask(clients, client, opsOf(action), (response) => {
    const outcome = outcomeOf(action, response);
    complete(clients.history, id, outcome, world.nowUs / 1000);
    if (outcome.kind === "read") client.seen = outcome.version?.modifyIndex ?? 0;
    if (outcome.kind === "applied") clients.counts.done++;
    if (outcome.kind === "refused") clients.counts.refused++;
  });
}

function actionFor(dice: number, index: number, value: string): KvAction {
  if (dice < 50) return { kind: "get" };
  if (dice < 65) return { kind: "put", value };
  if (dice < 90) return { kind: "cas", index, value };
  return dice < 95 ? { kind: "delete" } : { kind: "delete-cas", index };
}

/** The operations that do to every key what the action does to the register. */
function opsOf(action: KvAction): readonly Op[] {
  switch (action.kind) {
    case "get":
      return [{ Verb: "get-tree", Key: PREFIX }];
    case "put":
      return [...KEYS.map((Key) => set(Key, action.value)), LOOK];
    case "cas":
      return [...KEYS.map((Key) => ({ ...set(Key, action.value), Verb: "cas", Index: action.index })), LOOK];
    case "delete":
      return [{ Verb: "delete-tree", Key: PREFIX }];
    default:
      return KEYS.map((Key) => ({ Verb: "delete-cas", Key, Index: "index" in action ? action.index : 0 }));
  }
}

/** Who has written looks at what it has written. */
const LOOK: Op = { Verb: "get", Key: KEYS[0] ?? "" };

function set(Key: string, value: string): Op {
  return { Verb: "set", Key, Value: base64(utf8(value)) };
}

/** Writes and deletes, and then an operation that fails for certain: all was for nothing. */
function askDoomed(clients: TxnClients, client: TxnClient, value: string): void {
  const writes = KEYS.map((Key, at) => (at === 2 ? { Verb: "delete", Key } : set(Key, `doomed ${value}`)));
  ask(clients, client, [...writes, { Verb: "get", Key: NEVER }], (response) => {
    if (response?.status === 409) clients.counts.doomed++;
    demand(response?.status !== 200, "transaction-torn", () => `what could not be done is said to be done`);
  });
}

/** Consistent, where it only reads: what default reads promise depends on clocks. */
function ask(clients: TxnClients, client: TxnClient, ops: readonly Op[], heard: Answered): void {
  const body = JSON.stringify(ops.map((KV) => ({ KV })));
  askSomeone(clients.questions, http("PUT", "/v1/txn?consistent", body), (response) => {
    heard(response);
    later(clients, client);
  });
}

interface Told {
  readonly Results: readonly { readonly KV: Pair }[] | null;
}

interface Pair {
  readonly Key: string;
  readonly Value: string | null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

function outcomeOf(action: KvAction, response: HttpResponse | undefined): KvOutcome {
  return outcomeBy(action, response, ({ status, body }) => {
    if (action.kind === "get") return status === 200 ? readOutcome(body) : undefined;
    if (status === 200) {
      demandOwn(action, body);
      return { kind: "applied" };
    }
    demand(
      status !== 409 || action.kind === "cas" || action.kind === "delete-cas",
      "transaction-torn",
      () => `a transaction without conditions is answered ${body}`,
    );
    return status === 409 ? { kind: "refused" } : undefined;
  });
}

function demandOwn(action: KvAction, body: string): void {
  if (action.kind !== "put" && action.kind !== "cas") return;
  const looked = (JSON.parse(body) as Told).Results?.at(-1)?.KV.Value ?? "";
  demand(
    decodeBase64(looked) === action.value,
    "transaction-torn",
    () => `a transaction that writes ${action.value} does not see it: ${body}`,
  );
}

/** All keys as one write left them, or none. */
function readOutcome(body: string): KvOutcome {
  const pairs = ((JSON.parse(body) as Told).Results ?? []).map(({ KV }) => KV);
  const [first] = pairs;
  if (first === undefined) return { kind: "read", version: undefined };
  const alike = pairs.every((pair) => pair.Value === first.Value && pair.ModifyIndex === first.ModifyIndex);
  demand(
    alike && pairs.length === KEYS.length,
    "transaction-torn",
    () => `what transactions write together is read as ${body}`,
  );
  const { CreateIndex: createIndex, ModifyIndex: modifyIndex } = first;
  const value = decodeBase64(first.Value ?? "") ?? "";
  return { kind: "read", version: { value, createIndex, modifyIndex } };
}
