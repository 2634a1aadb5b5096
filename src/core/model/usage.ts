// How much of a datacenter is in use: counted for who operates it, or pays by it.

/** Kinds of instances that take part in Connect, as Consul's later versions name them, in the order in which they print them. */
export const CONNECT_INSTANCES = [
  "api-gateway",
  "connect-native",
  "connect-proxy",
  "ingress-gateway",
  "mesh-gateway",
  "terminating-gateway",
] as const;

export type ConnectInstances = (typeof CONNECT_INSTANCES)[number];

export interface Usage {
  readonly nodes: number;
  /** Names with instances, that of the servers included. */
  readonly services: number;
  readonly instances: number;
  /** Of each of CONNECT_INSTANCES, in that order. */
  readonly connect: readonly number[];
  /** Instances of services: of nobody's proxy, no gateway, and not of the servers themselves. */
  readonly billable: number;
}
