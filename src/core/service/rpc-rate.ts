// How many questions an agent may put to the servers: `limits.rpc_rate` a second, and `limits.rpc_max_burst` at once. Past
// that they are refused here, and no server hears of them.

import { apiError } from "../api/error.ts";
import { failed, type Response } from "../api/response.ts";
import { countMetric } from "../lib/metrics.ts";
import { takeToken } from "../lib/token-bucket.ts";
import type { Origin, Service } from "./state.ts";

/** Consul's default burst. */
const MAX_BURST = 1000;

const REFUSED: Response = failed(apiError("rate-limited", "RPC rate limit exceeded"));

/** What is wrong with putting one more question, which counts as put when nothing is. */
export function overRate(service: Service, origin: Origin, nowMs: number): Response | undefined {
  const { rpcRate, rpcMaxBurst = MAX_BURST } = service.config;
  if (rpcRate === undefined || !isCounted(origin)) return undefined;
  if (takeToken(service.rpcBucket, rpcRate, rpcMaxBurst, nowMs) === 0) return undefined;
  countMetric(service.telemetry, "client.rpc.exceeded");
  return REFUSED;
}

/** What callers ask, and what the agent asks for itself as any agent does; not a server's care for its cluster. */
function isCounted(origin: Origin): boolean {
  if (origin.by !== "duty") return origin.by === "http";
  const { kind } = origin.duty;
  return kind === "cache" || kind === "local" || kind === "sync-node" || kind === "sync-coordinate";
}
