// `config read`, `config list` and `config delete`: configuration entries by kind and name.

import { byteStringOf } from "../../../core/lib/bytes.ts";
import { parseJson } from "../../../core/lib/go-json.ts";
import { isRawList, isRawMap, type RawValue } from "../../../core/lib/raw-value.ts";
import { isConfigKind } from "../../../core/model/config-entry.ts";
import { indentJson } from "../../watches/go-shape.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { type ApiClient, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { loadConfigEntry } from "../config-entry-file.ts";
import type { Flag, FlagValues } from "../flags.ts";
import { stringFlag } from "../flags.ts";

const KIND: Flag = { name: "kind", kind: "string", description: "The entry's kind, as service-defaults." };
const NAME: Flag = { name: "name", kind: "string", description: "The entry's name." };
const API: readonly Flag[] = [...CLIENT_FLAGS, ...SERVER_FLAGS, NAMESPACE_FLAG];

export const readCommand: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} config read [options] -kind <config kind> -name <config name>

  Prints a configuration entry as JSON:

      $ ${program} config read -kind proxy-defaults -name global`,
  flags: [...API, KIND, NAME],
  run: runRead,
};

export const listCommand: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} config list [options] -kind <config kind>

  Prints the names of all configuration entries of a kind:

      $ ${program} config list -kind service-defaults`,
  flags: [...API, KIND],
  run: runList,
};

export const deleteCommand: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} config delete [options] -kind <config kind> -name <config name>

  Takes a configuration entry back. One that is not there is as good as gone:

      $ ${program} config delete -kind service-defaults -name web

  What it is called may stand in a file, as it was written from:

      $ ${program} config delete -filename web.hcl`,
  flags: [
    ...API,
    KIND,
    NAME,
    {
      name: "filename",
      kind: "string",
      description: 'A file of HCL or JSON that says the entry\'s kind and name, or "-" for standard input.',
    },
  ],
  run: runDelete,
};

interface Named {
  readonly kind: string;
  readonly name: string;
  readonly client: ApiClient;
}

/** What the flags name, or undefined when stderr says what is missing. */
function named({ flags, io }: Call, needsName = true): Named | undefined {
  const kind = given(flags, "kind");
  const name = given(flags, "name");
  if (kind === "") complain(io, "Must specify the -kind parameter");
  else if (needsName && name === "") complain(io, "Must specify the -name parameter");
  else {
    const client = connectApi(flags, io, "Error connect to Consul agent");
    return client === undefined ? undefined : { kind, name, client };
  }
  return undefined;
}

/** What a file names, or undefined when stderr says why it does not. */
async function namedIn(file: string, { flags, io }: Call): Promise<Named | undefined> {
  const loaded = await loadConfigEntry(file, io);
  if (!loaded.ok) {
    complain(io, loaded.error);
    return undefined;
  }
  const client = connectApi(flags, io, "Error connect to Consul agent");
  return client === undefined ? undefined : { kind: loaded.kind, name: loaded.name, client };
}

function given(flags: FlagValues, name: string): string {
  return stringFlag(flags, name) ?? "";
}

function pathOf({ kind, name }: Named): string {
  return `/v1/config/${kind}/${name}`;
}

async function runRead(call: Call): Promise<number> {
  const { io } = call;
  const its = named(call);
  if (its === undefined) return 1;
  const { kind, name, client } = its;
  const failed = (error: string): number =>
    complain(io, `Error reading config entry ${kind}/${name}: ${error}`);
  if (!isConfigKind(kind)) return failed(`invalid config entry kind: ${kind}`);
  const answer = expectOk(await callApi(client, { method: "GET", path: pathOf(its) }));
  if (!answer.ok) return failed(answer.error);
  say(io, indentJson(compact(answer.body.toString()), "    "));
  return 0;
}

/** An agent in development mode indents what it answers. */
function compact(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
}

async function runList(call: Call): Promise<number> {
  const { io } = call;
  const its = named(call, false);
  if (its === undefined) return 1;
  const { kind, client } = its;
  const answer = expectOk(await callApi(client, { method: "GET", path: `/v1/config/${kind}` }));
  const listed = answer.ok ? parseJson(byteStringOf(answer.body)) : answer;
  if (!listed.ok) return complain(io, `Error listing config entries for kind "${kind}": ${listed.error}`);
  for (const name of namesOf(listed.value)) say(io, name);
  return 0;
}

function namesOf(value: RawValue): string[] {
  const entries = typeof value === "object" && value !== null && isRawList(value) ? value : [];
  return entries.flatMap((each) => {
    const name = typeof each === "object" && each !== null && isRawMap(each) ? each.get("Name") : undefined;
    return typeof name === "string" ? [name] : [];
  });
}

async function runDelete(call: Call): Promise<number> {
  const { io } = call;
  const file = given(call.flags, "filename");
  const its = file === "" ? named(call) : await namedIn(file, call);
  if (its === undefined) return 1;
  const { kind, name, client } = its;
  const answer = expectOk(await callApi(client, { method: "DELETE", path: pathOf(its) }));
  if (!answer.ok) return complain(io, `Error deleting config entry ${kind}/${name}: ${answer.error}`);
  say(io, `Config entry deleted: ${kind}/${name}`);
  return 0;
}
