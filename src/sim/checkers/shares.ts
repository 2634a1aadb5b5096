// How much of a large world is looked at, where to look at all of it would cost more than the world itself.

/** Up to here all is, and after every step. */
const SMALL_WORLD = 64;
/** Of the push-pulls one in so many is looked at word by word in a large world: the others say the same. */
const STREAM_SHARE = 8;
/** After one step in so many a machine's own books are looked at in a large world: what is wrong with them stays wrong. */
const BOOKS_SHARE = 8;

export interface Shares {
  /** One push-pull in so many. */
  readonly streams: number;
  /** The books after one step in so many. */
  readonly books: number;
}

/** @param size Agents or members of the world. */
export function sharesIn(size: number): Shares {
  return size <= SMALL_WORLD ? { streams: 1, books: 1 } : { streams: STREAM_SHARE, books: BOOKS_SHARE };
}
