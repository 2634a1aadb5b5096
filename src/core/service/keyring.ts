// Questions about the keys of gossip, at the desk: any server takes them up, has its agent ask the pools, passes them on to
// every other datacenter, and answers when all have said what came of it. What the pools say, and how it is counted, is the
// agent's (agent/keyring-polls.ts).

import { apiError } from "../api/error.ts";
import type { KeyringRequest, KeyringResponse } from "../api/keyring.ts";
import { failed, type Response } from "../api/response.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { answerAsk, moveAsk } from "./asks.ts";
import { listDatacenters } from "./router.ts";
import type { Ask, Service, ServiceEffect } from "./state.ts";

/**
 * How long it may take: a query waits for its answers for 16 gossip intervals for each digit of the number of members, in a
 * WAN of thousands for half a minute.
 */
export const KEYRING_PATIENCE_MS = 120_000;

/** What has come of a question so far. */
export interface KeyringReports {
  /** Of the WAN and our own LAN; undefined while they are being asked. */
  here: readonly KeyringResponse[] | undefined;
  /** Of the LANs of the other datacenters, in the order in which they are told; undefined while they are being asked. */
  readonly elsewhere: Map<string, readonly KeyringResponse[] | undefined>;
}

/** A question that goes to another datacenter. */
export interface KeyringErrand {
  readonly datacenter: string;
  readonly request: KeyringRequest;
}

/**
 * Takes a question up.
 * @returns What the other datacenters are to be asked: to do the same in their LANs, and to pass it on no further. The WAN is
 *   one, and has been asked here.
 */
export function pollKeyring(
  service: Service,
  ask: Ask,
  request: KeyringRequest,
  nowMs: number,
  out: ServiceEffect[],
): KeyringErrand[] {
  const others = request.localOnly ? [] : listDatacenters(service).slice(1);
  if (PLANTED && planted(service.config, "keyring-stays-at-home")) others.length = 0;
  const reports: KeyringReports = {
    here: undefined,
    elsewhere: new Map(others.map((datacenter) => [datacenter, undefined])),
  };
  moveAsk(service, ask, { at: "polling", reports }, nowMs + KEYRING_PATIENCE_MS);
  out.push({ type: "keyring", ask: ask.id, request });
  return others.map((datacenter) => ({ datacenter, request: { ...request, localOnly: true } }));
}

/**
 * What came of it in our own pools, or in another datacenter, for a caller who may have hung up. A datacenter that cannot be
 * asked makes all of it an error, as with Consul: what others have done stays done, and asking again does no harm.
 * @param datacenter "" for ours.
 */
export function onKeyringReport(
  service: Service,
  ask: number,
  datacenter: string,
  response: Response,
  out: ServiceEffect[],
): void {
  const row = service.asks.get(ask);
  if (row?.stage.at !== "polling") return;
  if (!response.ok) return answerAsk(service, row, response, out);
  const { body } = response;
  if (body.kind !== "keyring") return answerAsk(service, row, STRANGE, out);
  const { reports } = row.stage;
  if (datacenter === "") reports.here = body.responses;
  else reports.elsewhere.set(datacenter, body.responses);
  const all = [reports.here, ...reports.elsewhere.values()];
  if (all.includes(undefined)) return;
  const responses = all.flatMap((each) => each ?? []);
  answerAsk(service, row, { ok: true, body: { ...body, responses } }, out);
}

const STRANGE: Response = failed(apiError("refused", "a server answered what it was not asked"));
