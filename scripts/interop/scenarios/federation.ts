// Servers of three datacenters in one WAN: two of the original Consul's, one of ours. (Servers of one datacenter share a log,
// and ours is not Consul's: so each has a datacenter of its own.)

import { strict as assert } from "node:assert";
import { MEMBER_STATUSES } from "../../../src/core/model/member.ts";
import { withFolder } from "../../../test/support/cluster.ts";
import { getJson } from "../../../test/support/http-client.ts";
import { freePort, freePorts, loopbackIps } from "../../../test/support/loopback.ts";
import { until } from "../../../test/support/until.ts";
import type { Promises } from "../../report/promises.ts";
import { createLanAgent, type Kind, type LanAgent, tell } from "../agents.ts";
import { hold, type Lan } from "../lan.ts";
import type { InteropScenario } from "../with-lan.ts";

export const FEDERATION: InteropScenario = { name: "federation", linuxOnly: true, run: federation };

/** Ten times as fast as the default. */
const QUICK = `gossip_wan { probe_interval = "500ms" probe_timeout = "250ms" gossip_interval = "100ms" suspicion_mult = 3 }`;

const CAST: readonly (readonly [name: string, datacenter: string, kind: Kind])[] = [
  ["cons", "dc1", "Consul"],
  ["far", "dc2", "Consul"],
  ["ours", "dc3", "Quorate"],
];

interface Place {
  readonly agent: LanAgent;
  readonly wan: string;
}

async function federation(promises: Promises): Promise<void> {
  await withFolder(async (folder) => {
    const ips = loopbackIps(CAST.length);
    const places = (await Promise.all(CAST.map((cast, at) => place(folder, cast, ips[at] ?? "")))) as [
      Place,
      Place,
      Place,
    ];
    const [cons, far, ours] = places;
    const agents = places.map(({ agent }) => agent);
    const lan: Lan = { title: "federation", agents, server: cons.agent, promises };
    try {
      for (const { process } of agents) process.start();
      await until("all lead", () => Promise.all(agents.map(leads)).then((all) => all.every((each) => each)));
      await hold(
        lan,
        "our server joins one of Consul's, which joins another: everyone lists everyone",
        async () => {
          await tell(ours.agent, "join", ["-wan", cons.wan]);
          await tell(far.agent, "join", ["-wan", ours.wan]);
          await untilSeen(agents, { "cons.dc1": "alive", "far.dc2": "alive", "ours.dc3": "alive" });
        },
      );
      await hold(lan, "Consul's program prints the same members of ours as of its own", async () => {
        const [first = "", second = ""] = await Promise.all(
          [cons, ours].map(({ agent }) => tell(agent, "members", ["-wan"], "Consul")),
        );
        assert.equal(second, first);
      });
      await hold(lan, "all tell of the same datacenters", async () => {
        for (const { process } of agents)
          assert.deepEqual((await getJson<string[]>(process.http, "/v1/catalog/datacenters")).sort(), [
            "dc1",
            "dc2",
            "dc3",
          ]);
      });
      await hold(
        lan,
        "a server of Consul's that is killed has failed, and is alive again when it is back",
        async () => {
          await far.agent.process.kill();
          await untilSeen([cons.agent, ours.agent], { "far.dc2": "failed" });
          far.agent.process.start();
          await untilSeen(agents, { "far.dc2": "alive" });
        },
      );
      await hold(lan, "our server that leaves has left, and has not failed", async () => {
        await tell(ours.agent, "leave");
        await untilSeen([cons.agent, far.agent], { "ours.dc3": "left" });
      });
    } finally {
      await Promise.all(agents.map(({ process }) => process.kill()));
    }
  });
}

async function place(
  folder: string,
  [name, datacenter, kind]: (typeof CAST)[number],
  ip: string,
): Promise<Place> {
  const port = await freePort(ip);
  const flags = ["-datacenter", datacenter, "-serf-wan-port", `${port}`, "-hcl", QUICK];
  const agent = createLanAgent({ kind, name, ip, ports: await freePorts(ip), folder, server: true, flags });
  return { agent, wan: `${ip}:${port}` };
}

async function leads({ process }: LanAgent): Promise<boolean> {
  return (await getJson<string>(process.http, "/v1/status/leader")) !== "";
}

/** Waits until all of these take those for what is said. */
async function untilSeen(
  agents: readonly LanAgent[],
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  await until(`the WAN has ${JSON.stringify(wanted)}`, async () => {
    for (const { process } of agents) {
      const members = await getJson<readonly { Name: string; Status: number }[] | null>(
        process.http,
        "/v1/agent/members?wan=1",
      );
      const seen = new Map(members?.map(({ Name, Status }) => [Name, MEMBER_STATUSES[Status]]));
      if (Object.entries(wanted).some(([name, status]) => seen.get(name) !== status)) return false;
    }
    return true;
  });
}
