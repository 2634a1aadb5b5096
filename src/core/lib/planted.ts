// Planted bugs. A line that reads `if (PLANTED && planted(x, "name")) …` breaks the code on purpose when the simulator
// asks for that bug by name, to prove that a checker finds it (src/sim/mutants.ts lists them). The production bundle is
// built with PLANTED replaced by false, so that no such line is left in it: scripts/build.ts looks for every name.

/** True in the simulator's build and in tests, false in production bundles. */
export const PLANTED: boolean = true;

/** Whether the bug `name` is switched on for this machine. */
export function planted(config: { readonly planted?: string | undefined }, name: string): boolean {
  return config.planted === name;
}
