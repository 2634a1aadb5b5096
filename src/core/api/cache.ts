// Answers from the agent's cache: what a caller may say of them, and what it is told.

/** What `Cache-Control` says of an answer that is taken from the cache. */
export interface CacheDirectives {
  /** An older one is fetched anew; 0 for any age. Only of what the cache does not keep fresh by itself. */
  readonly maxAgeMs: number;
  /** It is fetched anew, whatever its age. As above. */
  readonly mustRevalidate: boolean;
  /** One that could not be fetched anew may be so old; 0 for not at all. */
  readonly staleIfErrorMs: number;
}

/** What an answer tells of the cache. */
export interface CacheMeta {
  /** It was there already when it was asked for. */
  readonly hit: boolean;
  /** How old it may be. One that is kept fresh is as old as the contact with the servers. */
  readonly ageMs: number;
}
