// A session as the store keeps it and as Consul's archives write it.

export interface Session {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  /** Whose session it is: it ends with that node's registration. */
  readonly node: string;
  /** Nanoseconds that a lock can't be taken after the session was invalidated. */
  readonly lockDelayNs: number;
  /** What becomes of its locks' keys. */
  readonly behavior: "release" | "delete";
  /** As it was given: "600s"; "" for none. */
  readonly ttl: string;
  /** Ids of the node's checks that end it. */
  readonly nodeChecks: readonly string[];
  readonly serviceChecks: readonly { readonly id: string; readonly namespace: string }[];
  readonly createIndex: number;
  readonly modifyIndex: number;
}
