// What the system says about a file, as data for the core and as text for people.

import { getSystemErrorMap } from "node:util";
import type { DiskError } from "../../core/wal/disk.ts";

/** The system's own words for an error, without Node's additions: "no space left on device". */
export function systemText(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
}

/** @param did What was tried: "write", "open"… */
export function diskError(did: string, path: string, error: unknown): DiskError {
  const { code } = error as NodeJS.ErrnoException;
  return { code: code ?? "EIO", detail: `${did} ${path}: ${systemText(error)}` };
}
