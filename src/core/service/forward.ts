// Questions and answers between agents: what comes over RPC, put to this agent's desk, and what it answers.

import type { AgentConfig } from "../agent/config.ts";
import { NO_LEADER, TOO_MANY_OPEN } from "../api/error.ts";
import { isRead, type ServerRequest } from "../api/request.ts";
import { failed, type Response } from "../api/response.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { ForwardedCancel, ForwardedRequest, ForwardedResponse } from "../wire/rpc.ts";
import { answerAsk, askOf, isFull, openAsk } from "./asks.ts";
import { putBehind } from "./rotation.ts";
import { cancelAsk, fireEvent, overRpc, retryLater, routeAsk, tellOfFailedRpc } from "./route.ts";
import { answerAtOnce } from "./serve.ts";
import type { Origin, Service, ServiceEffect } from "./state.ts";

/** Another agent passes a question to us. */
export function onForwardedRequest(
  service: Service,
  peer: string,
  message: ForwardedRequest,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { server } = service;
  const origin: Origin = { by: "peer", peer, seq: message.seq };
  if (server === undefined) return sendAnswer(peer, message.seq, failed(NO_LEADER), out);
  const { config } = service;
  const { dc = "" } = message;
  const elsewhere = dc !== "" && dc !== config.datacenter;
  if (message.request.kind === "event.fire" && !elsewhere) {
    out.push(fireEvent(origin, message.request));
    return;
  }
  const request = withinLimits(message.request, config);
  const response = elsewhere ? undefined : answerAtOnce(service, server, request, nowMs);
  if (response !== undefined) return sendAnswer(peer, message.seq, response, out);
  if (askOf(service, { by: "peer", peer, seq: message.seq }) !== undefined) return;
  if (isFull(service)) return sendAnswer(peer, message.seq, failed(TOO_MANY_OPEN), out);
  routeAsk(service, openAsk(service, origin, request, dc, nowMs), nowMs, out);
}

/**
 * What a peer asks, within what this server grants anyone. HTTP has bounded the wait at the agent that was asked, but
 * another agent's word is no bound: a wait of 1e308 ms would have no deadline at all.
 */
function withinLimits(request: ServerRequest, { maxQueryTimeMs }: AgentConfig): ServerRequest {
  if (!isRead(request) || request.options.waitMs <= maxQueryTimeMs) return request;
  return { ...request, options: { ...request.options, waitMs: maxQueryTimeMs } };
}

/** The answer to a question that another agent passed to us. */
export function sendAnswer(peer: string, seq: number, response: Response, out: ServiceEffect[]): void {
  const message: ForwardedResponse = { type: "response", seq, response };
  out.push({ type: "message", to: peer, address: undefined, message });
}

/** The answer to a question that we passed on. */
export function onForwardedResponse(
  service: Service,
  peer: string,
  message: ForwardedResponse,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const row = service.asks.get(message.seq - service.firstSeq);
  if (row?.stage.at !== "forwarded" || row.stage.peer !== peer) return;
  const { response } = message;
  if (response.ok || row.stage.pinned) return answerAsk(service, row, response, out);
  const { code } = response.error;
  tellOfFailedRpc(service, row, peer, response.error, out);
  if (code === "not-leader") return retryLater(service, row, nowMs, out);
  const stays = PLANTED && planted(service.config, "client-stays-with-the-cut-off");
  if (!stays && (code === "no-leader" || code === "storage-failed")) putBehind(service, peer, out);
  // It has done nothing, cut off perhaps from the others: as long as there is time and somebody waits, another is asked.
  const somebodyWaits = service.server === undefined && row.origin.by === "http" && nowMs < row.holdUntilMs;
  if (code === "no-leader" && somebodyWaits) return retryLater(service, row, nowMs, out);
  answerAsk(service, row, failed(overRpc(response.error)), out);
}

/** The asker no longer wants it. */
export function onForwardedCancel(
  service: Service,
  peer: string,
  message: ForwardedCancel,
  out: ServiceEffect[],
): void {
  const row = askOf(service, { by: "peer", peer, seq: message.seq });
  if (row !== undefined) cancelAsk(service, row, out);
}
