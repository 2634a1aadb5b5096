// A vote is for servers that are well: one that was let in and has gone silent since would make the quorum larger and be
// no part of it.

import { recordOf } from "../../src/core/raft/configuration.ts";
import { latestConfiguration } from "../../src/core/raft/log.ts";
import { leaders } from "../../src/sim/faults.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

/** What the leader's configuration says of d. */
function standing(t: Scenario): "unknown" | "learner" | "voter" {
  const raft = leaders(t.world)[0]?.agent?.service.server?.raft;
  const d = t.world.nodes.find(({ name }) => name === "d");
  if (raft === undefined || d === undefined) return "unknown";
  const record = recordOf(latestConfiguration(raft.log), d.config.nodeId);
  return record === undefined ? "unknown" : record.voter ? "voter" : "learner";
}

// Autopilot looks every ten seconds: at whatever moment of them the server comes.
for (const phase of [0, 2, 4, 6, 8])
  scenario(
    `a server that is stopped as soon as it is let in has no vote until it is well (come at ${30 + phase} s)`,
    (t) => {
      t.cluster({ servers: ["a", "b", "c"], late: ["d"] });
      t.until(() => t.leader());
      // Past the time in which a cluster that is being built takes everyone at once.
      t.run(30_000 + phase * 1_000);
      t.restart("d");
      t.until(() => standing(t) === "learner");
      t.run(300);
      t.stop("d");
      for (let seconds = 0; seconds < 25; seconds++) {
        t.run(1_000);
        t.expect(standing(t) !== "voter", "a server that does not answer has no vote");
      }
      t.cont("d");
      t.until(() => standing(t) === "voter", { withinMs: 60_000 });
    },
  );
