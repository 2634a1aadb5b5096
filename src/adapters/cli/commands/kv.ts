// `kv`: the family of commands on the key/value store.

import type { ParentCommand } from "../command.ts";

export const parent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} kv <subcommand> [options] [args]

  Reads and writes the key/value store. A key, its value, and the key again:

      $ ${program} kv put redis/config/connections 5
      $ ${program} kv get redis/config/connections
      $ ${program} kv delete redis/config/connections

  The help of each subcommand says more.`,
};
