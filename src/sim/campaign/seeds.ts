// Sets of seeds as text, for flags and files: "1..1000", "42", "3,7,12", "1..250,300,x".

/** More at once would be strings by the gigabyte; a campaign of more is several campaigns. */
const MOST_SEEDS = 1_000_000;

const NUMBER = /^(?:0|[1-9]\d{0,14})$/;
const RANGE = /^(\d{1,15})\.\.(\d{1,15})$/;
/** A seed may be any word without a blank, a comma or a dot. */
const WORD = /^[^,.\s]+$/;

/** @returns The seeds in the order in which they were said, each once; undefined for what is no set of a million at most. */
export function parseSeeds(text: string): readonly string[] | undefined {
  const seeds = new Set<string>();
  for (const part of text.split(",")) {
    const range = RANGE.exec(part);
    if (range === null) {
      if (!WORD.test(part)) return undefined;
      seeds.add(part);
    } else {
      const [from, to] = [Number(range[1]), Number(range[2])];
      if (to < from || seeds.size + to - from >= MOST_SEEDS) return undefined;
      for (let seed = from; seed <= to; seed++) seeds.add(String(seed));
    }
  }
  return [...seeds];
}

/** Numbers by value, then words by code unit. */
export function compareSeeds(a: string, b: string): number {
  const [numberA, numberB] = [NUMBER.test(a), NUMBER.test(b)];
  if (numberA && numberB) return Number(a) - Number(b);
  if (numberA !== numberB) return numberA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The set as text that `parseSeeds` reads: in order, neighbours as ranges; "" for none. Equal sets give equal texts. */
export function renderSeeds(seeds: Iterable<string>): string {
  const parts: string[] = [];
  let from = "";
  let to = "";
  const flush = (): void => {
    if (from !== "") parts.push(from === to ? from : `${from}..${to}`);
  };
  for (const seed of [...seeds].sort(compareSeeds)) {
    if (from !== "" && NUMBER.test(seed) && NUMBER.test(to) && Number(seed) === Number(to) + 1) to = seed;
    else {
      flush();
      from = seed;
      to = seed;
    }
  }
  flush();
  return parts.join(",");
}

/** "2/4": the second of four machines. */
export interface Shard {
  /** 1…`of`. */
  readonly index: number;
  readonly of: number;
}

/** The part of the seeds that is this machine's: all shards together are all seeds, and none is in two. */
export function shardOf(seeds: readonly string[], { index, of }: Shard): readonly string[] {
  const border = (at: number): number => Math.floor((seeds.length * at) / of);
  return seeds.slice(border(index - 1), border(index));
}
