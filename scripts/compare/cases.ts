// What a case is, and short ways to write one.

import type { Kind } from "./agents.ts";

/** Groups for the agents as they come, in development mode and as a server. */
export const PLAIN: readonly Kind[] = ["dev", "server"];

/** A pause in what is sent: the rest follows when something has come, or when nothing comes for a while. */
export const PAUSE = "…";

/**
 * Requests on one connection. Texts are one character a byte, but for PAUSE, and may hold placeholders:
 * - {http} {serf} {peer} host and port of the agent's HTTP, of its gossip, and of the gossip of the client beside it
 * - {index KEY} ModifyIndex of a key, {kv} the index of the whole key/value table, {nodes} that of the nodes, {config} that
 *   of the configuration entries, {service NAME} that of a service's health, {hash ID} that of an agent's service
 */
export interface Case {
  readonly name: string;
  /** Sent one behind the other, without waiting. */
  readonly requests: readonly string[];
  /** How many answers are awaited; one for each request unless it is said. */
  readonly answers?: number;
  /** Sent on a second connection once the first request has been unanswered for a while: it blocks until this wakes it. */
  readonly wake?: string;
  /** What the answer must not come before. */
  readonly waitMs?: number;
  /** The client sends no more, and reads on until the server closes. */
  readonly finishes?: true;
  /** Asked of the client agent beside the server, which passes it on. */
  readonly via?: "client";
  /** The address that the client has; else it is 127.0.0.1. */
  readonly from?: string;
  /** So many other connections of the same address are there, each of which was answered once. */
  readonly crowd?: number;
  /** Before it, the agent is killed and started again. */
  readonly restarts?: true;
  /** Before it, the client beside each agent is killed. */
  readonly kills?: true;
  /** Asked again until an answer has this in it, {client} being the address of the client: gossip takes its time. */
  readonly awaits?: string;
  /** Bodies of JSON are compared by their leaves; those with these names by their kind alone (a dot and more below). */
  readonly leaves?: readonly string[];
  /** The answer is a list whose order means nothing. */
  readonly inAnyOrder?: true;
  /** What it tells was written in an order that is left to chance: all indexes count as one. */
  readonly unindexed?: true;
}

export type More = Omit<Case, "name" | "requests">;
/** `headers` come behind those of curl, and end in line ends. */
type MoreOfCurl = More & { readonly headers?: string };

export interface Group {
  readonly title: string;
  /** The pairs that it is played against. */
  readonly kinds: readonly Kind[];
  readonly cases: readonly Case[];
}

/** What curl says of itself. */
const CURL = "Host: {http}\r\nUser-Agent: curl/7.74.0\r\nAccept: */*\r\n";
const FORM = "Content-Type: application/x-www-form-urlencoded\r\n";

/** A request of curl. `line` is "GET /path"; without a body no length is said. */
export function request(line: string, headers = "", body?: string): string {
  const length = body === undefined ? "" : `Content-Length: ${body.length}\r\n${FORM}`;
  return `${line} HTTP/1.1\r\n${CURL}${headers}${length}\r\n${body ?? ""}`;
}

export function get(name: string, target: string, more: MoreOfCurl = {}): Case {
  return asked(name, `GET ${target}`, undefined, more);
}

export function put(name: string, target: string, body: string, more: MoreOfCurl = {}): Case {
  return asked(name, `PUT ${target}`, body, more);
}

/** Any method, without a body. */
export function ask(line: string, name: string, more: MoreOfCurl = {}): Case {
  return asked(name, line, undefined, more);
}

/** Any method, with a body or without. */
export function asked(name: string, line: string, body: string | undefined, more: MoreOfCurl): Case {
  const { headers = "", ...rest } = more;
  return { name, requests: [request(line, headers, body)], ...rest };
}

/** A read that waits, and the request that wakes it. */
export function woken(name: string, target: string, by: string, body?: string, more: More = {}): Case {
  return { name, requests: [request(`GET ${target}`)], wake: request(by, "", body), ...more };
}

/** Bytes as they are. */
export function raw(name: string, bytes: string, more: More = {}): Case {
  return { name, requests: [bytes], ...more };
}
