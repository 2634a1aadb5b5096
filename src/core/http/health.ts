// /v1/health/: checks, and services with the health of their instances. Consul 1.8's agent/health_endpoint.go.

import { apiError } from "../api/error.ts";
import type { HttpResponse } from "../api/http.ts";
import type { HealthRow, QueryMeta } from "../api/response.ts";
import { textOf } from "../lib/bytes.ts";
import type { Check, Node } from "../model/catalog.ts";
import { refuse } from "./answer.ts";
import { nodeMetaOf, readOptioned, selectionOf, withOptions } from "./catalog.ts";
import { jsonChecks, jsonNode, jsonService } from "./catalog-json.ts";
import { jsonList } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { nearOf } from "./read-options.ts";
import { jsonResponse, type ListRenderer, listResponse } from "./render.ts";

export function readHealthNode(call: Call): HttpPlan {
  if (call.rest === "") return missing(call, "node name");
  const node = textOf(call.rest);
  return readOptioned(call, (options) => ({ kind: "health.node", node, options }));
}

export function readHealthChecks(call: Call): HttpPlan {
  if (call.rest === "") return missing(call, "service name");
  const service = textOf(call.rest);
  const nodeMeta = nodeMetaOf(call.query);
  const near = nearOf(call);
  return readOptioned(call, (options) => ({ kind: "health.checks", service, nodeMeta, near, options }));
}

export function readHealthState(call: Call): HttpPlan {
  if (call.rest === "") return missing(call, "check state");
  const state = textOf(call.rest);
  const nodeMeta = nodeMetaOf(call.query);
  const near = nearOf(call);
  return readOptioned(call, (options) => ({ kind: "health.state", state, nodeMeta, near, options }));
}

export function readHealthService(call: Call): HttpPlan {
  return readInstances(call, false);
}

export function readHealthConnect(call: Call): HttpPlan {
  return readInstances(call, true);
}

/** Instances of the gateways through which a service is reached from outside the mesh. */
export function readHealthIngress(call: Call): HttpPlan {
  return readInstances(call, "ingress");
}

function missing(call: Call, what: string): HttpPlan {
  return withOptions(call, () => refuse(call.settings, 400, `Missing ${what}`));
}

/** Told when the servers have answered, since Consul looks for it then. */
const NOT_PASSING = apiError("bad-request", "Invalid value for ?passing");

function readInstances(call: Call, which: boolean | "ingress"): HttpPlan {
  if (call.rest === "") return missing(call, "service name");
  const said = parsePassing(firstValue(call.query, "passing"));
  const passing = said ?? false;
  const marks = said === undefined ? { refusal: NOT_PASSING } : undefined;
  if (which === "ingress") {
    const { service, nodeMeta, near } = selectionOf(call, false);
    const its = { service, nodeMeta, near, passing };
    return readOptioned(call, (options) => ({ kind: "health.ingress", ...its, options }), marks);
  }
  const selection = { passing, ...selectionOf(call, which) };
  return readOptioned(call, (options) => ({ kind: "health.service", ...selection, options }), marks);
}

/** What Go's strconv.ParseBool takes; `?passing` alone is true. Undefined for nonsense. */
function parsePassing(value: string | undefined): boolean | undefined {
  if (value === undefined) return false;
  if (value === "" || /^(?:1|t|T|TRUE|true|True)$/.test(value)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(value) ? false : undefined;
}

export const renderHealthRows: ListRenderer<readonly HealthRow[]> = listResponse((rows) => {
  // Many instances may be on one node.
  const nodes = new Map<Node, string>();
  return jsonList(
    rows.map(({ node, service, checks }) => {
      const shown = nodes.get(node) ?? jsonNode(node);
      nodes.set(node, shown);
      return `{"Node":${shown},"Service":${jsonService(service)},"Checks":${jsonChecks(checks)}}`;
    }),
  );
});

export function renderChecks(
  view: HttpView,
  settings: HttpSettings,
  checks: readonly Check[],
  meta: QueryMeta | undefined,
): HttpResponse {
  return jsonResponse(view, settings, jsonChecks(checks), meta);
}
