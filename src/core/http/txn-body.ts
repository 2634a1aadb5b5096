// The body of /v1/txn, as Consul's own client library describes it (package api, 1.8), and what its operations mean. Of a
// service it takes less than a registration does: kind, tagged addresses, proxy and Connect are read over.

import type { TxnCheckOp, TxnKvOp, TxnNodeOp, TxnOp, TxnServiceOp } from "../api/txn.ts";
import { utf8 } from "../lib/bytes.ts";
import { isRawList, isRawMap, type RawNumber, type RawValue } from "../lib/raw-value.ts";
import { type CheckDefinition, CRITICAL, type Labels } from "../model/catalog.ts";
import type { Uint64 } from "../model/kv.ts";
import {
  durationOf,
  type Finished,
  type GoType,
  goAny,
  goBool,
  goBytes,
  goExactUint64,
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
import { weightsOf } from "./registration.ts";

const indexes = { CreateIndex: goExactUint64, ModifyIndex: goExactUint64 } as const;

interface Indexes {
  readonly CreateIndex: Uint64;
  readonly ModifyIndex: Uint64;
}

interface KvBody {
  readonly Verb: string;
  readonly Key: string;
  readonly Value: Uint8Array;
  readonly Flags: Uint64;
  readonly Index: Uint64;
  readonly Session: string;
  readonly Namespace: string;
}
const kv = goStruct<KvBody>("api.KVTxnOp", {
  Verb: goString("api.KVOp"),
  Key: goText,
  Value: goBytes,
  Flags: goExactUint64,
  Index: goExactUint64,
  Session: goText,
  Namespace: goText,
});

interface NodeBody extends Indexes {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses: NonNullable<Labels>;
  readonly Meta: NonNullable<Labels>;
}
const node = goStruct<NodeBody>("api.Node", {
  ID: goText,
  Node: goText,
  Address: goText,
  Datacenter: goText,
  TaggedAddresses: goLabels,
  Meta: goLabels,
  ...indexes,
});

const meshGateway = goStruct<{ Mode: string }>("api.MeshGatewayConfig", {
  Mode: goString("api.MeshGatewayMode"),
});
const upstream = goStruct("api.Upstream", {
  DestinationType: goString("api.UpstreamDestType"),
  DestinationNamespace: goText,
  DestinationName: goText,
  Datacenter: goText,
  LocalBindAddress: goText,
  LocalBindPort: goInt,
  Config: goAny,
  MeshGateway: meshGateway,
});
const exposePath = goStruct("api.ExposePath", {
  ListenerPort: goInt,
  Path: goText,
  LocalPathPort: goInt,
  Protocol: goText,
  ParsedFromCheck: goBool,
});
const proxy = goStruct("api.AgentServiceConnectProxyConfig", {
  DestinationServiceName: goText,
  DestinationServiceID: goText,
  LocalServiceAddress: goText,
  LocalServicePort: goInt,
  Config: goAny,
  Upstreams: goList(upstream, {}),
  MeshGateway: meshGateway,
  Expose: goStruct("api.ExposeConfig", { Checks: goBool, Paths: goList(exposePath, {}) }),
});
const connect = goStruct("api.AgentServiceConnect", { Native: goBool, SidecarService: goAny });

interface ServiceBody extends Indexes {
  readonly Kind: string;
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[];
  readonly Meta: NonNullable<Labels>;
  readonly Port: number;
  readonly Address: string;
  readonly TaggedAddresses: readonly (readonly [string, object])[];
  readonly Weights: { readonly Passing?: number; readonly Warning?: number };
  readonly EnableTagOverride: boolean;
  readonly ContentHash: string;
  readonly Proxy: object;
  readonly Connect: object;
  readonly Namespace: string;
}
const service = goStruct<ServiceBody>("api.AgentService", {
  Kind: goString("api.ServiceKind"),
  ID: goText,
  Service: goText,
  Tags: goTexts,
  Meta: goLabels,
  Port: goInt,
  Address: goText,
  TaggedAddresses: goMap(goStruct("api.ServiceAddress", { Address: goText, Port: goInt }), {}),
  Weights: goStruct("api.AgentWeights", { Passing: goInt, Warning: goInt }),
  EnableTagOverride: goBool,
  ContentHash: goText,
  Proxy: proxy,
  Connect: connect,
  Namespace: goText,
  ...indexes,
});

/** What Go calls the struct that it reads a definition by way of. */
const DEFINITION_TYPE =
  "struct { IntervalDuration interface {}; TimeoutDuration interface {}; DeregisterCriticalServiceAfterDuration interface {}; *api.Alias }";

interface DefinitionBody {
  readonly IntervalDuration: RawValue;
  readonly TimeoutDuration: RawValue;
  readonly DeregisterCriticalServiceAfterDuration: RawValue;
  readonly HTTP: string;
  readonly Header: readonly (readonly [string, readonly string[]])[];
  readonly Method: string;
  readonly Body: string;
  readonly TLSSkipVerify: boolean;
  readonly TCP: string;
  readonly Interval: number;
  readonly Timeout: number;
  readonly DeregisterCriticalServiceAfter: number;
}

/** A time that reads itself: a duration as text, or a number of nanoseconds, and nothing else, not even null. */
const readableDuration: GoType<number> = {
  name: "api.ReadableDuration",
  read(value, reading) {
    const read = typeof value === "string" || isNumber(value) ? durationOf(value) : notANumber(value);
    if (read.ok) return read.value;
    reading.fault ??= read.fault;
    return undefined;
  },
};

function isNumber(value: RawValue): value is RawNumber {
  return typeof value === "object" && value !== null && !isRawList(value) && !isRawMap(value);
}

function notANumber(value: RawValue): Finished<number> {
  return { ok: false, fault: `strconv.ParseFloat: parsing "${String(value)}": invalid syntax` };
}

const definition: GoType<CheckDefinition | "none"> = goSelfRead(
  goStruct<DefinitionBody>(DEFINITION_TYPE, {
    IntervalDuration: goAny,
    TimeoutDuration: goAny,
    DeregisterCriticalServiceAfterDuration: goAny,
    HTTP: goText,
    Header: goMap(goTexts, []),
    Method: goText,
    Body: goText,
    TLSSkipVerify: goBool,
    TCP: goText,
    Interval: readableDuration,
    Timeout: readableDuration,
    DeregisterCriticalServiceAfter: readableDuration,
  }),
  finishDefinition,
);

/** A time that is given in both ways is what the name with "Duration" says. One that says nothing at all is none. */
function finishDefinition(body: Partial<DefinitionBody>): Finished<CheckDefinition | "none"> {
  const interval = timeOf(body.IntervalDuration, body.Interval);
  if (!interval.ok) return interval;
  const timeout = timeOf(body.TimeoutDuration, body.Timeout);
  if (!timeout.ok) return timeout;
  const after = timeOf(body.DeregisterCriticalServiceAfterDuration, body.DeregisterCriticalServiceAfter);
  if (!after.ok) return after;
  const said = {
    http: body.HTTP ?? "",
    tlsSkipVerify: body.TLSSkipVerify ?? false,
    header: body.Header ?? [],
    method: body.Method ?? "",
    body: body.Body ?? "",
    tcp: body.TCP ?? "",
    intervalNs: interval.value,
    timeoutNs: timeout.value,
    deregisterCriticalServiceAfterNs: after.value,
  };
  const says = said.header.length > 0 || Object.values(said).some((value) => !Array.isArray(value) && value);
  return { ok: true, value: says ? { ...UNSAID, ...said } : "none" };
}

/** What the body of a transaction can't say of a check. */
const UNSAID = {
  outputMaxSize: 0,
  scriptArgs: [],
  dockerContainerId: "",
  shell: "",
  grpc: "",
  grpcUseTls: false,
  aliasNode: "",
  aliasService: "",
  ttlNs: 0,
} as const;

function timeOf(duration: RawValue | undefined, plain = 0): Finished<number> {
  return duration === undefined ? { ok: true, value: plain } : durationOf(duration);
}

interface CheckBody extends Indexes {
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
  readonly Namespace: string;
  readonly Definition: CheckDefinition | "none";
}
const check = goStruct<CheckBody>("api.HealthCheck", {
  Node: goText,
  CheckID: goText,
  Name: goText,
  Status: goText,
  Notes: goText,
  Output: goText,
  ServiceID: goText,
  ServiceName: goText,
  ServiceTags: goTexts,
  Type: goText,
  Namespace: goText,
  Definition: definition,
  ...indexes,
});

interface OpBody {
  readonly KV: Partial<KvBody>;
  readonly Node: { readonly Verb?: string; readonly Node?: Partial<NodeBody> };
  readonly Service: {
    readonly Verb?: string;
    readonly Node?: string;
    readonly Service?: Partial<ServiceBody>;
  };
  readonly Check: { readonly Verb?: string; readonly Check?: Partial<CheckBody> };
}
const op = goStruct<OpBody>("api.TxnOp", {
  KV: kv,
  Node: goStruct("api.NodeTxnOp", { Verb: goString("api.NodeOp"), Node: node }),
  Service: goStruct("api.ServiceTxnOp", { Verb: goString("api.ServiceOp"), Node: goText, Service: service }),
  Check: goStruct("api.CheckTxnOp", { Verb: goString("api.CheckOp"), Check: check }),
});

export type TxnBody = readonly Partial<OpBody>[];
export const txnBody: GoType<TxnBody> = goList(op, {}, "api.TxnOps");

/** What an operation means; undefined for one that says nothing. The first of its parts counts. */
export function opOf(body: Partial<OpBody>): TxnOp | undefined {
  if (body.KV !== undefined) return kvOf(body.KV);
  if (body.Node !== undefined) return nodeOf(body.Node.Verb ?? "", body.Node.Node ?? {});
  if (body.Service !== undefined)
    return serviceOf(body.Service.Verb ?? "", body.Service.Node ?? "", body.Service.Service ?? {});
  if (body.Check !== undefined) return checkOf(body.Check.Verb ?? "", body.Check.Check ?? {});
  return undefined;
}

function kvOf(body: Partial<KvBody>): TxnKvOp {
  return {
    on: "kv",
    verb: body.Verb ?? "",
    key: utf8(body.Key ?? ""),
    value: body.Value ?? new Uint8Array(0),
    flags: body.Flags ?? 0,
    index: body.Index ?? 0,
    session: body.Session ?? "",
  };
}

function nodeOf(verb: string, body: Partial<NodeBody>): TxnNodeOp {
  return {
    on: "node",
    verb,
    index: body.ModifyIndex ?? 0,
    id: body.ID ?? "",
    node: body.Node ?? "",
    address: body.Address ?? "",
    taggedAddresses: body.TaggedAddresses ?? null,
    meta: body.Meta ?? null,
  };
}

/** One without an id has its name for one, but where it is only looked for. */
function serviceOf(verb: string, on: string, body: Partial<ServiceBody>): TxnServiceOp {
  const name = body.Service ?? "";
  const id = body.ID ?? "";
  return {
    on: "service",
    verb,
    index: body.ModifyIndex ?? 0,
    node: on,
    service: {
      kind: "",
      id: id === "" && verb !== "get" ? name : id,
      service: name,
      tags: body.Tags ?? [],
      address: body.Address ?? "",
      taggedAddresses: [],
      meta: body.Meta ?? null,
      port: body.Port ?? 0,
      weights: weightsOf(body.Weights),
      enableTagOverride: body.EnableTagOverride ?? false,
      connectNative: false,
      proxy: null,
    },
  };
}

/** As of services. */
function checkOf(verb: string, body: Partial<CheckBody>): TxnCheckOp {
  const id = body.CheckID ?? "";
  const name = body.Name ?? "";
  const status = body.Status ?? "";
  const its = body.Definition ?? "none";
  return {
    on: "check",
    verb,
    index: body.ModifyIndex ?? 0,
    check: {
      node: body.Node ?? "",
      checkId: id === "" && verb !== "get" ? name : id,
      name,
      status: status === "" ? CRITICAL : status,
      notes: body.Notes ?? "",
      output: body.Output ?? "",
      serviceId: body.ServiceID ?? "",
      serviceName: body.ServiceName ?? "",
      serviceTags: body.ServiceTags ?? [],
      type: "",
      definition: its === "none" ? null : its,
    },
  };
}
