// `catalog`: the family of commands that list what is registered, and what its members have in common.

import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { type ApiAnswer, answerJson, expectOk, type Fetched } from "../client.ts";
import { type Call, complain, type ParentCommand } from "../command.ts";
import type { Flag } from "../flags.ts";

export const parent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} catalog <subcommand> [options] [args]

  Lists what the catalog has: datacenters, nodes and services. It is what the
  servers know of all agents, whatever a single agent says of itself.

  All nodes, and those with instances of a service:

      $ ${program} catalog nodes
      $ ${program} catalog nodes -service=web

  All services, with their tags:

      $ ${program} catalog services -tags`,
};

export const CATALOG_FLAGS: readonly Flag[] = [...CLIENT_FLAGS, ...SERVER_FLAGS];

export function nodeMetaFlag(what: string): Flag {
  return {
    name: "node-meta",
    kind: "map",
    consulType: true,
    description: `Lists only ${what} whose metadata have this \`key=value\` pair. Can be given several times: all of them count.`,
  };
}

/** Pairs as the API takes them. */
export function nodeMetaQuery(
  pairs: ReadonlyMap<string, string>,
): Readonly<Record<string, readonly string[]>> {
  return pairs.size === 0 ? {} : { "node-meta": [...pairs].map(([name, value]) => `${name}:${value}`) };
}

/** These commands take flags alone. @returns The exit code where there is more. */
export function refuseArguments({ args, io }: Call): number | undefined {
  if (args.length === 0) return undefined;
  return complain(io, `Too many arguments (expected 0, got ${args.length})`);
}

export function fetchedJson<T>(answer: ApiAnswer): Fetched<T> {
  return answerJson(expectOk(answer)) as Fetched<T>;
}
