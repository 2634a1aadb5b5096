// Whoever sends nonsense shall not fill the disk with lines of the log about it.

/**
 * @param most Lines in a second.
 * @param onLeftOut How many more there were, told with the first line of a later second.
 * @returns Asked for each line, whether it may be written.
 */
export function lineLimit(
  most: number,
  onLeftOut: (count: number) => void,
  now: () => number = () => performance.now(),
): () => boolean {
  let sinceMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    if (now() - sinceMs >= 1000) {
      if (count > most) onLeftOut(count - most);
      sinceMs = now();
      count = 0;
    }
    count++;
    return count <= most;
  };
}
