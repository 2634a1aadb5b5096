// `agent`: from flags and files to a running agent. What is wrong with either is said before anything is started.

import { goList } from "../../config/go-text.ts";
import { loadSettings } from "../../config/load.ts";
import { AGENT_FLAGS, idleFlags, sourcesOf } from "../agent-flags.ts";
import { type Call, type Command, complain } from "../command.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} agent [options]

  Starts an agent, which runs until it is interrupted. An agent stands for one
  node of the cluster.`,
  flags: AGENT_FLAGS,
  flagErrorPrefix: "==> error parsing flags: ",
  run: runAgentCommand,
};

async function runAgentCommand({ args, flags, io }: Call): Promise<number> {
  if (args.length > 0) return complain(io, `==> Unexpected extra arguments: ${goList(args)}`);
  const loaded = loadSettings(sourcesOf(flags, io.cwd), "start");
  if (!loaded.ok) return complain(io, `==> ${loaded.error}`);
  for (const name of idleFlags(flags)) complain(io, `==> flag -${name} is accepted but has no effect yet`);
  const { runAgent } = await import("../../agent-process.ts");
  return runAgent(loaded.settings, io);
}
