// /v1/agent/services and /v1/agent/service/: what this agent runs, registered and deregistered, and its maintenance.
// Consul 1.8's agent/agent_endpoint.go.

import type { HttpResponse } from "../api/http.ts";
import { byteStringOf, textOf, utf8 } from "../lib/bytes.ts";
import { parseGoBool } from "../lib/go-bool.ts";
import { quote } from "../lib/go-quote.ts";
import { isScript } from "../model/check-type.ts";
import { SERVICE_FIELDS } from "../model/filter-fields.ts";
import type { CheckRegistration, ServiceDefinition } from "../model/local.ts";
import { metadataFault } from "../model/metadata.ts";
import { isProxyKind, proxyFault } from "../model/proxy-rules.ts";
import { hasNul, isAnyAddress, taggedAddressFault, weightsFault } from "../model/service-rules.ts";
import {
  checksFault,
  haveStatuses,
  NO_SERVICE,
  registrationOf,
  type WrittenService,
} from "../model/written-service.ts";
import { jsonAgentProxy } from "./agent-proxy-json.ts";
import { writtenService } from "./agent-service-body.ts";
import { apiResponse, refuse, textResponse, VARY } from "./answer.ts";
import { jsonAddresses, jsonWeights } from "./catalog-json.ts";
import { filterOf, refuseFilter, renderFiltered } from "./filter.ts";
import { readBody } from "./go-struct.ts";
import { jsonLabels, jsonObject, jsonText, jsonTexts } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { allValues, firstValue } from "./query.ts";
import { boundedWaitMs, parseWait, refuseNamespace } from "./read-options.ts";
import { askAgent, jsonResponse } from "./render.ts";

export function readAgentServices(call: Call): HttpPlan {
  return (
    refuseNamespace(call) ??
    refuseFilter(call, SERVICE_FIELDS) ??
    askAgent(call, { kind: "agent.services" }, filterOf(call))
  );
}

export function readAgentService(call: Call): HttpPlan {
  const wait = parseWait(call);
  if (!wait.ok) return wait.refusal;
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const serviceId = textOf(call.rest);
  const hash = textOf(firstValue(call.query, "hash") ?? utf8(""));
  const waitMs = boundedWaitMs(wait.waitNs, call.settings);
  return askAgent(call, { kind: "agent.service", serviceId, hash, waitMs }, { local: { of: serviceId } });
}

export function readServiceRegister(call: Call): HttpPlan {
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const body = readBody(writtenService, byteStringOf(call.request.body));
  if (!body.ok) return refuse(call.settings, 400, `Request decode failed: ${utf8(body.error)}`);
  const written = { ...NO_SERVICE, ...body.value };
  const fault = bodyFault(written);
  if (fault !== undefined) return refuse(call.settings, 400, utf8(fault));
  const { sidecar } = written;
  const refusal =
    (sidecar && sidecarFault(sidecar)) ??
    taggedAddressFault(written.taggedAddresses) ??
    scriptsFault(call, [...written.checks, ...(sidecar?.checks ?? [])]) ??
    (sidecar && taggedAddressFault(sidecar.taggedAddresses));
  if (refusal !== undefined) return refuse(call.settings, 500, utf8(refusal));
  const replacesChecks = ["", "true"].includes(allValues(call.query, "replace-existing-checks")[0] ?? "no");
  const request = {
    kind: "agent.register-service",
    ...registrationOf(written),
    replacesChecks,
    sidecar,
  } as const;
  return askAgent(call, request);
}

/** What is wrong with it in itself, in Consul's order. */
function bodyFault(written: WrittenService): string | undefined {
  const { name, address, weights, meta, checks, sidecar } = written;
  if (name === "") return "Missing service name";
  if ([written.id, name, ...checks.map(({ checkId }) => checkId)].some(hasNul)) return NO_NUL;
  if (isAnyAddress(address)) return "Invalid service address";
  const weighing = weights && weightsFault(weights);
  if (weighing !== undefined) return `Invalid Weights: ${weighing}`;
  const describing = metadataFault(meta ?? []);
  if (describing !== undefined) return `Invalid Service Meta: ${describing}`;
  const connecting = proxyFault(written, sidecar);
  if (connecting !== undefined) return connecting;
  const checking = checksFault(checks);
  if (checking !== undefined) return `Invalid check: ${checking}`;
  return haveStatuses(checks) ? undefined : NO_STATUS;
}

const NO_NUL = "Names and ids of services and checks can't have NUL in them";
const NO_STATUS = "Status for checks must 'passing', 'warning', 'critical'";

/** Told as a fault of the request, under the status of one of ours: so it is in Consul. */
function sidecarFault({ checks, meta }: WrittenService): string | undefined {
  const checking = checksFault(checks);
  if (checking !== undefined) return `Bad request: Invalid check in sidecar_service: ${checking}`;
  if (!haveStatuses(checks)) return `Bad request: ${NO_STATUS}`;
  const describing = metadataFault(meta ?? []);
  return describing === undefined ? undefined : `Bad request: Invalid SidecarService: ${describing}`;
}

const NO_SCRIPTS =
  "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true";

/** Programs are only run for who may configure the agent, unless that says otherwise. */
export function scriptsFault({ settings }: Call, checks: readonly CheckRegistration[]): string | undefined {
  return settings.remoteScriptChecks !== true && checks.some(({ spec }) => isScript(spec))
    ? NO_SCRIPTS
    : undefined;
}

export function readServiceDeregister(call: Call): HttpPlan {
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  if (call.rest === "") return refuse(call.settings, 500, "ServiceID missing");
  return askAgent(call, { kind: "agent.deregister-service", serviceId: textOf(call.rest) });
}

export function readServiceMaintenance(call: Call): HttpPlan {
  if (call.rest === "") return refuse(call.settings, 400, "Missing service ID");
  return withEnable(
    call,
    (enable, reason) =>
      refuseNamespace(call) ??
      askAgent(call, { kind: "agent.maintain-service", serviceId: textOf(call.rest), enable, reason }),
  );
}

export function readNodeMaintenance(call: Call): HttpPlan {
  return withEnable(call, (enable, reason) =>
    askAgent(call, { kind: "agent.maintain-node", enable, reason }),
  );
}

function withEnable(call: Call, go: (enable: boolean, reason: string) => HttpPlan): HttpPlan {
  const given = firstValue(call.query, "enable");
  if (given === undefined) return refuse(call.settings, 400, "Missing value for enable");
  const enable = parseGoBool(given);
  if (enable === undefined) return refuse(call.settings, 400, `Invalid value for enable: ${quote(given)}`);
  return go(enable, textOf(firstValue(call.query, "reason") ?? utf8("")));
}

export function renderLocalServices(
  view: HttpView,
  settings: HttpSettings,
  services: readonly ServiceDefinition[],
): HttpResponse {
  return renderFiltered(view, settings, SERVICE_FIELDS, services, (kept) => {
    const items = kept.map((service) => [service.id, jsonAgentService(service)] as const);
    return jsonResponse(view, settings, jsonObject(items), undefined);
  });
}

export function renderLocalService(
  view: HttpView,
  settings: HttpSettings,
  service: ServiceDefinition | undefined,
  hash: string,
): HttpResponse {
  if (service === undefined)
    return textResponse(settings, 404, utf8(`unknown service ID: ${view.local?.of ?? ""}`));
  const { body } = jsonResponse(view, settings, jsonAgentService(service, hash), undefined);
  const headers = ["Content-Type", "application/json", ...VARY, "X-Consul-Contenthash", hash];
  return apiResponse(settings, 200, headers, body);
}

/** @param hash Of what it says, where that is told too. */
export function jsonAgentService(service: ServiceDefinition, hash?: string): string {
  return jsonObject([
    ["Kind", service.kind === "" ? undefined : jsonText(service.kind)],
    ["ID", jsonText(service.id)],
    ["Service", jsonText(service.service)],
    ["Tags", jsonTexts(service.tags)],
    ["Meta", jsonLabels(service.meta ?? [])],
    ["Port", String(service.port)],
    ["Address", jsonText(service.address)],
    ["TaggedAddresses", jsonAddresses(service)],
    ["Weights", jsonWeights(service.weights)],
    ["EnableTagOverride", String(service.enableTagOverride)],
    ["ContentHash", hash === undefined ? undefined : jsonText(hash)],
    ["Proxy", isProxyKind(service.kind) ? jsonAgentProxy(service.proxy) : undefined],
    ["Connect", service.connectNative ? '{"Native":true}' : undefined],
  ]);
}
