// Each checker of Raft's properties, shown the fault that it is there for: it names its rule. And shown what is right,
// old logs and new configurations included, it says nothing.

import { expect, test } from "vitest";
import { encodeServers } from "../../../src/core/raft/configuration.ts";
import {
  appendEntry,
  compactUpTo,
  latestConfiguration,
  resetLog,
  truncateFrom,
} from "../../../src/core/raft/log.ts";
import { append, commit, createRig, lead, type Rig, type RigServer, violationOf } from "./raft-rig.ts";

/** `a` leads term 2, everyone has entries 2 (term 2) and 3 (term 2), and entry 2 is committed by all. */
function replicated(): Rig {
  const rig = createRig();
  rig.step("a", (server) => {
    lead(server, 2);
    append(server, "2:x", "2:y");
  });
  for (const name of ["b", "c"] as const)
    rig.step(name, (server) => {
      server.raft.currentTerm = 2;
      append(server, "2:x", "2:y");
    });
  for (const name of ["a", "b", "c"] as const) rig.step(name, (server) => commit(server, 2));
  return rig;
}

/** Drops what a snapshot stands for. */
function compact({ raft }: RigServer, index: number, term: number): void {
  Object.assign(raft.snapshot, { index, term });
  compactUpTo(raft.log, index);
}

/** A log that begins with a snapshot: what a follower has that was sent one. */
function install(server: RigServer, index: number, term: number): void {
  const { raft } = server;
  Object.assign(raft.snapshot, { index, term });
  resetLog(raft.log, { index, term }, latestConfiguration(raft.log));
  raft.durability.stableIndex = index;
  commit(server, index);
}

test("what is right breaks no rule, at every step and from the beginning", () => {
  const rig = replicated();
  rig.step("a", (server) => append(server, "2:z"));
  rig.step("c", (server) => {
    truncateFrom(server.raft.log, 3);
    server.raft.durability.stableIndex = 2;
  });
  rig.step("c", (server) => append(server, "2:y"));
  rig.crash("c");
  rig.step("a", (server) => commit(server, 3));
  expect(violationOf(() => rig.observer.onEnd?.())).toBe("");
});

test("logs that begin with a snapshot are judged by what is left of them", () => {
  const rig = replicated();
  rig.step("a", (server) => compact(server, 2, 2));
  rig.step("a", (server) => append(server, "2:z"));
  rig.step("b", (server) => append(server, "2:z"));
  rig.step("a", (server) => commit(server, 4));
  rig.step("c", (server) => {
    install(server, 2, 2);
    append(server, "2:y", "2:z");
  });
  rig.step("c", (server) => commit(server, 4));
  expect(violationOf(() => rig.observer.onEnd?.())).toBe("");
  rig.step("b", (server) => lead(server, 3));
  expect(violationOf(() => rig.observer.onEnd?.())).toBe("");
});

test("a snapshot on a disk counts for what it stands for", () => {
  const rig = replicated();
  rig.step("b", (server) => compact(server, 2, 2));
  rig.crash("b");
  expect(violationOf(() => rig.step("a", (server) => commit(server, 3)))).toBe("");
});

test("a commit is judged by the configuration in force at the leader", () => {
  const alone = (server: RigServer): void => {
    appendEntry(
      server.raft.log,
      "configuration",
      2,
      encodeServers([{ id: "a", address: "a", voter: true, identity: 0 }]),
    );
    server.raft.durability.stableIndex = server.raft.log.lastIndex;
  };
  const rig = replicated();
  rig.step("a", alone);
  expect(violationOf(() => rig.step("a", (server) => commit(server, 4)))).toBe("");

  const other = replicated();
  other.step("a", (server) => append(server, "2:z"));
  expect(violationOf(() => other.step("a", (server) => commit(server, 4)))).toBe("commit-without-quorum");
});

test.each<readonly [id: string, what: string, play: (rig: Rig) => void]>([
  ["election-safety", "two lead one term", (rig) => rig.step("b", (server) => lead(server, 2))],
  [
    "leader-append-only",
    "a leader cuts its log",
    (rig) =>
      rig.step("a", ({ raft }) => {
        truncateFrom(raft.log, 3);
        raft.durability.stableIndex = 2;
      }),
  ],
  [
    "leader-append-only",
    "a leader replaces an entry of its own",
    (rig) =>
      rig.step("a", (server) => {
        truncateFrom(server.raft.log, 2);
        append(server, "1:w", "1:v");
      }),
  ],
  [
    "leader-completeness",
    "a leader has not what was committed before its term",
    (rig) =>
      rig.step("c", (server) => {
        truncateFrom(server.raft.log, 2);
        server.raft.commitIndex = 0;
        lead(server, 3);
      }),
  ],
  [
    "log-matching",
    "two entries of one index and term differ",
    (rig) => {
      rig.step("b", (server) => append(server, "2:one"));
      rig.step("c", (server) => append(server, "2:two"));
    },
  ],
  [
    "log-matching",
    "what is before two entries of one index and term differs",
    (rig) => {
      rig.step("b", (server) => {
        server.raft.currentTerm = 3;
        append(server, "3:same");
      });
      rig.step("c", (server) => {
        server.raft.currentTerm = 3;
        truncateFrom(server.raft.log, 3);
        append(server, "3:z", "3:same");
      });
    },
  ],
  [
    "log-matching",
    "an entry changes where it stands (seen by the full recheck)",
    (rig) => {
      rig.step("b", ({ raft }) => {
        const [chunk] = raft.log.chunks;
        chunk?.bytes.fill(0x7a, chunk.used - 1, chunk.used);
      });
      rig.observer.onEnd?.();
    },
  ],
  [
    "state-machine-safety",
    "equal entries lead to different states",
    (rig) => {
      rig.step("a", (server) => commit(server, 3));
      rig.step("b", (server) => commit(server, 3, 7));
    },
  ],
  [
    "state-machine-safety",
    "what nobody has committed is applied",
    (rig) =>
      rig.step("b", ({ store }) => {
        store.lastApplied = 3;
      }),
  ],
  [
    "committed-entry-changed",
    "another entry is committed where one was",
    (rig) => {
      rig.step("a", (server) => commit(server, 3));
      rig.step("b", (server) => {
        truncateFrom(server.raft.log, 3);
        append(server, "3:w");
        server.raft.currentTerm = 3;
      });
      rig.step("b", (server) => commit(server, 3));
    },
  ],
  [
    "committed-entry-changed",
    "a snapshot stands for other entries than were committed",
    (rig) => rig.step("c", (server) => install(server, 2, 1)),
  ],
  [
    "committed-entry-cut",
    "a server cuts what it had committed",
    (rig) =>
      rig.step("b", ({ raft }) => {
        truncateFrom(raft.log, 2);
        raft.durability.stableIndex = 1;
      }),
  ],
  [
    "committed-entry-cut",
    "a server is told to cut what it had committed, and refuses",
    (rig) =>
      rig.step("b", () => {}, [
        { type: "notice", level: "error", message: "refused entries that contradict entry 2" } as never,
      ]),
  ],
  [
    "commit-order",
    "a server commits past the others",
    (rig) => {
      rig.step("b", (server) => append(server, "2:z"));
      rig.step("b", (server) => install(server, 4, 2));
    },
  ],
  [
    "commit-without-quorum",
    "a leader commits what is on its disk only",
    (rig) => {
      rig.step("a", (server) => append(server, "2:z"));
      rig.step("a", (server) => commit(server, 4));
    },
  ],
  [
    "commit-without-quorum",
    "a crashed server's disk had not got so far",
    (rig) => {
      rig.step("b", ({ raft }) => {
        raft.durability.stableIndex = 2;
      });
      rig.step("c", ({ raft }) => {
        raft.durability.stableIndex = 2;
      });
      rig.crash("b");
      rig.step("a", (server) => commit(server, 3));
    },
  ],
  [
    "commit-without-quorum",
    "servers come back with other logs than those they were added with, and these count",
    (rig) => {
      for (const name of ["b", "c"] as const) {
        rig.step(name, ({ raft }) => {
          raft.durability.stableIndex = 2;
        });
        rig.crash(name);
        Object.assign(rig.servers[name].raft, { identity: 7 });
      }
      rig.step("a", (server) => commit(server, 3));
    },
  ],
  [
    "term-went-back",
    "a term goes back",
    (rig) =>
      rig.step("b", ({ raft }) => {
        raft.currentTerm = 1;
      }),
  ],
  [
    "commit-went-back",
    "a commit index goes back",
    (rig) =>
      rig.step("b", ({ raft, store }) => {
        raft.commitIndex = 1;
        store.lastApplied = 0;
      }),
  ],
  [
    "applied-went-back",
    "a state machine goes back",
    (rig) =>
      rig.step("b", ({ store }) => {
        store.lastApplied = 0;
      }),
  ],
  [
    "discarded-came-back",
    "entries that were discarded are there again",
    (rig) => {
      rig.step("b", (server) => compact(server, 2, 2));
      rig.step("b", ({ raft }) => Object.assign(raft.log, { base: { index: 1, term: 1 } }));
    },
  ],
  [
    "indexes-out-of-order",
    "entries are discarded before they are applied",
    (rig) =>
      rig.step("b", (server) => {
        compact(server, 2, 2);
        server.store.lastApplied = 1;
      }),
  ],
])("%s: %s", (id, _, play) => {
  const rig = replicated();
  expect(violationOf(() => play(rig))).toBe(id);
});
