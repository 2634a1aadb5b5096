// nack: a helper got no answer either. It says nothing of the target, but that we and the helper hear each other.

import { PLANTED, planted } from "../lib/planted.ts";
import type { Nack } from "../wire/gossip/messages.ts";
import type { Gossip } from "./state.ts";

export function onNack(gossip: Gossip, { seqNo }: Nack): void {
  if (gossip.probe?.seqNo !== seqNo) return;
  if (PLANTED && planted(gossip.config, "gossip-nack-uncounted")) return;
  gossip.probe.nacks++;
}
