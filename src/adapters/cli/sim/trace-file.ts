// `sim run -trace`, `sim gossip -trace`: a run's recording as a file.

import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { encodeRecord, type TraceRecord } from "../../../sim/recording.ts";

type Verdict = Omit<Extract<TraceRecord, { type: "verdict" }>, "type">;

export interface OpenTrace<R> {
  readonly recorder: R;
  /** @returns What went wrong, if anything. */
  close(verdict: Verdict): Promise<string | undefined>;
}

/** @param recorderOf Makes the recorder that writes into it. */
export function openTrace<R>(
  file: string,
  recorderOf: (write: (record: TraceRecord) => void) => R,
): OpenTrace<R> {
  const stream: WriteStream = createWriteStream(file);
  let failure: string | undefined;
  stream.on("error", (error) => {
    failure = error.message;
  });
  const write = (record: TraceRecord): void => void stream.write(encodeRecord(record));
  return {
    recorder: recorderOf(write),
    async close({ ok, violation, message, digest }) {
      write({ type: "verdict", ok, violation, message, digest });
      stream.end();
      if (failure === undefined)
        await Promise.race([once(stream, "close"), once(stream, "error")]).catch(() => undefined);
      return failure;
    },
  };
}
