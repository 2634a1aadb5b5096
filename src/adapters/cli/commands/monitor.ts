// `monitor`: an agent's log as it is written, at a level of one's own.

import { CLIENT_FLAGS } from "../api-flags.ts";
import { connectApi, expectOk, streamApi } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type Flag, stringFlag } from "../flags.ts";
import { awaitInterruption } from "../interruption.ts";

const OWN_FLAGS: readonly Flag[] = [
  {
    name: "log-level",
    kind: "string",
    description: "Least level of what is shown: trace, debug, info, warn or err. Default info.",
    fallback: "INFO",
  },
  { name: "log-json", kind: "bool", description: "Shows one JSON object a line. Default false." },
];

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} monitor [options]

  Shows the log of an agent from now on, until it is interrupted. The level
  may be lower than the one at which the agent itself keeps its log.`,
  flags: [...CLIENT_FLAGS, ...OWN_FLAGS],
  run: runMonitor,
};

async function runMonitor({ flags, io }: Call): Promise<number> {
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const query = {
    loglevel: stringFlag(flags, "log-level") ?? "INFO",
    ...(boolFlag(flags, "log-json") ? { logjson: "true" } : {}),
  };
  const interruption = awaitInterruption();
  const answer = expectOk(
    await streamApi(
      client,
      { method: "GET", path: "/v1/agent/monitor", query },
      {
        onText: io.stdout,
        stop: interruption.signal,
      },
    ),
  );
  interruption.forget();
  const what = boolFlag(flags, "log-json") ? "JSON monitor" : "monitor";
  if (!answer.ok) return complain(io, `Error starting ${what}: ${answer.error}`);
  if (interruption.signal.aborted) return 0;
  say(io, "\nRemote side ended the monitor! This usually means that the\nremote side has exited or crashed.");
  return 1;
}
