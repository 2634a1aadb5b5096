// What a checker says when it finds something: which rule, where, when, in words. The id is stable, so that failures can
// be counted by kind and a shorter run can be asked whether it fails in the same way.

import type { RuleId } from "./rules.ts";

/** A rule of the system was broken in a run. */
export class Violation extends Error {
  override readonly name: string = "Violation";
  /** Short and stable. */
  readonly id: RuleId;

  constructor(id: RuleId, message: string) {
    super(message);
    this.id = id;
  }
}

/** @throws Violation when `condition` is false. */
export function demand(condition: boolean, id: RuleId, message: () => string): asserts condition {
  if (!condition) throw new Violation(id, message());
}
