// The gossip machine's front door: memberlist's failure detector (SWIM with Lifeguard) and Serf's membership on top, as
// one step function. Start reading here; on-packet.ts and serf/on-user-message.ts list the protocol.

import { assert, unreachable } from "../lib/assert.ts";
import { byteStringOf, compareStrings } from "../lib/bytes.ts";
import { type Chance, chooseMs } from "../lib/chance.ts";
import { createDeadlineHeap } from "../lib/deadline-heap.ts";
import { ipBytes } from "../model/address.ts";
import type { Member } from "../model/member.ts";
import { encodeTags, MAX_META_BYTES } from "../wire/gossip/tags.ts";
import { isHeard } from "./allowed.ts";
import { createBroadcastQueue } from "./broadcast-queue.ts";
import type { GossipConfig } from "./config.ts";
import { allDrops, createDrops } from "./drops.ts";
import { createHandoff } from "./handoff.ts";
import { onJoin } from "./join.ts";
import { createKeyring } from "./keyring.ts";
import { advanceLeave, startLeave } from "./leave.ts";
import { createNode, setNodeState } from "./nodes.ts";
import { onPacket } from "./on-packet.ts";
import { closeStream, onStream } from "./on-stream.ts";
import { onStreamAnswer, onStreamFailed } from "./on-stream-answer.ts";
import { onTags } from "./on-tags.ts";
import type { GossipEffect, GossipInput } from "./ports.ts";
import { raiseIncarnation } from "./refute.ts";
import { createRefusals } from "./sealing.ts";
import { onAnswer } from "./serf/answer-query.ts";
import { onAsk } from "./serf/ask-query.ts";
import { closeQuery } from "./serf/asked-queries.ts";
import { createCoalescing } from "./serf/coalesce.ts";
import { createCoordinates } from "./serf/coordinates.ts";
import { onKeyringKept } from "./serf/key-queries.ts";
import { insertMember, toMember } from "./serf/members.ts";
import { onForceLeave } from "./serf/on-force-leave.ts";
import { onFireEvent } from "./serf/on-user-event.ts";
import { createRejoin } from "./serf/rejoin.ts";
import { onSnapshotDisk, recordStep, startSnapshot } from "./serf/snapshot.ts";
import { createSnapshot } from "./serf/snapshot-news.ts";
import type { SerfState } from "./serf/state.ts";
import { recordOf } from "./sharing.ts";
import type { Gossip, NodeState } from "./state.ts";
import { nextDeadlineMs, onWake } from "./wake.ts";

/**
 * A pool with ourselves in it, alive at incarnation 1. There is no member event for that: who creates it knows.
 * @throws InvariantError when the configuration's name, address or tags could not be gossiped: whoever read it from an
 *   operator has checked that (`tagsBytes`).
 */
export function createGossip(config: GossipConfig, chance: Chance, nowMs: number): Gossip {
  assert(config.name !== "", "a node has a name");
  assert(ipBytes(config.ip) !== undefined, "a node has an IP address");
  assert(tagsBytes(config.tags) <= MAX_META_BYTES, "tags fit into 512 bytes");
  const never = Number.POSITIVE_INFINITY;
  const own = ourselves(config, nowMs);
  const gossip: Gossip = {
    config,
    chance,
    nodes: new Map([[own.name, own]]),
    own,
    counts: { alive: 0, suspect: 0, dead: 1, left: 0 },
    peers: [],
    round: [],
    roundAt: 0,
    probe: undefined,
    awareness: 0,
    nextSeqNo: 1,
    suspicions: new Map(),
    suspicionTimers: createDeadlineHeap(),
    relayedPings: new Map(),
    relayedPingTimers: createDeadlineHeap(),
    broadcasts: createBroadcastQueue(),
    streams: new Map(),
    nextStream: 1,
    joins: new Map(),
    timers: {
      probeAtMs: never,
      gossipAtMs: never,
      pushPullAtMs: never,
      reapAtMs: never,
      reconnectAtMs: never,
    },
    gossipPhaseMs: chooseMs(chance, "gossip.tick-phase", 0, config.gossipIntervalMs),
    leave: undefined,
    handoff: createHandoff(),
    badMessages: 0,
    drops: createDrops(),
    snapshot: config.snapshot && createSnapshot(config.snapshot),
    keyring: config.keyring && createKeyring(config.keyring),
    refused: createRefusals(),
    serf: createSerf(config),
  };
  insertMember(gossip, own);
  setNodeState(gossip, own, "alive", nowMs);
  // The first alive message, which waits for somebody to hear it.
  raiseIncarnation(gossip, 0, nowMs);
  return gossip;
}

function ourselves({ name, ip, port, tags, versions, sharing }: GossipConfig, nowMs: number): NodeState {
  const meta = byteStringOf(encodeTags(tags));
  const record = recordOf(sharing, name, undefined, { host: ip, port, meta, versions });
  return createNode(name, record, nowMs);
}

function createSerf({ disableCoordinates }: GossipConfig): SerfState {
  return {
    members: new Map(),
    counts: { none: 0, alive: 0, leaving: 0, left: 0, failed: 0 },
    recentIntents: new Map(),
    clocks: { member: 1, event: 1, query: 1 },
    eventMinTime: 0,
    events: new Map(),
    queries: new Map(),
    coalescing: createCoalescing(),
    queryMinTime: 0,
    asked: new Map(),
    askedTimers: createDeadlineHeap(),
    heard: new Map(),
    nextHeard: 1,
    keyAnswers: new Map(),
    nextKeyAnswer: 1,
    intentBroadcasts: createBroadcastQueue(),
    queryBroadcasts: createBroadcastQueue(),
    eventBroadcasts: createBroadcastQueue(),
    prunes: createDeadlineHeap(),
    rejoin: createRejoin(),
    flaps: 0,
    forcings: [],
    coordinates: disableCoordinates === true ? undefined : createCoordinates(),
  };
}

/** Takes one input at time `nowMs` (which never runs backwards) and pushes what is to be done to `out`. */
export function stepGossip(gossip: Gossip, input: GossipInput, nowMs: number, out: GossipEffect[]): void {
  const before = out.length;
  take(gossip, input, nowMs, out);
  recordStep(gossip, before, nowMs, out);
}

function take(gossip: Gossip, input: GossipInput, nowMs: number, out: GossipEffect[]): void {
  switch (input.type) {
    case "start":
      return startSnapshot(gossip, nowMs, out);
    case "disk-done":
      onSnapshotDisk(gossip, input, nowMs, out);
      return advanceLeave(gossip, nowMs, out);
    case "wake":
      return onWake(gossip, nowMs, out);
    case "packet":
      if (!isHeard(gossip.config, input.from)) return;
      return onPacket(gossip, input, nowMs, out);
    case "stream":
      if (!isHeard(gossip.config, input.from)) return closeStream(input.stream, out);
      return onStream(gossip, input, nowMs, out);
    case "stream-answer":
      return onStreamAnswer(gossip, input, nowMs, out);
    case "stream-failed":
      return onStreamFailed(gossip, input.stream, input.error, nowMs, out);
    case "join":
      return onJoin(gossip, input, nowMs, out);
    case "leave":
      return startLeave(gossip, nowMs, out);
    case "force-leave":
      return onForceLeave(gossip, input, nowMs, out);
    case "tags":
      return onTags(gossip, input.tags, nowMs, out);
    case "user-event":
      return onFireEvent(gossip, input, nowMs, out);
    case "query":
      return onAsk(gossip, input, nowMs, out);
    case "query-close":
      return closeQuery(gossip, input.op, out);
    case "keyring-kept":
      return onKeyringKept(gossip, input, nowMs, out);
    case "query-answer":
      return onAnswer(gossip, input, nowMs, out);
    default:
      return unreachable(input);
  }
}

/** When the machine wants a "wake", in ms; Infinity for never. */
export function gossipDeadline(gossip: Gossip): number {
  return nextDeadlineMs(gossip);
}

/** Everybody that Serf remembers, ourselves, failed ones and those who left too, sorted by name. Costs all of them. */
export function gossipMembers(gossip: Gossip): Member[] {
  const members = [...gossip.serf.members.values()].map(toMember);
  return members.sort((a, b) => compareStrings(a.name, b.name));
}

/** How many members are alive, ourselves too. */
export function aliveCount(gossip: Gossip): number {
  return gossip.serf.counts.alive;
}

/** How many members may be there to be asked something: those who are alive, or suspect, ourselves too. */
export function presentCount({ counts }: Gossip): number {
  return counts.alive + counts.suspect;
}

/** How long the tags are when encoded; more than 512 bytes cannot be gossiped. */
export function tagsBytes(tags: ReadonlyMap<string, string>): number {
  return encodeTags(tags).length;
}

/** The figures of Consul's `info` (serf_lan, serf_wan). */
export interface GossipStats {
  readonly members: number;
  readonly failed: number;
  readonly left: number;
  readonly healthScore: number;
  readonly memberTime: number;
  readonly eventTime: number;
  readonly queryTime: number;
  readonly intentQueue: number;
  readonly eventQueue: number;
  readonly queryQueue: number;
  /** Undefined without coordinates. */
  readonly coordinateResets: number | undefined;
  /** Members that failed and were back within a minute, counted each time. */
  readonly flaps: number;
  /** What was dropped at some limit, by the limit's name, where it was anything. */
  readonly dropped: ReadonlyMap<string, number>;
}

export function gossipStats(gossip: Gossip): GossipStats {
  const { serf, awareness } = gossip;
  return {
    members: serf.members.size,
    failed: serf.counts.failed,
    left: serf.counts.left,
    healthScore: awareness,
    memberTime: serf.clocks.member,
    eventTime: serf.clocks.event,
    queryTime: serf.clocks.query,
    intentQueue: serf.intentBroadcasts.size,
    eventQueue: serf.eventBroadcasts.size,
    queryQueue: serf.queryBroadcasts.size,
    coordinateResets: serf.coordinates?.own.resets,
    flaps: serf.flaps,
    dropped: new Map(Object.entries(allDrops(gossip)).filter(([, count]) => count > 0)),
  };
}
