// The clients of a schedule: what they ask of the key/value store, what they are told, and whether that can be. They are
// one audience: a compare-and-set compares with the index that anyone of them read last.

import type { Input } from "../../core/agent/ports.ts";
import { complete, createHistory, type History, invoke, type KvAction } from "../checkers/history.ts";
import { http } from "../clients.ts";
import { outcomeOf } from "../kv-client.ts";
import type { SimNode } from "../node.ts";
import { demand } from "../violation.ts";
import type { Observer, World } from "../world.ts";
import type { ClientQuestion } from "./schedule.ts";

/** Watchers' request numbers begin here. */
const FIRST_WATCH = 1_000_000;
/** Longer than any schedule: a watcher is woken or waits. */
const WAIT = "10m";

interface Open {
  readonly operation: number;
  readonly key: string;
  readonly action: KvAction;
  readonly node: SimNode;
}

interface Watch {
  readonly key: string;
  readonly node: SimNode;
}

export interface Audience {
  readonly world: World;
  readonly history: History;
  /** The ModifyIndex that was read last of each key. */
  readonly seen: Map<string, number>;
  /** The X-Consul-Index that was seen last by who watches a key. */
  readonly indexes: Map<string, number>;
  readonly open: Map<number, Open>;
  readonly watches: Map<number, Watch>;
  nextRequest: number;
  nextWatch: number;
}

export function createAudience(world: World): Audience {
  return {
    world,
    history: createHistory(),
    seen: new Map(),
    indexes: new Map(),
    open: new Map(),
    watches: new Map(),
    nextRequest: 1,
    nextWatch: FIRST_WATCH,
  };
}

/** A client asks; the input is for the agent. */
export function ask(audience: Audience, node: SimNode, question: ClientQuestion, key: string): Input {
  const id = audience.nextRequest++;
  const index = audience.seen.get(key) ?? 0;
  const value = `v${id}`;
  const action = actionOf(question, index, value);
  const operation = invoke(audience.history, `c${id}`, key, action, audience.world.nowUs / 1000);
  audience.open.set(id, { operation, key, action, node });
  return {
    type: "http",
    id,
    request: http(methodOf(question), targetOf(question, key, index), bodyOf(action)),
  };
}

function actionOf(question: ClientQuestion, index: number, value: string): KvAction {
  switch (question) {
    case "get":
    case "get-consistent":
      return { kind: "get" };
    case "put":
      return { kind: "put", value };
    case "cas":
      return { kind: "cas", index, value };
    case "delete":
      return { kind: "delete" };
    case "delete-cas":
      return { kind: "delete-cas", index };
  }
}

function methodOf(question: ClientQuestion): string {
  if (question === "get" || question === "get-consistent") return "GET";
  return question === "put" || question === "cas" ? "PUT" : "DELETE";
}

function targetOf(question: ClientQuestion, key: string, index: number): string {
  const target = `/v1/kv/${key}`;
  if (question === "get-consistent") return `${target}?consistent`;
  return question === "cas" || question === "delete-cas" ? `${target}?cas=${index}` : target;
}

function bodyOf(action: KvAction): string | undefined {
  return action.kind === "put" || action.kind === "cas" ? action.value : undefined;
}

/** Somebody watches a key; the input is for the agent. */
export function watch(audience: Audience, node: SimNode, key: string): Input {
  const id = audience.nextWatch++;
  audience.watches.set(id, { key, node });
  const index = audience.indexes.get(key) ?? 0;
  return { type: "http", id, request: http("GET", `/v1/kv/${key}?index=${index}&wait=${WAIT}`) };
}

/** Hears what the agents answer. */
export function audienceObserver(audience: Audience): Observer {
  const { world, history, open, watches } = audience;
  const finish = (id: number, { operation }: Open, outcome: ReturnType<typeof outcomeOf>): void => {
    open.delete(id);
    complete(history, operation, outcome, world.nowUs / 1000);
  };
  return {
    onReply(id, { response }) {
      const watched = watches.get(id);
      if (watched !== undefined) {
        watches.delete(id);
        if (response.status === 200 || response.status === 404) noteIndex(audience, watched.key, response);
      }
      const asked = open.get(id);
      if (asked === undefined) return;
      const outcome = outcomeOf(asked.action, response);
      if (outcome.kind === "read") audience.seen.set(asked.key, outcome.version?.modifyIndex ?? 0);
      finish(id, asked, outcome);
    },
    // The connection breaks with the process.
    onCrash(node) {
      for (const [id, asked] of open) if (asked.node === node) finish(id, asked, { kind: "unknown" });
      for (const [id, watched] of watches) if (watched.node === node) watches.delete(id);
    },
  };
}

function noteIndex(
  { indexes }: Audience,
  key: string,
  { headers }: { readonly headers: readonly string[] },
): void {
  const index = Number(headers[headers.indexOf("X-Consul-Index") + 1]);
  const before = indexes.get(key) ?? 0;
  demand(index >= before, "index-went-back", () => `index ${index} of ${key} was told after index ${before}`);
  indexes.set(key, index);
}
