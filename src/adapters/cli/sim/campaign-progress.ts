// How far a campaign is: a line that is written over where a person looks at it, and a line now and then where a log does.

import { count, roughly } from "./words.ts";

export interface ProgressOptions {
  readonly write: (text: string) => void;
  /** Whether the line can be written over. */
  readonly terminal: boolean;
  /** Seeds to run. */
  readonly all: number;
  /** In milliseconds, from any beginning. */
  readonly now: () => number;
}

export interface Progress {
  /** @param done Of the seeds that were to be run here. */
  tick(done: number, failed: number): void;
  /** Makes room for lines that stay. */
  clear(): void;
}

/** How often a terminal's line is written anew. */
const TERMINAL_MS = 500;
/** In a log of CI each line stays: enough to see that it goes on. */
const LOG_MS = 30_000;

export function createProgress({ write, terminal, all, now }: ProgressOptions): Progress {
  const began = now();
  let last = terminal ? Number.NEGATIVE_INFINITY : began;
  return {
    tick(done, failed) {
      const at = now();
      if (at - last < (terminal ? TERMINAL_MS : LOG_MS)) return;
      last = at;
      const line = progressLine(done, all, failed, at - began);
      write(terminal ? `\r\x1b[K${line}` : `${line}\n`);
    },
    clear() {
      if (terminal) write("\r\x1b[K");
    },
  };
}

/** "120/1,000 seeds, 8.3 a second, 0 failed, 1 min 47 s left" */
export function progressLine(done: number, all: number, failed: number, passedMs: number): string {
  const rate = passedMs > 0 ? done / (passedMs / 1000) : 0;
  const left = rate > 0 ? `${roughly((all - done) / rate)} left` : "no seed done yet";
  return `${count(done)}/${count(all)} seeds, ${rate.toFixed(1)} a second, ${count(failed)} failed, ${left}`;
}
