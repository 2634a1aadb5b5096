// Every kind of strike by its name.

import type { StrikeKind } from "../fault-kinds.ts";
import { strikeClockJump, strikeClockStop } from "./clock.ts";
import {
  strikeBitRot,
  strikeDiskError,
  strikeDiskFull,
  strikeDiskStall,
  strikeEmptyDisk,
  strikeLostWrite,
  strikeMisdirectedWrite,
  strikeReadCorruption,
} from "./disk.ts";
import { strikeRemoveServer, strikeTransfer } from "./membership.ts";
import {
  strikeBridge,
  strikeCorrupt,
  strikeFlapping,
  strikeIsolateLeader,
  strikeOneWay,
  strikePartial,
  strikePartition,
  strikeReset,
  strikeSlowLink,
  strikeSmallMtu,
  strikeStorm,
  strikeThrottle,
} from "./network.ts";
import {
  strikeChurn,
  strikeCrash,
  strikeCrashAll,
  strikeDowngrade,
  strikeLeave,
  strikePause,
  strikeSuspend,
  strikeUpgrade,
} from "./process.ts";
import type { Striker } from "./strike.ts";
import { strikeWanCut, strikeWanPartial, strikeWanReset, strikeWanSlow, strikeWanStorm } from "./wan.ts";

export const STRIKERS: Readonly<Record<StrikeKind, Striker>> = {
  crash: strikeCrash,
  "crash-all": strikeCrashAll,
  churn: strikeChurn,
  pause: strikePause,
  suspend: strikeSuspend,
  "leave-and-return": strikeLeave,
  upgrade: strikeUpgrade,
  downgrade: strikeDowngrade,
  partition: strikePartition,
  "one-way": strikeOneWay,
  "isolate-leader": strikeIsolateLeader,
  bridge: strikeBridge,
  partial: strikePartial,
  flapping: strikeFlapping,
  reset: strikeReset,
  storm: strikeStorm,
  "slow-link": strikeSlowLink,
  throttle: strikeThrottle,
  "small-mtu": strikeSmallMtu,
  corrupt: strikeCorrupt,
  "wan-cut": strikeWanCut,
  "wan-partial": strikeWanPartial,
  "wan-slow": strikeWanSlow,
  "wan-storm": strikeWanStorm,
  "wan-reset": strikeWanReset,
  "clock-jump": strikeClockJump,
  "clock-stop": strikeClockStop,
  "disk-stall": strikeDiskStall,
  "disk-error": strikeDiskError,
  "disk-full": strikeDiskFull,
  "bit-rot": strikeBitRot,
  "misdirected-write": strikeMisdirectedWrite,
  "lost-write": strikeLostWrite,
  "read-corruption": strikeReadCorruption,
  "empty-disk": strikeEmptyDisk,
  "remove-server": strikeRemoveServer,
  transfer: strikeTransfer,
};
