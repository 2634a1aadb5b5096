// Trouble with processes: they end, stop, go of their own accord, or come back as another build.

import { shuffle } from "../../core/lib/chance.ts";
import { BUILD_BEFORE, THIS_BUILD } from "../builds.ts";
import { http } from "../clients.ts";
import { tookEffect } from "../effects.ts";
import { mayLeave } from "../fault-atlas.ts";
import {
  between as allBetween,
  cut,
  kill,
  leaders,
  liveServers,
  replaceBuild,
  restart,
  suspend,
  type Undo,
} from "../faults.ts";
import { isUp, type SimNode } from "../node.ts";
import { callAt, deliver, note, pause, resume, type World } from "../world.ts";
import { NOTHING_TO_UNDO, type Strike, type Striker, uniformBetween } from "./strike.ts";

export const strikeCrash: Striker = ({ world, victim }) => {
  if (victim === undefined || !isUp(victim)) return undefined;
  tookEffect(world.effects, "crash");
  kill(world, victim);
  return () => restart(world, victim);
};

/** The power fails, for all at once. */
export const strikeCrashAll: Striker = ({ world, cluster, servers }) => {
  const victims = liveServers(cluster);
  if (victims.length === 0) return undefined;
  tookEffect(world.effects, "crash-all");
  for (const node of victims) kill(world, node);
  return () => {
    for (const node of servers) restart(world, node);
  };
};

export const strikePause: Striker = ({ world, victim }) => {
  if (victim === undefined || !isUp(victim) || victim.paused) return undefined;
  pause(world, victim);
  return () => resume(world, victim);
};

export const strikeSuspend: Striker = ({ world, victim }) => {
  if (victim === undefined || !isUp(victim) || victim.paused || victim.clock.stopped) return undefined;
  return suspend(world, victim);
};

/** Between two builds, whoever is struck next becomes the newer one; and back. */
function strikeBuild(kind: "upgrade" | "downgrade"): Striker {
  const [from, to] = kind === "upgrade" ? [BUILD_BEFORE, THIS_BUILD] : [THIS_BUILD, BUILD_BEFORE];
  return ({ world, victim, servers }) => {
    const [older, newer] = world.options.builds ?? [BUILD_BEFORE, THIS_BUILD];
    const [was, is] = kind === "upgrade" ? [older, newer] : [newer, older];
    const build = is ?? to;
    const isOther = (node: SimNode): boolean => isUp(node) && node.build === (was ?? from);
    const node = victim !== undefined && isOther(victim) ? victim : servers.find(isOther);
    if (node === undefined) return undefined;
    // What it finds on its disk the other build has written.
    if (node.disk.files.size > 0) tookEffect(world.effects, kind);
    replaceBuild(world, node, build);
    return NOTHING_TO_UNDO;
  };
}
export const strikeUpgrade: Striker = strikeBuild("upgrade");
export const strikeDowngrade: Striker = strikeBuild("downgrade");

/** Request numbers of those who leave begin here, far from those of clients. */
const FIRST_REQUEST = 4_000_000;
const LOOK_AGAIN_US = 250_000;

/** It says goodbye, ends, and is started again later. */
export const strikeLeave: Striker = ({ world, victim, atlas }) => {
  if (victim === undefined || !isUp(victim) || victim.paused || !mayLeave(atlas, victim)) return undefined;
  const { life } = victim;
  note(world, victim, "leaves");
  deliver(world, victim, {
    type: "http",
    id: FIRST_REQUEST + world.events,
    request: http("PUT", "/v1/agent/leave"),
  });
  if (victim.agent?.life.stage !== "running") tookEffect(world.effects, "leave-and-return");
  const comeBack = (): void => {
    // A goodbye takes some seconds; who was killed meanwhile is somebody else's business.
    const leaving =
      victim.life === life && victim.agent !== undefined && victim.agent.life.stage !== "running";
    if (leaving) callAt(world, world.nowUs + LOOK_AGAIN_US, comeBack);
    else restart(world, victim);
  };
  return comeBack;
};

/**
 * Elections on elections, each leader let out with something that only a few others have: the stuff of Figure 8. Whoever
 * leads is cut off from some or all, given a moment, and killed, now and then with everyone else; those killed come back,
 * and the next leader is dealt with.
 */
export const strikeChurn: Striker = (strike) => {
  const { world, untilUs } = strike;
  dealWithLeader(strike, Math.min(strike.endUs, Math.max(untilUs, world.nowUs + LEAST_CHURN_US)));
  return NOTHING_TO_UNDO;
};

const LEAST_CHURN_US = 1_000_000;

function dealWithLeader(strike: Strike, untilUs: number): void {
  const { world, cluster, chance, endUs } = strike;
  const again = (pauseUs: number): void =>
    callAt(world, world.nowUs + pauseUs, () => dealWithLeader(strike, untilUs));
  if (world.nowUs >= untilUs) return;
  const leader = leaders(cluster)[0];
  if (leader === undefined) return again(20_000);
  const others = shuffle(
    chance,
    "churn.order",
    cluster.nodes.filter((node) => node !== leader && node.config.server),
  );
  const undo = cutOff(world, leader, others.slice(0, chance.choose("churn.cut", others.length + 1)));
  callAt(world, world.nowUs + uniformBetween(chance, "churn.moment", 0, 150_000), () => {
    if (world.nowUs >= endUs) return undo();
    const victims = chance.choose("churn.everyone", 4) === 0 ? liveServers(cluster) : [leader];
    tookEffect(world.effects, "churn");
    for (const victim of victims) kill(world, victim);
    undo();
    for (const victim of victims)
      callAt(world, world.nowUs + uniformBetween(chance, "churn.down", 1_000, 600_000), () =>
        restart(world, victim),
      );
    again(uniformBetween(chance, "churn.pause", 1_000, 400_000));
  });
}

function cutOff(world: World, leader: SimNode, others: readonly SimNode[]): Undo {
  if (others.length === 0) return NOTHING_TO_UNDO;
  note(world, undefined, `churn  ${leader.name} | ${others.map(({ name }) => name).join(" ")}`);
  return cut(world, "churn", allBetween([leader], others));
}
