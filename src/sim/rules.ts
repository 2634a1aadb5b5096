// Every rule that a run can break, by its id: what it says, and the file that stands for it. The ids are known to people,
// to the shrinker and to tables of past failures, so they stay. docs/testing.md has this as a table (test/sim/rules.test.ts).

export type RuleId =
  | "election-safety"
  | "leader-append-only"
  | "log-matching"
  | "leader-completeness"
  | "state-machine-safety"
  | "commit-order"
  | "committed-entry-changed"
  | "committed-entry-cut"
  | "commit-without-quorum"
  | "term-went-back"
  | "commit-went-back"
  | "applied-went-back"
  | "discarded-came-back"
  | "indexes-out-of-order"
  | "vote-twice"
  | "vote-for-stale-log"
  | "elected-without-majority"
  | "term-forgotten"
  | "vote-forgotten"
  | "entry-forgotten"
  | "identity-without-cause"
  | "linearizability"
  | "linearizability-undecided"
  | "lock-two-holders"
  | "lock-delay-broken"
  | "strange-answer"
  | "index-went-back"
  | "query-did-not-return"
  | "missed-wake-up"
  | "no-progress"
  | "not-at-rest"
  | "catalog-unlike-pool"
  | "registration-lost"
  | "dns-answer-untrue"
  | "transaction-torn"
  | "row-came-back"
  | "row-twice"
  | "datacenter-unreached"
  | "local-registration-lost"
  | "ttl-early"
  | "ttl-late"
  | "probe-overlap"
  | "probe-status"
  | "reap-early"
  | "livelock"
  | "gossip-incarnation-fell"
  | "gossip-evidence-forgotten"
  | "gossip-accusation-unanswered"
  | "gossip-incarnation-invented"
  | "gossip-resurrection"
  | "gossip-dead-by-hearsay"
  | "gossip-packet-too-long"
  | "gossip-serf-disagrees"
  | "gossip-false-death"
  | "gossip-not-converged"
  | "keyring-promise"
  | "gossip-rumour-invented"
  | "gossip-rumour-twice"
  | "gossip-rumour-missed"
  | "gossip-answer-late"
  | "gossip-answer-twice"
  | "invariant"
  | "codec"
  | "disk-misfit"
  | "schedule-busy"
  | "story";

export interface Rule {
  /** As it should be, in one line. */
  readonly says: string;
  /** Under src/sim: where it is stated. Rules of Raft's core alone (raft/) and of small scopes (search/) use the same ids. */
  readonly file: string;
}

export const RULES: Readonly<Record<RuleId, Rule>> = {
  "election-safety": {
    says: "at most one leader can be elected in a given term (§5.2)",
    file: "checkers/raft/election-safety.ts",
  },
  "leader-append-only": {
    says: "a leader never overwrites or deletes entries in its log (§5.3)",
    file: "checkers/raft/leader-append-only.ts",
  },
  "log-matching": {
    says: "logs that contain an entry of equal index and term are identical up to it (§5.3)",
    file: "checkers/raft/log-matching.ts",
  },
  "leader-completeness": {
    says: "an entry committed in a term is in the logs of the leaders of all higher terms (§5.4)",
    file: "checkers/raft/leader-completeness.ts",
  },
  "state-machine-safety": {
    says: "no two servers apply different entries at one index, nor reach different states by it (§5.4.3)",
    file: "checkers/raft/state-machine-safety.ts",
  },
  "commit-order": {
    says: "entries are committed one after the other, and first by a leader",
    file: "checkers/raft/committed-entries.ts",
  },
  "committed-entry-changed": {
    says: "what was committed at an index is committed there for ever, on every server",
    file: "checkers/raft/committed-entries.ts",
  },
  "committed-entry-cut": {
    says: "no server cuts what it has committed, nor is told to",
    file: "checkers/raft/committed-entries.ts",
  },
  "commit-without-quorum": {
    says: "a leader commits what is on the disks of a majority, counted from outside",
    file: "checkers/raft/durable-quorum.ts",
  },
  "term-went-back": { says: "currentTerm only grows (Figure 2)", file: "checkers/raft/monotonicity.ts" },
  "commit-went-back": { says: "commitIndex only grows (Figure 2)", file: "checkers/raft/monotonicity.ts" },
  "applied-went-back": { says: "lastApplied only grows (Figure 2)", file: "checkers/raft/monotonicity.ts" },
  "discarded-came-back": {
    says: "entries that a snapshot stands for do not come back",
    file: "checkers/raft/monotonicity.ts",
  },
  "indexes-out-of-order": {
    says: "discarded ≤ applied ≤ committed ≤ last",
    file: "checkers/raft/monotonicity.ts",
  },
  "vote-twice": {
    says: "a server votes once in a term, over crashes too (§5.2)",
    file: "checkers/promises.ts",
  },
  "vote-for-stale-log": {
    says: "a vote goes to a candidate whose log is at least as up-to-date (§5.4.1)",
    file: "checkers/promises.ts",
  },
  "elected-without-majority": {
    says: "who leads was given the votes of a majority in that very term (§5.2)",
    file: "checkers/promises.ts",
  },
  "term-forgotten": {
    says: "a term that a server has spoken of outlives a crash",
    file: "checkers/promises.ts",
  },
  "vote-forgotten": { says: "a vote that was given outlives a crash", file: "checkers/promises.ts" },
  "entry-forgotten": {
    says: "an entry that was acknowledged to the leader outlives a crash",
    file: "checkers/promises.ts",
  },
  "identity-without-cause": {
    says: "a server comes back with another log only if its disk lost something",
    file: "checkers/promises.ts",
  },
  linearizability: {
    says: "some order of operations, each between its question and its answer, explains all answers",
    file: "checkers/client-history.ts",
  },
  "linearizability-undecided": {
    says: "and the search for it ends within its budget",
    file: "checkers/client-history.ts",
  },
  "lock-two-holders": {
    says: "nobody is given a lock that another one holds for certain",
    file: "checkers/lock-exclusion.ts",
  },
  "lock-delay-broken": {
    says: "nobody is given a lock within the lock-delay of the session that held it",
    file: "checkers/lock-exclusion.ts",
  },
  "strange-answer": { says: "what a client is answered is an answer to what it asked", file: "kv-client.ts" },
  "index-went-back": { says: "no client is told a lower X-Consul-Index than before", file: "watchers.ts" },
  "query-did-not-return": { says: "a blocking query returns when its time is up", file: "watchers.ts" },
  "missed-wake-up": { says: "who watches a key is told of its last change", file: "final-exam.ts" },
  "no-progress": { says: "when all trouble has ended, a write succeeds", file: "final-exam.ts" },
  "not-at-rest": {
    says: "when all trouble has ended, there are one leader, equal states and full lists of members, in time",
    file: "liveness.ts",
  },
  "catalog-unlike-pool": {
    says: "when all trouble has ended, the catalog has every member, alive, with the services and checks of its agent and no others, and no ghosts, in time",
    file: "liveness.ts",
  },
  "registration-lost": {
    says: "a registration that was confirmed is in the catalog until it is taken back",
    file: "catalog-clients.ts",
  },
  "dns-answer-untrue": {
    says: "what a server says over DNS of its own state is what is there and healthy at that moment",
    file: "dns-clients.ts",
  },
  "transaction-torn": {
    says: "what a transaction wrote is seen as a whole, and nothing of one that could not be done",
    file: "txn-clients.ts",
  },
  "row-came-back": {
    says: "a prepared query or an intention that was deleted is never seen or changed again",
    file: "row-clients.ts",
  },
  "row-twice": {
    says: "no two prepared queries have one name, and no two intentions one source and destination",
    file: "row-clients.ts",
  },
  "datacenter-unreached": {
    says: "when all trouble has ended, every agent of two datacenters knows both, finds by failover what the other one has, and says of one that is not there that there is no path to it",
    file: "federation-exam.ts",
  },
  "local-registration-lost": {
    says: "what was registered with an agent, and confirmed, is there until it is taken back, after every restart, with its checks",
    file: "registrars.ts",
  },
  "ttl-early": {
    says: "a TTL check does not expire before its agent was told nothing of it for its TTL",
    file: "registrars.ts",
  },
  "ttl-late": {
    says: "a TTL check that its agent was told nothing of for its TTL is critical, in time",
    file: "registrars.ts",
  },
  "probe-overlap": {
    says: "a check is made once at a time, an interval after the run before at the earliest",
    file: "checkers/probed-checks.ts",
  },
  "probe-status": {
    says: "a check that is made has the status that enough results in a row gave it, of its own runs, and no other",
    file: "checkers/probed-checks.ts",
  },
  "reap-early": {
    says: "a service goes by itself only when its check has been critical for as long as it bears, a minute at least",
    file: "checkers/probed-checks.ts",
  },
  "keyring-promise": {
    says: "what an operator was told has been done with a key is so at every member, on its disk too",
    file: "keyrings.ts",
  },
  livelock: {
    says: "no server sends another the same kind of message over and over for nothing",
    file: "checkers/livelock.ts",
  },
  "gossip-incarnation-fell": {
    says: "what is known of a node's incarnation never falls (SWIM §4.2)",
    file: "checkers/gossip/incarnations.ts",
  },
  "gossip-evidence-forgotten": {
    says: "what was said of a node with a higher incarnation is remembered, dead or alive",
    file: "checkers/gossip/incarnations.ts",
  },
  "gossip-accusation-unanswered": {
    says: "who is said to be suspect or dead contradicts with a higher incarnation",
    file: "checkers/gossip/incarnations.ts",
  },
  "gossip-incarnation-invented": {
    says: "nobody but its owner raises an incarnation",
    file: "checkers/gossip/incarnations.ts",
  },
  "gossip-resurrection": {
    says: "who was suspect, dead or gone is alive again only with a higher incarnation",
    file: "checkers/gossip/resurrection.ts",
  },
  "gossip-dead-by-hearsay": {
    says: "a push-pull alone makes nobody dead: who is said to be is suspect first",
    file: "checkers/gossip/resurrection.ts",
  },
  "gossip-packet-too-long": {
    says: "a datagram is no longer than memberlist's",
    file: "checkers/gossip/packets.ts",
  },
  "gossip-serf-disagrees": {
    says: "Serf's list and memberlist's say the same of a member",
    file: "checkers/gossip/serf-agreement.ts",
  },
  "gossip-false-death": {
    says: "a member that is well is not declared dead by one that is well",
    file: "checkers/gossip/false-deaths.ts",
  },
  "gossip-not-converged": {
    says: "when all trouble has ended, everybody lists exactly those as alive who are there, in time",
    file: "gossip/swarm.ts",
  },
  "gossip-rumour-invented": {
    says: "nobody hears of a user event that nobody fired, or of a query that nobody asked",
    file: "checkers/gossip/rumours.ts",
  },
  "gossip-rumour-twice": {
    says: "in one life a member hears of a user event or a query at most once",
    file: "checkers/gossip/rumours.ts",
  },
  "gossip-rumour-missed": {
    says: "when all trouble has ended, a user event that one knows of has come to all who were in before it, in time",
    file: "gossip/swarm.ts",
  },
  "gossip-answer-late": {
    says: "nothing is taken for an answer to a query whose time is up",
    file: "checkers/gossip/rumours.ts",
  },
  "gossip-answer-twice": {
    says: "each member answers a query once, and confirms once that it got it",
    file: "checkers/gossip/rumours.ts",
  },
  invariant: {
    says: "an assertion of the core holds: of gossip, service, Raft, log and store, after every step",
    file: "violation.ts",
  },
  codec: { says: "what our own agents send decodes to what was sent", file: "delivery.ts" },
  "disk-misfit": { says: "a server can read the disk that it has written", file: "raft/server.ts" },
  "schedule-busy": { says: "without new inputs the agents come to an end", file: "shrink/stage.ts" },
  story: { says: "what a scenario demands comes true", file: "scenario.ts" },
};
