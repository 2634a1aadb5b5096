// What a simulated Raft replicates: the user's own state machine, as pure functions over a state of plain data. Nothing here
// knows Raft; the log's no-ops and configurations never reach it.

import { createDigest, type Digest, mixBytes, mixNumber } from "../../core/lib/digest.ts";

export interface StateMachine<S = unknown> {
  /** The state before the first command. Called once for each life of a server: nothing may be shared between calls. */
  create(): S;
  /**
   * Applies a committed command, in place. May depend on nothing but its arguments, or servers drift apart.
   * @param index The command's place in the log: grows from call to call, with gaps.
   * @returns The command's answer, for whoever proposed it.
   */
  apply(state: S, index: number, data: Uint8Array): unknown;
  /**
   * A number or a short text, equal for equal states. It is compared between servers after every command that both have
   * applied; without it only the commands themselves are compared.
   */
  digest?(state: S): string | number;
  /**
   * The state as bytes, and the state that the bytes stand for. With both, logs are compacted and late servers are sent
   * snapshots, as RaftConfig says; without, logs are kept whole. Equal states must have equal digests whichever way they came
   * about.
   */
  snapshot?(state: S): Uint8Array;
  restore?(bytes: Uint8Array): S;
}

/** A machine that remembers in one number what it was given, in order: the least that shows a difference. */
export const RUNNING_DIGEST: StateMachine<Digest> = {
  create: createDigest,
  apply(state, index, data) {
    mixNumber(state, index);
    mixBytes(state, data);
  },
  digest: ({ a, b }) => (a >>> 0) * 0x200000 + (b >>> 11),
  snapshot: ({ a, b }) => new Uint8Array(Int32Array.of(a, b).buffer),
  restore(bytes) {
    const [a = 0, b = 0] = new Int32Array(bytes.slice().buffer);
    return { a, b };
  },
};
