// A peer that keeps to every format and to no promise: well-formed messages whose numbers lie close to the truth that
// its victim holds, so that they are believed for as long as possible.

import type { Agent } from "../../../src/core/agent/state.ts";
import { memberTags } from "../../../src/core/agent/tags.ts";
import { unreachable } from "../../../src/core/lib/assert.ts";
import { type ByteString, concatBytes, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import type { Chance } from "../../../src/core/lib/chance.ts";
import { encodeServers } from "../../../src/core/raft/configuration.ts";
import { lastTerm, termAt } from "../../../src/core/raft/log.ts";
import type { RaftMessage } from "../../../src/core/raft/messages.ts";
import type { Raft } from "../../../src/core/raft/state.ts";
import { encodeCommand } from "../../../src/core/wire/command.ts";
import { encodeMessage, type PacketMessage } from "../../../src/core/wire/gossip/messages.ts";
import { encodePacket } from "../../../src/core/wire/gossip/packet.ts";
import { encodeSerf, type SerfMessage } from "../../../src/core/wire/gossip/serf-messages.ts";
import { encodeTags } from "../../../src/core/wire/gossip/tags.ts";
import type { RpcMessage } from "../../../src/core/wire/rpc.ts";
import { entryOf, REQUESTS, RESPONSES } from "./corpus.ts";
import { EDGE_NUMBERS, pick, randomBytes } from "./mutation.ts";

/** Node ids of the victim and of its true peers: see victim.ts. */
export function idOf(place: number): string {
  return `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`;
}

/** Who sends: servers of the victim's cluster mostly, sometimes the victim itself, or somebody else. */
export function senderOf(chance: Chance): string {
  return idOf(pick(chance, "liar.sender", [2, 3, 2, 3, 2, 3, 1, 7]));
}

/** A number near `truth`, and now and then one that is nowhere near. */
function near(chance: Chance, truth: number): number {
  if (chance.choose("liar.far", 40) === 0) return wholeEdge(chance);
  return Math.max(0, truth + chance.choose("liar.offset", 5) - 2);
}

function wholeEdge(chance: Chance): number {
  const edge = pick(chance, "liar.edge", EDGE_NUMBERS);
  return Number.isSafeInteger(edge) && edge >= 0 ? edge : 0;
}

/**
 * What the liars want of a server: that it leads and believes that they follow (to lie about what they have), or that it
 * follows them. Lies of both kinds at once cancel out: neither leader nor follower would be lied to for long.
 */
export const AIMS = ["that it leads", "that it follows"] as const;
export type Aim = (typeof AIMS)[number];

/**
 * Mostly the true term, since any other ends what was built up. The wire holds no term past 2^48 - 2; one near that ends
 * all elections, so it is very rare.
 */
function termNear(chance: Chance, truth: number): number {
  if (chance.choose("liar.far-term", 20_000) === 0) return 2 ** 48 - 2 - chance.choose("liar.term", 2);
  return chance.choose("liar.true-term", 10) > 0 ? truth : near(chance, truth);
}

/** Any message that one agent sends another. */
export function lyingMessage(chance: Chance, agent: Agent, aim: Aim): RpcMessage {
  const { server } = agent.service;
  const kind = chance.choose("liar.rpc", 10);
  if (kind < 6 && server !== undefined) return lyingRaft(chance, server.raft, aim);
  if (kind < 8) return { type: "request", seq: chance.choose("liar.seq", 50), request: lyingRequest(chance) };
  if (kind < 9)
    return {
      type: "response",
      seq: agent.service.firstSeq + near(chance, agent.service.nextAsk - 1),
      response: pick(chance, "liar.response", RESPONSES),
    };
  return { type: "cancel", seq: chance.choose("liar.seq", 50) };
}

function lyingRequest(chance: Chance): (typeof REQUESTS)[number] {
  const request = pick(chance, "liar.request", REQUESTS);
  if (!("options" in request)) return request;
  const minIndex = near(chance, 3);
  const waitMs = Math.abs(pick(chance, "liar.wait", [0, 1, 60_000, 1e9, 2 ** 53, 1e300, Number.MAX_VALUE]));
  const consistency = pick(chance, "liar.consistency", ["default", "consistent", "stale"] as const);
  return { ...request, options: { consistency, minIndex, waitMs } };
}

/** What each aim is served by; the others come one time in twenty. */
const MEANS: Readonly<Record<Aim, readonly RaftMessage["type"][]>> = {
  "that it leads": ["pre-vote-reply", "vote-reply", "append-reply", "append-reply", "append-reply"],
  "that it follows": ["append", "append", "append", "vote", "pre-vote"],
};

function lyingRaft(chance: Chance, raft: Raft, aim: Aim): RaftMessage {
  const { log, commitIndex, currentTerm } = raft;
  const means = chance.choose("liar.aimless", 20) === 0 ? AIMS.flatMap((each) => MEANS[each]) : MEANS[aim];
  const type = pick(chance, "liar.raft", means);
  const term = termNear(chance, type.startsWith("pre-vote") ? currentTerm + 1 : currentTerm);
  const round = near(chance, raft.leading?.round ?? 1);
  const granted = chance.choose("liar.granted", 4) > 0;
  const lastLogIndex = near(chance, log.lastIndex);
  const lastLogTerm = Math.min(
    term,
    chance.choose("liar.true-end", 2) > 0 ? lastTerm(log) : near(chance, lastTerm(log)),
  );
  switch (type) {
    case "vote":
      return { type, term, lastLogIndex, lastLogTerm, transfer: chance.choose("liar.transfer", 2) > 0 };
    case "pre-vote":
      return { type, term, lastLogIndex, lastLogTerm };
    case "vote-reply":
    case "pre-vote-reply":
      return { type, term, granted, identity: lyingIdentity(chance) };
    case "append-reply": {
      const index = near(chance, pick(chance, "liar.index", [log.lastIndex, commitIndex]));
      const hintIndex = near(chance, index);
      const hint = { hintIndex, hintTerm: lastLogTerm };
      return { type, term, success: granted, index, ...hint, round, identity: lyingIdentity(chance) };
    }
    case "append": {
      const prevLogIndex = near(chance, pick(chance, "liar.index", [log.lastIndex, commitIndex, 1]));
      const prevLogTerm = granted ? Math.min(term, termAt(log, prevLogIndex) ?? 0) : lastLogTerm;
      const entries = lyingEntries(chance, term);
      return { type, term, prevLogIndex, prevLogTerm, entries, leaderCommit: lastLogIndex, round };
    }
    case "snapshot": {
      const size = chance.choose("liar.size", 2) > 0 ? 40 : wholeEdge(chance);
      return {
        type,
        term,
        lastIncludedIndex: near(chance, pick(chance, "liar.index", [log.lastIndex, commitIndex, 1])),
        lastIncludedTerm: lastLogTerm,
        configuration: granted ? lyingConfiguration(chance) : randomBytes(chance, 20),
        configurationIndex: near(chance, commitIndex),
        size,
        offset: chance.choose("liar.offset", 3) > 0 ? 0 : wholeEdge(chance),
        data: randomBytes(chance, 40),
        round,
      };
    }
    case "snapshot-reply": {
      const place = { lastIncludedIndex: near(chance, commitIndex), lastIncludedTerm: lastLogTerm };
      const received = wholeEdge(chance);
      return { type, term, ...place, received, round, identity: lyingIdentity(chance) };
    }
    case "timeout-now":
      return { type, term };
    case "read-index":
      return { type, term, id: wholeEdge(chance) };
    case "read-index-reply":
      return { type, term, id: wholeEdge(chance), index: near(chance, commitIndex) };
    default:
      return unreachable(type);
  }
}

/** The right one, or another. */
function lyingIdentity(chance: Chance): number {
  return chance.choose("liar.identity", 3) > 0 ? 0 : 7;
}

/** Commands, configurations of strange clusters, no-ops, in terms that may fall; sometimes no entries at all. */
function lyingEntries(chance: Chance, term: number): Uint8Array {
  const count = chance.choose("liar.entries", 4);
  if (count === 0)
    return chance.choose("liar.garbage", 8) === 0 ? randomBytes(chance, 40) : new Uint8Array(0);
  return concatBytes(
    Array.from({ length: count }, () => {
      const its = Math.max(0, term - chance.choose("liar.entry-term", 2));
      switch (chance.choose("liar.entry", 5)) {
        case 0:
          return entryOf("no-op", its, new Uint8Array(0));
        case 1:
          return entryOf("configuration", its, lyingConfiguration(chance));
        case 2:
          return entryOf(
            pick(chance, "liar.kind", ["command", "configuration"]),
            its,
            randomBytes(chance, 20),
          );
        default:
          return entryOf("command", its, lyingCommand(chance));
      }
    }),
  );
}

function lyingCommand(chance: Chance): Uint8Array {
  const request = pick(chance, "liar.request", REQUESTS);
  if (request.kind === "kv.write") {
    const key = pick(chance, "liar.key", ["", "a", "a/b", "\xff"]) as ByteString;
    return encodeCommand({ ...request, key });
  }
  if (request.kind === "catalog.register-node" || request.kind === "catalog.deregister-node")
    return encodeCommand({ ...request, node: pick(chance, "liar.node", ["", "web", "WEB", "s2"]) });
  return encodeCommand({ kind: "kv.reap-tombstones", upToIndex: wholeEdge(chance) });
}

function lyingConfiguration(chance: Chance): Uint8Array {
  const count = chance.choose("liar.servers", 5);
  return encodeServers(
    Array.from({ length: count }, () => ({
      id: senderOf(chance),
      address: pick(chance, "liar.address", ["10.0.0.2:8300", "", "nowhere", "10.0.0.2:99999"]),
      voter: chance.choose("liar.voter", 3) > 0,
      identity: lyingIdentity(chance),
    })),
  );
}

const NAMES = ["s1", "s2", "s3", "web", "x1", "x2", ""];

/** A packet of rumours. */
export function lyingPacket(chance: Chance, agent: Agent): Uint8Array {
  const messages = Array.from({ length: 1 + chance.choose("liar.messages", 4) }, () =>
    encodeMessage(lyingRumour(chance, agent)),
  );
  return encodePacket(messages, { compress: false, crc: chance.choose("liar.crc", 2) === 0 });
}

function lyingRumour(chance: Chance, agent: Agent): PacketMessage {
  const node = pick(chance, "liar.name", NAMES);
  const from = pick(chance, "liar.name", NAMES);
  const incarnation = near(chance, agent.pools.lan.nodes.get(node)?.incarnation ?? 1) % 2 ** 32;
  const addr = Uint8Array.of(10, 0, 0, 1 + chance.choose("liar.host", 6));
  const port = pick(chance, "liar.port", [8301, 8301, 8301, 0, 65_535]);
  const seqNo = near(chance, agent.pools.lan.nextSeqNo - 1) % 2 ** 32;
  switch (chance.choose("liar.rumour", 10)) {
    case 0:
      return { type: "suspect", incarnation, node, from };
    case 1:
      return { type: "dead", incarnation, node, from };
    case 2:
      return { type: "ack", seqNo, payload: randomBytes(chance, 4) };
    case 3:
      return { type: "nack", seqNo };
    case 4:
      return { type: "ping", seqNo, node, sourceAddr: addr, sourcePort: port, sourceNode: from };
    case 5:
      return {
        type: "indirect-ping",
        seqNo,
        target: addr,
        port,
        node,
        nack: true,
        sourceAddr: addr,
        sourcePort: port,
        sourceNode: from,
      };
    case 6:
      return { type: "user", bytes: encodeSerf(lyingSerf(chance, agent, addr, port)) };
    default: {
      const meta = encodeTags(lyingTags(chance));
      return { type: "alive", incarnation, node, addr, port, meta, vsn: Uint8Array.of(1, 5, 2, 2, 5, 4) };
    }
  }
}

/** Tags of a server or client agent, one of which may say something strange. */
function lyingTags(chance: Chance): ReadonlyMap<string, string> {
  const server = chance.choose("liar.server", 2) === 0;
  const ports = { server: 8300, serfLan: 8301, serfWan: 8302, http: 8500, dns: 8600 };
  const tags = new Map(
    memberTags(
      { server, datacenter: "dc1", bootstrap: false, bootstrapExpect: 3, ports },
      senderOf(chance),
      2,
    ),
  );
  if (chance.choose("liar.tag", 3) > 0) return tags;
  const strange = ["", "0", "999999999", "-1", "x", "\ud800", "consul", "dc2"];
  const names = [...tags.keys(), "bootstrap", "expect", "nonvoter"];
  return tags.set(pick(chance, "liar.tag-name", names), pick(chance, "liar.tag-value", strange));
}

function lyingSerf(chance: Chance, agent: Agent, addr: Uint8Array, port: number): SerfMessage {
  const { clocks } = agent.pools.lan.serf;
  const node = pick(chance, "liar.name", NAMES);
  const name = pick(chance, "liar.event", ["deploy", "consul:new-leader", "consul:event:x", ""]);
  const payload = utf8Bytes(pick(chance, "liar.payload", ["", "s2", "\0"]));
  switch (chance.choose("liar.serf", 5)) {
    case 0:
      return { type: "join", lTime: near(chance, clocks.member), node };
    case 1:
      return {
        type: "leave",
        lTime: near(chance, clocks.member),
        node,
        prune: chance.choose("liar.prune", 2) > 0,
      };
    case 2:
      return { type: "user-event", lTime: near(chance, clocks.event), name, payload, coalesce: false };
    case 3:
      return {
        type: "query",
        lTime: near(chance, clocks.query),
        id: chance.choose("liar.query", 9),
        addr,
        port,
        sourceNode: node,
        filters: pick(chance, "liar.filters", [null, [], [randomBytes(chance, 9)]]),
        flags: chance.choose("liar.flags", 4),
        relayFactor: pick(chance, "liar.relay", [0, 1, 255]),
        timeout: wholeEdge(chance),
        name,
        payload,
      };
    default:
      return {
        type: "relay",
        destAddr: { ip: addr, port, zone: "" },
        destName: node,
        message: randomBytes(chance, 30),
      };
  }
}
