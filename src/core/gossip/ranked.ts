// What is in the order of a number of its own, in pieces: in an array of thousands whatever goes in or out moves half of
// them, and a large pool's queues of rumours did little else. Plain data, as all state.

import { assert } from "../lib/assert.ts";

/** Never empty. */
interface Piece<T> {
  /** Ascending. */
  readonly ranks: number[];
  /** What has each of them. */
  readonly items: T[];
}

/** The ranks of each piece are higher than those of the one before; none is there twice. */
export type Ranked<T> = Piece<T>[];

/** A piece that has more falls in two. */
const MOST = 256;
/** A piece goes into its neighbour if both together have no more. */
const FEW: number = MOST / 2;

// Both searches are written out: one for both, which is handed what to look at, made the queue a third slower.

/** Where the first of these ascending numbers is that is `rank` or higher; their count if none is. */
function placeIn(ranks: readonly number[], rank: number): number {
  let low = 0;
  let high = ranks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranks[middle] as number) < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Which piece has the first rank that is `rank` or higher; their count if none has. */
function pieceAt<T>(pieces: Ranked<T>, rank: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { ranks } = pieces[middle] as Piece<T>;
    if ((ranks[ranks.length - 1] as number) < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts an item where it belongs. */
export function insertRanked<T>(pieces: Ranked<T>, rank: number, item: T): void {
  if (pieces.length === 0) {
    pieces.push({ ranks: [rank], items: [item] });
    return;
  }
  // What is higher than all goes behind the last.
  const at = Math.min(pieceAt(pieces, rank), pieces.length - 1);
  const { ranks, items } = pieces[at] as Piece<T>;
  // By hand, here and below: `splice` makes an array of what it takes out, and costs more than to move a few.
  let place = ranks.length;
  for (; place > 0 && (ranks[place - 1] as number) > rank; place--) {
    ranks[place] = ranks[place - 1] as number;
    items[place] = items[place - 1] as T;
  }
  ranks[place] = rank;
  items[place] = item;
  if (ranks.length <= MOST) return;
  const half = ranks.length >> 1;
  pieces.splice(at + 1, 0, { ranks: ranks.splice(half), items: items.splice(half) });
}

/** Takes out what has this rank, which has to be there. */
export function removeRanked<T>(pieces: Ranked<T>, rank: number): void {
  const at = pieceAt(pieces, rank);
  const piece = pieces[at];
  let place = piece === undefined ? 0 : placeIn(piece.ranks, rank);
  assert(piece?.ranks[place] === rank, "what is taken out was put in");
  const { ranks, items } = piece;
  for (const last = ranks.length - 1; place < last; place++) {
    ranks[place] = ranks[place + 1] as number;
    items[place] = items[place + 1] as T;
  }
  ranks.pop();
  items.pop();
  if (ranks.length === 0) pieces.splice(at, 1);
  else if (ranks.length < FEW && !joinWithNext(pieces, at)) joinWithNext(pieces, at - 1);
}

/** @returns Whether they were few enough. */
function joinWithNext<T>(pieces: Ranked<T>, at: number): boolean {
  const piece = pieces[at];
  const next = pieces[at + 1];
  if (piece === undefined || next === undefined || piece.ranks.length + next.ranks.length > FEW) return false;
  piece.ranks.push(...next.ranks);
  piece.items.push(...next.items);
  pieces.splice(at + 1, 1);
  return true;
}

/** The first that has this rank or a higher one. */
export function firstFrom<T>(pieces: Ranked<T>, rank: number): T | undefined {
  const piece = pieces[pieceAt(pieces, rank)];
  return piece?.items[placeIn(piece.ranks, rank)];
}

/** The one with the highest rank. */
export function lastRanked<T>(pieces: Ranked<T>): T | undefined {
  return pieces.at(-1)?.items.at(-1);
}

/** Whether any of them is so; looks at all. */
export function someRanked<T>(pieces: Ranked<T>, isSo: (item: T) => boolean): boolean {
  return pieces.some(({ items }) => items.some(isSo));
}
