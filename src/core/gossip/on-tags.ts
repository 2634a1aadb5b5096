// We have something else to say about ourselves: new tags, with a new incarnation that makes all take them over.

import { byteStringOf } from "../lib/bytes.ts";
import { encodeTags, MAX_META_BYTES } from "../wire/gossip/tags.ts";
import { notice } from "./notice.ts";
import type { GossipEffect } from "./ports.ts";
import { raiseIncarnation } from "./refute.ts";
import { onNodeUpdate } from "./serf/on-node-event.ts";
import { recordOf } from "./sharing.ts";
import { type Gossip, ownNode } from "./state.ts";

export function onTags(
  gossip: Gossip,
  tags: ReadonlyMap<string, string>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const own = ownNode(gossip);
  const meta = encodeTags(tags);
  if (meta.length > MAX_META_BYTES)
    return notice(out, "error", "serf", `Encoded length of tags exceeds limit of ${MAX_META_BYTES} bytes`);
  const { ip: host, port, versions } = own.record;
  const claim = { host, port, meta: byteStringOf(meta), versions };
  own.record = recordOf(gossip.config.sharing, own.name, own.record, claim);
  raiseIncarnation(gossip, 0, nowMs);
  onNodeUpdate(gossip, own, out);
}
