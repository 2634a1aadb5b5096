// SHA-256 (FIPS 180-4), fed piece by piece. A library's hash is an object with its state hidden inside; ours is a record
// like all state of the core, so that an archive which is half read can be dumped and loaded like everything else.

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4 §4.2.2). */
const K: Int32Array = Int32Array.from(fractions(64, 1 / 3));
/** The same of the square roots of the first eight (§5.3.3). */
const START: Uint32Array = fractions(8, 1 / 2);

export interface Sha256 {
  /** The eight words H(i). */
  readonly words: Int32Array;
  /** Bytes that do not fill a block yet. */
  readonly block: Uint8Array;
  filled: number;
  /** Bytes fed so far. */
  bytes: number;
}

function fractions(count: number, power: number): Uint32Array {
  const words = new Uint32Array(count);
  for (let n = 2, found = 0; found < count; n++) {
    if (!isPrime(n)) continue;
    // Doubles are exact enough: 32 of their 52 bits are asked for, above at most 3 bits of whole number.
    words[found++] = (n ** power % 1) * 0x100000000;
  }
  return words;
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

export function createSha256(): Sha256 {
  return { words: new Int32Array(START), block: new Uint8Array(64), filled: 0, bytes: 0 };
}

/** Takes in `bytes[start, end)`. */
export function updateSha256(
  sha: Sha256,
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): void {
  sha.bytes += end - start;
  let at = start;
  if (sha.filled > 0) {
    const take = Math.min(64 - sha.filled, end - at);
    sha.block.set(bytes.subarray(at, at + take), sha.filled);
    sha.filled += take;
    at += take;
    if (sha.filled < 64) return;
    compress(sha.words, sha.block, 0);
    sha.filled = 0;
  }
  for (; at + 64 <= end; at += 64) compress(sha.words, bytes, at);
  sha.block.set(bytes.subarray(at, end));
  sha.filled = end - at;
}

/** The 32 bytes of the hash of all that was fed. The record may be fed on afterwards. */
export function digestSha256(sha: Sha256): Uint8Array {
  const words = new Int32Array(sha.words);
  const tail = new Uint8Array(sha.filled < 56 ? 64 : 128);
  tail.set(sha.block.subarray(0, sha.filled));
  tail[sha.filled] = 0x80;
  const view = new DataView(tail.buffer);
  // The length in bits, as 64 of them.
  view.setUint32(tail.length - 8, Math.floor(sha.bytes / 0x20000000));
  view.setUint32(tail.length - 4, (sha.bytes % 0x20000000) * 8);
  for (let at = 0; at < tail.length; at += 64) compress(words, tail, at);
  const out = new Uint8Array(32);
  const result = new DataView(out.buffer);
  for (let k = 0; k < 8; k++) result.setInt32(4 * k, words[k] as number);
  return out;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  const sha = createSha256();
  updateSha256(sha, bytes);
  return digestSha256(sha);
}

/** The message schedule; meaningless between calls. */
const W = new Int32Array(64);

/** One block (§6.2.2). */
function compress(words: Int32Array, bytes: Uint8Array, at: number): void {
  // Variables of its own: a bundled module's are looked up anew at each step, which takes a tenth of the time.
  const constants = K;
  const schedule = W;
  for (let t = 0; t < 16; t++) {
    const k = at + 4 * t;
    schedule[t] =
      ((bytes[k] as number) << 24) |
      ((bytes[k + 1] as number) << 16) |
      ((bytes[k + 2] as number) << 8) |
      (bytes[k + 3] as number);
  }
  for (let t = 16; t < 64; t++) {
    const x = schedule[t - 15] as number;
    const y = schedule[t - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    schedule[t] = (s1 + (schedule[t - 7] as number) + s0 + (schedule[t - 16] as number)) | 0;
  }
  // One by one: to take the array apart by a pattern would walk an iterator, for longer than the rounds take.
  let a = words[0] as number;
  let b = words[1] as number;
  let c = words[2] as number;
  let d = words[3] as number;
  let e = words[4] as number;
  let f = words[5] as number;
  let g = words[6] as number;
  let h = words[7] as number;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (constants[t] as number) + (schedule[t] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  words[0] = (words[0] as number) + a;
  words[1] = (words[1] as number) + b;
  words[2] = (words[2] as number) + c;
  words[3] = (words[3] as number) + d;
  words[4] = (words[4] as number) + e;
  words[5] = (words[5] as number) + f;
  words[6] = (words[6] as number) + g;
  words[7] = (words[7] as number) + h;
}
