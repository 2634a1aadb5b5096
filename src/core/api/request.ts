// Every question that can be put to an agent, as plain data. What a request says is independent of the road it came by
// (HTTP here, another agent's RPC, later DNS): the roads translate, src/core/service answers.

import type { ByteString } from "../lib/bytes.ts";
import type { AutopilotSettings } from "../model/autopilot.ts";
import type { CatalogService, Check, Labels } from "../model/catalog.ts";
import type { ConfigEntry, ConfigKind } from "../model/config-entry.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { Uint64 } from "../model/kv.ts";
import type { ServiceConfigQuestion } from "../model/service-config.ts";
import type { Session } from "../model/session.ts";
import type { UserEvent } from "../model/user-event.ts";
import type { IntentionRead, IntentionWrite } from "./intention.ts";
import type { KeyringRequest } from "./keyring.ts";
import type { LocalRequest } from "./local.ts";
import type {
  ArchiveRequest,
  AutopilotHealthRequest,
  RemovePeer,
  SnapshotOpen,
  TransferLeader,
} from "./operator.ts";
import type { QueryDelete, QueryRead, QuerySet } from "./prepared-query.ts";
import type { MonitorLevel } from "./telemetry.ts";
import type { TxnApply, TxnRead } from "./txn.ts";

/** How fresh a read must be (Consul's consistency modes). */
export type Consistency = "default" | "consistent" | "stale";

export interface ReadOptions {
  readonly consistency: Consistency;
  /** `?index=`: answer once the result's index is greater. 0 answers at once. */
  readonly minIndex: Uint64;
  /** `?wait=`: how long a blocking query waits at most, already within the agent's bounds. Meaningless at minIndex 0. */
  readonly waitMs: number;
}

interface Read {
  readonly options: ReadOptions;
}

export type KvGet = Read & { readonly kind: "kv.get"; readonly key: ByteString };
export type KvList = Read & { readonly kind: "kv.list"; readonly prefix: ByteString };
export type KvKeys = Read & {
  readonly kind: "kv.keys";
  readonly prefix: ByteString;
  /** Keys are cut after its first occurrence past the prefix; "" for whole keys. */
  readonly separator: ByteString;
};

/** The verbs of the KV store, named as Consul's transactions name them. */
export const KV_VERBS = ["set", "cas", "lock", "unlock", "delete", "delete-cas", "delete-tree"] as const;
export type KvVerb = (typeof KV_VERBS)[number];

export interface KvWrite {
  readonly kind: "kv.write";
  readonly verb: KvVerb;
  /** The prefix, for delete-tree. */
  readonly key: ByteString;
  /** Empty for the deletes. */
  readonly value: Uint8Array;
  readonly flags: Uint64;
  /** The ModifyIndex to compare with, for cas and delete-cas. */
  readonly index: Uint64;
  /** For lock and unlock. */
  readonly session: string;
}

/** A node record to be made or replaced (the node part of Consul's Catalog.Register). */
export interface NodeRegister {
  readonly kind: "catalog.register-node";
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly taggedAddresses: Labels;
  readonly meta: Labels;
}

/** Removes a node (Catalog.Deregister without a service or check). */
export interface NodeDeregister {
  readonly kind: "catalog.deregister-node";
  readonly node: string;
}

/** A service as it is registered: its node and its indexes are the registration's. */
export type ServiceFields = Omit<CatalogService, "node" | "createIndex" | "modifyIndex">;
/** A check as it is registered. One of a service takes the service's name and tags from the catalog. */
export type CheckFields = Omit<Check, "createIndex" | "modifyIndex">;

/** A node, one service on it and checks of both, to be made or replaced: all of it or nothing (Catalog.Register). */
export interface CatalogRegister extends Omit<NodeRegister, "kind"> {
  readonly kind: "catalog.register";
  /** A node that exists stays as it is. */
  readonly skipNodeUpdate: boolean;
  readonly service?: ServiceFields | undefined;
  readonly checks: readonly CheckFields[];
}

/** Removes a service, or a check, or else the whole node (Catalog.Deregister). What is not there is no error. */
export interface CatalogDeregister {
  readonly kind: "catalog.deregister";
  readonly node: string;
  /** "" for none; wins over the check. */
  readonly serviceId: string;
  readonly checkId: string;
}

/** Begins a session. The leader gives it its id. */
export interface SessionCreate extends Omit<Session, "behavior" | "createIndex" | "modifyIndex"> {
  readonly kind: "session.create";
  /** As it was asked for; "" is Consul's default. */
  readonly behavior: string;
}

/** Ends a session, and with it the locks that it holds. */
export interface SessionDestroy {
  readonly kind: "session.destroy";
  readonly id: string;
}

/** Replaces autopilot's configuration. */
export interface AutopilotSet {
  readonly kind: "autopilot.set";
  readonly settings: AutopilotSettings;
  /** Only if its ModifyIndex is this one; undefined for whatever it is. */
  readonly index: Uint64 | undefined;
}

/** Writes a configuration entry. */
export interface ConfigSet {
  readonly kind: "config.set";
  readonly entry: ConfigEntry;
  /** Only if its ModifyIndex is this one, 0 for one that is not there; undefined for whatever it is. */
  readonly index: Uint64 | undefined;
}

/** Takes a configuration entry back. One that is not there is no error. */
export interface ConfigDelete {
  readonly kind: "config.delete";
  readonly entryKind: ConfigKind;
  readonly name: string;
}

/** The same, but only if its ModifyIndex is this one, which 0 never is. */
export interface ConfigDeleteCas extends Omit<ConfigDelete, "kind"> {
  readonly kind: "config.delete-cas";
  readonly index: Uint64;
}

/** Configuration entries of a kind, or of all for "". */
export type ConfigList = Read &
  ByFilter & {
    readonly kind: "config.list";
    readonly entryKind: ConfigKind | "";
    /** The one of this name; undefined for all. */
    readonly name?: string | undefined;
  };

/** What configuration entries say of a service's proxies. */
export type ConfigResolve = Read & ServiceConfigQuestion & { readonly kind: "config.resolve" };

/** What a web interface asks: all nodes, or one, with all that is on them. */
export type NodeDump = Read &
  ByFilter & { readonly kind: "internal.nodes"; readonly node?: string | undefined };
/** All instances with their health. */
export type ServiceDump = Read & ByFilter & { readonly kind: "internal.services" };
/** How well all of the catalog is, in numbers. */
export type OverviewRead = Read & { readonly kind: "internal.overview" };
/** What a gateway serves, with its instances. */
export type GatewayServicesDump = Read & {
  readonly kind: "internal.gateway-services";
  readonly gateway: string;
};

/** How much is in the catalog. */
export type OperatorUsage = Read & { readonly kind: "operator.usage" };

/** What a gateway serves. */
export type GatewayServices = Read & { readonly kind: "catalog.gateway-services"; readonly gateway: string };

/** Autopilot's configuration. Its answer comes at once: its options say no index. */
export type AutopilotConfiguration = Read & { readonly kind: "operator.autopilot-configuration" };

export type CatalogNodes = Read & ByNodeMeta & ByDistance & ByFilter & { readonly kind: "catalog.nodes" };

/** `?node-meta=`: only on nodes that have all of these pairs. */
interface ByNodeMeta {
  readonly nodeMeta: readonly (readonly [string, string])[];
}

/** `?near=`: what is on the nodes nearest to this one comes first. */
interface ByDistance {
  readonly near?: string | undefined;
}

/** `?filter=`: only what this lets through (lib/bexpr). */
interface ByFilter {
  readonly filter?: ByteString | undefined;
}

/** Names of all services with their tags. */
export type CatalogServices = Read & ByNodeMeta & { readonly kind: "catalog.services" };

/** Whose instances: of the service itself, or what takes Connect's connections for it. */
export interface ServiceSelection extends ByNodeMeta, ByDistance {
  readonly service: string;
  readonly connect: boolean;
  /** Only those that have all of these tags, without regard to case. */
  readonly tags: readonly string[];
}

/** Instances of a service, with their nodes. */
export type CatalogServiceNodes = Read &
  ServiceSelection &
  ByFilter & { readonly kind: "catalog.service-nodes" };

/** A node with its services, by its name, its id, or as much of the id as no other node's begins with. */
export type CatalogNode = Read & ByFilter & { readonly kind: "catalog.node"; readonly node: string };

/** Instances of a service, with their nodes and checks. */
export type HealthService = Read &
  ServiceSelection &
  ByFilter & {
    readonly kind: "health.service";
    /** Only instances of whose checks, and of whose node's checks, every one passes. */
    readonly passing: boolean;
  };

/** Instances of the ingress gateways that serve a service: the same of those. */
export type HealthIngress = Read &
  ByNodeMeta &
  ByDistance &
  ByFilter & {
    readonly kind: "health.ingress";
    readonly service: string;
    readonly passing: boolean;
  };

export type HealthNode = Read & ByFilter & { readonly kind: "health.node"; readonly node: string };
export type HealthChecks = Read &
  ByNodeMeta &
  ByDistance &
  ByFilter & { readonly kind: "health.checks"; readonly service: string };
/** Checks of one status, or of "any". */
export type HealthState = Read &
  ByNodeMeta &
  ByDistance &
  ByFilter & { readonly kind: "health.state"; readonly state: string };

/** Whose an IP is: a node's, or else a service's. */
export type CatalogAddress = Read & { readonly kind: "catalog.address"; readonly address: string };

export type CatalogRead =
  | CatalogNodes
  | CatalogAddress
  | CatalogServices
  | CatalogServiceNodes
  | CatalogNode
  | HealthService
  | HealthIngress
  | HealthNode
  | HealthChecks
  | HealthState;

export type SessionInfo = Read & { readonly kind: "session.info"; readonly id: string };
export type SessionNode = Read & { readonly kind: "session.node"; readonly node: string };
export type SessionListing = Read & { readonly kind: "session.list" };
/** The session, whose TTL begins anew at the leader that is asked: like a read it changes nothing that is replicated. */
export type SessionRenew = Read & { readonly kind: "session.renew"; readonly id: string };

export type SessionRead = SessionInfo | SessionNode | SessionListing | SessionRenew;

/** Where a node of ours says that it is (Coordinate.Update): the leader gathers these, and answers before they are applied. */
export type CoordinateUpdate = NodeCoordinate & { readonly kind: "coordinate.update" };
export type CoordinateNodes = Read & {
  readonly kind: "coordinate.nodes";
  /** Only those in this network segment. */
  readonly segment?: string | undefined;
};
export type CoordinateNode = Read & { readonly kind: "coordinate.node"; readonly node: string };
/** The servers of all datacenters, as the WAN pool of the server that is asked knows them. */
export interface CoordinateDatacenters {
  readonly kind: "coordinate.datacenters";
}

/** Those that the server knows of by its WAN pool. */
export interface CatalogDatacenters {
  readonly kind: "catalog.datacenters";
}
export interface StatusLeader {
  readonly kind: "status.leader";
}
export interface StatusPeers {
  readonly kind: "status.peers";
}
/** Asked between servers: by those that may bootstrap, and by a leader that watches over the others. */
export interface StatusRaft {
  readonly kind: "status.raft";
}
/** A user event as Serf carries it, to be gossiped in the datacenter's LAN. Any server does that. */
export interface EventFire {
  readonly kind: "event.fire";
  /** The name that the user gave. */
  readonly name: string;
  /** Encoded with its filters (wire/gossip/consul-events.ts). */
  readonly payload: Uint8Array;
}
export type RaftConfiguration = { readonly kind: "operator.raft-configuration"; readonly stale: boolean };

export type ReadRequest =
  | KvGet
  | KvList
  | KvKeys
  | CatalogRead
  | SessionRead
  | QueryRead
  | CoordinateNodes
  | CoordinateNode
  | IntentionRead
  | AutopilotConfiguration
  | ConfigList
  | ConfigResolve
  | GatewayServices
  | NodeDump
  | ServiceDump
  | OverviewRead
  | GatewayServicesDump
  | OperatorUsage
  | TxnRead
  | SnapshotOpen;
export type WriteRequest =
  | KvWrite
  | NodeRegister
  | NodeDeregister
  | CatalogRegister
  | CatalogDeregister
  | SessionCreate
  | SessionDestroy
  | QuerySet
  | QueryDelete
  | IntentionWrite
  | AutopilotSet
  | ConfigSet
  | ConfigDelete
  | ConfigDeleteCas
  | TxnApply;
/** What any server answers from what it knows itself, leader or no leader. */
export type StatusRequest =
  | CatalogDatacenters
  | CoordinateDatacenters
  | StatusLeader
  | StatusPeers
  | StatusRaft;

/** What servers answer: a client agent, and a server that does not lead, forward these. */
export type ServerRequest =
  | ReadRequest
  | WriteRequest
  | CoordinateUpdate
  | StatusRequest
  | EventFire
  | RaftConfiguration
  | RemovePeer
  | TransferLeader
  | AutopilotHealthRequest
  | KeyringRequest
  | ArchiveRequest;

/** What only the agent that was asked can answer. */
export type AgentRequest =
  | LocalRequest
  | { readonly kind: "agent.self" }
  | { readonly kind: "agent.version" }
  | { readonly kind: "agent.members"; readonly wan: boolean }
  | { readonly kind: "agent.join"; readonly address: string; readonly wan: boolean }
  | { readonly kind: "agent.force-leave"; readonly node: string; readonly prune: boolean }
  | { readonly kind: "agent.leave" }
  | { readonly kind: "agent.reload" }
  /** The machine that the agent runs on. */
  | { readonly kind: "agent.host" }
  | { readonly kind: "agent.metrics" }
  /** How much of each datacenter is in use. */
  | { readonly kind: "agent.usage"; readonly options: ReadOptions }
  /** The same of every interval from now on, until the caller hangs up. */
  | { readonly kind: "agent.stream-metrics" }
  /** The log, from now on, until the caller hangs up. */
  | { readonly kind: "agent.monitor"; readonly level: MonitorLevel; readonly json: boolean }
  /** Tells all agents of the datacenter, or those that the filters choose. */
  | {
      readonly kind: "agent.fire-event";
      readonly event: Omit<UserEvent, "id" | "version" | "lTime">;
    }
  /** The events that came to this agent: those of one name, or all for "". */
  | {
      readonly kind: "agent.list-events";
      readonly name: string;
      /** Waits while this is the index; 0 answers at once. */
      readonly minIndex: Uint64;
      readonly waitMs: number;
    }
  /** Brings an archive of the state here. */
  | { readonly kind: "agent.save-snapshot"; readonly options: ReadOptions }
  /** Puts an archive in the place of the state. */
  | { readonly kind: "agent.restore-snapshot"; readonly archive: Uint8Array };

export type Request = ServerRequest | AgentRequest;

/** Whether a request changes the replicated state, so that asking it twice may do it twice. */
export function isWrite(request: Request): request is WriteRequest {
  return (
    request.kind === "kv.write" ||
    request.kind === "catalog.register-node" ||
    request.kind === "catalog.deregister-node" ||
    request.kind === "catalog.register" ||
    request.kind === "catalog.deregister" ||
    request.kind === "session.create" ||
    request.kind === "session.destroy" ||
    request.kind === "query.set" ||
    request.kind === "query.delete" ||
    request.kind === "intention.set" ||
    request.kind === "intention.delete" ||
    request.kind === "intention.upsert" ||
    request.kind === "intention.delete-exact" ||
    request.kind === "autopilot.set" ||
    request.kind === "config.set" ||
    request.kind === "config.delete" ||
    request.kind === "config.delete-cas" ||
    request.kind === "txn.apply"
  );
}

/** Whether asking again when an answer was lost could do something twice, or fail since it has been done. */
export function mustAskOnce(request: Request): boolean {
  return (
    isWrite(request) ||
    request.kind === "operator.remove-peer" ||
    request.kind === "operator.transfer-leader" ||
    request.kind === "restore.open" ||
    request.kind === "event.fire"
  );
}

/** Whether a request waits for an index, and so may be answered much later. */
export function isRead(request: Request): request is ReadRequest {
  return "options" in request;
}
