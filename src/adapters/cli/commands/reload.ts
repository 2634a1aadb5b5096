// `reload`: makes an agent read its configuration again.

import { CLIENT_FLAGS } from "../api-flags.ts";
import { callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} reload

  Makes the agent read its configuration files again, as the signal SIGHUP does.`,
  flags: CLIENT_FLAGS,
  run: runReload,
};

async function runReload({ flags, io }: Call): Promise<number> {
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const answer = expectOk(await callApi(client, { method: "PUT", path: "/v1/agent/reload" }));
  if (!answer.ok) return complain(io, `Error reloading: ${answer.error}`);
  say(io, "Configuration reload triggered");
  return 0;
}
