// How memberlist's numbers grow with the size of the pool: how often a rumour is sent, how long a suspect has, how
// rarely two nodes exchange everything. Pure arithmetic; `n` counts the node itself.

/** How often each rumour is sent: enough that it reaches everybody with high probability (SWIM §4.1). */
export function retransmitLimit(retransmitMult: number, n: number): number {
  return retransmitMult * Math.ceil(Math.log10(n + 1));
}

/** Least time that a suspect has to refute. Grows with the log of `n`, taken to thousandths as the original does. */
export function suspicionTimeoutMs(suspicionMult: number, n: number, probeIntervalMs: number): number {
  const nodeScale = Math.max(1, Math.log10(Math.max(1, n)));
  return (suspicionMult * Math.trunc(nodeScale * 1000) * probeIntervalMs) / 1000;
}

/** How long answers to a query are waited for, if nobody says otherwise: Serf's QueryTimeoutMult of gossip intervals. */
export function queryTimeoutMs(gossipIntervalMs: number, n: number): number {
  const queryTimeoutMult = 16;
  return gossipIntervalMs * queryTimeoutMult * Math.ceil(Math.log10(n + 1));
}

/** Push-pulls cost with the square of `n`; above 32 nodes each doubling makes them rarer by one interval. */
export function pushPullIntervalMs(baseMs: number, n: number): number {
  const threshold = 32;
  if (n <= threshold) return baseMs;
  return baseMs * (Math.ceil(Math.log2(n) - Math.log2(threshold)) + 1);
}

/**
 * Time left before a suspect is declared dead (Lifeguard, LHA-Suspicion).
 * Falls from `maxMs` to `minMs` with the log of independent confirmations, so one slow accuser kills nobody.
 * @param confirmations Members other than the first accuser who said so, each counted once: 0…expected.
 * @param expected How many confirmations bring it down to `minMs`.
 * @returns Milliseconds from now; 0 or less means it is due.
 */
export function remainingSuspicionMs(
  confirmations: number,
  expected: number,
  elapsedMs: number,
  minMs: number,
  maxMs: number,
): number {
  const fraction = Math.log(confirmations + 1) / Math.log(expected + 1);
  const rawSeconds = maxMs / 1000 - fraction * (maxMs / 1000 - minMs / 1000);
  return Math.max(Math.floor(1000 * rawSeconds), minMs) - elapsedMs;
}
