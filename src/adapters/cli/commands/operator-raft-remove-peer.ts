// `operator raft remove-peer`: takes a server out of the Raft configuration.

import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, OPERATOR_FLAG_ERROR, say } from "../command.ts";
import { stringFlag } from "../flags.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} operator raft remove-peer [options]

  Takes a server out of the Raft configuration, by its address or its id. For
  servers that are gone and were left behind there. One that "${program} members"
  still lists is better declared to have left, with "${program} force-leave".`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    { name: "address", kind: "string", description: "Where the server took RPC: host:port." },
    { name: "id", kind: "string", description: "The server's node id." },
  ],
  flagErrorPrefix: OPERATOR_FLAG_ERROR,
  run: runRemovePeer,
};

async function runRemovePeer({ flags, io }: Call): Promise<number> {
  const address = stringFlag(flags, "address") ?? "";
  const id = stringFlag(flags, "id") ?? "";
  const client = connectApi(flags, io, "Error initializing client");
  if (client === undefined) return 1;
  if (address === "" && id === "")
    return complain(io, "Error removing peer: an address or id is required for the peer to remove");
  if (address !== "" && id !== "")
    return complain(io, "Error removing peer: cannot give both an address and id");
  const query: Record<string, string> = address === "" ? { id } : { address };
  const answer = expectOk(await callApi(client, { method: "DELETE", path: "/v1/operator/raft/peer", query }));
  if (!answer.ok) return complain(io, `Error removing peer: ${answer.error}`);
  say(io, address === "" ? `Removed peer with id "${id}"` : `Removed peer with address "${address}"`);
  return 0;
}
