// Reads over HTTP that any server may answer, as long as it has not been without its leader for too long (`?max_stale`,
// discovery_max_stale). An answer of one that has is not given: the leader is asked instead, once, and takes its time.
// Consul's agent looks at the answer too, and not the server that gives it (RETRY_ONCE in Consul 1.8's endpoints).

import type { ReadRequest, Request } from "../api/request.ts";
import { isRead } from "../api/request.ts";
import type { Response } from "../api/response.ts";
import type { HttpView } from "../http/plan.ts";
import { ask } from "../service/route.ts";
import type { ServiceEffect } from "../service/state.ts";
import type { RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";

/** The view of a question that may have to be asked again. */
export function boundedView(
  view: HttpView,
  request: Request,
  datacenter: string,
  maxStaleMs: number | undefined,
): HttpView {
  if (maxStaleMs === undefined || !isRead(request)) return view;
  const options = { ...request.options, consistency: "default" } as const;
  const again: ReadRequest = { ...request, options } as ReadRequest;
  return { bound: { maxStaleMs, request: again, datacenter }, ...view };
}

/** Whether the answer is of a server that has been alone for longer than who asks can bear. */
export function isTooStale({ bound }: HttpView, response: Response): boolean {
  return bound !== undefined && response.ok && (response.meta?.lastContactMs ?? 0) > bound.maxStaleMs;
}

/**
 * Asks the leader what a server has told that is too far behind. Who asked goes on waiting.
 * @returns The answer, when there is one on the spot; otherwise effect `answer` brings it.
 */
export function askLeader(
  agent: Agent,
  id: RequestId,
  view: HttpView,
  nowMs: number,
  effects: ServiceEffect[],
): Response | undefined {
  const { bound, ...rest } = view;
  if (bound === undefined) return undefined;
  agent.views.set(id, { ...rest, told: "default" });
  return ask(agent.service, { by: "http", id }, bound.request, nowMs, effects, bound.datacenter);
}
