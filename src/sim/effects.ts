// What trouble really did: a fault that was switched on and met nothing has tried nothing. Whoever lets a fault bite (the
// network that swallows a message, the disk that tears a write) counts it here.

import type { FaultKind } from "./fault-kinds.ts";

/** Kind → how often it bit. Kinds that never did are absent. */
export type Effects = Map<FaultKind, number>;

export function tookEffect(effects: Effects, kind: FaultKind): void {
  effects.set(kind, (effects.get(kind) ?? 0) + 1);
}
