import { describe, expect, test } from "vitest";
import { withCluster } from "../support/cluster.ts";
import { demandErrorsOfConsul } from "../support/complaints.ts";
import { demandLinearizable, Load } from "../support/load.ts";
import { killLeader, pauseLeader } from "../support/trouble.ts";

const KILLS = 3;

/** Long enough that the others elect another leader before the paused one wakes up. */
const PAUSE_MS = 4000;

describe("a cluster whose leader dies", () => {
  test(
    "goes on, loses nothing, contradicts itself before no client, and tells those of a client agent no error but Consul's",
    { timeout: 300_000 },
    () =>
      withCluster(async (cluster) => {
        const load = new Load(
          cluster.agents.map(({ http }) => http),
          "leader-loss",
        );
        for (let kill = 1; kill <= KILLS; kill++) await killLeader(cluster, load);
        await pauseLeader(cluster, load, PAUSE_MS);
        await load.stop();
        expect(demandLinearizable(load.history).verdict).toBe("ok");
        demandErrorsOfConsul(cluster, load.complaints);
      }),
  );
});
