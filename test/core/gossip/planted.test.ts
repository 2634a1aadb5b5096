// Each planted bug breaks a promise that holds without it: the proof that somebody would notice.

import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import {
  encodeSerf,
  type QueryResponse,
  type SerfState,
} from "../../../src/core/wire/gossip/serf-messages.ts";
import { createNetwork, input, join, kill, run, start, startCluster, statusOf } from "./network.ts";
import {
  alive,
  answerTo,
  createTable,
  nodeOf,
  put,
  receive,
  receiveSerf,
  sent,
  sentOf,
  type Table,
  tableWith,
  wait,
} from "./single.ts";

/** The promise, as a function that says whether it was kept. */
const promises: [bug: string, promise: string, kept: (planted: string | undefined) => boolean][] = [
  [
    "gossip-dead-keeps-incarnation",
    "later evidence of a death is not forgotten, so that older news does not revive the dead",
    (planted) => {
      const table = tableWith(3, { planted });
      receive(table, { type: "dead", incarnation: 5, node: "p2", from: "p3" });
      receive(table, { type: "dead", incarnation: 9, node: "p2", from: "p3" });
      receive(table, alive("p2", 7, 2));
      return nodeOf(table, "p2").state === "dead";
    },
  ],
  [
    "serf-hearsay-outdates-return",
    "who comes back is alive for one that heard last of its leave, from somebody who knew no better",
    (planted) => {
      const table = tableWith(3, { planted });
      const left: SerfState = {
        type: "push-pull",
        lTime: 41,
        statusLTimes: new Map([["p2", 40]]),
        leftMembers: ["p2"],
        eventLTime: 1,
        events: [],
        queryLTime: 1,
      };
      receiveSerf(table, { type: "leave", lTime: 40, node: "p2", prune: false });
      receive(table, { type: "dead", incarnation: 1, node: "p2", from: "p2" });
      receive(table, alive("p2", 2, 2));
      answerTo(table, { type: "push-pull", join: false, nodes: [], userState: encodeSerf(left) });
      receiveSerf(table, { type: "join", lTime: 41, node: "p2" });
      return table.gossip.serf.members.get("p2")?.status === "alive";
    },
  ],
  [
    "gossip-restart-cannot-refute",
    "a restarted node that hears of its former life contradicts it",
    (planted) => {
      const table = createTable({ planted });
      receive(table, alive("p2", 1, 2));
      receive(table, { type: "suspect", incarnation: 100, node: "me", from: "p2" });
      return nodeOf(table, "me").incarnation === 101;
    },
  ],
  [
    "gossip-incarnation-overflow",
    "a node at the end of the numbers can still contradict",
    (planted) =>
      keepsInvariants(() => {
        const table = tableWith(2, { planted });
        receive(table, { type: "suspect", incarnation: 0xffffffff, node: "me", from: "p2" });
        return nodeOf(table, "me").incarnation === 0xffffffff;
      }),
  ],
  [
    "gossip-suspicion-survives-refutation",
    "a suspect that refuted is not declared dead",
    (planted) =>
      keepsInvariants(() => {
        const table: Table = tableWith(1, { planted });
        receive(table, { type: "suspect", incarnation: 5, node: "p2", from: "p9" });
        receive(table, alive("p2", 6, 2));
        table.gossip.timers.probeAtMs = 1e9;
        wait(table, 30_000);
        return nodeOf(table, "p2").state === "alive";
      }),
  ],
  [
    "gossip-dead-hear-nothing",
    "one that died lately is told so, and can contradict",
    (planted) => {
      const table = tableWith(3, { planted });
      receive(table, { type: "dead", incarnation: 5, node: "p2", from: "p3" });
      return sent(wait(table, 2000)).some(
        ({ to, message }) => to === "10.0.0.2:8301" && message.type === "dead",
      );
    },
  ],
  [
    "gossip-nack-uncounted",
    "who hears from all helpers that they got no answer either has no reason to doubt itself",
    (planted) => {
      const table = tableWith(5, { planted });
      while (table.gossip.probe === undefined) wait(table, 10);
      const { seqNo } = table.gossip.probe;
      wait(table, 600);
      for (let helper = 0; helper < 3; helper++) receive(table, { type: "nack", seqNo });
      while (table.gossip.probe?.seqNo === seqNo) wait(table, 10);
      return table.gossip.awareness === 0;
    },
  ],
  [
    "gossip-rumours-for-ever",
    "a rumour is sent as often as its pool is large, and no more",
    (planted) => {
      const table = tableWith(3, { planted });
      receive(table, alive("p9", 5, 9));
      const about = sentOf(wait(table, 10_000), "alive").filter(({ message }) => message.node === "p9");
      return about.length === 4;
    },
  ],
  [
    "serf-late-answer",
    "nothing is heard of a query after its time",
    (planted) => {
      const table = tableWith(1, { planted, probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 });
      const { answer } = ask(table);
      table.nowMs = 3200;
      return !receiveSerf(table, answer).some(({ type }) => type === "query-response");
    },
  ],
  [
    "serf-answer-counted-twice",
    "an answer that comes by two ways is heard once",
    (planted) => {
      const table = tableWith(1, { planted });
      const { answer } = ask(table);
      const heard = [...receiveSerf(table, answer), ...receiveSerf(table, answer)];
      return heard.filter(({ type }) => type === "query-response").length === 1;
    },
  ],
];

/** Asks the pool something. @returns What p2 answers to it. */
function ask(table: Table): { answer: QueryResponse } {
  put(table, { type: "query", op: 1, question: { name: "load", payload: new Uint8Array(0) } });
  const [lTime, { id }] = must([...table.gossip.serf.asked][0], "it is asked");
  return { answer: { type: "query-response", lTime, id, from: "p2", flags: 0, payload: null } };
}

function keepsInvariants(kept: () => boolean): boolean {
  try {
    return kept();
  } catch {
    return false;
  }
}

describe.each(promises)("%s", (bug, promise, kept) => {
  test(`without it: ${promise}`, () => expect(kept(undefined)).toBe(true));
  test("with it the promise is broken", () => expect(kept(bug)).toBe(false));
});

test("in a cluster a node that cannot refute its former life stays out for long", () => {
  const rejoined = (planted: string | undefined): boolean => {
    const network = createNetwork("restart", { planted });
    const agents = startCluster(network, 4);
    const last = must(agents.at(-1), "last");
    const observer = must(agents[0], "first");
    // It lived through some accusations, so its incarnation is above the one that it will begin with again.
    for (let incarnation = 1; incarnation < 6; incarnation++) {
      input(network, last, {
        type: "tags",
        tags: new Map([...last.gossip.config.tags, ["n", `${incarnation}`]]),
      });
      run(network, 2000);
    }
    kill(last);
    run(network, 40_000, () => statusOf(observer, last.name) === "failed");
    const again = start(network, last.name);
    join(network, again, observer);
    return run(network, 5000, () => statusOf(observer, last.name) === "alive");
  };
  expect(rejoined(undefined)).toBe(true);
  expect(rejoined("gossip-restart-cannot-refute")).toBe(false);
});
