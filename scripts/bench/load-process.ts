// The load: a process of its own, so that it can have a core to itself. Keep-alive connections over raw sockets, one
// request at a time on each; the next one leaves when an answer has come whole. Told what to do by load.ts, over IPC.
//
// A request costs it less than it costs the server: each connection patches key and value into prepared buffers, reads
// into one buffer of its own, and counts times in buckets.

import type { Socket } from "node:net";
import { serveJobs } from "./child-load.ts";
import { isSuccess, openConnection, requestBytes, type Target } from "./connection.ts";
import { CONNECTION, COUNTER, keyName, VALUE_BYTES } from "./placeholders.ts";
import { createTimes, noteTime, percentile, type Times } from "./times.ts";

export interface LoadJob {
  readonly targets: readonly Target[];
  /** Spread over the targets in turn. */
  readonly connections: number;
  readonly method: "GET" | "PUT";
  /**
   * Asked in turn on each connection instead of keys. Of each COUNTER in them something new is made for every request, of
   * each CONNECTION the connection's number.
   */
  readonly others?: readonly { readonly path: string; readonly body: string }[] | undefined;
  /** The first number that a COUNTER becomes; any if not said. */
  readonly counterFrom?: number | undefined;
  /** What the body of every answer has to begin with to be none that failed. */
  readonly expected?: string | undefined;
  /** After the key: "?consistent". */
  readonly query: string;
  /** Keys number 0 to `keys - 1` in turn, shared by all connections. */
  readonly keys: number;
  /** Ends after so many seconds… */
  readonly seconds: number;
  /** …or after so many answers. */
  readonly answers: number;
}

export interface LoadResult {
  readonly answers: number;
  /** Answers with another status than 200, or that are not what was expected. */
  readonly failures: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU time of this process. */
  readonly cpuUs: number;
}

/** One run of one job. */
interface Run {
  readonly job: LoadJob;
  readonly expected: Buffer;
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

/** A request, and where in it something is patched. */
interface Prepared {
  readonly bytes: Buffer;
  readonly keyAt: number;
  readonly counterAts: readonly number[];
}

interface Connection {
  readonly run: Run;
  readonly socket: Socket;
  readonly requests: readonly Prepared[];
  next: number;
  askedMs: number;
}

async function perform(job: LoadJob): Promise<LoadResult> {
  const run: Run = {
    job,
    expected: Buffer.from(job.expected === undefined ? "" : `\r\n\r\n${job.expected}`, "latin1"),
    times: createTimes(),
    answers: 0,
    failures: 0,
    asked: 0,
    nextKey: 0,
    counter: job.counterFrom ?? Math.floor(Math.random() * 1e9),
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

async function open(run: Run, at: number): Promise<Connection> {
  const { targets } = run.job;
  const target = targets[at % targets.length] as Target;
  const socket = await openConnection(
    target,
    (answer) => onAnswer(connection, answer),
    (error) => run.end(error),
  );
  const requests = prepare(run.job, target, at);
  const connection: Connection = { run, socket, requests, next: 0, askedMs: 0 };
  return connection;
}

function prepare({ method, query, others }: LoadJob, target: Target, connection: number): Prepared[] {
  if (others === undefined) {
    const value = method === "GET" ? "" : `${"v".repeat(VALUE_BYTES - COUNTER.length)}${COUNTER}`;
    const bytes = requestBytes(target, method, `/v1/kv/${keyName(0)}${query}`, value);
    const keyAt = bytes.indexOf("/bench/") + "/bench/".length;
    return [{ bytes, keyAt, counterAts: method === "GET" ? [] : [bytes.length - COUNTER.length] }];
  }
  const number = String(connection).padStart(CONNECTION.length, "0");
  return others.map(({ path, body }) => {
    const own = (text: string): string => text.replaceAll(CONNECTION, number);
    const bytes = requestBytes(target, method, own(path), own(body));
    return { bytes, keyAt: -1, counterAts: [...placesOf(bytes, COUNTER)] };
  });
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

const KEY_DIGITS: number = keyName(0).length - "bench/".length;

function ask(connection: Connection): void {
  const { run, requests, socket } = connection;
  const { bytes, keyAt, counterAts } = requests[connection.next] as Prepared;
  connection.next = connection.next + 1 < requests.length ? connection.next + 1 : 0;
  if (keyAt >= 0) writeDigits(bytes, keyAt, KEY_DIGITS, run.nextKey);
  run.nextKey = run.nextKey + 1 < run.job.keys ? run.nextKey + 1 : 0;
  run.asked++;
  for (const at of counterAts) writeDigits(bytes, at, COUNTER.length, run.counter++);
  connection.askedMs = performance.now();
  socket.write(bytes);
}

function writeDigits(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let place = at + digits - 1; place >= at; place--) {
    bytes[place] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function onAnswer(connection: Connection, answer: Buffer): void {
  const { run } = connection;
  noteTime(run.times, (performance.now() - connection.askedMs) * 1000);
  run.answers++;
  if (!isSuccess(answer) || !answer.includes(run.expected)) run.failures++;
  goOn(connection);
}

serveJobs(perform);
