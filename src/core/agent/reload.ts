// The configuration read again: by SIGHUP, or because somebody asks over HTTP and waits for what came of it.

import { apiError } from "../api/error.ts";
import { notice } from "../api/notice.ts";
import { failed } from "../api/response.ts";
import { answerHttp } from "./answer-http.ts";
import type { AgentConfig, ReloadableConfig } from "./config.ts";
import type { Effect, Input, RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";

/** @param id Of who waits for the answer; undefined for a signal. */
export function startReload(id: RequestId | undefined, out: Effect[]): void {
  out.push(notice("info", "", "Reloading configuration..."));
  out.push({ type: "reload", ...(id === undefined ? {} : { id }) });
}

/**
 * Takes on what may change while the agent runs.
 * @returns Whether its node is another one now, which the catalog has to be told.
 */
export function adoptConfig({ config, service }: Agent, next: ReloadableConfig): boolean {
  const renamed = JSON.stringify(config.nodeMeta) !== JSON.stringify(next.nodeMeta);
  const limited = config.rpcRate !== next.rpcRate || config.rpcMaxBurst !== next.rpcMaxBurst;
  const {
    configEntries,
    discardCheckOutput,
    nodeMeta,
    rpcMaxBurst,
    rpcRate,
    telemetry = config.telemetry,
  } = next;
  const { snapshotEntries, snapshotIntervalMs, trailingEntries } = next.raft;
  const snapshots = { snapshotEntries, snapshotIntervalMs, trailingEntries };
  const { cacheFetchBurst, cacheFetchRate, rpcClientTimeoutMs } = next;
  const changes: Partial<AgentConfig> = {
    cacheFetchBurst,
    cacheFetchRate,
    configEntries,
    rpcClientTimeoutMs,
    discardCheckOutput,
    nodeMeta,
    rpcMaxBurst,
    rpcRate,
    raft: { ...config.raft, ...snapshots },
    telemetry: config.telemetry && { ...config.telemetry, filters: telemetry?.filters ?? [] },
  };
  Object.assign(config, changes);
  const raft = service.server?.raft;
  if (raft !== undefined) Object.assign(raft.config, snapshots);
  // As in Consul, whose next limiter begins with a full burst.
  if (limited) service.rpcBucket.tokens = undefined;
  return renamed;
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
