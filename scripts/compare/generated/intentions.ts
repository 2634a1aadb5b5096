// Intentions between a few services, and what they say of them. What agents authorize is not asked: it is of their caches, which
// hear of a change in their own time.

import type { Draw } from "./draw.ts";
import { filterOf, readParameters } from "./parameters.ts";
import { type Family, fields, type Json, type Request, read, write } from "./request.ts";

const SERVICES: readonly string[] = ["{p}web", "{p}db", "{p}Web", "*"];
const WRITTEN: readonly Json[] = ["{p}web", "{p}db", "{p}Web", "*", "", "{p}*"];
const NAMESPACES: readonly Json[] = ["default", "*", "n1", ""];
const I = "connect/intentions";
const FILTERS: readonly string[] = [
  'Action == "deny"',
  "Precedence == 9",
  'SourceName == "{p}web"',
  "Meta is empty",
];

/** Told from each other by their descriptions. */
const id = (draw: Draw): string => `{intention {p}${draw.one(["i1", "i2", "i3"])}}`;
const end = (draw: Draw): string =>
  draw.one(["", "", "", "default/", "n1/", "*/", "a/b/"]) + draw.one(SERVICES);

function body(draw: Draw): Json {
  return {
    Description: draw.one(["{p}i1", "{p}i2", "{p}i3"]),
    SourceName: draw.one(WRITTEN),
    DestinationName: draw.one(WRITTEN),
    Action: draw.one(["allow", "deny", "allow", "deny", "allow", "x"]),
    ...fields(draw, {
      SourceNS: [6, NAMESPACES],
      DestinationNS: [6, NAMESPACES],
      Meta: [5, [{ a: "1", B: "2" }, {}, { "": "x" }]],
      SourceType: [10, ["consul", "x"]],
      DefaultPort: [10, [5]],
      ID: [20, ["x"]],
    }),
  };
}

export const INTENTIONS: Family = {
  name: "intentions",
  exam: [read(I)],
  draw: (from) =>
    from.weighted([
      [6, () => write("POST", I, [], body(from))],
      [2, () => write("PUT", `${I}/${id(from)}`, [], body(from))],
      [1, () => write("DELETE", `${I}/${id(from)}`)],
      [2, () => read(I, [...filterOf(from, FILTERS, 3), ...readParameters(from, "{intentions}")])],
      [2, () => read(`${I}/${id(from)}`, readParameters(from, ""))],
      [3, () => match(from)],
      [3, () => read(`${I}/check`, [`source=${end(from)}`, `destination=${end(from)}`])],
    ]),
};

function match(draw: Draw): Request {
  const names = draw.many(1, 2, () => `name=${end(draw)}`);
  return read(`${I}/match`, [`by=${draw.one(["source", "destination"])}`, ...names]);
}
