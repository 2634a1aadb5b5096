// Hostile bytes and well-formed lies at an agent without sockets, as many as wanted, from a seed. What comes out is a
// count; what goes wrong is thrown with the place in the sequence, so that it can be repeated.

import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { poolKeys } from "../../../src/core/agent/pools.ts";
import type { Input } from "../../../src/core/agent/ports.ts";
import type { GossipPool } from "../../../src/core/gossip/ports.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { type Chance, seededChance } from "../../../src/core/lib/chance.ts";
import { type Unwrapped, unwrapPacket, unwrapStream } from "../../../src/core/wire/gossip/envelope.ts";
import { decodeRpc, encodeRpc, type RpcMessage } from "../../../src/core/wire/rpc.ts";
import { MESSAGES, PACKETS, STREAMS } from "./corpus.ts";
import { hostileDatagram, hostileStream, REAL_ENVELOPE } from "./hostile-seals.ts";
import { AIMS, type Aim, idOf, lyingMessage, lyingPacket, senderOf } from "./liar.ts";
import { mutateBytes, mutateValue, pick, randomBytes } from "./mutation.ts";
import { abandon, createVictim, feed, flush, pass, settle, type Victim, type VictimRole } from "./victim.ts";

export interface SiegeReport {
  readonly inputs: number;
  /** RPC frames that still decoded: how many lies reached the machines behind the decoder. */
  readonly believed: number;
  readonly refused: number;
  /** Gossip packets and streams of which some part could not be read. */
  readonly badGossip: number;
  /** Those turned away for want of the right seal. */
  readonly unsealed: number;
  /** Of all inputs, the one that took longest. */
  readonly slowestMs: number;
}

/** Inputs before a fresh agent takes the place of one that believes too many lies to be surprised. */
const INPUTS_A_LIFE = 4000;

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false });

/** What is thrown: everything, or gossip alone. */
export type SiegeScope = "all" | "gossip";

interface Siege {
  readonly chance: Chance;
  /** Of the kinds of input in `nextInput`, so many of the first. */
  readonly kinds: number;
  aim: Aim;
  believed: number;
  refused: number;
}

/** @throws Error naming the role, the life and the step whose input broke something; its cause says what. */
export function besiege(
  role: VictimRole,
  seed: string,
  inputs: number,
  scope: SiegeScope = "all",
): SiegeReport {
  const chance = seededChance(`${seed}/${role}/${scope}`);
  const kinds = scope === "all" ? ALL_KINDS : GOSSIP_KINDS;
  const siege: Siege = { chance, kinds, aim: AIMS[0], believed: 0, refused: 0 };
  let badGossip = 0;
  let unsealed = 0;
  let slowestMs = 0;
  for (let done = 0, life = 0; done < inputs; life++) {
    const victim = createVictim(role, `${seed}/${life}`);
    siege.aim = AIMS[life % AIMS.length] ?? AIMS[0];
    let step = 0;
    try {
      for (; step < INPUTS_A_LIFE && done < inputs && !victim.exited; step++, done++) {
        const beganMs = performance.now();
        strike(siege, victim);
        slowestMs = Math.max(slowestMs, performance.now() - beganMs);
      }
      abandon(victim, [1, 2, 3, 7].map(idOf));
    } catch (error) {
      throw new Error(`seed ${seed}: ${role}, life ${life}, step ${step}`, { cause: error });
    }
    const { badMessages, refused } = victim.agent.pools.lan;
    badGossip += badMessages;
    unsealed += refused.packets + refused.plainStreams + refused.closedStreams;
  }
  const { believed, refused } = siege;
  return { inputs, believed, refused, badGossip, unsealed, slowestMs };
}

function strike(siege: Siege, victim: Victim): void {
  const { chance } = siege;
  const input = nextInput(siege, victim);
  if (input !== undefined) feed(victim, input);
  if (chance.choose("siege.flush", 3) === 0) flush(victim);
  if (chance.choose("siege.settle", 4) === 0) settle(victim);
  if (chance.choose("siege.time", 8) === 0) pass(victim, chance.choose("siege.ms", 200));
  if (chance.choose("siege.long", 1000) === 0) pass(victim, chance.choose("siege.long-ms", 100_000));
}

/** In percent; gossip comes first. */
const ALL_KINDS = 100;
const GOSSIP_KINDS = 44;

function nextInput(siege: Siege, victim: Victim): Input | undefined {
  const { chance } = siege;
  const kind = chance.choose("siege.input", siege.kinds);
  if (kind < 20) return packet(siege, victim, mutateBytes(chance, pick(chance, "siege.packet", PACKETS)));
  if (kind < 32) return packet(siege, victim, lyingPacket(chance, victim.agent));
  if (kind < 34) return packet(siege, victim, randomBytes(chance, 64));
  if (kind < 40) return stream(siege, victim, mutateBytes(chance, pick(chance, "siege.stream", STREAMS)));
  if (kind < 44) return streamAnswer(siege, victim);
  if (kind < 56) return frame(siege, mutateBytes(chance, encodeRpc(pick(chance, "siege.message", MESSAGES))));
  if (kind < 68) return frame(siege, mutatedMessage(chance));
  if (kind < 69) return frame(siege, randomBytes(chance, 64));
  if (kind < 92) return frame(siege, encodeRpc(lyingMessage(chance, victim.agent, siege.aim)));
  if (kind < 94)
    return { type: "peer-lost", peer: senderOf(chance), refused: chance.choose("siege.refused", 2) > 0 };
  return question(chance, victim);
}

const ELSEWHERE = "10.0.0.66:8301";

/** Now and then the WAN, where the victim is in it. */
function poolOf({ chance }: Siege, { agent }: Victim): GossipPool {
  return agent.pools.wan !== undefined && chance.choose("siege.pool", 4) === 0 ? "wan" : "lan";
}

/** What the adapter makes of a datagram: sealed, in many ways, where the victim has keys. */
function packet(siege: Siege, victim: Victim, plain: Uint8Array): Input {
  const { role, agent } = victim;
  const bytes = role === "encrypted" ? hostileDatagram(siege.chance, plain) : plain;
  const pool = poolOf(siege, victim);
  const keys = poolKeys(agent.pools, pool);
  return { type: "packet", pool, from: ELSEWHERE, ...unwrapPacket(REAL_ENVELOPE, keys, bytes) };
}

function stream(siege: Siege, victim: Victim, plain: Uint8Array): Input {
  const received = unsealed(siege, victim, plain, "dialler");
  return {
    type: "stream",
    pool: poolOf(siege, victim),
    stream: victim.nextStream++,
    from: ELSEWHERE,
    ...received,
  };
}

function unsealed(
  { chance }: Siege,
  { role, agent }: Victim,
  plain: Uint8Array,
  side: "dialler" | "acceptor",
): Unwrapped {
  const bytes = role === "encrypted" ? hostileStream(chance, plain) : plain;
  return unwrapStream(REAL_ENVELOPE, poolKeys(agent.pools, "lan"), bytes, side);
}

/** An answer to a stream that the agent opened, or to one that it did not. */
function streamAnswer(siege: Siege, victim: Victim): Input {
  const { chance } = siege;
  const known = victim.streams.splice(chance.choose("siege.known", victim.streams.length + 1), 1)[0];
  const bytes = mutateBytes(chance, pick(chance, "siege.stream", STREAMS));
  const received = unsealed(siege, victim, bytes, "acceptor");
  return { type: "stream-answer", ...(known ?? { pool: "lan", stream: 999_999 }), ...received };
}

function mutatedMessage(chance: Chance): Uint8Array {
  const message: RpcMessage = pick(chance, "siege.message", MESSAGES);
  return packr.pack(mutateValue(chance, unpackr.unpack(encodeRpc(message)))).slice();
}

/** What the adapter does with a frame: decoded, or the connection is closed. */
function frame(siege: Siege, bytes: Uint8Array): Input | undefined {
  const decoded = decodeRpc(bytes);
  if (!decoded.ok) {
    siege.refused++;
    return undefined;
  }
  siege.believed++;
  return { type: "message", from: senderOf(siege.chance), message: decoded.value };
}

const TARGETS = [
  "/v1/kv/a",
  "/v1/kv/a?index=3&wait=10s",
  "/v1/kv/?recurse&consistent",
  "/v1/kv/a?stale",
  "/v1/kv/?keys&index=1&wait=1s",
  "/v1/catalog/nodes",
  "/v1/catalog/datacenters",
  "/v1/kv/a?dc=dc2",
  "/v1/catalog/nodes?dc=dc3",
  "/v1/status/leader",
  "/v1/status/peers",
  "/v1/operator/raft/configuration",
  "/v1/agent/members",
  "/v1/agent/self",
];

/** A client of the agent, so that questions are open when their answers are lied about. */
function question(chance: Chance, victim: Victim): Input {
  if (chance.choose("siege.cancel", 6) === 0) {
    const [id] = victim.asked;
    if (id !== undefined) victim.asked.delete(id);
    return { type: "cancel", id: id ?? 0 };
  }
  const id = victim.nextHttp++;
  victim.asked.add(id);
  const put = chance.choose("siege.put", 3) === 0;
  const target = put ? "/v1/kv/a" : pick(chance, "siege.target", TARGETS);
  const body = utf8Bytes(put ? "value" : "");
  return {
    type: "http",
    id,
    request: { method: put ? "PUT" : "GET", target, headers: new Map(), body, remote: "127.0.0.1" },
  };
}
