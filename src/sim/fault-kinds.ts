// The names of all trouble that a run can have, and which of it the swarm draws. A name is what the coverage table, a
// plan, a strike and an effect have in common; what each does is in src/sim/strikes.

/** Processes that end, stop, go, come back as another build. */
export const PROCESS_KINDS = [
  "crash",
  "crash-all",
  "churn",
  "pause",
  "suspend",
  "leave-and-return",
  "upgrade",
  "downgrade",
] as const;

export const NETWORK_KINDS = [
  "partition",
  "one-way",
  "isolate-leader",
  "bridge",
  "partial",
  "flapping",
  "reset",
  "storm",
  "slow-link",
  "throttle",
  "small-mtu",
  "corrupt",
] as const;

/** Between two datacenters; only in runs that have two. */
export const WAN_KINDS = ["wan-cut", "wan-partial", "wan-slow", "wan-storm", "wan-reset"] as const;

export const CLOCK_KINDS = ["clock-jump", "clock-stop"] as const;

export const DISK_KINDS = ["disk-stall", "disk-error", "disk-full"] as const;

/**
 * What takes durable data away. At most a minority of the servers may ever be struck by these in one run: the plan names
 * them (fault-atlas.ts).
 */
export const DESTRUCTIVE_KINDS = [
  "bit-rot",
  "misdirected-write",
  "lost-write",
  "read-corruption",
  "empty-disk",
] as const;

/** Changes of who votes and who leads, asked for while everything else goes on. */
export const MEMBERSHIP_KINDS = ["remove-server", "transfer"] as const;

/** What a run has from its beginning, or what comes of a crash: nobody strikes with these, but they must have been there. */
export const AMBIENT_KINDS = [
  "skew",
  "drift",
  "long-tail",
  "uneven-links",
  "torn-write",
  "lost-unsynced",
] as const;

export type FaultKind =
  | (typeof PROCESS_KINDS)[number]
  | (typeof NETWORK_KINDS)[number]
  | (typeof WAN_KINDS)[number]
  | (typeof CLOCK_KINDS)[number]
  | (typeof DISK_KINDS)[number]
  | (typeof DESTRUCTIVE_KINDS)[number]
  | (typeof MEMBERSHIP_KINDS)[number]
  | (typeof AMBIENT_KINDS)[number];

/** What somebody can strike with. */
export type StrikeKind = Exclude<FaultKind, (typeof AMBIENT_KINDS)[number]>;

/** What the swarm strikes any cluster with, in the order in which plans draw it. */
export const CLUSTER_KINDS: readonly StrikeKind[] = [
  ...PROCESS_KINDS,
  ...NETWORK_KINDS,
  ...CLOCK_KINDS,
  ...DISK_KINDS,
  ...DESTRUCTIVE_KINDS,
  ...MEMBERSHIP_KINDS,
];

/** Everything that the swarm strikes with. */
export const STRIKE_KINDS: readonly StrikeKind[] = [...CLUSTER_KINDS, ...WAN_KINDS];

/** Whether somebody can strike with it only where there are two datacenters. */
export function isOfWan(kind: StrikeKind): boolean {
  return WAN_KINDS.some((each) => each === kind);
}

/** All there are, in the order of every table. A campaign must have seen each at work. */
export const FAULT_KINDS: readonly FaultKind[] = [...STRIKE_KINDS, ...AMBIENT_KINDS];

/**
 * Kinds that break what leases rest on: that a second on one server's clock is between half a second and two on
 * another's. Default reads are linearizable only while that holds (docs/testing.md, "What a clock may do"), so runs with
 * one of these ask for consistent reads only.
 */
export const TIMELESS_KINDS: ReadonlySet<StrikeKind> = new Set(["suspend", "clock-jump", "clock-stop"]);
