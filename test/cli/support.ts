// What the tests of the command line share: streams that remember, and an agent's HTTP interface with canned answers.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../../src/adapters/cli/commands.ts";
import { runCli } from "../../src/adapters/cli/dispatch.ts";
import type { Io } from "../../src/adapters/cli/io.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What stdout was given, byte for byte. */
  readonly bytes: Buffer;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly cwd?: string;
  readonly program?: string;
}

/** Runs a command line in this process. */
export async function run(argv: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const out: Buffer[] = [];
  let stderr = "";
  const io: Io = {
    program: around.program ?? "quorate",
    programPath: "/bin/quorate",
    stdout: (chunk) => void out.push(Buffer.from(chunk as string)),
    stderr: (text) => {
      stderr += text;
    },
    stdin: async () => Buffer.from(around.stdin ?? ""),
    env: around.env ?? {},
    cwd: around.cwd ?? tmpdir(),
  };
  const code = await runCli(argv, io, COMMANDS);
  const bytes = Buffer.concat(out);
  return { code, stdout: bytes.toString(), stderr, bytes };
}

/** What an agent was asked. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface CannedAnswer {
  readonly status?: number;
  readonly body: string;
}

export interface FakeAgent {
  /** "127.0.0.1:port". */
  readonly address: string;
  readonly asked: Asked[];
  readonly close: () => Promise<void>;
}

/** Records a request and gives the answer that `answers` has for it: by "METHOD /path?query", or 404. */
export function answering(
  answers: Readonly<Record<string, CannedAnswer | string>>,
  asked: Asked[],
): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      asked.push({ method, url, headers, body: Buffer.concat(chunks).toString("latin1") });
      const found = answers[`${method} ${url}`] ?? { status: 404, body: "" };
      const answer = typeof found === "string" ? { body: found } : found;
      response.writeHead(answer.status ?? 200).end(answer.body);
    });
  };
}

/** Listens where `where` says (a free port of the loopback address if it does not) until it is closed. */
export async function listen(server: Server, where: string | number = 0): Promise<FakeAgent["close"]> {
  await new Promise<void>((done) => {
    if (typeof where === "string") server.listen(where, done);
    else server.listen(where, "127.0.0.1", done);
  });
  return () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
}

/** An agent that knows these answers. */
export async function fakeAgent(
  answers: Readonly<Record<string, CannedAnswer | string>>,
): Promise<FakeAgent> {
  const asked: Asked[] = [];
  const server = createServer(answering(answers, asked));
  const close = await listen(server);
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

/** Runs a command line against an agent with these answers, which is gone when this returns. */
export async function runAgainst(
  answers: Readonly<Record<string, CannedAnswer | string>>,
  argv: readonly string[],
  around: Surroundings = {},
): Promise<Ran & { readonly asked: readonly Asked[] }> {
  const agent = await fakeAgent(answers);
  try {
    const ran = await run(argv, { ...around, env: { CONSUL_HTTP_ADDR: agent.address, ...around.env } });
    return { ...ran, asked: agent.asked };
  } finally {
    await agent.close();
  }
}

/** A directory for the test, gone when it is over. */
export async function inDirectory<T>(work: (directory: string) => Promise<T> | T): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "quorate-test-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
