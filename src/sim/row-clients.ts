// Clients of prepared queries and intentions: rows that have ids of the leader's drawing. Each id is a key of the history,
// which begins when somebody hears of it, so that the linearizability checker judges updates, deletions and reads of the row.
// What that does not know is demanded here: an id never comes back, and no name is given twice.

import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import type { Chance } from "../core/lib/chance.ts";
import { complete, type History, invoke, type KvAction, type KvOutcome } from "./checkers/history.ts";
import type { Workload } from "./clients.ts";
import { outcomeBy, readBy } from "./kv-client.ts";
import {
  type Answered,
  afterThinking,
  askSomeone,
  createQuestions,
  type Manner,
  type Questions,
} from "./questions.ts";
import { ROW_KINDS, type RowKind, type ShownRow } from "./row-kinds.ts";
import { demand } from "./violation.ts";
import type { World } from "./world.ts";

const MANNER: Manner = {
  site: "row",
  firstRequest: 10_000_000,
  thinkUs: [50_000, 500_000],
  patienceUs: 4_000_000,
};
/** So few that clients meet. */
const NAMES = ["a", "b"] as const;
/** Rows of a kind that are asked for, the newest ones: those that are gone among them. */
const MOST_ROWS = 4;

/** A row that somebody has heard of. */
interface Row {
  readonly kind: RowKind;
  readonly id: string;
  readonly name: string;
  /** A deletion of it was confirmed. */
  gone: boolean;
}

export interface RowClients {
  readonly history: History;
  readonly questions: Questions;
  /** All that were ever heard of, the oldest first. */
  readonly rows: Row[];
  writes: number;
  readonly counts: { created: number; refused: number; updated: number; removed: number };
}

/** @throws Violation "row-came-back", "row-twice" */
export function startRowClients(world: World, workload: Workload, count: number, chance: Chance): RowClients {
  const clients: RowClients = {
    history: workload.history,
    questions: createQuestions(world, workload, MANNER, chance),
    rows: [],
    writes: 0,
    counts: { created: 0, refused: 0, updated: 0, removed: 0 },
  };
  for (let at = 1; at <= count; at++) later(clients, `r${at}`);
  return clients;
}

function later(clients: RowClients, client: string): void {
  afterThinking(clients.questions, () => act(clients, client));
}

function act(clients: RowClients, client: string): void {
  const { chance } = clients.questions;
  const kind = ROW_KINDS[chance.choose("row.kind", ROW_KINDS.length)];
  if (kind === undefined) return;
  const ask = (request: HttpRequest, heard: Answered): void => {
    askSomeone(clients.questions, request, (response) => {
      heard(response);
      later(clients, client);
    });
  };
  const known = clients.rows.filter((row) => row.kind === kind).slice(-MOST_ROWS);
  const row = known[chance.choose("row.which", Math.max(1, known.length))];
  const dice = chance.choose("row.action", 100);
  if (row === undefined || dice < 25) {
    const name = NAMES[chance.choose("row.name", NAMES.length)] ?? NAMES[0];
    return create(clients, kind, client, name, ask);
  }
  if (dice < 40) return list(clients, kind, client, ask);
  return askFor(clients, row, client, actionFor(clients, dice, client), ask);
}

type Ask = (request: HttpRequest, heard: Answered) => void;

function nextValue(clients: RowClients, client: string): string {
  return `${client}.${++clients.writes}`;
}

function actionFor(clients: RowClients, dice: number, client: string): KvAction {
  if (dice < 65) return { kind: "get" };
  return dice < 85 ? { kind: "put", value: nextValue(clients, client) } : { kind: "delete" };
}

function nowMs({ questions }: RowClients): number {
  return questions.world.nowUs / 1000;
}

function create(clients: RowClients, kind: RowKind, client: string, name: string, ask: Ask): void {
  const value = nextValue(clients, client);
  ask(kind.create(name, value), (response) => {
    if (response?.status !== 200) {
      if (response !== undefined && NAME_TAKEN.test(response.body)) clients.counts.refused++;
      return;
    }
    clients.counts.created++;
    const { ID } = JSON.parse(response.body) as { readonly ID: string };
    note(clients, kind, client, ID, name, value);
  });
}

/** Nobody has asked for the row by its id before now: its history begins with what was first seen of it. */
function note(
  clients: RowClients,
  kind: RowKind,
  client: string,
  id: string,
  name: string,
  value: string,
): void {
  if (clients.rows.some((row) => row.id === id)) return;
  clients.rows.push({ kind, id, name, gone: false });
  const operation = invoke(
    clients.history,
    client,
    keyOf(kind, id),
    { kind: "cas", index: 0, value },
    nowMs(clients),
  );
  complete(clients.history, operation, { kind: "applied" }, nowMs(clients));
}

function keyOf({ what }: RowKind, id: string): string {
  return `${what}/${id}`;
}

/** Shows rows whose creation nobody was told of, too. */
function list(clients: RowClients, kind: RowKind, client: string, ask: Ask): void {
  const gone = goneRows(clients);
  ask(kind.list(), (response) => {
    if (response?.status !== 200) return;
    const shown = kind.shown(response.body);
    for (const each of shown) demandNotBack(gone, each.id, "a list shows");
    const twin = shown.find(({ name }, at) => shown.findIndex((other) => other.name === name) < at);
    demand(twin === undefined, "row-twice", () => `a list shows two of one name: ${response.body}`);
    for (const { id, name, version } of shown) note(clients, kind, client, id, name, version.value);
  });
}

function goneRows({ rows }: RowClients): ReadonlySet<string> {
  return new Set(rows.filter(({ gone }) => gone).map(({ id }) => id));
}

function demandNotBack(gone: ReadonlySet<string>, id: string, what: string): void {
  demand(!gone.has(id), "row-came-back", () => `${what} ${id}, which had been deleted before that was asked`);
}

function askFor(clients: RowClients, row: Row, client: string, action: KvAction, ask: Ask): void {
  const { kind, id } = row;
  const gone = goneRows(clients);
  const operation = invoke(clients.history, client, keyOf(kind, id), action, nowMs(clients));
  ask(requestFor(row, action), (response) => {
    const outcome = outcomeOf(row, action, response);
    complete(clients.history, operation, outcome, nowMs(clients));
    if (outcome.kind === "read" && outcome.version !== undefined) demandNotBack(gone, id, "a read shows");
    if (outcome.kind !== "applied") return;
    if (action.kind === "put") {
      clients.counts.updated++;
      demandNotBack(gone, id, "an update changes");
    } else {
      clients.counts.removed++;
      row.gone = true;
    }
  });
}

function requestFor({ kind, id, name }: Row, action: KvAction): HttpRequest {
  if (action.kind === "get") return kind.get(id);
  return action.kind === "put" ? kind.update(id, name, action.value) : kind.remove(id);
}

const NAME_TAKEN = /aliases an existing query name$|duplicate intention found: /;

/** There was nothing to change, as the leader knew, or found when it came to it. */
const NOTHING_THERE = /Cannot (modify|delete) non-existent/;

function outcomeOf({ kind, id }: Row, action: KvAction, response: HttpResponse | undefined): KvOutcome {
  return outcomeBy(action, response, (said) => {
    if (action.kind === "get") return readBy(said, (body) => versionIn(kind.shown(body), id));
    if (said.status === 200) return { kind: "applied" };
    return NOTHING_THERE.test(said.body) ? { kind: "failed" } : undefined;
  });
}

function versionIn(rows: readonly ShownRow[], id: string): ShownRow["version"] | undefined {
  const [first] = rows;
  demand(first?.id === id, "strange-answer", () => `a read of ${id} shows ${first?.id ?? "nothing"}`);
  return first?.version;
}
