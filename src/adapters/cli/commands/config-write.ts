// `config write`: makes or replaces a configuration entry.

import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { loadConfigEntry } from "../config-entry-file.ts";
import { boolFlag, uint64Flag } from "../flags.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} config write [options] <configuration>

  Makes or replaces a configuration entry, given as HCL or JSON in a file, or
  on standard input for "-":

      $ ${program} config write web.hcl`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    NAMESPACE_FLAG,
    {
      name: "cas",
      kind: "bool",
      description: "Writes only if the entry's ModifyIndex is that of -modify-index. Default false.",
    },
    {
      name: "modify-index",
      kind: "uint64",
      description: "The ModifyIndex that -cas compares with; 0 for an entry that is not there.",
    },
  ],
  run: runWrite,
};

async function runWrite({ args, flags, io }: Call): Promise<number> {
  const [file] = args;
  if (file === undefined || args.length !== 1)
    return complain(io, "Must provide exactly one positional argument to specify the config entry to write");
  const loaded = await loadConfigEntry(file, io);
  if (!loaded.ok) return complain(io, loaded.error);
  const client = connectApi(flags, io, "Error connect to Consul agent");
  if (client === undefined) return 1;
  const query = boolFlag(flags, "cas") ? { cas: uint64Flag(flags, "modify-index").toString() } : {};
  const answer = expectOk(
    await callApi(client, { method: "PUT", path: "/v1/config", query, body: loaded.json }),
  );
  const entry = `${loaded.kind}/${loaded.name}`;
  if (!answer.ok) return complain(io, `Error writing config entry ${entry}: ${answer.error}`);
  if (answer.body.toString().trim() !== "true") return complain(io, `Config entry not updated: ${entry}`);
  say(io, `Config entry written: ${entry}`);
  return 0;
}
