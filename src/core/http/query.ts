// The query string, parsed once into a flat list: names and values in turn, decoded, in the order sent. Go's rules
// (net/url of Go 1.15, which Consul 1.8 was built with): "&" and ";" both separate, "+" is a space, a name without "="
// has the value "".

import { type ByteString, compareStrings } from "../lib/bytes.ts";
import { percentDecode, percentEncode } from "./target.ts";

/** Name, value, name, value… */
export type Query = readonly ByteString[];

const EMPTY: Query = [];

/** @returns undefined when any escape is malformed. */
export function parseQuery(raw: string): Query | undefined {
  if (raw === "") return EMPTY;
  const query: ByteString[] = [];
  for (const part of raw.includes(";") ? raw.split(/[&;]/) : raw.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = decodeComponent(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? ("" as ByteString) : decodeComponent(part.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    query.push(name, value);
  }
  return query;
}

function decodeComponent(text: string): ByteString | undefined {
  return percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);
}

/** The first value of the name, or undefined when it is not there at all. */
export function firstValue(query: Query, name: string): ByteString | undefined {
  for (let at = 0; at < query.length; at += 2) if (query[at] === name) return query[at + 1];
  return undefined;
}

/** Whether the name is there, with whatever value. */
export function isSet(query: Query, name: string): boolean {
  return firstValue(query, name) !== undefined;
}

/** All values of the name in the order sent. */
export function allValues(query: Query, name: string): ByteString[] {
  return query.filter((_, at) => at % 2 === 1 && query[at - 1] === name);
}

/** The query as Go's url.Values prints it: sorted by name, values of one name in the order sent. */
export function encodeQuery(query: Query): string {
  const pairs: [name: string, value: string][] = [];
  for (let at = 0; at < query.length; at += 2) pairs.push([query[at] ?? "", query[at + 1] ?? ""]);
  pairs.sort((a, b) => compareStrings(a[0], b[0]));
  return pairs.map(([name, value]) => `${encodeComponent(name)}=${encodeComponent(value)}`).join("&");
}

function encodeComponent(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.~]/g, (character) =>
    character === " " ? "+" : percentEncode(character),
  );
}
