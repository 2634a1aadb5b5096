// What was measured of pools of gossip, as it is kept in docs/gossip-at-scale/figures.json.

import type { Detection } from "./detection.ts";
import type { MassRestart } from "./mass-restart.ts";

/** By the configuration of Lifeguard, then by how much trouble there was. */
export type Curves = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Figures {
  /** By the number of members. */
  readonly detection: Readonly<Record<string, Detection>>;
  readonly restart: Readonly<Record<string, MassRestart>>;
  /** Failures of the well seen by the well, by the number of the sick. */
  readonly slow: Curves;
  readonly stopped: Curves;
  /** Members declared dead in a node-hour, by the percentage of loss. */
  readonly loss: Curves;
  /** The same in a pool of a thousand, by the number of the sick. */
  readonly slowOfThousand: Curves;
  readonly stoppedOfThousand: Curves;
  /** Rumours that wait at a member of a thousand, by what was tried and then by the second. */
  readonly waitingOfThousand: Curves;
}
