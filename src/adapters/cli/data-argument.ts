// An argument that may stand for data elsewhere: "@file" for a file's content, "-" for standard input.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathErrorText } from "../config/go-text.ts";
import type { Io } from "./io.ts";

export type ArgumentData =
  | { readonly ok: true; readonly data: Uint8Array }
  | { readonly ok: false; readonly error: string };

/** The bytes that the argument stands for: its own, a file's, or those of standard input. */
export async function readArgument(argument: string, io: Io): Promise<ArgumentData> {
  if (argument === "-") return { ok: true, data: await io.stdin() };
  if (!argument.startsWith("@")) return { ok: true, data: Buffer.from(argument) };
  const file = argument.slice(1);
  // Go opens the empty name, which does not exist; resolved, it would be the directory.
  if (file === "") return { ok: false, error: "Failed to read file: open : no such file or directory" };
  try {
    return { ok: true, data: readFileSync(resolve(io.cwd, file)) };
  } catch (error) {
    return { ok: false, error: `Failed to read file: ${pathErrorText("open", file, error)}` };
  }
}
