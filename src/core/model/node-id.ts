// Ids of nodes: UUIDs, as Consul judges them.

import { utf8 } from "../lib/bytes.ts";

/** What the original's reader of UUIDs (go-uuid's ParseUUID) finds wrong with an id, in its words; undefined for nothing. */
export function nodeIdFault(id: string): string | undefined {
  if (utf8(id).length !== 36) return "uuid string is wrong length";
  if ([8, 13, 18, 23].some((at) => id[at] !== "-")) return "uuid is improperly formatted";
  const strange = /[^0-9a-fA-F]/.exec(id.replace(/^(.{8})-(.{4})-(.{4})-(.{4})-/s, "$1$2$3$4"))?.[0];
  if (strange === undefined) return undefined;
  const code = strange.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return `encoding/hex: invalid byte: U+${code} '${strange}'`;
}
