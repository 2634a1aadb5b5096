// The load: a process of its own, so that it can have a core to itself. Keep-alive connections over raw sockets, one
// request at a time on each; the next one leaves when an answer has come whole. Told what to do by load.ts, over IPC.
//
// A request costs it less than it costs the server: each connection patches key and value into one prepared buffer, reads
// into one buffer of its own, and counts times in buckets.

import { connect, type Socket } from "node:net";
import { createTimes, noteTime, percentile, type Times } from "./times.ts";

export interface LoadJob {
  readonly targets: readonly Target[];
  /** Spread over the targets in turn. */
  readonly connections: number;
  readonly method: "GET" | "PUT";
  /** Asked instead of a key, with this body; of each COUNTER in it something new is made for every request. */
  readonly other?: { readonly path: string; readonly body: string } | undefined;
  /** After the key: "?consistent". */
  readonly query: string;
  /** Keys number 0 to `keys - 1` in turn, shared by all connections. */
  readonly keys: number;
  /** Ends after so many seconds… */
  readonly seconds: number;
  /** …or after so many answers. */
  readonly answers: number;
}

export interface Target {
  readonly ip: string;
  readonly port: number;
}

export interface LoadResult {
  readonly answers: number;
  /** Answers with another status than 200. */
  readonly failures: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU time of this process. */
  readonly cpuUs: number;
}

export const VALUE_BYTES = 128;
const KEY_DIGITS = 7;
const COUNTER_DIGITS = 12;
const READ_BYTES = 65_536;

export function keyName(number: number): string {
  return `bench/${String(number).padStart(KEY_DIGITS, "0")}`;
}

/** One run of one job. */
interface Run {
  readonly job: LoadJob;
  readonly times: Times;
  answers: number;
  failures: number;
  asked: number;
  nextKey: number;
  /** Every write says something new: a store may ignore a write that changes nothing. */
  counter: number;
  running: boolean;
  open: number;
  end: (error?: Error) => void;
}

interface Partial {
  head: Buffer;
  length: number;
  tail: Buffer;
}

interface Connection {
  readonly run: Run;
  readonly socket: Socket;
  readonly request: Buffer;
  readonly keyAt: number;
  readonly counterAts: readonly number[];
  askedMs: number;
  /** What came of an answer that is not whole yet. */
  partial: Partial | undefined;
}

async function perform(job: LoadJob): Promise<LoadResult> {
  const run: Run = {
    job,
    times: createTimes(),
    answers: 0,
    failures: 0,
    asked: 0,
    nextKey: 0,
    counter: Math.floor(Math.random() * 1e9),
    running: true,
    open: job.connections,
    end: () => undefined,
  };
  const ended = new Promise<void>((resolve, reject) => {
    run.end = (error) => (error === undefined ? resolve() : reject(error));
  });
  const connections = await Promise.all(Array.from({ length: job.connections }, (_, at) => open(run, at)));
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const timer = setTimeout(() => {
    run.running = false;
  }, job.seconds * 1000);
  for (const connection of connections) goOn(connection);
  try {
    await ended;
  } finally {
    clearTimeout(timer);
    for (const { socket } of connections) socket.destroy();
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    answers: run.answers,
    failures: run.failures,
    seconds: (performance.now() - began) / 1000,
    p50Us: percentile(run.times, 0.5),
    p99Us: percentile(run.times, 0.99),
    cpuUs: user + system,
  };
}

function open(run: Run, at: number): Promise<Connection> {
  const { targets } = run.job;
  const { ip, port } = targets[at % targets.length] as Target;
  return new Promise((resolve, reject) => {
    const read = {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (length: number, bytes: Uint8Array): boolean => {
        onBytes(connection, bytes as Buffer, length);
        return true;
      },
    };
    const socket = connect({ host: ip, port, noDelay: true, onread: read });
    const connection: Connection = {
      run,
      socket,
      ...prepare(run.job, ip, port),
      askedMs: 0,
      partial: undefined,
    };
    socket.once("connect", () => resolve(connection));
    socket.once("error", (error) => {
      reject(error);
      run.end(error);
    });
    socket.once("end", () => run.end(new Error(`${ip}:${port} closed a connection`)));
  });
}

/** In base64 as in any text, digits are digits. */
export const COUNTER: string = "0".repeat(COUNTER_DIGITS);

function prepare(
  { method, query, other }: LoadJob,
  ip: string,
  port: number,
): Pick<Connection, "request" | "keyAt" | "counterAts"> {
  if (other !== undefined) {
    const { path, body } = other;
    const length = method === "GET" ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    const request = Buffer.from(
      `${method} ${path} HTTP/1.1\r\nHost: ${ip}:${port}\r\n${length}\r\n${body}`,
      "latin1",
    );
    return { request, keyAt: -1, counterAts: [...placesOf(request, COUNTER)] };
  }
  const head = `${method} /v1/kv/${keyName(0)}${query} HTTP/1.1\r\nHost: ${ip}:${port}\r\n`;
  const request = Buffer.from(
    method === "GET"
      ? `${head}\r\n`
      : `${head}Content-Length: ${VALUE_BYTES}\r\n\r\n${"v".repeat(VALUE_BYTES)}`,
    "latin1",
  );
  return {
    request,
    keyAt: request.indexOf("/bench/") + "/bench/".length,
    counterAts: method === "GET" ? [] : [request.length - COUNTER_DIGITS],
  };
}

function* placesOf(bytes: Buffer, text: string): Generator<number> {
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) yield at;
}

/** Asks the next thing; the last connection that has nothing more to ask ends the run. */
function goOn(connection: Connection): void {
  const { run } = connection;
  if (run.running && run.asked < run.job.answers) ask(connection);
  else if (--run.open === 0) run.end();
}

function ask(connection: Connection): void {
  const { run, request, keyAt, counterAts, socket } = connection;
  if (keyAt >= 0) writeDigits(request, keyAt, KEY_DIGITS, run.nextKey);
  run.nextKey = run.nextKey + 1 < run.job.keys ? run.nextKey + 1 : 0;
  run.asked++;
  for (const at of counterAts) writeDigits(request, at, COUNTER_DIGITS, run.counter++);
  connection.askedMs = performance.now();
  socket.write(request);
}

function writeDigits(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let place = at + digits - 1; place >= at; place--) {
    bytes[place] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function onBytes(connection: Connection, bytes: Buffer, length: number): void {
  const chunk = bytes.subarray(0, length);
  const { partial } = connection;
  if (partial === undefined) {
    if (isWhole(chunk)) return onAnswer(connection, chunk);
    connection.partial = { head: Buffer.from(chunk), length, tail: Buffer.from(chunk.subarray(-TAIL)) };
    return;
  }
  // Of a long answer only its head and its end are looked at: to put it together would cost more than to send it.
  partial.length += length;
  partial.tail = Buffer.from(Buffer.concat([partial.tail, chunk.subarray(-TAIL)]).subarray(-TAIL));
  if (!partial.head.includes(HEAD_END)) partial.head = Buffer.concat([partial.head, chunk]);
  if (!isEnded(partial)) return;
  connection.partial = undefined;
  onAnswer(connection, partial.head);
}

const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = Buffer.from("Content-Length: ");
/** "HTTP/1.1 200": where the status stands. */
const STATUS_AT = 9;

/** What a chunked answer ends with. */
const LAST_CHUNK = Buffer.from("\r\n0\r\n\r\n");
const TAIL: number = LAST_CHUNK.length;
const CHUNKED = Buffer.from("Transfer-Encoding: chunked");

function isWhole(answer: Buffer): boolean {
  return isEnded({ head: answer, length: answer.length, tail: answer.subarray(-TAIL) });
}

/** An answer tells its length, or comes in chunks: whatever is in these answers, no body of theirs looks like an end. */
function isEnded({ head: answer, length, tail }: Partial): boolean {
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd < 0) return false;
  const chunked = answer.indexOf(CHUNKED);
  if (chunked >= 0 && chunked < headEnd) return tail.equals(LAST_CHUNK);
  let at = answer.indexOf(LENGTH);
  if (at < 0 || at > headEnd) throw new Error(`an answer without length: ${answer.toString("latin1")}`);
  let bodyBytes = 0;
  for (at += LENGTH.length; answer[at] !== 0x0d; at++) bodyBytes = bodyBytes * 10 + (answer[at] ?? 0) - 0x30;
  return length >= headEnd + HEAD_END.length + bodyBytes;
}

function onAnswer(connection: Connection, answer: Buffer): void {
  const { run } = connection;
  noteTime(run.times, (performance.now() - connection.askedMs) * 1000);
  run.answers++;
  if (!isOk(answer)) run.failures++;
  goOn(connection);
}

function isOk(answer: Buffer): boolean {
  return answer[STATUS_AT] === 0x32 && answer[STATUS_AT + 1] === 0x30 && answer[STATUS_AT + 2] === 0x30;
}

process.on("message", (job: LoadJob) => {
  perform(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
