// `services deregister`: takes services out of an agent, by their ids.

import { callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { stringFlag } from "../flags.ts";
import { SERVICES_FLAGS, servicesOfFiles } from "./services.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} services deregister [options] [FILE...]

  Takes services out of the agent with which they were registered: those of
  configuration files, or the one with the id.

      $ ${program} services deregister web.json db.json
      $ ${program} services deregister -id=web`,
  flags: [
    ...SERVICES_FLAGS,
    { name: "id", kind: "string", description: "Id of the service. Not together with files." },
  ],
  run: runDeregister,
};

async function runDeregister(call: Call): Promise<number> {
  const { args, flags, io } = call;
  const given = stringFlag(flags, "id") ?? "";
  if (args.length === 0 && given === "")
    return complain(io, "Service deregistration requires at least one argument or -id.");
  if (args.length > 0 && given !== "")
    return complain(io, "Service deregistration requires arguments or -id, not both.");
  const ids =
    args.length > 0 ? servicesOfFiles(call)?.map(({ id, name }) => (id === "" ? name : id)) : [given];
  if (ids === undefined) return 1;
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  for (const id of ids) {
    if (id === "") continue;
    const path = `/v1/agent/service/deregister/${id}`;
    const answer = expectOk(await callApi(client, { method: "PUT", path }));
    // Consul's words, of another command.
    if (!answer.ok) return complain(io, `Error registering service "": ${answer.error}`);
    say(io, `Deregistered service: ${id}`);
  }
  return 0;
}
