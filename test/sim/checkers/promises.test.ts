// Each promise that a server makes to others, broken on purpose: the checker of promises names it. And what looks like a
// broken promise and is none: it says nothing.

import { expect, test } from "vitest";
import type { Effect, Input } from "../../../src/core/agent/ports.ts";
import type { RaftMessage } from "../../../src/core/raft/messages.ts";
import { promisesKept } from "../../../src/sim/checkers/promises.ts";
import { append, createRig, lead, type Rig, violationOf } from "./raft-rig.ts";

function sends(to: string, message: Partial<RaftMessage> & { type: RaftMessage["type"] }): Effect {
  return { type: "message", to, address: undefined, message: message as RaftMessage };
}

const vote = (to: string, term: number): Effect => sends(to, { type: "vote-reply", term, granted: true });
const acknowledgement = (term: number, index: number): Effect =>
  sends("a", { type: "append-reply", term, success: true, index });

function asks(from: string, term: number, lastLogIndex: number, lastLogTerm: number): Input {
  const message = { type: "vote", term, lastLogIndex, lastLogTerm } as RaftMessage;
  return { type: "message", from, message };
}

const inTerm =
  (term: number) =>
  ({ raft }: Rig["servers"]["b"]): void => {
    raft.currentTerm = term;
  };

/** `b` grants `to` its vote in term 2, and lets it know. */
function votes(rig: Rig, to: "a" | "c"): void {
  rig.step(
    "b",
    ({ raft }) => {
      raft.currentTerm = 2;
      raft.votedFor = to;
    },
    [vote(to, 2)],
  );
}

/** `b` ends and comes back with what `change` leaves of it. */
function comesBack(rig: Rig, change: (server: Rig["servers"]["b"]) => void): void {
  rig.crash("b");
  change(rig.servers.b);
  rig.restart("b");
  rig.step("b", () => {});
}

test.each<readonly [id: string, what: string, play: (rig: Rig) => void]>([
  [
    "vote-twice",
    "a server votes for two in one term",
    (rig) => {
      votes(rig, "a");
      votes(rig, "c");
    },
  ],
  [
    "vote-twice",
    "a candidate, who votes for itself, votes for another too",
    (rig) => {
      rig.step("b", inTerm(2), [sends("a", { type: "vote", term: 2, lastLogIndex: 1, lastLogTerm: 1 })]);
      votes(rig, "c");
    },
  ],
  ["elected-without-majority", "a server leads with its own vote", (rig) => rig.step("b", (s) => lead(s, 2))],
  [
    "elected-without-majority",
    "a server leads with votes of another term",
    (rig) => {
      votes(rig, "a");
      rig.step("a", (server) => lead(server, 3));
    },
  ],
  [
    "vote-for-stale-log",
    "a vote goes to who has less",
    (rig) => {
      rig.step("b", (server) => append(server, "1"));
      rig.step(
        "b",
        ({ raft }) => {
          raft.currentTerm = 2;
          raft.votedFor = "c";
        },
        [],
        asks("c", 2, 1, 1),
      );
    },
  ],
  [
    "vote-for-stale-log",
    "a vote goes to who has more, of an older term",
    (rig) => {
      rig.step("b", (server) => {
        server.raft.currentTerm = 2;
        append(server, "2");
      });
      rig.step(
        "b",
        ({ raft }) => {
          raft.currentTerm = 3;
          raft.votedFor = "c";
        },
        [],
        asks("c", 3, 9, 1),
      );
    },
  ],
  [
    "term-forgotten",
    "a server comes back in an older term than it has spoken of",
    (rig) => {
      rig.step("b", inTerm(5), [acknowledgement(5, 1)]);
      comesBack(rig, ({ raft }) => {
        raft.currentTerm = 4;
      });
    },
  ],
  [
    "vote-forgotten",
    "a server comes back without the vote it gave",
    (rig) => {
      votes(rig, "a");
      comesBack(rig, ({ raft }) => {
        raft.votedFor = "";
      });
    },
  ],
  [
    "entry-forgotten",
    "a server comes back without what it acknowledged",
    (rig) => {
      rig.step("b", (server) => append(server, "1"), [acknowledgement(1, 3)]);
      comesBack(rig, () => {});
    },
  ],
  [
    "identity-without-cause",
    "a server comes back with another log, and its disk was never struck",
    (rig) => {
      votes(rig, "a");
      comesBack(rig, ({ raft }) => {
        raft.identity = 9;
      });
    },
  ],
])("%s: %s", (id, _, play) => {
  expect(violationOf(() => play(createRig(promisesKept)))).toBe(id);
});

test.each<readonly [what: string, play: (rig: Rig) => void]>([
  [
    "a vote that comes twice, and a leader elected by it",
    (rig) => {
      votes(rig, "a");
      votes(rig, "a");
      rig.step("a", (server) => lead(server, 2));
    },
  ],
  [
    "a pre-vote speaks for no term and can be given to many",
    (rig) => {
      for (const to of ["a", "c"])
        rig.step("b", () => {}, [sends(to, { type: "pre-vote-reply", term: 7, granted: true })]);
      comesBack(rig, () => {});
    },
  ],
  [
    "a leader of a later term cuts what an earlier one was promised",
    (rig) => {
      rig.step("b", (server) => append(server, "1", "1"), [acknowledgement(1, 3)]);
      comesBack(rig, ({ raft }) => {
        raft.currentTerm = 2;
      });
    },
  ],
  [
    "a server whose disk was struck while it came back comes back as somebody else the next time (seed 14979)",
    (rig) => {
      votes(rig, "a");
      rig.crash("b");
      rig.restart("b");
      rig.servers.b.node.disk.struck++;
      rig.step("b", () => {});
      comesBack(rig, ({ raft }) => {
        raft.identity = 9;
      });
    },
  ],
  [
    "a server whose disk was struck comes back as somebody else",
    (rig) => {
      votes(rig, "a");
      comesBack(rig, ({ raft, node }) => {
        raft.identity = 9;
        raft.currentTerm = 1;
        raft.votedFor = "";
        node.disk.struck++;
      });
    },
  ],
])("it says nothing of this: %s", (_, play) => {
  expect(violationOf(() => play(createRig(promisesKept)))).toBe("");
});
