// The planted bugs: each is one guarded line of the core (core/lib/planted.ts) that breaks a rule on purpose, so that a
// checker can prove that it would notice. Where a bug of the kind was seen in a real system docs/testing.md tells it, by
// the number given here.

import type { StrikeKind } from "./fault-kinds.ts";
import { POOL_MUTANTS } from "./mutants/pools.ts";
import { type Mutant, searched, stalling, swarm, tests, under } from "./mutants/ways.ts";

/** What brings servers' logs apart: what is wrong with terms, votes and conflicts shows there. */
const ROUGH: readonly StrikeKind[] = ["crash-all", "churn", "partition", "isolate-leader"];
/** Leaders that come and go quickly, and come back with what others have moved on from. */
const DEPOSED: readonly StrikeKind[] = ["churn", "isolate-leader"];
const RECONCILE = "test/core/service/reconcile.test.ts";
const DATACENTERS = "test/scenarios/datacenters.test.ts";

const TXN = "test/core/store/txn.test.ts";
const CACHE = "test/core/service/cache.test.ts";
const AGENT_CACHE = "test/scenarios/agent-cache.test.ts";
const SESSIONS = "test/core/service/sessions.test.ts";
const QUERIES = "test/core/store/queries.test.ts";
const INTENTIONS = "test/core/store/intentions.test.ts";

export const MUTANTS: readonly Mutant[] = [
  tests(
    SESSIONS,
    "lock-delay-ignored",
    32,
    "a lock is given within the lock-delay of the session that held it",
  ),
  tests(
    SESSIONS,
    "lock-delay-judged-once",
    32,
    "a lock asked for while its session ended is given within the lock-delay",
  ),
  tests(SESSIONS, "lock-delay-lost-in-snapshot", 32, "a server that takes over a snapshot holds no lock off"),
  tests(
    "test/scenarios/snapshots.test.ts",
    "lock-delay-lost-at-start",
    32,
    "a server that starts from a snapshot holds no lock off",
  ),
  tests(SESSIONS, "session-renewal-ignored", 33, "renewing a session does not begin its TTL anew"),
  tests(
    SESSIONS,
    "session-timers-not-reset",
    33,
    "a new leader does not give sessions all of their TTL again",
  ),
  swarm(
    "catalog-check-update-lost",
    undefined,
    "a check that is there already is not replaced by a new registration",
  ),
  swarm("txn-keeps-first-writes", undefined, "a transaction that fails leaves what it did before it failed"),
  swarm("txn-blind-to-itself", undefined, "a transaction looks at keys as they were before it"),
  tests(
    AGENT_CACHE,
    "cache-age-begins-anew",
    undefined,
    "with every failure the agent's cache says that it is new",
  ),
  tests(
    AGENT_CACHE,
    "cache-gives-up",
    undefined,
    "what the agent's cache failed to ask once is not asked again",
  ),
  tests(
    CACHE,
    "cache-answers-what-is-known",
    undefined,
    "who waits at the cache for news is told what it knows",
  ),
  tests(CACHE, "cache-goes-stale", undefined, "the cache fetches an answer and never looks for news"),
  tests(
    "test/core/service/remembered-reads.test.ts",
    "reads-remembered-too-long",
    undefined,
    "an answer that is remembered outlives a change of its service",
  ),
  swarm(
    "dns-answers-kept-too-long",
    undefined,
    "an answer over DNS is given again after its service has changed",
  ),
  tests(TXN, "txn-wakes-nobody", undefined, "who watches what a transaction changes is not told"),
  tests(
    RECONCILE,
    "reconcile-forgets-reaped",
    undefined,
    "a member that gossip has forgotten stays in the catalog",
  ),
  swarm(
    "reconcile-forgets-returned",
    undefined,
    "a member that failed and came back stays critical in the catalog",
  ),
  tests(RECONCILE, "reconcile-removes-failed", undefined, "a member that failed is deregistered"),
  swarm(
    "kv-cas-before-log",
    31,
    "a compare-and-set is judged before it is in the log, and applied as a plain write",
  ),
  swarm(
    "kv-cas-depends-on-batch",
    41,
    "what a compare-and-set does depends on how many entries were applied with it",
  ),
  swarm("kv-cas-ignores-index", 31, "a compare-and-set applies whatever the key's index is"),
  swarm(
    "config-cas-ignores-index",
    31,
    "a configuration entry is compared with an index and set whatever its own is",
  ),
  swarm("kv-cas-zero-overwrites", 31, "a compare-and-set with index 0 overwrites a key that is there"),
  swarm("kv-delete-leaves-no-trace", 29, "a deletion moves no index and leaves no tombstone"),
  tests(
    "test/scenarios/servers.test.ts",
    "leave-without-transfer",
    undefined,
    "a leader that leaves hands nothing over",
  ),
  swarm(
    "raft-append-clears-vote",
    4,
    "an AppendEntries makes a server forget whom it voted for in this term",
  ),
  swarm("raft-append-reply-before-stored", 25, "entries are acknowledged before they are on the disk"),
  swarm("raft-campaigner-votes", 8, "a candidate or leader votes for others in its own term too"),
  searched(
    { servers: 4, slowDisks: false },
    "raft-change-before-own-commit",
    13,
    "a new leader changes the configuration before it has committed anything",
  ),
  under(
    ROUGH,
    "raft-commit-beyond-last-new",
    10,
    "a follower commits up to leaderCommit, whatever its own tail is",
  ),
  swarm("raft-commit-older-term", 1, "entries of older terms are committed by counting (Figure 8)"),
  tests(
    "test/core/raft/replication.test.ts",
    "raft-configuration-outlives-truncation",
    14,
    "a configuration stays in force when its entry is cut away",
  ),
  stalling("raft-configuration-when-committed", 14, "a configuration counts only once it is committed"),
  tests(
    "test/core/raft/election.test.ts",
    "raft-forsakes-live-leader",
    15,
    "servers that hear a leader help others to depose it",
  ),
  under(
    ROUGH,
    "raft-heartbeat-commits-unmatched",
    38,
    "a heartbeat commits what the follower holds, whether it matches or not",
  ),
  tests(
    "test/core/raft/snapshots.test.ts",
    "raft-install-keeps-tail",
    21,
    "a snapshot from the leader leaves a log in place that conflicts with it",
  ),
  swarm(
    "raft-leader-counts-unstored",
    undefined,
    "the leader counts itself for entries that are not on its disk",
  ),
  tests(
    "test/core/raft/planted.test.ts",
    "raft-follower-read-unconfirmed",
    16,
    "a leader tells followers how far it is without asking whether it still leads",
  ),
  swarm("raft-lease-forever", 16, "a leader answers from its own state however long it has heard nothing"),
  tests(
    "test/core/raft/transfer.test.ts",
    "raft-lease-outlives-transfer",
    16,
    "a leader keeps its lease after it has told another one to campaign",
  ),
  tests(
    "test/core/raft/identity.test.ts",
    "raft-lost-log-still-counts",
    undefined,
    "what a server acknowledged counts after it came back with another log",
  ),
  swarm("raft-match-goes-back", 11, "a late reply lowers what a follower is known to have"),
  under(
    DEPOSED,
    "raft-older-snapshot",
    22,
    "a snapshot that is older than what is committed is installed all the same",
  ),
  swarm("raft-quorum-off-by-one", undefined, "one server less than a majority commits"),
  swarm("raft-quorum-unsorted", 12, "the committed index is read from an unsorted list"),
  swarm("raft-read-before-own-commit", 17, "a new leader serves reads before its own term has committed"),
  tests(
    "test/core/raft/reads.test.ts",
    "raft-read-round-reused",
    18,
    "reads are confirmed by a round of heartbeats that began before they came",
  ),
  tests(
    "test/core/raft/snapshots.test.ts",
    "raft-snapshot-uncommitted-configuration",
    23,
    "a snapshot holds a configuration that is not committed",
  ),
  tests(
    "test/core/raft/election.test.ts",
    "raft-stale-vote-counted",
    6,
    "votes of an older campaign are counted",
  ),
  tests(
    "test/core/raft/durability.test.ts",
    "raft-storage-aba",
    39,
    "a completed write counts for an entry that has been replaced since",
  ),
  tests(
    "test/core/raft/identity.test.ts",
    "raft-stranger-votes",
    undefined,
    "a server votes whose log is not the one that it was added with",
  ),
  tests(
    "test/core/raft/transfer.test.ts",
    "raft-transfer-too-early",
    undefined,
    "the target of a transfer is told to campaign before it has the whole log",
  ),
  swarm("raft-truncate-always", 9, "a follower cuts its log at every AppendEntries, conflict or not"),
  swarm("raft-vote-before-stored", 2, "a vote leaves before it is on the disk"),
  under(DEPOSED, "raft-vote-by-length", 5, "the longer log wins a vote, whatever its last term"),
  swarm("raft-vote-counted-twice", 7, "a vote that arrives twice counts twice"),
  swarm("raft-vote-ignores-log", 5, "votes are given whatever the candidate's log holds"),
  swarm("read-before-applied", 19, "a consistent read does not wait until what it must see is applied"),
  tests(
    "test/scenarios/clocks.test.ts",
    "read-consistent-by-lease",
    42,
    "a consistent read trusts a lease, which a clock that stood still makes too long",
  ),
  tests(
    "test/core/service/routing.test.ts",
    "service-answers-across-lives",
    18,
    "an answer to a question of an agent's earlier life is taken for the answer to one of this life",
  ),
  tests(
    "test/core/service/reads.test.ts",
    "service-reads-before-leader",
    30,
    "a server answers stale reads before it has heard of a leader, from an empty store",
  ),
  tests(
    "test/core/store/snapshot-codec.test.ts",
    "snapshot-drops-index",
    28,
    "a snapshot forgets the index of a table",
  ),
  tests(
    "test/core/snapshot/taking.test.ts",
    "snapshot-removes-old-first",
    undefined,
    "the old snapshot is removed before the new one is there",
  ),
  swarm(
    "snapshot-renamed-before-written",
    undefined,
    "a snapshot has its name before all of it is on the disk",
  ),
  tests(
    "test/core/store/snapshot-codec.test.ts",
    "snapshot-skips-row",
    23,
    "a snapshot leaves out a row where a piece of it ends",
  ),
  tests(
    "test/core/store/restore.test.ts",
    "restore-forgets-half",
    undefined,
    "a server that started anew in the middle of a restore puts only those parts together that came since",
  ),
  tests(
    "test/core/snapshot/receiving.test.ts",
    "snapshot-unverified",
    27,
    "a snapshot is taken over without a look at its checksums",
  ),
  under(["crash-all", "churn"], "wal-accepts-torn-tail", 27, "a torn last record is taken for a whole one"),
  swarm("wal-acks-before-durable", 25, "a write is confirmed when it is issued"),
  swarm("wal-forgets-hard-state", 2, "term and vote are not written"),
  tests(
    "test/core/wal/history.test.ts",
    "wal-resurrects-truncated",
    24,
    "entries that a snapshot replaced are there again after a restart",
  ),
  swarm("wal-takes-failure-for-success", 26, "a write that the disk refused counts as written"),
  swarm("wal-term-and-vote-apart", 3, "the vote is written first, and the term in a second write"),
  swarm("watch-misses-delete", 40, "a blocking query sleeps through the deletion of its key"),
  swarm("watch-set-after-read", 40, "a change right after a blocking query has looked is not noticed"),
  tests(
    "test/scenarios/stabilization.test.ts",
    "autopilot-promotes-the-sick",
    undefined,
    "autopilot makes a server a voter that is not well",
  ),
  under(["wan-cut"], "datacenter-ignored", undefined, "a question for another datacenter is answered here"),
  under(
    ["wan-reset"],
    "datacenter-writes-asked-twice",
    undefined,
    "a write for another datacenter that may have happened is asked of the next server",
  ),
  tests(
    "test/core/service/rotation.test.ts",
    "client-stays-with-the-cut-off",
    undefined,
    "a client agent goes on asking a server first that knows no leader",
  ),
  tests(
    "test/scenarios/clients.test.ts",
    "client-held-to-the-end",
    undefined,
    "a server that is cut off keeps a client agent's question until nobody else can be asked",
  ),
  tests(DATACENTERS, "wan-leave-unsaid", undefined, "who leaves does not tell the WAN"),
  tests(DATACENTERS, "wan-without-flood-join", undefined, "nobody brings a LAN's other servers into the WAN"),
  ...POOL_MUTANTS,
  tests(
    QUERIES,
    "query-comes-back",
    undefined,
    "a prepared query that was deleted meanwhile is updated all the same",
  ),
  tests(
    INTENTIONS,
    "intention-duplicate-kept",
    undefined,
    "an intention is kept beside one of the same source and destination",
  ),
  tests(
    QUERIES,
    "query-template-next-below",
    undefined,
    "a name finds its template only where no other stands between",
  ),
  tests(
    "test/core/service/prepared-queries.test.ts",
    "query-fails-over-to-itself",
    undefined,
    "a prepared query that has found nothing asks its own datacenter again",
  ),
  tests(
    "test/core/local/journal.test.ts",
    "local-removal-not-kept",
    undefined,
    "a service that was taken out of its agent is there again after a restart",
  ),
  tests(
    "test/core/local/sync.test.ts",
    "local-acknowledged-before-kept",
    undefined,
    "a registration is acknowledged before it would survive a crash",
  ),
  tests(
    "test/core/local/sync.test.ts",
    "local-failed-push-forgotten",
    undefined,
    "what the servers refused to be told is not told again",
  ),
  tests(
    "test/core/local/sync.test.ts",
    "local-strangers-stay",
    undefined,
    "what others registered on an agent's node stays in the catalog",
  ),
  tests(
    "test/core/local/sync.test.ts",
    "local-synced-before-read",
    undefined,
    "the catalog is told to forget what the agent has not read yet",
  ),
  tests(
    "test/core/local/sync.test.ts",
    "local-tag-override-ignored",
    undefined,
    "an agent writes its tags over those of others, where it said that they may",
  ),
  tests(
    "test/core/local/central-config.test.ts",
    "central-config-asked-once",
    undefined,
    "a proxy goes on with what entries said when it was registered",
  ),
  tests(
    "test/core/local/central-config.test.ts",
    "central-config-piles-up",
    undefined,
    "what entries said once stays with a proxy when they are gone",
  ),
  tests(
    "test/core/local/central-config.test.ts",
    "central-config-not-kept",
    undefined,
    "an agent that is restarted without servers has forgotten what entries said of its proxies",
  ),
  tests(
    "test/core/local/central-config.test.ts",
    "central-config-overtaken",
    undefined,
    "a registration that waits for the servers undoes what was changed after it",
  ),
  tests(
    "test/core/local/ttl.test.ts",
    "local-ttl-not-restarted",
    undefined,
    "a word does not prolong the life of a TTL check",
  ),
  tests(
    "test/core/local/journal.test.ts",
    "local-restart-believes-status",
    undefined,
    "a check that was registered as passing is so again after a restart, before anybody has looked",
  ),
  swarm(
    "probe-overlaps-itself",
    undefined,
    "a check that takes longer than its interval is begun again meanwhile",
  ),
  swarm(
    "probe-late-result-counts",
    undefined,
    "what comes of a run counts for a check that has been made another one meanwhile",
  ),
  tests(
    "test/core/local/registration.test.ts",
    "reap-forgets-the-floor",
    undefined,
    "a service goes when its check has been critical for less than a minute",
  ),
  tests(
    "test/scenarios/recovery.test.ts",
    "peers-file-removed-early",
    undefined,
    "peers.json is removed before the members in it are durable",
  ),
  tests(
    "test/core/wal/damage.test.ts",
    "wal-drops-after-bad-middle",
    27,
    "a damaged record in the middle takes all later ones with it, silently",
  ),
];
