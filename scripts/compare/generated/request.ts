// A request as it is drawn: in parts, so that it can be made simpler, and with placeholders for whatever must be fresh each
// time it is played. {p} is the prefix of all names, {u1} {u2} are ids in lower case and {U1} {U2} the same in upper case;
// the placeholders of cases.ts may stand beside them.

import { asked, type Case, type More } from "../cases.ts";
import type { Draw } from "./draw.ts";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** A text goes as it is, anything else as JSON. */
export type Body = { readonly text: string } | { readonly json: Json };

export interface Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Behind /v1/. */
  readonly path: string;
  /** "name" or "name=value" each. */
  readonly query: readonly string[];
  readonly body?: Body;
  /** How what is answered has to be compared. */
  readonly more?: More;
}

/** What a sequence draws from: requests about one kind of thing. */
export interface Family {
  readonly name: string;
  readonly draw: (from: Draw) => Request;
  /** What everything has come to, asked at the end of a sequence. */
  readonly exam: readonly Request[];
}

/** The names of one sequence, as it is played once. */
export interface Names {
  readonly prefix: string;
  /** Makes its ids its own. */
  readonly number: number;
}

export function read(path: string, query: readonly string[] = [], more?: More): Request {
  return { method: "GET", path, query, ...(more === undefined ? {} : { more }) };
}

export function write(
  method: "PUT" | "POST" | "DELETE",
  path: string,
  query: readonly string[] = [],
  json?: Json,
): Request {
  return { method, path, query, ...(json === undefined ? {} : { body: { json } }) };
}

/** Each field, once in so many times, with one of its values. */
export function fields(
  draw: Draw,
  odds: Readonly<Record<string, readonly [n: number, values: readonly Json[]]>>,
): Record<string, Json> {
  const chosen: Record<string, Json> = {};
  for (const [name, [n, values]] of Object.entries(odds)) if (draw.oneIn(n)) chosen[name] = draw.one(values);
  return chosen;
}

export function toCase(request: Request, names: Names): Case {
  const line = `${request.method} ${targetOf(request, names)}`;
  const text = bodyOf(request, names);
  return asked(text === undefined ? line : `${line} ${text}`, line, text, request.more ?? {});
}

/** As a line of a group of cases. */
export function toSource(request: Request, names: Names, number: number): string {
  const target = targetOf(request, names);
  const text = bodyOf(request, names);
  const more = request.more === undefined ? "" : JSON.stringify(request.more);
  const [name, line] = [`${names.prefix}: ${number}`, `${request.method} ${target}`];
  const call = (way: string, ...values: readonly string[]): string =>
    `${way}(${[...values.map((value) => JSON.stringify(value)), ...(more === "" ? [] : [more])].join(", ")}),`;
  if (text === undefined)
    return request.method === "GET" ? call("get", name, target) : call("ask", line, name);
  if (request.method === "PUT") return call("put", name, target, text);
  return `asked(${JSON.stringify(name)}, ${JSON.stringify(line)}, ${JSON.stringify(text)}, ${more || "{}"}),`;
}

function targetOf({ path, query }: Request, names: Names): string {
  return filled(`/v1/${path}${query.length === 0 ? "" : `?${query.join("&")}`}`, names);
}

function bodyOf({ body }: Request, names: Names): string | undefined {
  if (body === undefined) return undefined;
  return filled("text" in body ? body.text : JSON.stringify(body.json), names);
}

function filled(text: string, { prefix, number }: Names): string {
  const own = number.toString(16).padStart(12, "0");
  return text
    .replaceAll("{p}", prefix)
    .replaceAll(/\{u(\d)\}/g, (_, digit: string) => idOf(own, digit))
    .replaceAll(/\{U(\d)\}/g, (_, digit: string) => idOf(own, digit).toUpperCase());
}

function idOf(own: string, digit: string): string {
  return `abcdef0${digit}-${own.slice(0, 4)}-${own.slice(4, 8)}-8def-${own}`;
}
