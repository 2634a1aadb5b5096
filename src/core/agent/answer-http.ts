// The last step of an HTTP request: its answer, rendered as its caller wanted it.

import type { Response } from "../api/response.ts";
import { writeHttp } from "../http/http.ts";
import type { Effect, RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";

/** Renders an answer; a caller that has hung up gets none. */
export function answerHttp(agent: Agent, id: RequestId, response: Response, out: Effect[]): void {
  const view = agent.views.get(id);
  if (view === undefined) return;
  agent.views.delete(id);
  out.push({ type: "reply", id, response: writeHttp(view, response, agent.config) });
}
