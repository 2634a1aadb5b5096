// The records of the catalog: a node, or a service or a check of one, with the node's fields repeated. What we do not
// keep of a service is read over, and written as Consul's zero value.

import type { CheckDefinition } from "../model/catalog.ts";
import { type ServiceProxy, serviceProxy } from "../model/proxy.ts";
import { bool, type Kind, list, mapOf, nullable, size, struct, text } from "../wire/gossip/struct.ts";
import { ignored, int } from "./records.ts";
import { shapeKind } from "./shape-kind.ts";

type TextMap = ReadonlyMap<string, string> | null;
const labels: Kind<TextMap> = nullable(mapOf(text));

export interface AddressRecord {
  readonly address: string;
  readonly port: number;
}
export interface WeightsRecord {
  readonly passing: number;
  readonly warning: number;
}
interface ConnectRecord {
  readonly native: boolean;
  readonly sidecarService: null;
}

export interface ServiceRecord {
  readonly kind: string;
  readonly id: string;
  readonly service: string;
  readonly tags: readonly string[] | null;
  readonly address: string;
  readonly taggedAddresses: ReadonlyMap<string, AddressRecord> | null;
  readonly meta: TextMap;
  readonly port: number;
  readonly weights: WeightsRecord | null;
  readonly enableTagOverride: boolean;
  readonly proxy: ServiceProxy;
  readonly connect: ConnectRecord;
  readonly locallyRegisteredAsSidecar: boolean;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

const service: Kind<ServiceRecord> = struct<ServiceRecord>(
  {},
  {
    kind: ["Kind", text],
    id: ["ID", text],
    service: ["Service", text],
    tags: ["Tags", list(text)],
    address: ["Address", text],
    taggedAddresses: [
      "TaggedAddresses",
      nullable(mapOf(struct<AddressRecord>({}, { address: ["Address", text], port: ["Port", int] }))),
    ],
    meta: ["Meta", labels],
    port: ["Port", int],
    weights: [
      "Weights",
      nullable(struct<WeightsRecord>({}, { passing: ["Passing", int], warning: ["Warning", int] })),
    ],
    enableTagOverride: ["EnableTagOverride", bool],
    proxy: ["Proxy", shapeKind(serviceProxy)],
    connect: [
      "Connect",
      struct<ConnectRecord>({}, { native: ["Native", bool], sidecarService: ["SidecarService", ignored] }),
    ],
    locallyRegisteredAsSidecar: ["LocallyRegisteredAsSidecar", bool],
    createIndex: ["CreateIndex", size],
    modifyIndex: ["ModifyIndex", size],
  },
);

type Header = ReadonlyMap<string, readonly string[] | null> | null;
/** As the model has it, but for what Go has nil for. */
export interface DefinitionRecord extends Omit<CheckDefinition, "header" | "scriptArgs"> {
  readonly header: Header;
  readonly scriptArgs: readonly string[] | null;
}

const definition: Kind<DefinitionRecord> = struct<DefinitionRecord>(
  {},
  {
    http: ["HTTP", text],
    tlsSkipVerify: ["TLSSkipVerify", bool],
    header: ["Header", nullable(mapOf(list(text)))],
    method: ["Method", text],
    body: ["Body", text],
    tcp: ["TCP", text],
    intervalNs: ["Interval", int],
    outputMaxSize: ["OutputMaxSize", int],
    timeoutNs: ["Timeout", int],
    deregisterCriticalServiceAfterNs: ["DeregisterCriticalServiceAfter", int],
    scriptArgs: ["ScriptArgs", list(text)],
    dockerContainerId: ["DockerContainerID", text],
    shell: ["Shell", text],
    grpc: ["GRPC", text],
    grpcUseTls: ["GRPCUseTLS", bool],
    aliasNode: ["AliasNode", text],
    aliasService: ["AliasService", text],
    ttlNs: ["TTL", int],
  },
);
/** What a check says that says nothing of how it is made. */
export const NO_DEFINITION: DefinitionRecord = definition.zero;

export interface CheckRecord {
  readonly node: string;
  readonly checkId: string;
  readonly name: string;
  readonly status: string;
  readonly notes: string;
  readonly output: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly serviceTags: readonly string[] | null;
  readonly checkType: string;
  readonly definition: DefinitionRecord;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

const check: Kind<CheckRecord> = struct<CheckRecord>(
  {},
  {
    node: ["Node", text],
    checkId: ["CheckID", text],
    name: ["Name", text],
    status: ["Status", text],
    notes: ["Notes", text],
    output: ["Output", text],
    serviceId: ["ServiceID", text],
    serviceName: ["ServiceName", text],
    serviceTags: ["ServiceTags", list(text)],
    checkType: ["Type", text],
    definition: ["Definition", definition],
    createIndex: ["CreateIndex", size],
    modifyIndex: ["ModifyIndex", size],
  },
);

export interface RegisterRecord {
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly datacenter: string;
  readonly taggedAddresses: TextMap;
  readonly nodeMeta: TextMap;
  readonly service: ServiceRecord | null;
  readonly check: CheckRecord | null;
  readonly checks: readonly CheckRecord[] | null;
  readonly skipNodeUpdate: boolean;
  readonly token: string;
  /** Of nodes that were imported from a peered cluster (1.13 on). */
  readonly peerName: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
export const register: Kind<RegisterRecord> = struct<RegisterRecord>(
  {},
  {
    id: ["ID", text],
    node: ["Node", text],
    address: ["Address", text],
    datacenter: ["Datacenter", text],
    taggedAddresses: ["TaggedAddresses", labels],
    nodeMeta: ["NodeMeta", labels],
    service: ["Service", nullable(service)],
    check: ["Check", nullable(check)],
    checks: ["Checks", list(check)],
    skipNodeUpdate: ["SkipNodeUpdate", bool],
    token: ["Token", text],
    peerName: ["PeerName", text, "omitempty"],
    createIndex: ["CreateIndex", size],
    modifyIndex: ["ModifyIndex", size],
  },
);
