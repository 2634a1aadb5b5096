// What a service that takes Connect's connections for another says of itself. The agent judges it and keeps it for those
// who run proxies; it proxies nothing itself.

import { textOf, utf8 } from "../lib/bytes.ts";
import { quote } from "../lib/go-quote.ts";
import { joinHostPort } from "./address.ts";

export interface ConnectProxy {
  /** The service that it speaks for. */
  readonly destinationServiceName: string;
  /** Its one instance, for a proxy beside it. */
  readonly destinationServiceId: string;
  readonly localServiceAddress: string;
  readonly localServicePort: number;
  /** An object of JSON as Go prints it, which the proxy makes something of; "" for none. */
  readonly config: string;
  readonly upstreams: readonly Upstream[];
  readonly meshGatewayMode: string;
  readonly expose: ProxyExpose;
}

/** A service that the proxied one reaches at a port of its own. */
export interface Upstream {
  readonly destinationType: string;
  readonly destinationNamespace: string;
  readonly destinationName: string;
  readonly datacenter: string;
  readonly localBindAddress: string;
  readonly localBindPort: number;
  /** As a proxy's. */
  readonly config: string;
  readonly meshGatewayMode: string;
}

/** What is reachable around Connect. */
export interface ProxyExpose {
  readonly checks: boolean;
  readonly paths: readonly ExposedPath[];
}

export interface ExposedPath {
  readonly listenerPort: number;
  readonly path: string;
  readonly localPathPort: number;
  readonly protocol: string;
  readonly parsedFromCheck: boolean;
}

export const NO_PROXY: ConnectProxy = {
  destinationServiceName: "",
  destinationServiceId: "",
  localServiceAddress: "",
  localServicePort: 0,
  config: "",
  upstreams: [],
  meshGatewayMode: "",
  expose: { checks: false, paths: [] },
};

/** Whether it says nothing at all. */
export function isNoProxy({ upstreams, expose, ...rest }: ConnectProxy): boolean {
  const says = upstreams.length > 0 || expose.checks || expose.paths.length > 0;
  return !says && Object.values(rest).every((value) => value === "" || value === 0);
}

export const CONNECT_PROXY = "connect-proxy";
const INGRESS_GATEWAY = "ingress-gateway";
const GATEWAYS: readonly string[] = ["mesh-gateway", "terminating-gateway", INGRESS_GATEWAY];

/** Whether it is of a kind that has a proxy's settings. */
export function isProxyKind(kind: string): boolean {
  return kind === CONNECT_PROXY || GATEWAYS.includes(kind);
}

/** A service as far as the rules of Connect look at it. */
export interface ConnectService {
  readonly kind: string;
  readonly port: number;
  readonly connectNative: boolean;
  readonly proxy?: ConnectProxy | undefined;
  /** What is to be registered beside it. */
  readonly sidecar?: { readonly id: string; readonly hasSidecar: boolean } | undefined;
}

/** All that is wrong with it, in Consul's words and order. */
export function connectFaults(service: ConnectService): string[] {
  const faults: string[] = [];
  if (service.kind === CONNECT_PROXY) proxyFaults(service, faults);
  if (GATEWAYS.includes(service.kind)) gatewayFaults(service, faults);
  if ((service.sidecar?.id ?? "") !== "")
    faults.push("A SidecarService cannot specify an ID as this is managed by the agent");
  if (service.sidecar?.hasSidecar) faults.push("A SidecarService cannot have a nested SidecarService");
  return faults;
}

function proxyFaults({ port, connectNative, proxy = NO_PROXY }: ConnectService, faults: string[]): void {
  if (proxy.destinationServiceName.trim() === "")
    faults.push("Proxy.DestinationServiceName must be non-empty for Connect proxy services");
  if (port === 0) faults.push("Port must be set for a Connect proxy");
  if (connectNative) faults.push("A Proxy cannot also be Connect Native, only typical services");
  upstreamFaults(proxy.upstreams, faults);
  exposeFaults(proxy.expose.paths, faults);
}

function upstreamFaults(upstreams: readonly Upstream[], faults: string[]): void {
  const names = new Set<string>();
  const addresses = new Set<string>();
  for (const upstream of upstreams) {
    const fault = upstreamFault(upstream) ?? takenName(names, upstream) ?? takenAddress(addresses, upstream);
    if (fault !== undefined) faults.push(fault);
  }
}

function upstreamFault({ destinationType, destinationName, localBindPort }: Upstream): string | undefined {
  if (!["", "service", "prepared_query"].includes(destinationType))
    return `unknown upstream destination type: ${quoted(destinationType)}`;
  if (destinationName === "") return "upstream destination name cannot be empty";
  return localBindPort === 0 ? "upstream local bind port cannot be zero" : undefined;
}

function takenName(names: Set<string>, upstream: Upstream): string | undefined {
  const pairs = [
    ["type", upstream.destinationType],
    ["name", upstream.destinationName],
    ["namespace", upstream.destinationNamespace],
    ["datacenter", upstream.datacenter],
  ] as const;
  const name = `[${pairs.map(([key, value]) => `${key}=${quoted(value)}`).join(", ")}]`;
  return names.size === names.add(name).size ? `upstreams cannot contain duplicates of ${name}` : undefined;
}

function takenAddress(addresses: Set<string>, upstream: Upstream): string | undefined {
  const host = upstream.localBindAddress === "" ? "127.0.0.1" : upstream.localBindAddress;
  const address = joinHostPort(host, upstream.localBindPort);
  return addresses.size === addresses.add(address).size
    ? `upstreams cannot contain duplicates by local bind address and port; ${quoted(address)} is specified twice`
    : undefined;
}

function exposeFaults(paths: readonly ExposedPath[], faults: string[]): void {
  const seen = new Set<string>();
  const listeners = new Set<number>();
  for (const { path, listenerPort, protocol } of paths) {
    if (path === "") faults.push("expose.paths: empty path exposed");
    if (seen.has(path)) faults.push("expose.paths: duplicate paths exposed");
    seen.add(path);
    if (listeners.has(listenerPort)) faults.push("expose.paths: duplicate listener ports exposed");
    listeners.add(listenerPort);
    if (listenerPort <= 0 || listenerPort > 65_535)
      faults.push(`expose.paths: invalid listener port: ${listenerPort}`);
    if (!["", "http", "http2"].includes(protocol.toLowerCase()))
      faults.push(
        `protocol '${protocol.toLowerCase()}' not supported for path: ${path}, must be in: [http http2]`,
      );
  }
}

function gatewayFaults({ kind, port, proxy = NO_PROXY, sidecar }: ConnectService, faults: string[]): void {
  if (port === 0 && kind !== INGRESS_GATEWAY) faults.push(`Port must be non-zero for a ${kind}`);
  if (sidecar !== undefined) faults.push(`A ${kind} cannot have a sidecar service defined`);
  for (const [name, said] of [
    ["DestinationServiceName", proxy.destinationServiceName !== ""],
    ["DestinationServiceID", proxy.destinationServiceId !== ""],
    ["LocalServiceAddress", proxy.localServiceAddress !== ""],
    ["LocalServicePort", proxy.localServicePort !== 0],
    ["Upstreams", proxy.upstreams.length > 0],
  ] as const)
    if (said) faults.push(`The Proxy.${name} configuration is invalid for a ${kind}`);
}

function quoted(text: string): string {
  return textOf(quote(utf8(text)));
}
