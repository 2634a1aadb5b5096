// What was promised and whether it held: one line each, and the sum.

export interface Promises {
  held: number;
  broken: number;
}

/**
 * Keeps going whatever happens: a promise that breaks is a line, and the next one is tried.
 * @param keep What it resolves to, if that is text, is printed too.
 */
export async function promise(
  promises: Promises,
  words: string,
  keep: () => Promise<unknown>,
): Promise<boolean> {
  const beganMs = performance.now();
  const seconds = (): string => `${((performance.now() - beganMs) / 1000).toFixed(1)} s`.padStart(7);
  try {
    const remark = await keep();
    promises.held++;
    console.log(`held   ${seconds()}  ${words}`);
    if (typeof remark === "string") console.log(`         ${remark}`);
    return true;
  } catch (error) {
    promises.broken++;
    console.log(`BROKEN ${seconds()}  ${words}`);
    console.log(`         ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
