// `kv import`: writes what `kv export` printed.

import { byteStringOf } from "../../../core/lib/bytes.ts";
import { parseJson } from "../../../core/lib/go-json.ts";
import { isRawList, isRawMap, type RawMap, type RawValue } from "../../../core/lib/raw-value.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { decodeBase64 } from "../base64.ts";
import { connectApi } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { readArgument } from "../data-argument.ts";
import { stringFlag } from "../flags.ts";
import { flagsQuery, putPair } from "../kv-pairs.ts";
import { mistyped } from "../mistyped.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} kv import [DATA]

  Writes the pairs that "${program} kv export" printed. DATA is the JSON itself, a
  file, or standard input:

      $ ${program} kv import @filename.json
      $ cat filename.json | ${program} kv import -`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    NAMESPACE_FLAG,
    { name: "prefix", kind: "string", description: "Puts all keys below this prefix." },
  ],
  run: runImport,
};

interface ImportEntry {
  readonly key: string;
  readonly flags: bigint;
  /** Base 64. */
  readonly value: string;
}

async function runImport({ args, flags, io }: Call): Promise<number> {
  const [argument, ...more] = args;
  if (argument === undefined) return complain(io, "Error! Missing DATA argument");
  if (more.length > 0) return complain(io, `Error! Too many arguments (expected 1, got ${args.length})`);
  if (argument === "") return complain(io, "Error! Empty DATA argument");
  const read = await readArgument(argument, io);
  if (!read.ok) return complain(io, `Error! ${read.error}`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const parsed = parseEntries(read.data);
  if (!parsed.ok) return complain(io, `Cannot unmarshal data: ${parsed.error}`);
  for (const entry of parsed.entries) {
    const key = withPrefix(entry.key, stringFlag(flags, "prefix") ?? "");
    const value = decodeBase64(entry.value);
    if (!value.ok) return complain(io, `Error base 64 decoding value for key ${key}: ${value.error}`);
    const written = await putPair(client, key, value.bytes, flagsQuery(entry.flags));
    if (!written.ok) return complain(io, `Error! Failed writing data for key ${key}: ${written.error}`);
    say(io, `Imported: ${key}`);
  }
  return 0;
}

function withPrefix(key: string, prefix: string): string {
  return prefix === "" ? key : `${prefix.replace(/\/+$/, "")}/${key.replace(/^\/+/, "")}`;
}

type ParsedEntries =
  | { readonly ok: true; readonly entries: readonly ImportEntry[] }
  | { readonly ok: false; readonly error: string };

/** The whole of the data or Go's complaint about it: nothing is written of what cannot be read to its end. */
function parseEntries(data: Uint8Array): ParsedEntries {
  const parsed = parseJson(byteStringOf(data));
  if (!parsed.ok) return parsed;
  const list = parsed.value;
  if (list === null) return { ok: true, entries: [] };
  if (typeof list !== "object" || !isRawList(list))
    return { ok: false, error: mistyped(list, "value of type []*impexp.Entry") };
  const entries: ImportEntry[] = [];
  for (const item of list) {
    if (item === null || typeof item !== "object" || !isRawMap(item))
      return { ok: false, error: mistyped(item, "value of type impexp.Entry") };
    const entry = toEntry(item);
    if (typeof entry === "string") return { ok: false, error: entry };
    entries.push(entry);
  }
  return { ok: true, entries };
}

/** The entry, or an error text. */
function toEntry(item: RawMap): ImportEntry | string {
  const entry = { key: "", flags: 0n, value: "" };
  for (const [name, value] of item) {
    const field = name.toLowerCase();
    if (value === null) continue;
    if (field === "flags") {
      const flags = toFlags(value);
      if (typeof flags === "string") return flags;
      entry.flags = flags;
    } else if (field === "key" || field === "value") {
      if (typeof value !== "string") return mistyped(value, `struct field Entry.${field} of type string`);
      entry[field] = value;
    }
  }
  return entry;
}

function toFlags(value: RawValue): bigint | string {
  const isNumber = typeof value === "object" && value !== null && "text" in value;
  const text = isNumber ? value.text : "";
  if (/^\d+$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
  return mistyped(value, "struct field Entry.flags of type uint64", text);
}
