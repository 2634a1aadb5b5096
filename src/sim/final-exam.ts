// The end of a run: in a cluster at rest a write must succeed, and whoever watches the key must be told; then the key is
// deleted, and they must be told of that. So no run ends well by having come to a standstill.

import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import { http } from "./clients.ts";
import type { SimNode } from "./node.ts";
import { placed } from "./place.ts";
import { demand } from "./violation.ts";
import type { Watchers } from "./watchers.ts";
import { deliver, runUntil, type World } from "./world.ts";

/** Request numbers of the exam begin here, far from those of clients and watchers. */
const FIRST_REQUEST = 2_000_000;
/** An idle cluster without trouble answers within a few round trips. */
const BOUND_US = 3_000_000;
/** Watchers that were told ask again at once: the next write comes right behind their question. */
const STEP_US = 1_000;

/** @throws Violation "no-progress", "missed-wake-up" */
export function finalExam(world: World, watchers: Watchers): void {
  const answers = new Map<number, HttpResponse>();
  let next = watchers.place.firstRequest + FIRST_REQUEST;
  world.observers.push({
    onReply: (id, { response }) => {
      if (id === next) answers.set(id, response);
    },
  });
  const target = placed(`/v1/kv/${watchers.all[0]?.key ?? "exam"}`, watchers.place);
  for (const node of world.nodes)
    for (const request of [http("PUT", target, `seen by ${node.name}`), http("DELETE", target)]) {
      mustSucceed(world, answers, next, node, request);
      next++;
      demandAllToldOf(world, watchers, request.method === "PUT");
    }
}

function mustSucceed(
  world: World,
  answers: ReadonlyMap<number, HttpResponse>,
  id: number,
  node: SimNode,
  request: HttpRequest,
): void {
  deliver(world, node, { type: "http", id, request });
  const untilUs = world.nowUs + BOUND_US;
  while (!answers.has(id) && world.nowUs < untilUs) runUntil(world, world.nowUs + STEP_US);
  const answer = answers.get(id);
  demand(
    answer?.status === 200 && answer.body.trim() === "true",
    "no-progress",
    () =>
      `with all trouble over, ${request.method} at ${node.name} is answered ${answer === undefined ? `not within ${BOUND_US / 1e6} s` : `${answer.status} ${answer.body}`}`,
  );
}

/** Every watcher of the key must see that it is there, or that it is gone. */
function demandAllToldOf(world: World, watchers: Watchers, found: boolean): void {
  const key = watchers.all[0]?.key;
  const untold = (): string[] =>
    watchers.all
      .filter((each) => each.key === key && each.index > 0 && each.found !== found)
      .map(({ name }) => name);
  const untilUs = world.nowUs + BOUND_US;
  while (untold().length > 0 && world.nowUs < untilUs) runUntil(world, world.nowUs + STEP_US);
  demand(
    untold().length === 0,
    "missed-wake-up",
    () =>
      `${untold().join(", ")} still waits for ${key}, which was ${found ? "written" : "deleted"} ${BOUND_US / 1e6} s ago`,
  );
}
