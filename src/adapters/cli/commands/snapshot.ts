// `snapshot`: the family of commands on archives of the whole state.

import type { ParentCommand } from "../command.ts";

export const parent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} snapshot <subcommand> [options] [args]

  Saves the state of the servers to a file, looks at such files, and puts a
  saved state back. The files are Consul's own: either program restores what
  the other has saved, as far as it knows what is in it.

      $ ${program} snapshot save backup.snap
      $ ${program} snapshot inspect backup.snap
      $ ${program} snapshot restore backup.snap

  The help of each subcommand says more.`,
};
