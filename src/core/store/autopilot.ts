// Autopilot's configuration: one row, replaced as a whole.

import type { AutopilotSet } from "../api/request.ts";
import { type AutopilotConfig, DEFAULT_AUTOPILOT } from "../model/autopilot.ts";
import { APPLIED, NOT_APPLIED, type Outcome, type Store, type Touched } from "./store.ts";

/** The configuration in force: what was set last, or the defaults, which have the indexes 0. */
export function autopilotConfig(store: Store): AutopilotConfig {
  return store.autopilot ?? DEFAULT_AUTOPILOT;
}

/** Sets it. The same values again are a new version all the same, as in Consul. */
export function applyAutopilotSet(
  store: Store,
  index: number,
  request: AutopilotSet,
  touched: Touched[],
): Outcome {
  const before = autopilotConfig(store);
  if (request.index !== undefined && request.index !== before.modifyIndex) return NOT_APPLIED;
  const createIndex = before.createIndex === 0 ? index : before.createIndex;
  store.autopilot = { createIndex, modifyIndex: index, ...request.settings };
  touched.push({ table: "autopilot" });
  return APPLIED;
}
