// The table of commands. A command's module is loaded when the command is run and not before: starting up is most of what
// `kv get` does.

import type { CommandTable } from "./command.ts";

export const COMMANDS: CommandTable = {
  agent: { synopsis: "Runs an agent", load: async () => (await import("./commands/agent.ts")).command },
  "force-leave": {
    synopsis: "Declares that a failed member has left",
    load: async () => (await import("./commands/force-leave.ts")).command,
  },
  info: {
    synopsis: "Prints what an agent says of itself",
    load: async () => (await import("./commands/info.ts")).command,
  },
  join: {
    synopsis: "Makes an agent join a cluster",
    load: async () => (await import("./commands/join.ts")).command,
  },
  keygen: {
    synopsis: "Draws a new key for gossip encryption",
    load: async () => (await import("./commands/keygen.ts")).command,
  },
  kv: {
    synopsis: "Reads and writes the key/value store",
    load: async () => (await import("./commands/kv.ts")).parent,
  },
  "kv delete": {
    synopsis: "Deletes keys",
    load: async () => (await import("./commands/kv-delete.ts")).command,
  },
  "kv export": {
    synopsis: "Prints a tree of the store as JSON",
    load: async () => (await import("./commands/kv-export.ts")).command,
  },
  "kv get": {
    synopsis: "Prints values or lists keys",
    load: async () => (await import("./commands/kv-get.ts")).command,
  },
  "kv import": {
    synopsis: "Writes a tree that was exported as JSON",
    load: async () => (await import("./commands/kv-import.ts")).command,
  },
  "kv put": {
    synopsis: "Writes a key",
    load: async () => (await import("./commands/kv-put.ts")).command,
  },
  leave: {
    synopsis: "Makes an agent leave its cluster and end",
    load: async () => (await import("./commands/leave.ts")).command,
  },
  members: {
    synopsis: "Lists the members of the cluster",
    load: async () => (await import("./commands/members.ts")).command,
  },
  reload: {
    synopsis: "Makes an agent read its configuration again",
    load: async () => (await import("./commands/reload.ts")).command,
  },
  replay: {
    synopsis: "Runs a recorded trace again",
    load: async () => ({ type: "raw", run: (await import("./sim/main.ts")).runReplay }),
  },
  sim: {
    synopsis: "Runs clusters in the simulator",
    load: async () => ({ type: "raw", run: (await import("./sim/main.ts")).runSim }),
  },
  validate: {
    synopsis: "Checks configuration files",
    load: async () => (await import("./commands/validate.ts")).command,
  },
  version: {
    synopsis: "Prints the version",
    load: async () => (await import("./commands/version.ts")).command,
  },
};
