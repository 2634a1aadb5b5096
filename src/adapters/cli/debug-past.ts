// What an agent has logged in the time before, as `debug -since` gathers it: out of the files that the agent says it logs to,
// which only are there on its own machine.

import { appendFileSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { errnoText } from "../config/go-text.ts";
import { logFilesOf } from "../log-file.ts";

/**
 * The agent's log since then, into one file.
 * @param self What `/v1/agent/self` said.
 * @param cwd Where a relative path of the agent is looked for.
 * @returns What went wrong.
 */
export function capturePastLog(
  self: unknown,
  cwd: string,
  sinceMs: number,
  into: string,
): string | undefined {
  const path = logPathOf(self);
  if (path === "") return "the agent logs to no file (log_file)";
  const files = logFilesOf(path.endsWith("/") ? `${resolve(cwd, path)}/` : resolve(cwd, path));
  if (files.length === 0) return `there are no log files here by the name that the agent says: ${path}`;
  appendFileSync(into, "");
  try {
    for (const file of files) appendFileSync(into, linesSince(readFileSync(file, "utf8"), sinceMs));
    return undefined;
  } catch (error) {
    // The agent may keep its log to itself, or remove an old file at this moment.
    return errnoText(error);
  }
}

function logPathOf(self: unknown): string {
  const { DebugConfig } = (self ?? {}) as {
    readonly DebugConfig?: { readonly Logging?: { readonly LogFilePath?: unknown } };
  };
  const path = DebugConfig?.Logging?.LogFilePath;
  return typeof path === "string" ? path : "";
}

/** At the head of a line, or in one of JSON. */
const LINE_TIME = /^(\d{4}-\d\d-\d\dT\S+) \[|"@timestamp": ?"([^"]+)"/;

/** The lines from the first on that is not older. What has no time of its own belongs to the line before it. */
export function linesSince(log: string, sinceMs: number): string {
  let at = 0;
  while (at < log.length) {
    const next = log.indexOf("\n", at) + 1 || log.length;
    const [, headed, named] = LINE_TIME.exec(log.slice(at, next)) ?? [];
    const timeMs = Date.parse(headed ?? named ?? "");
    if (timeMs >= sinceMs) return log.slice(at);
    at = next;
  }
  return "";
}
