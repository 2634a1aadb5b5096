// The catalog: two nodes, two services, two checks, registered, changed and taken back over HTTP and in transactions, and
// every way to read them.

import type { Draw } from "./draw.ts";
import { filterOf, readParameters, writeParameters } from "./parameters.ts";
import { type Family, fields, type Json, type Request, read, write } from "./request.ts";

export const NODES: readonly string[] = ["{p}n1", "{p}n1", "{p}n2", "{p}N1"];
const IDS: readonly string[] = ["{u1}", "{U1}", "{u2}", "x", ""];
export const SERVICES: readonly string[] = ["{p}web", "{p}web", "{p}db", "{p}Web"];
const SERVICE_IDS: readonly string[] = ["{p}web", "{p}w1", "{p}w2", "{p}W1"];
const CHECK_IDS: readonly string[] = ["{p}c1", "{p}c2", "{p}C1"];
const STATUSES: readonly string[] = ["passing", "passing", "warning", "critical", "maintenance", "odd", ""];
const METADATA: readonly Json[] = [{ a: "1" }, { a: "2", b: "x" }, {}, null, { "bad key": "x" }];

function nodeFields(draw: Draw): Record<string, Json> {
  return {
    Node: draw.one(NODES),
    Address: draw.one(["1.1.1.1", "1.1.1.2", "1.1.1.1", "host"]),
    ...fields(draw, { ID: [4, IDS], TaggedAddresses: [4, [{ lan: "1.1.1.1", wan: "2.2.2.2" }, {}, null]] }),
  };
}

function serviceFields(draw: Draw): Record<string, Json> {
  return {
    ...(draw.oneIn(10) ? {} : { Service: draw.one(SERVICES) }),
    ...fields(draw, {
      ID: [2, SERVICE_IDS],
      Tags: [3, [["a"], ["a", "b"], [], null, ["B"]]],
      Port: [3, [0, 80, 8080, -1]],
      Address: [3, ["9.9.9.9", "", "0.0.0.0"]],
      Meta: [3, METADATA],
      Weights: [7, [{ Passing: 3, Warning: 2 }, { Passing: 0, Warning: 0 }, {}, null]],
      EnableTagOverride: [7, [true]],
      Kind: [7, ["", "connect-proxy", "mesh-gateway", "terminating-gateway"]],
      Proxy: [7, [{ DestinationServiceName: "{p}web" }, {}]],
      Connect: [7, [{ Native: true }, {}]],
      TaggedAddresses: [7, [{ lan: { Address: "7.7.7.7", Port: 7 } }, {}]],
    }),
  };
}

function checkFields(draw: Draw): Record<string, Json> {
  return {
    Status: draw.one(STATUSES),
    ...fields(draw, {
      Node: [2, NODES],
      CheckID: [2, CHECK_IDS],
      ServiceID: [2, SERVICE_IDS],
      Name: [2, ["{p}c1", "x"]],
      Notes: [5, ["n"]],
      Output: [5, ["o", "p"]],
      ServiceName: [5, SERVICES],
      Type: [5, ["ttl", ""]],
      Definition: [5, [{ TTL: "10s" }, {}, { HTTP: "http://x", Interval: "10s" }]],
    }),
  };
}

function register(draw: Draw): Request {
  const body = {
    ...nodeFields(draw),
    ...fields(draw, { NodeMeta: [4, METADATA], SkipNodeUpdate: [6, [true, false]] }),
    ...(draw.oneIn(3) ? {} : { Service: serviceFields(draw) }),
    ...(draw.oneIn(3) ? { Check: checkFields(draw) } : {}),
    ...(draw.oneIn(4) ? { Checks: draw.many(0, 2, () => checkFields(draw)) } : {}),
  };
  return write("PUT", "catalog/register", writeParameters(draw), body);
}

function deregister(draw: Draw): Request {
  const body = {
    Node: draw.one([...NODES, "", "{p}gone"]),
    ...fields(draw, { ServiceID: [2, SERVICE_IDS], CheckID: [3, CHECK_IDS] }),
  };
  return write("PUT", "catalog/deregister", writeParameters(draw), body);
}

const NODE_FILTERS: readonly string[] = [
  'Node == "{p}n1"',
  'Meta.a == "1"',
  "Meta is empty",
  '"1.1" in Address',
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

function nodeMeta(draw: Draw): string[] {
  return draw.oneIn(6) ? draw.many(1, 2, () => `node-meta=${draw.one(["a:1", "a:2", "b:x", "a", ":"])}`) : [];
}

function near(draw: Draw): string[] {
  return draw.oneIn(10) ? [`near=${draw.one(["{p}n1", "_agent", "n1"])}`] : [];
}

/** Reads that name something; what lists all there is has other sequences' leavings in it. */
function readCatalog(draw: Draw): Request {
  const service = draw.one(SERVICES);
  const ofService = (): string[] => [
    ...(draw.oneIn(4) ? draw.many(1, 2, () => `tag=${draw.one(["a", "b", "B", ""])}`) : []),
    ...nodeMeta(draw),
    ...near(draw),
  ];
  const index = `{service ${service}}`;
  return draw.weighted([
    [
      2,
      () =>
        read("catalog/nodes", [
          ...nodeMeta(draw),
          ...near(draw),
          ...filterOf(draw, NODE_FILTERS, 2),
          ...readParameters(draw, "{nodes}"),
        ]),
    ],
    [
      2,
      () =>
        read(`catalog/node/${draw.one(NODES)}`, [
          ...filterOf(draw, ONE_NODE_FILTERS, 4),
          ...readParameters(draw, "{nodes}"),
        ]),
    ],
    [
      2,
      () =>
        read(`catalog/node-services/${draw.one(NODES)}`, [
          ...filterOf(draw, ONE_NODE_FILTERS, 4),
          ...readParameters(draw, "{nodes}"),
        ]),
    ],
    [2, () => read("catalog/services", [...nodeMeta(draw), ...readParameters(draw, "{nodes}")])],
    [
      4,
      () =>
        read(`catalog/service/${service}`, [
          ...ofService(),
          ...filterOf(draw, SERVICE_FILTERS, 4),
          ...readParameters(draw, index),
        ]),
    ],
    [1, () => read(`catalog/connect/${service}`, [...ofService(), ...readParameters(draw, index)])],
    [
      4,
      () =>
        read(`health/service/${service}`, [
          ...ofService(),
          ...(draw.oneIn(4) ? [draw.one(["passing", "passing=1", "passing=x", "passing=false"])] : []),
          ...filterOf(draw, HEALTH_FILTERS, 4),
          ...readParameters(draw, index),
        ]),
    ],
    [1, () => read(`health/connect/${service}`, [...ofService(), ...readParameters(draw, index)])],
    [
      2,
      () =>
        read(`health/node/${draw.one(NODES)}`, [
          ...filterOf(draw, CHECK_FILTERS, 4),
          ...readParameters(draw, "{nodes}"),
        ]),
    ],
    [
      2,
      () =>
        read(`health/checks/${service}`, [
          ...nodeMeta(draw),
          ...near(draw),
          ...filterOf(draw, CHECK_FILTERS, 4),
          ...readParameters(draw, index),
        ]),
    ],
    [
      2,
      () =>
        read(`health/state/${draw.one(["any", "passing", "warning", "critical", "odd", "maintenance"])}`, [
          ...nodeMeta(draw),
          ...filterOf(draw, CHECK_FILTERS, 3),
          ...readParameters(draw, "{nodes}"),
        ]),
    ],
    [1, () => read(`internal/ui/node/${draw.one(NODES)}`, readParameters(draw, "{nodes}"))],
    [
      1,
      () =>
        read(
          draw.one([
            "catalog/service/",
            "catalog/node/",
            "health/service/",
            "health/state/bogus",
            "health/node/",
            "catalog/connect/",
          ]),
        ),
    ],
  ]);
}

export const CATALOG: Family = {
  name: "catalog",
  draw: (from) =>
    from.weighted([
      [7, () => register(from)],
      [2, () => deregister(from)],
      [8, () => readCatalog(from)],
    ]),
};

const VERBS: readonly string[] = ["set", "set", "get", "cas", "delete", "delete-cas", "bogus"];
const INDEXES: readonly number[] = [0, 1, 99_999_999];

function catalogOperation(draw: Draw): Json {
  const verb = { Verb: draw.one(VERBS) };
  const index = draw.oneIn(2) ? { ModifyIndex: draw.one(INDEXES) } : {};
  return draw.weighted<Json>([
    [1, () => ({ Node: { ...verb, Node: { ...nodeRow(draw), ...index } } })],
    [
      1,
      () => ({ Service: { ...verb, Node: draw.one(NODES), Service: { ...serviceFields(draw), ...index } } }),
    ],
    [1, () => ({ Check: { ...verb, Check: { Node: draw.one(NODES), ...checkFields(draw), ...index } } })],
  ]);
}

function nodeRow(draw: Draw): Record<string, Json> {
  return { ...nodeFields(draw), ...fields(draw, { Meta: [4, METADATA] }) };
}

export const CATALOG_TRANSACTIONS: Family = {
  name: "catalog txn",
  draw: (from) =>
    write(
      "PUT",
      "txn",
      [],
      from.many(1, 3, () => catalogOperation(from)),
    ),
};
