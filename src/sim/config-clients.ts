// Clients of configuration entries, which are compared and set by their ModifyIndex as keys are: each entry is a key of the
// history, which the linearizability checker judges with all others.

import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import type { Chance } from "../core/lib/chance.ts";
import { complete, type History, invoke, type KvAction, type KvOutcome } from "./checkers/history.ts";
import { http, type Workload } from "./clients.ts";
import { isSurelyNotDone } from "./kv-client.ts";
import { isUp } from "./node.ts";
import { askNode, createQuestions, type Questions } from "./questions.ts";
import { callAt, type World } from "./world.ts";

/** Request numbers of these clients begin here, far from those of others. */
const FIRST_REQUEST = 11_000_000;
const PATIENCE_US = 4_000_000;
const THINK_US: readonly [least: number, most: number] = [50_000, 400_000];
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
  stopped: boolean;
  readonly counts: { applied: number; refused: number };
}

export function startConfigClients(
  world: World,
  { history, companions }: Workload,
  count: number,
  chance: Chance,
): ConfigClients {
  const clients: ConfigClients = {
    history,
    questions: createQuestions(world, FIRST_REQUEST, PATIENCE_US),
    stopped: false,
    counts: { applied: 0, refused: 0 },
  };
  companions.push({
    stop() {
      clients.stopped = true;
    },
    open: () => clients.questions.open.size,
  });
  for (let at = 1; at <= count; at++)
    later(world, clients, { name: `e${at}`, seen: new Map(), writes: 0 }, chance);
  return clients;
}

function later(world: World, clients: ConfigClients, client: ConfigClient, chance: Chance): void {
  const [least, most] = THINK_US;
  callAt(world, world.nowUs + least + chance.choose("config.think", most - least + 1), () => {
    if (!clients.stopped) act(world, clients, client, chance);
  });
}

function act(world: World, clients: ConfigClients, client: ConfigClient, chance: Chance): void {
  const { history, questions, counts } = clients;
  const up = world.nodes.filter(isUp);
  const node = up[chance.choose("config.node", Math.max(1, up.length))];
  if (node === undefined) return later(world, clients, client, chance);
  const name = NAMES[chance.choose("config.entry", NAMES.length)] ?? NAMES[0];
  const action = actionFor(client, name, chance);
  const id = invoke(history, client.name, `${KIND}/${name}`, action, world.nowUs / 1000);
  askNode(questions, node, requestFor(name, action), (response) => {
    const outcome = outcomeOf(action, response);
    complete(history, id, outcome, world.nowUs / 1000);
    if (outcome.kind === "read") client.seen.set(name, outcome.version?.modifyIndex ?? 0);
    if (outcome.kind === "applied") counts.applied++;
    if (outcome.kind === "refused") counts.refused++;
    later(world, clients, client, chance);
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
  if (response === undefined) return { kind: action.kind === "get" ? "failed" : "unknown" };
  const { status, body } = response;
  if (action.kind === "get") return readOutcome(status, body);
  if (status === 200) return { kind: body.startsWith("false") ? "refused" : "applied" };
  return { kind: isSurelyNotDone(body) ? "failed" : "unknown" };
}

function readOutcome(status: number, body: string): KvOutcome {
  if (status === 404) return { kind: "read", version: undefined };
  if (status !== 200) return { kind: "failed" };
  const entry = JSON.parse(body) as {
    readonly ExternalSNI: string;
    readonly CreateIndex: number;
    readonly ModifyIndex: number;
  };
  const { ExternalSNI: value, CreateIndex: createIndex, ModifyIndex: modifyIndex } = entry;
  return { kind: "read", version: { value, createIndex, modifyIndex } };
}
