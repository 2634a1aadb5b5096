// The other end of load-process.ts: starts it on the processors that it may use, and hands it one job at a time.

import { startChild } from "./child-load.ts";
import type { LoadJob, LoadResult } from "./load-process.ts";

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

/** @param cpus As taskset takes them; undefined for all. */
export async function startLoad(cpus: string | undefined): Promise<LoadProcess> {
  const child = await startChild<LoadJob, LoadResult>("load-process.ts", cpus);
  return {
    async run(job) {
      const targets = job.targets.map(({ ip, port }) => ({ ip, port }));
      const result = await child.run({ ...ONE_READ, ...job, targets });
      const { failures, answers } = result;
      if (failures > 0) throw new Error(`${failures} of ${answers} answers were failures`);
      return result;
    },
    stop: child.stop,
  };
}
