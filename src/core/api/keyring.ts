// What operators ask of the keys that encrypt gossip, and what came of it in each pool.

/** What can be done with the keys of all pools. */
export const KEYRING_OPERATIONS = ["list", "install", "use", "remove"] as const;
export type KeyringOperation = (typeof KEYRING_OPERATIONS)[number];

/** Every member of every pool of the datacenter is asked to do it. */
export interface KeyringRequest {
  readonly kind: "operator.keyring";
  readonly operation: KeyringOperation;
  /** As the caller wrote it, base64 or not; "" for list. */
  readonly key: string;
  /** Through how many others each answer comes besides directly: 0 to 5. */
  readonly relayFactor: number;
  /** list: the LAN alone. */
  readonly localOnly: boolean;
}

/** What came of it in one pool. */
export interface KeyringResponse {
  readonly wan: boolean;
  readonly datacenter: string;
  /** Member → what it had to say; sorted by name. */
  readonly messages: readonly (readonly [member: string, message: string])[];
  /** list: key → how many members have it, and for how many it is the primary; sorted by key. */
  readonly keys: readonly (readonly [key: string, members: number])[];
  readonly primaryKeys: readonly (readonly [key: string, members: number])[];
  /** How many were asked. */
  readonly nodes: number;
  /** Why it did not succeed everywhere; "" when it did. */
  readonly error: string;
}

export const MAX_RELAY_FACTOR = 5;
