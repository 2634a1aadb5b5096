// A run with a recorder beside it, and its recording as the bytes of a trace file.

import { createGossipRecorder } from "../../src/sim/gossip/recording.ts";
import { type GossipReport, type GossipSwarmOptions, runGossipSeed } from "../../src/sim/gossip/swarm.ts";
import { createRecorder, encodeRecord, type TraceRecord } from "../../src/sim/recording.ts";
import { type RunReport, runSwarm, type SwarmOptions } from "../../src/sim/swarm.ts";
import type { Verdict } from "../../src/sim/violation.ts";

export interface Recorded<Report> {
  readonly report: Report;
  /** One element a record, each with its length before it. */
  readonly records: readonly Uint8Array[];
}

export function recordSwarm(options: SwarmOptions): Recorded<RunReport> {
  return recorded((write) => {
    const recorder = createRecorder("swarm", options.seed, write);
    return runSwarm({ ...options, listen: recorder.listen, observers: [recorder.observer] });
  });
}

/** Of a pool of gossip alone. */
export function recordGossip(options: GossipSwarmOptions): Recorded<GossipReport> {
  return recorded((write) => {
    const recorder = createGossipRecorder(options.seed, write);
    return runGossipSeed({ ...options, listen: recorder.listen, observers: [recorder.observer] });
  });
}

function recorded<Report extends Verdict & { readonly digest: string }>(
  run: (write: (record: TraceRecord) => void) => Report,
): Recorded<Report> {
  const records: Uint8Array[] = [];
  const write = (record: TraceRecord): void => void records.push(encodeRecord(record));
  const report = run(write);
  const { ok, violation, message, digest } = report;
  write({ type: "verdict", ok, violation, message, digest });
  return { report, records };
}

/** The file. */
export function joinRecords(records: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(records));
}
