// What the HTTP server costs: both roads of ours beside bare node:http, each answering a GET with 200 bytes and Consul's
// headers. Every server is a process of its own; this process is the client, over raw keep-alive sockets. The servers take
// turns within each round, so that a busy machine is busy for all; what counts is the ratio.
//
//   tsx scripts/bench-http.ts [SECONDS-PER-TURN] [ROUNDS] [CONNECTIONS]

import { type ChildProcess, fork } from "node:child_process";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createHttpServer } from "../src/adapters/http/server.ts";
import type { HttpResponse } from "../src/core/api/http.ts";
import type { ByteString } from "../src/core/lib/bytes.ts";

const HOST = "127.0.0.1";
const KINDS = ["node", "fast", "koa"] as const;
type Kind = (typeof KINDS)[number];

const HEADERS = [
  "Content-Type",
  "application/json",
  "Vary",
  "Accept-Encoding",
  "X-Consul-Index",
  "123456",
  "X-Consul-Knownleader",
  "true",
  "X-Consul-Lastcontact",
  "0",
];
const ANSWER: HttpResponse = { status: 200, headers: HEADERS, body: "x".repeat(200) as ByteString };

const LOADS = {
  get: "GET /v1/kv/some/key HTTP/1.1\r\nHost: 127.0.0.1:8500\r\n\r\n",
  "get, gzip accepted":
    "GET /v1/kv/some/key HTTP/1.1\r\nHost: 127.0.0.1:8500\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n\r\n",
  "put of 128 B": `PUT /v1/kv/some/key HTTP/1.1\r\nHost: 127.0.0.1:8500\r\nContent-Length: 128\r\n\r\n${"v".repeat(128)}`,
};

/** The server's side: listens, says where, and tells the CPU time it has used whenever it is asked. */
async function runServer(kind: Kind): Promise<void> {
  const port = kind === "node" ? await listenBare() : await listenOurs(kind);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuUs: user + system });
  });
  process.send?.({ port });
}

function listenBare(): Promise<number> {
  const server = createServer((_, response) => {
    response.writeHead(200, [...HEADERS, "Content-Length", "200"]);
    response.end(ANSWER.body, "latin1");
  });
  return new Promise((resolve) => {
    server.listen(0, HOST, () => resolve((server.address() as AddressInfo).port));
  });
}

async function listenOurs(road: "fast" | "koa"): Promise<number> {
  const server = await createHttpServer({
    listen: [{ secure: false, host: HOST, port: 0 }],
    requestHeaders: ["cache-control", "x-consul-namespace"],
    maxBodyBytes: () => 524_288,
    maxConnectionsPerClient: 0,
    road,
    onRequest: (id) => server.respond(id, ANSWER),
    onCancel: () => {},
  });
  const [first] = server.listen;
  return first !== undefined && "port" in first ? first.port : 0;
}

interface Candidate {
  readonly kind: Kind;
  readonly process: ChildProcess;
  readonly port: number;
}

function heard<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once("message", (message) => resolve(message as T)));
}

async function start(kind: Kind): Promise<Candidate> {
  const child = fork(import.meta.filename, ["serve", kind]);
  const { port } = await heard<{ port: number }>(child);
  return { kind, process: child, port };
}

async function cpuUs(candidate: Candidate): Promise<number> {
  const answer = heard<{ cpuUs: number }>(candidate.process);
  candidate.process.send("cpu");
  return (await answer).cpuUs;
}

interface Turn {
  readonly perSecond: number;
  /** CPU time of the server for one request. */
  readonly serverUs: number;
}

/** As many requests as go through in the time, one at a time on each connection. */
async function turn(
  candidate: Candidate,
  request: Buffer,
  connections: number,
  seconds: number,
): Promise<Turn> {
  const length = await answerLength(candidate.port, request);
  const state = { answered: 0, running: true };
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(candidate.port)));
  const cpuBefore = await cpuUs(candidate);
  const began = performance.now();
  for (const socket of sockets) drive(socket, request, length, state);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  state.running = false;
  const elapsed = (performance.now() - began) / 1000;
  const { answered } = state;
  const spent = (await cpuUs(candidate)) - cpuBefore;
  for (const socket of sockets) socket.destroy();
  return { perSecond: answered / elapsed, serverUs: spent / answered };
}

function open(port: number): Promise<Socket> {
  const socket = connect(port, HOST);
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** All answers to one request are of one length: counting bytes is all the parsing that is needed. */
function drive(
  socket: Socket,
  request: Buffer,
  length: number,
  state: { answered: number; running: boolean },
): void {
  let received = 0;
  socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received < length) return;
    received -= length;
    state.answered++;
    if (state.running) socket.write(request);
  });
  socket.write(request);
}

async function answerLength(port: number, request: Buffer): Promise<number> {
  const socket = await open(port);
  socket.write(request);
  const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  socket.destroy();
  return answer.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function compare(seconds: number, rounds: number, connections: number): Promise<void> {
  const candidates = await Promise.all(KINDS.map(start));
  console.log(`${connections} connections, ${rounds} rounds of ${seconds} s; ratios to bare node:http`);
  for (const [name, request] of Object.entries(LOADS)) {
    const turns = new Map<Kind, Turn[]>(KINDS.map((kind) => [kind, []]));
    for (let round = 0; round < rounds; round++)
      for (const candidate of candidates)
        turns.get(candidate.kind)?.push(await turn(candidate, Buffer.from(request), connections, seconds));
    console.log(name);
    const bare = summary(turns.get("node") ?? []);
    for (const [kind, each] of turns) {
      const { perSecond, serverUs } = summary(each);
      const rate = `${(perSecond / 1000).toFixed(1)} k/s`.padStart(10);
      const cost = `${serverUs.toFixed(1)} µs`.padStart(9);
      const ratios = `${(perSecond / bare.perSecond).toFixed(2)}x as many, ${(serverUs / bare.serverUs).toFixed(2)}x the CPU`;
      console.log(`  ${kind.padEnd(5)}${rate}${cost} of server CPU each   ${ratios}`);
    }
  }
  for (const { process: child } of candidates) child.kill();
}

function summary(turns: readonly Turn[]): Turn {
  return {
    perSecond: median(turns.map((each) => each.perSecond)),
    serverUs: median(turns.map((each) => each.serverUs)),
  };
}

const [first, second, third] = process.argv.slice(2);
if (first === "serve") await runServer(second as Kind);
else await compare(Number(first ?? 2), Number(second ?? 5), Number(third ?? 32));
