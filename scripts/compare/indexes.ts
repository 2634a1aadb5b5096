// Indexes of two agents, compared by what a client may conclude from them. The numbers themselves mean nothing: an agent's
// log also counts what nobody asked for. What means something is which indexes are the same, and which is the greater of
// two. So each index that an agent tells is described by its place among all that this agent has told before: it is one of
// them, or it is new and lies between two of them. If the descriptions of two agents are the same all along, so are all
// relations among their indexes. 0 and 1 stay what they are: they say that nothing was written yet.

export interface Indexes {
  /** What each index told so far is called, by its value. */
  readonly names: Map<number, string>;
}

export function createIndexes(): Indexes {
  return { names: new Map() };
}

/**
 * @param name What the index is called from now on if it is new: the same for both agents.
 * @returns "0", "1", "<name>" of an index told before, or "<new: after … and before …>".
 */
export function describeIndex(indexes: Indexes, value: number, name: string): string {
  if (value <= 1) return String(value);
  const known = indexes.names.get(value);
  if (known !== undefined) return `<${known}>`;
  const told = [...indexes.names.keys()];
  const below = Math.max(1, ...told.filter((each) => each < value));
  const above = Math.min(...told.filter((each) => each > value));
  const after = indexes.names.get(below) ?? "all writes";
  indexes.names.set(value, name);
  return `<new: after ${after}${above === Number.POSITIVE_INFINITY ? "" : ` and before ${indexes.names.get(above)}`}>`;
}
