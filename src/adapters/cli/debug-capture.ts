// What `debug` gathers of an agent, into a folder: who and where it is, once; what it measures, at each interval; its log,
// all the while. Then the folder as one archive. Names and shapes of the files are Consul's.

import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { tarEnd, tarHeader, tarPadding } from "../../core/archive/tar.ts";
import { type ApiClient, answerJson, callApi, expectOk, type Fetched, streamApi } from "./client.ts";

/** What can be captured, in Consul's order. */
export const TARGETS = ["metrics", "logs", "host", "agent", "cluster"] as const;
export type Target = (typeof TARGETS)[number];

export interface Capture {
  readonly client: ApiClient;
  /** Where to; it is there and empty. */
  readonly folder: string;
  readonly targets: ReadonlySet<Target>;
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
export async function captureStatic({ client, folder, targets }: Capture): Promise<string[]> {
  const errors: string[] = [];
  const capture = async (target: Target, path: string, query = {}): Promise<void> => {
    if (!targets.has(target)) return;
    const fetched = await fetchJson(client, path, query);
    if (fetched.ok) writeJson(join(folder, `${target}.json`), fetched.value);
    else errors.push(fetched.error);
  };
  await capture("host", "/v1/agent/host");
  await capture("agent", "/v1/agent/self");
  await capture("cluster", "/v1/agent/members", { wan: "1" });
  return errors;
}

/** What does. Each interval has a folder, named by the second in which it began. */
export async function captureDynamic(capture: Capture): Promise<void> {
  const { durationMs, intervalMs, targets, stop } = capture;
  if (!targets.has("metrics") && !targets.has("logs")) return;
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
    targets.has("metrics") ? captureMetrics(client, folder) : undefined,
    targets.has("logs") ? captureLog(client, folder, over) : undefined,
    over.then(() => undefined),
  ]);
  onInterval(
    unixSeconds,
    errors.find((error) => error !== undefined),
  );
}

async function captureMetrics(client: ApiClient, folder: string): Promise<string | undefined> {
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

/** The folder as `folder.tar.gz`, which only we may read: there may be secrets in it. */
export function writeArchive(folder: string): void {
  const base = dirname(folder);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
  const parts = files.flatMap((path) => {
    const bytes = readFileSync(path);
    return [tarHeader(relative(base, path), bytes.length), bytes, tarPadding(bytes.length)];
  });
  writeFileSync(`${folder}.tar.gz`, gzipSync(Buffer.concat([...parts, tarEnd()])), { mode: 0o600 });
}

/** Whether the folder's name leaves room for those of its files in an archive's headers. */
export function isArchivable(folder: string): boolean {
  return Buffer.byteLength(basename(folder)) <= MAX_NAME_BYTES;
}

/** Of the hundred bytes of a name in a tar, less those of the longest below it: "/1795301812/metrics.json". */
const MAX_NAME_BYTES = 70;
