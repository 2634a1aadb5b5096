// Changes of who votes and who leads, asked for over HTTP as an operator would, while everything else goes on.

import { http } from "../clients.ts";
import { tookEffect } from "../effects.ts";
import { mayLeave } from "../fault-atlas.ts";
import { kill, leaders, restart } from "../faults.ts";
import { isUp, type SimNode } from "../node.ts";
import { deliver, note, type World } from "../world.ts";
import { NOTHING_TO_UNDO, type Striker } from "./strike.ts";

/** Request numbers of operators begin here, far from those of clients. */
const FIRST_REQUEST = 5_000_000;

/** Asks, and counts the effect once the answer is yes. */
function ask(
  world: World,
  node: SimNode,
  kind: "remove-server" | "transfer",
  method: string,
  target: string,
): void {
  const id = FIRST_REQUEST + world.events;
  const observer = {
    onReply(answered: number, { response }: { readonly response: { readonly status: number } }): void {
      if (answered !== id) return;
      world.observers.splice(world.observers.indexOf(observer), 1);
      if (response.status === 200) tookEffect(world.effects, kind);
    },
  };
  world.observers.push(observer);
  note(world, node, `${method} ${target}`);
  deliver(world, node, { type: "http", id, request: http(method, target) });
}

/** It is killed, taken out of the configuration, and comes back: the leader adds it again. */
export const strikeRemoveServer: Striker = ({ world, cluster, victim, atlas }) => {
  const leader = leaders(cluster)[0];
  if (victim === undefined || !victim.config.server || leader === undefined || victim === leader)
    return undefined;
  if (!mayLeave(atlas, victim)) return undefined;
  if (isUp(victim)) kill(world, victim);
  ask(world, leader, "remove-server", "DELETE", `/v1/operator/raft/peer?id=${victim.config.nodeId}`);
  return () => restart(world, victim);
};

export const strikeTransfer: Striker = ({ world, cluster, victim }) => {
  const leader = leaders(cluster)[0];
  if (victim === undefined || leader === undefined || victim === leader || !victim.config.server)
    return undefined;
  ask(world, leader, "transfer", "POST", `/v1/operator/raft/transfer-leader?id=${victim.config.nodeId}`);
  return NOTHING_TO_UNDO;
};
