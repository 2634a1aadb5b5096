// Encrypted gossip, in small: what keys must do for a cluster. The long stories are in src/sim/scenarios.

import { simKey } from "../../src/sim/keyrings.ts";
import { scenario } from "../support/scenario.ts";

const [OLD, NEW] = [simKey(1), simKey(2)] as const;
const KEYRING = { keys: [OLD], verifyIncoming: true, verifyOutgoing: true };
const SERVERS = ["a", "b", "c"];

scenario("what an operator is told was done with a key is done for good, however slow the disks", (t) => {
  t.cluster({ servers: SERVERS, keyring: KEYRING });
  t.until(() => t.everyoneIsIn());
  for (const name of SERVERS) t.slowDisk(name, 300);
  t.changeKeys("install", NEW);
  t.changeKeys("use", NEW);
  t.changeKeys("remove", OLD);
  for (const name of SERVERS) t.slowDisk(name, 0);
  t.kill(...SERVERS);
  t.restart(...SERVERS);
  t.until(() => t.everyoneIsIn(), { withinMs: 60_000 });
  t.settle();
});

scenario("a disk that refuses the ring is reported, and the change can be asked for again", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], keyring: KEYRING });
  t.until(() => t.everyoneIsIn());
  t.failDisk("x", "rename", "EIO");
  const answer = t.tryKeys("install", NEW).fails();
  t.expect(/1\/4 nodes reported failure/.test(answer.body), `one failed: ${answer.body}`);
  t.expect(/x: Failed to write keyring file: rename/.test(answer.body), `and says why: ${answer.body}`);
  t.changeKeys("install", NEW);
});

scenario("members that send under different keys hear each other while both have both", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], keyring: { ...KEYRING, keys: [OLD, NEW] } });
  t.until(() => t.everyoneIsIn());
  const deaths = t.deaths();
  // As when the question "use it" was lost on the way to some of them.
  for (const name of ["a", "x"]) {
    t.kill(name);
    t.reconfigure(name, (config) => ({
      ...config,
      gossipLan: { ...config.gossipLan, keyring: { ...KEYRING, keys: [NEW, OLD] } },
    }));
    t.restart(name);
  }
  t.until(() => t.everyoneIsIn(), { withinMs: 60_000 });
  t.run(30_000);
  t.expect(deaths.length === 0, `nobody is taken for dead: ${deaths.join(", ")}`);
  t.settle();
});

scenario("who has no key hears nothing and is not heard, and comes in when it has one", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], late: ["d"], keyring: KEYRING });
  t.reconfigure("d", (config) => ({ ...config, gossipLan: { ...config.gossipLan, keyring: undefined } }));
  t.until(() => t.leader());
  t.restart("d");
  t.run(60_000);
  const [known] = t.world.nodes.map(({ agent }) => agent?.pools.lan.nodes.has("d"));
  t.expect(known === false, "a stranger is not heard of");
  const stranger = t.world.nodes.find(({ name }) => name === "d")?.agent;
  t.expect(stranger?.pools.lan.nodes.size === 1, "and hears of nobody");
  t.kill("d");
  t.reconfigure("d", (config) => ({ ...config, gossipLan: { ...config.gossipLan, keyring: KEYRING } }));
  t.restart("d");
  t.until(() => t.everyoneIsIn(), { withinMs: 60_000 });
});

scenario("an agent that goes on from its own dump goes on with its keys", (t) => {
  t.cluster({ servers: SERVERS, wan: SERVERS, keyring: KEYRING });
  t.until(() => t.everyoneIsIn());
  t.changeKeys("install", NEW);
  for (const node of t.world.nodes) {
    const { dumpAgent, loadAgent } = node.build;
    if (node.agent !== undefined && node.chance !== undefined)
      node.agent = loadAgent(dumpAgent(node.agent), node.chance);
  }
  t.changeKeys("use", NEW);
  t.changeKeys("remove", OLD);
  t.settle();
});

scenario("the keys of all datacenters are changed from any of them", (t) => {
  const there = ["x", "y", "z"];
  t.cluster({
    servers: SERVERS,
    clients: ["k"],
    keyring: KEYRING,
    elsewhere: [{ servers: there, keyring: KEYRING }],
  });
  t.until(() => t.leader(...SERVERS) && t.leader(...there));
  t.settle();
  const deaths = t.deaths();
  t.changeKeys("install", NEW, { via: "k" });
  t.changeKeys("use", NEW, { via: "y" });
  // A datacenter that cannot be reached is no success, and what the others have done is no trouble when it is asked again.
  t.partition([...SERVERS, "k"], there);
  t.tryKeys("remove", OLD, { via: "b", withinMs: 150_000 }).fails();
  t.heal();
  t.settle({ withinMs: 300_000 });
  t.changeKeys("remove", OLD, { via: "b" });
  const { body } = t.ask("GET", "/v1/operator/keyring", undefined, { via: "k", withinMs: 60_000 }).succeeds();
  const pools = JSON.parse(body) as { WAN: boolean; Datacenter: string; Keys: Record<string, number> }[];
  const told = pools.map(
    ({ WAN, Datacenter, Keys }) => `${WAN ? "wan" : Datacenter} ${Keys[NEW]} ${Keys[OLD]}`,
  );
  t.expect(told.join() === "wan 6 undefined,dc1 4 undefined,dc2 3 undefined", told.join());
  t.settle();
  t.expect(
    deaths.every((death) => !/ (?:a|b|c|k|x|y|z) failed$/.test(death)),
    `nobody is lost: ${deaths.join(", ")}`,
  );
});
