// The log in the system's log. Its socket takes datagrams, which Node.js cannot send to a unix socket: util-linux's program
// `logger` does so for us, one process for the life of the agent. Where there is none, or nobody listens, the agent runs on
// without, and says so once.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { NoticeLevel } from "../core/api/notice.ts";

/** By the names of Consul's syslog_facility, in the order of their numbers (RFC 5424 §6.2.1). */
const FACILITIES: readonly string[] =
  "KERN USER MAIL DAEMON AUTH SYSLOG LPR NEWS UUCP CRON AUTHPRIV FTP - - - - LOCAL0 LOCAL1 LOCAL2 LOCAL3 LOCAL4 LOCAL5 LOCAL6 LOCAL7".split(
    " ",
  );

/** As later Consuls give them; 1.8 gives every line that of "info". */
const SEVERITIES: Readonly<Record<NoticeLevel, number>> = { error: 3, warn: 4, info: 5, debug: 6, trace: 7 };

/** How long to wait before `logger` is started again. */
const PAUSE_MS = 5000;
/** What may wait for a system that does not take it. */
const MAX_WAITING_BYTES = 1 << 20;

export interface Syslog {
  write(line: string, level: NoticeLevel): void;
  close(): void;
}

/** undefined for no facility of syslog. */
export function facilityNumber(name: string): number | undefined {
  const at = FACILITIES.indexOf(name.toUpperCase());
  return at < 0 || name === "-" ? undefined : at;
}

/** @param onFailed Called when it begins to fail, not for each line that is lost. */
export function openSyslog(
  facility: number,
  onFailed: (error: string) => void,
  program: string = "logger",
): Syslog {
  let child: ChildProcessByStdio<Writable, null, Readable> | undefined;
  let notBeforeMs = 0;
  let failing = false;
  let closed = false;

  function fail(of: typeof child, error: string): void {
    if (child !== of || closed) return;
    child = undefined;
    notBeforeMs = performance.now() + PAUSE_MS;
    if (!failing) onFailed(error);
    failing = true;
  }

  function start(): typeof child {
    if (performance.now() < notBeforeMs) return undefined;
    const args = ["--socket-errors=on", "--prio-prefix", "--tag", "consul", `--id=${process.pid}`];
    const started = spawn(program, args, { stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    started.stderr.on("data", (bytes: Buffer) => {
      said = bytes.toString().trim();
      // It goes on when nobody listens, and loses what it is given.
      fail(started, said);
      started.stdin.end();
    });
    started.stdin.on("error", () => undefined);
    started.on("error", (error) => fail(started, error.message));
    started.on("exit", (code) => fail(started, said || `${program} ended with ${code}`));
    started.unref();
    return started;
  }

  return {
    write: (line, level) => {
      if (closed) return;
      child ??= start();
      const stdin = child?.stdin;
      if (stdin === undefined || stdin.writableLength > MAX_WAITING_BYTES) return;
      stdin.write(`<${facility * 8 + SEVERITIES[level]}>${line}`);
    },
    close: () => {
      closed = true;
      child?.stdin.end();
    },
  };
}
