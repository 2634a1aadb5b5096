// /v1/internal/ui/: what Consul's web interface asks. Consul 1.8's agent/ui_endpoint.go; the overview is of later Consuls.

import type { NodeInfo } from "../api/filters.ts";
import type { HttpResponse } from "../api/http.ts";
import type { ReadOptions, ServerRequest } from "../api/request.ts";
import type { GatewayDump, HealthRow, QueryMeta } from "../api/response.ts";
import { compareStrings, textOf, utf8 } from "../lib/bytes.ts";
import { CRITICAL, PASSING, WARNING } from "../model/catalog.ts";
import { type CatalogOverview, catalogOverview } from "../model/overview.ts";
import { CONNECT_PROXY } from "../model/proxy.ts";
import { refuse, textResponse } from "./answer.ts";
import { jsonCheckAsStored, jsonServiceAsStored } from "./catalog-json.ts";
import { filterOf } from "./filter.ts";
import { jsonLabels, jsonList, jsonObject, jsonText, jsonTexts } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { parseOptions, refuseNamespace } from "./read-options.ts";
import { askServer, jsonResponse } from "./render.ts";
import { jsonShaped } from "./shape-json.ts";

/** They write their index headers also when they fail. */
const READ: Partial<HttpView> = { metaOnError: true };

function read(
  call: Call,
  request: (options: ReadOptions) => ServerRequest,
  marks: Partial<HttpView> = {},
): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  return refuseNamespace(call) ?? askServer(call, request(parsed.options), { ...READ, ...marks });
}

export function readUiNodes(call: Call): HttpPlan {
  return read(call, (options) => ({ kind: "internal.nodes", options, ...filterOf(call) }));
}

export function readUiNode(call: Call): HttpPlan {
  const node = textOf(call.rest);
  if (node === "") return refuseMissing(call, "Missing node name");
  return read(call, (options) => ({ kind: "internal.nodes", node, options }), { single: true });
}

export function readUiServices(call: Call): HttpPlan {
  return read(call, (options) => ({ kind: "internal.services", options, ...filterOf(call) }), {
    summary: true,
  });
}

export function readUiOverview(call: Call): HttpPlan {
  return read(call, (options) => ({ kind: "internal.overview", options }));
}

export function renderOverview(
  view: HttpView,
  settings: HttpSettings,
  overview: CatalogOverview,
  meta: QueryMeta | undefined,
): HttpResponse {
  return jsonResponse(view, settings, jsonShaped(catalogOverview, overview), meta);
}

export function readUiGateway(call: Call): HttpPlan {
  const gateway = textOf(call.rest);
  if (gateway === "") return refuseMissing(call, "Missing gateway name");
  return read(call, (options) => ({ kind: "internal.gateway-services", gateway, options }));
}

/** What is wrong with the options is told first. */
function refuseMissing(call: Call, text: string): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  return refuseNamespace(call) ?? refuse(call.settings, 400, text);
}

export function renderNodeDump(
  view: HttpView,
  settings: HttpSettings,
  rows: readonly NodeInfo[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const [first] = rows;
  if (view.single !== true) return jsonResponse(view, settings, jsonList(rows.map(jsonNodeInfo)), meta);
  return first === undefined
    ? textResponse(settings, 404, "")
    : jsonResponse(view, settings, jsonNodeInfo(first), meta);
}

/** Here no tags are null, as in Consul. */
function jsonNodeInfo({ node, services, checks }: NodeInfo): string {
  return jsonObject([
    ["ID", jsonText(node.id)],
    ["Node", jsonText(node.node)],
    ["Address", jsonText(node.address)],
    ["TaggedAddresses", jsonLabels(node.taggedAddresses)],
    ["Meta", jsonLabels(node.meta)],
    ["Services", jsonList(services.map(jsonServiceAsStored))],
    ["Checks", jsonList(checks.map(jsonCheckAsStored))],
  ]);
}

/** A service as the web interface lists it. */
interface Summary {
  readonly name: string;
  kind: string;
  readonly tags: Set<string>;
  readonly nodes: string[];
  instances: number;
  readonly proxyFor: Set<string>;
  readonly statuses: Map<string, number>;
  readonly sources: Set<string>;
  readonly addresses: Set<string>;
}

function summaryOf(summaries: Map<string, Summary>, name: string): Summary {
  const known = summaries.get(name);
  if (known !== undefined) return known;
  const summary: Summary = {
    name,
    kind: "",
    tags: new Set(),
    nodes: [],
    instances: 0,
    proxyFor: new Set(),
    statuses: new Map(),
    sources: new Set(),
    addresses: new Set(),
  };
  summaries.set(name, summary);
  return summary;
}

/** Where tools that brought a service here say so. */
const EXTERNAL_SOURCE = "external-source";

function addInstance(summary: Summary, { node, service, checks }: HealthRow): void {
  summary.nodes.push(node.node);
  summary.kind = service.kind;
  summary.instances++;
  if (service.kind === CONNECT_PROXY) summary.proxyFor.add(service.proxy?.destinationServiceName ?? "");
  for (const tag of service.tags) summary.tags.add(tag);
  const source = service.meta?.find(([name]) => name === EXTERNAL_SOURCE)?.[1] ?? "";
  if (source !== "") summary.sources.add(source);
  for (const { status } of checks) summary.statuses.set(status, (summary.statuses.get(status) ?? 0) + 1);
}

export function renderServiceSummary(
  view: HttpView,
  settings: HttpSettings,
  rows: readonly HealthRow[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const summaries = new Map<string, Summary>();
  for (const row of rows) addInstance(summaryOf(summaries, row.service.service), row);
  return renderSummaries(view, settings, summaries, meta);
}

export function renderGatewayDump(
  view: HttpView,
  settings: HttpSettings,
  rows: readonly GatewayDump[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const summaries = new Map<string, Summary>();
  for (const { served, instances } of rows) {
    const summary = summaryOf(summaries, served.service);
    for (const address of addressesOf(served, settings)) summary.addresses.add(address);
    for (const row of instances) addInstance(summaryOf(summaries, row.service.service), row);
  }
  return renderSummaries(view, settings, summaries, meta);
}

/** Where clients outside of the mesh find a service: at the hosts of its listener, or under its name in DNS. */
function addressesOf(
  { service, port, hosts }: GatewayDump["served"],
  { datacenter }: HttpSettings,
): string[] {
  if (port === 0) return [];
  const all = hosts === null || hosts.length === 0 ? [`${service}.ingress.${datacenter}.consul.`] : hosts;
  return all.map((host) => `${host}:${port}`);
}

function renderSummaries(
  view: HttpView,
  settings: HttpSettings,
  summaries: ReadonlyMap<string, Summary>,
  meta: QueryMeta | undefined,
): HttpResponse {
  const sorted = [...summaries.values()].sort((a, b) => compareStrings(utf8(a.name), utf8(b.name)));
  return jsonResponse(view, settings, jsonList(sorted.map(jsonSummary)), meta);
}

function jsonSummary(its: Summary): string {
  const count = (status: string): string => String(its.statuses.get(status) ?? 0);
  const addresses = [...its.addresses];
  return jsonObject([
    ["Kind", its.kind === "" ? undefined : jsonText(its.kind)],
    ["Name", jsonText(its.name)],
    ["Tags", nullOr(sorted(its.tags))],
    ["Nodes", nullOr(sorted(its.nodes))],
    ["InstanceCount", String(its.instances)],
    ["ProxyFor", its.proxyFor.size === 0 ? undefined : jsonTexts([...its.proxyFor])],
    ["ChecksPassing", count(PASSING)],
    ["ChecksWarning", count(WARNING)],
    ["ChecksCritical", count(CRITICAL)],
    ["ExternalSources", nullOr([...its.sources])],
    ["GatewayConfig", jsonObject([["Addresses", addresses.length === 0 ? undefined : jsonTexts(addresses)]])],
  ]);
}

function sorted(texts: Iterable<string>): string[] {
  return [...texts].sort((a, b) => compareStrings(utf8(a), utf8(b)));
}

function nullOr(texts: readonly string[]): string {
  return texts.length === 0 ? "null" : jsonTexts(texts);
}
