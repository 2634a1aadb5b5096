// `intention`: the family of commands on intentions.

import type { ParentCommand } from "../command.ts";

export const parent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} intention <subcommand> [options] [args]

  Intentions say which services may open connections to which.

  Lets "web" connect to "db", asks whether it may, and lists what decides who
  else may:

      $ ${program} intention create web db
      $ ${program} intention check web db
      $ ${program} intention match db

  The help of each subcommand says more.`,
};
