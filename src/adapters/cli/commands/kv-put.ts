// `kv put`: writes a pair, on condition or with a lock if so asked.

import { textOfBytes } from "../../../core/lib/bytes.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { decodeBase64 } from "../base64.ts";
import { type ApiClient, connectApi } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { readArgument } from "../data-argument.ts";
import { boolFlag, type FlagValues, stringFlag, uint64Flag } from "../flags.ts";
import { flagsQuery, putPair } from "../kv-pairs.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} kv put [options] KEY [DATA]

  Writes DATA, or nothing, as the value of KEY:

      $ ${program} kv put config/redis/maxconns 5
      $ ${program} kv put webapp/beta/active

  DATA may also be a file or standard input:

      $ ${program} kv put config/program/license @license.lic
      $ echo "abcd1234" | ${program} kv put config/program/license -

  With -cas the value is only written if the key was not changed since the given
  ModifyIndex:

      $ ${program} kv put -cas -modify-index=844 config/redis/maxconns 5`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    NAMESPACE_FLAG,
    {
      name: "acquire",
      kind: "bool",
      description:
        "Takes the lock on the key for the session that -session names, and makes the key if need be. Default false.",
    },
    {
      name: "base64",
      kind: "bool",
      description: "DATA is in base 64 and decoded before it is written. Default false.",
    },
    {
      name: "cas",
      kind: "bool",
      description: "Writes only if the key's ModifyIndex is still that of -modify-index. Default false.",
    },
    {
      name: "flags",
      kind: "uint64",
      description: "A number to keep with the pair, for whatever you like. Default 0.",
    },
    { name: "modify-index", kind: "uint64", description: "The ModifyIndex that -cas asks for." },
    {
      name: "release",
      kind: "bool",
      description:
        "Gives back the lock on the key, which the session that -session names must hold. Default false.",
    },
    { name: "session", kind: "string", description: "The session for -acquire and -release." },
  ],
  run: runPut,
};

async function runPut({ args, flags, io }: Call): Promise<number> {
  const [key, argument = "", ...more] = args;
  if (key === undefined) return complain(io, "Error! Missing KEY argument");
  if (more.length > 0) return complain(io, `Error! Too many arguments (expected 1 or 2, got ${args.length})`);
  const read = await readArgument(argument, io);
  if (!read.ok) return complain(io, `Error! ${read.error}`);
  const data = boolFlag(flags, "base64")
    ? decodeBase64(textOfBytes(read.data))
    : { ok: true as const, bytes: read.data };
  // Consul goes on and writes what it could decode; half a value helps nobody.
  if (!data.ok) return complain(io, `Error! Cannot base 64 decode data: ${data.error}`);
  const locks = boolFlag(flags, "acquire") || boolFlag(flags, "release");
  if (locks && (stringFlag(flags, "session") ?? "") === "")
    return complain(io, "Error! Missing -session (required with -acquire and -release)");
  if (boolFlag(flags, "cas") && uint64Flag(flags, "modify-index") === 0n)
    return complain(io, "Must specify -modify-index with -cas!");
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const outcome = await put(client, key, data.bytes, flags);
  if (!outcome.ok) return complain(io, `Error! ${outcome.error}`);
  say(io, `Success! ${outcome.text}: ${key}`);
  return 0;
}

type Outcome = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly error: string };

/** Of -cas, -acquire and -release the first that is given counts. */
async function put(client: ApiClient, key: string, data: Uint8Array, flags: FlagValues): Promise<Outcome> {
  const session = stringFlag(flags, "session") ?? "";
  const [condition, success, refusal, failure] = boolFlag(flags, "cas")
    ? [
        { cas: uint64Flag(flags, "modify-index").toString() },
        "Data written to",
        `Did not write to ${key}: CAS failed`,
        `Did not write to ${key}`,
      ]
    : boolFlag(flags, "acquire")
      ? [{ acquire: session }, "Lock acquired on", "Did not acquire lock", "Failed writing data"]
      : boolFlag(flags, "release")
        ? [{ release: session }, "Lock released on", "Did not release lock", "Failed writing data"]
        : [{}, "Data written to", undefined, "Failed writing data"];
  const written = await putPair(client, key, data, {
    ...flagsQuery(uint64Flag(flags, "flags")),
    ...condition,
  });
  if (!written.ok) return { ok: false, error: `${failure}: ${written.error}` };
  if (!written.value && refusal !== undefined) return { ok: false, error: refusal };
  return { ok: true, text: success };
}
