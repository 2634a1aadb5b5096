// Questions about the keys of gossip, at the desk: any server takes them up, has its agent ask the pools, and answers when
// those have. What the pools say, and how it is counted, is the agent's (agent/keyring-polls.ts).

import type { KeyringRequest } from "../api/keyring.ts";
import type { Response } from "../api/response.ts";
import { answerAsk, moveAsk } from "./asks.ts";
import type { Ask, Service, ServiceEffect } from "./state.ts";

/**
 * How long it may take: a query waits for its answers for 16 gossip intervals for each digit of the number of members, in a
 * WAN of thousands for half a minute.
 */
export const KEYRING_PATIENCE_MS = 120_000;

/** @returns true: it is taken up. */
export function pollKeyring(
  service: Service,
  ask: Ask,
  request: KeyringRequest,
  nowMs: number,
  out: ServiceEffect[],
): boolean {
  moveAsk(service, ask, { at: "polling" }, nowMs + KEYRING_PATIENCE_MS);
  out.push({ type: "keyring", ask: ask.id, request });
  return true;
}

/** What came of it, for a caller who may have hung up. */
export function answerKeyring(service: Service, ask: number, response: Response, out: ServiceEffect[]): void {
  const row = service.asks.get(ask);
  if (row?.stage.at === "polling") answerAsk(service, row, response, out);
}
