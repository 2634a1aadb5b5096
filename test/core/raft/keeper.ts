// The rig's stand-in for the keeper of snapshots (src/core/snapshot): it takes them of a seat's state, reads pieces of them,
// and puts those together that come in. Each thing it is asked can wait, fail, or be lost in a crash, as with the real one.

import { must } from "../../../src/core/lib/assert.ts";
import type { RaftInput } from "../../../src/core/raft/state.ts";
import type { SnapshotChunk, SnapshotMeta } from "../../../src/core/snapshot/ports.ts";

/** The state after some entry: each entry so far, as text. */
export type State = readonly string[];

export interface SnapshotFile {
  readonly meta: SnapshotMeta;
  readonly state: State;
}

export type Task =
  | { readonly type: "take"; readonly file: SnapshotFile }
  | {
      readonly type: "read";
      readonly to: string;
      readonly index: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly type: "keep"; readonly chunk: SnapshotChunk };

export interface Keeper {
  /** Durable, oldest first; the newest two are kept. */
  readonly files: SnapshotFile[];
  /** What has come in of one that is not whole yet. */
  receiving: { readonly meta: SnapshotMeta; readonly size: number; readonly bytes: number[] } | undefined;
  /** Whole and durable, to be restored by the effect that follows. */
  incoming: SnapshotFile | undefined;
  /** Asked and not done, oldest first. */
  readonly tasks: Task[];
  /** Tasks wait until `finishKeeper`. */
  held: boolean;
  /** Whatever it is asked comes to nothing. */
  failing: boolean;
}

export function createKeeper(files: readonly SnapshotFile[] = []): Keeper {
  return {
    files: [...files],
    receiving: undefined,
    incoming: undefined,
    tasks: [],
    held: false,
    failing: false,
  };
}

/** Does the oldest task. @returns What Raft is told of it, if anything. */
export function doTask(keeper: Keeper): RaftInput | undefined {
  const task = must(keeper.tasks.shift(), "there is something to do");
  switch (task.type) {
    case "take":
      if (keeper.failing) return undefined;
      keepFile(keeper, task.file);
      return { type: "snapshot-taken", meta: task.file.meta };
    case "read":
      return {
        type: "snapshot-read",
        to: task.to,
        chunk: keeper.failing ? undefined : pieceOf(keeper, task),
      };
    default:
      return keepChunk(keeper, task.chunk);
  }
}

function keepFile({ files }: Keeper, file: SnapshotFile): void {
  const rest = files.filter(({ meta }) => meta.index !== file.meta.index);
  files.splice(0, files.length, ...[...rest, file].sort((a, b) => a.meta.index - b.meta.index).slice(-2));
}

function pieceOf({ files }: Keeper, task: Extract<Task, { type: "read" }>): SnapshotChunk | undefined {
  const file = task.index === 0 ? files.at(-1) : files.find(({ meta }) => meta.index === task.index);
  if (file === undefined) return undefined;
  const bytes = bytesOf(file);
  const data = bytes.subarray(task.offset, task.offset + task.length);
  return { meta: file.meta, size: bytes.length, offset: task.offset, data };
}

/** A whole file: what it says of itself, and the state, 7 bits a byte. */
export function bytesOf({ meta, state }: SnapshotFile): Uint8Array {
  const text = JSON.stringify({ meta, state });
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function keepChunk(keeper: Keeper, { meta, size, offset, data }: SnapshotChunk): RaftInput | undefined {
  const progress = (received: number): RaftInput => ({ type: "snapshot-progress", meta, received });
  if (keeper.failing) {
    keeper.receiving = undefined;
    return progress(0);
  }
  const { receiving } = keeper;
  const same = receiving?.meta.index === meta.index && receiving.meta.term === meta.term;
  const bytes = same ? receiving.bytes : [];
  if (offset !== bytes.length) return progress(bytes.length);
  bytes.push(...data);
  keeper.receiving = { meta, size, bytes };
  if (bytes.length < size) return progress(bytes.length);
  keeper.receiving = undefined;
  const { state } = JSON.parse(String.fromCharCode(...bytes)) as SnapshotFile;
  const file = { meta, state };
  keepFile(keeper, file);
  keeper.incoming = file;
  return { type: "snapshot-received", meta };
}

/** Loses power: what was not whole is gone. */
export function dropUnfinished(keeper: Keeper): void {
  keeper.tasks.length = 0;
  keeper.receiving = undefined;
  keeper.incoming = undefined;
}
