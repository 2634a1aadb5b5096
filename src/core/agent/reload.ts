// The configuration read again: by SIGHUP, or because somebody asks over HTTP and waits for what came of it.

import { apiError } from "../api/error.ts";
import { failed } from "../api/response.ts";
import { answerHttp } from "./answer-http.ts";
import type { Effect, Input, RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";

/** @param id Of who waits for the answer; undefined for a signal. */
export function startReload(id: RequestId | undefined, out: Effect[]): void {
  out.push({ type: "notice", level: "info", logger: "", message: "Reloading configuration..." });
  out.push({ type: "reload", ...(id === undefined ? {} : { id }) });
}

export function onReloaded(
  agent: Agent,
  { id, error }: Extract<Input, { type: "reloaded" }>,
  out: Effect[],
): void {
  if (id === undefined) return;
  if (error === undefined) return answerHttp(agent, id, { ok: true, body: { kind: "done" } }, out);
  answerHttp(agent, id, failed(apiError("refused", error)), out);
}
