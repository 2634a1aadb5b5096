// What a seed stands for: some families, and requests drawn from them.

import { AGENT } from "./agent.ts";
import { CATALOG, CATALOG_TRANSACTIONS } from "./catalog.ts";
import { CONFIG_ENTRIES } from "./config-entries.ts";
import { Draw } from "./draw.ts";
import { INTENTIONS } from "./intentions.ts";
import { KEY_VALUES, SESSIONS_FAMILY, TRANSACTIONS } from "./key-values.ts";
import { PREPARED_QUERIES } from "./prepared-queries.ts";
import type { Family, Request } from "./request.ts";

export interface Sequence {
  readonly seed: number;
  /** Names of the families. */
  readonly of: string;
  readonly requests: readonly Request[];
}

/** Families whose requests say something to each other. What an agent tells the catalog in its own time stands alone. */
const MIXTURES: readonly (readonly Family[])[] = [
  [KEY_VALUES],
  [KEY_VALUES, SESSIONS_FAMILY],
  [KEY_VALUES, TRANSACTIONS],
  [KEY_VALUES, SESSIONS_FAMILY, TRANSACTIONS],
  [CATALOG],
  [CATALOG, CATALOG_TRANSACTIONS],
  [CATALOG, SESSIONS_FAMILY, KEY_VALUES],
  [CATALOG, PREPARED_QUERIES],
  [CATALOG, PREPARED_QUERIES, SESSIONS_FAMILY],
  [CATALOG, CONFIG_ENTRIES],
  [CONFIG_ENTRIES],
  [INTENTIONS],
  [AGENT],
];

const MOST_REQUESTS = 24;

/** @param only Part of the names of families: only mixtures with one of them. */
export function sequenceOf(seed: number, only = ""): Sequence | undefined {
  const mixtures = MIXTURES.filter((families) => families.some(({ name }) => name.includes(only)));
  if (mixtures.length === 0) return undefined;
  const draw = new Draw(seed);
  const families = draw.one(mixtures);
  const drawn = draw.many(4, MOST_REQUESTS, () => draw.one(families).draw(draw));
  const requests = [...drawn, ...families.flatMap(({ exam }) => exam)];
  return { seed, of: families.map(({ name }) => name).join(", "), requests };
}
