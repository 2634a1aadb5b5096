// The watches of an agent's configuration: each by itself asks the agent that it is part of, and handles what is new. When the
// configuration is read again all of them begin anew.

import { printDuration } from "../../core/lib/duration.ts";
import type { Say } from "../agent-http.ts";
import { Pipes } from "../checks/pipes.ts";
import type { ApiAnswer } from "../cli/client.ts";
import { encodeQuery, escapePath } from "../cli/url-text.ts";
import type { InnerRequests } from "../inner-requests.ts";
import type { ConfiguredWatch } from "./handlers.ts";
import { askHandler } from "./http-handler.ts";
import { runWatch } from "./run-watch.ts";
import { runScript } from "./script-handler.ts";

export interface AgentWatches {
  /** Ends those that run and begins these. */
  start(watches: readonly ConfiguredWatch[]): void;
  close(): void;
}

export function createAgentWatches(
  requests: InnerRequests,
  env: Readonly<Record<string, string | undefined>>,
  say: Say,
): AgentWatches {
  const pipes = new Pipes();
  let running = new AbortController();

  function begin({ spec, handler }: ConfiguredWatch, signal: AbortSignal): void {
    void runWatch(
      spec,
      {
        async ask(query, stop) {
          const text = encodeQuery(query);
          const target = `${escapePath(spec.path)}${text === "" ? "" : `?${text}`}`;
          return apiAnswer(await requests.get(target, spec.token, stop));
        },
        onNews: (json, index) =>
          handler.kind === "http"
            ? askHandler(handler, json, index, say)
            : runScript(handler, json, index, { env, pipes, say }),
        onFailure: (error, retryMs) => {
          const retry = printDuration(retryMs * 1e6);
          say("error", "Watch errored", { type: spec.type, error, retry }, "watch.watch");
        },
      },
      signal,
    );
  }

  return {
    start(watches) {
      running.abort();
      running = new AbortController();
      for (const watch of watches) begin(watch, running.signal);
    },
    close() {
      running.abort();
      pipes.close();
    },
  };
}

function apiAnswer(response: Awaited<ReturnType<InnerRequests["get"]>>): ApiAnswer {
  if (response === undefined) return { ok: false, error: "context canceled" };
  const { status, headers, body } = response;
  const at = headers.findIndex((text, place) => place % 2 === 0 && text.toLowerCase() === "x-consul-index");
  const index = at < 0 ? undefined : headers[at + 1];
  return { ok: true, status, body: Buffer.from(body, "latin1"), index };
}
