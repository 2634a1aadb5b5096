// HTTP at the agent: core/http says what a request asks, this says who answers it, and renders what they answer.

import { apiError } from "../api/error.ts";
import type { HttpRequest } from "../api/http.ts";
import type { AgentRequest, Request } from "../api/request.ts";
import { failed, type Response } from "../api/response.ts";
import type { GossipPool } from "../gossip/ports.ts";
import { gossipMembers } from "../gossip/step.ts";
import { readHttp } from "../http/http.ts";
import type { HttpView } from "../http/plan.ts";
import { monitorHead } from "../http/telemetry.ts";
import { onLocalRequest } from "../local/desk.ts";
import { askCached } from "../service/cache.ts";
import { isCacheable } from "../service/cache-state.ts";
import { ask } from "../service/route.ts";
import type { ServiceEffect } from "../service/state.ts";
import { startRestore, startSave } from "../service/transfers.ts";
import { answerHttp, replyHttp } from "./answer-http.ts";
import { toLocal } from "./arrows.ts";
import { CONSUL_VERSION } from "./config.ts";
import { listEvents, startFire } from "./events.ts";
import { forceLeaveAsked } from "./force-leave.ts";
import { startInspection } from "./inspect.ts";
import { startJoin } from "./join.ts";
import { startLeaving } from "./life.ts";
import { watchMetrics } from "./metric-streams.ts";
import type { ToGossip } from "./pools.ts";
import type { Effect, RequestId } from "./ports.ts";
import { startReload } from "./reload.ts";
import { describeSelf } from "./self.ts";
import { askLeader, boundedView, isTooStale } from "./stale-reads.ts";
import type { Agent } from "./state.ts";
import { noteApi, noteAsked } from "./telemetry.ts";
import { startUsage } from "./usage-everywhere.ts";

const NO_SERVER = apiError("refused", "Must be a server to join WAN cluster");
const NO_WAN = apiError("refused", "WAN Federation is disabled");

export function onHttp(
  agent: Agent,
  id: RequestId,
  request: HttpRequest,
  nowMs: number,
  toGossip: ToGossip,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const plan = readHttp(request, agent.config);
  if (plan.kind === "answer") {
    out.push({ type: "reply", id, response: plan.response });
    return;
  }
  if (isAgentRequest(plan.request)) {
    agent.views.set(id, plan.view);
    return onAgentRequest(agent, id, plan.request, plan.datacenter, nowMs, toGossip, effects, out);
  }
  const { request: asked, datacenter, cached } = plan;
  const { service } = agent;
  noteAsked(service, asked);
  const measured = noteApi(service, asked, plan.view);
  const plain: HttpView = measured === undefined ? plan.view : { measured, ...plan.view };
  const origin = { by: "http", id } as const;
  if (cached !== undefined && isCacheable(asked)) {
    const response = askCached(service, origin, asked, cached, nowMs, effects, datacenter);
    return replyOrWait(agent, id, plain, response, out);
  }
  const view = boundedView(plain, asked, datacenter, plan.maxStaleMs);
  const response = ask(service, origin, asked, nowMs, effects, datacenter);
  if (response === undefined || !isTooStale(view, response))
    return replyOrWait(agent, id, view, response, out);
  answerNow(agent, id, askLeader(agent, id, view, nowMs, effects), out);
}

/** Who is answered on the spot leaves nothing behind. */
function replyOrWait(
  agent: Agent,
  id: RequestId,
  view: HttpView,
  response: Response | undefined,
  out: Effect[],
): void {
  if (response === undefined) agent.views.set(id, view);
  else replyHttp(agent, id, view, response, out);
}

function isAgentRequest(request: Request): request is AgentRequest {
  return request.kind.startsWith("agent.");
}

function onAgentRequest(
  agent: Agent,
  id: RequestId,
  request: AgentRequest,
  datacenter: string,
  nowMs: number,
  toGossip: ToGossip,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  switch (request.kind) {
    case "agent.self":
      return answerHttp(
        agent,
        id,
        { ok: true, body: { kind: "self", self: describeSelf(agent, nowMs) } },
        out,
      );
    case "agent.version":
      return answerHttp(agent, id, { ok: true, body: { kind: "version", version: CONSUL_VERSION } }, out);
    case "agent.members": {
      const pool = request.wan ? agent.pools.wan : agent.pools.lan;
      const members = pool === undefined ? [] : gossipMembers(pool);
      return answerHttp(agent, id, { ok: true, body: { kind: "members", members } }, out);
    }
    case "agent.host":
      return startInspection(id, "host", out);
    case "agent.metrics":
      return startInspection(id, "metrics", out);
    case "agent.usage":
      return startUsage(agent, id, request.options, nowMs, effects, out);
    case "agent.stream-metrics":
      agent.views.delete(id);
      return watchMetrics(agent, id, monitorHead(agent.config), nowMs, out);
    case "agent.monitor": {
      agent.views.delete(id);
      const { level, json } = request;
      out.push({ type: "monitor", id, level, json, head: monitorHead(agent.config) });
      return;
    }
    case "agent.join":
      return join(agent, id, request.address, request.wan ? "wan" : "lan", toGossip, out);
    case "agent.force-leave":
      return forceLeaveAsked(agent, id, request.node, request.prune, toGossip, out);
    case "agent.leave":
      agent.life.leavers.push(id);
      return startLeaving(agent, nowMs, toGossip, out);
    case "agent.reload":
      return startReload(id, out);
    case "agent.fire-event":
      return startFire(agent, id, request, datacenter, nowMs, effects, out);
    case "agent.list-events":
      return listEvents(agent, id, request, nowMs, out);
    case "agent.register-service":
    case "agent.deregister-service":
    case "agent.register-check":
    case "agent.deregister-check":
    case "agent.update-check":
    case "agent.maintain-node":
    case "agent.maintain-service":
    case "agent.services":
    case "agent.service":
    case "agent.checks":
    case "agent.service-health":
      return toLocal(agent, nowMs, out, (local, around, each) =>
        onLocalRequest(local, id, request, around, nowMs, each),
      );
    case "agent.save-snapshot": {
      const open = { kind: "snapshot.open", options: request.options } as const;
      const origin = { by: "http", id } as const;
      const response = startSave(agent.service, origin, open, nowMs, effects, datacenter);
      return answerNow(agent, id, response, out);
    }
    case "agent.restore-snapshot": {
      const origin = { by: "http", id } as const;
      const response = startRestore(agent.service, origin, request.archive, nowMs, effects, datacenter);
      return answerNow(agent, id, response, out);
    }
  }
}

function join(
  agent: Agent,
  id: RequestId,
  address: string,
  pool: GossipPool,
  toGossip: ToGossip,
  out: Effect[],
): void {
  if (agent.pools[pool] === undefined)
    return answerHttp(agent, id, failed(agent.config.server ? NO_WAN : NO_SERVER), out);
  startJoin(agent, pool, [address], { why: "http", id }, toGossip, out);
}

/** Answers what could not even be begun. */
function answerNow(agent: Agent, id: RequestId, response: Response | undefined, out: Effect[]): void {
  if (response !== undefined) answerHttp(agent, id, response, out);
}
