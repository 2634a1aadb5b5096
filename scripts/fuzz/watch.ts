// Whether an agent goes on as if nothing happened: asked over HTTP again and again, its memory looked at; and in the end
// spoken to in each of its protocols, as somebody who means well.

import { strict as assert } from "node:assert";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createFrameReader, frame } from "../../src/adapters/net/frames.ts";
import { unwrapPacket, unwrapStream, wrapPacket, wrapStream } from "../../src/core/wire/gossip/envelope.ts";
import { encodeMessage } from "../../src/core/wire/gossip/messages.ts";
import { NODE_STATES } from "../../src/core/wire/gossip/node-line.ts";
import { decodePacket, encodePacket } from "../../src/core/wire/gossip/packet.ts";
import { encodeSerf } from "../../src/core/wire/gossip/serf-messages.ts";
import { measureStream } from "../../src/core/wire/gossip/stream.ts";
import { decodeStream, encodeStream } from "../../src/core/wire/gossip/stream-messages.ts";
import {
  decodeRpc,
  encodeHello,
  encodeRpc,
  RPC_FIRST_BYTE,
  RPC_MAX_FRAME_BYTES,
  RPC_VERSION,
} from "../../src/core/wire/rpc.ts";
import { REAL_ENVELOPE } from "../../test/core/agent/hostile-seals.ts";
import type { AgentProcess } from "../../test/support/agent-process.ts";
import { askOnce } from "../../test/support/http-client.ts";
import { until } from "../../test/support/until.ts";
import { gossipKeyOf } from "./gossip-key.ts";

export interface Vitals {
  asked: number;
  unanswered: number;
  /** Milliseconds of each answer. */
  readonly answers: number[];
  readonly firstBytes: number;
  mostBytes: number;
}

const INTERVAL_MS = 100;
const PATIENCE_MS = 15_000;

/** Looks at the agent until `endMs` of `performance.now()`. */
export async function watch(agent: AgentProcess, endMs: number): Promise<Vitals> {
  const firstBytes = agent.memoryBytes();
  const vitals: Vitals = { asked: 0, unanswered: 0, answers: [], firstBytes, mostBytes: firstBytes };
  while (performance.now() < endMs && agent.isRunning()) {
    const beganMs = performance.now();
    const ask = { method: "GET", target: "/v1/agent/self", patienceMs: PATIENCE_MS };
    const result = await askOnce(agent.http, ask);
    vitals.asked++;
    if (result.ok && result.status === 200) vitals.answers.push(performance.now() - beganMs);
    else vitals.unanswered++;
    if (agent.isRunning()) vitals.mostBytes = Math.max(vitals.mostBytes, agent.memoryBytes());
    await sleep(INTERVAL_MS);
  }
  return vitals;
}

const SEQ = 4711;

/** @throws Error when a ping in its name gets no ack. */
export async function acksPing(agent: AgentProcess): Promise<void> {
  const { name, spec } = agent;
  const key = gossipKeyOf(agent);
  const socket = createSocket("udp4");
  let acked = false;
  socket.on("message", (bytes) => {
    const packet = unwrapPacket(REAL_ENVELOPE, key === undefined ? [] : [key], bytes);
    acked ||= decodePacket(packet.bytes).messages.some((each) => each.type === "ack" && each.seqNo === SEQ);
  });
  const ping = {
    type: "ping",
    seqNo: SEQ,
    node: name,
    sourceAddr: null,
    sourcePort: 0,
    sourceNode: "",
  } as const;
  const plain = encodePacket([encodeMessage(ping)], { compress: false, crc: false });
  try {
    await until(
      `${name} acks a ping`,
      async () => {
        socket.send(wrapPacket(REAL_ENVELOPE, key, plain), spec.ports.serfLan, spec.ip, () => undefined);
        await sleep(INTERVAL_MS);
        return acked;
      },
      PATIENCE_MS,
    );
  } finally {
    socket.close();
  }
}

/** @throws Error when its answer to a push/pull of nothing does not say that it is alive. */
export async function answersPushPull(agent: AgentProcess): Promise<void> {
  const { name, spec } = agent;
  const key = gossipKeyOf(agent);
  const userState = encodeSerf({
    type: "push-pull",
    lTime: 1,
    statusLTimes: new Map(),
    leftMembers: [],
    eventLTime: 1,
    events: [],
    queryLTime: 1,
  });
  const plain = encodeStream({ type: "push-pull", join: false, nodes: [], userState }, false);
  const bytes = wrapStream(REAL_ENVELOPE, key, plain, "dialler");
  const answer = await exchange(spec.ip, spec.ports.serfLan, bytes, (received) => {
    if (measureStream(received).type !== "complete") return undefined;
    const keys = key === undefined ? [] : [key];
    const decoded = decodeStream(unwrapStream(REAL_ENVELOPE, keys, received, "acceptor").bytes);
    return decoded.ok && decoded.value.type === "push-pull" ? decoded.value : undefined;
  });
  const own = answer.nodes.find((node) => node.name === name);
  assert.equal(NODE_STATES[own?.state ?? -1], "alive", `${name} of itself`);
}

/** @throws Error when it does not answer a question that any server can. */
export async function answersRpc({ spec }: AgentProcess): Promise<void> {
  const hello = { version: RPC_VERSION, nodeId: "newcomer", nodeName: "newcomer", datacenter: "dc1" };
  const question = encodeRpc({ type: "request", seq: SEQ, request: { kind: "status.peers" } });
  const bytes = Buffer.concat([Buffer.of(RPC_FIRST_BYTE), frame(encodeHello(hello)), frame(question)]);
  const answer = await exchange(spec.ip, spec.ports.server, bytes, (received) => {
    const reader = createFrameReader();
    reader.push(received);
    reader.next(RPC_MAX_FRAME_BYTES); // Its hello.
    const body = reader.next(RPC_MAX_FRAME_BYTES);
    return body === undefined ? undefined : decodeRpc(body);
  });
  assert(answer.ok && answer.value.type === "response" && answer.value.seq === SEQ);
  assert.equal(answer.value.response.ok, true);
}

/** Sends, and reads until what came is an answer. */
async function exchange<T>(
  host: string,
  port: number,
  bytes: Uint8Array,
  read: (received: Buffer) => T | undefined,
): Promise<T> {
  const socket = connect({ host, port });
  let received: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.on("error", () => undefined);
  socket.write(bytes);
  try {
    return await until(`${host}:${port} answers`, () => read(received), PATIENCE_MS);
  } finally {
    socket.destroy();
  }
}
