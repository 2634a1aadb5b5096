// A seat as a value: copied before it is stepped, and fingerprinted under a renaming. What a search keeps of servers are
// such values, each once, however many states they are part of.

import { compareStrings } from "../../core/lib/bytes.ts";
import { createDigest, type Digest, mixNumber } from "../../core/lib/digest.ts";
import { printPlain } from "../../core/lib/plain.ts";
import { entryAt, type RaftLog } from "../../core/raft/log.ts";
import type { Leading, Raft } from "../../core/raft/state.ts";
import type { RaftDisk } from "../raft/disk.ts";
import type { Seat } from "../raft/seat.ts";
import { mixEntries, mixEntry, mixRenamed, mixUnordered, type Renaming } from "./renaming.ts";

/** A copy that can be stepped without the original noticing. Messages, entries and configurations are shared: nobody writes to them. */
export function copySeat({ id, raft, disk }: Seat): Seat {
  return { id, raft: copyRaft(raft), disk: copyDisk(disk) };
}

function copyDisk({ batches, pending, ...rest }: RaftDisk): RaftDisk {
  return { ...rest, batches: [...batches], pending: [...pending] };
}

function copyRaft(raft: Raft): Raft {
  const { durability, leading } = raft;
  return {
    ...raft,
    log: copyLog(raft.log),
    votes: new Map(raft.votes),
    snapshot: { ...raft.snapshot },
    installing: raft.installing && { ...raft.installing },
    durability: {
      ...durability,
      underWay: durability.underWay.map((each) => ({ ...each })),
      heldBack: durability.heldBack.map((each) => ({ ...each })),
    },
    leading: leading && copyLeading(leading),
  };
}

function copyLeading(leading: Leading): Leading {
  return {
    ...leading,
    progress: new Map(
      [...leading.progress].map(([id, each]) => [
        id,
        { ...each, inflight: [...each.inflight], sending: each.sending && { ...each.sending } },
      ]),
    ),
    openRounds: [...leading.openRounds],
    reads: leading.reads.map((each) => ({ ...each })),
    transfer: leading.transfer && { ...leading.transfer },
  };
}

/**
 * Both copies would append to the last chunk in the same place: so it is cut to what it holds, and closed. (The room of
 * the next one is a multiple of the last one's: a cut keeps that small too.)
 */
function copyLog(log: RaftLog): RaftLog {
  return {
    ...log,
    chunks: log.chunks.map((chunk) => ({
      ...chunk,
      bytes: chunk.bytes.length === chunk.used ? chunk.bytes : chunk.bytes.slice(0, chunk.used),
      offsets: [...chunk.offsets],
      closed: true,
    })),
    termRuns: [...log.termRuns],
    configurations: [...log.configurations],
  };
}

/**
 * Messages that wait for the disk, each once, in one order: the network may double and reorder them anyway. Those of a term
 * that is over would not leave any more (durability.ts).
 */
export function tidySeat({ raft }: Seat): void {
  const { heldBack } = raft.durability;
  if (heldBack.length === 0) return;
  const byText = new Map(
    heldBack
      .filter(({ message }) => message.term >= raft.currentTerm)
      .map((held): [string, (typeof heldBack)[number]] => [printPlain(held), held]),
  );
  const sorted = [...byText].sort(([a], [b]) => compareStrings(a, b)).map(([, held]) => held);
  heldBack.splice(0, heldBack.length, ...sorted);
}

/** Everything that its future depends on. */
export function digestSeat({ id, raft, disk }: Seat, renaming: Renaming): Digest {
  const digest = createDigest();
  mixRenamed(digest, id, renaming);
  for (const key of Object.keys(raft)) {
    if (key === "config" || key === "chance") continue;
    if (key === "log") mixLog(digest, raft.log, renaming);
    else if (key === "durability") mixDurability(digest, raft, renaming);
    else mixRenamed(digest, (raft as unknown as Record<string, unknown>)[key], renaming);
  }
  mixRenamed(digest, disk.hardState, renaming);
  // How the entries came to the disk says nothing: only what is there.
  let count = 0;
  for (const batch of disk.batches) {
    mixEntries(digest, batch.bytes, renaming);
    count += batch.count;
  }
  mixNumber(digest, count);
  mixRenamed(digest, disk.pending, renaming);
  return digest;
}

function mixLog(digest: Digest, log: RaftLog, renaming: Renaming): void {
  mixNumber(digest, log.base.index);
  mixNumber(digest, log.base.term);
  mixNumber(digest, log.lastIndex);
  for (let index = log.base.index + 1; index <= log.lastIndex; index++) {
    const entry = entryAt(log, index);
    mixEntry(digest, entry.term, entry.kind, entry.data, renaming);
  }
}

/** Held-back messages were sorted by their texts, in which names stand: their order is left out. */
function mixDurability(digest: Digest, { durability }: Raft, renaming: Renaming): void {
  const { heldBack, ...rest } = durability;
  mixRenamed(digest, rest, renaming);
  mixUnordered(digest, heldBack, (part, held) => mixRenamed(part, held, renaming));
}
