// `intention get` and `intention delete`: one intention, by its id or by the services that it is between.

import { compareStrings } from "../../../core/lib/bytes.ts";
import { type ApiClient, answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import {
  destinationText,
  INTENTION_FLAGS,
  INTENTIONS_PATH,
  type Intention,
  intentionIdOf,
  sourceText,
} from "../intentions.ts";
import { columnTable } from "../tables.ts";

export const getCommand: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} intention get [options] SRC DST
Usage: ${program} intention get [options] ID

  Shows all that there is to know of an intention:

      $ ${program} intention get web db`,
  flags: INTENTION_FLAGS,
  run: (call) => withNamed(call, runGet),
};

export const deleteCommand: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} intention delete [options] SRC DST
Usage: ${program} intention delete [options] ID

  Deletes an intention:

      $ ${program} intention delete web db`,
  flags: INTENTION_FLAGS,
  run: (call) => withNamed(call, runDelete),
};

/** Looks the intention up, if it was named by its ends. */
async function withNamed(
  call: Call,
  run: (client: ApiClient, id: string, call: Call) => Promise<number>,
): Promise<number> {
  const client = connectApi(call.flags, call.io);
  if (client === undefined) return 1;
  const named = await intentionIdOf(client, call);
  return named.ok ? run(client, named.value, call) : complain(call.io, `Error: ${named.error}`);
}

async function runGet(client: ApiClient, id: string, { io }: Call): Promise<number> {
  const answer = await callApi(client, { method: "GET", path: `${INTENTIONS_PATH}/${id}` });
  const failed = (why: string): number => complain(io, `Error reading the intention: ${why}`);
  if (answer.ok && answer.status === 404) return failed(`Intention with ID "${id}" not found.`);
  // In other words than all other requests: so Consul's client does here.
  if (answer.ok && answer.status !== 200)
    return failed(`Unexpected response ${answer.status}: ${answer.body.toString()}`);
  const read = answerJson(answer);
  if (!read.ok) return failed(read.error);
  const intention = read.value as Intention;
  const rows = [
    ["Source:", sourceText(intention)],
    ["Destination:", destinationText(intention)],
    ["Action:", intention.Action ?? ""],
    ["ID:", intention.ID],
    ...(intention.Description ? [["Description:", intention.Description]] : []),
    ...Object.entries(intention.Meta ?? {})
      .sort(([a], [b]) => compareStrings(a, b))
      .map(([name, value]) => [`Meta[${name}]:`, value]),
    ["Created At:", rfc850(new Date(intention.CreatedAt))],
  ];
  say(io, columnTable(rows));
  return 0;
}

/** "Saturday, 21-Nov-26 02:56:48 UTC" */
function rfc850(when: Date): string {
  const [, day, month, year, time] = when.toUTCString().split(" ");
  return `${WEEKDAYS[when.getUTCDay()]}, ${day}-${month}-${year?.slice(2)} ${time} UTC`;
}

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

async function runDelete(client: ApiClient, id: string, { io }: Call): Promise<number> {
  const answer = expectOk(await callApi(client, { method: "DELETE", path: `${INTENTIONS_PATH}/${id}` }));
  // Consul's words, though nothing is read.
  if (!answer.ok) return complain(io, `Error reading the intention: ${answer.error}`);
  say(io, "Intention deleted.");
  return 0;
}
