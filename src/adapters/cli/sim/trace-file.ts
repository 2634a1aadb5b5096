// `sim run -trace`: a run's recording as a file.

import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import {
  createRecorder,
  encodeRecord,
  type RecordedSwarm,
  type Recorder,
  type TraceRecord,
} from "../../../sim/recording.ts";

type Verdict = Omit<Extract<TraceRecord, { type: "verdict" }>, "type">;

export interface OpenTrace {
  readonly recorder: Recorder;
  /** @returns What went wrong, if anything. */
  close(verdict: Verdict): Promise<string | undefined>;
}

/** @param swarm What a run of the swarm was told. */
export function openTrace(
  file: string,
  about: string,
  seed: string,
  swarm: RecordedSwarm | undefined,
): OpenTrace {
  const stream: WriteStream = createWriteStream(file);
  let failure: string | undefined;
  stream.on("error", (error) => {
    failure = error.message;
  });
  const write = (record: TraceRecord): void => void stream.write(encodeRecord(record));
  return {
    recorder: createRecorder(about, seed, write, swarm),
    async close({ ok, violation, message, digest }) {
      write({ type: "verdict", ok, violation, message, digest });
      stream.end();
      if (failure === undefined)
        await Promise.race([once(stream, "close"), once(stream, "error")]).catch(() => undefined);
      return failure;
    },
  };
}
