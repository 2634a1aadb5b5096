import { describe, expect, test } from "vitest";
import { withCluster } from "../support/cluster.ts";
import { demandLinearizable, Load } from "../support/load.ts";
import { killLeader } from "../support/trouble.ts";

const KILLS = 3;

describe("a cluster whose leader dies", () => {
  test("goes on, loses nothing, and contradicts itself before no client", { timeout: 300_000 }, () =>
    withCluster(async (cluster) => {
      const load = new Load(
        cluster.agents.map(({ http }) => http),
        "leader-loss",
      );
      for (let kill = 1; kill <= KILLS; kill++) await killLeader(cluster, load);
      await load.stop();
      expect(demandLinearizable(load.history).verdict).toBe("ok");
    }),
  );
});
