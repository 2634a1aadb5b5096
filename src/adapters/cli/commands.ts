// The table of commands. A command's module is loaded when the command is run and not before: starting up is most of what
// `kv get` does.

import type { CommandTable } from "./command.ts";

export const COMMANDS: CommandTable = {
  acl: {
    synopsis: "Not here yet: access control lists",
    load: async () => (await import("./commands/refused.ts")).acl,
  },
  agent: { synopsis: "Runs an agent", load: async () => (await import("./commands/agent.ts")).command },
  debug: {
    synopsis: "Gathers what there is to know of an agent",
    load: async () => (await import("./commands/debug.ts")).command,
  },
  event: {
    synopsis: "Tells all agents that something happened",
    load: async () => (await import("./commands/event.ts")).command,
  },
  catalog: {
    synopsis: "Lists what the catalog has",
    load: async () => (await import("./commands/catalog.ts")).parent,
  },
  "catalog datacenters": {
    synopsis: "Lists all datacenters",
    load: async () => (await import("./commands/catalog-datacenters.ts")).command,
  },
  "catalog nodes": {
    synopsis: "Lists the nodes of a datacenter",
    load: async () => (await import("./commands/catalog-nodes.ts")).command,
  },
  "catalog services": {
    synopsis: "Lists the services of a datacenter",
    load: async () => (await import("./commands/catalog-services.ts")).command,
  },
  config: {
    synopsis: "Reads and writes configuration that the servers keep",
    load: async () => (await import("./commands/config.ts")).parent,
  },
  "config delete": {
    synopsis: "Takes a configuration entry back",
    load: async () => (await import("./commands/config-named.ts")).deleteCommand,
  },
  "config list": {
    synopsis: "Lists the configuration entries of a kind",
    load: async () => (await import("./commands/config-named.ts")).listCommand,
  },
  "config read": {
    synopsis: "Prints a configuration entry",
    load: async () => (await import("./commands/config-named.ts")).readCommand,
  },
  "config write": {
    synopsis: "Makes or replaces a configuration entry",
    load: async () => (await import("./commands/config-write.ts")).command,
  },
  configtest: {
    synopsis: "Older word for validate",
    hidden: true,
    load: async () => (await import("./commands/validate.ts")).formerCommand,
  },
  connect: {
    synopsis: "Not here yet: Connect and its certificates",
    load: async () => (await import("./commands/refused.ts")).connect,
  },
  exec: {
    synopsis: "Runs a command on many agents at once",
    load: async () => (await import("./commands/exec.ts")).command,
  },
  "force-leave": {
    synopsis: "Declares that a failed member has left",
    load: async () => (await import("./commands/force-leave.ts")).command,
  },
  info: {
    synopsis: "Prints what an agent says of itself",
    load: async () => (await import("./commands/info.ts")).command,
  },
  intention: {
    synopsis: "Says which services may connect to which",
    load: async () => (await import("./commands/intention.ts")).parent,
  },
  "intention check": {
    synopsis: "Asks whether a service may connect to another",
    load: async () => (await import("./commands/intention-ask.ts")).checkCommand,
  },
  "intention create": {
    synopsis: "Makes or replaces intentions",
    load: async () => (await import("./commands/intention-create.ts")).command,
  },
  "intention delete": {
    synopsis: "Deletes an intention",
    load: async () => (await import("./commands/intention-named.ts")).deleteCommand,
  },
  "intention get": {
    synopsis: "Shows an intention",
    load: async () => (await import("./commands/intention-named.ts")).getCommand,
  },
  "intention list": {
    synopsis: "Lists all intentions",
    load: async () => (await import("./commands/intention-ask.ts")).listCommand,
  },
  "intention match": {
    synopsis: "Lists the intentions that decide over a service",
    load: async () => (await import("./commands/intention-ask.ts")).matchCommand,
  },
  join: {
    synopsis: "Makes an agent join a cluster",
    load: async () => (await import("./commands/join.ts")).command,
  },
  keygen: {
    synopsis: "Draws a new key for gossip encryption",
    load: async () => (await import("./commands/keygen.ts")).command,
  },
  keyring: {
    synopsis: "Lists and changes the keys that encrypt gossip",
    load: async () => (await import("./commands/keyring.ts")).command,
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
  lock: {
    synopsis: "Runs a program while a lock is held",
    load: async () => (await import("./commands/lock.ts")).command,
  },
  login: {
    synopsis: "Not here yet: access control lists",
    load: async () => (await import("./commands/refused.ts")).login,
  },
  logout: {
    synopsis: "Not here yet: access control lists",
    load: async () => (await import("./commands/refused.ts")).logout,
  },
  maint: {
    synopsis: "Puts a node or a service into maintenance, and ends it",
    load: async () => (await import("./commands/maint.ts")).command,
  },
  members: {
    synopsis: "Lists the members of the cluster",
    load: async () => (await import("./commands/members.ts")).command,
  },
  monitor: {
    synopsis: "Shows the log of an agent as it is written",
    load: async () => (await import("./commands/monitor.ts")).command,
  },
  operator: {
    synopsis: "Provides cluster-level tools for operators",
    load: async () => (await import("./commands/operator.ts")).parent,
  },
  "operator autopilot": {
    synopsis: "Looks after servers that come and go",
    load: async () => (await import("./commands/operator.ts")).autopilotParent,
  },
  "operator autopilot get-config": {
    synopsis: "Shows autopilot's configuration",
    load: async () => (await import("./commands/operator-autopilot-get-config.ts")).command,
  },
  "operator autopilot set-config": {
    synopsis: "Changes autopilot's configuration",
    load: async () => (await import("./commands/operator-autopilot-set-config.ts")).command,
  },
  "operator autopilot state": {
    synopsis: "Shows how healthy the servers are",
    load: async () => (await import("./commands/operator-autopilot-state.ts")).command,
  },
  "operator raft": {
    synopsis: "Shows and changes the Raft configuration",
    load: async () => (await import("./commands/operator.ts")).raftParent,
  },
  "operator raft list-peers": {
    synopsis: "Lists the servers of the Raft configuration",
    load: async () => (await import("./commands/operator-raft-list-peers.ts")).command,
  },
  "operator raft remove-peer": {
    synopsis: "Takes a server out of the Raft configuration",
    load: async () => (await import("./commands/operator-raft-remove-peer.ts")).command,
  },
  "operator raft transfer-leader": {
    synopsis: "Hands leadership to another server",
    load: async () => (await import("./commands/operator-raft-transfer-leader.ts")).command,
  },
  "operator usage": {
    synopsis: "Shows how much is in use",
    load: async () => (await import("./commands/operator.ts")).usageParent,
  },
  "operator usage instances": {
    synopsis: "Counts services, their instances and nodes",
    load: async () => (await import("./commands/operator-usage-instances.ts")).command,
  },
  reload: {
    synopsis: "Makes an agent read its configuration again",
    load: async () => (await import("./commands/reload.ts")).command,
  },
  replay: {
    synopsis: "Runs a recorded trace again",
    load: async () => ({ type: "raw", run: (await import("./sim/main.ts")).runReplay }),
  },
  rtt: {
    synopsis: "Estimates the round trip time between two nodes",
    load: async () => (await import("./commands/rtt.ts")).command,
  },
  sim: {
    synopsis: "Runs clusters in the simulator",
    load: async () => ({ type: "raw", run: (await import("./sim/main.ts")).runSim }),
  },
  services: {
    synopsis: "Registers services with an agent",
    load: async () => (await import("./commands/services.ts")).parent,
  },
  "services deregister": {
    synopsis: "Takes services out of an agent",
    load: async () => (await import("./commands/services-deregister.ts")).command,
  },
  "services register": {
    synopsis: "Registers services with an agent",
    load: async () => (await import("./commands/services-register.ts")).command,
  },
  snapshot: {
    synopsis: "Saves, restores and inspects the state of the servers",
    load: async () => (await import("./commands/snapshot.ts")).parent,
  },
  "snapshot inspect": {
    synopsis: "Shows what a saved state says of itself",
    load: async () => (await import("./commands/snapshot-inspect.ts")).command,
  },
  "snapshot restore": {
    synopsis: "Puts a saved state in the place of the servers' own",
    load: async () => (await import("./commands/snapshot-restore.ts")).command,
  },
  "snapshot save": {
    synopsis: "Saves the state of the servers to a file",
    load: async () => (await import("./commands/snapshot-save.ts")).command,
  },
  tls: {
    synopsis: "Not here yet: certificates for TLS between agents",
    load: async () => (await import("./commands/refused.ts")).tls,
  },
  validate: {
    synopsis: "Checks configuration files",
    load: async () => (await import("./commands/validate.ts")).command,
  },
  version: {
    synopsis: "Prints the version",
    load: async () => (await import("./commands/version.ts")).command,
  },
  watch: {
    synopsis: "Runs a program whenever something has changed",
    load: async () => (await import("./commands/watch.ts")).command,
  },
};
