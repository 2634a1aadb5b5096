// `kv delete`: takes a pair, or all below a prefix, out of the store.

import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { connectApi } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, uint64Flag } from "../flags.ts";
import { deletePairs, trimKey } from "../kv-pairs.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} kv delete [options] KEY_OR_PREFIX

  Deletes a key; one that is not there is no error:

      $ ${program} kv delete foo

  With -recurse every key that begins with the prefix: "foo", "food" and
  "foo/bar/zip" alike:

      $ ${program} kv delete -recurse foo`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    NAMESPACE_FLAG,
    {
      name: "cas",
      kind: "bool",
      description: "Deletes only if the key's ModifyIndex is still that of -modify-index. Default false.",
    },
    { name: "modify-index", kind: "uint64", description: "The ModifyIndex that -cas asks for." },
    {
      name: "recurse",
      kind: "bool",
      description: "Deletes every key that begins with the prefix. Default false.",
    },
  ],
  run: runDelete,
};

async function runDelete({ args, flags, io }: Call): Promise<number> {
  if (args.length > 1) return complain(io, `Too many arguments (expected 1, got ${args.length})`);
  const key = trimKey(args[0] ?? "");
  const recurse = boolFlag(flags, "recurse");
  const cas = boolFlag(flags, "cas");
  const modifyIndex = uint64Flag(flags, "modify-index");
  if (key === "" && !recurse) return complain(io, "Error! Missing KEY argument");
  if (cas && modifyIndex === 0n) return complain(io, "Must specify -modify-index with -cas!");
  if (modifyIndex !== 0n && !cas) return complain(io, "Cannot specify -modify-index without -cas!");
  if (cas && recurse) return complain(io, "Cannot specify both -cas and -recurse!");
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  if (recurse) {
    const deleted = await deletePairs(client, key, { recurse: "" });
    if (!deleted.ok) return complain(io, `Error! Did not delete prefix ${key}: ${deleted.error}`);
    say(io, `Success! Deleted keys with prefix: ${key}`);
    return 0;
  }
  const deleted = await deletePairs(client, key, cas ? { cas: modifyIndex.toString() } : {});
  const failure = cas ? `Error! Did not delete key ${key}` : `Error deleting key ${key}`;
  if (!deleted.ok) return complain(io, `${failure}: ${deleted.error}`);
  if (cas && !deleted.value) return complain(io, `${failure}: CAS failed`);
  say(io, `Success! Deleted key: ${key}`);
  return 0;
}
