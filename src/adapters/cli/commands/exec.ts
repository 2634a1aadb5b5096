// `exec`: runs a command on all agents of a datacenter, or some of them, and prints what each says. What is asked for and
// what comes back lies under keys that a session holds, so that nothing of it stays behind (../remote-exec.ts).

import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { connectApi } from "../client.ts";
import { type Call, type Command, complain } from "../command.ts";
import { boolFlag, numberFlag, stringFlag } from "../flags.ts";
import { NODE_FILTER_FLAGS, readNodeFilters } from "../node-filters.ts";
import { type ExecOrder, runRemotely } from "../remote-exec.ts";

const SECOND_NS = 1e9;

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} exec [options] [-|command...]

  Runs a command on the agents of a datacenter, all of them or those that the
  expressions choose, and prints what each of them says. Agents obey only where
  they are configured with disable_remote_exec = false:

      $ ${program} exec -service '^web' uptime

  With "-" for the command a script is read from standard input:

      $ ${program} exec - < check-disks.sh`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    ...NODE_FILTER_FLAGS,
    {
      name: "prefix",
      kind: "string",
      fallback: "_rexec",
      description: "What the keys begin with that the command is passed by.",
    },
    {
      name: "shell",
      kind: "bool",
      fallback: "true",
      description: "Whether a shell runs the command, or the words are a program and its arguments.",
    },
    { name: "verbose", kind: "bool", description: "Tells of every step." },
    {
      name: "wait",
      kind: "duration",
      fallback: "2s",
      description: "How long to wait when nothing comes any more; twice as long while somebody is at work.",
    },
    {
      name: "wait-repl",
      kind: "duration",
      fallback: "200ms",
      description: "How long to wait until all servers have the command, before agents are told of it.",
    },
  ],
  run: runExec,
};

async function runExec(call: Call): Promise<number> {
  const { flags, io } = call;
  const work = await workOf(call);
  if (!work.ok) return complain(io, work.error);
  const chosen = readNodeFilters(flags);
  if (!chosen.ok) return complain(io, chosen.error);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  return await runRemotely(client, io, {
    work: work.value,
    filters: chosen.filters,
    prefix: stringFlag(flags, "prefix") ?? "",
    verbose: boolFlag(flags, "verbose"),
    waitNs: numberFlag(flags, "wait") ?? 2 * SECOND_NS,
    replicationNs: numberFlag(flags, "wait-repl") ?? SECOND_NS / 5,
  });
}

type Work =
  | { readonly ok: true; readonly value: ExecOrder["work"] }
  | { readonly ok: false; readonly error: string };

/** What is to be run; as Consul writes it, without what is empty. */
async function workOf({ args, flags, io, help }: Call): Promise<Work> {
  const shell = boolFlag(flags, "shell");
  const command = args.join(" ");
  if (command === "-") {
    if (!shell) return { ok: false, error: "Cannot configure -shell=false when reading from stdin" };
    const script = Buffer.from(await io.stdin()).toString("base64");
    if (script !== "") return { ok: true, value: { Script: script } };
  } else if (command !== "") return { ok: true, value: shell ? { Command: command } : { Args: args } };
  return { ok: false, error: `Must specify a command to execute\n\n${help()}` };
}
