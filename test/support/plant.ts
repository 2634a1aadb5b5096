// A whole run of tests with a bug planted everywhere: `QUORATE_PLANTED=raft-vote-ignores-log npx vitest run test/core/raft`.
// What the tests of a part promise must then be found broken; scripts/mutants.ts looks whether it is. The core is not
// told of the environment: its source is changed on the way to the tests.

import type { Plugin } from "vitest/config";

const ASKED_FOR = "return config.planted === name;";

/** @param name Of the bug; undefined plants nothing. */
export function plantEverywhere(name: string | undefined): Plugin {
  return {
    name: "plant-everywhere",
    transform(code, id) {
      if (name === undefined || !id.endsWith("/src/core/lib/planted.ts")) return undefined;
      if (!code.includes(ASKED_FOR)) throw new Error(`${id} does not say "${ASKED_FOR}" any more`);
      return code.replace(ASKED_FOR, `return config.planted === name || name === ${JSON.stringify(name)};`);
    },
  };
}
