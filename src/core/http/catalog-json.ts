// The catalog's nouns as Consul 1.8 prints them.

import type { ServiceNodeRow } from "../api/response.ts";
import { utf8 } from "../lib/bytes.ts";
import { printDuration } from "../lib/duration.ts";
import type { CatalogService, Check, CheckDefinition, Node, ServiceWeights } from "../model/catalog.ts";
import { serviceProxy } from "../model/proxy.ts";
import { jsonBytes, jsonLabels, jsonList, jsonObject, jsonText, jsonTexts } from "./json.ts";
import { jsonShaped } from "./shape-json.ts";

/** Consul prints it of all. */
const NO_PROXY = '{"MeshGateway":{},"Expose":{}}';

export function jsonNode(node: Node): string {
  return jsonObject([
    ["ID", jsonText(node.id)],
    ["Node", jsonText(node.node)],
    ["Address", jsonText(node.address)],
    ["Datacenter", jsonText(node.datacenter)],
    ["TaggedAddresses", jsonLabels(node.taggedAddresses)],
    ["Meta", jsonLabels(node.meta)],
    ["CreateIndex", String(node.createIndex)],
    ["ModifyIndex", String(node.modifyIndex)],
  ]);
}

export function jsonService(service: CatalogService): string {
  return jsonServiceWith(service, jsonTexts(service.tags));
}

/** Where Consul prints null for no tags. */
export function jsonServiceAsStored(service: CatalogService): string {
  return jsonServiceWith(service, nullOrTexts(service.tags));
}

function nullOrTexts(texts: readonly string[]): string {
  return texts.length === 0 ? "null" : jsonTexts(texts);
}

function jsonServiceWith(service: CatalogService, tags: string): string {
  return jsonObject([
    ["Kind", service.kind === "" ? undefined : jsonText(service.kind)],
    ["ID", jsonText(service.id)],
    ["Service", jsonText(service.service)],
    ["Tags", tags],
    ["Address", jsonText(service.address)],
    ["TaggedAddresses", jsonAddresses(service)],
    ["Meta", jsonLabels(service.meta)],
    ["Port", String(service.port)],
    ["Weights", jsonWeights(service.weights)],
    ["EnableTagOverride", String(service.enableTagOverride)],
    ["Proxy", jsonProxy(service)],
    ["Connect", jsonConnect(service)],
    ["CreateIndex", String(service.createIndex)],
    ["ModifyIndex", String(service.modifyIndex)],
  ]);
}

/** A service and its node in one object. */
export function jsonServiceNode({ node, service }: ServiceNodeRow): string {
  return jsonObject([
    ["ID", jsonText(node.id)],
    ["Node", jsonText(node.node)],
    ["Address", jsonText(node.address)],
    ["Datacenter", jsonText(node.datacenter)],
    ["TaggedAddresses", jsonLabels(node.taggedAddresses)],
    ["NodeMeta", jsonLabels(node.meta)],
    ["ServiceKind", jsonText(service.kind)],
    ["ServiceID", jsonText(service.id)],
    ["ServiceName", jsonText(service.service)],
    ["ServiceTags", jsonTexts(service.tags)],
    ["ServiceAddress", jsonText(service.address)],
    ["ServiceTaggedAddresses", jsonAddresses(service)],
    ["ServiceWeights", jsonWeights(service.weights)],
    ["ServiceMeta", jsonLabels(service.meta ?? [])],
    ["ServicePort", String(service.port)],
    ["ServiceEnableTagOverride", String(service.enableTagOverride)],
    ["ServiceProxy", jsonProxy(service)],
    ["ServiceConnect", jsonConnect(service)],
    ["CreateIndex", String(service.createIndex)],
    ["ModifyIndex", String(service.modifyIndex)],
  ]);
}

export function jsonAddresses({
  taggedAddresses,
}: Pick<CatalogService, "taggedAddresses">): string | undefined {
  if (taggedAddresses.length === 0) return undefined;
  const items = taggedAddresses.map(
    ([name, { address, port }]) => `${jsonBytes(utf8(name))}:{"Address":${jsonText(address)},"Port":${port}}`,
  );
  return `{${items.join(",")}}`;
}

export function jsonWeights({ passing, warning }: ServiceWeights): string {
  return `{"Passing":${passing},"Warning":${warning}}`;
}

function jsonProxy({ proxy }: CatalogService): string {
  return proxy === null ? NO_PROXY : jsonShaped(serviceProxy, proxy);
}

function jsonConnect({ connectNative }: CatalogService): string {
  return connectNative ? '{"Native":true}' : "{}";
}

export function jsonCheck(check: Check): string {
  return jsonCheckWith(check, jsonTexts(check.serviceTags));
}

/** Where Consul prints null for no tags. */
export function jsonCheckAsStored(check: Check): string {
  return jsonCheckWith(check, nullOrTexts(check.serviceTags));
}

/** @param definition As it is printed. */
export function jsonCheckWith(
  check: Check,
  tags: string,
  definition: string = jsonDefinition(check),
): string {
  return jsonObject([
    ["Node", jsonText(check.node)],
    ["CheckID", jsonText(check.checkId)],
    ["Name", jsonText(check.name)],
    ["Status", jsonText(check.status)],
    ["Notes", jsonText(check.notes)],
    ["Output", jsonText(check.output)],
    ["ServiceID", jsonText(check.serviceId)],
    ["ServiceName", jsonText(check.serviceName)],
    ["ServiceTags", tags],
    ["Type", jsonText(check.type)],
    ["Definition", definition],
    ["CreateIndex", String(check.createIndex)],
    ["ModifyIndex", String(check.modifyIndex)],
  ]);
}

/** Only what it says. Consul prints its TTL as a number, its other times as texts. */
function jsonDefinition({ definition: its }: Check): string {
  if (its === null) return "{}";
  return jsonObject([
    ["Interval", duration(its.intervalNs)],
    ["OutputMaxSize", its.outputMaxSize === 0 ? undefined : String(its.outputMaxSize)],
    ["Timeout", duration(its.timeoutNs)],
    ["DeregisterCriticalServiceAfter", duration(its.deregisterCriticalServiceAfterNs)],
    ["HTTP", said(its.http)],
    ["TLSSkipVerify", yes(its.tlsSkipVerify)],
    ["Header", jsonHeader(its)],
    ["Method", said(its.method)],
    ["Body", said(its.body)],
    ["TCP", said(its.tcp)],
    ["ScriptArgs", its.scriptArgs.length === 0 ? undefined : jsonTexts(its.scriptArgs)],
    ["DockerContainerID", said(its.dockerContainerId)],
    ["Shell", said(its.shell)],
    ["GRPC", said(its.grpc)],
    ["GRPCUseTLS", yes(its.grpcUseTls)],
    ["AliasNode", said(its.aliasNode)],
    ["AliasService", said(its.aliasService)],
    ["TTL", its.ttlNs === 0 ? undefined : String(BigInt(its.ttlNs))],
  ]);
}

function duration(ns: number): string | undefined {
  return ns === 0 ? undefined : jsonText(printDuration(ns));
}

function said(text: string): string | undefined {
  return text === "" ? undefined : jsonText(text);
}

function yes(is: boolean): string | undefined {
  return is ? "true" : undefined;
}

function jsonHeader({ header }: CheckDefinition): string | undefined {
  if (header.length === 0) return undefined;
  return `{${header.map(([name, values]) => `${jsonText(name)}:${jsonTexts(values)}`).join(",")}}`;
}

export function jsonChecks(checks: readonly Check[]): string {
  return jsonList(checks.map(jsonCheck));
}
