// `sim list`: what can be run, and what can be broken on purpose.

import { MUTANTS } from "../../../sim/mutants.ts";
import { STORIES } from "../../../sim/stories.ts";
import { type Call, type Command, say } from "../command.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} sim list

  Lists the stories that \`sim run\` tells, and the planted bugs that
  \`sim run -planted\` and \`sim campaign -planted\` switch on.`,
  flags: [],
  run: runList,
};

async function runList({ io }: Call): Promise<number> {
  const width = Math.max(...[...STORIES, ...MUTANTS].map(({ name }) => name.length));
  const rows = (list: readonly { readonly name: string; readonly about: string }[]): void => {
    for (const { name, about } of list) say(io, `  ${name.padEnd(width)}  ${about}`);
  };
  say(io, "Stories:");
  rows([...STORIES, { name: "swarm", about: "trouble of all kinds, drawn from the seed" }]);
  say(io, "\nPlanted bugs:");
  rows(MUTANTS);
  return 0;
}
