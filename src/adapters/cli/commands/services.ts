// `services`: the family of commands on the services that an agent itself looks after.

import type { WrittenService } from "../../../core/model/written-service.ts";
import { loadServices } from "../../config/load.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { type Call, complain, type ParentCommand } from "../command.ts";
import type { Flag } from "../flags.ts";

export const parent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} services <subcommand> [options] [args]

  Registers services with an agent, and takes them out again. What all agents
  have registered is listed by "${program} catalog services".

      $ ${program} services register web.json
      $ ${program} services deregister web.json`,
};

export const SERVICES_FLAGS: readonly Flag[] = [...CLIENT_FLAGS, ...SERVER_FLAGS, NAMESPACE_FLAG];

/** The services that the files name; undefined, and said on stderr, where they can't be read. */
export function servicesOfFiles({ args, io }: Call): readonly WrittenService[] | undefined {
  const loaded = loadServices(args, io.cwd);
  if (!loaded.ok) {
    complain(io, `Error: ${loaded.error}`);
    return undefined;
  }
  for (const warning of loaded.warnings) complain(io, warning);
  return loaded.services;
}
