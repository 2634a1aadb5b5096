// One server, or three: started, and waited for until all of them serve.

import { call, isAcknowledged, isOk, namesLeader, pause, until } from "./http.ts";
import { planServers, type Server, type ServerPlan, startServer } from "./server.ts";

/** Starts the servers of a plan and waits until all of them serve. */
export async function startCluster(plan: ServerPlan): Promise<Server[]> {
  const servers = await planServers(plan);
  for (const server of servers) startServer(server);
  await settled(servers);
  return servers;
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
