// What we promise ourselves. A broken promise of our own (never bad input from outside, which is counted and dropped)
// throws InvariantError; the core never catches it. The driver then ends the process, the simulator prints the seed.

/** An invariant of this program did not hold: a bug of ours, never the fault of a peer, a client or a disk. */
export class InvariantError extends Error {
  override readonly name: string = "InvariantError";
}

/** @throws InvariantError when `condition` is false. `message` says what should have held, as a sentence. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** The value, which cannot be missing here. @throws InvariantError when it is. */
export function must<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new InvariantError(message);
  return value;
}

/** Ends a switch over a closed union: a case that the compiler says cannot happen. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable case: ${JSON.stringify(value)}`);
}
