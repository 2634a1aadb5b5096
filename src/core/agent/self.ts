// What an agent says about itself: /v1/agent/self and `info`. The names and sections are Consul's.

import type { AgentSelf } from "../api/response.ts";
import { coordinateOf } from "../gossip/serf/coordinates.ts";
import type { Gossip } from "../gossip/state.ts";
import { gossipMembers, gossipStats } from "../gossip/step.ts";
import { must } from "../lib/assert.ts";
import { printDuration } from "../lib/duration.ts";
import { localCounts } from "../local/answers.ts";
import { ownMeta } from "../model/own-node.ts";
import { lastTerm, latestConfiguration } from "../raft/log.ts";
import { isLeader } from "../raft/role.ts";
import type { Raft } from "../raft/state.ts";
import { listDatacenters } from "../service/router.ts";
import { serverAddress } from "../service/serve.ts";
import type { Server } from "../service/state.ts";
import { CONSUL_VERSION } from "./config.ts";
import { describeConfig } from "./debug-config.ts";
import type { Agent } from "./state.ts";

type Section = ReadonlyMap<string, string>;

export function describeSelf(agent: Agent, nowMs: number): AgentSelf {
  const member = must(
    gossipMembers(agent.pools.lan).find((each) => each.name === agent.config.nodeName),
    "an agent is a member of its own pool",
  );
  const { config } = agent;
  return {
    config: {
      datacenter: config.datacenter,
      nodeName: config.nodeName,
      nodeId: config.nodeId,
      revision: "",
      server: config.server,
      version: CONSUL_VERSION,
    },
    debugConfig: describeConfig(config),
    coordinate: coordinateOf(agent.pools.lan, config.nodeName) ?? null,
    member,
    stats: describeStats(agent, nowMs),
    meta: ownMeta(config),
  };
}

function describeStats(agent: Agent, nowMs: number): ReadonlyMap<string, Section> {
  const { server } = agent.service;
  const stats = new Map<string, Section>([
    ["agent", section(localCounts(agent.local))],
    ["build", section({ prerelease: "", revision: "", version: CONSUL_VERSION })],
    ["consul", server === undefined ? clientSection(agent) : serverSection(agent, server)],
  ]);
  if (server !== undefined) stats.set("raft", raftSection(server, nowMs));
  const { lan, wan } = agent.pools;
  addPool(stats, "serf_lan", lan);
  if (wan !== undefined) addPool(stats, "serf_wan", wan);
  return stats;
}

function addPool(stats: Map<string, Section>, title: string, gossip: Gossip): void {
  stats.set(title, serfSection(gossip));
  const { dropped } = gossipStats(gossip);
  // Consul has no such section; it appears when there is something to be found out.
  if (dropped.size > 0) stats.set(`${title}_dropped`, section(Object.fromEntries(dropped)));
}

function section(fields: Readonly<Record<string, string | number | boolean>>): Section {
  return new Map(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}

function clientSection(agent: Agent): Section {
  return section({ acl: "disabled", known_servers: agent.service.preference.length, server: false });
}

function serverSection(agent: Agent, server: Server): Section {
  const { leader } = server.raft;
  return section({
    acl: "disabled",
    bootstrap: agent.config.bootstrap,
    known_datacenters: listDatacenters(agent.service).length,
    leader: isLeader(server.raft),
    leader_addr: leader === undefined ? "" : (serverAddress(agent.service, server, leader) ?? ""),
    server: true,
  });
}

function raftSection({ raft, store }: Server, nowMs: number): Section {
  const configuration = latestConfiguration(raft.log);
  const voters = configuration.servers.filter(({ voter }) => voter);
  const servers = configuration.servers.map(
    ({ id, address, voter }) => `{Suffrage:${voter ? "Voter" : "Nonvoter"} ID:${id} Address:${address}}`,
  );
  return section({
    applied_index: store.lastApplied,
    commit_index: raft.commitIndex,
    fsm_pending: raft.commitIndex - store.lastApplied,
    last_contact: lastContact(raft, nowMs),
    last_log_index: raft.log.lastIndex,
    last_log_term: lastTerm(raft.log),
    last_snapshot_index: raft.snapshot.index,
    last_snapshot_term: raft.snapshot.term,
    latest_configuration: `[${servers.join(" ")}]`,
    latest_configuration_index: configuration.index,
    num_peers: voters.some(({ id }) => id === raft.id) ? voters.length - 1 : 0,
    protocol_version: 3,
    protocol_version_max: 3,
    protocol_version_min: 0,
    snapshot_version_max: 1,
    snapshot_version_min: 0,
    state: raft.role === "leader" ? "Leader" : raft.role === "follower" ? "Follower" : "Candidate",
    term: raft.currentTerm,
  });
}

/** As hashicorp/raft prints it: "0" on a leader, "never", or how long ago. */
function lastContact(raft: Raft, nowMs: number): string {
  if (raft.role === "leader") return "0";
  if (!Number.isFinite(raft.leaderContactMs)) return "never";
  return printDuration(Math.round((nowMs - raft.leaderContactMs) * 1e6));
}

function serfSection(gossip: Gossip): Section {
  const stats = gossipStats(gossip);
  const { coordinateResets } = stats;
  return section({
    ...(coordinateResets === undefined ? {} : { coordinate_resets: coordinateResets }),
    encrypted: gossip.keyring !== undefined,
    event_queue: stats.eventQueue,
    event_time: stats.eventTime,
    failed: stats.failed,
    health_score: stats.healthScore,
    intent_queue: stats.intentQueue,
    left: stats.left,
    member_time: stats.memberTime,
    members: stats.members,
    query_queue: stats.queryQueue,
    query_time: stats.queryTime,
  });
}
