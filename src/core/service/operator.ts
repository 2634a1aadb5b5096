// What operators ask of the leader: to remove a server, to hand leadership over, to say how healthy the servers are.

import { type ApiError, apiError, LEADERSHIP_LOST } from "../api/error.ts";
import type { RemovePeer, TransferLeader } from "../api/operator.ts";
import { failed } from "../api/response.ts";
import { latestConfiguration } from "../raft/log.ts";
import { type ChangeRefusal, changeConfiguration } from "../raft/membership.ts";
import type { TransferRefusal } from "../raft/transfer.ts";
import { answerAsk, moveAsk } from "./asks.ts";
import { handOver } from "./handover.ts";
import { serverAddress } from "./serve.ts";
import type { Ask, Server, Service, ServiceEffect } from "./state.ts";

/** Takes up an operator's question whose place to be answered is here. @returns false when this server does not lead. */
export function serveOperator(
  service: Service,
  server: Server,
  ask: Ask,
  request: RemovePeer | TransferLeader,
  nowMs: number,
  out: ServiceEffect[],
): boolean {
  return request.kind === "operator.remove-peer"
    ? serveRemovePeer(service, server, ask, request, nowMs, out)
    : serveTransferLeader(service, server, ask, request, nowMs, out);
}

/** Removes a server from the configuration; the row is answered when that is committed. */
function serveRemovePeer(
  service: Service,
  server: Server,
  ask: Ask,
  request: RemovePeer,
  nowMs: number,
  out: ServiceEffect[],
): boolean {
  const { by, value } = request;
  const { servers } = latestConfiguration(server.raft.log);
  const peer = servers.find((each) =>
    by === "id"
      ? each.id === value
      : each.address === value || serverAddress(service, server, each.id) === value,
  );
  const refuse = (error: ApiError): boolean => {
    answerAsk(service, ask, failed(error), out);
    return true;
  };
  if (peer === undefined)
    return refuse(
      apiError("refused", `${by} ${JSON.stringify(value)} was not found in the Raft configuration`),
    );
  const changed = changeConfiguration(server.raft, { kind: "remove", id: peer.id }, nowMs);
  if (changed === "not-leader") return false;
  if (typeof changed === "string") return refuse(apiError("refused", CHANGE_REFUSALS[changed]));
  moveAsk(service, ask, { at: "proposed", ...changed }, Number.POSITIVE_INFINITY);
  return true;
}

const CHANGE_REFUSALS: Readonly<Record<ChangeRefusal, string>> = {
  "not-leader": "node is not the leader",
  transferring: "leadership is being handed over, try again later",
  "change-under-way": "another change of the Raft configuration is under way, try again later",
  "term-not-committed": "the leader was elected just now, try again later",
  "unknown-server": "the server is not in the Raft configuration",
  "no-change": "the Raft configuration says so already",
  "address-in-use": "another server of the Raft configuration has this address",
  "last-voter": "it is the last voter of the cluster: nobody would be left to decide anything",
  "no-quorum":
    "the servers that would be left are no quorum: most of them have lost their logs or were never heard by this leader",
  "not-caught-up": "the server has not caught up with the log yet",
};

/** Begins to hand leadership over; the row is answered when that has worked or been given up. */
function serveTransferLeader(
  service: Service,
  server: Server,
  ask: Ask,
  { id }: TransferLeader,
  nowMs: number,
  out: ServiceEffect[],
): boolean {
  const { raft } = server;
  const known = id === "" || latestConfiguration(raft.log).servers.some((each) => each.id === id);
  const started = known ? handOver(service, server, id === "" ? undefined : id, nowMs, out) : "unknown";
  if (started === "not-leader") return false;
  if (started !== "started") {
    const text =
      started === "unknown"
        ? `id ${JSON.stringify(id)} was not found in the Raft configuration`
        : TRANSFER_REFUSALS[started];
    answerAsk(service, ask, failed(apiError("refused", text)), out);
    return true;
  }
  // Raft gives up after one election timeout; twice that is for the one who asks when it does not say so.
  moveAsk(service, ask, { at: "handing-over" }, nowMs + 2 * raft.config.electionTimeoutMs);
  return true;
}

const TRANSFER_REFUSALS: Readonly<Record<TransferRefusal, string>> = {
  "not-leader": "node is not the leader",
  "under-way": "leadership is being handed over to another server already",
  "bad-target": "the server is no other voter of the cluster",
  "nobody-else": "cannot find peer",
};

const GIVEN_UP = apiError("refused", "leadership transfer timeout");

/** Raft says what came of handing leadership over: whoever asked for it is told. */
export function onTransferred(service: Service, outcome: "done" | "given-up", out: ServiceEffect[]): void {
  for (const ask of [...service.asks.values()])
    if (ask.stage.at === "handing-over")
      answerAsk(
        service,
        ask,
        outcome === "done" ? { ok: true, body: { kind: "done" } } : failed(GIVEN_UP),
        out,
      );
}

/** Nobody said what came of it in time. */
export function onTransferOverdue(service: Service, ask: Ask, out: ServiceEffect[]): void {
  answerAsk(service, ask, failed(LEADERSHIP_LOST), out);
}
