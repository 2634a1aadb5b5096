// One server, or three: started, and waited for until all of them serve.

import { forBoth, type Pair, type Side } from "./compare.ts";
import { call, isAcknowledged, isOk, namesLeader, pause, until } from "./http.ts";
import { planServers, removeServers, type Server, type ServerPlan, startServer } from "./server.ts";

/** Runs `use` beside a cluster of each product; whatever happens, both are gone afterwards, with all that they wrote. */
export async function withBoth(
  planOf: (side: Side) => ServerPlan,
  use: (clusters: Pair<Server[]>) => Promise<void>,
): Promise<void> {
  const started: Server[] = [];
  try {
    const clusters = await forBoth(async (side) => {
      const servers = await planServers(planOf(side));
      started.push(...servers);
      for (const server of servers) startServer(server);
      await settled(servers);
      return servers;
    });
    await use(clusters);
  } finally {
    await removeServers(started);
  }
}

/** Resolves when every server serves, and the leader knows them all. */
export async function settled(servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    await until(server, "GET", "/v1/status/leader", namesLeader);
    await until(server, "PUT", `/v1/kv/settled/${server.name}`, isAcknowledged, server.name);
    await until(server, "GET", `/v1/kv/settled/${server.name}?stale`, isOk);
    await until(server, "GET", "/v1/status/peers", ({ body }) => body.split(",").length === servers.length);
  }
}

/** The server that leads, by what all say of it. */
export async function leaderOf(servers: readonly Server[]): Promise<Server> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const answers = await Promise.all(servers.map((server) => call(server, "GET", "/v1/status/leader")));
    const [first] = answers;
    const agreed = answers.every((answer) => answer?.status === 200 && answer.body === first?.body);
    const leader = servers.find(({ ip }) => first?.body.includes(`${ip}:`));
    if (agreed && leader !== undefined) return leader;
    await pause(20);
  }
  throw new Error("the servers do not agree on a leader");
}
