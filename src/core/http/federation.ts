// /v1/internal/federation-state*: where datacenters' mesh gateways are. No server of ours has any to tell of.

import type { QueryMeta } from "../api/response.ts";
import { refuse } from "./answer.ts";
import type { Call, HttpPlan } from "./plan.ts";
import { parseOptions } from "./read-options.ts";
import { jsonResponse, viewOf } from "./render.ts";

const NONE: QueryMeta = { index: 1, knownLeader: true, lastContactMs: 0 };

function answered(call: Call, json: string): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  return { kind: "answer", response: jsonResponse(viewOf(call), call.settings, json, NONE) };
}

export function readFederationStates(call: Call): HttpPlan {
  return answered(call, "[]");
}

export function readMeshGateways(call: Call): HttpPlan {
  return answered(call, "{}");
}

export function readFederationState(call: Call): HttpPlan {
  const { rest, settings } = call;
  if (rest === "") return refuse(settings, 400, "Bad request: Missing datacenter name");
  const parsed = parseOptions(call);
  return parsed.ok ? refuse(settings, 404, "") : parsed.refusal;
}
