// The planted bugs of gossip and of its keys.

import { gossip, type Mutant, tests } from "./ways.ts";

const GOSSIP = "test/core/gossip/planted.test.ts";
const SNAPSHOT = "test/core/gossip/snapshot.test.ts";
const KEYRINGS = "test/scenarios/keyrings.test.ts";

export const POOL_MUTANTS: readonly Mutant[] = [
  gossip("gossip-accuser-counted-twice", undefined, "one accuser of a suspect counts as often as it says so"),
  gossip(
    "gossip-alive-at-same-incarnation",
    undefined,
    "who is suspect or dead is revived by an alive message of the same incarnation",
  ),
  {
    ...gossip("gossip-awareness-stays", undefined, "a member that has doubted itself always will"),
    stalls: true,
  },
  gossip("gossip-dead-by-hearsay", undefined, "whom a push-pull calls dead is dead at once, and not suspect"),
  tests(GOSSIP, "gossip-dead-hear-nothing", undefined, "nothing is gossiped to those who died lately"),
  gossip(
    "gossip-dead-keeps-incarnation",
    34,
    "news of a death does not move the incarnation of one who is gone",
  ),
  {
    ...gossip("gossip-failed-left-alone", undefined, "nobody calls upon members that failed"),
    foundBy: { kind: "gossip", trouble: ["partition", "datacenters"] },
    stalls: true,
  },
  tests(SNAPSHOT, "gossip-leave-unrecorded", undefined, "a graceful leave is not in the pool's snapshot"),
  tests(SNAPSHOT, "gossip-restart-forgets-time", undefined, "a restarted agent begins with clocks at 1"),
  tests(SNAPSHOT, "gossip-rejoin-gives-up", undefined, "a restarted agent that reaches nobody looks no more"),
  tests(
    "test/core/gossip/limits.test.ts",
    "gossip-handoff-oldest-first",
    undefined,
    "of rumours that wait the oldest go first",
  ),
  tests(GOSSIP, "gossip-incarnation-overflow", 36, "an incarnation goes past 32 bits"),
  tests(
    GOSSIP,
    "gossip-nack-uncounted",
    undefined,
    "helpers that answer do not clear a member of its doubts",
  ),
  gossip("gossip-packet-too-long", undefined, "rumours are put into a packet as if headers cost nothing"),
  gossip("gossip-refutes-too-low", undefined, "a refutation is no louder than the accusation"),
  gossip(
    "gossip-restart-cannot-refute",
    35,
    "a restarted member does not rise above what is said of its former self",
  ),
  tests(
    GOSSIP,
    "gossip-rumours-for-ever",
    undefined,
    "a rumour is passed on until there is no number for how often",
  ),
  gossip("gossip-serf-misses-return", undefined, "Serf goes on listing a member as failed that is back"),
  gossip("gossip-stale-death-believed", undefined, "news of a death counts whatever its incarnation"),
  gossip("gossip-suspects-itself", undefined, "a member believes that it is suspect"),
  gossip("gossip-suspicion-survives-refutation", 37, "a refuted suspicion still kills"),
  tests(
    "test/core/gossip/coordinates.test.ts",
    "coordinate-believes-anything",
    undefined,
    "a member that lies about its coordinate is believed",
  ),
  tests(
    KEYRINGS,
    "keyring-answered-before-kept",
    undefined,
    "a member says that it has a key before it would remember it",
  ),
  tests(
    KEYRINGS,
    "keyring-primary-opens-alone",
    undefined,
    "what comes under another key than the primary stays shut",
  ),
  tests(
    KEYRINGS,
    "keyring-stays-at-home",
    undefined,
    "a key that is said to be changed is changed in one datacenter alone",
  ),
  tests(KEYRINGS, "keyring-strangers-heard", undefined, "what comes without a seal is believed"),
  gossip("serf-answer-counted-twice", undefined, "a relayed answer to a query counts once more"),
  gossip("serf-event-heard-twice", undefined, "a user event is news whenever it comes"),
  gossip("serf-events-by-rumour-alone", undefined, "push-pulls bring no user events that rumours did not"),
  tests(GOSSIP, "serf-late-answer", undefined, "an answer counts after the query's time is up"),
  tests(
    GOSSIP,
    "serf-hearsay-outdates-return",
    undefined,
    "who is said to have left has left at a later time than that, and its word of its return comes too early",
  ),
  gossip("serf-query-heard-twice", undefined, "a query is news whenever it comes"),
];
