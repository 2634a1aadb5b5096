// Every way to read the catalog.

import type { Draw } from "./draw.ts";
import { NODES, SERVICES } from "./names.ts";
import { filterOf, readParameters } from "./parameters.ts";
import { type Request, read } from "./request.ts";

const NODE_FILTERS: readonly string[] = [
  'Node == "{p}n1"',
  'Meta.a == "1"',
  "Meta is empty",
  'Address contains "1.1.1.1"',
  "TaggedAddresses.lan is not empty",
];
const SERVICE_FILTERS: readonly string[] = [
  '"a" in ServiceTags',
  "ServicePort == 80",
  'ServiceMeta.a != "1"',
  "ServiceTags is empty",
  'ServiceName matches "w.b"',
];
const HEALTH_FILTERS: readonly string[] = [
  '"a" in Service.Tags',
  'Checks.Status == "passing"',
  'Service.Meta.a == "1"',
  "Checks is empty",
  'Node.Node == "{p}n1"',
];
const CHECK_FILTERS: readonly string[] = [
  'Status == "passing"',
  'ServiceID == ""',
  'CheckID contains "c"',
  'Name == "x"',
];
const ONE_NODE_FILTERS: readonly string[] = [
  "Port == 80",
  '"a" in Tags',
  "Meta is empty",
  'Service == "{p}web"',
];
const STATES: readonly string[] = [
  "any",
  "passing",
  "warning",
  "critical",
  "odd",
  "maintenance",
  "bogus",
  "",
];

export function readCatalog(draw: Draw): Request {
  return draw.weighted([
    [2, () => readNodes(draw)],
    [4, () => readNode(draw)],
    [2, () => readServices(draw)],
    [5, () => readService(draw)],
    [5, () => readHealth(draw)],
    [6, () => readChecks(draw)],
  ]);
}

/** What everything has come to. */
export const CATALOG_EXAM: readonly Request[] = [
  read("catalog/nodes"),
  read("catalog/services", [], { inAnyOrder: true }),
  read("health/state/any", [], { unindexed: true }),
  read("health/service/{p}web"),
  read("catalog/service/{p}db"),
  read("catalog/node/{p}n1"),
];

function readNodes(draw: Draw): Request {
  const query = [...nodeMeta(draw), ...near(draw), ...filterOf(draw, NODE_FILTERS, 2)];
  return read("catalog/nodes", [...query, ...readParameters(draw, "{nodes}")]);
}

function readNode(draw: Draw): Request {
  const path = draw.one(["catalog/node", "catalog/node-services", "internal/ui/node"]);
  const query = [...filterOf(draw, ONE_NODE_FILTERS, 4), ...readParameters(draw, "{nodes}")];
  return read(`${path}/${draw.one([...NODES, ""])}`, query);
}

/** A service's tags come in any order. */
function readServices(draw: Draw): Request {
  return read("catalog/services", [...nodeMeta(draw), ...readParameters(draw, "{nodes}")], {
    inAnyOrder: true,
  });
}

function readService(draw: Draw): Request {
  const service = draw.one([...SERVICES, ""]);
  const path = draw.one(["catalog/service", "catalog/service", "catalog/service", "catalog/connect"]);
  const query = [
    ...selection(draw),
    ...filterOf(draw, SERVICE_FILTERS, 4),
    ...readParameters(draw, `{service ${service}}`),
  ];
  return read(`${path}/${service}`, query);
}

function readHealth(draw: Draw): Request {
  const service = draw.one([...SERVICES, ""]);
  const path = draw.one(["health/service", "health/service", "health/service", "health/connect"]);
  const passing = draw.oneIn(4) ? [draw.one(["passing", "passing=1", "passing=x", "passing=false"])] : [];
  const query = [...selection(draw), ...passing, ...filterOf(draw, HEALTH_FILTERS, 4)];
  return read(`${path}/${service}`, [...query, ...readParameters(draw, `{service ${service}}`)]);
}

/** Their index counts other things in ours (H53, H55). */
function readChecks(draw: Draw): Request {
  const path = draw.one([
    `health/node/${draw.one(NODES)}`,
    `health/checks/${draw.one(SERVICES)}`,
    `health/state/${draw.one(STATES)}`,
    `health/state/${draw.one(STATES)}`,
  ]);
  const query = [...nodeMeta(draw), ...near(draw), ...filterOf(draw, CHECK_FILTERS, 3)];
  return read(path, [...query, ...readParameters(draw, "")], { unindexed: true });
}

function selection(draw: Draw): string[] {
  const tags = draw.oneIn(4) ? draw.many(1, 2, () => `tag=${draw.one(["a", "b", "B", ""])}`) : [];
  return [...tags, ...nodeMeta(draw), ...near(draw)];
}

function nodeMeta(draw: Draw): string[] {
  return draw.oneIn(6) ? draw.many(1, 2, () => `node-meta=${draw.one(["a:1", "a:2", "b:x", "a", ":"])}`) : [];
}

function near(draw: Draw): string[] {
  return draw.oneIn(10) ? [`near=${draw.one(["{p}n1", "_agent", "n1"])}`] : [];
}
