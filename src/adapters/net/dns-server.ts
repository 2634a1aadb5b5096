// DNS over UDP and TCP: datagrams and framed messages in, answers out. What they say is the core's business; this bounds how
// much of the process clients over TCP may occupy.

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import type { Input } from "../../core/agent/ports.ts";
import { joinHostPort } from "../../core/model/address.ts";
import { listenError } from "./errors.ts";

export interface DnsServerOptions {
  readonly ips: readonly string[];
  readonly port: number;
  readonly feed: (input: Extract<Input, { type: "dns" }>) => void;
  /** A question has been answered, or has not, after so many milliseconds. */
  readonly onAnswered: (metric: DnsMetric | undefined, tookMs: number, asked: DnsAsked) => void;
  readonly onListening: (address: string, network: "tcp" | "udp") => void;
}

/** A question, and who asked it. */
export interface DnsAsked {
  readonly over: "udp" | "tcp";
  readonly ip: string;
  readonly port: number;
  readonly bytes: Uint8Array;
}

export type DnsMetric = "dns.domain_query" | "dns.ptr_query";

export interface DnsServer {
  /** Ends a question; without bytes nothing is said. */
  reply(id: number, bytes: Uint8Array | undefined, metric: DnsMetric | undefined): void;
  close(): Promise<void>;
}

/** Bursts of questions wait here while the agent does something else. */
const RECEIVE_BUFFER_BYTES = 1 << 20;
/** A client over TCP that says nothing for so long is hung up on (as in the original). */
const IDLE_MS = 8_000;
const MAX_CONNECTIONS = 1024;
/** Who has so many questions open is not listened to until some are answered. */
const MAX_OPEN_PER_CONNECTION = 64;
/** Answers that a client does not take. */
const MAX_UNSENT_BYTES = 1 << 20;
const LENGTH_BYTES = 2;

interface Caller extends DnsAsked {
  readonly id: number;
  readonly sinceMs: number;
  readonly answer: (bytes: Uint8Array | undefined) => void;
}

/** Resolves when all of them listen. @throws Error in Consul's words. */
export async function openDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const desk = new Desk(options);
  try {
    for (const ip of options.ips) await desk.listen(ip, options.port);
  } catch (error) {
    await desk.close();
    throw error;
  }
  return desk;
}

class Desk implements DnsServer {
  readonly #options: DnsServerOptions;
  /** Who waits; but for whoever asks just now, who is most often answered at once. */
  readonly #callers = new Map<number, Caller>();
  #asking: Caller | undefined;
  readonly #udp: UdpSocket[] = [];
  readonly #tcp: Server[] = [];
  readonly #connections = new Set<Socket>();
  #lastId = 0;

  constructor(options: DnsServerOptions) {
    this.#options = options;
  }

  async listen(ip: string, port: number): Promise<void> {
    const address = joinHostPort(ip, port);
    this.#tcp.push(await listenTcp(ip, port, (socket) => this.#onConnection(socket)));
    this.#options.onListening(address, "tcp");
    this.#udp.push(await listenUdp(ip, port, (socket) => this.#onDatagrams(socket)));
    this.#options.onListening(address, "udp");
  }

  reply(id: number, bytes: Uint8Array | undefined, metric: DnsMetric | undefined): void {
    const caller = this.#takeCaller(id);
    if (caller === undefined) return;
    this.#options.onAnswered(metric, performance.now() - caller.sinceMs, caller);
    caller.answer(bytes);
  }

  #takeCaller(id: number): Caller | undefined {
    const asking = this.#asking;
    if (asking?.id === id) {
      this.#asking = undefined;
      return asking;
    }
    const caller = this.#callers.get(id);
    if (caller !== undefined) this.#callers.delete(id);
    return caller;
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    await Promise.all([
      ...this.#tcp.map((server) => new Promise<void>((done) => server.close(() => done()))),
      ...this.#udp.map((socket) => new Promise<void>((done) => socket.close(() => done()))),
    ]);
  }

  #ask({ over, ip, port, bytes }: DnsAsked, answer: Caller["answer"]): void {
    const id = ++this.#lastId;
    this.#asking = { id, sinceMs: performance.now(), answer, over, ip, port, bytes };
    this.#options.feed({ type: "dns", id, over, ip, bytes });
    if (this.#asking !== undefined) this.#callers.set(id, this.#asking);
    this.#asking = undefined;
  }

  #onDatagrams(socket: UdpSocket): void {
    socket.on("message", (bytes, { address, port }) =>
      this.#ask({ over: "udp", ip: address, port, bytes }, (answer) => {
        if (answer !== undefined) socket.send(answer, port, address);
      }),
    );
  }

  #onConnection(socket: Socket): void {
    const ip = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const port = socket.remotePort ?? 0;
    this.#connections.add(socket);
    let received: Buffer = Buffer.alloc(0);
    let open = 0;
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#connections.delete(socket));
    // Who has said all still wants to hear the rest.
    socket.on("end", () => {
      if (open === 0) socket.end();
    });
    const readOn = (): void => {
      while (open < MAX_OPEN_PER_CONNECTION && received.length >= LENGTH_BYTES) {
        const end = LENGTH_BYTES + received.readUInt16BE(0);
        if (received.length < end) break;
        const message = received.subarray(LENGTH_BYTES, end);
        received = received.subarray(end);
        open++;
        this.#ask({ over: "tcp", ip, port, bytes: message }, (bytes) => {
          open--;
          if (socket.destroyed) return;
          if (bytes !== undefined) socket.write(framed(bytes));
          if (socket.writableLength > MAX_UNSENT_BYTES) return void socket.destroy();
          if (socket.readableEnded && open === 0) return void socket.end();
          if (socket.isPaused()) setImmediate(readOn);
        });
      }
      if (open >= MAX_OPEN_PER_CONNECTION) socket.pause();
      else if (socket.isPaused()) socket.resume();
    };
    socket.on("data", (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      readOn();
    });
  }
}

function framed(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + bytes.length);
  frame.writeUInt16BE(bytes.length, 0);
  frame.set(bytes, LENGTH_BYTES);
  return frame;
}

function listenTcp(ip: string, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
  server.maxConnections = MAX_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new Error(listenError("tcp", joinHostPort(ip, port), error))));
    server.listen(port, ip, () => {
      server.removeAllListeners("error");
      server.on("error", () => {});
      resolve(server);
    });
  });
}

function listenUdp(ip: string, port: number, use: (socket: UdpSocket) => void): Promise<UdpSocket> {
  const family = ip.includes(":") ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    // Where answers go is an address already: there is nothing to look up.
    lookup: (address, _options, found) => found(null, address, family),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(new Error(listenError("udp", joinHostPort(ip, port), error)));
    });
    socket.bind(port, ip, () => {
      socket.removeAllListeners("error");
      // ICMP errors of earlier answers come back here: whoever is gone does not care.
      socket.on("error", () => {});
      use(socket);
      resolve(socket);
    });
  });
}
