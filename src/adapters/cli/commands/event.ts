// `event`: tells all agents of a datacenter, or some of them, that something happened.

import { compileRe2 } from "../../../core/lib/re2/re2.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { stringFlag } from "../flags.ts";

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
    { name: "node", kind: "string", description: "Regular expression that names of nodes must match." },
    {
      name: "service",
      kind: "string",
      description: "Regular expression that the id of one of a node's services must match.",
    },
    {
      name: "tag",
      kind: "string",
      description: "Regular expression that a tag of such a service must match. Goes with -service.",
    },
  ],
  run: runEvent,
};

async function runEvent({ args, flags, io, help }: Call): Promise<number> {
  const name = stringFlag(flags, "name") ?? "";
  if (name === "") return complain(io, `Event name must be specified\n\n${help()}`);
  const filters: Record<string, string> = {};
  for (const which of ["node", "service", "tag"]) {
    const expression = stringFlag(flags, which) ?? "";
    if (expression === "") continue;
    const compiled = compileRe2(expression);
    if (!compiled.ok) return complain(io, `Failed to compile ${which} filter regexp: ${compiled.error}`);
    filters[which] = expression;
  }
  if ("tag" in filters && !("service" in filters))
    return complain(io, "Cannot provide tag filter without service filter.");
  if (args.length > 1) return complain(io, `Too many command line arguments.\n\n${help()}`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  // As Consul's does, so that whoever asks nobody is told the same.
  const there = expectOk(await callApi(client, { method: "GET", path: "/v1/agent/self" }));
  if (!there.ok) return complain(io, `Error querying Consul agent: ${there.error}`);
  const body = Buffer.from(args[0] ?? "");
  const path = `/v1/event/fire/${name}`;
  const fired = answerJson(expectOk(await callApi(client, { method: "PUT", path, query: filters, body })));
  if (!fired.ok) return complain(io, `Error firing event: ${fired.error}`);
  const { ID: id } = fired.value as { ID: string };
  say(io, `Event ID: ${id}`);
  return 0;
}
