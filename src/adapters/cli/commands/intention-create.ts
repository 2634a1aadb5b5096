// `intention create`: makes intentions, or replaces those that there are between the same services.

import { type ApiClient, callApi, connectApi, expectOk, type Fetched } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, mapFlag } from "../flags.ts";
import { readIntentionFile } from "../intention-file.ts";
import {
  destinationText,
  findIntention,
  INTENTION_FLAGS,
  INTENTIONS_PATH,
  intentionLine,
  type NewIntention,
  sourceText,
} from "../intentions.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} intention create [options] SRC DST
Usage: ${program} intention create [options] -file FILE...

  Makes an intention between two services, which allows connections unless
  -deny is given:

      $ ${program} intention create web db

  Or as many as there are files, with an intention in JSON in each:

      $ ${program} intention create -file one.json two.json

  Where there is one between the same services already, nothing is done, or
  with -replace the new one takes its place, and nothing is left of the old.`,
  flags: [
    ...INTENTION_FLAGS,
    { name: "allow", kind: "bool", description: "Makes an intention that allows. It is the default." },
    { name: "deny", kind: "bool", description: "Makes an intention that denies." },
    { name: "file", kind: "bool", description: "Reads intentions from files." },
    {
      name: "meta",
      kind: "map",
      consulType: true,
      description: "Metadata of the intention, as key=value. Can be given several times.",
    },
    { name: "replace", kind: "bool", description: "Replaces what there is between the same services." },
  ],
  run: runCreate,
};

async function runCreate(call: Call): Promise<number> {
  const { flags, io } = call;
  if (boolFlag(flags, "allow") && boolFlag(flags, "deny"))
    return complain(io, "Only one of -allow or -deny may be specified.");
  const wanted = boolFlag(flags, "file") ? fromFiles(call) : fromArguments(call);
  if (!wanted.ok) return complain(io, `Error: ${wanted.error}`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  for (const intention of wanted.value) {
    const done = await make(client, intention, boolFlag(flags, "replace"));
    if (!done.ok) return complain(io, done.error);
    if (done.value === "created") say(io, `Created: ${intentionLine(intention)}`);
  }
  return 0;
}

function fromFiles({ args, io }: Call): Fetched<readonly NewIntention[]> {
  const read: NewIntention[] = [];
  for (const path of args) {
    const one = readIntentionFile(path, io);
    if (!one.ok) return one;
    read.push(one.value);
  }
  return { ok: true, value: read };
}

function fromArguments({ args, flags }: Call): Fetched<readonly NewIntention[]> {
  const [from, to] = args;
  if (from === undefined || to === undefined || args.length !== 2)
    return { ok: false, error: "Must specify two arguments: source and destination" };
  const source = parseTarget(from);
  if (source === undefined) return { ok: false, error: `Invalid intention source: ${TOO_DEEP}` };
  const destination = parseTarget(to);
  if (destination === undefined) return { ok: false, error: `Invalid intention destination: ${TOO_DEEP}` };
  const meta = mapFlag(flags, "meta");
  const intention: NewIntention = {
    SourceNS: source.namespace,
    SourceName: source.name,
    DestinationNS: destination.namespace,
    DestinationName: destination.name,
    SourceType: "consul",
    Action: boolFlag(flags, "deny") ? "deny" : "allow",
    ...(meta.size === 0 ? {} : { Meta: Object.fromEntries(meta) }),
  };
  return { ok: true, value: [intention] };
}

const TOO_DEEP = "target can contain at most one '/'";

/** "web" or "ns/web". */
function parseTarget(text: string): { readonly namespace: string; readonly name: string } | undefined {
  const parts = text.split("/");
  if (parts.length > 2) return undefined;
  const [name = "", namespace = "default"] = parts.reverse();
  return { namespace, name };
}

/** @returns What was done, or what to say of it that it was not. */
async function make(
  client: ApiClient,
  intention: NewIntention,
  replaces: boolean,
): Promise<Fetched<"created" | "replaced">> {
  const ends = `with source "${sourceText(intention)}" and destination "${destinationText(intention)}"`;
  const body = Buffer.from(JSON.stringify(intention));
  if (replaces) {
    const old = await findIntention(client, sourceText(intention), destinationText(intention));
    if (!old.ok)
      return { ok: false, error: `Error looking up intention for replacement ${ends}: ${old.error}` };
    if (old.value !== undefined) {
      const path = `${INTENTIONS_PATH}/${old.value.ID}`;
      const replaced = expectOk(await callApi(client, { method: "PUT", path, body }));
      if (replaced.ok) return { ok: true, value: "replaced" };
      return { ok: false, error: `Error replacing intention ${ends}: ${replaced.error}` };
    }
  }
  const created = expectOk(await callApi(client, { method: "POST", path: INTENTIONS_PATH, body }));
  if (created.ok) return { ok: true, value: "created" };
  return { ok: false, error: `Error creating intention "${intentionLine(intention)}": ${created.error}` };
}
