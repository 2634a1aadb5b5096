// The HTTP server: listens, counts connections per client, and owns what the two roads share. Every connection begins on
// the fast road; the Koa road is loaded when the first request needs it. What a request means is not known here: it is put
// to the handler as it came, and answered when and as the handler says.

import type { Socket } from "node:net";
import type { HttpResponse } from "../../core/api/http.ts";
import type { HttpListen, UnixSocketSettings } from "../config/settings.ts";
import { ClientCounter } from "./clients.ts";
import { type AnswerStream, Desk, type RequestHandler } from "./desk.ts";
import { FastConnection, type FastRoad } from "./fast-road.ts";
import { headerNames } from "./fields.ts";
import type { KoaRoad } from "./koa-road.ts";
import { type Listeners, openListeners } from "./listeners.ts";
import { type SecureSettings, TlsDoor } from "./tls-door.ts";

export interface HttpServerOptions extends RequestHandler {
  /** Port 0: any free one. */
  readonly listen: readonly HttpListen[];
  readonly unixSockets?: UnixSocketSettings;
  /** Of what is secure. */
  readonly tls?: {
    readonly secure: SecureSettings;
    readonly verifiesClients: boolean;
    readonly handshakeTimeoutMs: number;
  };
  /** Lower-case names of the headers that the handler looks at; others may be left out of its requests. */
  readonly requestHeaders: readonly string[];
  /**
   * Longer bodies are not read: the request is put with an empty body and its "content-length" header; one that declares no
   * length, with one byte more than this. By the request's target.
   */
  readonly maxBodyBytes: (target: string) => number;
  /** Open connections of one IP address; 0 for no limit. More are told so and closed. Consul: 200. */
  readonly maxConnectionsPerClient: number;
  /** A connection could not be accepted: too many open files, mostly. The server goes on. */
  readonly onError?: (error: Error) => void;
  /** A handshake of TLS failed. */
  readonly onHandshakeFailed?: (error: Error) => void;
  /** A socket that a dead agent left behind was removed. */
  readonly onReplaced?: (path: string) => void;
  /** "koa" leaves every request to the Koa road, for comparing the two. */
  readonly road?: "fast" | "koa";
}

export interface HttpServer {
  /** Where it listens, in the order of `listen`. */
  readonly listen: readonly HttpListen[];
  /** Answers the request; one whose caller has hung up is ignored. */
  respond(id: number, response: HttpResponse): void;
  /** Begins an answer that goes on until its caller hangs up; undefined when it has. */
  stream(id: number, head: HttpResponse): AnswerStream | undefined;
  /** From now on. Connections that are open stay so. */
  setMaxConnectionsPerClient(limit: number): void;
  /** For new connections. */
  setCertificates(secure: SecureSettings): void;
  /** Open connections. */
  connections(): number;
  /** Stops listening and closes all connections; what was answered before still leaves. Open requests are cancelled. */
  close(): Promise<void>;
}

/** How often connections are looked at that may have been open for too long: the second of FastRoad's `tick`. */
const TICK_MS = 1_000;
/** What connections are given at the end to send what was answered. */
const CLOSE_MS = 2_000;

const AS_IT_IS: UnixSocketSettings = { user: "", group: "", mode: "" };

/** Resolves when all addresses are listened on. @throws ListenFault of one that can't be (EADDRINUSE…). */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const desk = new Desk(options);
  const connections = new Set<FastConnection>();
  const clients = new ClientCounter(options.maxConnectionsPerClient);
  const clock = new Clock(() => {
    for (const connection of connections) connection.expire();
    return connections.size > 0;
  });
  const requestHeaders = options.requestHeaders.filter((name) => name !== "content-length");
  const road: FastRoad = {
    desk,
    names: headerNames(requestHeaders),
    maxBodyBytes: options.maxBodyBytes,
    tick: () => clock.tick,
    date: () => clock.date(),
    serveSoon: createTurns(),
    handOver: lazyKoaRoad(options, requestHeaders, desk, clock),
    onClose: (connection) => connections.delete(connection),
  };

  function onClient(socket: Socket, remote: string): void {
    clock.start();
    const connection = new FastConnection(socket, remote, road);
    connections.add(connection);
    if (options.road === "koa") connection.handOver();
  }

  const tls =
    options.tls === undefined
      ? undefined
      : new TlsDoor({ ...options.tls, onFailed: (error) => options.onHandshakeFailed?.(error) });
  const listeners = await openListeners({
    listen: options.listen,
    unixSockets: options.unixSockets ?? AS_IT_IS,
    tls,
    clients,
    onClient,
    onReplaced: (path) => options.onReplaced?.(path),
    onError: (error) => options.onError?.(error),
  });
  return {
    listen: listeners.listen,
    respond: (id, response) => desk.respond(id, response),
    stream: (id, head) => desk.stream(id, head),
    setMaxConnectionsPerClient: (limit) => clients.setLimit(limit),
    setCertificates: (secure) => tls?.setCertificates(secure),
    connections: () => connections.size,
    close: () => closeAll(listeners, connections, tls),
  };
}

/** One timer for all connections, which runs only while there are any; and the Date header, made once a second. */
class Clock {
  tick = 0;
  readonly #onTick: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #second = 0;
  #date = "";

  /** @param onTick Says whether to go on. */
  constructor(onTick: () => boolean) {
    this.#onTick = onTick;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#ring(), TICK_MS).unref();
  }

  #ring(): void {
    this.tick++;
    if (this.#onTick()) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  date(): string {
    const second = Math.floor(Date.now() / 1000);
    if (second === this.#second) return this.#date;
    this.#second = second;
    this.#date = new Date(second * 1000).toUTCString();
    return this.#date;
  }
}

/** Serves connections in a later turn of the event loop, all that were named by then in one. */
function createTurns(): (connection: FastConnection) => void {
  let waiting: FastConnection[] = [];
  const serveAll = (): void => {
    const now = waiting;
    waiting = [];
    for (const connection of now) connection.serve();
  };
  return (connection) => {
    if (waiting.push(connection) === 1) setImmediate(serveAll);
  };
}

/** Loads the Koa road when the first connection needs it. */
function lazyKoaRoad(
  options: HttpServerOptions,
  requestHeaders: readonly string[],
  desk: Desk,
  clock: Clock,
): FastRoad["handOver"] {
  let loading: Promise<KoaRoad> | undefined;
  return (socket, bytes) => {
    loading ??= import("./koa-road.ts").then(({ createKoaRoad }) =>
      createKoaRoad({ desk, requestHeaders, maxBodyBytes: options.maxBodyBytes, date: () => clock.date() }),
    );
    loading.then(
      (road) => road.take(socket, bytes),
      () => socket.destroy(),
    );
  };
}

async function closeAll(
  listeners: Listeners,
  connections: ReadonlySet<FastConnection>,
  tls: TlsDoor | undefined,
): Promise<void> {
  const noMore = listeners.close();
  const closed = [...connections].map((connection) => connection.close());
  const late = setTimeout(() => {
    for (const connection of connections) connection.destroy();
  }, CLOSE_MS);
  await Promise.all(closed);
  clearTimeout(late);
  tls?.close();
  await noMore;
}
