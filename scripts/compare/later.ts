// What ours knows of later Consuls' command lines, and of earlier ones', which 1.8.7 does not: nothing to compare there.

/** Flags, by their command. */
export const LATER_FLAGS: Readonly<Record<string, readonly string[]>> = {
  "config delete": ["filename"],
  debug: ["since"],
  "kv import": ["prefix"],
  members: ["filter"],
  "snapshot inspect": ["format", "kvdepth", "kvdetails", "kvfilter"],
  "snapshot save": ["append-filename"],
  watch: ["filter"],
};

/** `configtest` is of Consul before 1.0. */
export const OTHER_COMMANDS: ReadonlySet<string> = new Set([
  "configtest",
  "operator autopilot state",
  "operator raft transfer-leader",
  "operator usage instances",
]);
