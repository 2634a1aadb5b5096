// What a service says of Connect as Consul 1.8 prints it: of the catalog's services always, of an agent's only those that
// proxy, and there without what says nothing.

import { utf8 } from "../lib/bytes.ts";
import { type ConnectProxy, NO_PROXY, type ProxyExpose, type Upstream } from "../model/connect-proxy.ts";
import { jsonList, jsonObject, jsonText } from "./json.ts";

const NOTHING = '{"MeshGateway":{},"Expose":{}}';

/** In the catalog. */
export function jsonProxy(proxy: ConnectProxy | undefined): string {
  return proxy === undefined ? NOTHING : jsonSaid(proxy, jsonUpstream);
}

/** At its agent. */
export function jsonAgentProxy(proxy: ConnectProxy = NO_PROXY): string {
  return jsonSaid(proxy, jsonAgentUpstream);
}

function jsonSaid(proxy: ConnectProxy, jsonOne: (upstream: Upstream) => string): string {
  return jsonObject([
    ["DestinationServiceName", said(proxy.destinationServiceName)],
    ["DestinationServiceID", said(proxy.destinationServiceId)],
    ["LocalServiceAddress", said(proxy.localServiceAddress)],
    ["LocalServicePort", number(proxy.localServicePort)],
    ["Config", config(proxy.config)],
    ["Upstreams", proxy.upstreams.length === 0 ? undefined : jsonList(proxy.upstreams.map(jsonOne))],
    ["MeshGateway", jsonGateway(proxy.meshGatewayMode)],
    ["Expose", jsonExpose(proxy.expose)],
  ]);
}

function jsonUpstream(upstream: Upstream): string {
  return jsonObject([
    ["DestinationType", jsonText(upstream.destinationType)],
    ["DestinationNamespace", said(upstream.destinationNamespace)],
    ["DestinationName", jsonText(upstream.destinationName)],
    ["Datacenter", jsonText(upstream.datacenter)],
    ["LocalBindAddress", said(upstream.localBindAddress)],
    ["LocalBindPort", String(upstream.localBindPort)],
    ["Config", upstream.config === "" ? "null" : utf8(upstream.config)],
    ["MeshGateway", jsonGateway(upstream.meshGatewayMode)],
  ]);
}

function jsonAgentUpstream(upstream: Upstream): string {
  return jsonObject([
    ["DestinationType", said(upstream.destinationType)],
    ["DestinationNamespace", said(upstream.destinationNamespace)],
    ["DestinationName", jsonText(upstream.destinationName)],
    ["Datacenter", said(upstream.datacenter)],
    ["LocalBindAddress", said(upstream.localBindAddress)],
    ["LocalBindPort", number(upstream.localBindPort)],
    ["Config", config(upstream.config)],
    ["MeshGateway", jsonGateway(upstream.meshGatewayMode)],
  ]);
}

function jsonGateway(mode: string): string {
  return jsonObject([["Mode", said(mode)]]);
}

function jsonExpose({ checks, paths }: ProxyExpose): string {
  const items = paths.map((each) =>
    jsonObject([
      ["ListenerPort", number(each.listenerPort)],
      ["Path", said(each.path)],
      ["LocalPathPort", number(each.localPathPort)],
      ["Protocol", said(each.protocol)],
      ["ParsedFromCheck", String(each.parsedFromCheck)],
    ]),
  );
  return jsonObject([
    ["Checks", checks ? "true" : undefined],
    ["Paths", items.length === 0 ? undefined : jsonList(items)],
  ]);
}

function said(text: string): string | undefined {
  return text === "" ? undefined : jsonText(text);
}

function number(value: number): string | undefined {
  return value === 0 ? undefined : String(value);
}

function config(json: string): string | undefined {
  return json === "" || json === "{}" ? undefined : utf8(json);
}
