// Lines for the log, in the original's words where it has some: operators search for them.

import type { GossipEffect } from "./ports.ts";

type Level = Extract<GossipEffect, { type: "notice" }>["level"];

/** `message` begins with the logger's name, as Consul prints it. */
export function notice(
  out: GossipEffect[],
  level: Level,
  logger: "serf" | "memberlist",
  message: string,
): void {
  out.push({ type: "notice", level, logger, message: `${logger}: ${message}` });
}
