// `keygen`: a new key for gossip encryption.

import { randomBytes } from "node:crypto";
import { type Call, type Command, say } from "../command.ts";

/** AES-256. */
const KEY_BYTES = 32;

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} keygen

  Draws a new 32-byte key for the encryption of gossip and prints it in the form
  that the agent's configuration takes.`,
  flags: [],
  run: runKeygen,
};

async function runKeygen({ io }: Call): Promise<number> {
  say(io, randomBytes(KEY_BYTES).toString("base64"));
  return 0;
}
