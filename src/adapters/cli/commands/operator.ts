// `operator`: the families of commands for those who run a cluster.

import type { ParentCommand } from "../command.ts";

export const parent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} operator <subcommand> [options]

  Looks after the servers of a cluster: who they are, who leads, how healthy
  they are. Some of it can stop a cluster for good: know what you do.

  The help of each subcommand says more.`,
};

export const raftParent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} operator raft <subcommand> [options]

  Shows and changes which servers the Raft configuration has, and who leads.`,
};

export const autopilotParent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} operator autopilot <subcommand> [options]

  Shows and changes what autopilot does with servers that come and go, and
  shows how healthy they are.`,
};

export const usageParent: ParentCommand = {
  type: "parent",
  usage: (program) => `
Usage: ${program} operator usage <subcommand> [options]

  Shows how much of a datacenter is in use.`,
};
