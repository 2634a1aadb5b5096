// A running 64-bit fingerprint, two 32-bit lanes, about a nanosecond a number. Equal sequences give equal digests on
// every host; it is a check against accidents (a run that is not repeated exactly), not against adversaries.

export interface Digest {
  a: number;
  b: number;
}

export function createDigest(): Digest {
  return { a: 0x243f6a88, b: 0x85a308d3 | 0 };
}

/** Another that goes on from there. (A spread would be of another hidden class, and mixing into it slower.) */
export function copyDigest({ a, b }: Digest): Digest {
  return { a, b };
}

function mix(digest: Digest, word: number): void {
  digest.a = Math.imul(digest.a ^ word, 0x9e3779b1);
  digest.a ^= digest.a >>> 15;
  digest.b = (Math.imul(digest.b, 0x85ebca6b) + word + (digest.a | 0)) | 0;
  digest.b ^= digest.b >>> 13;
}

/** Any finite number; the fraction is taken to 1/1024. */
export function mixNumber(digest: Digest, value: number): void {
  const scaled = Number.isInteger(value) ? value : Math.round(value * 1024);
  mix(digest, scaled | 0);
  if (scaled > 0x7fffffff || scaled < -0x80000000) mix(digest, Math.floor(scaled / 0x100000000) | 0);
}

export function mixString(digest: Digest, text: string): void {
  mix(digest, text.length);
  for (let at = 0; at + 1 < text.length; at += 2)
    mix(digest, text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
  if (text.length & 1) mix(digest, text.charCodeAt(text.length - 1));
}

/** The bytes in [start, end), all of them unless it is said which: as a view of just those would be mixed. */
export function mixBytes(digest: Digest, bytes: Uint8Array, start = 0, end: number = bytes.length): void {
  mix(digest, end - start);
  // As mix, but with the lanes in variables: in fields they are numbers on the heap, and each word would make four of them.
  let { a, b } = digest;
  let at = start;
  for (; at + 3 < end; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    a = Math.imul(a ^ word, 0x9e3779b1);
    a ^= a >>> 15;
    b = (Math.imul(b, 0x85ebca6b) + word + a) | 0;
    b ^= b >>> 13;
  }
  digest.a = a;
  digest.b = b;
  for (; at < end; at++) mix(digest, bytes[at] as number);
}

/** Sixteen hexadecimal digits. */
export function printDigest(digest: Digest): string {
  const word = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");
  return word(digest.a) + word(digest.b);
}
