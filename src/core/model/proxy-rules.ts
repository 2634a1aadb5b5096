// What makes sense in the registration of a proxy or a gateway, judged from it alone; in Consul's words and order
// (NodeService.Validate, 1.8).

import { errorList } from "../lib/error-list.ts";
import { quoteText } from "../lib/go-quote.ts";
import { joinHostPort } from "./address.ts";
import type { CatalogService } from "./catalog.ts";
import {
  CONNECT_PROXY,
  type Expose,
  INGRESS_GATEWAY,
  MESH_GATEWAY,
  type ServiceProxy,
  serviceProxy,
  TERMINATING_GATEWAY,
  type Upstream,
} from "./proxy.ts";
import { zero } from "./shape.ts";

const GATEWAYS: readonly string[] = [MESH_GATEWAY, TERMINATING_GATEWAY, INGRESS_GATEWAY];
const NOTHING: ServiceProxy = zero(serviceProxy);

type Judged = Pick<CatalogService, "kind" | "port" | "connectNative" | "proxy">;

/** A proxy that is to be registered beside the service, at an agent. */
interface Sidecar {
  readonly id: string;
  readonly sidecar: object | undefined;
}

/** All that is wrong, as one text; undefined if nothing is. */
export function proxyFault(service: Judged, sidecar?: Sidecar): string | undefined {
  const faults =
    service.kind === CONNECT_PROXY ? proxyFaults(service) : gatewayFaults(service, sidecar !== undefined);
  if (sidecar !== undefined && sidecar.id !== "")
    faults.push("A SidecarService cannot specify an ID as this is managed by the agent");
  if (sidecar?.sidecar !== undefined) faults.push("A SidecarService cannot have a nested SidecarService");
  return faults.length === 0 ? undefined : errorList(faults);
}

/** Whether it is of a kind whose agent shows a proxy's settings. */
export function isProxyKind(kind: string): boolean {
  return kind === CONNECT_PROXY || GATEWAYS.includes(kind);
}

function proxyFaults({ port, connectNative, proxy }: Judged): string[] {
  const { destinationServiceName, upstreams, expose } = proxy ?? NOTHING;
  const faults: string[] = [];
  if (destinationServiceName.trim() === "")
    faults.push("Proxy.DestinationServiceName must be non-empty for Connect proxy services");
  if (port === 0) faults.push("Port must be set for a Connect proxy");
  if (connectNative) faults.push("A Proxy cannot also be Connect Native, only typical services");
  return [...faults, ...upstreamFaults(upstreams ?? []), ...exposeFaults(expose)];
}

const UPSTREAM_TYPES: readonly string[] = ["", "service", "prepared_query"];

function upstreamFaults(upstreams: readonly Upstream[]): string[] {
  const bound = new Set<string>();
  const known = new Set<string>();
  return upstreams.flatMap((upstream) => {
    const own = upstreamFault(upstream);
    if (own !== undefined) return [own];
    const key = upstreamKey(upstream);
    if (known.has(key)) return [`upstreams cannot contain duplicates of ${key}`];
    known.add(key);
    const { localBindAddress, localBindPort } = upstream;
    const address = joinHostPort(localBindAddress === "" ? "127.0.0.1" : localBindAddress, localBindPort);
    if (bound.has(address))
      return [
        `upstreams cannot contain duplicates by local bind address and port; ${quoteText(address)} is specified twice`,
      ];
    bound.add(address);
    return [];
  });
}

function upstreamFault({ destinationType, destinationName, localBindPort }: Upstream): string | undefined {
  if (!UPSTREAM_TYPES.includes(destinationType))
    return `unknown upstream destination type: ${quoteText(destinationType)}`;
  if (destinationName === "") return "upstream destination name cannot be empty";
  return localBindPort === 0 ? "upstream local bind port cannot be zero" : undefined;
}

function upstreamKey(its: Upstream): string {
  const [type, name, namespace, datacenter] = [
    its.destinationType,
    its.destinationName,
    its.destinationNamespace,
    its.datacenter,
  ].map(quoteText);
  return `[type=${type}, name=${name}, namespace=${namespace}, datacenter=${datacenter}]`;
}

const MAX_PORT = 65_535;
const EXPOSED: readonly string[] = ["http", "http2"];

function exposeFaults({ paths }: Expose): string[] {
  const faults: string[] = [];
  const listening = new Set<number>();
  const exposed = new Set<string>();
  for (const { path, listenerPort, protocol } of paths ?? []) {
    if (path === "") faults.push("expose.paths: empty path exposed");
    if (exposed.has(path)) faults.push("expose.paths: duplicate paths exposed");
    exposed.add(path);
    if (listening.has(listenerPort)) faults.push("expose.paths: duplicate listener ports exposed");
    listening.add(listenerPort);
    if (listenerPort <= 0 || listenerPort > MAX_PORT)
      faults.push(`expose.paths: invalid listener port: ${listenerPort}`);
    const lower = protocol.toLowerCase();
    if (lower !== "" && !EXPOSED.includes(lower))
      faults.push(`protocol '${lower}' not supported for path: ${path}, must be in: [${EXPOSED.join(" ")}]`);
  }
  return faults;
}

function gatewayFaults({ kind, port, proxy }: Judged, hasSidecar: boolean): string[] {
  if (!GATEWAYS.includes(kind)) return [];
  const its = proxy ?? NOTHING;
  const faults = port === 0 && kind !== INGRESS_GATEWAY ? [`Port must be non-zero for a ${kind}`] : [];
  if (hasSidecar) faults.push(`A ${kind} cannot have a sidecar service defined`);
  const set: readonly (readonly [name: string, isSet: boolean])[] = [
    ["DestinationServiceName", its.destinationServiceName !== ""],
    ["DestinationServiceID", its.destinationServiceId !== ""],
    ["LocalServiceAddress", its.localServiceAddress !== ""],
    ["LocalServicePort", its.localServicePort !== 0],
    ["Upstreams", (its.upstreams ?? []).length > 0],
  ];
  for (const [name, isSet] of set)
    if (isSet) faults.push(`The Proxy.${name} configuration is invalid for a ${kind}`);
  return faults;
}
