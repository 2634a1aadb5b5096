// `snapshot save`: the state of the servers into a file. The file has its name only once it is whole, on the disk and
// found to be good.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { quoteText } from "../../../core/lib/go-quote.ts";
import { errnoText, errorCode, pathErrorText } from "../../config/go-text.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { readArchiveFile } from "../archive-file.ts";
import { type ApiClient, answerJson, callApi, connectApi, expectOk, type Fetched } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { stringFlag } from "../flags.ts";

/** It holds what the store holds, secrets too. */
const OWNER_ONLY = 0o600;

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} snapshot save [options] FILE

  Saves the state of the servers, as it is at one moment, to a file:

      $ ${program} snapshot save backup.snap

  The leader is asked. Should there be none, any server will do, whose state
  may be an older one:

      $ ${program} snapshot save -stale backup.snap

  The file's name can say more, as backup-1.8.7-dc1.snap:

      $ ${program} snapshot save -append-filename=version,dc backup.snap`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    {
      name: "append-filename",
      kind: "string",
      description:
        "What of the agent that is asked comes before the extension of the file's name: version, dc, node and status (leader or follower), parted by commas.",
    },
  ],
  run: runSave,
};

async function runSave({ args, flags, io }: Call): Promise<number> {
  const [given] = args;
  if (given === undefined) return complain(io, "Missing FILE argument");
  if (args.length > 1) return complain(io, `Too many arguments (expected 1, got ${args.length})`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const named = await nameFile(client, given, (stringFlag(flags, "append-filename") ?? "").split(","));
  if (!named.ok)
    return complain(io, `Error connecting to Consul agent and fetching datacenter/version: ${named.error}`);
  const file = named.value;
  const answer = expectOk(await callApi(client, { method: "GET", path: "/v1/snapshot" }));
  if (!answer.ok) return complain(io, `Error saving snapshot: ${answer.error}`);
  const path = resolve(io.cwd, file);
  const unverified = `${path}.unverified`;
  try {
    writeWhole(unverified, answer.body);
  } catch (error) {
    rmSync(unverified, { force: true });
    const reason = pathErrorText("open", `${file}.unverified`, error);
    return complain(io, `Error writing unverified snapshot file: ${reason}`);
  }
  const verified = readArchiveFile(unverified, `${file}.unverified`, "verify");
  if (!verified.ok) {
    rmSync(unverified, { force: true });
    const doing = verified.stage === "open" ? "opening snapshot file for verify" : "verifying snapshot file";
    return complain(io, `Error ${doing}: ${verified.error}`);
  }
  try {
    renameSync(unverified, path);
  } catch (error) {
    rmSync(unverified, { force: true });
    const names = `${quoteText(`${file}.unverified`)} to ${quoteText(file)}`;
    return complain(io, `Error renaming ${names}: ${renameErrorText(file, error)}`);
  }
  say(io, `Saved and verified snapshot to index ${verified.archive.meta.index}`);
  return 0;
}

/** What `/v1/agent/self` says that a name can. */
interface Self {
  readonly Config?: { readonly Version?: string; readonly Datacenter?: string; readonly NodeName?: string };
  readonly Stats?: { readonly consul?: { readonly leader?: string } };
}

/** In this order, whatever that of the flag is; what the agent does not say is left out. */
const NAME_PARTS: Readonly<Record<string, (self: Self) => string | undefined>> = {
  version: ({ Config }) => Config?.Version,
  dc: ({ Config }) => Config?.Datacenter,
  node: ({ Config }) => Config?.NodeName,
  status: ({ Stats }) => {
    const leads = Stats?.consul?.leader;
    return leads === undefined ? undefined : leads === "true" ? "leader" : "follower";
  },
};

/** The name with the parts that were asked for. What is no part is passed over, as Consul does. */
async function nameFile(client: ApiClient, file: string, asked: readonly string[]): Promise<Fetched<string>> {
  const parts = Object.entries(NAME_PARTS).filter(([name]) => asked.includes(name));
  if (parts.length === 0) return { ok: true, value: file };
  const answer = answerJson(expectOk(await callApi(client, { method: "GET", path: "/v1/agent/self" })));
  if (!answer.ok) return answer;
  const said = parts.map(([, of]) => of((answer.value ?? {}) as Self)).filter((each) => each !== undefined);
  const [, stem = "", extension = ""] = /^(.*?)(\.[^./]*)?$/s.exec(file) ?? [];
  return { ok: true, value: [stem, ...said].join("-") + extension };
}

/** As Go says it, which looks first whether there is a folder of the new name. */
function renameErrorText(file: string, error: unknown): string {
  const isFolder = ["EISDIR", "ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "");
  const reason = !isFolder ? errnoText(error) : file === "" ? "no such file or directory" : "file exists";
  return `rename ${file}.unverified ${file}: ${reason}`;
}

function writeWhole(path: string, bytes: Uint8Array): void {
  // One that was left behind may have other rights.
  rmSync(path, { force: true });
  const file = openSync(path, "wx", OWNER_ONLY);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
