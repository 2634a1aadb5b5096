// `force-leave`: declares a failed member to have left.

import { CLIENT_FLAGS } from "../api-flags.ts";
import { callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain } from "../command.ts";
import { boolFlag } from "../flags.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} force-leave [options] name

  Declares that a failed member has left, so that nobody tries to reach it any
  more. A member that is alive in truth comes back by itself.`,
  flags: [
    ...CLIENT_FLAGS,
    { name: "prune", kind: "bool", description: "Also takes the member out of the list of members." },
  ],
  run: runForceLeave,
};

async function runForceLeave({ args, flags, io, help }: Call): Promise<number> {
  const [name, ...more] = args;
  if (name === undefined || more.length > 0)
    return complain(io, `A single node name must be specified to force leave.\n\n${help()}`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const path = `/v1/agent/force-leave/${name}`;
  const query: Record<string, string> = boolFlag(flags, "prune") ? { prune: "1" } : {};
  const answer = expectOk(await callApi(client, { method: "PUT", path, query }));
  return answer.ok ? 0 : complain(io, `Error force leaving: ${answer.error}`);
}
