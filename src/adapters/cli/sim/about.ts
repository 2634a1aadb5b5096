// What `quorate sim` says of itself.

import type { ParentCommand } from "../command.ts";

export const parent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} sim <subcommand> [options] [args]

  Runs whole clusters of this very agent in a simulated world: their network,
  clocks, disks and failures are drawn from a seed, every step is checked, and
  the same seed gives the same run again.

  One story, with its trace and a verdict:

      $ ${program} sim run leader-loss --seed 42

  Trouble drawn from a thousand seeds, on all cores:

      $ ${program} sim campaign --seeds 1..1000

  Record a run, and run the recording again:

      $ ${program} sim run partition --seed 7 --trace partition.qtrace
      $ ${program} replay partition.qtrace`,
};
