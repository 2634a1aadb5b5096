// A client that speaks bytes, and a server with the tiny agent behind it.

import { connect, type Socket } from "node:net";
import {
  createHttpServer,
  type HttpServer,
  type HttpServerOptions,
} from "../../../src/adapters/http/server.ts";
import { REQUEST_HEADERS } from "../../../src/core/api/http.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpSettings } from "../../../src/core/http/plan.ts";
import { answerPlan, type TinyAgent } from "../../core/http/tiny-agent.ts";

export const SETTINGS: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 524_288,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
};

export interface Served {
  readonly port: number;
  readonly server: HttpServer;
  /** Ids that were cancelled. */
  readonly cancelled: number[];
}

/** A server on a free port of the loopback. */
export async function serve(
  onRequest: (server: () => HttpServer, ...request: Parameters<HttpServerOptions["onRequest"]>) => void,
  options: Partial<HttpServerOptions> = {},
): Promise<Served> {
  const cancelled: number[] = [];
  const server: HttpServer = await createHttpServer({
    listen: [{ secure: false, host: "127.0.0.1", port: 0 }],
    requestHeaders: REQUEST_HEADERS,
    maxBodyBytes: () => SETTINGS.kvMaxValueBytes,
    maxConnectionsPerClient: 0,
    onRequest: (id, request) => onRequest(() => server, id, request),
    onCancel: (id) => cancelled.push(id),
    ...options,
  });
  const [first] = server.listen;
  return { server, port: first !== undefined && "port" in first ? first.port : 0, cancelled };
}

/** A server whose requests the tiny agent answers: at once, or in a later turn as a real agent often does. */
export function serveAgent(
  agent: TinyAgent,
  options: Partial<HttpServerOptions> & { readonly later?: boolean; readonly dev?: boolean } = {},
): Promise<Served> {
  const { later = false, dev = false, ...rest } = options;
  const settings = { ...SETTINGS, dev };
  return serve((server, id, request) => {
    const plan = readHttp(request, settings);
    const response =
      plan.kind === "answer" ? plan.response : writeHttp(plan.view, answerPlan(agent, plan), settings);
    if (later) setImmediate(() => server().respond(id, response));
    else server().respond(id, response);
  }, rest);
}

export interface Exchanged {
  /** One character a byte. */
  readonly receive: string;
  /** Whether the server closed the connection; otherwise it fell silent. */
  readonly closed: boolean;
}

/** Sends pieces one after the other, then reads until `done` says so or the server closes. */
export function exchange(
  port: number,
  pieces: readonly (string | Buffer)[],
  done: (receive: string) => boolean,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let receive = "";
    const finish = (closed: boolean): void => {
      socket.destroy();
      resolve({ receive, closed });
    };
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      receive += chunk.toString("latin1");
      if (done(receive)) finish(false);
    });
    socket.on("end", () => finish(true));
    socket.setNoDelay(true);
    void sendAll(socket, pieces);
  });
}

async function sendAll(socket: Socket, pieces: readonly (string | Buffer)[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    socket.write(piece, "latin1");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** One message taken off the front of what was received, by its framing; undefined when it has not come whole. */
export interface Message {
  readonly status: number;
  readonly statusLine: string;
  /** Name, value… without Date. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly rest: string;
}

export function takeMessage(receive: string, method = "GET"): Message | undefined {
  const end = receive.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = receive.slice(0, end).split("\r\n");
  const headers = lines.flatMap((line) => [
    line.slice(0, line.indexOf(": ")),
    line.slice(line.indexOf(": ") + 2),
  ]);
  const at = headers.indexOf("Date");
  const told = at < 0 ? headers : headers.toSpliced(at, 2);
  const status = Number(statusLine.split(" ")[1]);
  const value = (name: string): string | undefined => headers[headers.indexOf(name) + 1];
  const rest = receive.slice(end + 4);
  if (status === 100 || method === "HEAD") return { status, statusLine, headers: told, body: "", rest };
  if (headers.includes("Transfer-Encoding")) {
    const size = Number.parseInt(rest, 16);
    const from = rest.indexOf("\r\n") + 2;
    if (rest.length < from + size + 7) return undefined;
    return {
      status,
      statusLine,
      headers: told,
      body: rest.slice(from, from + size),
      rest: rest.slice(from + size + 7),
    };
  }
  if (!headers.includes("Content-Length")) return { status, statusLine, headers: told, body: rest, rest: "" };
  const length = Number(value("Content-Length"));
  if (rest.length < length) return undefined;
  return { status, statusLine, headers: told, body: rest.slice(0, length), rest: rest.slice(length) };
}

/** Whether at least so many whole messages have come. */
export function hasMessages(receive: string, count: number, method?: string): boolean {
  let rest = receive;
  for (let taken = 0; taken < count; taken++) {
    const message = takeMessage(rest, method);
    if (message === undefined) return false;
    rest = message.rest;
  }
  return true;
}
