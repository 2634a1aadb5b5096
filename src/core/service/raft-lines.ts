// What the log says of Raft's talk with other servers, in hashicorp/raft's words and with its keys: votes, followers that do
// not fit or do not answer, and how entries are sent to them. Raft itself is silent: what goes into it is looked at on its way,
// and how it stands before and after.

import { type NoticeFields, type NoticeLevel, notice } from "../api/notice.ts";
import { printDuration } from "../lib/duration.ts";
import { recordOf } from "../raft/configuration.ts";
import { lastTerm, latestConfiguration } from "../raft/log.ts";
import type { RaftMessage, RequestPreVote, RequestVote, ServerId } from "../raft/messages.ts";
import { hasLiveLeader } from "../raft/role.ts";
import type { Progress, Raft } from "../raft/state.ts";
import { serverAddress } from "./serve.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

/** A leader says so often that a follower does not answer, and for so many times that long it warns of it. */
const WARNED_LEASES = 3;

function say(level: NoticeLevel, message: string, fields: NoticeFields, out: ServiceEffect[]): void {
  out.push(notice(level, "server.raft", message, fields));
}

function addressOf(service: Service, server: Server, id: ServerId): string {
  return serverAddress(service, server, id) ?? "";
}

/** "{Voter ID 10.0.0.1:8300}" */
function peerText(service: Service, server: Server, id: ServerId): string {
  const voter = recordOf(latestConfiguration(server.raft.log), id)?.voter === true;
  return `{${voter ? "Voter" : "Nonvoter"} ${id} ${addressOf(service, server, id)}}`;
}

/** A message is about to be given to Raft. */
export function tellOfMessage(
  service: Service,
  server: Server,
  from: ServerId,
  message: RaftMessage,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { raft, told } = server;
  switch (message.type) {
    case "pre-vote":
    case "vote":
      return tellOfVoteRequest(service, server, from, message, nowMs, out);
    case "vote-reply": {
      if (raft.role !== "candidate" || message.term !== raft.currentTerm || !message.granted) return;
      if (raft.votes.get(from) === true) return;
      const others = [...raft.votes].filter(([id, granted]) => granted && id !== raft.id).length;
      // Our own is the first.
      return say("debug", "vote granted", { from, term: message.term, tally: others + 2 }, out);
    }
    case "append-reply":
    case "snapshot-reply":
      if (raft.leading?.progress.has(from) !== true) return;
      told.heardMs.set(from, nowMs);
      if (told.failures.size > 0) told.failures.delete(from);
      if (message.term > raft.currentTerm)
        say(
          "error",
          "peer has newer term, stopping replication",
          { peer: peerText(service, server, from) },
          out,
        );
      return;
  }
}

/** Whoever asks whether it could win is refused for the same reasons as one that campaigns. */
function tellOfVoteRequest(
  service: Service,
  server: Server,
  from: ServerId,
  message: RequestVote | RequestPreVote,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { raft } = server;
  const { leader, log } = raft;
  // Strangers do not fill the log.
  if (recordOf(latestConfiguration(log), from) === undefined) return;
  const candidate = addressOf(service, server, from);
  const forced = message.type === "vote" && message.transfer;
  if (leader !== undefined && leader !== from && hasLiveLeader(raft, nowMs) && !forced)
    return say(
      "warn",
      "rejecting vote request since we have a leader",
      { from: candidate, leader: addressOf(service, server, leader) },
      out,
    );
  if (message.type === "vote") {
    const { term } = message;
    if (term > raft.currentTerm)
      say("debug", "lost leadership because received a requestVote with a newer term", { term }, out);
    else if (term === raft.currentTerm && raft.votedFor !== "" && raft.votedFor !== from)
      return say("info", "duplicate requestVote for same term", { term }, out);
  }
  const term = lastTerm(log);
  if (term > message.lastLogTerm) {
    const fields = { candidate, "last-term": term, "last-candidate-term": message.lastLogTerm };
    say("warn", "rejecting vote request since our last term is greater", fields, out);
  } else if (term === message.lastLogTerm && log.lastIndex > message.lastLogIndex) {
    const fields = { candidate, "last-index": log.lastIndex, "last-candidate-index": message.lastLogIndex };
    say("warn", "rejecting vote request since our last index is greater", fields, out);
  }
}

/** How a follower stood before Raft was given its word. */
export interface Standing {
  readonly mode: Progress["mode"];
  readonly next: number;
}

/** Entries are sent to a follower in another way than before, or older ones than before. */
export function tellOfFollower(
  service: Service,
  server: Server,
  progress: Progress,
  before: Standing,
  out: ServiceEffect[],
): void {
  const { raft, told } = server;
  const { id, mode, next } = progress;
  if (raft.leading?.progress.get(id) !== progress) return;
  const peer = peerText(service, server, id);
  if (mode === "replicate") {
    if (!told.pipelining.has(id)) say("info", "pipelining replication", { peer }, out);
    told.pipelining.add(id);
    return;
  }
  if (next < before.next) say("warn", "appendEntries rejected, sending older logs", { peer, next }, out);
  if (told.pipelining.delete(id)) say("info", "aborting pipeline replication", { peer }, out);
}

/** This server leads now, or leads no more. */
export function tellOfOffice(
  service: Service,
  server: Server,
  leads: boolean,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { raft, told } = server;
  for (const id of told.pipelining)
    say("info", "aborting pipeline replication", { peer: peerText(service, server, id) }, out);
  told.pipelining.clear();
  told.failures.clear();
  told.heardMs.clear();
  told.lookAtMs = nowMs + leaseMs(raft);
  if (!leads) return;
  for (const { id } of latestConfiguration(raft.log).servers) told.heardMs.set(id, nowMs);
}

/** How long a leader may lead without a word of a quorum. */
function leaseMs({ config }: Raft): number {
  return config.electionTimeoutMs / 2;
}

/** Which voters have not answered for longer than a lease. To be called while a leader is awake. */
export function tellOfSilence({ raft, told }: Server, nowMs: number, out: ServiceEffect[]): void {
  if (raft.leading === undefined || nowMs < told.lookAtMs) return;
  const lease = leaseMs(raft);
  told.lookAtMs = nowMs + lease;
  for (const { id, voter } of latestConfiguration(raft.log).servers) {
    if (id === raft.id || !voter) continue;
    const heardMs = told.heardMs.get(id);
    // One that has come since.
    if (heardMs === undefined) told.heardMs.set(id, nowMs);
    else if (nowMs - heardMs > lease) {
      const silentMs = nowMs - heardMs;
      const fields = { "server-id": id, time: printDuration(Math.round(silentMs * 1e6)) };
      say(silentMs <= WARNED_LEASES * lease ? "warn" : "debug", "failed to contact", fields, out);
    }
  }
}

/**
 * The connection to a server is lost, or there is none to be had. A leader says so when it happens first, the second time, the
 * fourth, the eighth: it tries again with every heartbeat.
 */
export function tellOfLostPeer(
  service: Service,
  server: Server,
  peer: ServerId,
  refused: boolean,
  out: ServiceEffect[],
): void {
  const { raft, told } = server;
  const progress = raft.leading?.progress.get(peer);
  if (progress === undefined) return;
  const failures = (told.failures.get(peer) ?? 0) + 1;
  told.failures.set(peer, failures);
  if ((failures & (failures - 1)) !== 0) return;
  const address = addressOf(service, server, peer);
  const error = refused ? `dial tcp ${address}: connect: connection refused` : "EOF";
  say("error", "failed to heartbeat to", { peer: address, error }, out);
  if (progress.match < raft.log.lastIndex)
    say("error", "failed to appendEntries to", { peer: peerText(service, server, peer), error }, out);
}
