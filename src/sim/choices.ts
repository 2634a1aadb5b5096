// Choices as data. Whatever a run leaves to chance is asked for as `choose(site, n)` by somebody with a name (the purpose:
// "plan", "nemesis", "a/1" for the first life of a). A seed is one source of answers; this file makes a list of decisions
// another: a run's choices are recorded, and played again with some of them edited. Who asks can't tell the difference.
//
// Decisions are kept by purpose and site, in the order in which that site asked: what one site asks more or less of moves
// no other site's answers, exactly as with seeds (core/lib/chance.ts).

import { type Chance, DOOR } from "../core/lib/chance.ts";

/** Stands before each source of choices. */
export type Listen = (purpose: string, chance: Chance) => Chance;

/** All answers that one site of one purpose got, oldest first. */
export interface SiteDecisions {
  readonly purpose: string;
  readonly site: string;
  /** How many answers there were to choose from. */
  readonly ns: number[];
  readonly chosen: number[];
}

/** All choices of a run. Plain data. */
export interface DecisionList {
  readonly sites: Map<string, SiteDecisions>;
}

/** A decision that is to be made otherwise. */
export interface Edit {
  readonly purpose: string;
  readonly site: string;
  /** The how manyeth question of that site, from 0; every one when it is left out. */
  readonly at?: number;
  /** In [0, n): "least" is 0, "most" is n - 1; a number past n - 1 counts as n - 1. */
  readonly chosen: number | "least" | "most";
}

/** Where a run asked something else than the recorded one. */
export interface Divergence {
  readonly purpose: string;
  readonly site: string;
  /** Counted from 0. */
  readonly at: number;
  /** 0: the recorded run did not ask this here. */
  readonly recordedN: number;
  readonly n: number;
}

export function createDecisions(): DecisionList {
  return { sites: new Map() };
}

/** Keeps every choice that is made behind it. */
export function recordDecisions(list: DecisionList): Listen {
  return (purpose, chance) => ({
    [DOOR]: true,
    choose(site, n) {
      const chosen = chance.choose(site, n);
      const known = decisionsOf(list, purpose, site);
      known.ns.push(n);
      known.chosen.push(chosen);
      return chosen;
    },
  });
}

function decisionsOf(list: DecisionList, purpose: string, site: string): SiteDecisions {
  const key = keyOf(purpose, site);
  const known = list.sites.get(key);
  if (known !== undefined) return known;
  const fresh: SiteDecisions = { purpose, site, ns: [], chosen: [] };
  list.sites.set(key, fresh);
  return fresh;
}

function keyOf(purpose: string, site: string): string {
  return `${purpose}\0${site}`;
}

export interface PlayOptions {
  readonly edits?: readonly Edit[];
  /**
   * What answers where the list does not: the seed behind it, or the quiet choice, 0. Where the list has an answer to
   * another `n`, it is not taken either: labels must match.
   */
  readonly otherwise?: "seeded" | "quiet";
  /** Called at the first question that was not asked in the recorded run, or not like this. */
  readonly onDivergence?: (divergence: Divergence) => void;
}

/** Gives the recorded answers again, but for those that are edited. */
export function playDecisions(list: DecisionList, options: PlayOptions = {}): Listen {
  const { edits = [], otherwise = "seeded", onDivergence } = options;
  const asked = new Map<string, number>();
  let diverged = false;
  return editDecisions(edits, (purpose, chance) => ({
    [DOOR]: true,
    choose(site, n) {
      const key = keyOf(purpose, site);
      const at = asked.get(key) ?? 0;
      asked.set(key, at + 1);
      // The seed's stream goes on in step, so that what falls back to it falls on the same answers.
      const seeded = otherwise === "seeded" ? chance.choose(site, n) : 0;
      const known = list.sites.get(key);
      const recordedN = known?.ns[at] ?? 0;
      if (recordedN === n) return known?.chosen[at] ?? 0;
      if (!diverged) onDivergence?.({ purpose, site, at, recordedN, n });
      diverged = true;
      return seeded;
    },
  }));
}

/** Makes some decisions otherwise and leaves the rest to `behind` (or to the seed). */
export function editDecisions(edits: readonly Edit[], behind: Listen = (_purpose, chance) => chance): Listen {
  return (purpose, source) => {
    const chance = behind(purpose, source);
    const mine = edits.filter((edit) => edit.purpose === purpose);
    if (mine.length === 0) return chance;
    const asked = new Map<string, number>();
    return {
      [DOOR]: true,
      choose(site, n) {
        const at = asked.get(site) ?? 0;
        asked.set(site, at + 1);
        const drawn = chance.choose(site, n);
        const edit = mine.findLast((each) => each.site === site && (each.at ?? at) === at);
        if (edit === undefined) return drawn;
        if (edit.chosen === "least") return 0;
        return edit.chosen === "most" ? n - 1 : Math.min(edit.chosen, n - 1);
      },
    };
  };
}

/** How many decisions there are. */
export function countDecisions(list: DecisionList): number {
  let count = 0;
  for (const { chosen } of list.sites.values()) count += chosen.length;
  return count;
}
