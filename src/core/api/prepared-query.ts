// What is asked of prepared queries, and what comes of running one.

import type { PreparedQuery } from "../model/prepared-query.ts";
import type { ReadOptions } from "./request.ts";
import type { HealthRow } from "./response.ts";

/** A query as it is written. */
export type QueryFields = Omit<PreparedQuery, "createIndex" | "modifyIndex">;

/** Makes a query, to which the leader gives its id, or replaces the one with this id. */
export interface QuerySet {
  readonly kind: "query.set";
  readonly create: boolean;
  readonly query: QueryFields;
}

export interface QueryDelete {
  readonly kind: "query.delete";
  readonly id: string;
}

interface Read {
  readonly options: ReadOptions;
}

export type QueryGet = Read & { readonly kind: "query.get"; readonly id: string };
export type QueryListing = Read & { readonly kind: "query.list" };

/** Which query a name stands for, and what becomes of it if it is a template. Waits for nothing, like those below. */
export type QueryExplain = Read & { readonly kind: "query.explain"; readonly name: string };

/** Runs the query of this id or name. */
export type QueryExecute = Read & {
  readonly kind: "query.execute";
  readonly name: string;
  /** How many results at most; 0 or less for all. */
  readonly limit: number;
  /** Asks for what takes Connect's connections for the service, whatever the query says. */
  readonly connect: boolean;
  /** A node to be near to, rather than the query's; "" for none. */
  readonly near: string;
  /** Who asks: its address, "" where that is not known. */
  readonly ip: string;
  /** The agent that was asked. */
  readonly agent: string;
};

/** Runs a query for another datacenter that has found nothing. It goes no further. */
export type QueryExecuteRemote = Read & {
  readonly kind: "query.execute-remote";
  /** No template any more. */
  readonly query: QueryFields;
  readonly limit: number;
  readonly connect: boolean;
};

/** What is worked out for each asker anew. */
export type QueryRun = QueryExplain | QueryExecute | QueryExecuteRemote;
export type QueryRead = QueryGet | QueryListing | QueryRun;

export interface QueryResult {
  readonly service: string;
  readonly rows: readonly HealthRow[];
  /** Of the query. */
  readonly ttl: string;
  /** Whose rows these are. */
  readonly datacenter: string;
  /** How many other datacenters were asked. */
  readonly failovers: number;
}
