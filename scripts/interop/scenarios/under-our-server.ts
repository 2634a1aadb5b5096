// Our server leads, and Consul's agents are clients in its LAN.

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
  untilAllAlive,
} from "../lan.ts";
import { agentOf, type InteropScenario, SERF, withLan } from "../with-lan.ts";

export const UNDER_OUR_SERVER: InteropScenario = { name: "under-our-server", run: underOurServer };

/** Our server leads. Consul's agents cannot ask it anything (our RPC is our own), but gossip knows nothing of that. */
async function underOurServer(promises: Promises): Promise<void> {
  const kinds = [["server1", "Quorate"], ["consul1", "Consul"], ["consul2", "Consul"], ...SERF] as const;
  await withLan("under our server", kinds, promises, async (lan, create) => {
    const [server, consul1, consul2] = ["server1", "consul1", "consul2"].map((name) =>
      agentOf(lan, name),
    ) as [LanAgent, LanAgent, LanAgent];
    await allKnowAll(lan);
    await hold(lan, "Consul's client agents are in our catalog with ids and addresses", async () => {
      for (const agent of [consul1, consul2]) await isInCatalog(lan, agent);
    });
    await joinsThrough(lan, create("consul3", "Consul"), server);
    await pauses(lan, server);
    await dies(lan, server);
    await leaves(lan, server);
    await pauses(lan, consul1);
    await dies(lan, consul1);
    await leaves(lan, consul1);
    await isForcedOut(lan, consul1, server);
    await isForcedOut(lan, server, consul2);
    await hold(lan, "in the end all list all alive", () => untilAllAlive(lan));
  });
}
