// Both ends of connections, for the tests of the network adapters: sockets as the agent has them with what they feed,
// and raw ones that say whatever the test wants.

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach } from "vitest";
import { createFrameReader, frame } from "../../../src/adapters/net/frames.ts";
import { openRpcSockets, type RpcOptions, type RpcSockets } from "../../../src/adapters/net/rpc.ts";
import type { Input } from "../../../src/core/agent/ports.ts";
import { joinHostPort } from "../../../src/core/model/address.ts";
import {
  decodeRpc,
  encodeHello,
  encodeRpc,
  RPC_FIRST_BYTE,
  RPC_MAX_FRAME_BYTES,
  RPC_VERSION,
  type RpcHello,
  type RpcMessage,
} from "../../../src/core/wire/rpc.ts";
import { freePorts, loopbackIps } from "../../support/loopback.ts";
import { until } from "../../support/until.ts";

const OPEN: (() => Promise<unknown> | unknown)[] = [];
/** Registers what ends something when the test does. */
export function onEnd(close: () => Promise<unknown> | unknown): void {
  OPEN.push(close);
}
afterEach(async () => {
  for (const close of OPEN.splice(0).reverse()) await close();
});

export interface Place {
  readonly ip: string;
  readonly port: number;
  readonly address: string;
}

/** An address where nobody listens, TCP and UDP. */
export async function freePlace(): Promise<Place> {
  const [ip = ""] = loopbackIps(1);
  const { serfLan: port } = await freePorts(ip);
  return { ip, port, address: joinHostPort(ip, port) };
}

/** An agent's RPC sockets, and what they fed. */
export interface RpcNode extends Place {
  readonly id: string;
  readonly sockets: RpcSockets;
  readonly inputs: Input[];
  readonly warnings: string[];
}

export async function openNode(
  id: string,
  at?: Partial<Place> & Pick<RpcOptions, "maxConnectionsPerClient">,
): Promise<RpcNode> {
  const { maxConnectionsPerClient = 100, ...given } = at ?? {};
  const place = { ...(await freePlace()), ...given };
  const inputs: Input[] = [];
  const warnings: string[] = [];
  const sockets = await openRpcSockets({
    self: { nodeId: id, nodeName: id, datacenter: "dc1" },
    listen: place,
    maxConnectionsPerClient,
    feed: (input) => void inputs.push(input),
    warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
  });
  onEnd(() => sockets.close());
  return { ...place, id, sockets, inputs, warnings };
}

/** A message that is known again: its number. */
export function numbered(seq: number): RpcMessage {
  return { type: "cancel", seq };
}

/** Numbers of the messages that came, from one peer or from all. */
export function numbersOf({ inputs }: Pick<RpcNode, "inputs">, from?: string): number[] {
  return inputs.flatMap((input) =>
    input.type === "message" && input.message.type === "cancel" && (from ?? input.from) === input.from
      ? [input.message.seq]
      : [],
  );
}

/** The losses that were told, in order: "peer" or "peer refused". */
export function lossesOf({ inputs }: Pick<RpcNode, "inputs">): string[] {
  return inputs.flatMap((input) =>
    input.type === "peer-lost" ? [`${input.peer}${input.refused ? " refused" : ""}`] : [],
  );
}

export function helloOf(nodeId: string, more: Partial<RpcHello> = {}): Buffer {
  return frame(encodeHello({ version: RPC_VERSION, nodeId, nodeName: nodeId, datacenter: "dc1", ...more }));
}

export function frameOf(message: RpcMessage): Buffer {
  return frame(encodeRpc(message));
}

/** A connection without manners. */
export interface Raw {
  readonly socket: Socket;
  /** All that came, and whether the other side is done. */
  readonly received: Buffer;
  closed: boolean;
}

function rawOf(socket: Socket): Raw {
  const chunks: Buffer[] = [];
  const raw = {
    socket,
    get received() {
      // Put together when somebody looks, and not for each piece of a hundred megabytes.
      if (chunks.length > 1) chunks.push(Buffer.concat(chunks.splice(0)));
      return chunks[0] ?? Buffer.alloc(0);
    },
    closed: false,
  };
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.on("close", () => {
    raw.closed = true;
  });
  onEnd(() => socket.destroy());
  return raw;
}

export async function dialRaw(
  { ip, port }: Pick<Place, "ip" | "port">,
  send: Buffer | string = "",
  localAddress?: string,
): Promise<Raw> {
  const raw = rawOf(connect({ host: ip, port, ...(localAddress === undefined ? {} : { localAddress }) }));
  await Promise.race([once(raw.socket, "connect"), once(raw.socket, "close")]);
  raw.socket.write(send);
  return raw;
}

/** A dialler of our protocol whose hello is still to come. */
export const PROTOCOL: Buffer = Buffer.of(RPC_FIRST_BYTE);

/** A peer that has dialled and said hello. */
export async function dialAs(id: string, node: RpcNode, localAddress?: string): Promise<Raw> {
  const raw = await dialRaw(node, Buffer.concat([PROTOCOL, helloOf(id)]), localAddress);
  await until(`${node.id} greets ${id}`, () => raw.received.length > 0 || raw.closed);
  return raw;
}

/** Numbers of the messages that a raw connection was sent, hellos left out. */
export function numbersIn({ received }: Raw, skipFirstByte: boolean): number[] {
  const reader = createFrameReader();
  reader.push(received.subarray(skipFirstByte ? 1 : 0));
  const numbers: number[] = [];
  for (
    let body = reader.next(RPC_MAX_FRAME_BYTES);
    body !== undefined;
    body = reader.next(RPC_MAX_FRAME_BYTES)
  ) {
    const decoded = decodeRpc(body);
    if (decoded.ok && decoded.value.type === "cancel") numbers.push(decoded.value.seq);
  }
  return numbers;
}

export interface FakeListener extends Place {
  /** In the order in which they came. */
  readonly connections: Raw[];
  close(): Promise<void>;
}

/** Takes connections and does what the test says with each. */
export async function listenRaw(
  onConnection: (raw: Raw, count: number) => void,
  at?: Place,
): Promise<FakeListener> {
  const place = at ?? (await freePlace());
  const connections: Raw[] = [];
  const server: Server = createServer((socket) => {
    const raw = rawOf(socket);
    onConnection(raw, connections.push(raw));
  });
  server.listen(place.port, place.ip);
  await once(server, "listening");
  const close = async (): Promise<void> => {
    for (const { socket } of connections) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  onEnd(close);
  return { ...place, connections, close };
}
