// Prepared queries over the services that the catalog's requests register.

import type { Draw } from "./draw.ts";
import { SERVICES } from "./names.ts";
import { readParameters, writeParameters } from "./parameters.ts";
import { type Family, fields, type Json, type Request, read, write } from "./request.ts";

const NAMES: readonly string[] = ["{p}q1", "{p}q2", "{p}Q1", ""];
const UNKNOWN = "11111111-2222-3333-4444-555555555555";

function serviceOf(draw: Draw): Record<string, Json> {
  return {
    Service: draw.oneIn(12) ? "" : draw.one(SERVICES),
    ...fields(draw, {
      Tags: [3, [["a"], ["!a"], ["a", "!b"], [], null]],
      OnlyPassing: [3, [true, false]],
      NodeMeta: [5, [{ a: "1" }, {}, { "": "x" }]],
      ServiceMeta: [5, [{ a: "1" }, {}]],
      IgnoreCheckIDs: [6, [["{p}c1"], ["{p}c2"], []]],
      Near: [6, ["_agent", "{p}n1", "nobody", ""]],
      Connect: [8, [true]],
      Failover: [8, [{ NearestN: 1 }, { NearestN: -1 }, { Datacenters: [] }]],
    }),
  };
}

const TEMPLATES: readonly Json[] = [
  { Type: "name_prefix_match" },
  { Type: "name_prefix_match", Regexp: "^{p}q(.*)$" },
  { Type: "name_prefix_match", Regexp: "^(.)(.*)$", RemoveEmptyTags: true },
  { Type: "name_prefix_match", Regexp: "(" },
  { Type: "x" },
];
/** "#{" stands for what begins an expression: in a text of ours the linter takes it for a slip. */
const TEXTS: readonly string[] = [
  "{p}web",
  "#{name.full}",
  "#{match(1)}",
  "{p}#{name.suffix}",
  "#{name.prefix}",
  "#{bad",
  "#{agent.segment}x",
];

function body(draw: Draw): Json {
  const others = fields(draw, {
    DNS: [4, ["10s", "", "x", "-1s", "1m30s"].map((TTL) => ({ TTL }))],
    Token: [6, ["t", ""]],
    Session: [8, ["{session {p}s1}", UNKNOWN, "abc"]],
  });
  const service = serviceOf(draw);
  if (!draw.oneIn(4)) return { Name: draw.one(NAMES), Service: service, ...others };
  const Service = draw.one(TEXTS).replaceAll("#{", "$" + "{");
  return {
    Name: draw.one(["{p}q", "{p}t"]),
    Service: { ...service, Service },
    Template: draw.one(TEMPLATES),
    ...others,
  };
}

const id = (draw: Draw): string => `{query ${draw.one(["{p}q1", "{p}q2"])}}`;
const idOrName = (draw: Draw): string =>
  draw.weighted([
    [1, () => id(draw)],
    [3, () => draw.one(["{p}q1", "{p}q2", "{p}q1x", "{p}tweb", UNKNOWN])],
  ]);

function run(draw: Draw): Request {
  const query = readParameters(draw, "");
  if (draw.oneIn(4)) query.push(`near=${draw.one(["_agent", "{p}n1", "_ip"])}`);
  if (draw.oneIn(6)) query.push(draw.one(["connect=true", "connect=x", "connect=false"]));
  return read(`query/${idOrName(draw)}/execute`, query, { inAnyOrder: true });
}

export const PREPARED_QUERIES: Family = {
  name: "prepared queries",
  exam: [read("query")],
  draw: (from) =>
    from.weighted<Request>([
      [5, () => write("POST", "query", writeParameters(from), body(from))],
      [2, () => write("PUT", `query/${id(from)}`, writeParameters(from), body(from))],
      [1, () => write("DELETE", `query/${id(from)}`, writeParameters(from))],
      [1, () => read("query", readParameters(from, "{queries}"))],
      [2, () => read(`query/${id(from)}`, readParameters(from, "{queries}"))],
      [4, () => run(from)],
      [2, () => read(`query/${idOrName(from)}/explain`, readParameters(from, ""))],
    ]),
};
