// What a pool measures of itself, by memberlist's and Serf's names. It goes out as effects, and only where somebody wants it
// (`measures`): a simulated pool has no use for them.

import type { GossipEffect } from "./ports.ts";
import type { Gossip } from "./state.ts";

/** Something happened. @param name As it is shown, without the agent's prefix. */
export function measureCount({ config }: Gossip, name: string, out: GossipEffect[]): void {
  if (config.measures === true) out.push({ type: "measured", how: "count", name, value: 1 });
}

/** Something took so many milliseconds, or was so large. */
export function measureSample({ config }: Gossip, name: string, value: number, out: GossipEffect[]): void {
  if (config.measures === true) out.push({ type: "measured", how: "sample", name, value });
}

/** Something is done within this step. */
export function measureTask({ config }: Gossip, name: string, out: GossipEffect[]): void {
  if (config.measures === true) out.push({ type: "measured", how: "task", name, value: 1 });
}

/** Something begins, or has come to its end. @param which Tells it from others under way. */
export function measureSpan(
  { config }: Gossip,
  how: "begin" | "end",
  name: string,
  which: number,
  out: GossipEffect[],
): void {
  if (config.measures === true) out.push({ type: "measured", how, name, value: which });
}
