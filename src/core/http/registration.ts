// PUT /v1/catalog/register and /v1/catalog/deregister: what a body registers, made whole as Consul's server makes it
// (agent/catalog_endpoint.go and agent/consul/catalog_endpoint.go, 1.8).

import type { CheckFields, ServiceFields } from "../api/request.ts";
import { byteStringOf, utf8 } from "../lib/bytes.ts";
import type { RawValue } from "../lib/raw-value.ts";
import {
  type CheckDefinition,
  CRITICAL,
  type Labels,
  type ServiceAddress,
  type ServiceWeights,
} from "../model/catalog.ts";
import { checkTypeOf } from "../model/check-type.ts";
import { NO_SPEC } from "../model/local.ts";
import type { ServiceProxy } from "../model/proxy.ts";
import { refuse } from "./answer.ts";
import {
  durationOf,
  type Finished,
  type GoType,
  goAny,
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
  goUint,
  goUint64,
  readBody,
} from "./go-struct.ts";
import type { Call, HttpPlan } from "./plan.ts";
import { proxyBody } from "./proxy-body.ts";
import { refuseNamespace } from "./read-options.ts";
import { askServer } from "./render.ts";

const raftIndex = { CreateIndex: goUint64, ModifyIndex: goUint64 } as const;

interface RaftIndex {
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface AddressBody {
  readonly Address: string;
  readonly Port: number;
}
export const address: GoType<Partial<AddressBody>> = goStruct<AddressBody>("structs.ServiceAddress", {
  Address: goText,
  Port: goInt,
});

export interface WeightsBody {
  readonly Passing: number;
  readonly Warning: number;
}
export const weights: GoType<Partial<WeightsBody>> = goStruct<WeightsBody>("structs.Weights", {
  Passing: goInt,
  Warning: goInt,
});

/** What Go calls the structs that it reads these by way of. */
const CONNECT_TYPE =
  'struct { SidecarServiceSnake *structs.ServiceDefinition "json:\\"sidecar_service\\""; *structs.Alias }';
const DEFINITION_TYPE =
  "struct { Interval interface {}; Timeout interface {}; DeregisterCriticalServiceAfter interface {}; TTL interface {}; *structs.Alias }";

const connect = goSelfRead(
  goStruct<{ Native: boolean; SidecarService: RawValue }>(CONNECT_TYPE, {
    Native: goBool,
    SidecarService: goAny,
  }),
  ({ Native }) => ({ ok: true, value: { native: Native ?? false } }),
);

interface ServiceBody extends RaftIndex {
  readonly Kind: string;
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[];
  readonly Address: string;
  readonly TaggedAddresses: readonly (readonly [string, Partial<AddressBody>])[];
  readonly Meta: NonNullable<Labels>;
  readonly Port: number;
  readonly Weights: Partial<WeightsBody>;
  readonly EnableTagOverride: boolean;
  readonly Proxy: ServiceProxy | "none";
  readonly Connect: { readonly native: boolean };
}
const service = goStruct<ServiceBody>("structs.NodeService", {
  Kind: goString("structs.ServiceKind"),
  ID: goText,
  Service: goText,
  Tags: goTexts,
  Address: goText,
  TaggedAddresses: goMap(address, {}),
  Meta: goLabels,
  Port: goInt,
  Weights: weights,
  EnableTagOverride: goBool,
  Proxy: proxyBody,
  Connect: connect,
  ...raftIndex,
});

interface DefinitionBody {
  readonly Interval: RawValue;
  readonly Timeout: RawValue;
  readonly DeregisterCriticalServiceAfter: RawValue;
  readonly TTL: RawValue;
  readonly HTTP: string;
  readonly TLSSkipVerify: boolean;
  readonly Header: readonly (readonly [string, readonly string[]])[];
  readonly Method: string;
  readonly Body: string;
  readonly TCP: string;
  readonly OutputMaxSize: number;
  readonly ScriptArgs: readonly string[];
  readonly DockerContainerID: string;
  readonly Shell: string;
  readonly GRPC: string;
  readonly GRPCUseTLS: boolean;
  readonly AliasNode: string;
  readonly AliasService: string;
}
const definition: GoType<CheckDefinition | "none"> = goSelfRead(
  goStruct<DefinitionBody>(DEFINITION_TYPE, {
    Interval: goAny,
    Timeout: goAny,
    DeregisterCriticalServiceAfter: goAny,
    TTL: goAny,
    HTTP: goText,
    TLSSkipVerify: goBool,
    Header: goMap(goTexts, []),
    Method: goText,
    Body: goText,
    TCP: goText,
    OutputMaxSize: goUint,
    ScriptArgs: goTexts,
    DockerContainerID: goText,
    Shell: goText,
    GRPC: goText,
    GRPCUseTLS: goBool,
    AliasNode: goText,
    AliasService: goText,
  }),
  finishDefinition,
);

/** One that says nothing is none. */
function finishDefinition(body: Partial<DefinitionBody>): Finished<CheckDefinition | "none"> {
  const times: number[] = [];
  for (const time of [body.Interval, body.Timeout, body.DeregisterCriticalServiceAfter, body.TTL]) {
    const read = durationOf(time);
    if (!read.ok) return read;
    times.push(read.value);
  }
  const [intervalNs = 0, timeoutNs = 0, deregisterCriticalServiceAfterNs = 0, ttlNs = 0] = times;
  const made: CheckDefinition = {
    http: body.HTTP ?? "",
    tlsSkipVerify: body.TLSSkipVerify ?? false,
    header: body.Header ?? [],
    method: body.Method ?? "",
    body: body.Body ?? "",
    tcp: body.TCP ?? "",
    intervalNs,
    outputMaxSize: body.OutputMaxSize ?? 0,
    timeoutNs,
    deregisterCriticalServiceAfterNs,
    scriptArgs: body.ScriptArgs ?? [],
    dockerContainerId: body.DockerContainerID ?? "",
    shell: body.Shell ?? "",
    grpc: body.GRPC ?? "",
    grpcUseTls: body.GRPCUseTLS ?? false,
    aliasNode: body.AliasNode ?? "",
    aliasService: body.AliasService ?? "",
    ttlNs,
  };
  const says = Object.values(made).some((value) =>
    Array.isArray(value) ? value.length > 0 : Boolean(value),
  );
  return { ok: true, value: says ? made : "none" };
}

interface CheckBody extends RaftIndex {
  readonly Node: string;
  readonly CheckID: string;
  readonly Name: string;
  readonly Status: string;
  readonly Notes: string;
  readonly Output: string;
  readonly ServiceID: string;
  readonly ServiceName: string;
  readonly ServiceTags: readonly string[];
  readonly Type: string;
  readonly Definition: CheckDefinition | "none";
}
const check = goStruct<CheckBody>("structs.HealthCheck", {
  Node: goText,
  CheckID: goString("types.CheckID"),
  Name: goText,
  Status: goText,
  Notes: goText,
  Output: goText,
  ServiceID: goText,
  ServiceName: goText,
  ServiceTags: goTexts,
  Type: goText,
  Definition: definition,
  ...raftIndex,
});

interface RegisterBody extends RaftIndex {
  readonly Datacenter: string;
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly TaggedAddresses: NonNullable<Labels>;
  readonly NodeMeta: NonNullable<Labels>;
  readonly Service: Partial<ServiceBody>;
  readonly Check: Partial<CheckBody>;
  readonly Checks: readonly Partial<CheckBody>[];
  readonly SkipNodeUpdate: boolean;
  readonly Token: string;
}
const registerBody = goStruct<RegisterBody>("structs.RegisterRequest", {
  Datacenter: goText,
  ID: goString("types.NodeID"),
  Node: goText,
  Address: goText,
  TaggedAddresses: goLabels,
  NodeMeta: goLabels,
  Service: service,
  Check: check,
  Checks: goList(check, {}, "structs.HealthChecks"),
  SkipNodeUpdate: goBool,
  Token: goText,
  ...raftIndex,
});

export function readRegister(call: Call): HttpPlan {
  return refuseNamespace(call) ?? register(call);
}

function register(call: Call): HttpPlan {
  const body = readBody(registerBody, byteStringOf(call.request.body));
  if (!body.ok) return undecodable(call, body.error);
  const { value } = body;
  const node = value.Node ?? "";
  const checks = [...(value.Checks ?? []), ...(value.Check === undefined ? [] : [value.Check])];
  const request = {
    kind: "catalog.register",
    id: value.ID ?? "",
    node,
    address: value.Address ?? "",
    taggedAddresses: value.TaggedAddresses ?? null,
    meta: value.NodeMeta ?? null,
    skipNodeUpdate: value.SkipNodeUpdate ?? false,
    service: value.Service === undefined ? undefined : serviceOf(value.Service),
    checks: checks.map((each) => checkOf(each, node)),
  } as const;
  return askServer(call, request, undefined, value.Datacenter ?? "");
}

function undecodable(call: Call, error: string): HttpPlan {
  const namespace = error === 'json: unknown field "Namespace"';
  const more = namespace ? " - Namespaces are a Consul Enterprise feature" : "";
  return refuse(call.settings, 400, `Request decode failed: ${utf8(error)}${more}`);
}

function serviceOf(body: Partial<ServiceBody>): ServiceFields {
  const name = body.Service ?? "";
  return {
    kind: body.Kind ?? "",
    id: (body.ID ?? "") === "" ? name : (body.ID ?? ""),
    service: name,
    tags: body.Tags ?? [],
    address: body.Address ?? "",
    taggedAddresses: (body.TaggedAddresses ?? []).map(([label, its]) => [label, addressOf(its)] as const),
    meta: body.Meta ?? null,
    port: body.Port ?? 0,
    weights: weightsOf(body.Weights),
    enableTagOverride: body.EnableTagOverride ?? false,
    connectNative: body.Connect?.native ?? false,
    proxy: body.Proxy === "none" ? null : (body.Proxy ?? null),
  };
}

export function addressOf(body: Partial<AddressBody>): ServiceAddress {
  return { address: body.Address ?? "", port: body.Port ?? 0 };
}

/** Those that make no sense are one each, as for a service that gives none. */
export function weightsOf(body: Partial<WeightsBody> | undefined): ServiceWeights {
  const passing = body?.Passing ?? 0;
  const warning = body?.Warning ?? 0;
  const fits = passing >= 1 && passing <= 65_535 && warning >= 0 && warning <= 65_535;
  return body === undefined || !fits ? { passing: 1, warning: 1 } : { passing, warning };
}

function checkOf(body: Partial<CheckBody>, node: string): CheckFields {
  const its = body.Definition === "none" ? undefined : body.Definition;
  const id = body.CheckID ?? "";
  const type = body.Type ?? "";
  const status = body.Status ?? "";
  return {
    node: (body.Node ?? "") === "" ? node : (body.Node ?? ""),
    checkId: id === "" ? (body.Name ?? "") : id,
    name: body.Name ?? "",
    status: status === "" ? CRITICAL : status,
    notes: body.Notes ?? "",
    output: body.Output ?? "",
    serviceId: body.ServiceID ?? "",
    serviceName: body.ServiceName ?? "",
    serviceTags: body.ServiceTags ?? [],
    type: type === "" && its !== undefined ? checkTypeOf({ ...NO_SPEC, ...its }) : type,
    definition: its ?? null,
  };
}

interface DeregisterBody {
  readonly Datacenter: string;
  readonly Node: string;
  readonly Address: string;
  readonly ServiceID: string;
  readonly CheckID: string;
  readonly Token: string;
}
const deregisterBody = goStruct<DeregisterBody>("struct { Address string; *structs.Alias }", {
  Datacenter: goText,
  Node: goText,
  Address: goText,
  ServiceID: goText,
  CheckID: goString("types.CheckID"),
  Token: goText,
});

export function readDeregister(call: Call): HttpPlan {
  return refuseNamespace(call) ?? deregister(call);
}

function deregister(call: Call): HttpPlan {
  const body = readBody(deregisterBody, byteStringOf(call.request.body));
  if (!body.ok) return undecodable(call, body.error);
  const { value } = body;
  const request = {
    kind: "catalog.deregister",
    node: value.Node ?? "",
    serviceId: value.ServiceID ?? "",
    checkId: value.CheckID ?? "",
  } as const;
  return askServer(call, request, undefined, value.Datacenter ?? "");
}
