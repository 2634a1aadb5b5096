// /v1/coordinate/: where nodes are in the network. Consul 1.8's agent/coordinate_endpoint.go.

import type { HttpResponse } from "../api/http.ts";
import type { DatacenterCoordinates, QueryMeta } from "../api/response.ts";
import { byteStringOf, textOf, utf8 } from "../lib/bytes.ts";
import type { Coordinate, NodeCoordinate } from "../model/coordinate.ts";
import { refuse } from "./answer.ts";
import { readCoordinateBody } from "./coordinate-body.ts";
import { jsonList, jsonNumber, jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { parseOptions } from "./read-options.ts";
import { askServer, askServerHere, jsonResponse, missing } from "./render.ts";

/** An endpoint that answers only where the agent has coordinates. */
function ifEnabled(read: (call: Call) => HttpPlan): (call: Call) => HttpPlan {
  return (call) =>
    call.settings.disableCoordinates === true
      ? refuse(call.settings, 401, "Coordinate support disabled")
      : read(call);
}

/** All datacenters are in the answer, whichever `dc` says. */
export const readCoordinateDatacenters: (call: Call) => HttpPlan = ifEnabled((call) =>
  askServerHere(call, { kind: "coordinate.datacenters" }),
);

export const readCoordinateNodes: (call: Call) => HttpPlan = ifEnabled((call) => {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const { options } = parsed;
  const segment = segmentOf(call);
  return askServer(call, { kind: "coordinate.nodes", segment, options }, { ...READ, emptyList: true });
});

export const readCoordinateNode: (call: Call) => HttpPlan = ifEnabled((call) => {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const { options } = parsed;
  const marks = { ...READ, segment: segmentOf(call) };
  return askServer(call, { kind: "coordinate.node", node: textOf(call.rest), options }, marks);
});

/** Failures carry the index headers too. */
const READ: Partial<HttpView> = { metaOnError: true };

/** Named with any value, "" is the default segment; not named, all are meant. */
function segmentOf({ query }: Call): string | undefined {
  const named = firstValue(query, "segment");
  return named === undefined ? undefined : textOf(named);
}

export const readCoordinateUpdate: (call: Call) => HttpPlan = ifEnabled((call) => {
  const { settings, query, request } = call;
  const body = readCoordinateBody(byteStringOf(request.body));
  if (!body.ok) return refuse(settings, 400, `Request decode failed: ${utf8(body.error)}`);
  const { datacenter, node, segment, coordinate } = body.value;
  // Consul's own handler falls over here.
  if (coordinate === undefined) return refuse(settings, 400, "Request decode failed: missing Coord");
  const isNamed = datacenter !== "" && (firstValue(query, "dc") ?? "") === "";
  const update = { kind: "coordinate.update", node, segment, coordinate } as const;
  return askServer(call, update, undefined, isNamed ? datacenter : undefined);
});

/** A node's: 404 for none at all. */
export function renderCoordinates(
  view: HttpView,
  settings: HttpSettings,
  all: readonly NodeCoordinate[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const { segment } = view;
  const wanted = segment === undefined ? all : all.filter((each) => each.segment === segment);
  if (wanted.length === 0 && !view.emptyList) return missing(settings, undefined);
  return jsonResponse(view, settings, jsonList(wanted.map(jsonEntry)), meta);
}

export function renderCoordinateDatacenters(
  view: HttpView,
  settings: HttpSettings,
  datacenters: readonly DatacenterCoordinates[],
): HttpResponse {
  const entries = datacenters.map(({ datacenter, area, coordinates }) =>
    jsonObject([
      ["Datacenter", jsonText(datacenter)],
      ["AreaID", jsonText(area)],
      ["Coordinates", jsonList(coordinates.map(jsonEntry))],
    ]),
  );
  return jsonResponse(view, settings, jsonList(entries), undefined);
}

function jsonEntry({ node, segment, coordinate }: NodeCoordinate): string {
  return jsonObject([
    ["Node", jsonText(node)],
    ["Segment", jsonText(segment)],
    ["Coord", jsonCoordinate(coordinate)],
  ]);
}

export function jsonCoordinate(coordinate: Coordinate): string {
  return jsonObject([
    ["Vec", jsonList(coordinate.vec.map(jsonNumber))],
    ["Error", jsonNumber(coordinate.error)],
    ["Adjustment", jsonNumber(coordinate.adjustment)],
    ["Height", jsonNumber(coordinate.height)],
  ]);
}
