// Configuration entries of every kind, which refer to each other by a few names.

import type { Draw } from "./draw.ts";
import { readParameters, writeParameters } from "./parameters.ts";
import { type Family, type Json, type Request, read, write } from "./request.ts";

const NAMES: readonly string[] = ["{p}a", "{p}b", "{p}c"];
const PROTOCOLS: readonly Json[] = ["http", "tcp", "grpc", "http2", ""];
const DURATIONS: readonly Json[] = ["5s", "0s", "-1s", "x", 5];

function maybe(draw: Draw, n: number, fields: Record<string, () => Json>): Record<string, Json> {
  const chosen: Record<string, Json> = {};
  for (const [name, value] of Object.entries(fields)) if (draw.oneIn(n)) chosen[name] = value();
  return chosen;
}

const named = (draw: Draw): string => draw.one(NAMES);

const KINDS: Readonly<Record<string, (draw: Draw) => Record<string, Json>>> = {
  "service-defaults": (draw) =>
    maybe(draw, 3, {
      Protocol: () => draw.one(PROTOCOLS),
      ExternalSNI: () => draw.one(["", "x"]),
      MeshGateway: () => ({ Mode: draw.one(["local", "none", "remote", "", "x"]) }),
      Expose: () => ({
        Checks: draw.one([true, false]),
        Paths: [{ Path: "/x", ListenerPort: 1, LocalPathPort: 2 }],
      }),
    }),
  "proxy-defaults": (draw) =>
    maybe(draw, 2, {
      Config: () => draw.one<Json>([{ protocol: "http" }, { a: 1, b: [1, "x"], c: { d: true } }, {}, null]),
      MeshGateway: () => ({ Mode: draw.one(["local", "x"]) }),
    }),
  "service-resolver": (draw) =>
    maybe(draw, 3, {
      DefaultSubset: () => draw.one(["v1", "v2", ""]),
      Subsets: () =>
        draw.one<Json>([
          { v1: { Filter: "Service.Meta.v == 1" } },
          { v1: {}, v2: { OnlyPassing: true } },
          { v1: { Filter: "(" } },
          {},
        ]),
      Redirect: () =>
        maybe(draw, 2, { Service: () => named(draw), ServiceSubset: () => "v1", Datacenter: () => "dc1" }),
      Failover: () => ({
        [draw.one(["*", "v1"])]: maybe(draw, 2, {
          Service: () => named(draw),
          ServiceSubset: () => "v1",
          Datacenters: () => ["dc2"],
        }),
      }),
      ConnectTimeout: () => draw.one(DURATIONS),
    }),
  "service-splitter": (draw) => ({
    Splits: draw.many(0, 3, () => ({
      Weight: draw.one([100, 50, 50, 25, 33.34, 0]),
      ...maybe(draw, 2, { Service: () => named(draw), ServiceSubset: () => "v1" }),
    })),
  }),
  "service-router": (draw) => ({
    Routes: draw.many(0, 2, () => ({
      ...maybe(draw, 2, {
        Match: () => ({
          HTTP: maybe(draw, 2, {
            PathExact: () => "/x",
            PathPrefix: () => "/y",
            PathRegex: () => "z",
            Header: () => [{ Name: "a", Exact: "b" }],
            Methods: () => ["GET"],
          }),
        }),
        Destination: () =>
          maybe(draw, 2, {
            Service: () => named(draw),
            ServiceSubset: () => "v1",
            RequestTimeout: () => draw.one(DURATIONS),
            NumRetries: () => 3,
            PrefixRewrite: () => "/",
          }),
      }),
    })),
  }),
  "ingress-gateway": (draw) => ({
    Listeners: draw.many(0, 2, () => ({
      Port: draw.one([80, 81]),
      ...maybe(draw, 2, { Protocol: () => draw.one(["tcp", "http", "x"]) }),
      Services: draw.many(0, 2, () => ({
        Name: draw.one([...NAMES, "*"]),
        ...maybe(draw, 4, { Hosts: () => ["x.y"] }),
      })),
    })),
  }),
  "terminating-gateway": (draw) => ({
    Services: draw.many(0, 2, () => ({
      Name: draw.one([...NAMES, "*"]),
      ...maybe(draw, 4, { CAFile: () => "ca", CertFile: () => "c", KeyFile: () => "k" }),
    })),
  }),
};

const KIND_NAMES: readonly string[] = Object.keys(KINDS);
const nameOf = (draw: Draw, kind: string): string => (kind === "proxy-defaults" ? "global" : draw.one(NAMES));

function put(draw: Draw): Request {
  const kind = draw.one(KIND_NAMES);
  const query = draw.oneIn(5) ? [`cas=${draw.one(["0", "1", "{config}", "x"])}`] : writeParameters(draw);
  return write("PUT", "config", query, { Kind: kind, Name: nameOf(draw, kind), ...KINDS[kind]?.(draw) });
}

export const CONFIG_ENTRIES: Family = {
  name: "config entries",
  exam: KIND_NAMES.map((kind) => read(`config/${kind}`)),
  draw: (from) => {
    const kind = from.one(KIND_NAMES);
    const entry = `config/${kind}/${nameOf(from, kind)}`;
    return from.weighted([
      [8, () => put(from)],
      [2, () => write("DELETE", entry, writeParameters(from))],
      [3, () => read(entry, readParameters(from, "{config}"))],
      [2, () => read(`config/${from.one([kind, kind, "bogus"])}`, readParameters(from, "{config}"))],
      [1, () => read(`catalog/gateway-services/${named(from)}`, readParameters(from, ""))],
    ]);
  },
};
