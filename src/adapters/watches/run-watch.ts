// A watch at work: asks, hands on what is news, waits while it is handled, and asks again, until nobody wants it any more.

import { setTimeout as sleep } from "node:timers/promises";
import type { ApiAnswer } from "../cli/client.ts";
import { readAnswer } from "./answers.ts";
import { afterAnswer, afterFailure, BEGINNING } from "./course.ts";
import type { WatchSpec } from "./spec.ts";

export interface WatchPort {
  /** Asks the agent; waits as the query says. */
  readonly ask: (query: WatchSpec["query"], signal: AbortSignal) => Promise<ApiAnswer>;
  /** @param index What the handler is told; "0" for a look that is not waited for by an index. */
  readonly onNews: (json: string, index: string) => Promise<void>;
  readonly onFailure: (error: string, retryMs: number) => void;
}

export async function runWatch(spec: WatchSpec, port: WatchPort, signal: AbortSignal): Promise<void> {
  let course = BEGINNING;
  while (!signal.aborted) {
    const looked = await look(spec, course.seen, port, signal);
    if (signal.aborted) return;
    if (!looked.ok) {
      const failed = afterFailure(course);
      course = failed.course;
      port.onFailure(looked.error, failed.retryMs);
      await sleep(failed.retryMs, undefined, { signal }).catch(() => undefined);
      continue;
    }
    const after = afterAnswer(course, spec.by, looked.seen, looked.json);
    course = after.course;
    if (after.isNews) await port.onNews(looked.json, spec.by === "index" ? looked.seen : "0");
  }
}

type Looked =
  | { readonly ok: true; readonly json: string; readonly seen: string }
  | { readonly ok: false; readonly error: string };

async function look(
  { query, by, answer: kind, hopeless }: WatchSpec,
  seen: string | undefined,
  { ask }: WatchPort,
  signal: AbortSignal,
): Promise<Looked> {
  if (hopeless !== undefined) return { ok: false, error: hopeless };
  const answer = await ask(seen === undefined ? query : { ...query, [by]: seen }, signal);
  if (!answer.ok) return answer;
  const read = readAnswer(kind, answer.status, answer.body, seen);
  if (!read.ok) return read;
  const { json, hash } = read.found;
  return { ok: true, json, seen: by === "hash" ? hash : (answer.index ?? "0") };
}
