// The one door for chance. Whatever is not decided by the state and the input (an election timeout, which member to
// probe, whether a packet is lost) is asked for here as `choose(site, n)`, with a name for the place that asks. Behind
// the door stands a seeded source in production and in the simulator; a recorded trace, a shrinker or an enumerator can
// stand there as well, and none of the askers can tell.

/**
 * Marks the only live object that a machine's record may hold: dumps leave it out, loads put a new one in. Known to all
 * builds in a process: a world may hold several.
 */
export const DOOR: unique symbol = Symbol.for("quorate.door");

export interface Chance {
  readonly [DOOR]: true;
  /**
   * @param site Names the question, e.g. "raft.election-timeout": each site has a stream of its own, so that one more
   *   question in one place moves nothing elsewhere.
   * @param n How many answers there are, 1…2^32.
   * @returns An integer in [0, n).
   */
  choose(site: string, n: number): number;
}

/** The whole state of one xoshiro128** stream (Blackman & Vigna 2018): four 32-bit words, not all zero. */
type Stream = Uint32Array;

/** Spreads a name and a seed over a stream's four words (FNV-1a to gather, the finaliser of MurmurHash3 to stir). */
function seedStream(seed: string, site: string): Stream {
  const text = `${seed}\0${site}`;
  const stream = new Uint32Array(4);
  for (let word = 0; word < 4; word++) {
    let h = 0x811c9dc5 ^ Math.imul(word + 1, 0x9e3779b1);
    for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    stream[word] = h ^ (h >>> 16);
  }
  if (stream.every((word) => word === 0)) stream[0] = 1;
  return stream;
}

function nextUint32(s: Stream): number {
  const s0 = s[0] as number;
  const s1 = s[1] as number;
  const s2 = (s[2] as number) ^ s0;
  const s3 = (s[3] as number) ^ s1;
  const five = Math.imul(s1, 5);
  const result = Math.imul((five << 7) | (five >>> 25), 9);
  s[0] = s0 ^ s3;
  s[1] = s1 ^ s2;
  s[2] = s2 ^ (s1 << 9);
  s[3] = (s3 << 11) | (s3 >>> 21);
  return result >>> 0;
}

/** A source that answers from a seed alone: equal seeds give equal answers, site by site. */
export function seededChance(seed: string): Chance {
  const streams = new Map<string, Stream>();
  return {
    [DOOR]: true,
    choose(site, n) {
      let stream = streams.get(site);
      if (stream === undefined) {
        stream = seedStream(seed, site);
        streams.set(site, stream);
      }
      // Multiply-shift (Lemire 2019) without the rejection step: the bias is below n / 2^32, of no weight here.
      return Math.floor((nextUint32(stream) / 0x100000000) * n);
    },
  };
}

/** A whole number of milliseconds, uniform in [from, to). */
export function chooseMs(chance: Chance, site: string, from: number, to: number): number {
  return from + (to > from ? chance.choose(site, Math.ceil(to - from)) : 0);
}

/** Shuffles in place (Fisher–Yates). */
export function shuffle<T>(chance: Chance, site: string, items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = chance.choose(site, last + 1);
    const held = items[last] as T;
    items[last] = items[other] as T;
    items[other] = held;
  }
  return items;
}
