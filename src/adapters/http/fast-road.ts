// One connection served by hand over node:net: requests are parsed, asked and answered one after the other, as Go's server
// does, so that a pipelined read sees the write before it. An answer leaves in one write. Nothing is allocated for a
// request but what it is made of: no closures, no timers, no promises. What is not plain goes to the Koa road with all
// bytes that have come.

import type { Socket } from "node:net";
import type { HttpRequest, HttpResponse } from "../../core/api/http.ts";
import { clientPlace } from "./clients.ts";
import type { AnswerStream, Caller, Desk } from "./desk.ts";
import type { HeaderNames } from "./fields.ts";
import {
  bodyOf,
  chunkOf,
  type Exchange,
  frame,
  lastChunk,
  messageParts,
  refusalMessage,
  streamHead,
} from "./framing.ts";
import { acceptsGzip, compressLater, compressNow, isCompressible } from "./gzip.ts";
import { BAD_REQUEST, type Head, type Refusal } from "./head.ts";
import { Input } from "./input.ts";
import { findHeadEnd, MAX_HEAD_BYTES, parseHead } from "./parser.ts";

/** What all connections of a server share. */
export interface FastRoad {
  readonly desk: Desk;
  readonly names: HeaderNames;
  /** Longer bodies are not read, by the request's target. */
  readonly maxBodyBytes: (target: string) => number;
  /** Seconds that the server has had connections: the clock of their deadlines. */
  readonly tick: () => number;
  /** The Date header of now. */
  readonly date: () => string;
  /** Calls `serve` soon, but not from within this call. */
  readonly serveSoon: (connection: FastConnection) => void;
  /** Takes over a socket that nobody listens to any more. */
  readonly handOver: (socket: Socket, bytes: Buffer) => void;
  readonly onClose: (connection: FastConnection) => void;
}

/**
 * - reading: the next request is awaited, or being gathered
 * - asked: the agent owes an answer
 * - compressing: the thread pool has the answer
 * - closing: all is said; what still comes is thrown away
 * - gone: closed, or handed over to the Koa road
 */
type State = "reading" | "asked" | "compressing" | "closing" | "gone";

/** Bytes of further requests that are taken in while one is being answered; then the client must wait. */
const MAX_AHEAD_BYTES = 65_536;
/** Seconds until a connection is closed that sends nothing and waits for nothing. Clients keep idle ones for 90 s (Go). */
const IDLE_TICKS = 900;
/** Seconds in which a client that sends no more may get its answer. Longest is the wait for a leader, 7 s. */
const HALF_CLOSED_TICKS = 10;
/** Seconds given to a client to read our last words before a reset may destroy them (Go waits half a second). */
const LINGER_TICKS = 2;

const NO_BODY = new Uint8Array(0);
/** Of an error of a socket nothing need be known: "close" follows. */
const IGNORED = (): void => {};
const FIRST: Exchange = { method: "", old: false, keepAlive: true };

export class FastConnection implements Caller {
  readonly #road: FastRoad;
  /** The client's IP address. */
  readonly remote: string;
  readonly #socket: Socket;
  readonly #input = new Input();
  #state: State = "reading";
  /** Of the request that waits for its answer; 0 for none. */
  #id = 0;
  #exchange: Exchange = FIRST;
  #acceptsGzip = false;
  /** A head whose body has not come whole. */
  #head: Head | undefined;
  /** The announced body is not read: the connection cannot be used again. */
  #unread = false;
  /** How far an incomplete head has been looked at, 0 for not at all; and whether its first line was whole. */
  #scanned = 0;
  #lineSeen = false;
  /** The socket takes no more for now. */
  #blocked = false;
  #paused = false;
  /** The other side sends no more. */
  #ended = false;
  #serving = false;
  #deadline: number;

  constructor(socket: Socket, remote: string, road: FastRoad) {
    this.#socket = socket;
    this.remote = remote;
    this.#road = road;
    this.#deadline = road.tick() + IDLE_TICKS;
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    socket.on("end", this.#onEnd);
    socket.on("error", IGNORED);
    socket.on("close", () => {
      this.#state = "gone";
      this.#road.desk.cancel(this.#id);
      this.#road.onClose(this);
    });
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === "closing") return;
    this.#input.append(chunk);
    if (this.#state === "reading") {
      this.#deadline = this.#road.tick() + IDLE_TICKS;
      this.serve();
    }
    if (this.#state !== "reading" || this.#blocked) this.#holdBack();
  };

  /** Reads no further while the client is ahead of us. */
  #holdBack(): void {
    if (this.#paused || this.#input.length <= MAX_AHEAD_BYTES) return;
    this.#paused = true;
    this.#socket.pause();
  }

  readonly #onDrain = (): void => {
    this.#blocked = false;
    this.serve();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    if (this.#state === "reading") this.serve();
    else if (this.#state === "asked") this.#deadline = this.#road.tick() + HALF_CLOSED_TICKS;
  };

  /** Takes the requests that have come, one by one, until one must wait for its answer. */
  serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    let corked = false;
    while (this.#state === "reading" && !this.#blocked) {
      const request = this.#takeRequest();
      if (request === undefined) break;
      if (!corked && this.#input.length > 0) {
        corked = true; // More requests are here: their answers may leave in one write.
        this.#socket.cork();
      }
      this.#state = "asked";
      if (this.#ended) this.#deadline = this.#road.tick() + HALF_CLOSED_TICKS;
      this.#id = this.#road.desk.takeId();
      this.#road.desk.ask(this.#id, this, request);
    }
    if (corked) this.#socket.uncork();
    this.#serving = false;
    if (this.#state === "reading" && !this.#blocked) this.#awaitMore();
  }

  /** All that has come is dealt with. */
  #awaitMore(): void {
    if (this.#ended) return this.#onCutOff();
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Nothing more will come, and nothing more can be made of what has. */
  #onCutOff(): void {
    if (this.#input.length > 0 || this.#head !== undefined) this.#refuse(BAD_REQUEST);
    else this.#finish();
  }

  #takeRequest(): HttpRequest | undefined {
    const head = this.#head ?? this.#takeHead();
    if (head === undefined) return undefined;
    const tooLong = head.contentLength > this.#road.maxBodyBytes(head.target);
    if (!tooLong && this.#input.length < head.contentLength) {
      this.#head = head;
      return undefined;
    }
    this.#head = undefined;
    this.#unread = tooLong;
    this.#exchange = head;
    this.#acceptsGzip = acceptsGzip(head.acceptEncoding);
    return {
      method: head.method,
      target: head.target,
      headers: tooLong ? new Map([...head.headers, ["content-length", head.declaredLength]]) : head.headers,
      body: tooLong || head.contentLength === 0 ? NO_BODY : this.#input.take(head.contentLength),
      remote: this.remote,
    };
  }

  /** The next head, or undefined: it has not come whole, or was no plain one, and has been dealt with. */
  #takeHead(): Head | undefined {
    const { bytes, at, end } = this.#input;
    if (at === end || !this.#hasNews()) return undefined;
    const parsed = parseHead(bytes, at, end, this.#road.names);
    switch (parsed.kind) {
      case "head":
        this.#scanned = 0;
        this.#input.skip(parsed.end - at);
        return parsed;
      case "refused":
        this.#refuse(parsed);
        break;
      case "not-plain":
        this.handOver();
        break;
      case "incomplete":
        this.#scanned = this.#input.length;
        this.#lineSeen = bytes.subarray(at, end).includes(0x0a);
    }
    return undefined;
  }

  /**
   * Whether an incomplete head is worth parsing again: its first line has become whole (a bad one is refused at once), or
   * the head has, or it has grown too long. Without this a client that sends byte by byte has us parse everything for each.
   */
  #hasNews(): boolean {
    if (this.#scanned === 0) return true;
    const { bytes, at, end } = this.#input;
    const from = at + Math.max(0, this.#scanned - 2);
    if (this.#input.length > MAX_HEAD_BYTES) return true;
    this.#scanned = this.#input.length;
    if (this.#lineSeen) return findHeadEnd(bytes, from, end) >= 0;
    const lineFeed = bytes.indexOf(0x0a, from);
    return lineFeed >= 0 && lineFeed < end;
  }

  from(): string {
    return clientPlace(this.#socket, this.remote);
  }

  answer(response: HttpResponse): void {
    this.#id = 0;
    if (!this.#acceptsGzip || !isCompressible(response)) return this.#write(response);
    const compressed = compressNow(response);
    if (compressed !== undefined) return this.#write(compressed);
    this.#state = "compressing";
    compressLater(response, (later) => this.#write(later));
  }

  #write(response: HttpResponse): void {
    if (this.#state === "gone") return;
    const exchange = this.#unread ? { ...this.#exchange, keepAlive: false } : this.#exchange;
    const framed = frame(response, exchange, this.#road.date());
    const parts = messageParts(framed, exchange.old);
    let flowing = true;
    if (parts.length > 1) this.#socket.cork();
    for (const part of parts) flowing = this.#socket.write(part, "latin1");
    if (parts.length > 1) this.#socket.uncork();
    if (framed.pieces !== undefined)
      for (const part of bodyOf(framed)) flowing = this.#socket.write(part, "latin1");
    if (framed.close) return this.#finish();
    this.#state = "reading";
    this.#deadline = this.#road.tick() + IDLE_TICKS;
    if (!flowing) this.#blocked = true;
    // Not from here: whoever answers is in the middle of something, and must not be asked the next thing by it.
    else if (!this.#serving && (this.#input.length > 0 || this.#ended)) this.#road.serveSoon(this);
  }

  stream(head: HttpResponse): AnswerStream {
    // The request stays open, and those behind it wait: whoever hangs up cancels it.
    const exchange = this.#exchange;
    const send = (text: string): void => {
      if (this.#state === "asked") this.#socket.write(text, "latin1");
    };
    send(streamHead(head, exchange, this.#road.date()));
    return {
      write: (text) => send(chunkOf(text, exchange)),
      waiting: () => this.#socket.writableLength,
      end: () => {
        if (this.#state !== "asked") return;
        send(lastChunk(exchange));
        this.#finish();
      },
    };
  }

  #refuse(refusal: Refusal): void {
    this.#socket.write(refusalMessage(refusal.status, refusal.text), "latin1");
    this.#unread = true;
    this.#finish();
  }

  /** Closes once all is written. Where the client may still be sending, what it sends is read, lest a reset overtake our answer. */
  #finish(): void {
    this.#state = "closing";
    this.#head = undefined;
    if (!this.#unread && this.#input.length === 0) return this.#socket.destroySoon();
    this.#input.clear();
    this.#socket.end(() => {
      this.#deadline = this.#road.tick() + LINGER_TICKS;
    });
    this.#socket.resume();
  }

  /** Gives the socket, and all bytes not yet taken, to the Koa road. */
  handOver(): void {
    this.#state = "gone";
    this.#socket.off("data", this.#onData);
    this.#socket.off("drain", this.#onDrain);
    this.#socket.off("end", this.#onEnd);
    this.#socket.pause();
    this.#road.handOver(this.#socket, this.#input.take(this.#input.length));
  }

  /** Called every second: closes a connection that is idle, half-closed or lingering for too long. */
  expire(): void {
    const waits = this.#state === "asked" && !this.#ended;
    if (this.#state === "gone" || this.#state === "compressing" || waits) return;
    if (this.#deadline <= this.#road.tick()) this.#socket.destroy();
  }

  /** The server goes: what was written still leaves, what is owed is cancelled. Resolves when the socket is closed. */
  close(): Promise<void> {
    if (this.#state === "asked") this.#socket.destroy();
    else this.#socket.destroySoon();
    return new Promise((resolve) => this.#socket.once("close", () => resolve()));
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
