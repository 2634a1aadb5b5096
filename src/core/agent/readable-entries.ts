// The last door before the log. Raft carries entries unopened, so whether this release can act on them is asked here,
// before they are taken in: once committed, an entry that cannot be read can only end the process (store/apply.ts). A
// server that is too old for its leader's entries falls behind, and says so; a peer that lies gets nothing into the log.

import { type Notice, notice } from "../api/notice.ts";
import { decodeServers } from "../raft/configuration.ts";
import { ENTRY_HEADER_BYTES, entryDataLength, entryKind, entryOffsets } from "../raft/entry.ts";
import { decodeCommand } from "../wire/command.ts";

/** Whether these are whole entries of which each says something that this release understands. */
export function areReadable(entries: Uint8Array): boolean {
  return entryOffsets(entries)?.every((offset) => isReadable(entries, offset)) ?? false;
}

function isReadable(entries: Uint8Array, offset: number): boolean {
  const start = offset + ENTRY_HEADER_BYTES;
  const data = entries.subarray(start, start + entryDataLength(entries, offset));
  switch (entryKind(entries, offset)) {
    case "command":
      return decodeCommand(data).ok;
    case "configuration":
      return decodeServers(data) !== undefined;
    default:
      return true;
  }
}

/** For the operator of a server that must be upgraded. */
export function unreadableEntries(from: string): Notice {
  return notice(
    "error",
    "server.raft",
    "refused log entries that this version cannot read; upgrade this server",
    { from },
  );
}
