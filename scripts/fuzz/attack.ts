// Hostile bytes at the ports of agents that run: datagrams, gossip streams and RPC connections, as fast as one process
// can, by what test/core/agent makes of recorded gossip and of every kind of RPC message.

import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { frame } from "../../src/adapters/net/frames.ts";
import { type Chance, seededChance } from "../../src/core/lib/chance.ts";
import { encodeHello, encodeRpc, RPC_FIRST_BYTE, RPC_VERSION } from "../../src/core/wire/rpc.ts";
import { MESSAGES, PACKETS, STREAMS } from "../../test/core/agent/corpus.ts";
import { hostileDatagram, hostileStream } from "../../test/core/agent/hostile-seals.ts";
import { mutateBytes, mutateValue, pick, randomBytes } from "../../test/core/agent/mutation.ts";
import type { AgentProcess } from "../../test/support/agent-process.ts";
import { gossipKeyOf } from "./gossip-key.ts";
import { isHarmlessFrame, isHarmlessPacket, isHarmlessStream, moved, type Network } from "./harmless.ts";

/** What was thrown. */
export interface Blows {
  datagrams: number;
  streams: number;
  connections: number;
  frames: number;
}

interface Attack {
  readonly target: AgentProcess;
  readonly network: Network;
  readonly chance: Chance;
  readonly endMs: number;
  readonly blows: Blows;
}

/** Connections of each kind to one target at once: below what one address may have. */
const WORKERS = 12;
/** Datagrams between two breaths. More only overflow the sockets' buffers. */
const VOLLEY = 40;
const LINGER_MS = 300;

/** Goes on until `endMs` of `performance.now()`. */
export async function attack(
  target: AgentProcess,
  network: Network,
  seed: string,
  endMs: number,
): Promise<Blows> {
  const blows: Blows = { datagrams: 0, streams: 0, connections: 0, frames: 0 };
  const from = (name: string): Attack => {
    const chance = seededChance(`${seed}/${target.name}/${name}`);
    return { target, network, chance, endMs, blows };
  };
  const workers = Array.from({ length: WORKERS }, (_, at) => `${at}`);
  await Promise.all([
    throwDatagrams(from("datagrams")),
    ...workers.map((at) => throwStreams(from(`streams ${at}`))),
    ...workers.map((at) => throwFrames(from(`frames ${at}`))),
  ]);
  return blows;
}

async function throwDatagrams({ target, network, chance, endMs, blows }: Attack): Promise<void> {
  const { ip, ports } = target.spec;
  const sealed = gossipKeyOf(target) !== undefined;
  const socket = createSocket("udp4").on("error", () => undefined);
  const corpus = PACKETS.flatMap((bytes) => [3, 4].map((host) => moved(bytes, network, host)));
  while (performance.now() < endMs) {
    for (let left = VOLLEY; left > 0; left--) {
      const noise = chance.choose("attack.noise", 20) === 0;
      const bytes = noise
        ? randomBytes(chance, 200)
        : mutateBytes(chance, pick(chance, "attack.packet", corpus));
      if (!isHarmlessPacket(bytes, network)) continue;
      socket.send(sealed ? hostileDatagram(chance, bytes) : bytes, ports.serfLan, ip, () => undefined);
      blows.datagrams++;
    }
    await sleep(2);
  }
  socket.close();
}

async function throwStreams({ target, network, chance, endMs, blows }: Attack): Promise<void> {
  const { ip, ports } = target.spec;
  const sealed = gossipKeyOf(target) !== undefined;
  const corpus = STREAMS.map((bytes) => moved(bytes, network, 5));
  while (performance.now() < endMs) {
    const noise = chance.choose("attack.noise", 20) === 0;
    const bytes = noise
      ? randomBytes(chance, 200)
      : mutateBytes(chance, pick(chance, "attack.stream", corpus));
    if (!isHarmlessStream(bytes, network)) continue;
    const socket = await open(ip, ports.serfLan);
    await writeInPieces(socket, sealed ? hostileStream(chance, bytes) : bytes, chance);
    await part(socket, chance);
    blows.streams++;
  }
}

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false });

async function throwFrames({ target, chance, endMs, blows }: Attack): Promise<void> {
  const { ip, ports } = target.spec;
  while (performance.now() < endMs) {
    const socket = await open(ip, ports.server);
    blows.connections++;
    await writeInPieces(socket, greeting(chance), chance);
    for (let left = chance.choose("attack.frames", 12); left > 0 && !socket.destroyed; left--) {
      const body = hostileBody(chance);
      if (!isHarmlessFrame(body)) continue;
      const framed = frame(body);
      await writeInPieces(
        socket,
        chance.choose("attack.framing", 8) === 0 ? mutateBytes(chance, framed) : framed,
        chance,
      );
      blows.frames++;
    }
    await part(socket, chance);
  }
}

/** The first byte and the hello, mostly good ones. */
function greeting(chance: Chance): Uint8Array {
  if (chance.choose("attack.foreign", 10) === 0) return randomBytes(chance, 40);
  const place = 1 + chance.choose("attack.stranger", 50);
  const nodeId = `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`;
  const hello = encodeHello({ version: RPC_VERSION, nodeId, nodeName: nodeId, datacenter: "dc1" });
  const bad = chance.choose("attack.bad-hello", 5) === 0;
  return Buffer.concat([Buffer.of(RPC_FIRST_BYTE), frame(bad ? mutateBytes(chance, hello) : hello)]);
}

function hostileBody(chance: Chance): Uint8Array {
  const bytes = encodeRpc(pick(chance, "attack.message", MESSAGES));
  switch (chance.choose("attack.body", 4)) {
    case 0:
      return randomBytes(chance, 100);
    case 1:
      return mutateBytes(chance, bytes);
    default:
      return packr.pack(mutateValue(chance, unpackr.unpack(bytes))).slice();
  }
}

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port });
  socket.on("error", () => undefined);
  socket.resume(); // What comes back is nobody's business.
  await new Promise<void>((resolve) => {
    socket.once("connect", resolve);
    socket.once("close", () => resolve());
  });
  return socket;
}

/** Resolves when the socket is closed, or has had its time; never rejects, as `once` would. */
function closedOrLater(socket: Socket): Promise<unknown> {
  if (socket.closed) return Promise.resolve();
  return Promise.race([
    sleep(LINGER_MS),
    new Promise<void>((resolve) => socket.once("close", () => resolve())),
  ]);
}

async function writeInPieces(socket: Socket, bytes: Uint8Array, chance: Chance): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; ) {
    const whole = chance.choose("attack.whole", 2) === 0;
    const next = whole ? bytes.length : at + 1 + chance.choose("attack.piece", bytes.length - at);
    socket.write(bytes.subarray(at, next));
    at = next;
    await new Promise(setImmediate);
  }
}

/** Politely, rudely, or after a while in which nothing comes. */
async function part(socket: Socket, chance: Chance): Promise<void> {
  const way = chance.choose("attack.parting", 8);
  if (way === 0) await closedOrLater(socket);
  if (way < 3) socket.end();
  else if (way < 6) socket.resetAndDestroy();
  else socket.destroy();
  await closedOrLater(socket);
  socket.destroy();
}
