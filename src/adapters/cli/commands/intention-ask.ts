// `intention check`, `intention match` and `intention list`: what intentions say.

import { type ApiCall, type ApiClient, answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag } from "../flags.ts";
import {
  destinationText,
  fetchIntentions,
  INTENTION_FLAGS,
  INTENTIONS_PATH,
  type Intention,
  intentionLine,
  sourceText,
} from "../intentions.ts";
import { columnTable } from "../tables.ts";

/** Of `check`, where 1 stands for "Denied"; and of flags that `match` does not know, as in Consul. */
const CHECK_FAILED = 2;

export const checkCommand: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} intention check [options] SRC DST

  Asks whether SRC may open connections to DST. The exit code is 0 if it may,
  1 if it may not, and 2 if nobody can say:

      $ ${program} intention check web db`,
  flags: INTENTION_FLAGS,
  usageCode: CHECK_FAILED,
  run: runCheck,
};

export const matchCommand: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} intention match [options] SRC|DST

  Lists the intentions that say something of a service, in the order in which
  they decide; of connections to it, unless -source is given:

      $ ${program} intention match db
      $ ${program} intention match -source web`,
  flags: [
    ...INTENTION_FLAGS,
    { name: "destination", kind: "bool", description: "Of connections to the service. It is the default." },
    { name: "source", kind: "bool", description: "Of connections from the service." },
  ],
  usageCode: CHECK_FAILED,
  run: runMatch,
};

export const listCommand: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} intention list [options]

  Lists all intentions, in the order in which they decide. The exit code is 2
  if there are none.`,
  flags: INTENTION_FLAGS,
  run: runList,
};

async function runCheck({ args, flags, io }: Call): Promise<number> {
  const failed = (why: string): number => {
    complain(io, why);
    return CHECK_FAILED;
  };
  const [source, destination] = args;
  if (source === undefined || destination === undefined || args.length !== 2)
    return failed("Error: command requires exactly two arguments: src and dst");
  const client = connectApi(flags, io);
  if (client === undefined) return CHECK_FAILED;
  const query = { source, destination, "source-type": "consul" };
  const answer = await ask(client, { method: "GET", path: `${INTENTIONS_PATH}/check`, query });
  if (!answer.ok) return failed(`Error checking the connection: ${answer.error}`);
  const { Allowed: allowed } = (answer.value ?? {}) as { readonly Allowed?: boolean };
  say(io, allowed === true ? "Allowed" : "Denied");
  return allowed === true ? 0 : 1;
}

async function runMatch({ args, flags, io }: Call): Promise<number> {
  const [name] = args;
  if (name === undefined || args.length !== 1)
    return complain(io, "Error: command requires exactly one argument: src or dst");
  const bySource = boolFlag(flags, "source");
  if (bySource && boolFlag(flags, "destination"))
    return complain(io, "Error: only one of -source or -destination may be specified");
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const query = { by: bySource ? "source" : "destination", name };
  const answer = await ask(client, { method: "GET", path: `${INTENTIONS_PATH}/match`, query });
  if (!answer.ok) return complain(io, `Error matching the connection: ${answer.error}`);
  const matched = (answer.value ?? {}) as Readonly<Record<string, readonly Intention[]>>;
  for (const intention of matched[name] ?? []) say(io, intentionLine(intention));
  return 0;
}

async function ask(client: ApiClient, call: ApiCall): Promise<ReturnType<typeof answerJson>> {
  return answerJson(expectOk(await callApi(client, call)));
}

async function runList({ flags, io }: Call): Promise<number> {
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const listed = await fetchIntentions(client);
  if (!listed.ok) return complain(io, `Failed to retrieve the intentions list: ${listed.error}`);
  if (listed.value.length === 0) {
    complain(io, "There are no intentions.");
    return 2;
  }
  const rows = listed.value.map((each) => [
    each.ID,
    sourceText(each),
    each.Action ?? "",
    destinationText(each),
    String(each.Precedence),
  ]);
  say(io, columnTable([["ID", "Source", "Action", "Destination", "Precedence"], ...rows]));
  return 0;
}
