// What the registration of a proxy says besides that of a service (Consul's ConnectProxyConfig, 1.8).

import { bool, int, type JsonObject, jsonObject, list, type Shape, struct, text } from "./shape.ts";

export const CONNECT_PROXY = "connect-proxy";
export const MESH_GATEWAY = "mesh-gateway";
export const TERMINATING_GATEWAY = "terminating-gateway";
export const INGRESS_GATEWAY = "ingress-gateway";

export interface MeshGateway {
  /** "none", "local", "remote", or "" for what others say. The catalog takes any text. */
  readonly mode: string;
}
export const meshGateway: Shape<MeshGateway> = struct<MeshGateway>({ mode: ["Mode", text, "omit"] });

export interface ExposePath {
  readonly listenerPort: number;
  readonly path: string;
  readonly localPathPort: number;
  readonly protocol: string;
  readonly parsedFromCheck: boolean;
}
const exposePath = struct<ExposePath>({
  listenerPort: ["ListenerPort", int, "omit", "listener_port"],
  path: ["Path", text, "omit"],
  localPathPort: ["LocalPathPort", int, "omit", "local_path_port"],
  protocol: ["Protocol", text, "omit"],
  parsedFromCheck: ["ParsedFromCheck", bool],
});

/** What a proxy lets through to its service without asking who comes. */
export interface Expose {
  readonly checks: boolean;
  readonly paths: readonly ExposePath[] | null;
}
export const expose: Shape<Expose> = struct<Expose>({
  checks: ["Checks", bool, "omit"],
  paths: ["Paths", list(exposePath), "omit"],
});

/** A service that the proxy's own service calls. */
export interface Upstream {
  readonly destinationType: string;
  readonly destinationNamespace: string;
  readonly destinationName: string;
  readonly datacenter: string;
  readonly localBindAddress: string;
  readonly localBindPort: number;
  readonly config: JsonObject | null;
  readonly meshGateway: MeshGateway;
}
const upstream = struct<Upstream>({
  destinationType: ["DestinationType", text],
  destinationNamespace: ["DestinationNamespace", text, "omit"],
  destinationName: ["DestinationName", text],
  datacenter: ["Datacenter", text],
  localBindAddress: ["LocalBindAddress", text, "omit"],
  localBindPort: ["LocalBindPort", int],
  config: ["Config", jsonObject],
  meshGateway: ["MeshGateway", meshGateway],
});

export interface ServiceProxy {
  /** The service that it stands in front of. */
  readonly destinationServiceName: string;
  readonly destinationServiceId: string;
  readonly localServiceAddress: string;
  readonly localServicePort: number;
  readonly config: JsonObject | null;
  readonly upstreams: readonly Upstream[] | null;
  readonly meshGateway: MeshGateway;
  readonly expose: Expose;
}
export const serviceProxy: Shape<ServiceProxy> = struct<ServiceProxy>({
  destinationServiceName: ["DestinationServiceName", text, "omit"],
  destinationServiceId: ["DestinationServiceID", text, "omit"],
  localServiceAddress: ["LocalServiceAddress", text, "omit"],
  localServicePort: ["LocalServicePort", int, "omit"],
  config: ["Config", jsonObject, "omit"],
  upstreams: ["Upstreams", list(upstream), "omit"],
  meshGateway: ["MeshGateway", meshGateway],
  expose: ["Expose", expose],
});
