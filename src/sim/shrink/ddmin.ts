// Delta debugging (Zeller & Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002), the half of it that
// leaves things out: ever smaller pieces are taken away for as long as what is left still fails.

/**
 * Makes a list as short as leaving things out can make it: in the end no single item can go.
 * @param attempt Tries a shorter list. Undefined: it does not fail, or time is up. Otherwise the list that fails, which may
 *   be shorter still.
 */
export function ddmin<T>(
  items: readonly T[],
  attempt: (items: readonly T[]) => readonly T[] | undefined,
): readonly T[] {
  let kept = items;
  let size = Math.ceil(kept.length / 2);
  while (size >= 1 && kept.length > 0) {
    const before = kept.length;
    kept = leaveOut(kept, size, attempt);
    // At the end once more as long as it helps: one that went may have held others in place.
    if (size === 1 && kept.length === before) break;
    size = Math.max(1, Math.min(size >> 1, kept.length));
  }
  return kept;
}

/** From the end on: what came last is the likeliest to be of no account. */
function leaveOut<T>(
  items: readonly T[],
  size: number,
  attempt: (items: readonly T[]) => readonly T[] | undefined,
): readonly T[] {
  let kept = items;
  for (let end = kept.length; end > 0; end = Math.min(end, kept.length)) {
    const from = Math.max(0, end - size);
    const shorter = attempt([...kept.slice(0, from), ...kept.slice(end)]);
    if (shorter !== undefined) kept = shorter;
    end = from;
  }
  return kept;
}
