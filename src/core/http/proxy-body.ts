// A proxy in the body of a registration, as Go's encoding/json reads it: names in their old writing too, of which the
// proper one wins.

import { equalPlain } from "../lib/plain.ts";
import type { RawMap, RawValue } from "../lib/raw-value.ts";
import {
  type Expose,
  type ExposePath,
  type MeshGateway,
  type ServiceProxy,
  serviceProxy,
  type Upstream,
} from "../model/proxy.ts";
import { type JsonObject, jsonObjectOf, zero } from "../model/shape.ts";
import {
  type GoType,
  goAny,
  goBool,
  goInt,
  goList,
  goMap,
  goSelfRead,
  goString,
  goStruct,
  goText,
} from "./go-struct.ts";

/** Any object of JSON. */
const config: GoType<JsonObject> = {
  name: "map[string]interface {}",
  read(value, reading) {
    const read = goMap<RawValue>(goAny, null).read(value, reading);
    return read === undefined ? undefined : jsonObjectOf(value as RawMap);
  },
};

const meshGateway = goStruct<{ Mode: string }>("structs.MeshGatewayConfig", {
  Mode: goString("structs.MeshGatewayMode"),
});

function meshGatewayOf(body: { readonly Mode?: string } | undefined): MeshGateway {
  return { mode: body?.Mode ?? "" };
}

interface PathBody {
  readonly ListenerPort: number;
  readonly Path: string;
  readonly LocalPathPort: number;
  readonly Protocol: string;
  readonly ParsedFromCheck: boolean;
  readonly listener_port: number;
  readonly local_path_port: number;
}
const exposePath: GoType<ExposePath> = goSelfRead(
  goStruct<PathBody>(
    'struct { LocalPathPortSnake int "json:\\"local_path_port\\""; ListenerPortSnake int "json:\\"listener_port\\""; *structs.Alias }',
    {
      ListenerPort: goInt,
      Path: goText,
      LocalPathPort: goInt,
      Protocol: goText,
      ParsedFromCheck: goBool,
      listener_port: goInt,
      local_path_port: goInt,
    },
  ),
  (body) => ({
    ok: true,
    value: {
      listenerPort: body.ListenerPort || (body.listener_port ?? 0),
      path: body.Path ?? "",
      localPathPort: body.LocalPathPort || (body.local_path_port ?? 0),
      protocol: body.Protocol ?? "",
      parsedFromCheck: body.ParsedFromCheck ?? false,
    },
  }),
  true,
);
const NO_PATH: ExposePath = {
  listenerPort: 0,
  path: "",
  localPathPort: 0,
  protocol: "",
  parsedFromCheck: false,
};

interface ExposeBody {
  readonly Checks: boolean;
  readonly Paths: readonly ExposePath[];
}
const expose = goStruct<ExposeBody>("structs.ExposeConfig", {
  Checks: goBool,
  Paths: goList(exposePath, NO_PATH, "[]structs.ExposePath"),
});

function exposeOf(body: Partial<ExposeBody> | undefined): Expose {
  return { checks: body?.Checks ?? false, paths: body?.Paths ?? null };
}

interface UpstreamBody {
  readonly DestinationType: string;
  readonly DestinationNamespace: string;
  readonly DestinationName: string;
  readonly Datacenter: string;
  readonly LocalBindAddress: string;
  readonly LocalBindPort: number;
  readonly Config: JsonObject;
  readonly MeshGateway: { readonly Mode?: string };
  readonly destination_type: string;
  readonly destination_namespace: string;
  readonly destination_name: string;
  readonly local_bind_port: number;
  readonly local_bind_address: string;
}
const upstream: GoType<Upstream> = goSelfRead(
  goStruct<UpstreamBody>(
    'struct { DestinationTypeSnake string "json:\\"destination_type\\""; DestinationNamespaceSnake string "json:\\"destination_namespace\\""; DestinationNameSnake string "json:\\"destination_name\\""; LocalBindPortSnake int "json:\\"local_bind_port\\""; LocalBindAddressSnake string "json:\\"local_bind_address\\""; *structs.Alias }',
    {
      DestinationType: goText,
      DestinationNamespace: goText,
      DestinationName: goText,
      Datacenter: goText,
      LocalBindAddress: goText,
      LocalBindPort: goInt,
      Config: config,
      MeshGateway: meshGateway,
      destination_type: goText,
      destination_namespace: goText,
      destination_name: goText,
      local_bind_port: goInt,
      local_bind_address: goText,
    },
  ),
  (body) => ({
    ok: true,
    value: {
      destinationType: body.DestinationType || (body.destination_type ?? ""),
      destinationNamespace: body.DestinationNamespace || (body.destination_namespace ?? ""),
      destinationName: body.DestinationName || (body.destination_name ?? ""),
      datacenter: body.Datacenter ?? "",
      localBindAddress: body.LocalBindAddress || (body.local_bind_address ?? ""),
      localBindPort: body.LocalBindPort || (body.local_bind_port ?? 0),
      config: body.Config ?? null,
      meshGateway: meshGatewayOf(body.MeshGateway),
    },
  }),
  true,
);
const NO_UPSTREAM: Upstream = {
  destinationType: "",
  destinationNamespace: "",
  destinationName: "",
  datacenter: "",
  localBindAddress: "",
  localBindPort: 0,
  config: null,
  meshGateway: { mode: "" },
};

interface ProxyBody {
  readonly DestinationServiceName: string;
  readonly DestinationServiceID: string;
  readonly LocalServiceAddress: string;
  readonly LocalServicePort: number;
  readonly Config: JsonObject;
  readonly Upstreams: readonly Upstream[];
  readonly MeshGateway: { readonly Mode?: string };
  readonly Expose: Partial<ExposeBody>;
  readonly destination_service_name: string;
  readonly destination_service_id: string;
  readonly local_service_address: string;
  readonly local_service_port: number;
}

const NOTHING: ServiceProxy = zero(serviceProxy);

/** "none" for one that says nothing. */
export const proxyBody: GoType<ServiceProxy | "none"> = goSelfRead(
  goStruct<ProxyBody>(
    'struct { DestinationServiceNameSnake string "json:\\"destination_service_name\\""; DestinationServiceIDSnake string "json:\\"destination_service_id\\""; LocalServiceAddressSnake string "json:\\"local_service_address\\""; LocalServicePortSnake int "json:\\"local_service_port\\""; *structs.Alias }',
    {
      DestinationServiceName: goText,
      DestinationServiceID: goText,
      LocalServiceAddress: goText,
      LocalServicePort: goInt,
      Config: config,
      Upstreams: goList(upstream, NO_UPSTREAM, "structs.Upstreams"),
      MeshGateway: meshGateway,
      Expose: expose,
      destination_service_name: goText,
      destination_service_id: goText,
      local_service_address: goText,
      local_service_port: goInt,
    },
  ),
  (body) => {
    const value: ServiceProxy = {
      destinationServiceName: body.DestinationServiceName || (body.destination_service_name ?? ""),
      destinationServiceId: body.DestinationServiceID || (body.destination_service_id ?? ""),
      localServiceAddress: body.LocalServiceAddress || (body.local_service_address ?? ""),
      localServicePort: body.LocalServicePort || (body.local_service_port ?? 0),
      config: body.Config ?? null,
      upstreams: body.Upstreams ?? null,
      meshGateway: meshGatewayOf(body.MeshGateway),
      expose: exposeOf(body.Expose),
    };
    return { ok: true, value: equalPlain(value, NOTHING) ? "none" : value };
  },
  true,
);
