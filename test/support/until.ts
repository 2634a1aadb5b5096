// Waiting for something to become true. The limits are there so that a test that can't go on ends with a word about what
// it waited for; they promise nothing about speed.

import { setTimeout as sleep } from "node:timers/promises";

/** What nearly everything is waited for, at most: the machine may be slow and shared. */
const PATIENCE_MS = 240_000;
const INTERVAL_MS = 50;

/**
 * Asks over and over until there is an answer.
 * @param probe Undefined or false for "not yet"; so is a throw, whose message is told if it stays that way.
 * @throws Error that says what was waited for.
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const endMs = performance.now() + patienceMs;
  for (let last = ""; ; await sleep(INTERVAL_MS)) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      last = "";
    } catch (error) {
      last = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > endMs)
      throw new Error(`waited ${patienceMs / 1000} s until ${what}, in vain${last}`);
  }
}
