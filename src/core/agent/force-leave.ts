// Giving up a failed member, as an operator asks or autopilot decides: it counts as having left, in every pool that it was a
// member of. Unlike Consul 1.8, which looks for the name in the LAN alone, this takes the name of a server of another
// datacenter too ("b2.dc2").

import { apiError } from "../api/error.ts";
import { notice } from "../api/notice.ts";
import { failed, type Response } from "../api/response.ts";
import type { Gossip } from "../gossip/state.ts";
import { gossipMembers } from "../gossip/step.ts";
import { answerHttp } from "./answer-http.ts";
import { wanName } from "./flood-join.ts";
import type { ToGossip } from "./pools.ts";
import type { Effect, RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";

/** @returns Whether anybody has this name. */
export function forceLeave(agent: Agent, node: string, prune: boolean, toGossip: ToGossip): boolean {
  return tell(agent, node, prune, undefined, toGossip, () => undefined) > 0;
}

/** The same, and the request is answered when every pool has been told, or could not be in time. */
export function forceLeaveAsked(
  agent: Agent,
  id: RequestId,
  node: string,
  prune: boolean,
  toGossip: ToGossip,
  out: Effect[],
): void {
  out.push(notice("info", "", "Force leaving node", { node }));
  const unknown = apiError("refused", `agent: No node found with name '${node}'`);
  const told = tell(agent, node, prune, id, toGossip, (pools) => {
    if (pools > 0) agent.forcing.set(id, { waiting: pools, error: undefined });
  });
  if (told === 0) answerHttp(agent, id, failed(unknown), out);
}

/** A pool has been told, or not (`error`). */
export function onForced(agent: Agent, op: RequestId, error: string | undefined, out: Effect[]): void {
  const forcing = agent.forcing.get(op);
  if (forcing === undefined) return;
  forcing.waiting--;
  forcing.error ??= error;
  if (forcing.waiting > 0) return;
  agent.forcing.delete(op);
  const response: Response =
    forcing.error === undefined
      ? { ok: true, body: { kind: "done" } }
      : failed(apiError("refused", forcing.error));
  answerHttp(agent, op, response, out);
}

/** @param before Called with the number of pools that will be told. */
function tell(
  agent: Agent,
  node: string,
  prune: boolean,
  op: RequestId | undefined,
  toGossip: ToGossip,
  before: (pools: number) => void,
): number {
  const { lan, wan } = agent.pools;
  const inLan = isMember(lan, node);
  const nameThere = inLan ? wanName(node, agent.config.datacenter) : node;
  const inWan = wan !== undefined && isMember(wan, nameThere);
  const asked = op === undefined ? {} : { op };
  const pools = Number(inLan) + Number(inWan);
  before(pools);
  if (inLan) toGossip("lan", { type: "force-leave", node, prune, ...asked });
  if (inWan) toGossip("wan", { type: "force-leave", node: nameThere, prune, ...asked });
  return pools;
}

function isMember(pool: Gossip, name: string): boolean {
  return gossipMembers(pool).some((member) => member.name === name);
}
