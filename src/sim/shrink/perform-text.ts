// A schedule as text, performed: what a test made of a shrunk run calls.

import { type Performance, type PerformOptions, perform } from "./perform.ts";
import { parseSchedule } from "./schedule.ts";

/** @throws Error when the text is no schedule. */
export function performText(text: string, options: PerformOptions = {}): Performance {
  const parsed = parseSchedule(text);
  if (!parsed.ok) throw new Error(`this is no schedule: ${parsed.error}`);
  return perform(parsed.schedule, options);
}
