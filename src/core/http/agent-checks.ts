// /v1/agent/checks and /v1/agent/check/: what this agent looks after, registered and deregistered, and what TTL checks are
// told. Consul 1.8's agent/agent_endpoint.go.

import type { HttpResponse } from "../api/http.ts";
import { byteStringOf, textOf, utf8 } from "../lib/bytes.ts";
import type { Check } from "../model/catalog.ts";
import { checkTypeFault, isStatus } from "../model/check-type.ts";
import { CHECK_FIELDS } from "../model/filter-fields.ts";
import { NO_CHECK } from "../model/local.ts";
import { hasNul } from "../model/service-rules.ts";
import { ownCheck } from "./agent-check-body.ts";
import { scriptsFault } from "./agent-services.ts";
import { refuse } from "./answer.ts";
import { jsonCheck } from "./catalog-json.ts";
import { filterOf, refuseNoFilter, renderLateFiltered } from "./filter.ts";
import { goString, goStruct, readBody } from "./go-struct.ts";
import { jsonObject } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { refuseNamespace } from "./read-options.ts";
import { askAgent, jsonResponse } from "./render.ts";

export function readAgentChecks(call: Call): HttpPlan {
  return (
    refuseNamespace(call) ?? refuseNoFilter(call) ?? askAgent(call, { kind: "agent.checks" }, filterOf(call))
  );
}

export function readCheckRegister(call: Call): HttpPlan {
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const { settings, request } = call;
  const body = readBody(ownCheck, byteStringOf(request.body));
  if (!body.ok) return refuse(settings, 400, `Request decode failed: ${utf8(body.error)}`);
  const check = { ...NO_CHECK, ...body.value };
  if (check.name === "") return refuse(settings, 400, "Missing check name");
  if (hasNul(check.checkId)) return refuse(settings, 400, "Ids of checks can't have NUL in them");
  if (check.status !== "" && !isStatus(check.status)) return refuse(settings, 400, "Bad check status");
  const fault = checkTypeFault(check.spec);
  if (fault !== undefined) return refuse(settings, 400, `Invalid check: ${fault}`);
  const scripts = scriptsFault(call, [check]);
  if (scripts !== undefined) return refuse(settings, 500, scripts);
  return askAgent(call, { kind: "agent.register-check", check });
}

export function readCheckDeregister(call: Call): HttpPlan {
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  if (call.rest === "") return refuse(call.settings, 500, "CheckID missing");
  return askAgent(call, { kind: "agent.deregister-check", checkId: textOf(call.rest) });
}

/** /v1/agent/check/pass/ and its like: what the check's output is to be comes as `?note`. */
export function readCheckStatus(status: "passing" | "warning" | "critical"): (call: Call) => HttpPlan {
  return (call) => update(call, status, textOf(firstValue(call.query, "note") ?? utf8("")));
}

interface UpdateBody {
  readonly Status: string;
  readonly Output: string;
}
const updateBody = goStruct<UpdateBody>("agent.checkUpdate", { Status: goString(), Output: goString() });

export function readCheckUpdate(call: Call): HttpPlan {
  const body = readBody(updateBody, byteStringOf(call.request.body));
  if (!body.ok) return refuse(call.settings, 400, `Request decode failed: ${utf8(body.error)}`);
  const { Status = "", Output = "" } = body.value;
  if (!isStatus(Status)) return refuse(call.settings, 400, `Invalid check status: '${utf8(Status)}'`);
  return update(call, Status, Output);
}

function update(call: Call, status: string, output: string): HttpPlan {
  const checkId = textOf(call.rest);
  return refuseNamespace(call) ?? askAgent(call, { kind: "agent.update-check", checkId, status, output });
}

export function renderLocalChecks(
  view: HttpView,
  settings: HttpSettings,
  checks: readonly Check[],
): HttpResponse {
  return renderLateFiltered(view, settings, CHECK_FIELDS, checks, (kept) => {
    const items = kept.map((check) => [check.checkId, jsonCheck(check)] as const);
    return jsonResponse(view, settings, jsonObject(items), undefined);
  });
}
