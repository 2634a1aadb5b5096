// Which log a server keeps, and what it may do with it. Raft rests on what servers remember: a vote that was forgotten can
// be given twice, an entry that was acknowledged and forgotten is lost (§5.2, §5.4). A disk that was replaced or damaged
// forgets. So every log has an identity, drawn when it begins, and the configuration says with which log each server was
// added. One that comes back with another log is a stranger under a known name: it is sent entries, but it neither votes
// nor campaigns, and what it says counts for nothing, until a leader has committed a configuration that takes it out as a
// voter and in again as a learner with its new log. That is one server's change, as safe as any other (thesis §4.1): a
// quorum that its forgotten vote took part in overlaps with every later one in somebody who remembers.
//
// Whether it is committed the server itself cannot always know: its log may hold an admission that never will be. So both
// ends look: it votes only if its own log speaks of it as it is now, and a candidate counts a vote only if its own
// configuration does. One that has it as a voter again holds the promotion, which came after the commitment.

import type { Chance } from "../lib/chance.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { type Configuration, recordOf } from "./configuration.ts";
import { latestConfiguration } from "./log.ts";
import type { LogIdentity, ServerId } from "./messages.ts";
import type { Raft } from "./state.ts";

/** The log of a server that bootstrapped its cluster: it was there when nobody could know anybody's identity. */
export const BOOTSTRAPPED: LogIdentity = 0;

/** An identity for a log that begins. */
export function drawIdentity(chance: Chance): LogIdentity {
  return 1 + chance.choose("raft.identity", 0xffffffff);
}

/**
 * Whether this server may vote: the newest configuration in its log that speaks of it was made for this very log. (Not
 * whether it is a voter there: a learner votes if a candidate counts it, whose configuration may be newer than ours.)
 */
export function mayVote(raft: Raft): boolean {
  if (PLANTED && planted(raft.config, "raft-stranger-votes")) return true;
  const { configurations } = raft.log;
  for (let at = configurations.length - 1; at >= 0; at--) {
    const record = recordOf(configurations[at] as Configuration, raft.id);
    if (record !== undefined) return record.identity === raft.identity;
  }
  return false;
}

/** Whether a vote by a server with this log counts in the configuration in force here: it is of the log that has the vote. */
export function isVoteOf(raft: Raft, id: ServerId, identity: LogIdentity): boolean {
  if (PLANTED && planted(raft.config, "raft-stranger-votes")) return true;
  return recordOf(latestConfiguration(raft.log), id)?.identity === identity;
}

/** Whether the words of this follower count: it still has the log with which it was added. */
export function isTrusted(raft: Raft, id: ServerId): boolean {
  const identity = raft.leading?.progress.get(id)?.identity;
  return identity === recordOf(latestConfiguration(raft.log), id)?.identity;
}
