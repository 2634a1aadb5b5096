// `catalog datacenters`: their names, a line each.

import { callApi, connectApi } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { CATALOG_FLAGS, fetchedJson, refuseArguments } from "./catalog.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} catalog datacenters [options]

  Lists all datacenters that the servers know of, the nearest first.`,
  flags: CATALOG_FLAGS,
  run: runDatacenters,
};

async function runDatacenters(call: Call): Promise<number> {
  const { flags, io } = call;
  const refused = refuseArguments(call);
  if (refused !== undefined) return refused;
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const answer = await callApi(client, { method: "GET", path: "/v1/catalog/datacenters" });
  const listed = fetchedJson<readonly string[] | null>(answer);
  if (!listed.ok) return complain(io, `Error listing datacenters: ${listed.error}`);
  for (const name of listed.value ?? []) say(io, name);
  return 0;
}
