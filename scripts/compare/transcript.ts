// What an agent said, as lines of text in which everything is told that a client could see, and nothing that only differs
// because two agents are not one: the moment, the address, the numbers of the log, the way a compressor took.

import { gunzipSync } from "node:zlib";
import type { Agent } from "./agents.ts";
import type { Case } from "./cases.ts";
import { describeIndex, type Indexes } from "./indexes.ts";
import { headerOf, type Message } from "./message.ts";
import type { Told } from "./play.ts";

const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const IDS = /[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/g;
const JSON_INDEX = /("(?:CreateIndex|ModifyIndex)": ?)(\d+)/g;

export interface Context {
  readonly agent: Agent;
  /** Of this agent, over all cases. */
  readonly indexes: Indexes;
  /** The number of the case: indexes are named after the case that told them first. */
  readonly number: number;
}

/** One line for each thing told; bytes that are not printable are escaped. */
export function transcribe(each: Case, told: Told, context: Context): string[] {
  let count = 0;
  const nameIndex = (value: string): string => {
    count++;
    if (each.unindexed) return "(an index)";
    return describeIndex(context.indexes, Number(value), `${context.number}.${count}`);
  };
  const lines = told.messages.flatMap((message) => linesOf(message, each, nameIndex));
  if (told.rest !== "") lines.push(`and then: ${told.rest}`);
  if (told.waited !== undefined) lines.push(told.waited ? "the answer waited" : "the answer did not wait");
  lines.push(`connection: ${told.ending}`);
  return lines.map((line) => printable(withoutAddresses(line, context.agent)));
}

function linesOf(message: Message, each: Case, nameIndex: (value: string) => string): string[] {
  const headers = message.headers.map((line) =>
    line
      .replace(/^Date: (.*)$/, (whole, date: string) => (DATE.test(date) ? "Date: (a date)" : whole))
      .replace(/^X-Consul-Contenthash: [0-9a-f]{1,16}$/, "X-Consul-Contenthash: (a hash)")
      .replace(/^X-Consul-Index: \d{16,}$/, "X-Consul-Index: (of an event)")
      .replace(/^X-Consul-Index: (\d+)$/, (_, value: string) => `X-Consul-Index: ${nameIndex(value)}`)
      .replace(/^Content-Length: (.*)$/, (whole, length: string) =>
        Number(length) === message.body.length ? "Content-Length: (that of the body)" : whole,
      ),
  );
  const zipped = headerOf(message.headers, "Content-Encoding") === "gzip";
  const framing = message.chunks === undefined || zipped ? [] : [`chunks: ${chunkSizes(message.chunks)}`];
  const unpacked = zipped ? unzip(message.body) : message.body;
  const body = withoutSessionIds(withoutEventIds(withoutHashes(withoutOwnOfIntentions(unpacked)))).replace(
    JSON_INDEX,
    (_, name: string, value: string) => name + nameIndex(value),
  );
  return [message.statusLine, ...headers, ...framing, "", ...bodyLines(body, each)];
}

/** Of an agent's service: nobody but the agent makes anything of it. */
function withoutHashes(body: string): string {
  return body.replace(/("ContentHash": ?)"[0-9a-f]{1,16}"/g, '$1"(a hash)"');
}

/** Every agent draws its own, and counts the Lamport times of the events that it has heard of. */
function withoutEventIds(body: string): string {
  if (!/"LTime": ?\d/.test(body)) return body;
  return body
    .replace(/("ID": ?)"[0-9a-f-]{36}"/g, '$1"(an id)"')
    .replace(/("LTime": ?)[1-9]\d*/g, "$1(a time)");
}

/** Every agent draws its own ids, has its own time, and makes hashes of the ids. */
function withoutOwnOfIntentions(body: string): string {
  if (!/"SourceName": ?"|[Ii]ntention(?: found)?: /.test(body)) return body;
  return body
    .replace(IDS, "(an id)")
    .replace(
      /("(?:CreatedAt|UpdatedAt)": ?)"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d*[1-9])?Z"/g,
      '$1"(a time)"',
    )
    .replace(/("Hash": ?)"[A-Za-z0-9+/]{43}="/g, '$1"(a hash)"');
}

/** Every agent draws its own; a list of sessions stands in their order, and one of prepared queries too. */
function withoutSessionIds(body: string): string {
  const isSession =
    /"LockDelay": ?-?\d/.test(body) ||
    /"NearestN": ?\d/.test(body) ||
    /^\s*\{\s*"ID": ?"[0-9a-f-]{36}"\s*\}\s*$/.test(body);
  const named = isSession ? body.replace(/("ID": ?)"[0-9a-f-]{36}"/g, '$1"(an id)"') : body;
  return inOrderOfMaking(named)
    .replace(/("Session": ?)"[0-9a-f-]{36}"/g, '$1"(an id)"')
    .replace(/(invalid session )"[0-9a-f-]{36}"/, '$1"(an id)"')
    .replace(/^(name |Cannot modify non-existent prepared query: )'[0-9a-f-]{36}'/, "$1'(an id)'");
}

function inOrderOfMaking(body: string): string {
  const [, before = "", items = "", after = ""] =
    /^(\[\s*)(\{\s*"ID": ?"\(an id\)".*\})(\s*\]\s*)$/s.exec(body) ?? [];
  if (items === "") return body;
  const madeAt = (item: string): number => Number(/"CreateIndex": ?(\d+)/.exec(item)?.[1]);
  const all = items.split(/(?<=\}),\s*(?=\{\s*"ID")/).toSorted((a, b) => madeAt(a) - madeAt(b));
  return before + all.join(",\n") + after;
}

function chunkSizes(chunks: readonly number[]): string {
  return chunks.length === 1 ? "(one)" : chunks.join(" ");
}

function bodyLines(body: string, each: Case): string[] {
  if (each.leaves !== undefined && body !== "") return leavesOf(body, each.leaves);
  return (each.inAnyOrder ? inOrder(body) : body).split("\n");
}

function unzip(body: string): string {
  try {
    return `(unzipped) ${gunzipSync(Buffer.from(body, "latin1")).toString("latin1")}`;
  } catch {
    return `(cannot be unzipped) ${body}`;
  }
}

/** A list whose order is left to chance, in the order of its texts; it may be in the first level of an object. */
function inOrder(body: string): string {
  const value = parsed(body.replace(/: ?<[^>]*>/g, (index) => `: "${index.slice(2)}"`));
  if (typeof value !== "object" || value === null) return body;
  const lines = (list: readonly unknown[]): string =>
    list
      .map((item) =>
        JSON.stringify(item, (name, its) => (name === "Checks" && Array.isArray(its) ? lines(its) : its)),
      )
      .sort()
      .join("\n");
  if (Array.isArray(value)) return lines(value);
  return Object.entries(value)
    .map(([name, its]) => `${name}: ${Array.isArray(its) ? lines(its) : JSON.stringify(its)}`)
    .join("\n");
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** "Config.NodeName = "n1"" for each value of a JSON text; of those named by `kinds` only "Stats.raft.term: string". */
function leavesOf(body: string, kinds: readonly string[]): string[] {
  const value = parsed(body.replace(/<[^>]*>/g, '"$&"'));
  if (value === undefined) return ["(no JSON)", body];
  const lines: string[] = [];
  collectLeaves(value, "", kinds, lines);
  return lines;
}

function collectLeaves(value: unknown, path: string, kinds: readonly string[], lines: string[]): void {
  const hidden = kinds.some((kind) => path === kind || path.startsWith(`${kind}.`));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    lines.push(hidden ? `${path}: ${kindOf(value)}` : `${path} = ${JSON.stringify(value)}`);
    return;
  }
  for (const [name, below] of Object.entries(value))
    collectLeaves(below, path === "" ? name : `${path}.${name}`, kinds, lines);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

/** The two agents of a pair have the same ports, and addresses of the same length. */
function withoutAddresses(line: string, { http, client }: Agent): string {
  const own = line.replaceAll(http.host, "{host}");
  return client === undefined ? own : own.replaceAll(client.http.host, "{client}");
}

function printable(line: string): string {
  return line.replace(/[^\n -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
