// Commands that users run on many agents at once (`exec`), the agent's part of Consul's protocol (agent/remote_exec.go): an
// event named _rexec says under which keys the job lies; the agent reads it, acknowledges it, has it run, and writes what it
// says in pieces, and at last its exit code, beside the job. All keys are locks of the asker's session, so that they go
// with it; whoever can't write any more knows that nobody reads. Off unless disable_remote_exec is false. What runs the
// command is the edge's business.

import { type NoticeLevel, notice } from "../api/notice.ts";
import type { KvWrite, ServerRequest } from "../api/request.ts";
import type { Response } from "../api/response.ts";
import { goInt, goList, goString, goStruct, readBody } from "../http/go-struct.ts";
import { byteStringOf, bytesOf, concatBytes, decodeBase64, utf8, utf8Bytes } from "../lib/bytes.ts";
import type { UserEvent } from "../model/user-event.ts";
import { ask } from "../service/route.ts";
import type { ServiceEffect } from "../service/state.ts";
import type { CommandLine, Effect, Input } from "./ports.ts";
import type { Agent } from "./state.ts";

export interface RemoteExec {
  readonly jobs: Map<number, Job>;
  nextJob: number;
}

export interface Job {
  readonly id: number;
  /** What its keys begin with. */
  readonly prefix: string;
  /** Whose locks its keys are. */
  readonly session: string;
  stage: "reading" | "reading-again" | "acknowledging" | "running" | "telling-exit";
  /** So long without output, and it is written that it still runs. */
  heartbeatMs: number;
  line: CommandLine;
  /** Whole pieces of output that are not written yet, the one that is being written first. */
  readonly pieces: Uint8Array[];
  /** What came since the last whole piece. */
  rest: Uint8Array;
  restAtMs: number;
  /** A key is on its way. */
  writing: boolean;
  written: number;
  heartbeatAtMs: number;
  /** Its output is not read for now: enough of it waits here. */
  paused: boolean;
  /** Undefined while it runs. */
  exitCode: number | undefined;
}

const PIECE_BYTES = 4096;
/** What is less than a piece is written when so long nothing came. */
const IDLE_MS = 500;
/** Output that waits to be written; then the command has to wait. */
const MAX_PIECES = 16;
/** Commands at a time: anyone who may fire events can ask for more. */
const MAX_JOBS = 64;
/** What others ask for is bounded: a heartbeat is a write to the cluster's log. */
const LEAST_HEARTBEAT_MS = 100;
/** A command that could not even be begun, or to whose output nobody listens. */
const NOT_RUN = 255;

const NOTHING = new Uint8Array(0);

interface EventBody {
  readonly Prefix: string;
  readonly Session: string;
}
const eventBody = goStruct<EventBody>("agent.remoteExecEvent", { Prefix: goString(), Session: goString() });

interface SpecBody {
  readonly Command: string;
  readonly Args: readonly string[];
  readonly Script: string;
  readonly Wait: number;
}
const specBody = goStruct<SpecBody>("agent.remoteExecSpec", {
  Command: goString(),
  Args: goList(goString(), ""),
  Script: goString("[]uint8"),
  Wait: goInt,
});

export function createRemoteExec(): RemoteExec {
  return { jobs: new Map(), nextJob: 1 };
}

/** Whether events ask this agent to run something. */
export function obeysExec({ config }: Agent): boolean {
  return config.remoteExec ?? false;
}

/** Somebody wants a command to be run here. */
export function startExec(
  agent: Agent,
  event: UserEvent,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  say(out, "debug", "received remote exec event", { id: event.id });
  const read = readBody(eventBody, byteStringOf(event.payload ?? NOTHING), false);
  if (!read.ok) return say(out, "error", "failed to decode remote exec event", { error: read.error });
  const { remoteExec } = agent;
  if (remoteExec.jobs.size >= MAX_JOBS)
    return say(out, "error", "too many remote exec commands are running", { running: MAX_JOBS });
  const { Prefix = "", Session: session = "" } = read.value;
  const job: Job = {
    id: remoteExec.nextJob++,
    prefix: joinPath(Prefix, session),
    session,
    stage: "reading",
    heartbeatMs: LEAST_HEARTBEAT_MS,
    line: { kind: "shell", command: "" },
    pieces: [],
    rest: NOTHING,
    restAtMs: Number.POSITIVE_INFINITY,
    writing: false,
    written: 0,
    heartbeatAtMs: Number.POSITIVE_INFINITY,
    paused: false,
    exitCode: undefined,
  };
  remoteExec.jobs.set(job.id, job);
  readSpec(agent, job, nowMs, effects, out);
}

/** Any server's word will do at first: many agents ask at once. */
function readSpec(agent: Agent, job: Job, nowMs: number, effects: ServiceEffect[], out: Effect[]): void {
  const consistency = job.stage === "reading" ? "stale" : "default";
  const key = utf8(joinPath(job.prefix, "job"));
  const options = { consistency, minIndex: 0, waitMs: 0 } as const;
  put(agent, job, { kind: "kv.get", key, options }, nowMs, effects, out);
}

/** Asks a server on behalf of a job: one thing at a time, so that the job's stage says what is answered. */
function put(
  agent: Agent,
  job: Job,
  request: ServerRequest,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const origin = { by: "duty", duty: { kind: "remote-exec", job: job.id } } as const;
  const response = ask(agent.service, origin, request, nowMs, effects);
  if (response !== undefined) onExecAnswer(agent, job.id, response, nowMs, effects, out);
}

function writeKey(
  agent: Agent,
  job: Job,
  name: string,
  value: Uint8Array,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const { prefix, session } = job;
  const key = utf8(joinPath(prefix, agent.config.nodeName, name));
  const lock: KvWrite = { kind: "kv.write", verb: "lock", key, value, flags: 0, index: 0, session };
  put(agent, job, lock, nowMs, effects, out);
}

/** The answer to what a job asked. */
export function onExecAnswer(
  agent: Agent,
  id: number,
  response: Response,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const { jobs } = agent.remoteExec;
  const job = jobs.get(id);
  if (job === undefined) return;
  const done = response.ok && response.body.kind === "applied" && response.body.applied;
  const error = response.ok ? "write failed" : response.error.detail;
  switch (job.stage) {
    case "reading":
    case "reading-again":
      return onSpec(agent, job, response, nowMs, effects, out);
    case "acknowledging":
      if (done) return begin(job, nowMs, out);
      jobs.delete(id);
      return say(out, "error", "failed to ack remote exec job", { error });
    case "running":
      job.writing = false;
      if (!done) return giveUp(agent, job, error, nowMs, effects, out);
      job.written++;
      job.pieces.shift();
      job.heartbeatAtMs = nowMs + job.heartbeatMs;
      return goOn(agent, job, nowMs, effects, out);
    case "telling-exit":
      jobs.delete(id);
      if (!done) say(out, "error", "failed to save remote exec exit code", { error });
  }
}

function onSpec(
  agent: Agent,
  job: Job,
  response: Response,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const { jobs } = agent.remoteExec;
  const pair = response.ok && response.body.kind === "kv.pairs" ? response.body.pairs[0] : undefined;
  if (response.ok && pair === undefined && job.stage === "reading") {
    say(out, "debug", "trying consistent fetch of remote exec job spec", {});
    job.stage = "reading-again";
    return readSpec(agent, job, nowMs, effects, out);
  }
  const read = pair === undefined ? undefined : readBody(specBody, pair.value, false);
  const line = read?.ok ? lineOf(read.value) : undefined;
  if (line === undefined) {
    jobs.delete(job.id);
    if (!response.ok)
      return say(out, "error", "failed to get remote exec job", { error: response.error.detail });
    if (pair === undefined) return say(out, "debug", "remote exec aborted, job spec missing", {});
    const error = read?.ok === false ? read.error : "illegal base64 data";
    return say(out, "error", "failed to decode remote exec spec", { error });
  }
  const waitMs = read?.ok ? (read.value.Wait ?? 0) / 1e6 : 0;
  job.line = line;
  job.heartbeatMs = Math.max(LEAST_HEARTBEAT_MS, waitMs);
  job.stage = "acknowledging";
  writeKey(agent, job, "ack", NOTHING, nowMs, effects, out);
}

/** A script is run before a command, and words as they are before both. */
function lineOf({
  Command: command = "",
  Args: args = [],
  Script = "",
}: Partial<SpecBody>): CommandLine | undefined {
  const script = decodeBase64(Script);
  if (script === undefined) return undefined;
  if (args.length > 0) return { kind: "args", args };
  return script === "" ? { kind: "shell", command } : { kind: "script", script: bytesOf(script) };
}

function begin(job: Job, nowMs: number, out: Effect[]): void {
  const { line } = job;
  const script =
    line.kind === "shell" ? line.command : line.kind === "args" ? line.args.join(" ") : "(a script)";
  say(out, "info", "remote exec script", { script });
  job.stage = "running";
  job.heartbeatAtMs = nowMs + job.heartbeatMs;
  out.push({ type: "command-start", job: job.id, line });
}

/** The command said something, or has ended. */
export function onCommand(
  agent: Agent,
  input: Extract<Input, { type: "command-output" | "command-ended" }>,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const job = agent.remoteExec.jobs.get(input.job);
  if (job?.stage !== "running" || job.exitCode !== undefined) return;
  if (input.type === "command-output") {
    collect(job, input.bytes, nowMs);
  } else {
    if (input.error !== undefined) say(out, "debug", "failed to start remote exec", { error: input.error });
    job.exitCode = input.code;
    endPiece(job);
  }
  goOn(agent, job, nowMs, effects, out);
}

function collect(job: Job, bytes: Uint8Array, nowMs: number): void {
  const all = concatBytes([job.rest, bytes]);
  let at = 0;
  for (; all.length - at >= PIECE_BYTES; at += PIECE_BYTES) job.pieces.push(all.slice(at, at + PIECE_BYTES));
  job.rest = all.slice(at);
  job.restAtMs = job.rest.length === 0 ? Number.POSITIVE_INFINITY : nowMs + IDLE_MS;
}

function endPiece(job: Job): void {
  if (job.rest.length > 0) job.pieces.push(job.rest);
  job.rest = NOTHING;
  job.restAtMs = Number.POSITIVE_INFINITY;
}

/** Writes what is to be written next: output, or at its end the exit code. */
function goOn(agent: Agent, job: Job, nowMs: number, effects: ServiceEffect[], out: Effect[]): void {
  const full = job.pieces.length >= MAX_PIECES;
  if (job.exitCode === undefined && full !== job.paused) {
    job.paused = full;
    out.push({ type: "command-flow", job: job.id, reads: !full });
  }
  if (job.writing) return;
  const [piece] = job.pieces;
  if (piece !== undefined) return writePiece(agent, job, piece, nowMs, effects, out);
  if (job.exitCode !== undefined) tellExit(agent, job, job.exitCode, nowMs, effects, out);
}

function writePiece(
  agent: Agent,
  job: Job,
  piece: Uint8Array,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  job.writing = true;
  job.heartbeatAtMs = Number.POSITIVE_INFINITY;
  const name = `out/${job.written.toString(16).padStart(5, "0")}`;
  writeKey(agent, job, name, piece, nowMs, effects, out);
}

function tellExit(
  agent: Agent,
  job: Job,
  code: number,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  job.stage = "telling-exit";
  job.restAtMs = Number.POSITIVE_INFINITY;
  job.heartbeatAtMs = Number.POSITIVE_INFINITY;
  writeKey(agent, job, "exit", utf8Bytes(String(code)), nowMs, effects, out);
}

/** Nobody reads what it says: as in Consul its output is closed, and what it does is its own affair. */
function giveUp(
  agent: Agent,
  job: Job,
  error: string,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  say(out, "error", "failed to write remote exec output", { error });
  if (job.exitCode === undefined) out.push({ type: "command-close", job: job.id });
  job.pieces.length = 0;
  tellExit(agent, job, NOT_RUN, nowMs, effects, out);
}

export function execDeadline({ remoteExec }: Agent): number {
  let atMs = Number.POSITIVE_INFINITY;
  for (const { restAtMs, heartbeatAtMs } of remoteExec.jobs.values())
    atMs = Math.min(atMs, restAtMs, heartbeatAtMs);
  return atMs;
}

/** Output that has waited for more for long enough, and commands that have been silent for long. */
export function wakeExec(agent: Agent, nowMs: number, effects: ServiceEffect[], out: Effect[]): void {
  for (const job of [...agent.remoteExec.jobs.values()]) {
    if (nowMs >= job.restAtMs) endPiece(job);
    else if (nowMs >= job.heartbeatAtMs) job.pieces.push(NOTHING);
    else continue;
    goOn(agent, job, nowMs, effects, out);
  }
}

/** As Go joins paths: empty parts are none, and "." and ".." mean what they mean. */
function joinPath(...parts: readonly string[]): string {
  const text = parts.filter((part) => part !== "").join("/");
  const kept: string[] = [];
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!text.startsWith("/")) kept.push(part);
  }
  return `${text.startsWith("/") ? "/" : ""}${kept.join("/")}`;
}

function say(
  out: Effect[],
  level: NoticeLevel,
  message: string,
  fields: Readonly<Record<string, string | number>>,
): void {
  out.push(notice(level, "", message, fields));
}
