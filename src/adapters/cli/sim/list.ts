// `sim list`: what can be run, and what can be broken on purpose.

import {
  CLOCK_KINDS,
  DESTRUCTIVE_KINDS,
  DISK_KINDS,
  MEMBERSHIP_KINDS,
  NETWORK_KINDS,
  PROCESS_KINDS,
  type StrikeKind,
  WAN_KINDS,
} from "../../../sim/fault-kinds.ts";
import { MUTANTS } from "../../../sim/mutants.ts";
import { STORIES } from "../../../sim/stories.ts";
import { type Call, type Command, say } from "../command.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} sim list

  Lists the stories that \`sim run\` tells, the faults that -faults takes, and the
  planted bugs that \`sim run -planted\` and \`sim campaign -planted\` switch on.`,
  flags: [],
  run: runList,
};

const FAULTS: readonly { readonly name: string; readonly kinds: readonly StrikeKind[] }[] = [
  { name: "of processes", kinds: PROCESS_KINDS },
  { name: "of the network", kinds: NETWORK_KINDS },
  { name: "between datacenters", kinds: WAN_KINDS },
  { name: "of clocks", kinds: CLOCK_KINDS },
  { name: "of disks", kinds: DISK_KINDS },
  { name: "that lose data", kinds: DESTRUCTIVE_KINDS },
  { name: "of membership", kinds: MEMBERSHIP_KINDS },
];

async function runList({ io }: Call): Promise<number> {
  const width = Math.max(...[...STORIES, ...MUTANTS].map(({ name }) => name.length));
  const rows = (list: readonly { readonly name: string; readonly about: string }[]): void => {
    for (const { name, about } of list) say(io, `  ${name.padEnd(width)}  ${about}`);
  };
  say(io, "Stories:");
  rows([...STORIES, { name: "swarm", about: "trouble of all kinds, drawn from the seed" }]);
  say(io, "\nFaults:");
  rows(FAULTS.map(({ name, kinds }) => ({ name, about: kinds.join(", ") })));
  say(io, "\nPlanted bugs:");
  rows(MUTANTS);
  return 0;
}
