// `event`: tells all agents of a datacenter, or some of them, that something happened.

import { CLIENT_FLAGS } from "../api-flags.ts";
import { answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { stringFlag } from "../flags.ts";
import { NODE_FILTER_FLAGS, readNodeFilters } from "../node-filters.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} event [options] [payload]

  Fires an event: every agent of the datacenter hears of it, or those that the
  expressions choose. What it means is up to those who listen, with a watch or
  by asking /v1/event/list:

      $ ${program} event -name deploy -service '^web' 1.4.2`,
  flags: [
    ...CLIENT_FLAGS,
    { name: "name", kind: "string", description: "What the event is called. Must be given." },
    ...NODE_FILTER_FLAGS,
  ],
  run: runEvent,
};

async function runEvent({ args, flags, io, help }: Call): Promise<number> {
  const name = stringFlag(flags, "name") ?? "";
  if (name === "") return complain(io, `Event name must be specified\n\n${help()}`);
  const chosen = readNodeFilters(flags);
  if (!chosen.ok) return complain(io, chosen.error);
  if (args.length > 1) return complain(io, `Too many command line arguments.\n\n${help()}`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  // As Consul's does, so that whoever asks nobody is told the same.
  const there = expectOk(await callApi(client, { method: "GET", path: "/v1/agent/self" }));
  if (!there.ok) return complain(io, `Error querying Consul agent: ${there.error}`);
  const body = Buffer.from(args[0] ?? "");
  const path = `/v1/event/fire/${name}`;
  const fired = answerJson(
    expectOk(await callApi(client, { method: "PUT", path, query: chosen.filters, body })),
  );
  if (!fired.ok) return complain(io, `Error firing event: ${fired.error}`);
  const { ID: id } = fired.value as { ID: string };
  say(io, `Event ID: ${id}`);
  return 0;
}
