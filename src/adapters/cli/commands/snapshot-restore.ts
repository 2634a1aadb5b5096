// `snapshot restore`: a saved state in the place of the servers' own.

import { closeSync, openSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { errnoText, pathErrorText } from "../../config/go-text.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { callApi, callError, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} snapshot restore [options] FILE

  Puts a saved state in the place of what the servers have now:

      $ ${program} snapshot restore backup.snap

  All that was written since it was saved is gone then. The servers of the
  cluster stay what they are. The restore goes through the log like any write:
  a server that fails meanwhile does no harm, and until the last piece is
  there nothing changes.`,
  flags: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  run: runRestore,
};

const RESTORE = { method: "PUT", path: "/v1/snapshot" } as const;

async function runRestore({ args, flags, io }: Call): Promise<number> {
  const [file] = args;
  if (file === undefined) return complain(io, "Missing FILE argument");
  if (args.length > 1) return complain(io, `Too many arguments (expected 1, got ${args.length})`);
  let opened: number;
  try {
    opened = openSync(resolve(io.cwd, file), "r");
  } catch (error) {
    return complain(io, `Error opening snapshot file: ${pathErrorText("open", file, error)}`);
  }
  try {
    const client = connectApi(flags, io);
    if (client === undefined) return 1;
    let body: Buffer;
    try {
      body = readFileSync(opened);
    } catch (error) {
      // Consul reads the file while it sends it: that is what its text says.
      const reason = `read ${file}: ${errnoText(error)}`;
      return complain(io, `Error restoring snapshot: ${callError(client, RESTORE, reason)}`);
    }
    const answer = expectOk(await callApi(client, { ...RESTORE, body }));
    if (!answer.ok) return complain(io, `Error restoring snapshot: ${answer.error}`);
  } finally {
    closeSync(opened);
  }
  say(io, "Restored snapshot");
  return 0;
}
