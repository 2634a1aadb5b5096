// Servers that are killed while they found their cluster: between the term and the configuration, which are two records.

import { FOUNDING_TERM } from "../../src/core/raft/step.ts";
import { raftOf } from "../../src/sim/faults.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

/** Every record is a write of its own, as when one fills what is written at once, or is torn. */
const RECORD_BY_RECORD = { maxWriteBytes: 1 };

/** Lets it run until each of these has its first term on the disk and nothing else, and kills it there. */
function killFounding(t: Scenario, ...names: readonly string[]): void {
  const left = new Set(names);
  t.until(() => {
    for (const name of left) {
      const { currentTerm, durability } = raftOf(t.node(name)) ?? {};
      if (durability === undefined || durability.stored === 0) continue;
      const begun = currentTerm === FOUNDING_TERM && durability.hardStateToken === 1;
      t.expect(begun && durability.stableIndex === 0, `${name} has its term on the disk, and no entry`);
      t.kill(name);
      left.delete(name);
    }
    return left.size === 0;
  });
}

function hasTermAlone(t: Scenario, name: string): boolean {
  const { currentTerm, log } = raftOf(t.node(name)) ?? {};
  return currentTerm === FOUNDING_TERM && log?.lastIndex === 0;
}

scenario(
  "a server that founds a cluster alone, and is killed in the middle of it, founds it when it is back",
  (t) => {
    t.cluster({ servers: ["a"], storage: RECORD_BY_RECORD });
    killFounding(t, "a");
    t.restart("a");
    t.form();
    t.put("motd", "one", { via: "a" }).succeeds();
    t.kill("a");
    t.restart("a");
    t.settle();
    t.get("motd", { via: "a" }).says("one");
  },
);

for (const founding of [["b"], ["a", "b"], ["a", "b", "c"]])
  scenario(
    `${founding.length} of three servers are killed while they found their cluster, and all found it (seed 7887)`,
    (t) => {
      t.cluster({ servers: ["a", "b", "c"], storage: RECORD_BY_RECORD });
      killFounding(t, ...founding);
      t.restart(...founding);
      for (const name of founding) t.until(() => hasTermAlone(t, name));
      t.form();
      t.put("motd", "one", { via: "b" }).succeeds();
      t.settle();
      t.get("motd", { via: "c", mode: "stale" }).says("one");
    },
  );
