// What was measured of pools of gossip, as it is kept in docs/gossip-at-scale/figures.json.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Detection } from "./detection.ts";
import type { MassRestart } from "./mass-restart.ts";

/** By the configuration of Lifeguard, then by how much trouble there was. */
export type Curves = Readonly<Record<string, Readonly<Record<string, number>>>>;

const CURVES = [
  // Failures of the well seen by the well, by the number of the sick.
  "slow",
  "stopped",
  // Members declared dead in a node-hour, by the percentage of loss.
  "loss",
  // The same in a pool of a thousand, by the number of the sick.
  "slowOfThousand",
  "stoppedOfThousand",
  // Rumours that wait at a member of a thousand, by what was tried and then by the second.
  "waitingOfThousand",
] as const;

export type CurvesName = (typeof CURVES)[number];

export interface Figures extends Readonly<Record<CurvesName, Curves>> {
  /** By the number of members. */
  readonly detection: Readonly<Record<string, Detection>>;
  readonly restart: Readonly<Record<string, MassRestart>>;
}

/** The numbers that are there; none where there is no file. */
export function readFigures(path: string): Figures {
  const there = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Partial<Figures>) : {};
  return merge({}, there);
}

/** One more piece among those that are there. */
export function addFigures(path: string, found: Partial<Figures>): void {
  writeFileSync(path, `${JSON.stringify(merge(readFigures(path), found), null, 1)}\n`);
}

function merge(before: Partial<Figures>, found: Partial<Figures>): Figures {
  const curves = CURVES.map((name) => [name, joined(before[name], found[name])] as const);
  return {
    detection: { ...before.detection, ...found.detection },
    restart: { ...before.restart, ...found.restart },
    ...(Object.fromEntries(curves) as Record<CurvesName, Curves>),
  };
}

function joined(one: Curves = {}, other: Curves = {}): Curves {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, { ...one[name], ...other[name] }]));
}
