// Which key an attacked agent was started with, if its gossip is encrypted: by the flag that names it.

import type { KeyText } from "../../src/core/gossip/keyring.ts";
import type { AgentProcess } from "../../test/support/agent-process.ts";

export function gossipKeyOf({ spec }: AgentProcess): KeyText | undefined {
  const at = spec.flags.indexOf("-encrypt");
  return at < 0 ? undefined : spec.flags[at + 1];
}
