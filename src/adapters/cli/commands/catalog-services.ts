// `catalog services`: the services that are registered, or those on one node.

import { type ByteString, compareStrings, textOf, utf8 } from "../../../core/lib/bytes.ts";
import { NAMESPACE_FLAG } from "../api-flags.ts";
import { type ApiClient, callApi, connectApi, type Fetched } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type FlagValues, stringFlag } from "../flags.ts";
import { tabTable } from "../tables.ts";
import { CATALOG_FLAGS, fetchedJson, nodeMetaFlag, nodeMetaQuery, refuseArguments } from "./catalog.ts";

/** The part of /v1/catalog/node that is of use here. */
interface OnNode {
  readonly Services: Readonly<Record<string, { readonly Service: string; readonly Tags: readonly string[] }>>;
}

type Tags = ReadonlyMap<string, readonly string[]>;

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} catalog services [options]

  Lists the services that are registered in a datacenter.

  With all tags of their instances:

      $ ${program} catalog services -tags

  Those on one node, or on nodes with certain metadata:

      $ ${program} catalog services -node=web-1
      $ ${program} catalog services -node-meta=rack=3`,
  flags: [
    ...CATALOG_FLAGS,
    NAMESPACE_FLAG,
    {
      name: "node",
      kind: "string",
      description: "Lists only services on the node of this `id or name`.",
    },
    nodeMetaFlag("services on nodes"),
    { name: "tags", kind: "bool", description: "Shows the tags beside each service." },
  ],
  run: runServices,
};

async function runServices(call: Call): Promise<number> {
  const { flags, io } = call;
  const refused = refuseArguments(call);
  if (refused !== undefined) return refused;
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const node = stringFlag(flags, "node") ?? "";
  const listed = node === "" ? await allServices(client, flags) : await servicesOn(client, node);
  if (!listed.ok)
    return complain(io, `Error listing services${node === "" ? "" : " for node"}: ${listed.error}`);
  const names = [...listed.value.keys()].sort(compareStrings);
  if (names.length === 0) complain(io, "No services match the given query - try expanding your search.");
  else if (boolFlag(flags, "tags")) say(io, taggedTable(names, listed.value));
  else for (const name of names) say(io, name);
  // Nothing found is no failure.
  return 0;
}

async function allServices(client: ApiClient, flags: FlagValues): Promise<Fetched<Tags>> {
  const query = nodeMetaQuery((flags.get("node-meta") ?? new Map()) as ReadonlyMap<string, string>);
  const answer = await callApi(client, { method: "GET", path: "/v1/catalog/services", query });
  const listed = fetchedJson<Readonly<Record<string, readonly string[]>> | null>(answer);
  return listed.ok ? { ok: true, value: new Map(Object.entries(listed.value ?? {})) } : listed;
}

/** Of a service with several instances there the tags of each, one after the other, the same ones again. */
async function servicesOn(client: ApiClient, node: string): Promise<Fetched<Tags>> {
  const answer = await callApi(client, { method: "GET", path: `/v1/catalog/node/${node}` });
  const found = fetchedJson<OnNode | null>(answer);
  if (!found.ok) return found;
  const tags = new Map<string, readonly string[]>();
  for (const each of Object.values(found.value?.Services ?? {}))
    tags.set(each.Service, [...(tags.get(each.Service) ?? []), ...each.Tags]);
  return { ok: true, value: tags };
}

function taggedTable(names: readonly string[], tags: Tags): string {
  const lines = names.map((name) => `${name}\t${[...(tags.get(name) ?? [])].sort(compareStrings).join(",")}`);
  return textOf(tabTable(utf8(lines.join("\n")) as ByteString));
}
