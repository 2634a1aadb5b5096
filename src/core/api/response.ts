// Every answer an agent can give, as plain data.

import type { ByteString } from "../lib/bytes.ts";
import type { Address } from "../model/address.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { CatalogService, Check, Labels, Node } from "../model/catalog.ts";
import type { KeptEntry } from "../model/config-entry.ts";
import type { Coordinate, NodeCoordinate } from "../model/coordinate.ts";
import type { GatewayService } from "../model/gateway-service.ts";
import type { Intention } from "../model/intention.ts";
import type { KvPair, Uint64 } from "../model/kv.ts";
import type { Member } from "../model/member.ts";
import type { CatalogOverview } from "../model/overview.ts";
import type { PreparedQuery } from "../model/prepared-query.ts";
import type { ServiceConfig } from "../model/service-config.ts";
import type { Session } from "../model/session.ts";
import type { Usage } from "../model/usage.ts";
import type { UserEvent } from "../model/user-event.ts";
import type { CacheMeta } from "./cache.ts";
import type { ApiError } from "./error.ts";
import type { NodeInfo } from "./filters.ts";
import type { KeyringOperation, KeyringResponse } from "./keyring.ts";
import type { LocalBody } from "./local.ts";
import type { ArchiveBody, ClusterHealth } from "./operator.ts";
import type { QueryResult } from "./prepared-query.ts";
import type { MetricsReport } from "./telemetry.ts";
import type { TxnOutcome } from "./txn.ts";

/** What accompanies the answer to a read (Consul's QueryMeta). */
export interface QueryMeta {
  /** What to pass as `?index=` to wait for a newer answer. Never 0. */
  readonly index: number;
  readonly knownLeader: boolean;
  /** Milliseconds since the answering server last heard from its leader; 0 on the leader. */
  readonly lastContactMs: number;
}

export interface RaftServer {
  readonly id: string;
  readonly node: string;
  readonly address: Address;
  readonly leader: boolean;
  readonly voter: boolean;
}

/** An instance of a service, with the node that it is on. */
export interface ServiceNodeRow {
  readonly node: Node;
  readonly service: CatalogService;
}

/** The same with its checks: first those of the whole node, then its own. */
export interface HealthRow extends ServiceNodeRow {
  readonly checks: readonly Check[];
}

/** A service that a gateway serves, with its instances. */
export interface GatewayDump {
  readonly served: GatewayService;
  readonly instances: readonly HealthRow[];
}

/** How far a server has come (Consul's Status.RaftStats), and what only servers want to know of each other. */
export interface RaftStatus {
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** Since it heard a leader; 0 for one that leads, -1 for one that never heard any. */
  readonly lastContactMs: number;
  /** Of its log (raft/identity.ts). */
  readonly identity: number;
  /** Ids of the servers in its configuration; none for one that belongs to no cluster. */
  readonly servers: readonly string[];
}

/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What /v1/agent/self and `info` tell. */
export interface AgentSelf {
  readonly config: {
    readonly datacenter: string;
    readonly nodeName: string;
    readonly nodeId: string;
    /** Of the source that it was built from; "" for unknown. */
    readonly revision: string;
    readonly server: boolean;
    /** The version of Consul that the agent behaves as. */
    readonly version: string;
  };
  /** The agent's settings by the names that Consul gives them; no secrets. */
  readonly debugConfig: { readonly [name: string]: Json };
  readonly coordinate: Coordinate | null;
  readonly member: Member;
  /** Sections of names with values, all strings, as `consul info` prints them. */
  readonly stats: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Of the agent's own node. */
  readonly meta: Labels;
}

/** Where the servers of a datacenter are, by the pool ("area") in which they were measured. */
export interface DatacenterCoordinates {
  readonly datacenter: string;
  readonly area: string;
  readonly coordinates: readonly NodeCoordinate[];
}

export type ResponseBody =
  /** At most one pair for kv.get, in key order for kv.list. */
  | { readonly kind: "kv.pairs"; readonly pairs: readonly KvPair[] }
  | { readonly kind: "kv.keys"; readonly keys: readonly ByteString[] }
  /** False when a compare-and-set or a lock did not apply. */
  | { readonly kind: "applied"; readonly applied: boolean }
  | { readonly kind: "nodes"; readonly nodes: readonly Node[] }
  | { readonly kind: "coordinates"; readonly coordinates: readonly NodeCoordinate[] }
  | { readonly kind: "coordinate-datacenters"; readonly datacenters: readonly DatacenterCoordinates[] }
  /** In bytewise order of the names. */
  | {
      readonly kind: "services";
      readonly services: readonly (readonly [service: string, tags: readonly string[]])[];
    }
  | { readonly kind: "service-nodes"; readonly rows: readonly ServiceNodeRow[] }
  /** Null for a node that is not there. */
  | {
      readonly kind: "node-services";
      readonly node: Node | null;
      readonly services: readonly CatalogService[];
    }
  /** Whose an address is; "" for nobody's. */
  | { readonly kind: "address-owner"; readonly node: string; readonly service: string }
  | { readonly kind: "health"; readonly rows: readonly HealthRow[] }
  | { readonly kind: "checks"; readonly checks: readonly Check[] }
  | { readonly kind: "sessions"; readonly sessions: readonly Session[] }
  | { readonly kind: "session-created"; readonly id: string }
  | { readonly kind: "config-entries"; readonly entries: readonly KeptEntry[] }
  | { readonly kind: "service-config"; readonly config: ServiceConfig }
  | { readonly kind: "gateway-services"; readonly rows: readonly GatewayService[] }
  | { readonly kind: "node-dump"; readonly rows: readonly NodeInfo[] }
  | { readonly kind: "overview"; readonly overview: CatalogOverview }
  | { readonly kind: "usage"; readonly usage: Usage }
  /** Of each datacenter, by its name. */
  | { readonly kind: "usages"; readonly usages: readonly (readonly [datacenter: string, usage: Usage])[] }
  | { readonly kind: "gateway-dump"; readonly rows: readonly GatewayDump[] }
  | { readonly kind: "queries"; readonly queries: readonly PreparedQuery[] }
  /** Rendered, if it is a template. */
  | { readonly kind: "query-explained"; readonly query: PreparedQuery }
  | { readonly kind: "query-result"; readonly result: QueryResult }
  /** Made or replaced. */
  | { readonly kind: "query-set"; readonly id: string }
  /** What decides first comes first. */
  | { readonly kind: "intentions"; readonly intentions: readonly Intention[] }
  /** For each service that was asked for, in their order. */
  | { readonly kind: "intention-matches"; readonly matches: readonly (readonly Intention[])[] }
  /** Made or replaced. */
  | { readonly kind: "intention-set"; readonly id: string }
  /** Of a transaction: what its operations found and left, or why it did not happen. */
  | ({ readonly kind: "txn" } & TxnOutcome)
  | { readonly kind: "leader"; readonly address: Address | "" }
  | { readonly kind: "datacenters"; readonly names: readonly string[] }
  | { readonly kind: "peers"; readonly addresses: readonly Address[] }
  | { readonly kind: "raft-status"; readonly status: RaftStatus }
  | { readonly kind: "raft-configuration"; readonly servers: readonly RaftServer[]; readonly index: number }
  | { readonly kind: "autopilot-configuration"; readonly config: AutopilotConfig }
  | { readonly kind: "autopilot-health"; readonly health: ClusterHealth }
  | {
      readonly kind: "keyring";
      readonly operation: KeyringOperation;
      readonly responses: readonly KeyringResponse[];
    }
  | ArchiveBody
  | LocalBody
  /** A whole archive, in the pieces in which it came. */
  | { readonly kind: "archive"; readonly pieces: readonly Uint8Array[] }
  /** The version of Consul that the agent behaves as. */
  | { readonly kind: "version"; readonly version: string }
  | { readonly kind: "self"; readonly self: AgentSelf }
  | { readonly kind: "members"; readonly members: readonly Member[] }
  | { readonly kind: "host"; readonly host: Json }
  | { readonly kind: "metrics"; readonly report: MetricsReport }
  /** Oldest first; `index` is that of the latest. */
  | { readonly kind: "events"; readonly events: readonly UserEvent[]; readonly index: Uint64 }
  | { readonly kind: "done" };

export type Response =
  | {
      readonly ok: true;
      readonly body: ResponseBody;
      readonly meta?: QueryMeta;
      /** Of one from the agent's cache; never crosses the wire. */
      readonly cache?: CacheMeta;
    }
  | { readonly ok: false; readonly error: ApiError };

export function failed(error: ApiError): Response {
  return { ok: false, error };
}
