// /v1/agent/health/service/: how the instances are that this agent runs, for load balancers that look at the status code
// alone. Consul 1.8's agent/agent_endpoint.go.

import type { HttpResponse } from "../api/http.ts";
import type { LocalHealth } from "../api/local.ts";
import { type ByteString, textOf, utf8 } from "../lib/bytes.ts";
import type { Check } from "../model/catalog.ts";
import { NODE_MAINTENANCE, SERVICE_MAINTENANCE_PREFIX } from "../model/local.ts";
import { jsonAgentService } from "./agent-services.ts";
import { apiResponse, refuse, VARY } from "./answer.ts";
import { jsonCheckWith } from "./catalog-json.ts";
import { indentJson, jsonList, jsonObject, jsonText, jsonTexts } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { refuseNamespace } from "./read-options.ts";
import { askAgent } from "./render.ts";

export function readHealthById(call: Call): HttpPlan {
  return readHealth(call, "id", "Missing serviceID");
}

export function readHealthByName(call: Call): HttpPlan {
  return readHealth(call, "name", "Missing service Name");
}

function readHealth(call: Call, by: "id" | "name", missing: string): HttpPlan {
  if (call.rest === "") return refuse(call.settings, 500, `Bad request: ${missing}`);
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const of = textOf(call.rest);
  return askAgent(
    call,
    { kind: "agent.service-health", by, of },
    { local: { of, by, text: wantsText(call) } },
  );
}

/** Whether the status alone is wanted, in plain text. A header that asks for that is not overruled. */
function wantsText({ request, query }: Call): boolean {
  return (
    (request.headers.get("accept") ?? "").startsWith("text/plain") || firstValue(query, "format") === "text"
  );
}

/** The worst first. One that no check says anything of is well. */
const CODES: readonly (readonly [status: string, code: number])[] = [
  ["maintenance", 503],
  ["critical", 503],
  ["warning", 429],
  ["passing", 200],
];

function codeOf(status: string): number {
  // A status that nobody knows, which the catalog takes and no agent sets.
  return CODES.find(([each]) => each === status)?.[1] ?? 500;
}

/** Maintenance before all; "" where a check has a status that nobody knows. */
export function aggregatedStatus(checks: readonly Check[]): string {
  const isMaintenance = ({ checkId }: Check): boolean =>
    checkId === NODE_MAINTENANCE || checkId.startsWith(SERVICE_MAINTENANCE_PREFIX);
  const statuses = new Set(checks.map((check) => (isMaintenance(check) ? "maintenance" : check.status)));
  for (const status of statuses) if (!CODES.some(([known]) => known === status)) return "";
  return CODES.find(([status]) => statuses.has(status))?.[0] ?? "passing";
}

export function renderLocalHealth(
  view: HttpView,
  settings: HttpSettings,
  instances: readonly LocalHealth[],
): HttpResponse {
  return view.local?.by === "id"
    ? renderInstance(view, settings, instances[0])
    : renderInstances(view, settings, instances);
}

function renderInstance(
  view: HttpView,
  settings: HttpSettings,
  instance: LocalHealth | undefined,
): HttpResponse {
  if (instance === undefined) {
    const reason = `ServiceId ${view.local?.of ?? ""} not found`;
    // In text too it is told as JSON, of its kind.
    const json = view.local?.text
      ? jsonText(reason)
      : '{"AggregatedStatus":"critical","Service":null,"Checks":null}';
    return told(view, settings, 404, reason, json);
  }
  const status = aggregatedStatus(instance.checks);
  return told(view, settings, codeOf(status), status, view.local?.text ? undefined : jsonInstance(instance));
}

/** As well as the worst of them. */
function renderInstances(
  view: HttpView,
  settings: HttpSettings,
  instances: readonly LocalHealth[],
): HttpResponse {
  let [status, code] = [`ServiceName ${view.local?.of ?? ""} Not Found`, 0];
  for (const { checks } of instances) {
    const its = aggregatedStatus(checks);
    if (codeOf(its) > code) [status, code] = [its, codeOf(its)];
  }
  const json = view.local?.text ? undefined : jsonList(instances.map(jsonInstance));
  return told(view, settings, code === 0 ? 404 : code, status, json);
}

/** Without JSON the reason is all there is. */
function told(
  view: HttpView,
  settings: HttpSettings,
  code: number,
  reason: string,
  json: string | undefined,
): HttpResponse {
  const type = json === undefined ? "text/plain" : "application/json";
  const body = json === undefined ? utf8(reason) : view.indent ? `${indentJson(json)}\n` : json;
  const headers = ["Content-Type", type, ...VARY, "X-Consul-Reason", utf8(reason)];
  return apiResponse(settings, code, headers, body as ByteString);
}

function jsonInstance({ service, checks }: LocalHealth): string {
  return jsonObject([
    ["AggregatedStatus", jsonText(aggregatedStatus(checks))],
    ["Service", jsonAgentService(service)],
    ["Checks", jsonList(checks.map(jsonApiCheck))],
  ]);
}

/** How a check is made is not told here, but printed, every bit of it. */
const NO_DEFINITION =
  '{"Interval":"0s","Timeout":"0s","DeregisterCriticalServiceAfter":"0s","HTTP":"","Header":null,"Method":"","Body":"","TLSSkipVerify":false,"TCP":""}';

/** Those of a check of the node have no tags at all, as Go prints them. */
function jsonApiCheck(check: Check): string {
  const tags = check.serviceTags.length === 0 ? "null" : jsonTexts(check.serviceTags);
  return jsonCheckWith({ ...check, type: "", createIndex: 0, modifyIndex: 0 }, tags, NO_DEFINITION);
}
