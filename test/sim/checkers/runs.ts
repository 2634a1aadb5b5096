// How long a property may take. Vitest cannot end a test that never awaits, and what takes a checker long takes it longer
// with every attempt to make the example smaller: without a bound one unlucky seed has kept a test busy for hours.

/** Past this no further example is drawn, and one that failed is reported as small as it has become. */
const MOST_MS = 5_000;

export function runs(numRuns: number): {
  readonly numRuns: number;
  readonly interruptAfterTimeLimit: number;
} {
  return { numRuns, interruptAfterTimeLimit: MOST_MS };
}
