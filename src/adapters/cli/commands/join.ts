// `join`: tells a running agent to join those who answer at the given addresses.

import { CLIENT_FLAGS } from "../api-flags.ts";
import { callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag } from "../flags.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} join [options] address ...

  Makes a running agent (see "${program} agent") join a cluster. One address of a
  member is enough; more of them are tried one after the other.`,
  flags: [
    ...CLIENT_FLAGS,
    { name: "wan", kind: "bool", description: "Joins a server to the servers of another datacenter." },
  ],
  run: runJoin,
};

async function runJoin({ args, flags, io, help }: Call): Promise<number> {
  if (args.length === 0) return complain(io, `At least one address to join must be specified.\n\n${help()}`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const query: Record<string, string> = boolFlag(flags, "wan") ? { wan: "1" } : {};
  let joined = 0;
  for (const address of args) {
    const path = `/v1/agent/join/${address}`;
    const answer = expectOk(await callApi(client, { method: "PUT", path, query }));
    if (answer.ok) joined++;
    else complain(io, `Error joining address '${address}': ${answer.error}`);
  }
  if (joined === 0) return complain(io, "Failed to join any nodes.");
  say(io, `Successfully joined cluster by contacting ${joined} nodes.`);
  return 0;
}
