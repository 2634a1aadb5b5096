// A gossip pool's sockets: UDP datagrams, and TCP connections that carry one message each way. What the bytes mean is the
// core's; this file only knows when a message on a stream is whole (core/wire/gossip says so).

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Input } from "../../core/agent/ports.ts";
import type { GossipPool } from "../../core/gossip/ports.ts";
import { type Address, joinHostPort, splitHostPort } from "../../core/model/address.ts";
import { measureStream, type StreamProgress } from "../../core/wire/gossip/stream.ts";
import { dialError, listenError } from "./errors.ts";

/** Open inbound streams past which a new one is turned away (memberlist's own limit on push/pull is 128). */
const MAX_INBOUND_STREAMS = 256;
/** memberlist asks for 2 MiB and takes what it gets. */
const RECEIVE_BUFFER_BYTES = 2 << 20;

export interface GossipSockets {
  sendPacket(to: Address, bytes: Uint8Array): void;
  openStream(stream: number, to: Address, bytes: Uint8Array, timeoutMs: number): void;
  answerStream(stream: number, bytes: Uint8Array): void;
  close(): Promise<void>;
}

export interface GossipSocketOptions {
  readonly pool: GossipPool;
  readonly ip: string;
  readonly port: number;
  /** How long an inbound stream may take; memberlist's TCPTimeout. */
  readonly streamTimeoutMs: number;
  readonly feed: (input: Input) => void;
}

/** Opens both sockets. @throws Error in Go's words when the address can't be had. */
export async function openGossipSockets(options: GossipSocketOptions): Promise<GossipSockets> {
  const streams = createStreams(options);
  const udp = await bindUdp(options);
  try {
    await streams.listen();
  } catch (error) {
    udp.close();
    throw error;
  }
  return {
    sendPacket(to, bytes) {
      const address = splitHostPort(to);
      // A datagram that can't be sent is a datagram lost: gossip lives with that.
      if (address !== undefined) udp.send(bytes, address.port, address.host, () => undefined);
    },
    openStream: streams.open,
    answerStream: streams.answer,
    async close() {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await streams.close();
    },
  };
}

function bindUdp({ pool, ip, port, feed }: GossipSocketOptions): Promise<UdpSocket> {
  const socket = createSocket({
    type: ip.includes(":") ? "udp6" : "udp4",
    recvBufferSize: RECEIVE_BUFFER_BYTES,
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => reject(new Error(listenError("udp", joinHostPort(ip, port), error))));
    socket.bind(port, ip, () => {
      socket.removeAllListeners("error");
      // ICMP errors of earlier sends come back here; the probes notice by themselves.
      socket.on("error", () => undefined);
      socket.on("message", (bytes, from) =>
        feed({ type: "packet", pool, from: joinHostPort(from.address, from.port), bytes }),
      );
      resolve(socket);
    });
  });
}

function createStreams({ pool, ip, port, streamTimeoutMs, feed }: GossipSocketOptions) {
  /** Connections that others opened to us, by the number we gave them. */
  const inbound = new Map<number, Socket>();
  const outbound = new Set<Socket>();
  let nextInbound = 1;
  const server: Server = createServer(accept);

  function accept(socket: Socket): void {
    if (inbound.size >= MAX_INBOUND_STREAMS) {
      socket.destroy();
      return;
    }
    const stream = nextInbound++;
    inbound.set(stream, socket);
    socket.setTimeout(streamTimeoutMs, () => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("close", () => inbound.delete(stream));
    const from = joinHostPort(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    collect(socket, (bytes) => feed({ type: "stream", pool, stream, from, bytes }));
  }

  function open(stream: number, to: Address, bytes: Uint8Array, timeoutMs: number): void {
    const address = splitHostPort(to);
    const fail = (error: string): void => feed({ type: "stream-failed", pool, stream, error });
    if (address === undefined) {
      setImmediate(fail, `dial tcp ${to}: missing port in address`);
      return;
    }
    const socket = connect({ host: address.host, port: address.port });
    let done = false;
    const finish = (then: () => void): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      outbound.delete(socket);
      socket.destroy();
      then();
    };
    const timer = setTimeout(() => finish(() => fail(`dial tcp ${to}: i/o timeout`)), timeoutMs);
    outbound.add(socket);
    socket.on("error", (error) => finish(() => fail(dialError(to, error))));
    socket.on("close", () => finish(() => fail("EOF")));
    collect(socket, (answer) => finish(() => feed({ type: "stream-answer", pool, stream, bytes: answer })));
    socket.write(bytes);
  }

  function answer(stream: number, bytes: Uint8Array): void {
    inbound.get(stream)?.end(bytes);
    inbound.delete(stream);
  }

  return {
    open,
    answer,
    listen: () =>
      new Promise<void>((resolve, reject) => {
        server.once("error", (error) => reject(new Error(listenError("tcp", joinHostPort(ip, port), error))));
        server.listen(port, ip, () => resolve());
      }),
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of [...inbound.values(), ...outbound]) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Gathers a socket's bytes until they are one whole message, hands it over once, and drops a stream that lies. */
function collect(socket: Socket, onWhole: (bytes: Uint8Array) => void): void {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = 0;
  let progress: StreamProgress | undefined;
  let done = false;
  socket.on("data", (chunk: Buffer) => {
    if (done) return;
    chunks.push(chunk);
    held += chunk.length;
    if (held < wanted) return;
    const gathered = chunks.length === 1 ? chunk : Buffer.concat(chunks, held);
    chunks = [gathered];
    const measured = measureStream(gathered, progress);
    if (measured.type === "more") {
      wanted = measured.atLeast;
      progress = measured.progress;
      return;
    }
    done = true;
    if (measured.type === "bad") socket.destroy();
    else onWhole(gathered.subarray(0, measured.length));
  });
}
