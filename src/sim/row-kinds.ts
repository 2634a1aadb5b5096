// Two kinds of rows that the leader gives an id and that may not be twice under one name: prepared queries and intentions.
// How they are asked for over HTTP, and what answers show of them.

import type { HttpRequest } from "../core/api/http.ts";
import type { KvVersion } from "./checkers/history.ts";
import { http } from "./clients.ts";

/** A row as an answer shows it. */
export interface ShownRow {
  readonly id: string;
  readonly name: string;
  readonly version: KvVersion;
}

export interface RowKind {
  readonly what: string;
  readonly create: (name: string, value: string) => HttpRequest;
  readonly update: (id: string, name: string, value: string) => HttpRequest;
  readonly remove: (id: string) => HttpRequest;
  /** Of the leader, by a round of heartbeats: what default reads promise depends on clocks. */
  readonly get: (id: string) => HttpRequest;
  readonly list: () => HttpRequest;
  /** What a list, or the answer to `get`, shows. */
  readonly shown: (body: string) => readonly ShownRow[];
}

interface Indexes {
  readonly ID: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

function row({ ID, CreateIndex, ModifyIndex }: Indexes, name: string, value: string): ShownRow {
  return { id: ID, name, version: { value, createIndex: CreateIndex, modifyIndex: ModifyIndex } };
}

/** Rows below a path: all of them there, each under its id. */
function below<Row extends Indexes>(
  what: string,
  path: string,
  bodyOf: (name: string, value: string) => Partial<Row>,
  shownBy: (its: Row) => ShownRow,
): RowKind {
  const told = (name: string, value: string): string => JSON.stringify(bodyOf(name, value));
  return {
    what,
    create: (name, value) => http("POST", path, told(name, value)),
    update: (id, name, value) => http("PUT", `${path}/${id}`, told(name, value)),
    remove: (id) => http("DELETE", `${path}/${id}`),
    get: (id) => http("GET", `${path}/${id}?consistent`),
    list: () => http("GET", `${path}?consistent`),
    shown: (body) =>
      [(JSON.parse(body) ?? []) as Row | readonly Row[]].flat().map((its) => shownBy(its as Row)),
  };
}

interface QueryRow extends Indexes {
  readonly Name: string;
  readonly Service: { readonly Service: string };
}

interface IntentionRow extends Indexes {
  readonly SourceName: string;
  readonly DestinationName: string;
  readonly Action: string;
  readonly Description: string;
}

/** One of two sources and destinations are the same by the latter alone. */
const FROM_WEB = { SourceName: "web", Action: "allow" } as const;

export const ROW_KINDS: readonly RowKind[] = [
  below<QueryRow>(
    "query",
    "/v1/query",
    (Name, Service) => ({ Name, Service: { Service } }),
    (its) => row(its, its.Name, its.Service.Service),
  ),
  below<IntentionRow>(
    "intention",
    "/v1/connect/intentions",
    (DestinationName, Description) => ({ ...FROM_WEB, DestinationName, Description }),
    (its) => row(its, its.DestinationName, its.Description),
  ),
];
