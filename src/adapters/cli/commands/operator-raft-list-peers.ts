// `operator raft list-peers`: the servers of the Raft configuration.

import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, OPERATOR_FLAG_ERROR, say } from "../command.ts";
import { columnTable } from "../tables.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} operator raft list-peers [options]

  Lists the servers of the Raft configuration.`,
  flags: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flagErrorPrefix: OPERATOR_FLAG_ERROR,
  run: runListPeers,
};

interface Peer {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Leader: boolean;
  readonly ProtocolVersion?: string;
  readonly Voter: boolean;
}

async function runListPeers({ flags, io }: Call): Promise<number> {
  const client = connectApi(flags, io, "Error initializing client");
  if (client === undefined) return 1;
  const answer = expectOk(await callApi(client, { method: "GET", path: "/v1/operator/raft/configuration" }));
  const read = answerJson(answer);
  if (!read.ok)
    return complain(io, `Error getting peers: Failed to retrieve raft configuration: ${read.error}`);
  const peers = (read.value as { readonly Servers?: readonly Peer[] } | null)?.Servers ?? [];
  const rows = peers.map((peer) => [
    peer.Node,
    peer.ID,
    peer.Address,
    peer.Leader ? "leader" : "follower",
    String(peer.Voter),
    peer.ProtocolVersion || "<=1",
  ]);
  say(io, columnTable([["Node", "ID", "Address", "State", "Voter", "RaftProtocol"], ...rows]));
  return 0;
}
