// Clients of configuration entries, which are compared and set by their ModifyIndex as keys are: each entry is a key of the
// history, which the linearizability checker judges with all others.

import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import type { Chance } from "../core/lib/chance.ts";
import {
  complete,
  type History,
  invoke,
  type KvAction,
  type KvOutcome,
  type KvVersion,
} from "./checkers/history.ts";
import { http, type Workload } from "./clients.ts";
import { outcomeBy, readBy } from "./kv-client.ts";
import {
  afterThinking,
  askNode,
  createQuestions,
  type Manner,
  type Questions,
  someoneUp,
} from "./questions.ts";
import type { World } from "./world.ts";

const MANNER: Manner = {
  site: "config",
  firstRequest: 11_000_000,
  thinkUs: [50_000, 400_000],
  patienceUs: 4_000_000,
  onlyThere: true,
};
const KIND = "service-defaults";
/** So few that clients meet. */
const NAMES = ["c0", "c1"] as const;

interface ConfigClient {
  readonly name: string;
  /** The ModifyIndex that it saw last of each entry, 0 for none. */
  readonly seen: Map<string, number>;
  writes: number;
}

export interface ConfigClients {
  readonly history: History;
  readonly questions: Questions;
  readonly counts: { applied: number; refused: number };
}

export function startConfigClients(
  world: World,
  workload: Workload,
  count: number,
  chance: Chance,
): ConfigClients {
  const clients: ConfigClients = {
    history: workload.history,
    questions: createQuestions(world, workload, MANNER, chance),
    counts: { applied: 0, refused: 0 },
  };
  for (let at = 1; at <= count; at++) later(clients, { name: `e${at}`, seen: new Map(), writes: 0 });
  return clients;
}

function later(clients: ConfigClients, client: ConfigClient): void {
  afterThinking(clients.questions, () => act(clients, client));
}

function act(clients: ConfigClients, client: ConfigClient): void {
  const { history, questions, counts } = clients;
  const { world, chance } = questions;
  const node = someoneUp(questions);
  if (node === undefined) return later(clients, client);
  const name = NAMES[chance.choose("config.entry", NAMES.length)] ?? NAMES[0];
  const action = actionFor(client, name, chance);
  const id = invoke(history, client.name, `${KIND}/${name}`, action, world.nowUs / 1000);
  askNode(questions, node, requestFor(name, action), (response) => {
    const outcome = outcomeOf(action, response);
    complete(history, id, outcome, world.nowUs / 1000);
    if (outcome.kind === "read") client.seen.set(name, outcome.version?.modifyIndex ?? 0);
    if (outcome.kind === "applied") counts.applied++;
    if (outcome.kind === "refused") counts.refused++;
    later(clients, client);
  });
}

function actionFor(client: ConfigClient, name: string, chance: Chance): KvAction {
  const dice = chance.choose("config.action", 100);
  const value = `${client.name}.${++client.writes}`;
  if (dice < 40) return { kind: "get" };
  if (dice < 55) return { kind: "put", value };
  return dice < 92 ? { kind: "cas", index: client.seen.get(name) ?? 0, value } : { kind: "delete" };
}

function requestFor(name: string, action: KvAction): HttpRequest {
  const path = `/v1/config/${KIND}/${name}`;
  if (action.kind === "get") return http("GET", `${path}?consistent`);
  if (action.kind === "delete") return http("DELETE", path);
  const condition = action.kind === "cas" ? `?cas=${action.index}` : "";
  // The one field whose text is nobody's business.
  const ExternalSNI = "value" in action ? action.value : "";
  return http("PUT", `/v1/config${condition}`, JSON.stringify({ Kind: KIND, Name: name, ExternalSNI }));
}

function outcomeOf(action: KvAction, response: HttpResponse | undefined): KvOutcome {
  return outcomeBy(action, response, (said) => {
    if (action.kind === "get") return readBy(said, versionIn);
    if (said.status !== 200) return undefined;
    return { kind: said.body.startsWith("false") ? "refused" : "applied" };
  });
}

function versionIn(body: string): KvVersion {
  const entry = JSON.parse(body) as {
    readonly ExternalSNI: string;
    readonly CreateIndex: number;
    readonly ModifyIndex: number;
  };
  const { ExternalSNI: value, CreateIndex: createIndex, ModifyIndex: modifyIndex } = entry;
  return { value, createIndex, modifyIndex };
}
