// How a program of ours ended, or why it could not be begun, in the words of Go's os/exec: people who run `consul lock` and
// `consul watch` know them from their logs.

import { errnoText, errorCode } from "./config/go-text.ts";

/** What Linux calls its signals, and Go after it. */
const SIGNAL_TEXT: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGABRT: "aborted",
  SIGALRM: "alarm clock",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGHUP: "hangup",
  SIGILL: "illegal instruction",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGPIPE: "broken pipe",
  SIGQUIT: "quit",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
  SIGTRAP: "trace/breakpoint trap",
  SIGUSR1: "user defined signal 1",
  SIGUSR2: "user defined signal 2",
};

/** "exit status 3", "signal: killed"; undefined for an end without fault. */
export function exitText(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `signal: ${SIGNAL_TEXT[signal] ?? signal}`;
  return code === 0 ? undefined : `exit status ${code}`;
}

/** Why a program could not be begun: one without a slash in its name was looked for. */
export function startText(program: string, error: unknown): string {
  const code = errorCode(error);
  const missing = code === "ENOENT" || code === "EACCES" || code === "ENOTDIR";
  if (!program.includes("/") && missing)
    return `exec: ${JSON.stringify(program)}: executable file not found in $PATH`;
  return `fork/exec ${program}: ${code === "ENOEXEC" ? "exec format error" : errnoText(error)}`;
}
