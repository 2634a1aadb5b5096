// `catalog nodes`: the nodes that are registered, or those that have instances of a service.

import { compareStrings } from "../../../core/lib/bytes.ts";
import { type ApiCall, callApi, connectApi } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type FlagValues, stringFlag } from "../flags.ts";
import { columnTable } from "../tables.ts";
import { CATALOG_FLAGS, fetchedJson, nodeMetaFlag, nodeMetaQuery, refuseArguments } from "./catalog.ts";

type Labels = Readonly<Record<string, string>> | null;

/** As /v1/catalog/nodes gives them; /v1/catalog/service calls the metadata otherwise. */
interface Node {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses: Labels;
  readonly Meta?: Labels;
  readonly NodeMeta?: Labels;
}

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} catalog nodes [options]

  Lists the nodes that are registered in a datacenter.

  Whole ids, tagged addresses and metadata are shown with -detailed:

      $ ${program} catalog nodes -detailed

  Those with instances of a service, a line for each instance:

      $ ${program} catalog nodes -service=web

  Those with certain metadata, the nearest to a node first:

      $ ${program} catalog nodes -node-meta=rack=3 -near=db-1`,
  flags: [
    ...CATALOG_FLAGS,
    {
      name: "detailed",
      kind: "bool",
      description: "Shows whole ids, and tagged addresses and metadata besides.",
    },
    { name: "filter", kind: "string", description: "Expression that the API is to filter the nodes by." },
    {
      name: "near",
      kind: "string",
      description:
        'Name of the node that the others are sorted by their distance from; "_agent" for that of the agent that is asked.',
    },
    nodeMetaFlag("nodes"),
    {
      name: "service",
      kind: "string",
      description: "Lists only nodes with instances of the service of this `id or name`.",
    },
  ],
  run: runNodes,
};

async function runNodes(call: Call): Promise<number> {
  const { flags, io } = call;
  const refused = refuseArguments(call);
  if (refused !== undefined) return refused;
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const service = stringFlag(flags, "service") ?? "";
  const answer = await callApi(client, request(flags, service));
  const listed = fetchedJson<readonly Node[] | null>(answer);
  if (!listed.ok)
    return complain(io, `Error listing nodes${service === "" ? "" : " for service"}: ${listed.error}`);
  const nodes = listed.value ?? [];
  if (nodes.length === 0) complain(io, "No nodes match the given query - try expanding your search.");
  else say(io, columnTable(boolFlag(flags, "detailed") ? detailedRows(nodes) : plainRows(nodes)));
  // Nothing found is no failure.
  return 0;
}

function request(flags: FlagValues, service: string): ApiCall {
  const given = (name: string): Readonly<Record<string, string>> => {
    const value = stringFlag(flags, name) ?? "";
    return value === "" ? {} : { [name]: value };
  };
  const meta = (flags.get("node-meta") ?? new Map()) as ReadonlyMap<string, string>;
  const query = { ...given("filter"), ...given("near"), ...nodeMetaQuery(meta) };
  return {
    method: "GET",
    path: service === "" ? "/v1/catalog/nodes" : `/v1/catalog/service/${service}`,
    query,
  };
}

function plainRows(nodes: readonly Node[]): string[][] {
  const rows = nodes.map(({ Node, ID, Address, Datacenter }) => [
    Node,
    ID.replace(/-.*/s, ""),
    Address,
    Datacenter,
  ]);
  return [["Node", "ID", "Address", "DC"], ...rows];
}

function detailedRows(nodes: readonly Node[]): string[][] {
  const rows = nodes.map((node) => [
    node.Node,
    node.ID,
    node.Address,
    node.Datacenter,
    labelsText(node.TaggedAddresses),
    labelsText(node.Meta ?? node.NodeMeta ?? null),
  ]);
  return [["Node", "ID", "Address", "DC", "TaggedAddresses", "Meta"], ...rows];
}

function labelsText(labels: Labels): string {
  return Object.entries(labels ?? {})
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}
