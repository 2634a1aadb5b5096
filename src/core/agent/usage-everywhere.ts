// /v1/operator/usage?global, of later Consuls: this agent asks which datacenters there are, then each of them, and answers
// when all have. If one does not, that is the answer: less than all would look like all.

import type { OperatorUsage } from "../api/request.ts";
import type { QueryMeta, Response } from "../api/response.ts";
import { compareStrings } from "../lib/bytes.ts";
import type { Usage } from "../model/usage.ts";
import { ask } from "../service/route.ts";
import type { Duty, ServiceEffect } from "../service/state.ts";
import { answerHttp } from "./answer-http.ts";
import type { Effect, RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";

export interface UsagePoll {
  readonly options: OperatorUsage["options"];
  /** Datacenters that have not answered. */
  readonly waiting: Set<string>;
  readonly found: Map<string, Usage>;
  /** How fresh our own datacenter's answer is. */
  meta: QueryMeta | undefined;
}

type UsageDuty = Extract<Duty, { kind: "usage" }>;

/** Nobody waits here for news: a datacenter's index says nothing of the others. */
export function startUsage(
  agent: Agent,
  id: RequestId,
  options: OperatorUsage["options"],
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const poll = {
    options: { ...options, minIndex: 0 },
    waiting: new Set<string>(),
    found: new Map(),
    meta: undefined,
  };
  agent.usagePolls.set(id, poll);
  const duty = { kind: "usage", http: id, datacenter: "" } as const;
  const response = ask(agent.service, { by: "duty", duty }, { kind: "catalog.datacenters" }, nowMs, effects);
  if (response !== undefined) onUsageAnswer(agent, duty, response, nowMs, effects, out);
}

/** What the servers know of datacenters, or one of these of its usage. */
export function onUsageAnswer(
  agent: Agent,
  { http: id, datacenter }: UsageDuty,
  response: Response,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const poll = agent.usagePolls.get(id);
  // The caller has hung up, or was told of another datacenter that it can't be asked.
  if (poll === undefined) return;
  if (!response.ok) return end(agent, id, response, out);
  const { body, meta } = response;
  if (body.kind === "datacenters") return askAll(agent, id, poll, body.names, nowMs, effects, out);
  if (body.kind !== "usage" || !poll.waiting.delete(datacenter)) return;
  poll.found.set(datacenter, body.usage);
  if (datacenter === agent.config.datacenter) poll.meta = meta;
  if (poll.waiting.size > 0) return;
  const usages = [...poll.found].sort(([a], [b]) => compareStrings(a, b));
  const told = poll.meta ?? meta;
  const answer = { ok: true, body: { kind: "usages", usages } } as const;
  end(agent, id, told === undefined ? answer : { meta: told, ...answer }, out);
}

function askAll(
  agent: Agent,
  id: RequestId,
  poll: UsagePoll,
  datacenters: readonly string[],
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  for (const datacenter of datacenters) poll.waiting.add(datacenter);
  for (const datacenter of datacenters) {
    const duty = { kind: "usage", http: id, datacenter } as const;
    const request = { kind: "operator.usage", options: poll.options } as const;
    const response = ask(agent.service, { by: "duty", duty }, request, nowMs, effects, datacenter);
    if (response !== undefined) onUsageAnswer(agent, duty, response, nowMs, effects, out);
  }
}

function end(agent: Agent, id: RequestId, response: Response, out: Effect[]): void {
  agent.usagePolls.delete(id);
  answerHttp(agent, id, response, out);
}
