// What is said of a service to its agent (Consul's structs.ServiceDefinition, 1.8), with its checks and with the proxy that
// is to stand beside it.

import type { Labels } from "../model/catalog.ts";
import { NO_CHECK } from "../model/local.ts";
import type { ServiceProxy } from "../model/proxy.ts";
import type { WrittenService } from "../model/written-service.ts";
import { type ServiceCheck, serviceCheck } from "./agent-check-body.ts";
import {
  type GoType,
  goBool,
  goInt,
  goLabels,
  goList,
  goMap,
  goSelfRead,
  goString,
  goStruct,
  goText,
  goTexts,
} from "./go-struct.ts";
import { proxyBody } from "./proxy-body.ts";
import { type AddressBody, address, addressOf, type WeightsBody, weights } from "./registration.ts";

interface ConnectBody {
  readonly native: boolean;
  readonly sidecar: WrittenService | undefined;
}

interface ServiceBody {
  readonly enable_tag_override: boolean;
  readonly tagged_addresses: readonly (readonly [string, Partial<AddressBody>])[];
  readonly Kind: string;
  readonly ID: string;
  readonly Name: string;
  readonly Tags: readonly string[];
  readonly Address: string;
  readonly TaggedAddresses: readonly (readonly [string, Partial<AddressBody>])[];
  readonly Meta: NonNullable<Labels>;
  readonly Port: number;
  readonly Check: ServiceCheck;
  readonly Checks: readonly ServiceCheck[];
  readonly Weights: Partial<WeightsBody>;
  readonly Token: string;
  readonly EnableTagOverride: boolean;
  readonly Proxy: ServiceProxy | "none";
  readonly Connect: ConnectBody;
}

const CONNECT_TYPE =
  'struct { SidecarServiceSnake *structs.ServiceDefinition "json:\\"sidecar_service\\""; *structs.Alias }';
const SERVICE_TYPE =
  'struct { EnableTagOverrideSnake bool "json:\\"enable_tag_override\\""; TaggedAddressesSnake map[string]structs.ServiceAddress "json:\\"tagged_addresses\\""; *structs.Alias }';

interface SidecarBody {
  readonly sidecar_service: WrittenService;
  readonly Native: boolean;
  readonly SidecarService: WrittenService;
}

/** A sidecar may be said to have one itself, which is then refused: the types hold each other. */
const sidecar: GoType<WrittenService> = {
  name: SERVICE_TYPE,
  read: (value, reading) => writtenService.read(value, reading),
};

const connect: GoType<ConnectBody> = goSelfRead(
  goStruct<SidecarBody>(CONNECT_TYPE, { sidecar_service: sidecar, Native: goBool, SidecarService: sidecar }),
  (body) => ({
    ok: true,
    value: { native: body.Native ?? false, sidecar: body.SidecarService ?? body.sidecar_service },
  }),
);

export const writtenService: GoType<WrittenService> = goSelfRead(
  goStruct<ServiceBody>(SERVICE_TYPE, {
    enable_tag_override: goBool,
    tagged_addresses: goMap(address, {}),
    Kind: goString("structs.ServiceKind"),
    ID: goText,
    Name: goText,
    Tags: goTexts,
    Address: goText,
    TaggedAddresses: goMap(address, {}),
    Meta: goLabels,
    Port: goInt,
    Check: serviceCheck,
    Checks: goList(serviceCheck, { empty: true, check: NO_CHECK }, "structs.CheckTypes"),
    Weights: weights,
    Token: goText,
    EnableTagOverride: goBool,
    Proxy: proxyBody,
    Connect: connect,
  }),
  (body) => ({ ok: true, value: written(body) }),
  true,
);

function written(body: Partial<ServiceBody>): WrittenService {
  const tagged = body.TaggedAddresses?.length ? body.TaggedAddresses : (body.tagged_addresses ?? []);
  const single = body.Check === undefined || body.Check.empty ? [] : [body.Check];
  return {
    kind: body.Kind ?? "",
    id: body.ID ?? "",
    name: body.Name ?? "",
    tags: body.Tags ?? [],
    address: body.Address ?? "",
    taggedAddresses: tagged.map(([name, its]) => [name, addressOf(its)] as const),
    meta: body.Meta ?? null,
    port: body.Port ?? 0,
    checks: [...single, ...(body.Checks ?? [])].map(({ check }) => check),
    weights: body.Weights && { passing: body.Weights.Passing ?? 0, warning: body.Weights.Warning ?? 0 },
    token: body.Token ?? "",
    enableTagOverride: body.EnableTagOverride === true || body.enable_tag_override === true,
    proxy: body.Proxy === undefined || body.Proxy === "none" ? null : withTypes(body.Proxy),
    connectNative: body.Connect?.native ?? false,
    sidecar: body.Connect?.sidecar,
  };
}

/** An upstream that says nothing of its type is a service. */
function withTypes(proxy: ServiceProxy): ServiceProxy {
  const typed = proxy.upstreams?.map((each) =>
    each.destinationType === "" ? { ...each, destinationType: "service" } : each,
  );
  return { ...proxy, upstreams: typed ?? null };
}
