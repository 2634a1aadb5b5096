// The keeper of snapshots as plain data, and back, at any moment between steps (agent/checkpoint.ts). All of it is plain
// but for the stores: the one that is being written out, and those that are being put together.

import { copyPlain } from "../lib/plain.ts";
import { dumpStore, loadStore, type StoreDump } from "../store/snapshot.ts";
import type { Store } from "../store/store.ts";
import type { Snapshots } from "./state.ts";

export interface SnapshotsDump {
  /** The record without its stores. */
  readonly machine: unknown;
  /** In the order of `withStores`. */
  readonly stores: readonly StoreDump[];
}

type Change = (store: Store) => unknown;

/** The machine with each of its stores replaced by what `change` makes of it; the rest is shared. */
function withStores(s: Snapshots, change: Change): unknown {
  const { taking, loading, receiving } = s;
  const scan = loading?.scan;
  const scanned = (each: NonNullable<typeof scan>["file"]): unknown => ({
    ...each,
    decoder: { ...each.decoder, store: change(each.decoder.store) },
  });
  return {
    ...s,
    taking: taking && { ...taking, store: change(taking.store) },
    loading: loading && { ...loading, scan: scan && { ...scan, file: scanned(scan.file) } },
    receiving: receiving && {
      ...receiving,
      scan: receiving.scan && scanned(receiving.scan),
      verified: receiving.verified && {
        ...receiving.verified,
        store: change(receiving.verified.store),
      },
    },
  };
}

/** Everything it knows, sharing nothing with it. */
export function dumpSnapshots(s: Snapshots): SnapshotsDump {
  const stores: StoreDump[] = [];
  const machine = withStores(s, (store) => {
    stores.push(copyPlain(dumpStore(store)));
    return undefined;
  });
  return { machine: copyPlain(machine), stores };
}

/** One that goes on where the dumped one was. The dump is used up. */
export function loadSnapshots({ machine, stores }: SnapshotsDump): Snapshots {
  const dumps = [...stores];
  return withStores(machine as Snapshots, () => {
    const dump = dumps.shift();
    return dump && loadStore(dump);
  }) as Snapshots;
}
