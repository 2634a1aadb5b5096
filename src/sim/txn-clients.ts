// Clients that write several keys at once, as transactions, and read them so: to each other these keys are one register. So
// they write the history of one key, which the linearizability checker judges with all others; that the keys of an answer
// belong together is demanded here. Some of what they ask can't be done as a whole: it is in no history, and must never be
// seen.

import type { HttpResponse } from "../core/api/http.ts";
import { base64, decodeBase64, utf8 } from "../core/lib/bytes.ts";
import type { Chance } from "../core/lib/chance.ts";
import { complete, type History, invoke, type KvAction, type KvOutcome } from "./checkers/history.ts";
import { http, type Workload } from "./clients.ts";
import { isSurelyNotDone } from "./kv-client.ts";
import { isUp } from "./node.ts";
import { type Answered, askNode, createQuestions, type Questions } from "./questions.ts";
import { demand } from "./violation.ts";
import { callAt, type World } from "./world.ts";

/** Request numbers of these clients begin here, far from those of others. */
const FIRST_REQUEST = 6_000_000;
const PATIENCE_US = 4_000_000;
const THINK_US: readonly [least: number, most: number] = [50_000, 400_000];

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
  stopped: boolean;
  readonly counts: { done: number; refused: number; doomed: number };
}

type Op = Readonly<Record<string, string | number>>;

/** @throws Violation "transaction-torn" when an answer has parts of several states, or of something that was not done. */
export function startTxnClients(
  world: World,
  { history, companions }: Workload,
  count: number,
  chance: Chance,
): TxnClients {
  const counts = { done: 0, refused: 0, doomed: 0 };
  const questions = createQuestions(world, FIRST_REQUEST, PATIENCE_US);
  const clients: TxnClients = { history, questions, stopped: false, counts };
  companions.push({
    stop() {
      clients.stopped = true;
    },
    open: () => questions.open.size,
  });
  for (let at = 1; at <= count; at++) later(world, clients, { name: `t${at}`, seen: 0, writes: 0 }, chance);
  return clients;
}

function later(world: World, clients: TxnClients, client: TxnClient, chance: Chance): void {
  const [least, most] = THINK_US;
  callAt(world, world.nowUs + least + chance.choose("txn.think", most - least + 1), () => {
    if (!clients.stopped) act(world, clients, client, chance);
  });
}

function act(world: World, clients: TxnClients, client: TxnClient, chance: Chance): void {
  const dice = chance.choose("txn.action", 100);
  const value = `${client.name}.${++client.writes}`;
  if (dice < 20) return askDoomed(world, clients, client, value, chance);
  const action = actionFor(dice, client.seen, value);
  const id = invoke(clients.history, client.name, REGISTER, action, world.nowUs / 1000);
  ask(world, clients, client, opsOf(action), chance, (response) => {
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
function askDoomed(
  world: World,
  clients: TxnClients,
  client: TxnClient,
  value: string,
  chance: Chance,
): void {
  const writes = KEYS.map((Key, at) => (at === 2 ? { Verb: "delete", Key } : set(Key, `doomed ${value}`)));
  ask(world, clients, client, [...writes, { Verb: "get", Key: NEVER }], chance, (response) => {
    if (response?.status === 409) clients.counts.doomed++;
    demand(response?.status !== 200, "transaction-torn", () => `what could not be done is said to be done`);
  });
}

/** Consistent, where it only reads: what default reads promise depends on clocks. */
function ask(
  world: World,
  clients: TxnClients,
  client: TxnClient,
  ops: readonly Op[],
  chance: Chance,
  heard: Answered,
): void {
  const up = world.nodes.filter(isUp);
  const node = up[chance.choose("txn.node", Math.max(1, up.length))];
  const answered = (response: HttpResponse | undefined): void => {
    heard(response);
    later(world, clients, client, chance);
  };
  if (node === undefined) return answered(undefined);
  const body = JSON.stringify(ops.map((KV) => ({ KV })));
  askNode(clients.questions, node, http("PUT", "/v1/txn?consistent", body), answered);
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
  if (response === undefined) return { kind: action.kind === "get" ? "failed" : "unknown" };
  const { status, body } = response;
  if (action.kind === "get") return status === 200 ? readOutcome(body) : { kind: "failed" };
  if (status === 200) {
    demandOwn(action, body);
    return { kind: "applied" };
  }
  demand(
    status !== 409 || action.kind === "cas" || action.kind === "delete-cas",
    "transaction-torn",
    () => `a transaction without conditions is answered ${body}`,
  );
  if (status === 409) return { kind: "refused" };
  return isSurelyNotDone(body) ? { kind: "failed" } : { kind: "unknown" };
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
