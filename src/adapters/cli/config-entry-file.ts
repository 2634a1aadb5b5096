// A configuration entry in a file of HCL or JSON: judged as far as it can be here, and written as JSON for the agent.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type ByteString, byteStringOf, utf8 } from "../../core/lib/bytes.ts";
import { parseJson } from "../../core/lib/go-json.ts";
import { isRawList, isRawMap, type Parsed, type RawMap, type RawValue } from "../../core/lib/raw-value.ts";
import { decodeConfigEntry } from "../../core/model/config-decode.ts";
import { pathErrorText } from "../config/go-text.ts";
import { parseHcl } from "../config/hcl.ts";
import type { Io } from "./io.ts";

export type LoadedEntry =
  | {
      readonly ok: true;
      readonly kind: string;
      readonly name: string;
      /** For the request's body. */
      readonly json: Uint8Array;
    }
  | { readonly ok: false; readonly error: string };

/** @param argument A file's name, or "-" for standard input. */
export async function loadConfigEntry(argument: string, io: Io): Promise<LoadedEntry> {
  let bytes: Uint8Array;
  try {
    bytes = argument === "-" ? await io.stdin() : readFileSync(resolve(io.cwd, argument));
  } catch (error) {
    const reason = pathErrorText("open", argument, error);
    return { ok: false, error: `Failed to load data: Failed to read file: ${reason}` };
  }
  const failed = (error: string): LoadedEntry => ({
    ok: false,
    error: `Failed to decode config entry input: ${error}`,
  });
  const text = byteStringOf(bytes);
  const parsed = parse(text);
  if (!parsed.ok) return failed(`Failed to decode config entry input: ${parsed.error}`);
  const raw = typeof parsed.value === "object" && parsed.value !== null && isRawMap(parsed.value);
  const decoded = decodeConfigEntry(raw ? (parsed.value as ReadonlyMap<string, RawValue>) : new Map());
  if (!decoded.ok) return failed(decoded.error);
  const { kind } = decoded.entry;
  // As it was given, for the messages: the entry for all proxies has one name, whatever is given.
  const given = raw ? [...(parsed.value as RawMap)].find(([key]) => key.toLowerCase() === "name") : undefined;
  const name = typeof given?.[1] === "string" ? given[1] : decoded.entry.name;
  return { ok: true, kind, name, json: Buffer.from(utf8(jsonOf(parsed.value)), "latin1") };
}

/** Nothing at all says nothing. */
function parse(text: ByteString): Parsed {
  if (/^\s*$/.test(text)) return { ok: true, value: new Map() };
  return /^\s*\{/.test(text) ? parseJson(text) : parseHcl(text);
}

/** Numbers stay as they were written, but for those that only HCL knows. */
function jsonOf(value: RawValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isRawList(value)) return `[${value.map(jsonOf).join(",")}]`;
  if (!isRawMap(value)) return String(value.value);
  return `{${[...value].map(([name, its]) => `${JSON.stringify(name)}:${jsonOf(its)}`).join(",")}}`;
}
