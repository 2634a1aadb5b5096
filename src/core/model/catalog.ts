// The catalog's nouns.

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

/** Node names are one without regard to case. */
export function nodeKey(name: string): string {
  return name.toLowerCase();
}
