// One agent's desk on a table: its service with, for a server, a Raft and a store of its own. The other agents are names:
// a test says what they send and reads what is sent to them. The disk is done as soon as it is asked. After every input
// the desk's invariants are checked (core/service/invariants.ts).

import type { AgentConfig } from "../../../src/core/agent/config.ts";
import type { Consistency, ReadRequest, ServerRequest } from "../../../src/core/api/request.ts";
import type { Response } from "../../../src/core/api/response.ts";
import type { MemberEvent } from "../../../src/core/gossip/ports.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import type { Member } from "../../../src/core/model/member.ts";
import { isLeader } from "../../../src/core/raft/role.ts";
import { createRaft, type RaftEffect, type RaftInput } from "../../../src/core/raft/state.ts";
import { bootstrapRaft, flushRaft, raftDeadline, stepRaft } from "../../../src/core/raft/step.ts";
import { askOf } from "../../../src/core/service/asks.ts";
import { createDnsAnswers } from "../../../src/core/service/dns-answers.ts";
import { sendAnswer } from "../../../src/core/service/forward.ts";
import { checkService } from "../../../src/core/service/invariants.ts";
import { createRaftTimings } from "../../../src/core/service/raft-timings.ts";
import { createRememberedReads } from "../../../src/core/service/remembered-reads.ts";
import { ask, cancelAsk, onPeerLost } from "../../../src/core/service/route.ts";
import { noteWanMember } from "../../../src/core/service/router.ts";
import {
  createService,
  createTold,
  type Server,
  type Service,
  type ServiceEffect,
} from "../../../src/core/service/state.ts";
import {
  type ForService,
  flushService,
  onDutyAnswer,
  onMember,
  onRaftEffect,
  onRecovered,
  onRpc,
  serviceDeadline,
  wakeService,
} from "../../../src/core/service/step.ts";
import { createStore } from "../../../src/core/store/store.ts";
import { createWatches } from "../../../src/core/store/watch.ts";
import type {
  ForwardedCancel,
  ForwardedRequest,
  ForwardedResponse,
  RpcMessage,
} from "../../../src/core/wire/rpc.ts";
import { clusterConfigs } from "../../../src/sim/cluster.ts";
import { encodeEntry } from "../raft/rig.ts";

export interface Sent {
  readonly to: string;
  readonly message: RpcMessage;
}

export interface Desk {
  readonly service: Service;
  /** Answers to HTTP, by the number of the request. */
  readonly answers: Map<number, Response>;
  /** Answers in the order in which they came, whoever got them. */
  readonly order: string[];
  /** Sent to other agents and not yet looked at, oldest first. */
  readonly sent: Sent[];
  nextHttp: number;
  nowMs: number;
}

type Forwarded = ForwardedRequest | ForwardedResponse | ForwardedCancel;

export type DeskOptions = Partial<AgentConfig>;

const SERVERS = ["s1", "s2", "s3"];

/** A desk that knows nobody; its own node's record is taken for registered, so that its duty is in nobody's way. */
function createDesk(name: string, servers: readonly string[], options: DeskOptions): Desk {
  const all = clusterConfigs({ servers, clients: ["c1"] });
  const config = {
    ...must(
      all.find(({ nodeName }) => nodeName === name),
      "one of them",
    ),
    nodeId: name,
    ...options,
  };
  const chance = seededChance(`desk ${name}`);
  const server: Server | undefined = config.server
    ? {
        raft: createRaft(name, config.raft, chance),
        store: createStore(),
        watches: createWatches(),
        reads: createRememberedReads(),
        dnsAnswers: createDnsAnswers(),
        touched: [],
        woken: new Set(),
        applying: new Set(),
        heldOff: new Map(),
        proposed: new Map(),
        recovered: false,
        lostLog: false,
        heardLeader: false,
        told: createTold(),
        timings: createRaftTimings(),
      }
    : undefined;
  const service = createService(config, chance, server, 0);
  service.duties.nodeSynced = true;
  return { service, answers: new Map(), order: [], sent: [], nextHttp: 1, nowMs: 1000 };
}

export function serverOf({ service }: Desk): Server {
  return must(service.server, "this desk is a server's");
}

/** A client agent that has heard of these servers, in this order. */
export function client(...servers: string[]): Desk {
  const desk = createDesk("c1", SERVERS, {});
  for (const name of servers) hear(desk, "join", name);
  desk.service.preference.splice(0, servers.length, ...servers);
  return desk;
}

/** A server that is still reading its log, which will turn out to be empty (`hasRead`). */
export function reading(options: DeskOptions): Desk {
  return createDesk("s1", SERVERS, options);
}

/** The log on disk has been read. */
export function hasRead(desk: Desk): void {
  act(desk, (out) => onRecovered(desk.service, serverOf(desk), desk.nowMs, out));
}

/** A server with an empty log, which knows of no other. */
export function blank(options: DeskOptions): Desk {
  const desk = reading(options);
  hasRead(desk);
  return desk;
}

/** A server of three that has read its log and knows no leader. */
export function leaderless(options: DeskOptions = {}): Desk {
  const desk = createDesk("s1", SERVERS, { bootstrapExpect: 0, ...options });
  const servers = SERVERS.map((id, at) => ({ id, address: `10.0.0.${at + 1}:8300`, voter: true }));
  for (const name of SERVERS) hear(desk, "join", name);
  bootstrapRaft(serverOf(desk).raft, servers, desk.nowMs);
  hasRead(desk);
  return desk;
}

/** The same, following `leader`. */
export function follower(leader = "s2", options: DeskOptions = {}): Desk {
  const desk = leaderless(options);
  follow(desk, leader);
  desk.sent.length = 0;
  return desk;
}

/** Hears from a leader of a later term, or of the one it follows. */
export function follow(desk: Desk, leader: string): void {
  const { raft } = serverOf(desk);
  const term = raft.leader === leader ? raft.currentTerm : raft.currentTerm + 1;
  const prevLogIndex = raft.log.lastIndex;
  const prevLogTerm = raft.log.termRuns.at(-1)?.term ?? 0;
  const entries = raft.leader === leader ? new Uint8Array(0) : encodeEntry("no-op", term, new Uint8Array(0));
  const message = {
    type: "append",
    term,
    prevLogIndex,
    prevLogTerm,
    entries,
    leaderCommit: 1e6,
    round: 1,
  } as const;
  toRaft(desk, { type: "message", from: leader, message });
}

/** Gets a command from its leader, committed. */
export function replicate(desk: Desk, command: Uint8Array): void {
  const { raft } = serverOf(desk);
  const term = raft.currentTerm;
  const prevLogIndex = raft.log.lastIndex;
  const prevLogTerm = raft.log.termRuns.at(-1)?.term ?? 0;
  const entries = encodeEntry("command", term, command);
  const message = {
    type: "append",
    term,
    prevLogIndex,
    prevLogTerm,
    entries,
    leaderCommit: 1e6,
    round: 1,
  } as const;
  toRaft(desk, { type: "message", from: must(raft.leader, "it follows"), message });
}

/** The leader of three, its own term committed, its lease fresh. */
export function leader(options: DeskOptions = {}): Desk {
  const desk = leaderless(options);
  win(desk);
  desk.sent.length = 0;
  return desk;
}

/** Is elected with s2's help. */
export function win(desk: Desk): void {
  const { raft } = serverOf(desk);
  desk.nowMs = Math.max(desk.nowMs + 2 * raft.config.electionTimeoutMs, raftDeadline(raft));
  toRaft(desk, { type: "wake" });
  for (let votes = 0; votes < 2; votes++) {
    const type = raft.role === "candidate" ? "vote-reply" : "pre-vote-reply";
    const term = raft.role === "candidate" ? raft.currentTerm : raft.currentTerm + 1;
    toRaft(desk, { type: "message", from: "s2", message: { type, term, granted: true, identity: 0 } });
  }
  must(isLeader(raft) ? true : undefined, "it is elected");
  restAutopilot(desk);
  acknowledge(desk);
}

/** Autopilot's rounds are in nobody's way; `wakeAutopilot` brings them back. */
function restAutopilot({ service }: Desk): void {
  service.duties.autopilot.lookAtMs = Number.POSITIVE_INFINITY;
  service.duties.autopilot.reconcileAtMs = Number.POSITIVE_INFINITY;
}

/** From now on this leader watches over its servers as in life. */
export function wakeAutopilot({ service, nowMs }: Desk): void {
  service.duties.autopilot.lookAtMs = nowMs;
  service.duties.autopilot.reconcileAtMs = nowMs + 10_000;
}

/** s2 has all that the leader has, and echoes its latest round. */
export function acknowledge(desk: Desk): void {
  const { raft } = serverOf(desk);
  const round = raft.leading?.round ?? 0;
  const fields = { success: true, index: raft.log.lastIndex, hintIndex: 0, hintTerm: 0, round, identity: 0 };
  toRaft(desk, {
    type: "message",
    from: "s2",
    message: { type: "append-reply", term: raft.currentTerm, ...fields },
  });
}

/** A server by itself, which leads. */
export function alone(options: DeskOptions = {}): Desk {
  const desk = createDesk("s1", ["s1"], options);
  hasRead(desk);
  desk.nowMs++;
  toRaft(desk, { type: "wake" });
  restAutopilot(desk);
  return desk;
}

/** One input to the desk, and the end of its turn. */
export function act(desk: Desk, what: (out: ServiceEffect[]) => void): void {
  serve(desk, what);
  endTurn(desk);
}

function serve(desk: Desk, what: (out: ServiceEffect[]) => void): void {
  const out: ServiceEffect[] = [];
  what(out);
  checkService(desk.service);
  for (const effect of out) {
    if (effect.type === "message") desk.sent.push({ to: effect.to, message: effect.message });
    if (effect.type !== "answer") continue;
    const { to, response } = effect;
    desk.order.push(to.by === "http" ? `http ${to.id}` : to.by);
    if (to.by === "http") desk.answers.set(to.id, response);
    else if (to.by === "peer") serve(desk, (more) => sendAnswer(to.peer, to.seq, response, more));
    else serve(desk, (more) => onDutyAnswer(desk.service, to.duty, response, desk.nowMs, more));
  }
}

/** Twice, for the disk's answer is an input that has a turn of its own. */
function endTurn(desk: Desk): void {
  for (let turns = 0; turns < 2; turns++) {
    serve(desk, (out) => flushService(desk.service, desk.nowMs, out));
    if (desk.service.server !== undefined) raftTurn(desk, () => undefined);
  }
}

export function toRaft(desk: Desk, input: RaftInput): void {
  raftTurn(desk, (out) => stepRaft(serverOf(desk).raft, input, desk.nowMs, out));
  endTurn(desk);
}

/** A desk has no disk: nothing takes snapshots here. */
function isForService(effect: RaftEffect): effect is ForService {
  return !["send", "store", "snapshot-due", "read-snapshot", "keep-chunk", "restore"].includes(effect.type);
}

function raftTurn(desk: Desk, what: (out: RaftEffect[]) => void): void {
  const server = serverOf(desk);
  const out: RaftEffect[] = [];
  what(out);
  flushRaft(server.raft, desk.nowMs, out);
  let token = 0;
  for (const effect of out) {
    if (effect.type === "send") desk.sent.push({ to: effect.to, message: effect.message });
    else if (effect.type === "store") token = effect.request.token;
    else if (isForService(effect))
      serve(desk, (more) => onRaftEffect(desk.service, server, effect, desk.nowMs, more));
  }
  if (token > 0) raftTurn(desk, (more) => stepRaft(server.raft, { type: "stored", token }, desk.nowMs, more));
}

/** HTTP asks. @returns The request's number; `answers` has the answer under it once there is one. */
export function http(desk: Desk, request: ServerRequest, datacenter = ""): number {
  const id = desk.nextHttp++;
  act(desk, (out) => {
    const response = ask(desk.service, { by: "http", id }, request, desk.nowMs, out, datacenter);
    if (response === undefined) return;
    desk.order.push(`http ${id}`);
    desk.answers.set(id, response);
  });
  return id;
}

/** The answer to a question that is answered at once. */
export function answerTo(desk: Desk, request: ServerRequest): Response | undefined {
  return desk.answers.get(http(desk, request));
}

export function hangUp(desk: Desk, id: number): void {
  const row = askOf(desk.service, { by: "http", id });
  if (row !== undefined) act(desk, (out) => cancelAsk(desk.service, row, out));
}

/** Another agent says something to the desk. */
export function rpc(desk: Desk, from: string, message: Forwarded): void {
  act(desk, (out) => onRpc(desk.service, from, message, desk.nowMs, out));
}

export function losePeer(desk: Desk, peer: string): void {
  act(desk, (out) => onPeerLost(desk.service, peer, desk.nowMs, out));
}

/** Gossip's word on a server. */
export function hear(
  desk: Desk,
  event: MemberEvent,
  name: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const tags = new Map<string, string>([
    ["role", "consul"],
    ["id", name],
    ["dc", "dc1"],
    ["port", "8300"],
    ["vsn", "2"],
    ["build", "1.8.7:"],
    ...Object.entries(more),
  ]);
  const versions = { min: 1, max: 5, current: 2, delegateMin: 2, delegateMax: 5, delegateCurrent: 4 };
  const status = event === "failed" ? "failed" : event === "leave" ? "left" : "alive";
  const member: Member = { name, ip: `10.0.0.${name.slice(1)}`, port: 8301, tags, status, versions };
  act(desk, (out) => onMember(desk.service, event, member, desk.nowMs, out));
}

/** The WAN pool's word on a server, "b1" of datacenter dc2 and so on. */
export function hearWan(desk: Desk, event: MemberEvent, id: string, datacenter: string, name = id): void {
  const tags = new Map([
    ["role", "consul"],
    ["id", id],
    ["dc", datacenter],
    ["port", "8300"],
    ["vsn", "2"],
    ["build", "1.8.7:"],
  ]);
  const versions = { min: 1, max: 5, current: 2, delegateMin: 2, delegateMax: 5, delegateCurrent: 4 };
  const member: Member = {
    name: `${name}.${datacenter}`,
    ip: "10.0.1.1",
    port: 8302,
    tags,
    status: "alive",
    versions,
  };
  noteWanMember(desk.service, event, member);
}

/** Time passes; the desk is woken as often as it wants to be. Raft is left alone. */
export function pass(desk: Desk, ms: number, members: readonly Member[] = []): void {
  const untilMs = desk.nowMs + ms;
  for (;;) {
    const due = serviceDeadline(desk.service, desk.nowMs);
    desk.nowMs = Math.max(desk.nowMs, Math.min(due, untilMs));
    if (due > untilMs) return;
    act(desk, (out) =>
      wakeService(
        desk.service,
        { known: new Map(members.map((each) => [each.name, { record: each }])), inOrder: () => members },
        desk.nowMs,
        out,
      ),
    );
  }
}

/** What was forwarded between agents since one last looked: Raft's own messages are left out. */
export function forwarded(desk: Desk): Sent[] {
  return desk.sent
    .splice(0)
    .filter(({ message }) => ["request", "response", "cancel"].includes(message.type));
}

/** Questions of Raft's, from which index on reads may be answered. */
export function indexAsked(desk: Desk): Sent[] {
  const asked = desk.sent.filter(({ message }) => message.type === "read-index");
  for (const each of asked) desk.sent.splice(desk.sent.indexOf(each), 1);
  return asked;
}

/** The one question that was passed on, and to whom. */
export function passedOn(desk: Desk): {
  readonly to: string;
  readonly seq: number;
  readonly request: ServerRequest;
} {
  const requests = forwarded(desk).flatMap(({ to, message }) =>
    message.type === "request" ? [{ to, seq: message.seq, request: message.request }] : [],
  );
  must(requests.length === 1 ? true : undefined, `one question is passed on, not ${requests.length}`);
  return must(requests[0], "there is one");
}

export interface ReadFields {
  readonly consistency?: Consistency;
  readonly minIndex?: number;
  readonly waitMs?: number;
}

function optionsOf({
  consistency = "default",
  minIndex = 0,
  waitMs = 10_000,
}: ReadFields): ReadRequest["options"] {
  return { consistency, minIndex, waitMs };
}

export function getKey(key: string, fields: ReadFields = {}): ReadRequest {
  return { kind: "kv.get", key: utf8(key), options: optionsOf(fields) };
}

export function listKeys(prefix: string, fields: ReadFields = {}): ReadRequest {
  return { kind: "kv.list", prefix: utf8(prefix), options: optionsOf(fields) };
}

/** Nothing of any question is left anywhere. */
export function isClear({ service }: Desk): boolean {
  const { asks, byOrigin, deadlines, server } = service;
  const left = [asks.size, byOrigin.size, deadlines.slots.length, deadlines.places.size];
  if (server !== undefined) {
    const { keys, prefixes, prefixLengths, topics } = server.watches;
    left.push(keys.size, prefixes.size, prefixLengths.size, topics.size);
    left.push(server.woken.size, server.applying.size, server.proposed.size);
  }
  return left.every((count) => count === 0);
}
