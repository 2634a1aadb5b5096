// A load as a process of its own, so that it can have a core to itself: both ends of how it is told what to do, one job at a
// time, over IPC.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { endsWithUs } from "../../test/support/children.ts";
import { pinned } from "./place.ts";

export interface ChildLoad<Job, Result> {
  /** @throws what went wrong over there. */
  run(job: Job): Promise<Result>;
  stop(): void;
}

type Message<Result> = { readonly result: Result } | { readonly error: string } | { readonly ready: true };

/**
 * @param script A file beside this one, which calls `serveJobs`.
 * @param cpus As taskset takes them; undefined for all.
 */
export async function startChild<Job, Result>(
  script: string,
  cpus: string | undefined,
): Promise<ChildLoad<Job, Result>> {
  const command = [process.execPath, "--import", "tsx", join(import.meta.dirname, script)];
  const [program, ...rest] = pinned(cpus, command);
  const child = endsWithUs(
    spawn(program as string, rest, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    }),
  );
  await nextMessage(child);
  return {
    async run(job) {
      const answer = nextMessage<Result>(child);
      child.send(job as object);
      const message = await answer;
      if ("result" in message) return message.result;
      throw new Error("error" in message ? message.error : "the load did not run");
    },
    stop: () => child.kill(),
  };
}

function nextMessage<Result>(child: ChildProcess): Promise<Message<Result>> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`the load ended with code ${code}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message as Message<Result>);
    });
  });
}

/** The load's own end. */
export function serveJobs<Job, Result>(perform: (job: Job) => Promise<Result>): void {
  process.on("message", (job: Job) => {
    perform(job).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ ready: true });
}
