// `config`: the family of commands on configuration entries.

import type { ParentCommand } from "../command.ts";

export const parent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} config <subcommand> [options] [args]

  Configuration that the servers keep for all services and proxies: what a
  service speaks, where its requests are routed, what a gateway serves.

      $ ${program} config write web.hcl
      $ ${program} config read -kind service-defaults -name web
      $ ${program} config list -kind service-defaults
      $ ${program} config delete -kind service-defaults -name web

  The help of each subcommand says more.`,
};
