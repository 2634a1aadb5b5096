// `snapshot inspect`: what an archive says of itself, once all of it has proved good; and, where that is asked for, what
// it holds. Needs no agent. The first form is that of Consul 1.8, the others are of later versions.

import { resolve } from "node:path";
import type { ReadArchive } from "../../../core/archive/reader.ts";
import { RECORD, RECORD_NAMES } from "../../../core/archive/record-types.ts";
import { compareStrings, textOf, utf8, utf8Bytes } from "../../../core/lib/bytes.ts";
import { readArchiveFile } from "../archive-file.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type FlagValues, stringFlag } from "../flags.ts";
import { tabTable } from "../tables.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} snapshot inspect [options] FILE

  Verifies a saved state and shows what it says of itself:

      $ ${program} snapshot inspect backup.snap

  and, with a format or -kvdetails, what kinds of records are in it and where
  in the key/value store its keys are.`,
  flags: [
    { name: "format", kind: "string", description: "Also lists the records, as `pretty|json`." },
    {
      name: "kvdetails",
      kind: "bool",
      description: "Also lists how many keys there are below each prefix, and their size.",
    },
    {
      name: "kvdepth",
      kind: "int",
      fallback: "2",
      description: "With -kvdetails: how many parts of a key make its prefix.",
    },
    {
      name: "kvfilter",
      kind: "string",
      description: "With -kvdetails: only keys that begin with this.",
    },
  ],
  run: async (call) => runInspect(call),
};

interface Row {
  readonly name: string;
  count: number;
  bytes: number;
}

function runInspect({ args, flags, io }: Call): number {
  const [file] = args;
  if (file === undefined) return complain(io, "Missing FILE argument");
  if (args.length > 1) return complain(io, `Too many arguments (expected 1, got ${args.length})`);
  const format = stringFlag(flags, "format");
  const details = boolFlag(flags, "kvdetails");
  if (format !== undefined && format !== "pretty" && format !== "json")
    return complain(io, `Error outputting enhanced snapshot data: Unknown format: ${format}`);
  const isLater = format !== undefined || details;
  const depth = details ? "take" : isLater ? "count" : "verify";
  const read = readArchiveFile(resolve(io.cwd, file), file, depth);
  if (!read.ok) {
    const doing = read.stage === "open" ? "opening" : isLater ? "reading" : "verifying";
    return complain(io, `Error ${doing} snapshot${read.stage === "open" ? " file" : ""}: ${read.error}`);
  }
  if (!isLater) io.stdout(utf8Bytes(`${metaTable(read.archive, "")}\n`));
  else if (format === "json") say(io, jsonOf(read.archive, flags));
  else say(io, prettyOf(read.archive, flags));
  return 0;
}

function metaTable({ meta }: ReadArchive, indent: string): string {
  const rows = [
    ["ID", meta.id],
    ["Size", meta.size],
    ["Index", meta.index],
    ["Term", meta.term],
    ["Version", meta.version],
  ];
  return tabs(rows.map(([name, value]) => `${indent}${name}\t${value}`).join("\n"));
}

function tabs(text: string): string {
  return textOf(tabTable(utf8(`${text}\n`)));
}

/** Largest first. Consul counts the header of state.bin to its first record; so the sizes add up to the whole. */
function recordRows({ counts, meta }: ReadArchive): Row[] {
  const rows = [...counts.values()].map(
    ({ type, count, bytes }): Row => ({ name: RECORD_NAMES.get(type) ?? `Unknown(${type})`, count, bytes }),
  );
  const header = meta.size - rows.reduce((sum, { bytes }) => sum + bytes, 0);
  const [first] = rows;
  if (first !== undefined) first.bytes += header;
  return rows.sort(bySize);
}

function bySize(a: Row, b: Row): number {
  return b.bytes - a.bytes || compareStrings(a.name, b.name);
}

/** Keys by their first parts, with the sizes of their records. */
function keyRows({ contents, counts }: ReadArchive, flags: FlagValues): Row[] {
  const filter = utf8(stringFlag(flags, "kvfilter") ?? "");
  const depth = Math.max(0, Number(flags.get("kvdepth") ?? 2));
  const rows = new Map<string, Row>();
  for (const pair of contents.kv) {
    if (!pair.key.startsWith(filter)) continue;
    const name = pair.key.split("/").slice(0, depth).join("/");
    const row = rows.get(name) ?? { name: textOf(name as typeof pair.key), count: 0, bytes: 0 };
    row.count++;
    row.bytes += pair.key.length + pair.value.length;
    rows.set(name, row);
  }
  // Of the records only keys and values are at hand: what is around them is about the same for each.
  const all = counts.get(RECORD.kv);
  const known = contents.kv.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  const around = all === undefined ? 0 : (all.bytes - known) / all.count;
  for (const row of rows.values()) row.bytes = Math.round(row.bytes + row.count * around);
  return [...rows.values()].sort(bySize);
}

function prettyOf(archive: ReadArchive, flags: FlagValues): string {
  const parts = [metaTable(archive, " "), listing("Type", recordRows(archive))];
  if (boolFlag(flags, "kvdetails")) parts.push(listing("Key Name", keyRows(archive, flags)));
  return parts.join("\n").replace(/\n$/, "");
}

function listing(title: string, rows: readonly Row[]): string {
  const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  const rule = " ----\t----\t----\t";
  const lines = rows.map(({ name, count, bytes }) => ` ${name}\t${count}\t${sizeText(bytes)}\t`);
  return tabs(
    [` ${title}\tCount\tSize\t`, rule, ...lines, rule, ` Total\t\t${sizeText(total)}\t`].join("\n"),
  );
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** Powers of 1024 with one decimal at most: "1.3KB", "12B"; "0" for nothing. */
function sizeText(bytes: number): string {
  if (bytes === 0) return "0";
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** unit).toFixed(1).replace(/\.0$/, "")}${UNITS[unit]}`;
}

function jsonOf(archive: ReadArchive, flags: FlagValues): string {
  const { meta } = archive;
  const rows = (all: readonly Row[]): object[] =>
    all.map(({ name, bytes, count }) => ({ Name: name, Sum: bytes, Count: count }));
  const records = recordRows(archive);
  const keys = boolFlag(flags, "kvdetails") ? keyRows(archive, flags) : [];
  const sum = (all: readonly Row[]): number => all.reduce((total, { bytes }) => total + bytes, 0);
  const value = {
    Meta: { ID: meta.id, Size: meta.size, Index: meta.index, Term: meta.term, Version: meta.version },
    Stats: rows(records),
    StatsKV: keys.length === 0 ? null : rows(keys),
    TotalSize: sum(records),
    TotalSizeKV: sum(keys),
  };
  return JSON.stringify(value, undefined, 3);
}
