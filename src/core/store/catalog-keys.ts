// Keys of the catalog's tables. Names are one without regard to case; a key is made of several names, each but the last
// ended by a NUL, so that all rows of a node, a service or an instance stand together, in the order in which Consul
// lists them.

const END = "\0";

/** Node names are one without regard to case. */
export function nodeKey(name: string): string {
  return name.toLowerCase();
}

/** So are the ids of nodes: they are UUIDs. */
export function idKey(id: string): string {
  return id.toLowerCase();
}

export function serviceKey(name: string): string {
  return name.toLowerCase();
}

/** The key of a row that is known by several names. */
export function rowKey(...names: readonly string[]): string {
  return names.join(END).toLowerCase();
}

/** What the keys of all rows begin with that have these names first. */
export function rowsOf(...names: readonly string[]): string {
  return `${names.join(END)}${END}`.toLowerCase();
}

/** Whether a name can be part of a key: a NUL would make one row's key of another's. */
export function fitsKey(name: string): boolean {
  return !name.includes(END);
}
