// `kv export`: pairs as JSON that `kv import` reads.

import { base64 } from "../../../core/lib/bytes.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { connectApi } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { fetchPairs, type KvEntry, trimKey } from "../kv-pairs.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} kv export [KEY_OR_PREFIX]

  Prints every pair whose key begins with the prefix as JSON, which
  "${program} kv import" reads: so a tree moves from one cluster to another.

      $ ${program} kv export vault`,
  flags: [...CLIENT_FLAGS, ...SERVER_FLAGS, NAMESPACE_FLAG],
  run: runExport,
};

async function runExport({ args, flags, io }: Call): Promise<number> {
  if (args.length > 1) return complain(io, `Too many arguments (expected 1, got ${args.length})`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const fetched = await fetchPairs(client, trimKey(args[0] ?? ""), true);
  if (!fetched.ok) return complain(io, `Error querying Consul agent: ${fetched.error}`);
  say(io, render(fetched.value));
  return 0;
}

/** Written by hand, since JSON.stringify would round the flags. */
function render(entries: readonly KvEntry[]): string {
  if (entries.length === 0) return "[]";
  const items = entries.map(
    ({ key, flags, value }) =>
      `\t{\n\t\t"key": ${jsonString(key)},\n\t\t"flags": ${flags},\n\t\t"value": "${base64(value)}"\n\t}`,
  );
  return `[\n${items.join(",\n")}\n]`;
}

/** Go escapes what would mean something in HTML or end a line in JavaScript. */
function jsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
