// A run with a recorder beside it, and its recording as the bytes of a trace file.

import { createRecorder, encodeRecord, type TraceRecord } from "../../src/sim/recording.ts";
import { type RunReport, runSwarm, type SwarmOptions } from "../../src/sim/swarm.ts";

export interface Recorded {
  readonly report: RunReport;
  /** One element a record, each with its length before it. */
  readonly records: readonly Uint8Array[];
}

export function recordSwarm(options: SwarmOptions): Recorded {
  const records: Uint8Array[] = [];
  const write = (record: TraceRecord): void => void records.push(encodeRecord(record));
  const recorder = createRecorder("swarm", options.seed, write);
  const report = runSwarm({ ...options, listen: recorder.listen, observers: [recorder.observer] });
  const { ok, violation, message, digest } = report;
  write({ type: "verdict", ok, violation, message, digest });
  return { report, records };
}

/** The file. */
export function joinRecords(records: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(records));
}
