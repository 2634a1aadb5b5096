// Plays one case against one agent: fills in what only this agent knows, sends, and reads until all answers are there. How
// the connection is afterwards is found out by using it once more, not by a clock.

import { setTimeout as sleep } from "node:timers/promises";
import { type Agent, restartAgent, stopAgent } from "./agents.ts";
import { type Case, PAUSE } from "./cases.ts";
import { Connection } from "./connection.ts";
import { headerOf, type Message, readMessage } from "./message.ts";

/** What an agent said to a case. */
export interface Told {
  readonly messages: readonly Message[];
  /** What came behind the last whole answer. */
  readonly rest: string;
  /** Whether the connection served another request afterwards; "silent" when not even all answers came. */
  readonly ending: "open" | "closed" | "silent";
  /** Of a request that waits for a write: whether it did. */
  readonly waited?: boolean;
}

/** How long something is awaited that must come. */
const PATIENCE_MS = 30_000;
/** How long nothing must come before an agent counts as waiting. */
const QUIET_MS = 300;

const FOLLOW_UP = "GET /v1/status/leader HTTP/1.1\r\nHost: follow-up\r\n\r\n";

export async function play(each: Case, agent: Agent): Promise<Told> {
  if (each.restarts) await restartAgent(agent);
  if (each.kills) await stopAgent(agent.client);
  const until = performance.now() + PATIENCE_MS;
  const awaits = each.awaits?.replaceAll("{client}", agent.client?.http.host ?? "");
  for (;;) {
    const told = await playOnce(each, each.via === "client" ? (agent.client ?? agent) : agent);
    if (awaits === undefined || told.messages.some(({ body }) => body.includes(awaits))) return told;
    if (performance.now() > until) return told;
    await sleep(100);
  }
}

async function playOnce(each: Case, agent: Agent): Promise<Told> {
  const requests: string[] = [];
  for (const request of each.requests) requests.push(await fill(request, agent));
  const connections: Connection[] = [];
  const open = async (): Promise<Connection> => {
    const connection = await Connection.open(agent.http, each.from);
    connections.push(connection);
    return connection;
  };
  try {
    for (let at = 0; at < (each.crowd ?? 0); at++) {
      const other = await open();
      other.write(FOLLOW_UP);
      await other.until(() => other.ended || other.received !== "", PATIENCE_MS);
    }
    return await converse(each, requests, agent, await open());
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function converse(
  each: Case,
  requests: readonly string[],
  agent: Agent,
  connection: Connection,
): Promise<Told> {
  const began = performance.now();
  await send(connection, requests.join(""));
  let waited: boolean | undefined;
  if (each.wake !== undefined) {
    waited = !(await connection.until(() => connection.received !== "", QUIET_MS));
    await tell(agent, await fill(each.wake, agent));
  }
  if (each.finishes) connection.finish();
  const heads = requests.map((request) => request.startsWith("HEAD "));
  const wanted = each.answers ?? requests.length;
  const read = (): Reading => readAll(connection, heads);
  const came = await connection.until(() => connection.ended || read().answers >= wanted, PATIENCE_MS);
  if (each.waitMs !== undefined) waited = performance.now() - began >= each.waitMs;
  const ending = came ? await endingOf(connection, each, read) : "silent";
  const { messages, rest } = readAll(connection, heads);
  const answered = ending === "open" && !each.finishes ? messages.slice(0, -1) : messages;
  return { messages: answered, rest, ending, ...(waited === undefined ? {} : { waited }) };
}

async function send(connection: Connection, bytes: string): Promise<void> {
  const [first = "", ...others] = bytes.split(PAUSE);
  connection.write(first);
  for (const piece of others) {
    const before = connection.received.length;
    await connection.until(() => connection.ended || connection.received.length > before, QUIET_MS);
    connection.write(piece);
  }
}

/** Asks once more: a connection that is open and in step answers. */
async function endingOf(connection: Connection, each: Case, read: () => Reading): Promise<Told["ending"]> {
  const { answers } = read();
  if (!each.finishes && !connection.ended) connection.write(FOLLOW_UP);
  const done = (): boolean => connection.ended || (!each.finishes && read().answers > answers);
  if (!(await connection.until(done, PATIENCE_MS))) return "silent";
  const now = read();
  return now.answers > answers && now.messages.at(-1)?.status === 200 ? "open" : "closed";
}

interface Reading {
  readonly messages: readonly Message[];
  readonly rest: string;
  /** Those of the messages that are final ones: "100 Continue" is not. */
  readonly answers: number;
}

/** @param heads Which of the requests were for HEAD: their answers have no body. */
function readAll({ received, ended }: Connection, heads: readonly boolean[]): Reading {
  const messages: Message[] = [];
  let answers = 0;
  let at = 0;
  while (at < received.length) {
    const next = readMessage(received, at, { isHead: heads[answers] ?? false, ended });
    if (next === undefined) break;
    messages.push(next.message);
    if (next.message.status >= 200) answers++;
    at = next.end;
  }
  return { messages, rest: received.slice(at), answers };
}

/** One request on a connection of its own, and its answer. */
export async function tell(agent: Agent, bytes: string): Promise<Message | undefined> {
  const connection = await Connection.open(agent.http);
  try {
    connection.write(bytes);
    const read = (): Reading => readAll(connection, [false]);
    await connection.until(() => connection.ended || read().answers > 0, PATIENCE_MS);
    return read().messages.at(-1);
  } finally {
    connection.close();
  }
}

/** Puts in what the placeholders stand for at this agent, at this moment. */
async function fill(text: string, agent: Agent): Promise<string> {
  let filled = text
    .replaceAll("{http}", `${agent.http.host}:${agent.http.port}`)
    .replaceAll("{serf}", agent.serf)
    .replaceAll("{peer}", agent.client?.serf ?? "");
  for (const [placeholder, target] of [
    ...[...text.matchAll(/\{index ([^}]+)\}/g)].map((match) => [match[0], `/v1/kv/${match[1]}`] as const),
    ...[...text.matchAll(/\{service ([^}]+)\}/g)].map(
      (match) => [match[0], `/v1/health/service/${match[1]}`] as const,
    ),
    ["{kv}", "/v1/kv/?keys"] as const,
    ["{nodes}", "/v1/catalog/nodes"] as const,
    ["{config}", "/v1/config/"] as const,
    ["{sessions}", "/v1/session/list"] as const,
    ["{queries}", "/v1/query"] as const,
    ["{intentions}", "/v1/connect/intentions"] as const,
  ])
    if (filled.includes(placeholder)) filled = filled.replaceAll(placeholder, await indexOf(agent, target));
  for (const [placeholder, id] of text.matchAll(/\{hash ([^}]+)\}/g)) {
    const answer = await tell(
      agent,
      `GET /v1/agent/service/${id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    filled = filled.replaceAll(placeholder, headerOf(answer?.headers ?? [], "X-Consul-Contenthash") ?? "");
  }
  for (const [placeholder, kind = "", name = ""] of text.matchAll(/\{(session|query|intention) ([^}]+)\}/g))
    filled = filled.replaceAll(placeholder, await idOf(agent, kind, name));
  return filled;
}

/** Ids of sessions and of prepared queries by their names, of those that are no more too. */
const ids = new WeakMap<Agent, Map<string, string>>();

const LISTS: Readonly<Record<string, string>> = {
  session: "/v1/session/list",
  query: "/v1/query",
  intention: "/v1/connect/intentions",
};

interface Named {
  readonly ID: string;
  readonly Name?: string;
  /** What tells intentions from each other for us. */
  readonly Description?: string;
  readonly CreateIndex: number;
}

async function idOf(agent: Agent, kind: string, name: string): Promise<string> {
  const known = ids.get(agent) ?? new Map<string, string>();
  ids.set(agent, known);
  if (!known.has(`${kind} ${name}`)) {
    const target = LISTS[kind];
    const answer = await tell(agent, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const all = JSON.parse(answer?.body ?? "[]") as readonly Named[];
    // Of several with one name the first that was made.
    for (const { ID, Name, Description } of all.toSorted((a, b) => b.CreateIndex - a.CreateIndex))
      known.set(`${kind} ${Name ?? Description}`, ID);
  }
  return known.get(`${kind} ${name}`) ?? `(no ${kind} ${name})`;
}

async function indexOf(agent: Agent, target: string): Promise<string> {
  const answer = await tell(agent, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return headerOf(answer?.headers ?? [], "X-Consul-Index") ?? "";
}
