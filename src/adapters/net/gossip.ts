// A gossip pool's sockets: UDP datagrams, and TCP connections that carry one message each way. What the bytes mean is the
// core's, and under which key they go; this file seals and opens them, knows when a message on a stream is whole
// (core/wire/gossip says so), and how much of this process strangers may occupy.

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Input } from "../../core/agent/ports.ts";
import type { KeyText } from "../../core/gossip/keyring.ts";
import type { GossipPool } from "../../core/gossip/ports.ts";
import { type Address, joinHostPort, splitHostPort } from "../../core/model/address.ts";
import {
  type Envelope,
  unwrapPacket,
  unwrapStream,
  wrapPacket,
  wrapStream,
} from "../../core/wire/gossip/envelope.ts";
import { NO_LABEL } from "../../core/wire/gossip/label.ts";
import { ClientCounter, clientAddress } from "../http/clients.ts";
import { dialError, listenError } from "./errors.ts";
import { createGossipCipher } from "./gossip-cipher.ts";
import { type GatheredBytes, gatherMessage } from "./gossip-stream.ts";

/** Open inbound streams past which a new one is turned away (memberlist's own limit on push/pull is 128). */
const MAX_INBOUND_STREAMS = 256;
/** Of one address, so that one stranger cannot have them all. Agents on one machine share theirs. */
const MAX_STREAMS_PER_CLIENT = 128;
/** Bytes of answers that nobody has taken yet, of all streams together, past which a stream gets none. */
const MAX_UNTAKEN_BYTES = 128 << 20;
/** memberlist asks for 2 MiB and takes what it gets. */
const RECEIVE_BUFFER_BYTES = 2 << 20;

export interface GossipSockets {
  /** Sealed under `key`; without one in the clear, here and below. */
  sendPacket(to: Address, bytes: Uint8Array, key?: KeyText): void;
  openStream(stream: number, to: Address, bytes: Uint8Array, timeoutMs: number, key?: KeyText): void;
  answerStream(stream: number, bytes: Uint8Array, key?: KeyText): void;
  close(): Promise<void>;
  readonly counters: GossipCounters;
}

/** What was refused: shown by metrics. */
export interface GossipCounters {
  /** Streams that held no message, or too long a one. */
  badStreams: number;
  /** Streams beyond the limits above. */
  refusedStreams: number;
}

export interface GossipSocketOptions {
  readonly pool: GossipPool;
  readonly ip: string;
  readonly port: number;
  /** How long an inbound stream may take from its first byte to its end; memberlist's TCPTimeout. */
  readonly streamTimeoutMs: number;
  /** The keys that open what comes in, as they are at this moment. None unless it is said. */
  readonly keys?: () => readonly KeyText[];
  readonly feed: (input: Input) => void;
}

interface Sealing {
  readonly envelope: Envelope;
  readonly keys: () => readonly KeyText[];
}

/** Opens both sockets. @throws Error in Go's words when the address can't be had. */
export async function openGossipSockets(options: GossipSocketOptions): Promise<GossipSockets> {
  const sealing: Sealing = {
    envelope: { cipher: createGossipCipher(), label: NO_LABEL },
    keys: options.keys ?? (() => []),
  };
  const { envelope } = sealing;
  const streams = createStreams(options, sealing);
  const udp = await bindUdp(options, sealing);
  try {
    await streams.listen();
  } catch (error) {
    udp.close();
    throw error;
  }
  return {
    sendPacket(to, bytes, key) {
      const address = splitHostPort(to);
      // Port 0 is where a datagram may come from and none can go; the system's own call would throw.
      if (address === undefined || address.port === 0) return;
      // A datagram that can't be sent is a datagram lost: gossip lives with that.
      udp.send(wrapPacket(envelope, key, bytes), address.port, address.host, () => undefined);
    },
    openStream: streams.open,
    answerStream: streams.answer,
    counters: streams.counters,
    async close() {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await streams.close();
    },
  };
}

function bindUdp(
  { pool, ip, port, feed }: GossipSocketOptions,
  { envelope, keys }: Sealing,
): Promise<UdpSocket> {
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
        feed({
          type: "packet",
          pool,
          from: joinHostPort(from.address, from.port),
          ...unwrapPacket(envelope, keys(), bytes),
        }),
      );
      resolve(socket);
    });
  });
}

function createStreams(
  { pool, ip, port, streamTimeoutMs, feed }: GossipSocketOptions,
  { envelope, keys }: Sealing,
) {
  const counters: GossipCounters = { badStreams: 0, refusedStreams: 0 };
  const clients = new ClientCounter(MAX_STREAMS_PER_CLIENT);
  const gathered: GatheredBytes = { bytes: 0 };
  /** Connections that others opened to us and that are not closed, by the number we gave them. */
  const inbound = new Map<number, Socket>();
  const outbound = new Set<Socket>();
  let nextInbound = 1;
  /** Of answers to streams that are not closed. */
  let untaken = 0;
  const server: Server = createServer(accept);

  function accept(socket: Socket): void {
    const client = clientAddress(socket);
    if (inbound.size >= MAX_INBOUND_STREAMS || !clients.enter(client)) {
      counters.refusedStreams++;
      socket.destroy();
      return;
    }
    const stream = nextInbound++;
    const from = joinHostPort(client, socket.remotePort ?? 0);
    inbound.set(stream, socket);
    // Not a timeout of silence: a stream that drips would stay for ever.
    const timer = setTimeout(() => socket.destroy(), streamTimeoutMs);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      clients.leave(client);
      inbound.delete(stream);
    });
    gather(socket, (bytes) =>
      feed({ type: "stream", pool, stream, from, ...unwrapStream(envelope, keys(), bytes, "dialler") }),
    );
  }

  function gather(socket: Socket, onWhole: (bytes: Uint8Array) => void): void {
    gatherMessage(socket, gathered, onWhole, () => {
      counters.badStreams++;
      socket.destroy();
    });
  }

  function open(stream: number, to: Address, bytes: Uint8Array, timeoutMs: number, key?: KeyText): void {
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
    gather(socket, (answer) =>
      finish(() =>
        feed({ type: "stream-answer", pool, stream, ...unwrapStream(envelope, keys(), answer, "acceptor") }),
      ),
    );
    socket.write(wrapStream(envelope, key, bytes, "dialler"));
  }

  function answer(stream: number, bytes: Uint8Array, key?: KeyText): void {
    const socket = inbound.get(stream);
    if (socket === undefined) return;
    if (bytes.length > 0 && !write(socket, wrapStream(envelope, key, bytes, "acceptor"))) return;
    // Closed once that is sent, whatever the other side does: it has nothing more to say.
    socket.destroySoon();
  }

  /** @returns False when too much waits to be taken already: the stream is closed instead. */
  function write(socket: Socket, bytes: Uint8Array): boolean {
    if (untaken + bytes.length > MAX_UNTAKEN_BYTES) {
      counters.refusedStreams++;
      socket.destroy();
      return false;
    }
    untaken += bytes.length;
    socket.once("close", () => {
      untaken -= bytes.length;
    });
    socket.write(bytes);
    return true;
  }

  return {
    open,
    answer,
    counters,
    listen: () =>
      new Promise<void>((resolve, reject) => {
        server.once("error", (error) => reject(new Error(listenError("tcp", joinHostPort(ip, port), error))));
        server.listen(port, ip, () => {
          server.removeAllListeners("error");
          // Too many open files: the connection is lost, not the listener.
          server.on("error", () => counters.refusedStreams++);
          resolve();
        });
      }),
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of [...inbound.values(), ...outbound]) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
