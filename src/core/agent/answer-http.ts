// The last step of an HTTP request: its answer, rendered as its caller wanted it.

import type { Response } from "../api/response.ts";
import { writeHttp } from "../http/http.ts";
import type { HttpView } from "../http/plan.ts";
import type { Effect, RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";
import { noteApiAnswer } from "./telemetry.ts";

/** Renders an answer; a caller that has hung up gets none. */
export function answerHttp(agent: Agent, id: RequestId, response: Response, out: Effect[]): void {
  const view = agent.views.get(id);
  if (view === undefined) return;
  agent.views.delete(id);
  replyHttp(agent, id, view, response, out);
}

/** Of a caller who was not made to wait. */
export function replyHttp(
  agent: Agent,
  id: RequestId,
  view: HttpView,
  response: Response,
  out: Effect[],
): void {
  if (view.measured !== undefined) noteApiAnswer(agent.service, view.measured, response);
  out.push({ type: "reply", id, response: writeHttp(view, response, agent.config) });
}
