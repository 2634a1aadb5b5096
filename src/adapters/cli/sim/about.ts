// What `quorate sim` says of itself.

import type { ParentCommand } from "../command.ts";
import { EXIT_CODES } from "./words.ts";

export const parent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} sim <subcommand> [options] [args]

  Runs whole clusters of this very agent in a simulated world: their network,
  clocks, disks and failures are drawn from a seed, every step is checked, and
  the same seed gives the same run again.

  One story, with its trace, what happened, and a verdict:

      $ ${program} sim run leader-loss --seed 42

  Trouble drawn from a seed, or the faults that you name:

      $ ${program} sim run swarm --seed 42 --quiet
      $ ${program} sim run swarm --servers 3 --duration 2m --faults crash,storm

  A thousand seeds on all cores, to be gone on with after an interruption:

      $ ${program} sim campaign --seeds 1..1000 --out results.json

  Record a run, and run the recording again:

      $ ${program} sim run partition --seed 7 --trace partition.qtrace
      $ ${program} replay partition.qtrace

${EXIT_CODES}`,
};
