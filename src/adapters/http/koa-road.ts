// The road for what the fast road does not take: chunked bodies, expectations, upgrades. Koa over node:http,
// with one router for each group of the API. It collects the body and asks the same desk, so the two roads can differ in
// nothing but framing, and that is framing.ts for both. Loaded on first need: Koa costs 11 MB and 37 ms.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import Router from "@koa/router";
import Koa from "koa";
import { type HttpResponse, UNIX_CLIENT } from "../../core/api/http.ts";
import type { ByteString } from "../../core/lib/bytes.ts";
import { clientAddress, clientPlace } from "./clients.ts";
import type { AnswerStream, Desk } from "./desk.ts";
import { frame, reasonOf, refusalMessage } from "./framing.ts";
import { acceptsGzip, compressLater, compressNow, isCompressible } from "./gzip.ts";
import { BAD_REQUEST, HEAD_TOO_LARGE } from "./head.ts";
import { MAX_HEAD_BYTES } from "./parser.ts";

export interface KoaRoadOptions {
  readonly desk: Desk;
  /** Lower-case names of the headers that the agent looks at. */
  readonly requestHeaders: readonly string[];
  /** By the request's target. */
  readonly maxBodyBytes: (target: string) => number;
  readonly date: () => string;
}

export interface KoaRoad {
  /** Serves a connection whose first bytes were read already. It must be paused, and nobody may listen to its data. */
  take(socket: Socket, bytes: Buffer): void;
}

/** What the middlewares tell one another of a request. */
interface State {
  body?: Uint8Array;
  /** Not all of the body was read: the connection cannot be used again. */
  unread?: boolean;
}

type Middleware = Koa.Middleware<State>;
type Context = Koa.ParameterizedContext<State>;
type Routes = ReturnType<Router<State>["routes"]>;

/** Groups whose requests never carry anything: their bodies are not collected. */
const BODILESS_GROUPS = ["status", "catalog", "agent"];
/** Longest silence between two requests of a connection, as on the fast road. */
const KEEP_ALIVE_MS = 900_000;
const LINGER_MS = 2_000;
const NO_BODY = new Uint8Array(0);

export function createKoaRoad(options: KoaRoadOptions): KoaRoad {
  const app = new Koa<State>();
  app.silent = true;
  app.use(inTurn());
  app.use(groups(options));
  // Whatever is in no group is asked with its body: what it is, the agent says.
  app.use(collectBody(options));
  app.use(ask(options));
  const server = createNodeServer(app, options);
  return {
    take: (socket, bytes) => {
      if (bytes.length > 0) socket.unshift(bytes);
      server.emit("connection", socket);
      socket.resume();
    },
  };
}

/** Requests whose sender waits to be told to go on before it sends the body. */
const EXPECTING = new WeakSet<IncomingMessage>();

function createNodeServer(app: Koa<State>, options: KoaRoadOptions): Server {
  const settings = { maxHeaderSize: MAX_HEAD_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 };
  const handle = app.callback();
  const server = createServer(settings, (request, response) => void handle(request, response));
  server.on("checkContinue", (request, response) => {
    EXPECTING.add(request);
    void handle(request, response);
  });
  server.on("checkExpectation", (request, response) => {
    const body = "" as ByteString;
    void send(
      request,
      response,
      { status: 417, headers: ["Connection", "close"], body, close: true },
      options,
    );
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const refusal = error.code === "HPE_HEADER_OVERFLOW" ? HEAD_TOO_LARGE : BAD_REQUEST;
    if (socket.writable) socket.end(refusalMessage(refusal.status, refusal.text), "latin1");
    else socket.destroy();
  });
  return server;
}

/** One request of a connection after the other: a read that follows a write sees it, as on the fast road. */
function inTurn(): Middleware {
  const turns = new WeakMap<Socket, Promise<void>>();
  return (ctx, next) => {
    const { socket } = ctx.req;
    const turn = (turns.get(socket) ?? Promise.resolve()).then(next);
    turns.set(
      socket,
      turn.catch(() => {}),
    );
    return turn;
  };
}

/** One router for each group of the API, found by the second segment of the path: a router looks at all its routes in turn. */
function groups(options: KoaRoadOptions): Middleware {
  const routers = new Map<string, Routes>();
  const kv = newRouter();
  kv.put(/^\/v1\/kv\//, collectBody(options), ask(options));
  kv.all(/^\/v1\/kv\//, ask(options));
  routers.set("kv", kv.routes());
  for (const group of BODILESS_GROUPS) {
    const router = newRouter();
    router.all(new RegExp(`^/v1/${group}/`), ask(options));
    routers.set(group, router.routes());
  }
  return (ctx, next) => {
    const routes = routers.get(ctx.path.split("/")[2] ?? "");
    // The router itself adds to the context what its type says is there.
    return routes === undefined ? next() : routes(ctx as Parameters<Routes>[0], next);
  };
}

function newRouter(): Router<State> {
  return new Router<State>({ sensitive: true });
}

/** Reads the body, up to the limit: one byte more is kept of what declares no length, so that the agent sees it is too much. */
function collectBody(options: KoaRoadOptions): Middleware {
  return async (ctx, next) => {
    const declared = Number(ctx.req.headers["content-length"] ?? 0);
    const most = options.maxBodyBytes(ctx.req.url ?? "");
    if (declared > most) ctx.state.unread = true;
    else {
      if (EXPECTING.delete(ctx.req)) ctx.res.writeContinue();
      const body = await readBody(ctx.req, most + 1);
      if (body === undefined) return; // Broken off: nobody is there to be answered.
      ctx.state.body = body;
      ctx.state.unread = body.length > most;
    }
    await next();
  };
}

/** At most `limit` bytes of the body, or undefined when it breaks off before its end. */
function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      if (length >= limit) return;
      chunks.push(chunk);
      length += chunk.length;
      if (length >= limit) resolve(Buffer.concat(chunks, limit));
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

/** The end of every chain: asks the agent, waits, sends. */
function ask(options: KoaRoadOptions): Middleware {
  return async (ctx) => {
    ctx.respond = false;
    const response = await answerTo(ctx, options);
    if (response === undefined) return;
    // Whoever has waited for "100 Continue" in vain may send its body now or not: there is no telling what comes next.
    const unread = ctx.state.unread || (EXPECTING.has(ctx.req) && hasBody(ctx.req));
    await send(ctx.req, ctx.res, unread ? { ...response, close: true } : response, options);
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** The agent's answer, or undefined when the caller hangs up first. */
function answerTo(
  ctx: Context,
  { desk, requestHeaders, date }: KoaRoadOptions,
): Promise<HttpResponse | undefined> {
  const { req } = ctx;
  const headers = new Map<string, string>();
  const wanted =
    ctx.state.unread && ctx.state.body === undefined ? ["content-length", ...requestHeaders] : requestHeaders;
  for (const name of wanted) {
    const value = req.headersDistinct[name]?.[0];
    if (value !== undefined) headers.set(name, value);
  }
  return new Promise((resolve) => {
    const id = desk.takeId();
    ctx.res.once("close", () => {
      desk.cancel(id);
      resolve(undefined);
    });
    const request = {
      method: req.method ?? "",
      target: req.url ?? "",
      headers,
      body: ctx.state.body ?? NO_BODY,
      remote: clientAddress(req.socket) || UNIX_CLIENT,
    };
    const from = (): string => clientPlace(req.socket, request.remote);
    desk.ask(id, { answer: resolve, from, stream: (head) => streamTo(ctx, head, date()) }, request);
  });
}

/** An answer that goes on: Node itself makes chunks of what is written, and the connection ends with it. */
function streamTo({ res }: Context, head: HttpResponse, date: string): AnswerStream {
  res.sendDate = false;
  for (const name of ["Connection", "Content-Length"]) res.removeHeader(name);
  res.shouldKeepAlive = false;
  res.writeHead(head.status, reasonOf(head.status), [...head.headers, "Date", date]);
  res.flushHeaders();
  return {
    write: (text) => res.write(text, "latin1"),
    waiting: () => res.writableLength,
    end: () => res.end(),
  };
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpResponse,
  options: KoaRoadOptions,
): Promise<void> {
  const accepted = acceptsGzip(request.headersDistinct["accept-encoding"]?.[0] ?? "");
  const coded = accepted && isCompressible(answer) ? await compressed(answer) : answer;
  const exchange = {
    method: request.method ?? "",
    old: request.httpVersion === "1.0",
    keepAlive: response.shouldKeepAlive,
  };
  const framed = frame(coded, exchange, options.date());
  // All headers are said: Node is not to add its own.
  response.sendDate = false;
  for (const name of ["Connection", "Content-Length", "Transfer-Encoding"]) response.removeHeader(name);
  response.shouldKeepAlive = !framed.close;
  if (framed.close) linger(request.socket);
  response.writeHead(framed.status, reasonOf(framed.status), [...framed.headers]);
  // Node itself makes a chunk of what is written.
  for (const piece of framed.pieces ?? []) response.write(piece);
  response.end(framed.body, "latin1");
}

function compressed(response: HttpResponse): HttpResponse | Promise<HttpResponse> {
  return compressNow(response) ?? new Promise((resolve) => compressLater(response, resolve));
}

/**
 * Node destroys the socket behind its last answer; where the client is still sending, that resets the connection and may
 * destroy the answer too. So the end is said, and the other side is given a while to say its own.
 */
function linger(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
}
