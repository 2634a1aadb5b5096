// `info`: the agent's own statistics, section by section.

import { compareStrings } from "../../../core/lib/bytes.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain } from "../command.ts";

/** The part of /v1/agent/self that is printed. */
interface Self {
  readonly Stats?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} info [options]

  Prints what the agent says of itself, for operators who look for trouble.`,
  flags: CLIENT_FLAGS,
  run: runInfo,
};

async function runInfo({ flags, io }: Call): Promise<number> {
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const answer = await callApi(client, { method: "GET", path: "/v1/agent/self" });
  const self = answerJson(expectOk(answer));
  if (!self.ok) return complain(io, `Error querying agent: ${self.error}`);
  const stats = (self.value as Self).Stats ?? {};
  for (const section of Object.keys(stats).sort(compareStrings)) {
    const values = stats[section] ?? {};
    const lines = Object.keys(values)
      .sort(compareStrings)
      .map((key) => `\t${key} = ${values[key]}\n`);
    io.stdout(`${section}:\n${lines.join("")}`);
  }
  return 0;
}
