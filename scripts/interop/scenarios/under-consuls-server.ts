// A Consul server leads, and our agents are clients in its LAN.

import { strict as assert } from "node:assert";
import type { Promises } from "../../report/promises.ts";
import type { LanAgent } from "../agents.ts";
import {
  allKnowAll,
  dies,
  hold,
  isForcedOut,
  isInCatalog,
  joinsThrough,
  leaves,
  pauses,
  tagNames,
  untilAllAlive,
} from "../lan.ts";
import { agentOf, type InteropScenario, SERF, withLan } from "../with-lan.ts";

export const UNDER_CONSULS_SERVER: InteropScenario = {
  name: "under-consuls-server",
  run: underConsulsServer,
};

/** A Consul server leads; a client agent of each is with it. */
async function underConsulsServer(promises: Promises): Promise<void> {
  const kinds = [["server1", "Consul"], ["consul1", "Consul"], ["ours1", "Quorate"], ...SERF] as const;
  await withLan("under Consul's server", kinds, promises, async (lan, create) => {
    const [server, consul1, ours1] = ["server1", "consul1", "ours1"].map((name) => agentOf(lan, name)) as [
      LanAgent,
      LanAgent,
      LanAgent,
    ];
    await allKnowAll(lan);
    await hold(lan, "our client agent has the tags of Consul's client agent", async () =>
      assert.deepEqual(await tagNames(ours1), await tagNames(consul1)),
    );
    await hold(lan, "our client agent is in the catalog with its id and address, serfHealth passing", () =>
      isInCatalog(lan, ours1),
    );
    await joinsThrough(lan, create("consul2", "Consul"), ours1);
    await joinsThrough(lan, create("ours2", "Quorate"), consul1);
    for (const victim of [ours1, consul1]) {
      await pauses(lan, victim);
      await dies(lan, victim);
      await leaves(lan, victim);
    }
    await isForcedOut(lan, ours1, server);
    await isForcedOut(lan, consul1, ours1);
    for (const serf1 of lan.agents.filter(({ kind }) => kind === "Serf")) {
      await dies(lan, serf1);
      await leaves(lan, serf1);
      await isForcedOut(lan, serf1, ours1);
    }
    await pauses(lan, server);
    await dies(lan, server);
    await hold(lan, "in the end all list all alive", () => untilAllAlive(lan));
  });
}
