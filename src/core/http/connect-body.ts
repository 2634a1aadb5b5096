// What is said of Connect in a service that is registered at its agent: the settings of a proxy, and the proxy that is to be
// registered beside it (Consul's structs.ConnectProxyConfig and structs.ServiceConnect, 1.8).

import type { Json } from "../api/response.ts";
import { type ByteString, textOf } from "../lib/bytes.ts";
import { isRawList, isRawMap, type RawMap, type RawValue } from "../lib/raw-value.ts";
import { type ConnectProxy, type ExposedPath, NO_PROXY, type Upstream } from "../model/connect-proxy.ts";
import { type GoType, goBool, goInt, goList, goSelfRead, goString, goStruct, goTyped } from "./go-struct.ts";
import { jsonValue } from "./json.ts";

const text = goString();

/** An object of the user's own: kept as the JSON that Go would print of it. */
const config: GoType<string> = goTyped("map[string]interface {}", (value) =>
  typeof value === "object" && value !== null && isRawMap(value) ? configText(value) : undefined,
);

function configText(map: RawMap): string {
  return textOf(jsonValue(jsonOf(map)) as ByteString);
}

function jsonOf(value: RawValue): Json {
  if (typeof value !== "object" || value === null) return value;
  if (isRawList(value)) return value.map(jsonOf);
  if (!isRawMap(value)) return value.value;
  return Object.fromEntries([...value].map(([name, its]) => [name, jsonOf(its)]));
}

interface GatewayBody {
  readonly Mode: string;
}
const gateway = goStruct<GatewayBody>("structs.MeshGatewayConfig", {
  Mode: goString("structs.MeshGatewayMode"),
});

interface UpstreamBody {
  readonly destination_type: string;
  readonly destination_namespace: string;
  readonly destination_name: string;
  readonly local_bind_port: number;
  readonly local_bind_address: string;
  readonly DestinationType: string;
  readonly DestinationNamespace: string;
  readonly DestinationName: string;
  readonly Datacenter: string;
  readonly LocalBindAddress: string;
  readonly LocalBindPort: number;
  readonly Config: string;
  readonly MeshGateway: Partial<GatewayBody>;
}
const UPSTREAM_TYPE =
  'struct { DestinationTypeSnake string "json:\\"destination_type\\""; DestinationNamespaceSnake string "json:\\"destination_namespace\\""; DestinationNameSnake string "json:\\"destination_name\\""; LocalBindPortSnake int "json:\\"local_bind_port\\""; LocalBindAddressSnake string "json:\\"local_bind_address\\""; *structs.Alias }';

const upstream: GoType<Upstream> = goSelfRead(
  goStruct<UpstreamBody>(UPSTREAM_TYPE, {
    destination_type: text,
    destination_namespace: text,
    destination_name: text,
    local_bind_port: goInt,
    local_bind_address: text,
    DestinationType: text,
    DestinationNamespace: text,
    DestinationName: text,
    Datacenter: text,
    LocalBindAddress: text,
    LocalBindPort: goInt,
    Config: config,
    MeshGateway: gateway,
  }),
  (body) => ({ ok: true, value: upstreamOf(body) }),
  true,
);

function upstreamOf(body: Partial<UpstreamBody>): Upstream {
  return {
    destinationType: body.DestinationType || body.destination_type || "",
    destinationNamespace: body.DestinationNamespace || body.destination_namespace || "",
    destinationName: body.DestinationName || body.destination_name || "",
    datacenter: body.Datacenter ?? "",
    localBindAddress: body.LocalBindAddress || body.local_bind_address || "",
    localBindPort: body.LocalBindPort || body.local_bind_port || 0,
    config: body.Config ?? "",
    meshGatewayMode: body.MeshGateway?.Mode ?? "",
  };
}

interface PathBody {
  readonly local_path_port: number;
  readonly listener_port: number;
  readonly ListenerPort: number;
  readonly Path: string;
  readonly LocalPathPort: number;
  readonly Protocol: string;
  readonly ParsedFromCheck: boolean;
}
const PATH_TYPE =
  'struct { LocalPathPortSnake int "json:\\"local_path_port\\""; ListenerPortSnake int "json:\\"listener_port\\""; *structs.Alias }';

const path: GoType<ExposedPath> = goSelfRead(
  goStruct<PathBody>(PATH_TYPE, {
    local_path_port: goInt,
    listener_port: goInt,
    ListenerPort: goInt,
    Path: text,
    LocalPathPort: goInt,
    Protocol: text,
    ParsedFromCheck: goBool,
  }),
  (body) => ({
    ok: true,
    value: {
      listenerPort: body.ListenerPort || body.listener_port || 0,
      path: body.Path ?? "",
      localPathPort: body.LocalPathPort || body.local_path_port || 0,
      protocol: body.Protocol ?? "",
      parsedFromCheck: body.ParsedFromCheck ?? false,
    },
  }),
  true,
);

interface ExposeBody {
  readonly Checks: boolean;
  readonly Paths: readonly ExposedPath[];
}
const NO_PATH: ExposedPath = {
  listenerPort: 0,
  path: "",
  localPathPort: 0,
  protocol: "",
  parsedFromCheck: false,
};

interface ProxyBody {
  readonly destination_service_name: string;
  readonly destination_service_id: string;
  readonly local_service_address: string;
  readonly local_service_port: number;
  readonly DestinationServiceName: string;
  readonly DestinationServiceID: string;
  readonly LocalServiceAddress: string;
  readonly LocalServicePort: number;
  readonly Config: string;
  readonly Upstreams: readonly Upstream[];
  readonly MeshGateway: Partial<GatewayBody>;
  readonly Expose: Partial<ExposeBody>;
}
const PROXY_TYPE =
  'struct { DestinationServiceNameSnake string "json:\\"destination_service_name\\""; DestinationServiceIDSnake string "json:\\"destination_service_id\\""; LocalServiceAddressSnake string "json:\\"local_service_address\\""; LocalServicePortSnake int "json:\\"local_service_port\\""; *structs.Alias }';

export const connectProxy: GoType<ConnectProxy> = goSelfRead(
  goStruct<ProxyBody>(PROXY_TYPE, {
    destination_service_name: text,
    destination_service_id: text,
    local_service_address: text,
    local_service_port: goInt,
    DestinationServiceName: text,
    DestinationServiceID: text,
    LocalServiceAddress: text,
    LocalServicePort: goInt,
    Config: config,
    Upstreams: goList(upstream, upstreamOf({}), "structs.Upstreams"),
    MeshGateway: gateway,
    Expose: goStruct<ExposeBody>("structs.ExposeConfig", {
      Checks: goBool,
      Paths: goList(path, NO_PATH, "[]structs.ExposePath"),
    }),
  }),
  (body) => ({
    ok: true,
    value: {
      ...NO_PROXY,
      destinationServiceName: body.DestinationServiceName || body.destination_service_name || "",
      destinationServiceId: body.DestinationServiceID || body.destination_service_id || "",
      localServiceAddress: body.LocalServiceAddress || body.local_service_address || "",
      localServicePort: body.LocalServicePort || body.local_service_port || 0,
      config: body.Config ?? "",
      upstreams: body.Upstreams ?? [],
      meshGatewayMode: body.MeshGateway?.Mode ?? "",
      expose: { checks: body.Expose?.Checks ?? false, paths: body.Expose?.Paths ?? [] },
    },
  }),
  true,
);
