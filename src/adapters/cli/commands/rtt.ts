// `rtt`: the round trip between two nodes, as their network coordinates tell it.

import { quoteText } from "../../../core/lib/go-quote.ts";
import {
  type Coordinate,
  type CoordinateSet,
  distanceNs,
  secondsOf,
  sharedCoordinates,
} from "../../../core/model/coordinate.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { type ApiClient, answerJson, callApi, connectApi, expectOk, type Fetched } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag } from "../flags.ts";

/** As /v1/coordinate/nodes gives them. */
interface Entry {
  readonly Node: string;
  readonly Segment: string;
  readonly Coord: {
    readonly Vec: readonly number[];
    readonly Error: number;
    readonly Adjustment: number;
    readonly Height: number;
  };
}

/** As /v1/coordinate/datacenters gives them. */
interface Datacenter {
  readonly Datacenter: string;
  readonly AreaID: string;
  readonly Coordinates: readonly Entry[] | null;
}

/** The part of /v1/agent/self that names the agent. */
interface Self {
  readonly Config?: { readonly NodeName?: string; readonly Datacenter?: string };
}

type Names = readonly [first: string, second: string];
type Pair = readonly [first: Coordinate | undefined, second: Coordinate | undefined];

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} rtt [options] node1 [node2]

  Estimates the round trip time between two nodes from their network coordinates,
  which the agents find by themselves as they probe each other. Nothing is sent
  between the two for it.

  The second node is the agent's own unless it is named. Names are those that
  "${program} members" shows, in the same case.

  Nodes of the agent's datacenter are compared by where they are in the LAN. With
  -wan the names of two servers are given as <node>.<datacenter>, and compared by
  where they are in the WAN; between the two pools nothing can be measured.`,
  flags: [
    ...CLIENT_FLAGS,
    { name: "wan", kind: "bool", description: "Compares servers of any datacenter, by the WAN." },
  ],
  run: runRtt,
};

async function runRtt({ args, flags, io, help }: Call): Promise<number> {
  const [first, second, ...more] = args;
  if (first === undefined || more.length > 0)
    return complain(io, `One or two node names must be specified\n\n${help()}`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const wan = boolFlag(flags, "wan");
  const own = second === undefined ? await ownName(client, wan) : { ok: true as const, value: second };
  if (!own.ok) return complain(io, `Unable to look up agent info: ${own.error}`);
  const names: Names = [first, own.value];
  if (wan && !names.every((name) => name.split(".").length === 2))
    return complain(io, "Node names must be specified as <node name>.<datacenter> with -wan");
  const pair = await (wan ? wanPair(client, names) : lanPair(client, names));
  if (!pair.ok) return complain(io, `Error getting coordinates: ${pair.error}`);
  const [a, b] = pair.value;
  if (a === undefined) return complain(io, `Could not find a coordinate for node ${quoteText(names[0])}`);
  if (b === undefined) return complain(io, `Could not find a coordinate for node ${quoteText(names[1])}`);
  const ms = (secondsOf(distanceNs(a, b)) * 1000).toFixed(3);
  say(io, `Estimated ${names.join(" <-> ")} rtt: ${ms} ms (using ${wan ? "WAN" : "LAN"} coordinates)`);
  return 0;
}

async function fetched<T>(client: ApiClient, path: string): Promise<Fetched<T>> {
  return answerJson(expectOk(await callApi(client, { method: "GET", path }))) as Fetched<T>;
}

async function ownName(client: ApiClient, wan: boolean): Promise<Fetched<string>> {
  const self = await fetched<Self>(client, "/v1/agent/self");
  if (!self.ok) return self;
  const { NodeName = "", Datacenter = "" } = self.value.Config ?? {};
  return { ok: true, value: wan ? `${NodeName}.${Datacenter}` : NodeName };
}

async function lanPair(client: ApiClient, [first, second]: Names): Promise<Fetched<Pair>> {
  const entries = await fetched<readonly Entry[] | null>(client, "/v1/coordinate/nodes");
  if (!entries.ok) return entries;
  const of = (name: string): CoordinateSet =>
    new Map(
      (entries.value ?? [])
        .filter(({ Node }) => Node === name)
        .map((entry) => [entry.Segment, coordinateOf(entry)]),
    );
  return { ok: true, value: sharedCoordinates(of(first), of(second)) };
}

/** Both in one area: what was measured in different ones can't be compared. */
async function wanPair(client: ApiClient, names: Names): Promise<Fetched<Pair>> {
  const all = await fetched<readonly Datacenter[] | null>(client, "/v1/coordinate/datacenters");
  if (!all.ok) return all;
  const areas = new Set((all.value ?? []).map(({ AreaID }) => AreaID));
  for (const area of areas) {
    const here = (all.value ?? []).filter(({ AreaID }) => AreaID === area);
    const [a, b] = names.map((name) => inDatacenters(here, name));
    if (a !== undefined && b !== undefined) return { ok: true, value: [a, b] };
  }
  return { ok: true, value: [undefined, undefined] };
}

function inDatacenters(datacenters: readonly Datacenter[], name: string): Coordinate | undefined {
  for (const { Datacenter: datacenter, Coordinates } of datacenters)
    for (const entry of Coordinates ?? [])
      if (`${entry.Node}.${datacenter}` === name) return coordinateOf(entry);
  return undefined;
}

function coordinateOf({ Coord }: Entry): Coordinate {
  return { vec: Coord.Vec, error: Coord.Error, adjustment: Coord.Adjustment, height: Coord.Height };
}
