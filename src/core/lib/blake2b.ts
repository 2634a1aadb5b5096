// BLAKE2b with a digest of 256 bits and no key (RFC 7693). For little data that is seldom asked for: words are bigints.

/** Those of SHA-512 (RFC 7693 §2.6). */
const IV: readonly bigint[] = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];

/** In which order each round takes up the words of a block (§2.7). */
const SIGMA: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/** Columns, then diagonals: which four words are mixed. */
const QUARTERS: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

const BLOCK_BYTES = 128;
const DIGEST_BYTES = 32;
const ROUNDS = 12;

export function blake2b256(data: Uint8Array): Uint8Array {
  const state = BigUint64Array.from(IV);
  // Parameters: no key, fan-out and depth of one, the digest's length (§2.5).
  state[0] = (state[0] as bigint) ^ 0x01010000n ^ BigInt(DIGEST_BYTES);
  // Of nothing there is one block, of zeros.
  const blocks = Math.max(1, Math.ceil(data.length / BLOCK_BYTES));
  for (let block = 0; block < blocks; block++) {
    const bytes = new Uint8Array(BLOCK_BYTES);
    bytes.set(data.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES));
    const isLast = block === blocks - 1;
    compress(state, bytes, isLast ? data.length : (block + 1) * BLOCK_BYTES, isLast);
  }
  const digest = new Uint8Array(DIGEST_BYTES);
  const view = new DataView(digest.buffer);
  for (let at = 0; at < DIGEST_BYTES / 8; at++) view.setBigUint64(at * 8, state[at] as bigint, true);
  return digest;
}

/** The function F (§3.2). @param taken How many bytes there have been, with this block's. */
function compress(state: BigUint64Array, block: Uint8Array, taken: number, isLast: boolean): void {
  const view = new DataView(block.buffer);
  const words = Array.from({ length: 16 }, (_, at) => view.getBigUint64(at * 8, true));
  const v = new BigUint64Array(16);
  v.set(state);
  v.set(IV, 8);
  v[12] = (v[12] as bigint) ^ BigInt(taken);
  if (isLast) v[14] = ~(v[14] as bigint);
  for (let round = 0; round < ROUNDS; round++) {
    const order = SIGMA[round % SIGMA.length] as readonly number[];
    for (const [at, quarter] of QUARTERS.entries())
      mix(v, quarter, words[order[2 * at] as number] as bigint, words[order[2 * at + 1] as number] as bigint);
  }
  for (let at = 0; at < 8; at++)
    state[at] = (state[at] as bigint) ^ (v[at] as bigint) ^ (v[at + 8] as bigint);
}

/** The function G (§3.1). The array keeps 64 bits of each sum. */
function mix(
  v: BigUint64Array,
  [a, b, c, d]: readonly [number, number, number, number],
  x: bigint,
  y: bigint,
): void {
  const word = (at: number): bigint => v[at] as bigint;
  v[a] = word(a) + word(b) + x;
  v[d] = rotateRight(word(d) ^ word(a), 32n);
  v[c] = word(c) + word(d);
  v[b] = rotateRight(word(b) ^ word(c), 24n);
  v[a] = word(a) + word(b) + y;
  v[d] = rotateRight(word(d) ^ word(a), 16n);
  v[c] = word(c) + word(d);
  v[b] = rotateRight(word(b) ^ word(c), 63n);
}

function rotateRight(word: bigint, bits: bigint): bigint {
  return (word >> bits) | (word << (64n - bits));
}
