// What was measured of pools of gossip, as it is kept in docs/gossip-at-scale/figures.json.

import type { Detection } from "./detection.ts";
import type { Falsely } from "./false-positives.ts";
import type { MassRestart } from "./mass-restart.ts";

/** One configuration of Lifeguard, with more and more trouble. */
export interface Curve<P> {
  readonly name: string;
  readonly points: readonly (P & Falsely)[];
}

export interface Figures {
  /** By the number of members. */
  readonly detection: Readonly<Record<string, Detection>>;
  readonly restart: Readonly<Record<string, MassRestart>>;
  readonly slow: readonly Curve<{ readonly sick: number }>[];
  readonly stopped: readonly Curve<{ readonly sick: number }>[];
  readonly loss: readonly Curve<{ readonly percent: number }>[];
}
