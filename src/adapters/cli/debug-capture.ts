// What `debug` gathers of an agent, into a folder: who and where it is, once; what it measures, at each interval; its log,
// all the while. Names and shapes of the files are Consul's.

import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClient, answerJson, callApi, expectOk, type Fetched, streamApi } from "./client.ts";

/** What is captured unless it is said, in Consul's order. */
export const TARGETS = ["metrics", "logs", "host", "agent", "cluster"] as const;
/** `members` is what later Consuls call `cluster`. */
export type Target = (typeof TARGETS)[number] | "members";

export function isTarget(name: string): name is Target {
  return name === "members" || TARGETS.some((each) => each === name);
}

export interface Capture {
  readonly client: ApiClient;
  /** Where to; it is there and empty. */
  readonly folder: string;
  readonly targets: readonly Target[];
  readonly durationMs: number;
  readonly intervalMs: number;
  /** One interval's files are written, or could not be. */
  readonly onInterval: (unixSeconds: number, error: string | undefined) => void;
  /** Ends it early. */
  readonly stop: AbortSignal;
}

/** The answer to a read, of any shape. */
export async function fetchJson(client: ApiClient, path: string, query = {}): Promise<Fetched<unknown>> {
  return answerJson(expectOk(await callApi(client, { method: "GET", path, query })));
}

/** What does not change while it is watched. @returns What went wrong. */
export async function captureStatic({
  client,
  folder,
  targets,
}: Pick<Capture, "client" | "folder" | "targets">): Promise<string[]> {
  const errors: string[] = [];
  const capture = async (target: Target, path: string, query = {}): Promise<void> => {
    if (!targets.includes(target)) return;
    const fetched = await fetchJson(client, path, query);
    if (fetched.ok) writeJson(join(folder, `${target}.json`), fetched.value);
    else errors.push(fetched.error);
  };
  await capture("host", "/v1/agent/host");
  await capture("agent", "/v1/agent/self");
  for (const target of ["cluster", "members"] as const)
    await capture(target, "/v1/agent/members", { wan: "1" });
  return errors;
}

/** Whether any of them is something that changes while it is watched. */
export function changes(targets: readonly Target[]): boolean {
  return targets.includes("metrics") || targets.includes("logs");
}

/** What does. Each interval has a folder, named by the second in which it began. */
export async function captureDynamic(capture: Capture): Promise<void> {
  const { durationMs, intervalMs, stop } = capture;
  for (let passedMs = 0; passedMs < durationMs && !stop.aborted; passedMs += intervalMs)
    await captureInterval(capture, Math.min(intervalMs, durationMs - passedMs));
}

async function captureInterval(capture: Capture, lengthMs: number): Promise<void> {
  const { client, targets, stop, onInterval } = capture;
  const unixSeconds = Math.floor(Date.now() / 1000);
  const folder = join(capture.folder, String(unixSeconds));
  mkdirSync(folder, { recursive: true });
  const over = sleep(lengthMs, undefined, { signal: stop }).catch(() => undefined);
  const errors = await Promise.all([
    targets.includes("metrics") ? captureMetrics(client, folder) : undefined,
    targets.includes("logs") ? captureLog(client, folder, over) : undefined,
    over.then(() => undefined),
  ]);
  onInterval(
    unixSeconds,
    errors.find((error) => error !== undefined),
  );
}

/** What is measured at the moment. @returns What went wrong. */
export async function captureMetrics(client: ApiClient, folder: string): Promise<string | undefined> {
  const fetched = await fetchJson(client, "/v1/agent/metrics");
  if (!fetched.ok) return fetched.error;
  writeJson(join(folder, "metrics.json"), fetched.value);
  return undefined;
}

async function captureLog(
  client: ApiClient,
  folder: string,
  over: Promise<unknown>,
): Promise<string | undefined> {
  const hangUp = new AbortController();
  void over.then(() => hangUp.abort());
  const path = join(folder, "consul.log");
  appendFileSync(path, "");
  const call = { method: "GET", path: "/v1/agent/monitor", query: { loglevel: "DEBUG" } } as const;
  const answer = expectOk(
    await streamApi(client, call, { onText: (text) => appendFileSync(path, text), stop: hangUp.signal }),
  );
  return answer.ok ? undefined : answer.error;
}

/** Indented by tabs. */
export function writeJson(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value, null, "\t"));
}
