// What the log says of HTTP requests: each one while the level is "debug", and every one that was refused. Consul's lines
// (agent/http.go, 1.8), tokens left out.

import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import { textOf } from "../core/lib/bytes.ts";
import { printDuration } from "../core/lib/duration.ts";
import { lineLimit } from "./line-limit.ts";
import type { Logs } from "./logs.ts";

/** So many refusals are told of in a second. */
const MOST_REFUSALS = 100;

export interface RequestLog {
  /** @param from Where the client is. */
  onAnswered(request: HttpRequest, response: HttpResponse, tookMs: number, from: () => string): void;
}

export function createRequestLog(logs: Logs, now: () => number = () => performance.now()): RequestLog {
  function say(
    level: "debug" | "warn" | "error",
    message: string,
    fields: Record<string, string | number>,
  ): void {
    logs.log({ type: "notice", level, logger: "http", message, fields });
  }

  const mayTell = lineLimit(MOST_REFUSALS, (count) => say("warn", "Request errors left out", { count }), now);

  return {
    onAnswered: (request, response, tookMs, from) => {
      const error = response.status < 400 ? undefined : errorOf(response);
      const fails = error !== undefined && mayTell();
      const finished = logs.wants("debug");
      if (!fails && !finished) return;
      const { method } = request;
      const about = { method, url: hideTokens(request.target), from: from() };
      if (fails) say("error", "Request error", { ...about, error });
      if (finished)
        say("debug", "Request finished", { ...about, latency: printDuration(Math.round(tookMs * 1e6)) });
    },
  };
}

/** undefined where nothing went wrong: a key that does not exist, or health told as a status. */
function errorOf({ status, headers, body }: HttpResponse): string | undefined {
  if (status === 429 && body.length === 0) return "RPC rate limit exceeded";
  const isAnswer = body.length === 0 || headers.includes("application/json");
  return isAnswer ? undefined : textOf(body).trimEnd();
}

/** In the query, and in the paths of access control. */
function hideTokens(target: string): string {
  if (!target.includes("token=") && !target.startsWith("/v1/acl/")) return target;
  return target
    .replace(/([?&]token=)[^&]*/g, "$1<hidden>")
    .replace(/^(\/v1\/acl\/(?:create|update|destroy|info|clone|list)\/)[^?]+/, "$1<hidden>");
}
