// The catalog: two nodes, two services, two checks, registered, changed and taken back over HTTP and in transactions, and
// every way to read them.

import { CATALOG_EXAM, readCatalog } from "./catalog-reads.ts";
import type { Draw } from "./draw.ts";
import { NODES, SERVICES } from "./names.ts";
import { writeParameters } from "./parameters.ts";
import { type Family, fields, type Json, type Request, write } from "./request.ts";

/** In one spelling: the rows of a node are told of by its name as it has it, and in the original as they were written. */
const WRITTEN_NODES: readonly string[] = ["{p}n1", "{p}n1", "{p}n2"];
const IDS: readonly string[] = ["{u1}", "{U1}", "{u2}", "x", ""];
const SERVICE_IDS: readonly string[] = ["{p}web", "{p}w1", "{p}w2", "{p}W1"];
/** An id keeps its service: of one that becomes another's the original does not tell those who read it (H54). */
const INSTANCES: readonly Record<string, Json>[] = [
  { Service: "{p}web" },
  { Service: "{p}web", ID: "{p}w1" },
  { Service: "{p}Web", ID: "{p}W1" },
  { Service: "{p}db", ID: "{p}w2" },
  { Service: "{p}db", ID: "{p}w3" },
  { Service: "{p}db" },
  { ID: "{p}w1" },
  {},
];
const CHECK_IDS: readonly string[] = ["{p}c1", "{p}c2", "{p}C1"];
const STATUSES: readonly string[] = ["passing", "passing", "warning", "critical", "maintenance", "odd", ""];
const METADATA: readonly Json[] = [{ a: "1" }, { a: "2", b: "x" }, {}, null, { "bad key": "x" }];

function nodeFields(draw: Draw): Record<string, Json> {
  return {
    Node: draw.one(WRITTEN_NODES),
    Address: draw.one(["1.1.1.1", "1.1.1.2", "1.1.1.1", "host"]),
    ...fields(draw, { ID: [4, IDS], TaggedAddresses: [4, [{ lan: "1.1.1.1", wan: "2.2.2.2" }, {}, null]] }),
  };
}

function serviceFields(draw: Draw): Record<string, Json> {
  return {
    ...draw.one(INSTANCES),
    ...fields(draw, {
      // An empty list of tags is told from none in some answers of the original, and nowhere in ours (H51).
      Tags: [3, [["a"], ["a", "b"], null, ["B"]]],
      Port: [3, [0, 80, 8080, -1]],
      Address: [3, ["9.9.9.9", "", "0.0.0.0"]],
      Meta: [3, METADATA],
      Weights: [7, [{ Passing: 3, Warning: 2 }, { Passing: 0, Warning: 0 }, {}, null]],
      EnableTagOverride: [7, [true]],
      Kind: [7, ["", "connect-proxy", "mesh-gateway", "terminating-gateway"]],
      Proxy: [7, [{ DestinationServiceName: "{p}web" }, {}]],
      Connect: [7, [{ Native: true }, {}]],
      TaggedAddresses: [7, [{ lan: { Address: "7.7.7.7", Port: 7 } }]],
    }),
  };
}

function checkFields(draw: Draw): Record<string, Json> {
  return {
    Status: draw.one(STATUSES),
    ...fields(draw, {
      Node: [2, WRITTEN_NODES],
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

export const CATALOG: Family = {
  name: "catalog",
  exam: CATALOG_EXAM,
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
      () => ({
        Service: { ...verb, Node: draw.one(WRITTEN_NODES), Service: { ...serviceFields(draw), ...index } },
      }),
    ],
    [
      1,
      () => ({
        Check: { ...verb, Check: { Node: draw.one(WRITTEN_NODES), ...checkFields(draw), ...index } },
      }),
    ],
  ]);
}

function nodeRow(draw: Draw): Record<string, Json> {
  return { ...nodeFields(draw), ...fields(draw, { Meta: [4, METADATA] }) };
}

export const CATALOG_TRANSACTIONS: Family = {
  name: "catalog txn",
  exam: [],
  draw: (from) =>
    write(
      "PUT",
      "txn",
      [],
      from.many(1, 3, () => catalogOperation(from)),
    ),
};
