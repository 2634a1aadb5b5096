// What checks look at, in one process: an HTTP server that does as its paths say, the same over TLS, gRPC's health service,
// ports that say nothing, something else or hang up at once, and a Docker engine on a unix socket. No more of each than
// checks ask for.

import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, createSecureServer, type ServerHttp2Stream } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const CERTIFICATES = join(import.meta.dirname, "../adapters/http/certificates");

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Name, value, name, value… */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface Targets {
  /** host:port of each. */
  readonly http: string;
  readonly https: string;
  readonly grpc: string;
  readonly grpcTls: string;
  /** Takes connections, and says nothing. */
  readonly silent: string;
  /** Says something that is no HTTP, and hangs up. */
  readonly greeting: string;
  /** Hangs up at once. */
  readonly closing: string;
  /** Path of the engine's socket. */
  readonly docker: string;
  /** The certificate of who signed that of `https` and `grpcTls`. */
  readonly authority: string;
  /** What was asked over HTTP, and of the engine. */
  readonly asked: Asked[];
  /** Of others to all of them, that are open still. */
  openConnections(): number;
  close(): Promise<void>;
}

/** @param ports Where the first of them listen, one after the other in the order above; any free ones unless it is said. */
export async function startTargets(ip = "127.0.0.1", ports: readonly number[] = []): Promise<Targets> {
  const asked: Asked[] = [];
  const folder = mkdtempSync(join(tmpdir(), "check-targets-"));
  const docker = join(folder, "docker.sock");
  const read = (name: string): string => readFileSync(join(CERTIFICATES, name), "utf8");
  const certificate = { cert: read("server.pem"), key: read("server.key") };
  const web = noting(asked, answerHttp);
  const plainGrpc = createHttp2Server().on("stream", answerGrpc);
  const tlsGrpc = createSecureServer(certificate).on("stream", answerGrpc);
  const tcp: readonly Server[] = [
    createServer(web),
    createHttpsServer(certificate, web),
    plainGrpc,
    tlsGrpc,
    createTcpServer((socket) => socket.on("error", () => {}).resume()),
    createTcpServer((socket) =>
      socket
        .on("error", () => {})
        .resume()
        .end("SSH-2.0-target\r\n"),
    ),
    createTcpServer((socket) => socket.on("error", () => {}).destroy()),
  ];
  const engine = createServer(noting(asked, answerDocker));
  const sockets = new Set<Socket>();
  for (const server of [...tcp, engine])
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => sockets.delete(socket));
    });
  for (const [at, server] of tcp.entries()) {
    server.listen(ports[at] ?? 0, ip);
    await once(server, "listening");
  }
  engine.listen(docker);
  await once(engine, "listening");
  const [http = "", https = "", grpc = "", grpcTls = "", silent = "", greeting = "", closing = ""] = tcp.map(
    (server) => `${ip}:${(server.address() as AddressInfo).port}`,
  );
  return {
    ...{ http, https, grpc, grpcTls, silent, greeting, closing, docker, asked },
    authority: read("ca.pem"),
    openConnections: () => sockets.size,
    async close() {
      const closed = [...tcp, engine].map((server) => new Promise((resolve) => server.close(resolve)));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Answer = (asked: Asked, response: ServerResponse, request: IncomingMessage) => void;

function noting(list: Asked[], answer: Answer): RequestListener {
  return (request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += String(part);
    });
    request.on("end", () => {
      const { method = "", url: path = "", rawHeaders: headers } = request;
      const asked = { method, path, headers, body };
      list.push(asked);
      answer(asked, response, request);
    });
  };
}

/** What a path means. */
const HTTP: readonly (readonly [
  RegExp,
  (response: ServerResponse, socket: Socket, match: RegExpExecArray) => void,
])[] = [
  [
    /^\/status\/(\d+)/,
    (response, _, [, code]) => {
      response.writeHead(Number(code));
      response.end(code === "204" || code === "304" ? undefined : `body of ${code}\n`);
    },
  ],
  [
    /^\/redirect\/(\d+)\/(.*)/,
    (response, _, [, code, to = ""]) => {
      response.writeHead(Number(code), to === "" ? {} : { Location: decodeURIComponent(to) });
      response.end("moved");
    },
  ],
  [/^\/loop$/, (response) => response.writeHead(302, { Location: "/loop" }).end()],
  [/^\/slow$/, () => {}],
  [/^\/slow-body$/, (response) => void response.writeHead(200).write("first")],
  [/^\/big$/, (response) => response.end("x".repeat(3000) + "y".repeat(3000))],
  [/^\/gzip$/, (response) => response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync("zipped"))],
  [/^\/no-gzip$/, (response) => response.writeHead(200, { "Content-Encoding": "gzip" }).end("not zipped")],
  [/^\/bytes$/, (response) => response.end(Buffer.from([0x68, 0xff, 0xfe, 0xc3, 0xa9]))],
  [/^\/hang-up$/, (_, socket) => socket.destroy()],
  [/^\/no-http$/, (_, socket) => socket.end("garbage here\r\n\r\n")],
  [/^\/no-reason$/, (_, socket) => socket.end("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi")],
  [/^\/cut-short$/, (_, socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi")],
  [/^\/http-1.0$/, (_, socket) => socket.end("HTTP/1.0 200 Fine\r\n\r\nuntil close")],
  [
    /^\/chunks$/,
    (_, socket) =>
      socket.end(
        "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
      ),
  ],
];

function answerHttp({ path }: Asked, response: ServerResponse, { socket }: IncomingMessage): void {
  for (const [pattern, act] of HTTP) {
    const match = pattern.exec(path);
    if (match !== null) return act(response, socket, match);
  }
  response.end("hello");
}

/** The health of the service that is asked for is what it is called. */
const GRPC: Readonly<Record<string, (stream: ServerHttp2Stream) => void>> = {
  "not-serving": (stream) => sayGrpc(stream, 2),
  unknown: (stream) => sayGrpc(stream, 0),
  missing: (stream) =>
    stream.respond(
      {
        ":status": 200,
        "content-type": "application/grpc",
        "grpc-status": "5",
        "grpc-message": "unknown service %41",
      },
      { endStream: true },
    ),
  broken: (stream) => sayGrpc(stream, undefined, "13", "boom"),
  strange: (stream) => sayGrpc(stream, undefined, "99", "x"),
  empty: (stream) => sayGrpc(stream, undefined),
  html: (stream) => sayHttp(stream, 200, "text/html"),
  "http-404": (stream) => sayHttp(stream, 404, "text/html"),
  "http-503": (stream) => sayHttp(stream, 503, "text/plain"),
  reset: (stream) => stream.close(2),
  leaving: (stream) => stream.session?.destroy(),
  "no-status": (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    stream.end(grpcMessage([8, 1]));
  },
  nonsense: (stream) => sayGrpc(stream, 0xffff),
  slow: () => {},
};

function answerGrpc(stream: ServerHttp2Stream): void {
  const parts: Buffer[] = [];
  stream.on("error", () => {});
  stream.on("data", (part: Buffer) => parts.push(part));
  // Five bytes of gRPC, two of the field.
  stream.on("end", () => {
    const act = GRPC[Buffer.concat(parts).toString("utf8", 7)];
    if (act === undefined) sayGrpc(stream, 1);
    else act(stream);
  });
}

function grpcMessage(bytes: readonly number[]): Buffer {
  return Buffer.from([0, 0, 0, 0, bytes.length, ...bytes]);
}

/** @param serving HealthCheckResponse.status; undefined for no message at all. */
function sayGrpc(
  stream: ServerHttp2Stream,
  serving: number | undefined,
  status = "0",
  message?: string,
): void {
  const trailers = { "grpc-status": status, ...(message === undefined ? {} : { "grpc-message": message }) };
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  if (serving === undefined) stream.end();
  else stream.end(grpcMessage(serving === 0 ? [] : serving > 0xff ? [0xff, 0xff] : [8, serving]));
}

function sayHttp(stream: ServerHttp2Stream, status: number, type: string): void {
  stream.respond({ ":status": status, "content-type": type });
  stream.end("no gRPC");
}

/** A container is called after what becomes of a program in it. */
function answerDocker({ path }: Asked, response: ServerResponse): void {
  const json = (status: number, body: object): void => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(`${JSON.stringify(body)}\n`);
  };
  const [, container] = /^\/containers\/(.*)\/exec$/.exec(path) ?? [];
  if (container !== undefined) {
    if (container === "missing") return json(404, { message: "No such container" });
    if (container === "paused") return json(409, { message: "is paused" });
    if (container === "ill") return json(500, { message: "ill" });
    return json(201, container === "nameless" ? {} : { Id: `exec-${container}` });
  }
  const [, exec, what] = /^\/exec\/exec-(.*)\/(start|json)$/.exec(path) ?? [];
  if (exec === undefined) return json(404, { message: "page not found" });
  if (what === "json") {
    if (exec === "unseen") return json(500, { message: "cannot inspect" });
    const code = /^exit-(\d+)$/.exec(exec)?.[1] ?? "0";
    return json(200, { ID: `exec-${exec}`, Running: false, ExitCode: Number(code) });
  }
  if (exec === "stopped") return json(409, { message: "is stopped" });
  response.writeHead(200, { "Content-Type": "application/vnd.docker.raw-stream" });
  if (exec === "slow") return void response.write("begun");
  response.end(exec === "loud" ? "x".repeat(5000) : `said in ${exec}\n`);
}
