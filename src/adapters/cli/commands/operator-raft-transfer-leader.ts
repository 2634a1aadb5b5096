// `operator raft transfer-leader`: another server leads.

import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, OPERATOR_FLAG_ERROR, say } from "../command.ts";
import { stringFlag } from "../flags.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} operator raft transfer-leader [options]

  Hands leadership to another server, without an election that would make
  clients wait: to the one with the given id, or to whoever has most of the log.`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    { name: "id", kind: "string", description: "The node id of the server that is to lead." },
  ],
  flagErrorPrefix: OPERATOR_FLAG_ERROR,
  run: runTransferLeader,
};

async function runTransferLeader({ flags, io }: Call): Promise<number> {
  const client = connectApi(flags, io, "Error initializing client");
  if (client === undefined) return 1;
  const id = stringFlag(flags, "id") ?? "";
  const query: Record<string, string> = id === "" ? {} : { id };
  const path = "/v1/operator/raft/transfer-leader";
  const read = answerJson(expectOk(await callApi(client, { method: "POST", path, query })));
  // Spelled as Consul spells it.
  if (!read.ok) return complain(io, `Error transfering leadership: ${read.error}`);
  const success = (read.value as { readonly Success?: boolean } | null)?.Success === true;
  if (!success) return complain(io, "Error transfering leadership: it was refused");
  say(io, "Success");
  return 0;
}
