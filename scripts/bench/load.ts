// The other end of load-process.ts: starts it on the processors that it may use, and hands it one job at a time.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { LoadJob, LoadResult } from "./load-process.ts";
import { pinned } from "./place.ts";

export interface LoadProcess {
  /** @throws when a connection fails, or any answer is no success: then the figures would say nothing. */
  run(job: Partial<LoadJob> & Pick<LoadJob, "targets">): Promise<LoadResult>;
  stop(): void;
}

const ONE_READ: Omit<LoadJob, "targets"> = {
  connections: 1,
  method: "GET",
  query: "",
  keys: 1000,
  seconds: 600,
  answers: Number.POSITIVE_INFINITY,
};

type Message = { readonly result: LoadResult } | { readonly error: string } | { readonly ready: true };

/** @param cpus As taskset takes them; undefined for all. */
export async function startLoad(cpus: string | undefined): Promise<LoadProcess> {
  const script = join(import.meta.dirname, "load-process.ts");
  const [program, ...rest] = pinned(cpus, [process.execPath, "--import", "tsx", script]);
  const child = spawn(program as string, rest, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
  await nextMessage(child);
  return {
    async run(job) {
      const answer = nextMessage(child);
      const targets = job.targets.map(({ ip, port }) => ({ ip, port }));
      child.send({ ...ONE_READ, ...job, targets });
      const message = await answer;
      if (!("result" in message))
        throw new Error("error" in message ? message.error : "the load did not run");
      const { result } = message;
      if (result.failures > 0)
        throw new Error(`${result.failures} of ${result.answers} answers were failures`);
      return result;
    },
    stop: () => child.kill(),
  };
}

function nextMessage(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`the load ended with code ${code}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message as Message);
    });
  });
}
