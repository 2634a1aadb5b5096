// LANs whose gossip is encrypted: under our server and under Consul's, with Serf's agent where it is installed. All list
// all; the key is changed from each of the programs, and nobody is lost for it; who has no key stays out. And a LAN that
// becomes encrypted while it runs, agent by agent.

import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { askOnce, getJson } from "../../../test/support/http-client.ts";
import { until } from "../../../test/support/until.ts";
import type { Promises } from "../../report/promises.ts";
import { type Kind, type LanAgent, membersSeenBy, tell } from "../agents.ts";
import { allKnowAll, dies, hold, type Lan, leaves, untilAllAlive } from "../lan.ts";
import { agentOf, type Cast, type InteropScenario, SERF, withLan } from "../with-lan.ts";

/** So long a stranger tries to come in: some of its attempts, a second each. */
const TRIED_MS = 5_000;

/** So long agents of two stages live side by side: enough for probes to fail, and suspects to die. */
const MIXED_MS = 4_000;

function newKey(): string {
  return randomBytes(32).toString("base64");
}

function underKey(cast: Cast, key: string): Cast {
  return cast.map(([name, kind]) => [name, kind, ["-encrypt", key]] as const);
}

const rotating = (name: string, server: Kind, client: Kind): InteropScenario => ({
  name,
  run: (promises) => rotate(name.replaceAll("-", " "), server, client, promises),
});

export const ENCRYPTED_UNDER_OURS: InteropScenario = rotating(
  "encrypted-under-our-server",
  "Quorate",
  "Consul",
);
export const ENCRYPTED_UNDER_CONSULS: InteropScenario = rotating(
  "encrypted-under-consuls-server",
  "Consul",
  "Quorate",
);

async function rotate(title: string, serverKind: Kind, clientKind: Kind, promises: Promises): Promise<void> {
  const keys = [newKey(), newKey(), newKey(), newKey()] as [string, string, string, string];
  const cast: Cast = [
    ["server1", serverKind],
    ["client1", clientKind],
    ["client2", clientKind],
    ["client3", serverKind],
    ...SERF,
  ];
  await withLan(title, underKey(cast, keys[0]), promises, async (lan, create) => {
    const { server } = lan;
    await allKnowAll(lan);
    const stranger = create("stranger", clientKind, ["-retry-join", server.gossip, "-encrypt", newKey()]);
    const plain = create("plain", clientKind, ["-retry-join", server.gossip]);
    await staysOut(lan, stranger, "with another key");
    await staysOut(lan, plain, "without a key");
    await changesKey(lan, keys[0], keys[1], "its server's own keyring command", (...args) =>
      tell(server, "keyring", args),
    );
    const other: Kind = serverKind === "Quorate" ? "Consul" : "Quorate";
    await changesKey(lan, keys[1], keys[2], `${other}'s keyring command at its server`, (...args) =>
      tell(server, "keyring", args, other),
    );
    const [serf1] = lan.agents.filter(({ kind }) => kind === "Serf");
    if (serf1 !== undefined)
      await changesKey(lan, keys[2], keys[3], "Serf's keys command at its agent", (...args) =>
        tell(serf1, "keys", args),
      );
    await hold(lan, "a wrong key is refused by everybody, in the same words", async () => {
      const body = JSON.stringify({ Key: newKey() });
      const ask = { method: "PUT", target: "/v1/operator/keyring", body };
      await heardByAll(async () => {
        const answer = await askOnce(server.process.http, ask);
        assert(answer.ok && answer.status === 500);
        for (const { name } of lan.agents)
          assert.match(answer.body, new RegExp(`\\* ${name}: Requested key is not in the keyring\\n`));
      });
    });
    // Each starts again with the key that it was given first, and knows better.
    for (const name of ["client1", "server1"]) await dies(lan, agentOf(lan, name));
    await leaves(lan, agentOf(lan, "client2"));
    await hold(lan, "in the end all list all alive", () => untilAllAlive(lan));
  });
}

/** From one key to the next by way of some program, while everybody is watched. */
async function changesKey(
  lan: Lan,
  old: string,
  next: string,
  by: string,
  keyring: (...args: string[]) => Promise<string>,
): Promise<void> {
  const deadBefore = lan.agents.map(deathsTold);
  await hold(lan, `the key is changed by ${by}`, async () => {
    await heardByAll(() => keyring(`-install=${next}`));
    await heardByAll(() => keyring(`-use=${next}`));
    await heardByAll(() => keyring(`-remove=${old}`));
    const listed = await heardByAll(() => keyring("-list"));
    assert(listed.includes(next), `it lists the new key: ${listed}`);
    assert(!listed.includes(old), `and not the old one: ${listed}`);
  });
  await hold(lan, "all have the new key and send under it", async () => {
    const [pool] = await heardByAll(() =>
      getJson<readonly KeyList[]>(lan.server.process.http, "/v1/operator/keyring?local-only=true"),
    );
    const all = { [next]: lan.agents.length };
    assert.deepEqual([pool?.Keys, pool?.NumNodes], [all, lan.agents.length]);
    // Serf 0.9.4 does not say which key is its primary one.
    const telling = lan.agents.filter(({ kind }) => kind !== "Serf").length;
    assert((pool?.PrimaryKeys?.[next] ?? 0) >= telling, JSON.stringify(pool?.PrimaryKeys));
  });
  await hold(lan, "nobody was lost for it", async () => {
    await sleep(TRIED_MS);
    assert.deepEqual(lan.agents.map(deathsTold), deadBefore);
    return untilAllAlive(lan);
  });
}

/** Asks again if somebody did not hear the question, as an operator would: each member tells a query on to a few others
 * that it draws, so now and then one is left out, in pools of the originals alone too. */
async function heardByAll<T>(ask: () => Promise<T>): Promise<T> {
  for (let triesLeft = 4; ; triesLeft--) {
    try {
      return await ask();
    } catch (error) {
      const unheard = /\d+\/\d+ nodes reported (success|failure)/.test(String(error));
      if (!unheard || triesLeft === 0) throw error;
    }
  }
}

interface KeyList {
  readonly Keys: Readonly<Record<string, number>>;
  readonly PrimaryKeys?: Readonly<Record<string, number>>;
  readonly NumNodes: number;
}

function deathsTold({ process }: LanAgent): number {
  return process.log().split("EventMemberFailed").length - 1;
}

async function staysOut(lan: Lan, stranger: LanAgent, how: string): Promise<void> {
  await hold(lan, `${stranger.kind}'s agent ${how} stays out`, async () => {
    stranger.process.start();
    await until("it has tried", () => /No installed keys|encrypt/.test(stranger.process.log()));
    await sleep(TRIED_MS);
    for (const agent of lan.agents) assert(!(await membersSeenBy(agent)).has(stranger.name), agent.name);
    assert.deepEqual([...(await membersSeenBy(stranger)).keys()], [stranger.name]);
  });
  await stranger.process.kill();
}

export const BECOMES_ENCRYPTED: InteropScenario = { name: "becomes-encrypted", run: becomesEncrypted };

/** What each agent is started with, stage by stage: it would understand, it seals what it sends, it demands seals. */
const STAGES = [
  [false, false],
  [false, true],
  [true, true],
] as const;

async function becomesEncrypted(promises: Promises): Promise<void> {
  const cast: Cast = [
    ["server1", "Quorate"],
    ["consul1", "Consul"],
    ["ours1", "Quorate"],
    ["consul2", "Consul"],
  ];
  await withLan("becomes encrypted", cast, promises, async (lan) => {
    const key = newKey();
    await allKnowAll(lan);
    for (const [incoming, outgoing] of STAGES) {
      const stage = `encrypt_verify_incoming = ${incoming} encrypt_verify_outgoing = ${outgoing}`;
      const deadBefore = lan.agents.map(deathsTold);
      await hold(lan, `each is restarted with ${stage}, and all list all`, async () => {
        for (const agent of lan.agents) {
          await agent.process.kill();
          agent.process.start(["-encrypt", key, "-hcl", stage]);
          await untilAllAlive(lan);
          await sleep(MIXED_MS);
        }
        assert.deepEqual(lan.agents.map(deathsTold), deadBefore, "nobody was lost for it");
        return untilAllAlive(lan);
      });
    }
    await hold(lan, "in the end our server says that gossip is encrypted", async () =>
      assert.match(await tell(lan.server, "info"), /encrypted = true/),
    );
  });
}
