// How often something may be done: so many times a second, and so many at once after a rest (golang.org/x/time/rate).

export interface TokenBucket {
  /** What was left when it was last looked at; undefined for a full one. */
  tokens: number | undefined;
  atMs: number;
}

export function createTokenBucket(): TokenBucket {
  return { tokens: undefined, atMs: 0 };
}

/** @returns 0 where it may be done now, which counts as done; else in how many milliseconds it may. */
export function takeToken(bucket: TokenBucket, perSecond: number, burst: number, nowMs: number): number {
  const gained = ((nowMs - bucket.atMs) / 1000) * perSecond;
  const tokens = Math.min(burst, (bucket.tokens ?? burst) + gained);
  bucket.atMs = nowMs;
  bucket.tokens = tokens;
  if (tokens < 1) return ((1 - tokens) / perSecond) * 1000;
  bucket.tokens = tokens - 1;
  return 0;
}
