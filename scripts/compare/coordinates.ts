// /v1/coordinate/ and what `?near` makes of it. Of nodes that are no agents, whose coordinates nobody else writes: agents
// write their own whenever their time has come. (So the index of all coordinates may move between two answers, and what
// hangs on that is asked of segments that no agent is in.)

import { ask, type Case, type Group, get, PLAIN, put, woken } from "./cases.ts";

const UPDATE = "/v1/coordinate/update";

function place(x: number): object {
  return { Vec: [x, 0, 0, 0, 0, 0, 0, 1e-9], Error: 0.5, Adjustment: -0.0001, Height: 0.00001 };
}

function register(node: string): Case {
  const body = {
    Node: node,
    Address: "192.0.2.1",
    NodeMeta: { group: "places" },
    Service: { Service: "where", Port: 80 },
    Check: { Node: node, CheckID: "alive", Name: "alive", Status: "passing", ServiceID: "where" },
  };
  return put(`register ${node}`, "/v1/catalog/register", JSON.stringify(body));
}

function update(node: string, x: number, segment = ""): Case {
  const body = { Node: node, Segment: segment, Coord: place(x) };
  return put(`${node} is at ${x}${segment}`, UPDATE, JSON.stringify(body));
}

const UPDATES: readonly Case[] = [
  put("an update of nothing", UPDATE, ""),
  put("an update that is cut off", UPDATE, "{"),
  put("an update that is a list", UPDATE, "[]"),
  put("an update of a name that is none", UPDATE, '{"Node":3,"Coord":{}}'),
  put("an update of a segment that is none", UPDATE, '{"Node":"n1","Segment":{},"Coord":{}}'),
  put("an update with a field that nobody knows", UPDATE, '{"Node":"n1","bogus":3,"Coord":{}}'),
  put("a coordinate with a field that nobody knows", UPDATE, '{"Node":"n1","Coord":{"X":1}}'),
  put("a coordinate that is none", UPDATE, '{"Node":"n1","Coord":[1]}'),
  put("a coordinate of text", UPDATE, '{"Node":"n1","Coord":{"Vec":[1,"2"]}}'),
  put("a coordinate whose vector is none", UPDATE, '{"Node":"n1","Coord":{"Vec":"x"}}'),
  put("a coordinate past all numbers", UPDATE, '{"Node":"n1","Coord":{"Vec":[1e400]}}'),
  put("a coordinate's error that is none", UPDATE, '{"Node":"n1","Coord":{"Error":"x","Height":true}}'),
  put("an update without a coordinate", UPDATE, '{"Node":"n1"}'),
  put("an update of no coordinate", UPDATE, '{"Node":"n1","Coord":null}'),
  put("a coordinate of no dimensions", UPDATE, '{"Node":"n1","Coord":{}}'),
  put("a coordinate of two dimensions", UPDATE, '{"Node":"n1","Coord":{"Vec":[1,2]}}'),
  put("an update of another datacenter", UPDATE, '{"Datacenter":"dc9","Node":"n1","Coord":{}}'),
  put("an update for another datacenter", `${UPDATE}?dc=dc9`, '{"Node":"n1","Coord":{}}'),
  put("an update whose datacenter is outdone", `${UPDATE}?dc=dc1`, '{"Datacenter":"dc9","Coord":{}}'),
  put("an update of nobody", UPDATE, JSON.stringify({ Node: "nobody", Coord: place(1) })),
  put("an update in any case, with something behind it", UPDATE, '{"nODE":"nobody","COORD":{}} x'),
  ask(`POST ${UPDATE}`, "updates can't be posted"),
  ask(`OPTIONS ${UPDATE}`, "options of updates"),
  get("updates can't be got", UPDATE),
];

const READS: readonly Case[] = [
  register("place1"),
  register("place2"),
  register("Place3"),
  register("place4"),
  update("place1", 0.005),
  update("place2", 0.03),
  update("Place3", 0.006),
  update("place2", 0.001, "alpha"),
  update("Place3", 7, "alpha"),
  get("a node's coordinate", "/v1/coordinate/node/place1?segment=", { awaits: "1e-9" }),
  get("a node's coordinate, pretty", "/v1/coordinate/node/place1?pretty&segment="),
  get("a node's coordinate, by its name in another case", "/v1/coordinate/node/PLACE1?stale&segment="),
  get("a node's coordinate in a segment", "/v1/coordinate/node/place2?segment=alpha", { awaits: "alpha" }),
  get("a node's coordinate in no segment of its", "/v1/coordinate/node/place1?segment=beta"),
  get("a node without a coordinate", "/v1/coordinate/node/place4"),
  get("nobody's coordinate", "/v1/coordinate/node/nobody"),
  get("the coordinate of nothing", "/v1/coordinate/node/"),
  get("coordinates of a segment", "/v1/coordinate/nodes?segment=alpha"),
  get("coordinates of a segment, consistent", "/v1/coordinate/nodes?segment=alpha&consistent&pretty"),
  get("coordinates of a segment that nobody is in", "/v1/coordinate/nodes?segment=beta"),
  get("coordinates of another datacenter", "/v1/coordinate/nodes?dc=dc9"),
  get("a coordinate of another datacenter", "/v1/coordinate/node/place1?dc=dc9"),
  get("coordinates, stale and consistent", "/v1/coordinate/nodes?stale&consistent"),
  get("coordinates of an index that is none", "/v1/coordinate/nodes?index=x"),
  get("coordinates of a namespace", "/v1/coordinate/node/nobody?ns=a"),
  get("coordinates with a slash", "/v1/coordinate/nodes/"),
  get("nothing but coordinates", "/v1/coordinate/"),
  ask("DELETE /v1/coordinate/nodes", "coordinates can't be deleted"),
  get("the datacenters' coordinates", "/v1/coordinate/datacenters"),
  get(
    "the datacenters' coordinates, pretty, of parameters that mean nothing",
    "/v1/coordinate/datacenters?pretty&dc=dc9&stale&consistent&index=x",
  ),
  ask("PUT /v1/coordinate/datacenters", "the datacenters' coordinates can't be put"),
];

const PLACES = "node-meta=group:places";

const NEAR: readonly Case[] = [
  get("places", `/v1/catalog/nodes?${PLACES}`),
  get("places near one", `/v1/catalog/nodes?${PLACES}&near=place1`),
  get("places near another, by its name in another case", `/v1/catalog/nodes?${PLACES}&near=PLACE2`),
  get("places near one without a place", `/v1/catalog/nodes?${PLACES}&near=place4`),
  get("places near nobody", `/v1/catalog/nodes?${PLACES}&near=nobody`),
  get("instances near one", "/v1/catalog/service/where?near=place2"),
  get("instances near one, stale", "/v1/catalog/service/where?near=place3&stale"),
  get("health near one", "/v1/health/service/where?near=place2&passing"),
  get("checks near one", "/v1/health/checks/where?near=place2"),
  get("checks of a state near one", `/v1/health/state/passing?${PLACES}&near=place2`),
];

const WAITING: readonly Case[] = [
  woken(
    "a coordinate that is waited for",
    "/v1/coordinate/node/place1?segment=alpha&index=1&wait=20s",
    `PUT ${UPDATE}`,
    JSON.stringify({ Node: "place1", Segment: "alpha", Coord: place(0.5) }),
  ),
  ...["place1", "place2", "Place3", "place4"].map((node) =>
    put(`deregister ${node}`, "/v1/catalog/deregister", JSON.stringify({ Node: node })),
  ),
  get("coordinates of who is gone", "/v1/coordinate/nodes?segment=alpha"),
  get("the coordinate of one who is gone", "/v1/coordinate/node/place1"),
];

export const COORDINATES: readonly Group[] = [
  { title: "coordinates", kinds: PLAIN, cases: [...UPDATES, ...READS, ...NEAR, ...WAITING] },
];
