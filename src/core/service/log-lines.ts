// What the log says of servers that come and go and of elections, in Consul's words and with its keys: operators look for
// these lines and have alarms on them. What Raft says of single messages is in raft-lines.ts.

import { type Notice, type NoticeFields, type NoticeLevel, notice } from "../api/notice.ts";
import type { MemberEvent } from "../gossip/ports.ts";
import { joinHostPort } from "../model/address.ts";
import { type Member, serverTags } from "../model/member.ts";
import { type Configuration, isVoter } from "../raft/configuration.ts";
import { latestConfiguration } from "../raft/log.ts";
import { electorate, majority } from "../raft/quorum.ts";
import type { Raft, RaftEffect, Role } from "../raft/state.ts";
import { tellOfOffice } from "./raft-lines.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

/** The words in which a client agent and a server tell of the same. */
const SERVER_LINES = {
  join: { client: "adding server", server: "Adding LAN server" },
  update: { client: "updating server", server: "Updating LAN server" },
  failed: { client: "removing server", server: "Removing LAN server" },
  leave: { client: "removing server", server: "Removing LAN server" },
  reap: { client: "", server: "Removing LAN server" },
} as const satisfies Record<MemberEvent, object>;

/** A member of the LAN came, went or changed: a line if it is a server of ours. */
export function tellOfServer(
  { config, server }: Service,
  event: MemberEvent,
  member: Member,
  out: ServiceEffect[],
): void {
  const tags = serverTags(member);
  const half = server === undefined ? "client" : "server";
  const message = SERVER_LINES[event][half];
  if (tags === undefined || tags.datacenter !== config.datacenter || message === "") return;
  const shown = `${member.name} (Addr: tcp/${tags.rpcAddress}) (DC: ${tags.datacenter})`;
  out.push(notice("info", half, message, { server: shown }));
}

/** A server of the WAN came, went or changed. */
export function wanServerLine(event: MemberEvent, { name }: Member): Notice {
  const fields = { event: `member-${event}`, server: name, area: "wan" };
  return notice("info", "server", "Handled event for server in area", fields);
}

/** What Raft begins with, when its log has been read. */
export function tellOfRaft(service: Service, { raft }: Server, out: ServiceEffect[]): void {
  const configuration = latestConfiguration(raft.log);
  const fields = { index: configuration.index, servers: serversText(configuration) };
  const follower = nodeText(service, "follower");
  out.push(notice("info", "server.raft", "initial configuration", fields));
  out.push(notice("info", "server.raft", "entering follower state", { follower, leader: "" }));
}

/** "[{Suffrage:Voter ID:… Address:…} {…}]" */
export function serversText({ servers }: Configuration): string {
  const shown = servers.map(
    ({ id, address, voter }) => `{Suffrage:${voter ? "Voter" : "Nonvoter"} ID:${id} Address:${address}}`,
  );
  return `[${shown.join(" ")}]`;
}

/**
 * Raft's role, its term or its leader is another one. Asking for pre-votes is what a server does when it hears no leader,
 * and so it is what Consul says then.
 */
export function tellOfRole(
  service: Service,
  server: Server,
  { role, term, leader }: Extract<RaftEffect, { type: "role" }>,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { raft, told } = server;
  const { role: before } = told;
  const say = (level: NoticeLevel, message: string, fields: NoticeFields): void =>
    void out.push(notice(level, "server.raft", message, fields));
  const node = nodeText(service, role);
  const lastLeader = addressOf(service, raft, told.leader);
  const lostQuorum =
    before === "leader" && term === told.term && isVoter(latestConfiguration(raft.log), raft.id);
  told.role = role;
  told.term = term;
  if (leader !== undefined) told.leader = leader;
  if (before === role && role !== "pre-candidate") return;
  switch (role) {
    case "follower":
      if (before === "leader" && lostQuorum && !raft.durability.broken)
        say("warn", "failed to contact quorum of nodes, stepping down", {});
      say("info", "entering follower state", {
        follower: node,
        leader: addressOf(service, raft, leader ?? ""),
      });
      if (before !== "leader") return;
      out.push(notice("debug", "server", "shutting down leader loop"));
      tellOfOffice(service, server, false, nowMs, out);
      out.push(notice("info", "server", "cluster leadership lost"));
      return;
    case "pre-candidate":
      if (before === role) return say("warn", "Election timeout reached, restarting election", {});
      return say("warn", "heartbeat timeout reached, starting election", { "last-leader": lastLeader });
    case "candidate":
      // Who is alone asks nobody first.
      if (before === "follower")
        say("warn", "heartbeat timeout reached, starting election", { "last-leader": lastLeader });
      say("info", "entering candidate state", { node, term });
      say("debug", "votes", { needed: majority(electorate(raft).length) });
      return say("debug", "vote granted", { from: raft.id, term, tally: 1 });
    case "leader":
      say("info", "election won", { tally: majority(electorate(raft).length) });
      say("info", "entering leader state", { leader: node });
      for (const { id } of latestConfiguration(raft.log).servers)
        if (id !== raft.id) say("info", "added peer, starting replication", { peer: id });
      tellOfOffice(service, server, true, nowMs, out);
      out.push(notice("info", "server", "cluster leadership acquired"));
  }
}

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  follower: "Follower",
  "pre-candidate": "Candidate",
  candidate: "Candidate",
  leader: "Leader",
};

/** "Node at 10.0.0.1:8300 [Leader]" */
function nodeText({ config }: Service, role: Role): string {
  return `Node at ${joinHostPort(config.advertiseIp, config.ports.server)} [${ROLE_WORDS[role]}]`;
}

/** Where a server is, or "". */
function addressOf({ servers }: Service, { log }: Raft, id: string): string {
  const recorded = latestConfiguration(log).servers.find((each) => each.id === id);
  return servers.get(id)?.address ?? recorded?.address ?? "";
}
