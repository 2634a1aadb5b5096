// The ways to those who gather measurements: datagrams (statsd, DogStatsD) and a connection (statsite). Nobody waits for
// them: what can't be delivered is lost, the log says once that it is, and after a while it is tried anew.

import { createSocket } from "node:dgram";
import { connect, isIPv6, type Socket } from "node:net";
import type { Say } from "../agent-http.ts";
import { packets } from "./lines.ts";

export interface Channel {
  send(lines: readonly string[]): void;
  close(): void;
}

/** As go-metrics': one Ethernet frame, less the headers. */
const PACKET_BYTES = 1400;
/** How long go-metrics lets a gatherer be that could not be reached. */
const PAUSE_MS = 5000;
/** What may wait for a statsite that reads too slowly. */
const MAX_WAITING_BYTES = 1 << 20;

interface Target {
  readonly host: string;
  readonly port: number;
}

/** "host:port" and "[::1]:port". */
function targetOf(address: string): Target | undefined {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: host === "" ? "localhost" : host, port: Number(port) };
}

/** Tells of the first failure, and of none that follows on it. */
function complainer(say: Say, what: string, address: string): (error: string | undefined) => void {
  let failing = false;
  return (error) => {
    if (error !== undefined && !failing) say("error", `Error sending to ${what}`, { address, error });
    failing = error !== undefined;
  };
}

/** A socket for each life of the way: a failure ends it, and the next begins after a pause. */
abstract class Retried<T> implements Channel {
  readonly #complain: (error: string | undefined) => void;
  #socket: T | undefined;
  #notBeforeMs = 0;
  #closed = false;

  constructor(say: Say, what: string, address: string) {
    this.#complain = complainer(say, what, address);
  }

  abstract open(onReady: () => void, onFailed: (error: Error) => void): T;
  abstract write(socket: T, lines: readonly string[]): void;
  abstract end(socket: T): void;

  send(lines: readonly string[]): void {
    if (lines.length === 0 || this.#closed) return;
    if (this.#socket === undefined) {
      if (performance.now() < this.#notBeforeMs) return;
      const socket = this.open(
        () => this.#complain(undefined),
        (error) => this.#fail(socket, error),
      );
      this.#socket = socket;
    }
    this.write(this.#socket, lines);
  }

  #fail(socket: T, error: Error): void {
    if (this.#socket !== socket) return;
    this.#complain(error.message);
    this.#socket = undefined;
    this.#notBeforeMs = performance.now() + PAUSE_MS;
    this.end(socket);
  }

  close(): void {
    this.#closed = true;
    if (this.#socket !== undefined) this.end(this.#socket);
    this.#socket = undefined;
  }
}

interface Datagrams {
  readonly send: (packet: string) => void;
  readonly close: () => void;
}

class DatagramChannel extends Retried<Datagrams> {
  readonly #target: Target;

  constructor(target: Target, say: Say, what: string, address: string) {
    super(say, what, address);
    this.#target = target;
  }

  open(onReady: () => void, onFailed: (error: Error) => void): Datagrams {
    const { host, port } = this.#target;
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    let connected = false;
    let waiting: string[] = [];
    let open = true;
    const close = (): void => {
      if (open) socket.close();
      open = false;
    };
    const deliver = (packet: string): void => {
      // Nobody listening there is told by an error with a later packet; it may be back with the next.
      if (open) socket.send(packet, (error) => error && onFailed(error));
    };
    socket.on("error", onFailed);
    socket.unref();
    socket.connect(port, host, () => {
      if (!open) return;
      connected = true;
      onReady();
      for (const packet of waiting) deliver(packet);
      waiting = [];
    });
    const send = (packet: string): void => {
      if (connected) deliver(packet);
      else waiting.push(packet);
    };
    return { send, close };
  }

  write(socket: Datagrams, lines: readonly string[]): void {
    for (const packet of packets(lines, PACKET_BYTES)) socket.send(packet);
  }

  end(socket: Datagrams): void {
    socket.close();
  }
}

class StreamChannel extends Retried<Socket> {
  readonly #target: Target;

  constructor(target: Target, say: Say, what: string, address: string) {
    super(say, what, address);
    this.#target = target;
  }

  open(onReady: () => void, onFailed: (error: Error) => void): Socket {
    const socket = connect(this.#target);
    socket.unref();
    socket.on("connect", onReady);
    socket.on("error", onFailed);
    socket.on("close", () => onFailed(new Error("the connection was closed")));
    return socket;
  }

  write(socket: Socket, lines: readonly string[]): void {
    if (socket.writableLength < MAX_WAITING_BYTES) socket.write(lines.join(""));
  }

  end(socket: Socket): void {
    socket.end();
    socket.destroySoon();
  }
}

/** @returns undefined for an address that is none: the log has been told. */
export function openChannel(
  kind: "datagrams" | "stream",
  what: string,
  address: string,
  say: Say,
): Channel | undefined {
  const target = targetOf(address);
  if (target === undefined) {
    say("error", `Error sending to ${what}`, { address, error: "the address is not of the form host:port" });
    return undefined;
  }
  return kind === "stream"
    ? new StreamChannel(target, say, what, address)
    : new DatagramChannel(target, say, what, address);
}
