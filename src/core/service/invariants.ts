// What must hold of the desk between steps: every index over the rows agrees with the rows. Costs as much as there are
// open questions, of which a simulated agent has few.

import { assert } from "../lib/assert.ts";
import type { Ask, Service } from "./state.ts";

/**
 * @param sinceAsk Questions with lower ids were looked at before: a question never changes its caller, so those are only
 *   counted. Whoever overwrites an older one's entry does it for a newer one, which makes the numbers differ.
 */
export function checkService(service: Service, sinceAsk = 0): void {
  const { asks, server, byOrigin, deadlines } = service;
  let proposed = 0;
  let applying = 0;
  let callers = 0;
  for (const ask of asks.values()) {
    if (ask.stage.at === "proposed") proposed++;
    if (ask.stage.at === "applying") applying++;
    // A write in the log is answered when it is applied or leadership is lost; everything else must end by the clock.
    assert(ask.stage.at === "proposed" || deadlines.places.has(ask.id), "an open question has a deadline");
    if (ask.origin.by !== "duty") callers++;
    if (ask.id >= sinceAsk) checkOrigin(service, ask);
  }
  assert(byOrigin.size === callers, "no caller is remembered without a question, and none is forgotten");
  assert(deadlines.slots.length <= asks.size, "no deadline without a question");
  assert(
    (server?.proposed.size ?? 0) === proposed,
    "every proposal has its question, and the other way round",
  );
  assert((server?.applying.size ?? 0) === applying, "every read that waits to be applied is known to wait");
}

function checkOrigin({ byOrigin }: Service, { id, origin }: Ask): void {
  if (origin.by === "duty") return;
  const key = origin.by === "http" ? `${origin.id}` : `${origin.peer} ${origin.seq}`;
  assert(byOrigin.get(key) === id, "a caller finds its question");
}
