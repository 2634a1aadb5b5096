// Loads that are more than one request after the other: clients that contend for a key, connections of one request each,
// and blocking queries that one write wakes. A process of its own, told what to do over IPC.

import type { Socket } from "node:net";
import { serveJobs } from "./child-load.ts";
import { isSuccess, numberAt, openConnection, requestBytes, type Target } from "./connection.ts";
import { pause } from "./http.ts";
import { COUNTER } from "./placeholders.ts";
import { createTimes, noteTime, percentile } from "./times.ts";
import type { LoadFigures } from "./turns.ts";

export type OddJob = {
  readonly target: Target;
  readonly clients: number;
  readonly seconds: number;
} & (
  | { readonly kind: "contend"; readonly key: string }
  | { readonly kind: "connect"; readonly key: string }
  | {
      readonly kind: "watch";
      readonly path: string;
      /** What wakes all of them; a COUNTER in it is something new each time. */
      readonly change: { readonly path: string; readonly body: string };
    }
);

export interface OddResult extends LoadFigures {
  /** Of what was won, of what was answered, of the last that woke up. */
  readonly p50Us: number;
  readonly p99Us: number;
}

interface Caller {
  ask(request: Buffer): Promise<Buffer>;
  readonly socket: Socket;
}

async function call(target: Target): Promise<Caller> {
  let settle: { resolve: (answer: Buffer) => void; reject: (error: Error) => void } | undefined;
  const socket = await openConnection(
    target,
    (answer) => settle?.resolve(Buffer.from(answer)),
    (error) => settle?.reject(error),
  );
  return {
    socket,
    ask: (request) => {
      socket.write(request);
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
  };
}

/** Does something again and again until the time is over. */
interface Course {
  /** @returns What counts of it, and how long that took. */
  turn(client: number): Promise<{ readonly count: number; readonly tookMs: number }>;
  /** How many do so at once. */
  readonly atOnce: number;
  end(): void;
}

async function courseOf(job: OddJob): Promise<Course> {
  switch (job.kind) {
    case "contend":
      return contend(job);
    case "connect":
      return connectEach(job);
    case "watch":
      return watchAll(job);
  }
}

/** Each reads the key, and writes it if nobody else has meanwhile; what is won counts. */
async function contend({ target, clients, key }: Extract<OddJob, { kind: "contend" }>): Promise<Course> {
  const callers = await Promise.all(Array.from({ length: clients }, () => call(target)));
  const path = `/v1/kv/${key}`;
  const read = requestBytes(target, "GET", path);
  await callers[0]?.ask(requestBytes(target, "PUT", path, "first"));
  let count = 0;
  return {
    atOnce: clients,
    async turn(client) {
      const askedMs = performance.now();
      const caller = callers[client] as Caller;
      const found = mustSucceed(await caller.ask(read));
      const index = numberAt(found, found.indexOf('"ModifyIndex":') + '"ModifyIndex":'.length);
      const write = requestBytes(target, "PUT", `${path}?cas=${index}`, `value ${count++}`);
      const won = mustSucceed(await caller.ask(write)).includes("\r\n\r\ntrue");
      return { count: won ? 1 : 0, tookMs: performance.now() - askedMs };
    },
    end: () => {
      for (const { socket } of callers) socket.destroy();
    },
  };
}

/** A connection, a request, an answer: the key is there. */
async function connectEach({ target, clients, key }: Extract<OddJob, { kind: "connect" }>): Promise<Course> {
  const path = `/v1/kv/${key}`;
  const writer = await call(target);
  mustSucceed(await writer.ask(requestBytes(target, "PUT", path, "something")));
  writer.socket.destroy();
  const request = requestBytes(target, "GET", path);
  return {
    atOnce: clients,
    async turn() {
      const askedMs = performance.now();
      const caller = await call(target);
      mustSucceed(await caller.ask(request));
      caller.socket.destroy();
      return { count: 1, tookMs: performance.now() - askedMs };
    },
    end: () => undefined,
  };
}

/** Long enough for a server to have read what all of them ask. */
const ARMING_MS = 100;

/** All wait for news, something changes, all hear of it. */
async function watchAll(job: Extract<OddJob, { kind: "watch" }>): Promise<Course> {
  const { target, clients, path, change } = job;
  const [writer, ...watchers] = await Promise.all(Array.from({ length: clients + 1 }, () => call(target)));
  let index = indexOf(mustSucceed(await (writer as Caller).ask(requestBytes(target, "GET", path))));
  let count = 1;
  return {
    atOnce: 1,
    async turn() {
      const ask = requestBytes(target, "GET", `${path}?index=${index}&wait=5m`);
      const woken = watchers.map((watcher) => watcher.ask(ask));
      await pause(ARMING_MS);
      const said = change.body.replaceAll(COUNTER, String(count++).padStart(COUNTER.length, "0"));
      const began = performance.now();
      const done = (writer as Caller).ask(requestBytes(target, "PUT", change.path, said));
      const answers = await Promise.all(woken);
      const tookMs = performance.now() - began;
      mustSucceed(await done);
      const indexes = answers.map((answer) => indexOf(mustSucceed(answer)));
      if (Math.min(...indexes) <= index) throw new Error(`woken at index ${index} without news`);
      index = Math.max(...indexes);
      return { count: answers.length, tookMs };
    },
    end: () => {
      for (const each of [writer, ...watchers]) each?.socket.destroy();
    },
  };
}

const INDEX = "\r\nX-Consul-Index: ";

function indexOf(answer: Buffer): number {
  const at = answer.toString("latin1").toLowerCase().indexOf(INDEX.toLowerCase());
  if (at < 0) throw new Error("an answer without index");
  return numberAt(answer, at + INDEX.length);
}

function mustSucceed(answer: Buffer): Buffer {
  if (!isSuccess(answer)) throw new Error(`refused: ${answer.toString("latin1").split("\r\n", 1)[0]}`);
  return answer;
}

async function perform(job: OddJob): Promise<OddResult> {
  const course = await courseOf(job);
  const times = createTimes();
  let answers = 0;
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  const goOn = async (client: number): Promise<void> => {
    while (performance.now() - beganMs < job.seconds * 1000) {
      const { count, tookMs } = await course.turn(client);
      answers += count;
      if (count > 0) noteTime(times, 1000 * tookMs);
    }
  };
  try {
    await Promise.all(Array.from({ length: course.atOnce }, (_, client) => goOn(client)));
  } finally {
    course.end();
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    answers,
    seconds: (performance.now() - beganMs) / 1000,
    cpuUs: user + system,
    p50Us: percentile(times, 0.5),
    p99Us: percentile(times, 0.99),
  };
}

serveJobs(perform);
