// Clients that wait for a key to change, with blocking queries, as Consul's libraries do: each asks for more than the last
// index it saw, over and over. An index may never go back, and no change may be slept through.

import type { HttpResponse } from "../core/api/http.ts";
import type { Chance } from "../core/lib/chance.ts";
import { http } from "./clients.ts";
import { isUp, type SimNode } from "./node.ts";
import { type Place, placed, RIGHT_HERE } from "./place.ts";
import { demand } from "./violation.ts";
import { callAt, deliver, type World } from "./world.ts";

/** Request numbers of watchers begin here, far from those of the workload. */
const FIRST_REQUEST = 1_000_000;
/** Clients of Consul's libraries wait for minutes; a simulated minute is not that long. */
const WAIT = "8s";
/**
 * A question may be held for 7 s until there is somebody to ask, as at a server that is not let in again yet; only then
 * its wait begins, of 8 s and at most a sixteenth more.
 */
const PATIENCE_US = 17_000_000;
const RETRY_US = 200_000;

interface Watcher {
  readonly name: string;
  readonly key: string;
  /** What it saw last. */
  index: number;
  found: boolean;
  /** Its open request. */
  request: { readonly id: number; readonly node: SimNode } | undefined;
}

export interface Watchers {
  readonly place: Place;
  readonly all: readonly Watcher[];
  readonly reads: "any" | "consistent";
  nextRequest: number;
  wakeUps: number;
  /** From this true time on every question must be answered: nothing is in its way any more. */
  calmUs: number;
}

export function startWatchers(
  world: World,
  keys: readonly string[],
  chance: Chance,
  reads: "any" | "consistent" = "any",
  place: Place = RIGHT_HERE,
): Watchers {
  const all = keys.map(
    (key, at): Watcher => ({ name: `w${at + 1}`, key, index: 0, found: false, request: undefined }),
  );
  const watchers: Watchers = {
    place,
    all,
    reads,
    nextRequest: place.firstRequest + FIRST_REQUEST,
    wakeUps: 0,
    calmUs: Number.POSITIVE_INFINITY,
  };
  const again = (watcher: Watcher): void => {
    watcher.request = undefined;
    callAt(world, world.nowUs + RETRY_US, () => watch(world, watchers, watcher, chance, again));
  };
  world.observers.push({
    onReply(id, { response }) {
      const watcher = all.find((each) => each.request?.id === id);
      if (watcher === undefined) return;
      if (response.status !== 200 && response.status !== 404) return again(watcher);
      note(watcher, response);
      watchers.wakeUps++;
      watch(world, watchers, watcher, chance, again);
    },
    onCrash(node) {
      for (const watcher of all) if (watcher.request?.node === node) again(watcher);
    },
  });
  for (const watcher of all) again(watcher);
  return watchers;
}

function watch(
  world: World,
  watchers: Watchers,
  watcher: Watcher,
  chance: Chance,
  again: (watcher: Watcher) => void,
): void {
  const node = world.nodes[chance.choose("watcher.node", world.nodes.length)];
  if (node === undefined || !isUp(node)) return again(watcher);
  const id = watchers.nextRequest++;
  watcher.request = { id, node };
  const askedUs = world.nowUs;
  callAt(world, askedUs + PATIENCE_US, () => {
    if (watcher.request?.id !== id) return;
    demand(
      askedUs < watchers.calmUs,
      "query-did-not-return",
      () =>
        `with all trouble over, ${watcher.name} asked ${node.name} for ${WAIT} and has no answer after ${PATIENCE_US / 1e6} s`,
    );
    deliver(world, node, { type: "cancel", id });
    again(watcher);
  });
  const mode = watchers.reads === "consistent" ? "&consistent" : "";
  const target = `/v1/kv/${watcher.key}?index=${watcher.index}&wait=${WAIT}${mode}`;
  const request = http("GET", placed(target, watchers.place));
  // The agent may answer at once, and its answer must find the question open.
  deliver(world, node, { type: "http", id, request });
}

function note(watcher: Watcher, response: HttpResponse): void {
  const at = response.headers.indexOf("X-Consul-Index");
  const index = Number(response.headers[at + 1]);
  demand(
    index >= watcher.index,
    "index-went-back",
    () => `${watcher.name} was told index ${index} of ${watcher.key} after index ${watcher.index}`,
  );
  watcher.index = index;
  watcher.found = response.status === 200;
}
