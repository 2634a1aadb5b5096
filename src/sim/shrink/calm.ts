// What follows a schedule that ends in calm: all that was lost or late arrives, whoever is down starts, time goes on, and
// the cluster must come to rest and pass the final exam, as at the end of a run of the swarm.

import { seededChance } from "../../core/lib/chance.ts";
import { whatIsUnsettled } from "../checkers/convergence.ts";
import { finishDisk } from "../disk.ts";
import { finalExam } from "../final-exam.ts";
import { isUp } from "../node.ts";
import { Violation } from "../violation.ts";
import { startWatchers } from "../watchers.ts";
import { deliver, runUntil, start } from "../world.ts";
import { underWay } from "./mailbox.ts";
import { mailboxOf, type Stage } from "./stage.ts";

/** As in the swarm: trouble's last effects wear off within this. */
const REST_US = 20_000_000;

/** @throws Violation "not-at-rest", "no-progress", "missed-wake-up", or of any checker. */
export function comeToCalm(stage: Stage): void {
  const { world } = stage;
  for (const node of world.nodes) if (!isUp(node)) start(world, node);
  for (const from of world.nodes)
    for (const to of world.nodes)
      for (const { message } of underWay(mailboxOf(stage, from, to)))
        deliver(world, to, { type: "message", from: from.config.nodeId, message });
  for (const node of stage.held)
    for (const op of [...node.disk.pending.keys()])
      deliver(world, node, { type: "disk-done", op, result: finishDisk(node.disk, op) });
  // Each turn that ends here puts the agent's next timer into the world's queue.
  for (const node of world.nodes) deliver(world, node, { type: "wake" });
  const watchers = startWatchers(world, ["k0", "k1"], seededChance("schedule/watchers"));
  const untilUs = world.nowUs + REST_US;
  for (let left = whatIsUnsettled(world); left !== undefined; left = whatIsUnsettled(world)) {
    if (world.nowUs >= untilUs)
      throw new Violation("not-at-rest", `${REST_US / 1e6} s after all trouble ended, ${left}`);
    runUntil(world, world.nowUs + 500_000);
  }
  finalExam(world, watchers);
}
