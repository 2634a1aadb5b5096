// The catalog's nouns.

import type { ServiceProxy } from "./proxy.ts";

/** Names with values, in bytewise order of the names: metadata, tagged addresses. Null is what Consul prints for none. */
export type Labels = readonly (readonly [name: string, value: string])[] | null;

export interface Node {
  /** UUID of the agent, or "" for a node that was registered without one. */
  readonly id: string;
  /** Unique in the datacenter without regard to case. */
  readonly node: string;
  readonly address: string;
  readonly datacenter: string;
  readonly taggedAddresses: Labels;
  readonly meta: Labels;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface ServiceAddress {
  readonly address: string;
  readonly port: number;
}

/** How many of the requests go to an instance, by its health (for DNS SRV records). */
export interface ServiceWeights {
  readonly passing: number;
  readonly warning: number;
}

/** The service that the servers themselves are. */
export const CONSUL_SERVICE = "consul";

/** An instance of a service on a node. */
export interface CatalogService {
  /** Name of its node. */
  readonly node: string;
  /** "" for an ordinary service; else what part it plays for others: "connect-proxy", … */
  readonly kind: string;
  /** Unique on its node without regard to case. */
  readonly id: string;
  /** What it is found by: instances of one service have one name without regard to case. */
  readonly service: string;
  /** In the order given, duplicates kept. */
  readonly tags: readonly string[];
  /** "" for the node's. */
  readonly address: string;
  /** In bytewise order of the names. */
  readonly taggedAddresses: readonly (readonly [name: string, address: ServiceAddress])[];
  readonly meta: Labels;
  readonly port: number;
  readonly weights: ServiceWeights;
  /** Whether its agent leaves alone what others write into its tags. */
  readonly enableTagOverride: boolean;
  /** It speaks Connect itself, without a proxy. */
  readonly connectNative: boolean;
  /** Null for one that says nothing. */
  readonly proxy: ServiceProxy | null;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** The statuses that aggregation knows; the catalog takes any text. */
export const PASSING = "passing";
export const WARNING = "warning";
export const CRITICAL = "critical";

/** The check that says what gossip thinks of a node; the leader's. */
export const SERF_CHECK_ID = "serfHealth";

/** What one that is not an agent would have to do to perform the check itself. The catalog only keeps it. */
export interface CheckDefinition {
  readonly http: string;
  readonly tlsSkipVerify: boolean;
  /** In bytewise order of the names. */
  readonly header: readonly (readonly [name: string, values: readonly string[]])[];
  readonly method: string;
  readonly body: string;
  readonly tcp: string;
  /** Nanoseconds, like all times here. */
  readonly intervalNs: number;
  readonly outputMaxSize: number;
  readonly timeoutNs: number;
  readonly deregisterCriticalServiceAfterNs: number;
  readonly scriptArgs: readonly string[];
  readonly dockerContainerId: string;
  readonly shell: string;
  readonly grpc: string;
  readonly grpcUseTls: boolean;
  readonly aliasNode: string;
  readonly aliasService: string;
  readonly ttlNs: number;
}

/** One aspect of a node's or a service's health. */
export interface Check {
  readonly node: string;
  /** Unique on its node without regard to case. */
  readonly checkId: string;
  readonly name: string;
  readonly status: string;
  readonly notes: string;
  readonly output: string;
  /** "" for a check of the whole node. */
  readonly serviceId: string;
  /** As they were when the check was written last. */
  readonly serviceName: string;
  readonly serviceTags: readonly string[];
  readonly type: string;
  /** Null for one that says nothing. */
  readonly definition: CheckDefinition | null;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
