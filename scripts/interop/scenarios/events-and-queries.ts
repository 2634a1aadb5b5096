// User events and queries among agents of all kinds: fired at one they come to the others, once; asked by one they are
// answered by those that the filters choose.

import { strict as assert } from "node:assert";
import { textOfBytes, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { decodeSerf } from "../../../src/core/wire/gossip/serf-messages.ts";
import { getJson } from "../../../test/support/http-client.ts";
import { freePorts, loopbackIps } from "../../../test/support/loopback.ts";
import { until } from "../../../test/support/until.ts";
import type { Promises } from "../../report/promises.ts";
import { type LanAgent, membersSeenBy, tell } from "../agents.ts";
import { eventsHeard, type GossipNode, startGossipNode } from "../gossip-node.ts";
import { hold, type Lan, untilAllAlive, untilSeen } from "../lan.ts";
import { agentOf, type Cast, type InteropScenario, isInstalled, withLan } from "../with-lan.ts";

export const EVENTS_AND_QUERIES: InteropScenario = { name: "events-and-queries", run: eventsAndQueries };

/** Serf's agent answers one query. */
const SERF: Cast = isInstalled("serf") ? [["serf1", "Serf", ["-event-handler", "query:load=echo 0.7"]]] : [];
const NOTHING = new Uint8Array(0);

async function eventsAndQueries(promises: Promises): Promise<void> {
  await withLan(
    "events under our server",
    [["server1", "Quorate"], ["ours1", "Quorate"], ["consul1", "Consul"], ...SERF],
    promises,
    (lan) => eventsCross(lan, "ours1", "consul1"),
  );
  await withLan(
    "events under Consul's server",
    [["server1", "Consul"], ["consul1", "Consul"], ["ours1", "Quorate"], ...SERF],
    promises,
    async (lan) => {
      await eventsCross(lan, "consul1", "ours1");
      await withGossipNode(lan, async (bare) => {
        await queriesCross(lan, bare);
        if (SERF.length > 0) await serfAsks(lan, bare);
      });
    },
  );
}

/** What is fired at one agent comes to those of its own kind and of the other. */
async function eventsCross(lan: Lan, firesName: string, otherName: string): Promise<void> {
  const [server, fires, other] = ["server1", firesName, otherName].map((name) => agentOf(lan, name)) as [
    LanAgent,
    LanAgent,
    LanAgent,
  ];
  await hold(lan, "all list all alive", () => untilAllAlive(lan));
  await until(
    "there is a leader",
    async () => (await getJson<string>(server.process.http, "/v1/status/leader")) !== "",
  );
  await hold(lan, `an event fired at ${fires.name} comes to ${other.name} as it was fired`, async () => {
    const id = await fire(fires, ["-name", "deploy", "-node", "^(ours|consul)1$", "1.4.2"]);
    await until("it comes", async () => (await eventsOf(other, "deploy")).length > 0);
    const { LTime: _, ...event } = (await eventsOf(other, "deploy"))[0] as Event;
    assert.deepEqual(event, {
      ID: id,
      Name: "deploy",
      Payload: Buffer.from("1.4.2").toString("base64"),
      NodeFilter: "^(ours|consul)1$",
      ServiceFilter: "",
      TagFilter: "",
      Version: 1,
    });
  });
  await hold(lan, "whom its filters do not choose has not got it, and nobody got one twice", async () => {
    await fire(fires, ["-name", "for-nobody", "-node", "^nobody$"]);
    await fire(fires, ["-name", "for-services", "-service", "^nosuch"]);
    await fire(fires, ["-name", "last"]);
    for (const agent of [server, fires, other])
      await until(`the last comes to ${agent.name}`, async () => (await eventsOf(agent, "last")).length > 0);
    for (const agent of [server, fires, other]) {
      const names = (await eventsOf(agent)).map(({ Name }) => Name).sort();
      assert.deepEqual(names, agent === server ? ["last"] : ["deploy", "last"], agent.name);
    }
  });
  await hold(lan, "the word of the leader has come to all who were there", async () => {
    // Who joins later is not told what was said before.
    const before = server.process.log().split("New leader elected")[0] ?? "";
    for (const agent of [fires, other].filter(({ name }) => before.includes(`EventMemberJoin: ${name} `)))
      await until(`${agent.name} knows`, () =>
        /New leader elected: payload=server1/.test(agent.process.log()),
      );
  });
}

async function fire(agent: LanAgent, args: readonly string[]): Promise<string> {
  const said = await tell(agent, "event", args);
  return /^Event ID: (\S+)$/m.exec(said)?.[1] ?? said;
}

interface Event {
  readonly ID: string;
  readonly Name: string;
  readonly LTime: number;
}

function eventsOf(agent: LanAgent, name = ""): Promise<readonly Event[]> {
  return getJson(agent.process.http, `/v1/event/list?name=${name}`);
}

async function withGossipNode(lan: Lan, use: (bare: GossipNode) => Promise<void>): Promise<void> {
  const [ip = "127.0.0.1"] = loopbackIps(1);
  const { serfLan } = await freePorts(ip);
  const bare = await startGossipNode("bare", ip, serfLan);
  try {
    bare.join(lan.agents.map(({ gossip }) => gossip));
    await hold(lan, "our machine joins without an agent", () => untilSeen(lan.agents, bare.name, "alive"));
    await use(bare);
  } finally {
    await bare.close();
  }
}

/** Our machine asks. */
async function queriesCross(lan: Lan, bare: GossipNode): Promise<void> {
  const names = lan.agents.map(({ name }) => name);
  const serf = SERF.map(([name]) => name);
  await hold(
    lan,
    "all confirm a query of ours, through others too, and Serf's agent answers it",
    async () => {
      const { acks, responses } = await bare.ask({
        name: "load",
        payload: NOTHING,
        wantAcks: true,
        relayFactor: 2,
      });
      assert.deepEqual(acks, [bare.name, ...names].sort());
      assert.deepEqual([...responses.keys()].sort(), [bare.name, ...serf].sort());
      for (const name of serf) assert.equal(textOfBytes(responses.get(name) ?? NOTHING), "0.7\n");
    },
  );
  await hold(lan, "filters of ours choose by name and by regular expression", async () => {
    const asked = async (
      ...filters: NonNullable<Parameters<GossipNode["ask"]>[0]["filters"]>
    ): Promise<readonly string[]> =>
      (await bare.ask({ name: "load", payload: NOTHING, wantAcks: true, filters })).acks;
    const clients = names.filter((name) => name !== "server1" && !serf.includes(name)).sort();
    assert.deepEqual(await asked({ type: "nodes", names: ["ours1", "consul1"] }), ["consul1", "ours1"]);
    assert.deepEqual(await asked({ type: "tag", tag: "role", expr: "^n(o|i)de?$" }), clients);
    assert.deepEqual(
      await asked(
        { type: "tag", tag: "role", expr: "(?i)NODE" },
        { type: "nodes", names: ["ours1", "server1"] },
      ),
      ["ours1"],
    );
    assert.deepEqual(await asked({ type: "tag", tag: "role", expr: "(" }), []);
  });
  await hold(lan, "all mean the same agent by its name, but for the agent itself", async () => {
    const { responses } = await bare.ask({ name: "_serf_conflict", payload: utf8Bytes("ours1") });
    assert.deepEqual(
      [...responses.keys()].sort(),
      [bare.name, ...names.filter((name) => name !== "ours1")].sort(),
    );
    const ours = agentOf(lan, "ours1").process.spec;
    for (const [name, payload] of responses) {
      const decoded = decodeSerf(payload);
      assert(decoded.ok && decoded.value.type === "conflict-response", name);
      const { addr, port } = decoded.value;
      assert.deepEqual([[...(addr ?? [])].slice(-4).join("."), port], [ours.ip, ours.ports.serfLan], name);
    }
  });
}

/** Serf's agent asks, and fires. */
async function serfAsks(lan: Lan, bare: GossipNode): Promise<void> {
  const serf = agentOf(lan, "serf1");
  const everybody = [...lan.agents.map(({ name }) => name), bare.name].sort();
  const ask = async (...args: string[]): Promise<{ acks: string[]; responses: Record<string, string> }> => {
    const said = JSON.parse(await tell(serf, "query", ["-format=json", "-timeout=3s", ...args, "load"]));
    return { acks: (said.Acks ?? []).sort(), responses: said.Responses ?? {} };
  };
  await hold(lan, "all confirm a query of Serf's, and ours answer it", async () => {
    const { acks, responses } = await ask();
    assert.deepEqual(acks, everybody);
    assert.deepEqual(Object.keys(responses).sort(), [bare.name, serf.name]);
    assert.equal(responses[bare.name], bare.name);
  });
  await hold(lan, "answers come once where they are relayed, too", async () => {
    const { acks, responses } = await ask("-relay-factor=2");
    assert.deepEqual(acks, everybody);
    assert.deepEqual(Object.keys(responses).sort(), [bare.name, serf.name]);
  });
  await hold(lan, "filters of Serf's are judged as Serf judges them", async () => {
    assert.deepEqual((await ask("-node=ours1", "-node=bare")).acks, ["bare", "ours1"]);
    assert.deepEqual((await ask("-tag", "role=^(bare|n.de)$")).acks, ["bare", "consul1", "ours1"]);
    assert.deepEqual((await ask("-tag", "role=^b", "-tag", "dc=^$")).acks, ["bare"]);
    assert.deepEqual((await ask("-tag", "role=[")).acks, []);
  });
  await hold(lan, "Serf finds all of them reachable", async () => {
    assert.match(await tell(serf, "reachability"), /Successfully contacted all live nodes/);
  });
  await hold(lan, "events of Serf's own come to our machine, and ours to Serf, once", async () => {
    await tell(serf, "event", ["custom", "from Serf"]);
    await until("it comes", () => eventsHeard(bare, "custom").length > 0);
    bare.fire("returned", "to Serf");
    await until("it comes back", () => /Received event: user-event: returned/.test(serf.process.log()));
    await tell(serf, "event", ["-coalesce=false", "end", "x"]);
    await until("the last comes", () => eventsHeard(bare, "end").length > 0);
    assert.deepEqual(eventsHeard(bare, "custom"), ["from Serf"]);
    assert.deepEqual(eventsHeard(bare, "returned"), ["to Serf"]);
    assert.equal((await membersSeenBy(serf)).get("ours1")?.status, "alive");
  });
}
