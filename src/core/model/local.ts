// What an agent answers for: the services on its own node, and the checks of them and of the node. The catalog has copies
// of these (model/catalog.ts), which the agent keeps as they should be.

import type { CatalogService, CheckDefinition } from "./catalog.ts";

/** A service as its agent knows it. */
export interface ServiceDefinition extends Omit<CatalogService, "node" | "createIndex" | "modifyIndex"> {
  /** With which the agent writes it into the catalog; "" for the agent's own. */
  readonly token: string;
  /** The service beside which its agent registered it, and with which it goes; absent for one that stands for itself. */
  readonly sidecarOf?: string | undefined;
}

/** How a check is made and judged: what the catalog knows of it, and what only its agent needs. */
export interface CheckSpec extends CheckDefinition {
  /** So many good results one after the other make it passing. 0 and 1: each does. */
  readonly successBeforePassing: number;
  /** So many bad results one after the other make it critical. 0 and 1: each does. */
  readonly failuresBeforeCritical: number;
  /** So many make it at least warn, before they make it critical. 0: none does. */
  readonly failuresBeforeWarning: number;
  // What came with Consuls after 1.8. The catalog keeps nothing of it.
  readonly tcpUseTls: boolean;
  readonly udp: string;
  readonly h2ping: string;
  readonly h2pingUseTls: boolean;
  readonly osService: string;
  /** An answer that points elsewhere is judged as it is. */
  readonly disableRedirects: boolean;
  /** The name that is asked for, and looked for in certificates, instead of the target's. */
  readonly tlsServerName: string;
}

/** A check as it is registered. */
export interface CheckRegistration {
  /** Unique among the agent's; "" among a service's checks, for one that the agent names after the service. */
  readonly checkId: string;
  /** "" among a service's checks, for one that the agent names after the service. */
  readonly name: string;
  readonly notes: string;
  /** "" for a check of the whole node. Among a service's checks it is that service's, whatever this says. */
  readonly serviceId: string;
  /** Its status until the first result; "" is critical. One that is registered again keeps the status that it has. */
  readonly status: string;
  /** How it is made, in one word: "ttl", "http"…; "" where Consul says none. */
  readonly type: string;
  /** "" for the agent's own. */
  readonly token: string;
  readonly spec: CheckSpec;
}

/** A service with its checks, as one: all of it is registered, or nothing. */
export interface ServiceRegistration {
  readonly service: ServiceDefinition;
  readonly checks: readonly CheckRegistration[];
}

/** What the configuration says that there is. */
export interface LocalDefinitions {
  readonly services: readonly ServiceRegistration[];
  /** Checks of the node, or of services that are registered here. */
  readonly checks: readonly CheckRegistration[];
}

/** Ids of the checks that stand for an operator's hand. */
export const NODE_MAINTENANCE = "_node_maintenance";
export const SERVICE_MAINTENANCE_PREFIX = "_service_maintenance:";

/** A check that says nothing of how it is made. */
export const NO_SPEC: CheckSpec = {
  http: "",
  tlsSkipVerify: false,
  header: [],
  method: "",
  body: "",
  tcp: "",
  intervalNs: 0,
  outputMaxSize: 0,
  timeoutNs: 0,
  deregisterCriticalServiceAfterNs: 0,
  scriptArgs: [],
  dockerContainerId: "",
  shell: "",
  grpc: "",
  grpcUseTls: false,
  aliasNode: "",
  aliasService: "",
  ttlNs: 0,
  successBeforePassing: 0,
  failuresBeforeCritical: 0,
  failuresBeforeWarning: 0,
  tcpUseTls: false,
  udp: "",
  h2ping: "",
  h2pingUseTls: true,
  osService: "",
  disableRedirects: false,
  tlsServerName: "",
};

/** One that says nothing at all. */
export const NO_CHECK: CheckRegistration = {
  checkId: "",
  name: "",
  notes: "",
  serviceId: "",
  status: "",
  type: "",
  token: "",
  spec: NO_SPEC,
};
