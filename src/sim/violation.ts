// What a checker says when it finds something: which rule, where, when, in words. The id is stable, so that failures can
// be counted by kind and a shorter run can be asked whether it fails in the same way.

import { InvariantError } from "../core/lib/assert.ts";
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

/** Our own broken promises and the checkers' findings are verdicts; anything else is a fault of the simulator, and thrown on. */
export function asViolation(error: unknown): Violation {
  if (error instanceof Violation) return error;
  // By name: another build in the same world has a class of its own.
  if (error instanceof InvariantError || (error instanceof Error && error.name === "InvariantError"))
    return new Violation("invariant", error.message);
  throw error;
}

/** What a run came to, whatever ran. */
export interface Verdict {
  readonly ok: boolean;
  /** Id of the rule that was broken, and in words; "" when none was. */
  readonly violation: string;
  readonly message: string;
}

export function verdictOn(failure: Violation | undefined): Verdict {
  return { ok: failure === undefined, violation: failure?.id ?? "", message: failure?.message ?? "" };
}
