// Scenarios as tests: a name that is a promise, a story, and where it is wanted the story's trace, compared line by line
// with the one that was read and found good (test/scenarios/golden).

import { join } from "node:path";
import { expect, test } from "vitest";
import { Scenario } from "../../src/sim/scenario.ts";

const GOLDEN = join(import.meta.dirname, "../scenarios/golden");

class TestScenario extends Scenario {
  #golden: Promise<void> | undefined;

  /** The trace so far is that of the file; `vitest -u` writes it anew, to be read before it is committed. */
  golden(name: string): void {
    this.#golden = expect(`${this.lines.join("\n")}\n`).toMatchFileSnapshot(join(GOLDEN, `${name}.trace`));
  }

  async end(): Promise<void> {
    this.judge();
    await this.#golden;
  }
}

/** A test that tells a story; the seed is 1 unless the story says another. */
export function scenario(name: string, story: (t: TestScenario) => void): void {
  test(name, async () => {
    const t = new TestScenario({ seed: "1" });
    story(t);
    await t.end();
  });
}
