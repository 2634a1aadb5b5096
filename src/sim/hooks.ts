// Who listens to what. A run takes some thousand steps for each of its simulated seconds, and has a dozen observers, of
// which most listen to one or two things: they are asked once what they listen to, and not at every step.

import type { Observer } from "./world.ts";

type Hook<Name extends keyof Observer> = NonNullable<Observer[Name]>;

export interface Hooks {
  /** Of the list that these were taken from: how long it was, and what stood at its end. */
  length: number;
  last: Observer | undefined;
  beforeStep: Hook<"beforeStep">[];
  /** Of those, whom the ends of turns concern. */
  beforeFlush: Hook<"beforeStep">[];
  afterStep: Hook<"afterStep">[];
  /** Of those, whom the end of a turn concerns in which nothing was left to be done. */
  afterIdleTurn: Hook<"afterStep">[];
  onReply: Hook<"onReply">[];
}

export function createHooks(): Hooks {
  return {
    length: 0,
    last: undefined,
    beforeStep: [],
    beforeFlush: [],
    afterStep: [],
    afterIdleTurn: [],
    onReply: [],
  };
}

/**
 * Of all observers, in their order. Observers are put at the end of the list and taken out of it, nothing else: so a list
 * that is as long as it was and ends as it did is the list that it was.
 */
export function hooksOf(hooks: Hooks, observers: readonly Observer[]): Hooks {
  const last = observers[observers.length - 1];
  if (hooks.length === observers.length && hooks.last === last) return hooks;
  hooks.length = observers.length;
  hooks.last = last;
  // New lists: somebody may be on the way through the old ones.
  const attentive = observers.filter(({ skipsIdleTurns }) => skipsIdleTurns !== true);
  hooks.beforeStep = observers.flatMap((each) => each.beforeStep?.bind(each) ?? []);
  hooks.beforeFlush = attentive.flatMap((each) => each.beforeStep?.bind(each) ?? []);
  hooks.afterStep = observers.flatMap((each) => each.afterStep?.bind(each) ?? []);
  hooks.afterIdleTurn = attentive.flatMap((each) => each.afterStep?.bind(each) ?? []);
  hooks.onReply = observers.flatMap((each) => each.onReply?.bind(each) ?? []);
  return hooks;
}
