// `kv get`: values, keys, or all that is known of a pair.

import { type ByteString, base64, utf8 } from "../../../core/lib/bytes.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { connectApi } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type FlagValues, mustStringFlag } from "../flags.ts";
import { fetchKeys, fetchPairs, type KvEntry, outputBytes, trimKey } from "../kv-pairs.ts";
import { tabTable } from "../tables.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} kv get [options] [KEY_OR_PREFIX]

  Prints the value of a key:

      $ ${program} kv get foo

  or all that is known of it, its ModifyIndex and flags among it:

      $ ${program} kv get -detailed foo

  or every key that begins with a prefix, with its value or without:

      $ ${program} kv get -recurse foo
      $ ${program} kv get -keys foo

  Without a prefix these two show the whole store.`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    NAMESPACE_FLAG,
    { name: "base64", kind: "bool", description: "Prints values in base 64. Default false." },
    { name: "detailed", kind: "bool", description: "Prints all that is known of each pair. Default false." },
    {
      name: "keys",
      kind: "bool",
      description: "Lists the keys that begin with the prefix, without values. Default false.",
    },
    {
      name: "recurse",
      kind: "bool",
      description: "Prints every pair whose key begins with the prefix. Default false.",
    },
    {
      name: "separator",
      kind: "string",
      fallback: "/",
      description: "With -keys, what follows this text in a key is folded away. An empty one folds nothing.",
    },
  ],
  run: runGet,
};

async function runGet({ args, flags, io }: Call): Promise<number> {
  if (args.length > 1) return complain(io, `Too many arguments (expected 1, got ${args.length})`);
  const key = trimKey(args[0] ?? "");
  const recurse = boolFlag(flags, "recurse");
  const keys = boolFlag(flags, "keys");
  if (key === "" && !recurse && !keys) return complain(io, "Error! Missing KEY argument");
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  if (keys) {
    const listed = await fetchKeys(client, key, mustStringFlag(flags, "separator"));
    if (!listed.ok) return complain(io, `Error querying Consul agent: ${listed.error}`);
    for (const each of listed.value) say(io, each);
    return 0;
  }
  const fetched = await fetchPairs(client, key, recurse);
  if (!fetched.ok) return complain(io, `Error querying Consul agent: ${fetched.error}`);
  const entries = recurse ? fetched.value : fetched.value.slice(0, 1);
  if (!recurse && entries.length === 0) return complain(io, `Error! No key exists at: ${key}`);
  io.stdout(outputBytes(...render(entries, flags)));
  return 0;
}

function render(entries: readonly KvEntry[], flags: FlagValues): ByteString[] {
  const encoded = boolFlag(flags, "base64");
  const value = (entry: KvEntry): string => (encoded ? base64(entry.value) : entry.value);
  const line = (text: string): ByteString => `${text}\n` as ByteString;
  if (boolFlag(flags, "detailed"))
    return [entries.map((entry) => line(tabTable(details(entry, value(entry))))).join("\n") as ByteString];
  if (boolFlag(flags, "recurse")) return entries.map((entry) => line(`${utf8(entry.key)}:${value(entry)}`));
  return entries.map((entry) => line(value(entry)));
}

function details(entry: KvEntry, value: string): ByteString {
  const rows = [
    ["CreateIndex", entry.createIndex],
    ["Flags", entry.flags],
    ["Key", utf8(entry.key)],
    ["LockIndex", entry.lockIndex],
    ["ModifyIndex", entry.modifyIndex],
    ["Session", entry.session === "" ? "-" : utf8(entry.session)],
    ["Value", value],
  ];
  return rows.map((row) => row.join("\t")).join("\n") as ByteString;
}
