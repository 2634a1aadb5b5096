// Our RPC over TCP (core/wire/rpc.ts has the format). One listener on the server port, where the first byte of a
// connection picks the protocol; one dialled connection to each peer that we send to. A peer is its node id: both sides
// say hello, and a connection to an address where somebody else lives now is not used.
//
// What core relies on (test/contract/network.test.ts): messages of one connection arrive in order, each at most once; and
// whenever some may be lost, `peer-lost` says so before anything that comes later from that peer.

import { connect, createServer, type Server, type Socket } from "node:net";
import type { Input } from "../../core/agent/ports.ts";
import { type Address, joinHostPort, splitHostPort } from "../../core/model/address.ts";
import {
  decodeHello,
  decodeRpc,
  encodeHello,
  encodeRpc,
  RPC_FIRST_BYTE,
  RPC_VERSION,
  type RpcHello,
  type RpcMessage,
} from "../../core/wire/rpc.ts";
import { ClientCounter, clientAddress } from "../http/clients.ts";
import { lineLimit } from "../line-limit.ts";
import { errorCode, listenError } from "./errors.ts";
import { frame } from "./frames.ts";
import {
  becomeReady,
  createConnection,
  type RpcConnection,
  readFrames,
  sendFrame,
  type UnfinishedFrames,
} from "./rpc-connection.ts";

/** Consul's defaults. */
const HANDSHAKE_TIMEOUT_MS = 5000;
const MAX_CONNECTIONS_PER_CLIENT = 100;
/** Lines of the log in a second about what comes from strangers. */
const MOST_WARNINGS = 20;

export interface RpcSockets {
  send(to: string, address: Address | undefined, message: RpcMessage): void;
  /** What was sent since the last call leaves now, one write a connection. */
  flush(): void;
  /** Connections that are open stay so. */
  setMaxConnectionsPerClient(limit: number): void;
  close(): Promise<void>;
  readonly counters: RpcCounters;
}

/** What was refused, and why: shown by metrics. */
export interface RpcCounters {
  badFrames: number;
  badHellos: number;
  foreignProtocols: number;
  /** Connections of clients that had too many. */
  refusedClients: number;
  /** Messages to peers that there was no way to. */
  dropped: number;
}

export interface RpcOptions {
  readonly self: { readonly nodeId: string; readonly nodeName: string; readonly datacenter: string };
  /** Undefined for a client agent: it only dials. */
  readonly listen: { readonly ip: string; readonly port: number } | undefined;
  /** Time from connecting to a valid hello. 5 s. */
  readonly handshakeTimeoutMs?: number;
  /** Connections from one address; 0 for any number. 100. */
  readonly maxConnectionsPerClient?: number;
  readonly feed: (input: Input) => void;
  /** Somebody has connected. */
  readonly onAccepted?: () => void;
  readonly warn: (message: string, fields: Readonly<Record<string, string | number>>) => void;
}

/** Opens the listener, if there is to be one. @throws Error in Go's words when the address can't be had. */
export async function openRpcSockets(options: RpcOptions): Promise<RpcSockets> {
  const { feed, self, handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS } = options;
  const { maxConnectionsPerClient = MAX_CONNECTIONS_PER_CLIENT } = options;
  const mayWarn = lineLimit(MOST_WARNINGS, (count) => options.warn("RPC warnings left out", { count }));
  const warn: RpcOptions["warn"] = (message, fields) => {
    if (mayWarn()) options.warn(message, fields);
  };
  const helloFrame = frame(encodeHello({ ...self, version: RPC_VERSION }));
  const counters: RpcCounters = {
    badFrames: 0,
    badHellos: 0,
    foreignProtocols: 0,
    refusedClients: 0,
    dropped: 0,
  };
  /** Connections that we dialled, and those that were opened to us, by peer. */
  const dialled = new Map<string, RpcConnection>();
  const accepted = new Map<string, RpcConnection>();
  const sockets = new Set<Socket>();
  const corked = new Set<Socket>();
  const clients = new ClientCounter(maxConnectionsPerClient);
  const unfinished: UnfinishedFrames = { bytes: 0 };
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
    if (connection !== undefined) return sendFrame(connection, frameOf(message), corked);
    counters.dropped++;
    // Nobody was told of the loss yet, as there never was a connection; and not from within the call that sends.
    if (address !== undefined) setImmediate(() => lost(to, false));
  }

  function flush(): void {
    for (const socket of corked) socket.uncork();
    corked.clear();
  }

  /** @returns undefined for an address that can't be dialled. */
  function dial(peer: string, address: Address): RpcConnection | undefined {
    const target = splitHostPort(address);
    if (target === undefined || closing) return undefined;
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    const connection = createConnection(socket, peer, address);
    dialled.set(peer, connection);
    let refused = false;
    socket.on("connect", () => {
      socket.write(Buffer.concat([Buffer.from([RPC_FIRST_BYTE]), helloFrame]));
    });
    socket.on("error", (error) => {
      refused = errorCode(error) === "ECONNREFUSED";
    });
    attend(connection, () => refused);
    listenTo(connection);
    return connection;
  }

  function accept(socket: Socket): void {
    options.onAccepted?.();
    const client = clientAddress(socket);
    if (!clients.enter(client)) {
      counters.refusedClients++;
      socket.destroy();
      return;
    }
    socket.on("error", () => undefined);
    socket.on("close", () => clients.leave(client));
    const connection = createConnection(socket, undefined, undefined);
    attend(connection, () => false);
    socket.once("data", (chunk: Buffer) => {
      if (chunk[0] !== RPC_FIRST_BYTE) return refuseProtocol(socket, chunk[0] ?? 0);
      if (chunk.length > 1) socket.unshift(chunk.subarray(1));
      listenTo(connection);
    });
  }

  /** A connection has so long to say hello; when it ends, whoever is at its other end is lost. */
  function attend(connection: RpcConnection, refused: () => boolean): void {
    const { socket } = connection;
    sockets.add(socket);
    const timer = setTimeout(() => {
      if (!connection.ready) socket.destroy();
    }, handshakeTimeoutMs);
    socket.on("close", () => {
      clearTimeout(timer);
      sockets.delete(socket);
      corked.delete(socket);
      const { peer } = connection;
      const current = connection.dialled === undefined ? accepted : dialled;
      if (peer !== undefined && current.get(peer) === connection) lost(peer, refused());
    });
  }

  function refuseProtocol(socket: Socket, byte: number): void {
    counters.foreignProtocols++;
    const from = joinHostPort(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    warn("unrecognized RPC byte", { byte, conn: `from=${from}` });
    socket.destroy();
  }

  function listenTo(connection: RpcConnection): void {
    readFrames(
      connection,
      unfinished,
      (body) => (connection.ready ? receive(connection, body) : greet(connection, body)),
      (reason) => refuseFrame(connection, reason),
    );
  }

  /** The first frame says who is there. */
  function greet(connection: RpcConnection, body: Buffer): void {
    const { socket } = connection;
    const decoded = decodeHello(body);
    const found = decoded.ok ? misgreeting(connection, decoded.value) : decoded.error;
    if (!decoded.ok || found !== undefined) {
      counters.badHellos++;
      const address = connection.dialled ?? "inbound";
      warn("RPC connection refused: unexpected hello", { address, found: found ?? "" });
      socket.destroy();
      return;
    }
    if (connection.dialled === undefined) {
      const peer = decoded.value.nodeId;
      // It dials anew: it has given the old connection up, and we may not have noticed. Its questions will come with the
      // same numbers again if it was started anew, and must not be taken for the old ones.
      if (accepted.has(peer)) lost(peer, false);
      connection.peer = peer;
      accepted.set(peer, connection);
      socket.setNoDelay(true);
      socket.write(helloFrame);
    }
    becomeReady(connection, corked);
    flush();
  }

  /** @returns What is wrong with a hello; undefined for nothing. */
  function misgreeting(connection: RpcConnection, hello: RpcHello): string | undefined {
    const wrongPeer = connection.peer !== undefined && hello.nodeId !== connection.peer;
    // Nobody else may have our id: gossip's rules keep such members out of the pool too.
    if (hello.version === RPC_VERSION && !wrongPeer && hello.nodeId !== self.nodeId) return undefined;
    return `node ${hello.nodeId}, version ${hello.version}`;
  }

  function receive(connection: RpcConnection, body: Buffer): void {
    const decoded = decodeRpc(body);
    if (decoded.ok) feed({ type: "message", from: connection.peer as string, message: decoded.value });
    else refuseFrame(connection, decoded.error);
  }

  function refuseFrame({ socket, peer }: RpcConnection, error: string): void {
    counters.badFrames++;
    const from = joinHostPort(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    warn("RPC connection closed: unreadable message", { peer: peer ?? "", conn: `from=${from}`, error });
    socket.destroy();
  }

  /** With one of its connections a peer is lost altogether: what was under way on the other has no future either. */
  function lost(peer: string, refused: boolean): void {
    if (closing) return;
    const ours = dialled.get(peer);
    const theirs = accepted.get(peer);
    dialled.delete(peer);
    accepted.delete(peer);
    ours?.socket.destroy();
    theirs?.socket.destroy();
    // While it has a connection to us its process lives, whoever refuses us at its address.
    feed({ type: "peer-lost", peer, refused: refused && theirs === undefined });
    // Is it the connection or the process that died? An attempt at once tells.
    if (ours?.ready && ours.dialled !== undefined && !dialled.has(peer)) dial(peer, ours.dialled);
  }

  const server = options.listen === undefined ? undefined : createServer(accept);
  if (server !== undefined && options.listen !== undefined) await listen(server, options.listen);
  // Too many open files: the connection is lost, not the listener.
  server?.on("error", (error) => warn("failed to accept RPC conn", { error: error.message }));

  return {
    send,
    flush,
    counters,
    setMaxConnectionsPerClient: (limit) => clients.setLimit(limit),
    async close() {
      closing = true;
      for (const socket of sockets) socket.destroy();
      if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, { ip, port }: { readonly ip: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new Error(listenError("tcp", joinHostPort(ip, port), error)));
    server.once("error", fail);
    server.listen(port, ip, () => {
      server.off("error", fail);
      resolve();
    });
  });
}
