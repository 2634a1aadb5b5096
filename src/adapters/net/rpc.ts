// Our RPC over TCP (core/wire/rpc.ts has the format). One listener on the server port, where the first byte of a
// connection picks the protocol; one dialled connection to each peer that we send to. A peer is its node id: both sides
// say hello, and a connection to an address where somebody else lives now is not used.

import { connect, createServer, type Server, type Socket } from "node:net";
import type { Input } from "../../core/agent/ports.ts";
import { type Address, joinHostPort, splitHostPort } from "../../core/model/address.ts";
import {
  decodeHello,
  decodeRpc,
  encodeHello,
  encodeRpc,
  RPC_FIRST_BYTE,
  RPC_MAX_FRAME_BYTES,
  RPC_VERSION,
  type RpcHello,
  type RpcMessage,
} from "../../core/wire/rpc.ts";
import { errorCode, listenError } from "./errors.ts";
import { createFrameReader, frame } from "./frames.ts";

/** Time from connecting to a valid hello (Consul's rpc_handshake_timeout). */
const HANDSHAKE_TIMEOUT_MS = 5000;
const DIAL_TIMEOUT_MS = 5000;
/** Bytes waiting for a peer that does not read, past which it is cut off. */
const MAX_UNSENT_BYTES = 64 << 20;
/** Connections from one address (Consul's rpc_max_conns_per_client). */
const MAX_CONNECTIONS_PER_CLIENT = 100;

export interface RpcSockets {
  send(to: string, address: Address | undefined, message: RpcMessage): void;
  /** What was sent since the last call leaves now, one write a connection. */
  flush(): void;
  close(): Promise<void>;
  readonly counters: RpcCounters;
}

/** What was refused, and why: shown by metrics. */
export interface RpcCounters {
  badFrames: number;
  badHellos: number;
  foreignProtocols: number;
  dropped: number;
}

export interface RpcOptions {
  readonly self: { readonly nodeId: string; readonly nodeName: string; readonly datacenter: string };
  /** Undefined for a client agent: it only dials. */
  readonly listen: { readonly ip: string; readonly port: number } | undefined;
  readonly feed: (input: Input) => void;
  readonly warn: (message: string, fields: Readonly<Record<string, string | number>>) => void;
}

interface Connection {
  readonly socket: Socket;
  /** Known from the start on connections that we dialled; from the hello on others. */
  peer: string | undefined;
  readonly dialled: Address | undefined;
  /** The hello was exchanged. */
  ready: boolean;
  /** Waits for the hello of the other side. */
  readonly queued: Buffer[];
}

export async function openRpcSockets(options: RpcOptions): Promise<RpcSockets> {
  const { feed, warn } = options;
  const hello: RpcHello = { version: RPC_VERSION, ...options.self };
  const helloFrame = frame(encodeHello(hello));
  const counters: RpcCounters = { badFrames: 0, badHellos: 0, foreignProtocols: 0, dropped: 0 };
  /** Connections that we dialled, and those that were opened to us, by peer. */
  const dialled = new Map<string, Connection>();
  const accepted = new Map<string, Connection>();
  const all = new Set<Connection>();
  const corked = new Set<Socket>();
  const perClient = new Map<string, number>();
  let closing = false;
  let lastMessage: RpcMessage | undefined;
  let lastFrame: Buffer = helloFrame;

  /** A message that goes to several peers is one object: it is encoded once. */
  function frameOf(message: RpcMessage): Buffer {
    if (message !== lastMessage) {
      lastMessage = message;
      lastFrame = frame(encodeRpc(message));
    }
    return lastFrame;
  }

  function send(to: string, address: Address | undefined, message: RpcMessage): void {
    // An answer goes back over the connection that the question came by.
    const open = address === undefined ? (accepted.get(to) ?? dialled.get(to)) : dialled.get(to);
    const connection = open ?? (address === undefined ? undefined : dial(to, address));
    if (connection === undefined) {
      counters.dropped++;
      return;
    }
    const bytes = frameOf(message);
    if (!connection.ready) connection.queued.push(bytes);
    else write(connection, bytes);
  }

  function write({ socket }: Connection, bytes: Buffer): void {
    if (!corked.has(socket)) {
      socket.cork();
      corked.add(socket);
    }
    socket.write(bytes);
    if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
  }

  function flush(): void {
    for (const socket of corked) socket.uncork();
    corked.clear();
  }

  function dial(peer: string, address: Address): Connection | undefined {
    const target = splitHostPort(address);
    if (target === undefined || closing) return undefined;
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    const connection: Connection = { socket, peer, dialled: address, ready: false, queued: [] };
    dialled.set(peer, connection);
    all.add(connection);
    const timer = setTimeout(() => socket.destroy(), DIAL_TIMEOUT_MS);
    let refused = false;
    socket.on("connect", () => {
      socket.write(Buffer.concat([Buffer.from([RPC_FIRST_BYTE]), helloFrame]));
    });
    socket.on("error", (error) => {
      refused = errorCode(error) === "ECONNREFUSED";
    });
    socket.on("close", () => {
      clearTimeout(timer);
      lose(connection, refused);
    });
    readFrames(connection, () => clearTimeout(timer));
    return connection;
  }

  function accept(socket: Socket): void {
    const client = socket.remoteAddress ?? "";
    const count = perClient.get(client) ?? 0;
    if (count >= MAX_CONNECTIONS_PER_CLIENT) {
      socket.destroy();
      return;
    }
    perClient.set(client, count + 1);
    const connection: Connection = { socket, peer: undefined, dialled: undefined, ready: false, queued: [] };
    all.add(connection);
    const timer = setTimeout(() => socket.destroy(), HANDSHAKE_TIMEOUT_MS);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      perClient.set(client, (perClient.get(client) ?? 1) - 1);
      if (perClient.get(client) === 0) perClient.delete(client);
      lose(connection, false);
    });
    socket.once("data", (chunk: Buffer) => {
      if (chunk[0] !== RPC_FIRST_BYTE) return refuseProtocol(socket, chunk[0] ?? 0);
      if (chunk.length > 1) socket.unshift(chunk.subarray(1));
      readFrames(connection, () => clearTimeout(timer));
    });
  }

  function refuseProtocol(socket: Socket, byte: number): void {
    counters.foreignProtocols++;
    const from = joinHostPort(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    warn("unrecognized RPC byte", { byte, conn: `from=${from}` });
    socket.destroy();
  }

  function readFrames(connection: Connection, onReady: () => void): void {
    const { socket } = connection;
    const reader = createFrameReader(RPC_MAX_FRAME_BYTES);
    socket.on("data", (chunk: Buffer) => {
      reader.push(chunk);
      for (let body = reader.next(); body !== undefined; body = reader.next()) {
        if (connection.ready) receive(connection, body);
        else if (greet(connection, body)) onReady();
        if (socket.destroyed) return;
      }
      if (reader.broken) {
        counters.badFrames++;
        socket.destroy();
      }
    });
  }

  /** The first frame says who is there. */
  function greet(connection: Connection, body: Buffer): boolean {
    const { socket } = connection;
    const decoded = decodeHello(body);
    const wrongPeer = decoded.ok && connection.peer !== undefined && decoded.value.nodeId !== connection.peer;
    if (!decoded.ok || decoded.value.version !== RPC_VERSION || wrongPeer) {
      counters.badHellos++;
      const found = decoded.ok
        ? `node ${decoded.value.nodeId}, version ${decoded.value.version}`
        : decoded.error;
      warn("RPC connection refused: unexpected hello", { address: connection.dialled ?? "inbound", found });
      socket.destroy();
      return false;
    }
    connection.ready = true;
    if (connection.peer === undefined) {
      connection.peer = decoded.value.nodeId;
      accepted.get(connection.peer)?.socket.destroy();
      accepted.set(connection.peer, connection);
      socket.setNoDelay(true);
      socket.write(helloFrame);
    }
    for (const bytes of connection.queued.splice(0)) write(connection, bytes);
    flush();
    return true;
  }

  function receive(connection: Connection, body: Buffer): void {
    const decoded = decodeRpc(body);
    if (decoded.ok) return feed({ type: "message", from: connection.peer as string, message: decoded.value });
    counters.badFrames++;
    warn("RPC connection closed: unreadable message", { peer: connection.peer ?? "", error: decoded.error });
    connection.socket.destroy();
  }

  /** With one of its connections a peer is lost altogether: what was under way on the other has no future either. */
  function lose(connection: Connection, refused: boolean): void {
    all.delete(connection);
    corked.delete(connection.socket);
    const { peer } = connection;
    if (peer === undefined || closing) return;
    const current = connection.dialled === undefined ? accepted : dialled;
    if (current.get(peer) !== connection) return;
    current.delete(peer);
    const wasReady = connection.ready;
    (connection.dialled === undefined ? dialled : accepted).get(peer)?.socket.destroy();
    feed({ type: "peer-lost", peer, refused });
    // Is it the connection or the process that died? An attempt at once tells.
    if (wasReady && !refused && connection.dialled !== undefined) dial(peer, connection.dialled);
  }

  const server: Server | undefined = options.listen === undefined ? undefined : createServer(accept);
  if (server !== undefined && options.listen !== undefined) {
    const { ip, port } = options.listen;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(new Error(listenError("tcp", joinHostPort(ip, port), error))));
      server.listen(port, ip, () => resolve());
    });
  }

  return {
    send,
    flush,
    counters,
    async close() {
      closing = true;
      for (const { socket } of all) socket.destroy();
      if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
