// A table from pairs of small numbers to a number: open addressing, twelve bytes a slot, at most three quarters full.

export interface PairTable {
  size: number;
  first: Int32Array;
  second: Int32Array;
  value: Int32Array;
}

const INITIAL_SLOTS = 1 << 12;

export function createPairTable(): PairTable {
  return {
    size: 0,
    // Nobody asks for a negative first number: -1 marks an empty slot.
    first: new Int32Array(INITIAL_SLOTS).fill(-1),
    second: new Int32Array(INITIAL_SLOTS),
    value: new Int32Array(INITIAL_SLOTS),
  };
}

function slotOf(table: PairTable, first: number, second: number): number {
  const mask = table.first.length - 1;
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  hash ^= hash >>> 15;
  let slot = hash & mask;
  while (table.first[slot] !== -1 && (table.first[slot] !== first || table.second[slot] !== second))
    slot = (slot + 1) & mask;
  return slot;
}

/** @returns -1 for a pair that is not in the table. */
export function getPair(table: PairTable, first: number, second: number): number {
  const slot = slotOf(table, first, second);
  return table.first[slot] === -1 ? -1 : (table.value[slot] as number);
}

/** Both numbers are 0 or more. */
export function setPair(table: PairTable, first: number, second: number, value: number): void {
  if (4 * table.size >= 3 * table.first.length) grow(table);
  const slot = slotOf(table, first, second);
  if (table.first[slot] === -1) table.size++;
  table.first[slot] = first;
  table.second[slot] = second;
  table.value[slot] = value;
}

export function pairTableBytes({ first }: PairTable): number {
  return 3 * first.byteLength;
}

function grow(table: PairTable): void {
  const { first, second, value } = table;
  const slots = 2 * first.length;
  table.first = new Int32Array(slots).fill(-1);
  table.second = new Int32Array(slots);
  table.value = new Int32Array(slots);
  table.size = 0;
  for (let at = 0; at < first.length; at++)
    if (first[at] !== -1) setPair(table, first[at] as number, second[at] as number, value[at] as number);
}
