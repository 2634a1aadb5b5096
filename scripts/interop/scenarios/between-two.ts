// Two agents that cannot reach each other, and ours between them.

import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { withFolder } from "../../../test/support/cluster.ts";
import { getJson } from "../../../test/support/http-client.ts";
import { freePorts, loopbackIps } from "../../../test/support/loopback.ts";
import { until } from "../../../test/support/until.ts";
import type { Promises } from "../../report/promises.ts";
import { createLanAgent, type LanAgentSpec, membersSeenBy, tell } from "../agents.ts";
import { hold, type Lan, untilAllAlive } from "../lan.ts";
import { openOneWayStreet } from "../one-way-street.ts";
import { type InteropScenario, SERF } from "../with-lan.ts";

export const BETWEEN_TWO: InteropScenario = { name: "between-two", linuxOnly: true, run: betweenTwo };

type Place = Pick<LanAgentSpec, "ip" | "ports">;

/** Some twenty probes of each agent by each other. */
const WATCHED_MS = 10_000;

/** Two Consul agents that reach each other only through ours: it answers for them, and carries what they have to say. */
async function betweenTwo(promises: Promises): Promise<void> {
  await withFolder(async (folder) => {
    const ips = loopbackIps(6);
    const [own, leftPlace, rightPlace, serfPlace] = (await Promise.all(
      ips.slice(0, 4).map(async (ip) => ({ ip, ports: await freePorts(ip) })),
    )) as [Place, Place, Place, Place];
    const [leftStreet = "", rightStreet = ""] = ips.slice(4);
    const between = createLanAgent({ kind: "Quorate", name: "between", ...own, folder });
    const spec = { kind: "Consul", folder, joins: [between.gossip] } as const;
    const left = createLanAgent({ ...spec, ...leftPlace, name: "left", advertise: leftStreet, server: true });
    const right = createLanAgent({ ...spec, ...rightPlace, name: "right", advertise: rightStreet });
    const late = createLanAgent({ kind: "Serf", name: "late", ...serfPlace, folder });
    const streets = [
      await openOneWayStreet(leftStreet, left.gossip, between.gossip),
      await openOneWayStreet(rightStreet, right.gossip, between.gossip),
    ];
    const lan: Lan = { title: "between two", agents: [between, left, right], server: left, promises };
    try {
      for (const { process } of lan.agents) process.start();
      await hold(lan, "two Consul agents hear of each other through ours", () => untilAllAlive(lan));
      await hold(lan, "our indirect probes keep each alive for the other, who can't reach it", async () => {
        const triedBefore = streets.map((street) => street.turnedAway());
        for (let endMs = performance.now() + WATCHED_MS; performance.now() < endMs; await sleep(200))
          for (const agent of lan.agents)
            for (const [name, { status }] of await membersSeenBy(agent))
              assert.equal(status, "alive", `${name}, seen by ${agent.name}`);
        const tried = streets.map((street, at) => street.turnedAway() - (triedBefore[at] ?? 0));
        assert(Math.min(...tried) > 0, `neither was asked in vain: ${tried.join(" and ")}`);
      });
      await hold(lan, "a user event fired at one arrives at the other, with its payload", async () => {
        await until("there is a leader", () => getJson<string>(left.process.http, "/v1/status/leader"));
        await tell(left, "event", ["-name", "deploy", "the payload"]);
        await until("it arrives", async () => {
          const events = await getJson<readonly { Name: string; Payload: string }[]>(
            right.process.http,
            "/v1/event/list",
          );
          const [event] = events.filter(({ Name }) => Name === "deploy");
          return event !== undefined && Buffer.from(event.Payload, "base64").toString() === "the payload";
        });
      });
      if (SERF.length > 0) {
        late.process.start();
        await hold(
          lan,
          "our agent hands past user events to Serf's agent that joins through it",
          async () => {
            await until("it can be asked", async () => (await membersSeenBy(late)).size === 1);
            await tell(late, "join", ["-replay", between.gossip]);
            await until("it is told", () =>
              /Received event: user-event: consul:event:deploy/.test(late.process.log()),
            );
          },
        );
        await late.process.kill();
      }
      await left.process.kill();
      await hold(lan, "the one learns through ours that the other died", () =>
        until("it is failed", async () => (await membersSeenBy(right)).get("left")?.status === "failed"),
      );
    } finally {
      await Promise.all([...lan.agents, late].map(({ process }) => process.kill()));
      for (const street of streets) street.close();
    }
    if (promises.broken > 0) throw new Error(`${lan.title}: something broke`);
  });
}
