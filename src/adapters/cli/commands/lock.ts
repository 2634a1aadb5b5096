// `lock`: runs a program while a lock, or a place in a semaphore, is held, and ends it when it is held no more.

import { posix } from "node:path";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { type Child, type ChildEnd, startChild } from "../child.ts";
import { type ApiClient, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type Flag, type FlagValues, numberFlag, stringFlag } from "../flags.ts";
import { awaitInterruption, type Interruption } from "../interruption.ts";
import type { Io } from "../io.ts";
import { trimKey } from "../kv-pairs.ts";
import type { Held, LockOrder } from "../lock/held.ts";
import { acquireLock } from "../lock/lock.ts";
import { LockApi } from "../lock/lock-api.ts";
import { acquireSemaphore, LOCK_KEY } from "../lock/semaphore.ts";

/** Between asking the program to end and ending it. */
const GRACE_MS = 5000;

const OWN_FLAGS: readonly Flag[] = [
  {
    name: "child-exit-code",
    kind: "bool",
    description: "Exits with 2 when the program fails. Else its failure is told of, and the exit code is 0.",
  },
  {
    name: "monitor-retry",
    kind: "int",
    fallback: "3",
    description:
      "How often in a row a look at the held lock may fail, a second apart, before it is taken for lost: so a short trouble of the servers ends nothing, but a loss may be noticed later. 0 for never.",
  },
  {
    name: "n",
    kind: "int",
    fallback: "1",
    description: "How many may hold it at a time. With more than one it is a semaphore and not a lock.",
  },
  {
    name: "name",
    kind: "string",
    description: "Name of the session that holds it. Without one it tells of the program and the prefix.",
  },
  { name: "pass-stdin", kind: "bool", description: "Gives the program our standard input." },
  {
    name: "shell",
    kind: "bool",
    fallback: "true",
    description:
      "Whether a shell runs the program, the one that SHELL in the environment names; or the words are a program and its arguments.",
  },
  {
    name: "timeout",
    kind: "duration",
    description: "How long to try to get it, such as 1s or 3h. 0 for as long as it takes.",
  },
  {
    name: "try",
    kind: "duration",
    storedAs: "timeout",
    description: "Older word for -timeout.",
  },
  { name: "verbose", kind: "bool", description: "Tells of every step." },
];

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} lock [options] prefix child...

  Gets a lock below a prefix of the key/value store, runs a program while it is
  held, and gives it back when the program has ended. If the lock is lost before
  that, or nobody can say any more whether it is held, the program gets SIGTERM
  and, five seconds later, SIGKILL; so do those that it started, unless we run
  at a terminal.

      $ ${program} lock service/backup ./backup.sh

  With -n above 1 so many may hold it at a time:

      $ ${program} lock -n 3 service/workers ./worker.sh

  The program finds CONSUL_LOCK_HELD=true in its environment.`,
  flags: [...CLIENT_FLAGS, ...SERVER_FLAGS, ...OWN_FLAGS],
  run: runLock,
};

async function runLock({ args, flags, io }: Call): Promise<number> {
  const limit = numberFlag(flags, "n") ?? 1;
  if (limit <= 0) return complain(io, "Lock holder limit must be positive");
  const [first = "", ...words] = args;
  if (words.length === 0) return complain(io, "Key prefix and child command must be specified");
  const prefix = trimKey(first);
  const timeoutNs = numberFlag(flags, "timeout") ?? 0;
  if (timeoutNs < 0) return complain(io, "Timeout must be positive");
  const monitorRetries = numberFlag(flags, "monitor-retry") ?? 0;
  if (monitorRetries < 0) return complain(io, "Number for 'monitor-retry' must be >= 0");
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const asked = expectOk(await callApi(client, { method: "GET", path: "/v1/agent/self" }));
  if (!asked.ok) return complain(io, `Error querying Consul agent: ${asked.error}`);
  const order: LockOrder = {
    sessionName: stringFlag(flags, "name") || `Consul lock for '${words.join(" ")}' at '${prefix}'`,
    timeoutMs: timeoutNs === 0 ? undefined : timeoutNs / 1e6,
    monitorRetries,
  };
  let child: Child | undefined;
  const interruption = awaitInterruption((signal) => child?.signal(signal));
  try {
    const held = await acquire({ client, io, flags, prefix, limit, order, stop: interruption.signal });
    if (held === undefined) return 1;
    if (interruption.signal.aborted) {
      complain(io, "Shutdown triggered during lock acquisition");
      return await giveBack(held, io, flags, 0);
    }
    tell(io, flags, "Starting handler");
    if (boolFlag(flags, "pass-stdin")) tell(io, flags, "Stdin passed to handler process");
    child = startChild(
      {
        words,
        shell: boolFlag(flags, "shell"),
        env: { CONSUL_LOCK_HELD: "true" },
        stdin: boolFlag(flags, "pass-stdin") ? "inherit" : "ignore",
      },
      io,
    );
    const code = await guard(child, held, interruption, io, flags);
    return await giveBack(held, io, flags, code);
  } finally {
    interruption.forget();
  }
}

function tell(io: Io, flags: FlagValues, text: string): void {
  if (boolFlag(flags, "verbose")) say(io, text);
}

interface Wanted {
  readonly client: ApiClient;
  readonly io: Io;
  readonly flags: FlagValues;
  readonly prefix: string;
  readonly limit: number;
  readonly order: LockOrder;
  readonly stop: AbortSignal;
}

/** @returns undefined when it can't be had; stderr then says why. */
async function acquire({ client, io, flags, prefix, limit, order, stop }: Wanted): Promise<Held | undefined> {
  const api = new LockApi(client);
  const key = posix.join(prefix, LOCK_KEY);
  if (limit === 1) tell(io, flags, `Setting up lock at path: ${key}`);
  else tell(io, flags, `Setting up semaphore (limit ${limit}) at prefix: ${prefix}`);
  if (limit > 1 && prefix === "") {
    complain(io, "Lock setup failed: missing prefix");
    return undefined;
  }
  tell(io, flags, "Attempting lock acquisition");
  const acquired =
    limit === 1
      ? await acquireLock(api, key, order, stop)
      : await acquireSemaphore(api, { prefix, limit }, order, stop);
  if (acquired?.ok) return acquired.held;
  if (acquired === undefined) complain(io, "Shutdown triggered or timeout during lock acquisition");
  else complain(io, `Lock acquisition failed: ${acquired.error}`);
  return undefined;
}

/** Until the program has ended, by itself or because it must. @returns What -child-exit-code makes the exit code of it. */
async function guard(
  child: Child,
  held: Held,
  interruption: Interruption,
  io: Io,
  flags: FlagValues,
): Promise<number> {
  const ended = child.ended.then((end) => {
    tellEnd(end, io);
    return end;
  });
  const first = await Promise.race([
    ended,
    held.lost.then(() => "Lock lost, killing child"),
    interruption.came.then(() => "Shutdown triggered, killing child"),
  ]);
  if (typeof first === "object") {
    tell(io, flags, "Child terminated, releasing lock");
    return first.ok ? 0 : 2;
  }
  tell(io, flags, first);
  await killChild(child, ended, io, flags);
  return 0;
}

function tellEnd(end: ChildEnd, io: Io): void {
  if (!end.ok) complain(io, `Error ${end.started ? "running" : "starting"} handler: ${end.error}`);
}

async function killChild(child: Child, ended: Promise<ChildEnd>, io: Io, flags: FlagValues): Promise<void> {
  if (child.pid === undefined) return tell(io, flags, "No child process to kill");
  tell(io, flags, `Terminating child pid ${child.pid}`);
  child.signal("SIGTERM");
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, GRACE_MS, undefined);
  });
  const end = await Promise.race([ended, patience]);
  clearTimeout(timer);
  if (end !== undefined) return tell(io, flags, "Child terminated");
  tell(io, flags, `Child did not exit after grace period of ${GRACE_MS / 1000}s`);
  tell(io, flags, `Killing child pid ${child.pid}`);
  child.signal("SIGKILL");
  await ended;
}

/** @returns The exit code, of which `childCode` is a part if that was asked for. */
async function giveBack(held: Held, io: Io, flags: FlagValues, childCode: number): Promise<number> {
  const fault = await held.release();
  if (fault !== undefined) return complain(io, `Lock release failed: ${fault}`);
  const cleaned = await held.clean();
  if (typeof cleaned === "object") return complain(io, `Lock cleanup failed: ${cleaned.error}`);
  tell(io, flags, cleaned === "removed" ? "Cleanup succeeded" : "Cleanup aborted, lock in use");
  return boolFlag(flags, "child-exit-code") ? childCode : 0;
}
