// Members that come back changed: told of nobody but by what they wrote down, with other tags, as another program on the same
// data, under an old name at a new address; and one that is killed while it leaves. Six agents, or five without Serf.

import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../../test/support/until.ts";
import type { Promises } from "../../report/promises.ts";
import { changed, type LanAgent, type LanAgentSpec, membersSeenBy, tell } from "../agents.ts";
import { allKnowAll, hold, kill, type Lan, nameOf, others, untilAllAlive, untilSeen } from "../lan.ts";
import { agentOf, type Cast, type InteropScenario, SERF, withLan } from "../with-lan.ts";

export const RETURNS: InteropScenario = { name: "returns", linuxOnly: true, run: returns };

/** Between one thing that befalls a member and the next: see lan.ts. Consul's agents write down who is there only then. */
const REST_MS = 3_000;

async function returns(promises: Promises): Promise<void> {
  const cast: Cast = [
    ["server1", "Consul"],
    ["consul1", "Consul"],
    ["consul2", "Consul"],
    ["ours1", "Quorate"],
    ["ours2", "Quorate"],
    ...SERF,
  ];
  await withLan("returns", cast, promises, async (lan, create) => {
    await allKnowAll(lan);
    for (const name of ["ours1", "consul1", ...SERF.map(([serf]) => serf)]) {
      await isRemembered(lan, agentOf(lan, name), {}, "told of nobody");
      await isRemembered(lan, agentOf(lan, name), otherTags(agentOf(lan, name)), "with another tag");
    }
    await isRemembered(lan, agentOf(lan, "ours1"), { kind: "Consul", flags: [] }, "as Consul's");
    await isRemembered(lan, agentOf(lan, "consul1"), { kind: "Quorate", flags: [] }, "as ours");
    await isKilledLeaving(lan, agentOf(lan, "ours2"));
    await takesOver(lan, agentOf(lan, "ours2"), create("spare1", "Consul"));
    await isKilledLeaving(lan, agentOf(lan, "consul2"));
    await takesOver(lan, agentOf(lan, "consul2"), create("spare2", "Quorate"));
    await hold(lan, "in the end all list all alive", () => untilAllAlive(lan));
  });
}

/** Consul's agents have no tags of the user's own; but they say which version of their protocol they speak. */
function otherTags({ kind }: LanAgent): Partial<LanAgentSpec> {
  return { flags: kind === "Serf" ? ["-tag", "vsn=3"] : ["-protocol", "3"] };
}

/** In the place of an agent that does not run, one that is like it but for `change`. */
function replace(lan: Lan, agent: LanAgent, change: Partial<LanAgentSpec>): LanAgent {
  const other = changed(agent, change);
  lan.agents.splice(lan.agents.indexOf(agent), 1, other);
  return other;
}

/** Is killed, and started again with nobody to join: it finds back by what is in its data directory. */
async function isRemembered(
  lan: Lan,
  victim: LanAgent,
  change: Partial<LanAgentSpec>,
  words: string,
): Promise<void> {
  await kill(lan, victim);
  await sleep(REST_MS);
  const back = replace(lan, victim, { joins: [], ...change });
  back.process.start();
  await hold(lan, `${nameOf(lan, victim)} is started again, ${words}: alive for all`, () =>
    untilAllAlive(lan),
  );
  if (change.flags?.includes("3") !== true && change.flags?.includes("vsn=3") !== true) return;
  await hold(lan, `${nameOf(lan, back)} has its new tag for all`, () =>
    until("they see it", async () => {
      for (const observer of lan.agents) {
        const { vsn } = (await membersSeenBy(observer)).get(back.name)?.tags ?? {};
        assert.equal(vsn, "3", observer.name);
      }
      return true;
    }),
  );
}

/** Says that it leaves, and is killed before it has. */
async function isKilledLeaving(lan: Lan, victim: LanAgent): Promise<void> {
  await sleep(REST_MS);
  await hold(lan, `${nameOf(lan, victim)} is killed while it leaves: left, not failed, for all`, async () => {
    const told = tell(victim, "leave").catch(() => "it was killed");
    const [observer] = others(lan, victim);
    const isGoing = async (): Promise<boolean> => {
      const seen = observer && (await membersSeenBy(observer)).get(victim.name)?.status;
      return seen === "leaving" || seen === "left";
    };
    await until("its leave is heard of", isGoing);
    await victim.process.kill();
    await told;
    return untilSeen(others(lan, victim), victim.name, "left");
  });
}

/**
 * Under the name of one that left, on its data, at another address, and of another kind. As it was killed before its own last
 * word, memberlist holds it for dead, and keeps its name for half a minute (DeadNodeReclaimTime).
 */
async function takesOver(lan: Lan, gone: LanAgent, spare: LanAgent): Promise<void> {
  await sleep(REST_MS);
  const through = agentOf(lan, "consul1").gossip;
  const next = changed(spare, { name: gone.name, joins: [through] });
  lan.agents.splice(lan.agents.indexOf(gone), 1, next);
  next.process.start();
  await hold(
    lan,
    `${nameOf(lan, next)} takes the name at another address: alive for all, there`,
    async () => {
      const remark = await untilAllAlive(lan);
      for (const observer of lan.agents)
        assert.equal((await membersSeenBy(observer)).get(next.name)?.address, next.gossip, observer.name);
      return remark;
    },
  );
}
