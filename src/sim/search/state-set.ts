// The states that have been seen, as 64-bit fingerprints in two columns: open addressing, eight bytes a slot, at most three
// quarters full. Two states with equal fingerprints would pass for one: among ten million states that happens once in
// some four hundred thousand searches.

export interface StateSet {
  size: number;
  low: Uint32Array;
  high: Uint32Array;
}

const INITIAL_SLOTS = 1 << 16;

export function createStateSet(): StateSet {
  return { size: 0, low: new Uint32Array(INITIAL_SLOTS), high: new Uint32Array(INITIAL_SLOTS) };
}

/** @returns Whether it was not there yet. */
export function addState(set: StateSet, low: number, high: number): boolean {
  if (4 * set.size >= 3 * set.low.length) grow(set);
  return put(set, low >>> 0, high >>> 0);
}

/** Bytes that it takes up. */
export function stateSetBytes({ low, high }: StateSet): number {
  return low.byteLength + high.byteLength;
}

function put(set: StateSet, low: number, high: number): boolean {
  // 0 and 0 mark an empty slot.
  const first = low === 0 && high === 0 ? 1 : low;
  const mask = set.low.length - 1;
  let slot = (first ^ (high >>> 7)) & mask;
  for (;;) {
    const known = set.low[slot] as number;
    const knownHigh = set.high[slot] as number;
    if (known === 0 && knownHigh === 0) break;
    if (known === first && knownHigh === high) return false;
    slot = (slot + 1) & mask;
  }
  set.low[slot] = first;
  set.high[slot] = high;
  set.size++;
  return true;
}

function grow(set: StateSet): void {
  const { low, high } = set;
  set.low = new Uint32Array(2 * low.length);
  set.high = new Uint32Array(2 * low.length);
  set.size = 0;
  for (let slot = 0; slot < low.length; slot++)
    if (low[slot] !== 0 || high[slot] !== 0) put(set, low[slot] as number, high[slot] as number);
}
