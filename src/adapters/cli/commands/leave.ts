// `leave`: makes an agent leave its cluster and end.

import { goList } from "../../config/go-text.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} leave [options]

  Makes the agent leave its cluster gracefully and end.`,
  flags: CLIENT_FLAGS,
  run: runLeave,
};

async function runLeave({ args, flags, io, help }: Call): Promise<number> {
  if (args.length > 0) {
    complain(io, `Error found unexpected args: ${goList(args)}`);
    say(io, help()); // On stdout, as in Consul.
    return 1;
  }
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const answer = expectOk(await callApi(client, { method: "PUT", path: "/v1/agent/leave" }));
  if (!answer.ok) return complain(io, `Error leaving: ${answer.error}`);
  say(io, "Graceful leave complete");
  return 0;
}
