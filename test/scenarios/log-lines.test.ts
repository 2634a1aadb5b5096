// What operators look for in the log, and have alarms on: the lines of Consul 1.8.7, word for word, with its keys.

import { expect, test } from "vitest";
import type { Notice } from "../../src/core/api/notice.ts";
import { Scenario } from "../../src/sim/scenario.ts";

/** "info server: Adding LAN server: server=b (Addr: tcp/10.0.0.2:8300) (DC: dc1)" */
function shown({ level, logger, message, fields = {} }: Notice): string {
  const words = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
  const by = logger === "" ? "agent" : logger;
  return `${level} ${by}: ${message}${words.length === 0 ? "" : `:${words.join("")}`}`;
}

/** What the agents of a story have written since they were asked last, with names in the place of node ids. */
class Told {
  readonly #lines = new Map<string, string[]>();
  readonly story: Scenario = new Scenario({
    seed: "1",
    observers: [
      () => ({
        afterStep: ({ name }, _input, _nowMs, effects) => {
          for (const effect of effects) if (effect.type === "notice") this.#of(name).push(shown(effect));
        },
      }),
    ],
  });

  #of(name: string): string[] {
    const lines = this.#lines.get(name) ?? [];
    this.#lines.set(name, lines);
    return lines;
  }

  take(name: string): readonly string[] {
    const { nodes } = this.story.world;
    return this.#of(name)
      .splice(0)
      .map((line) => nodes.reduce((text, each) => text.replaceAll(each.config.nodeId, each.name), line));
  }
}

/** Lines in this order, others between them. */
function expectInOrder(lines: readonly string[], wanted: readonly string[]): void {
  let from = 0;
  for (const line of wanted) {
    const at = lines.indexOf(line, from);
    expect(at < 0 ? lines.slice(from) : [line], `after line ${from}`).toContain(line);
    from = at + 1;
  }
}

test("how a cluster begins, what it is asked, who dies, who leads and who leaves is told in Consul's words", () => {
  const told = new Told();
  const t = told.story;
  t.cluster({ servers: ["a", "b", "c"], clients: ["k"], wan: [], seed: 1 });
  t.elect("a");
  t.settle();
  t.run(2000);

  expectInOrder(told.take("a"), [
    "info server.serf.wan: serf: EventMemberJoin: a.dc1 10.0.0.1",
    "info server: Handled event for server in area: event=member-join server=a.dc1 area=wan",
    "info server.serf.lan: serf: EventMemberJoin: a 10.0.0.1",
    "info server: Adding LAN server: server=a (Addr: tcp/10.0.0.1:8300) (DC: dc1)",
    "info agent: Joining cluster...: cluster=LAN",
    "info agent: (LAN) joining: lan_addresses=b,c,k",
    "debug server.memberlist.lan: memberlist: Initiating push/pull sync with:  10.0.0.2:8301",
    "info server.serf.lan: serf: EventMemberJoin: b 10.0.0.2",
    "info server: Adding LAN server: server=b (Addr: tcp/10.0.0.2:8300) (DC: dc1)",
    "info server.raft: initial configuration: index=0 servers=[]",
    "info server.raft: entering follower state: follower=Node at 10.0.0.1:8300 [Follower] leader=",
    "info agent: (LAN) joined: number_of_nodes=3",
    "info agent: Join cluster completed. Synced with initial agents: cluster=LAN num_agents=3",
    "debug server: Successfully performed flood-join for server at address: server=b.dc1 address=10.0.0.2:8302",
    "info server: Found expected number of peers, attempting bootstrap: peers=10.0.0.1:8300,10.0.0.2:8300,10.0.0.3:8300",
    "warn server.raft: heartbeat timeout reached, starting election: last-leader=",
    "info server.raft: entering candidate state: node=Node at 10.0.0.1:8300 [Candidate] term=2",
    "debug server.raft: votes: needed=2",
    "info server.raft: election won: tally=2",
    "info server.raft: entering leader state: leader=Node at 10.0.0.1:8300 [Leader]",
    "info server.raft: added peer, starting replication: peer=b",
    "info server: cluster leadership acquired",
    "debug server.serf.lan: serf: messageUserEventType: consul:new-leader",
    "info server: New leader elected: payload=a",
    "info agent: Synced node info",
    "info server: member joined, marking health alive: member=k",
  ]);
  expectInOrder(told.take("k"), [
    "info client.serf.lan: serf: EventMemberJoin: k 10.0.0.4",
    "info client: adding server: server=a (Addr: tcp/10.0.0.1:8300) (DC: dc1)",
    "info agent: Join cluster completed. Synced with initial agents: cluster=LAN num_agents=3",
    "info client: New leader elected: payload=a",
  ]);

  const put = (target: string, body?: string): void =>
    void t.ask("PUT", `/v1/${target}`, body, { via: "k" }).succeeds();
  put("agent/service/register", '{"Name":"web","Check":{"TTL":"2s"}}');
  t.run(3000);
  put("agent/check/pass/service:web");
  put("agent/service/maintenance/web?enable=true");
  put("agent/service/maintenance/web?enable=false");
  put("agent/maintenance?enable=true");
  put("agent/maintenance?enable=false");
  put("agent/service/deregister/web");
  put("event/fire/deploy");
  t.run(1000);
  expectInOrder(told.take("k"), [
    "info agent: Synced service: service=web",
    "info agent: Synced check: check=service:web",
    "warn agent: Check missed TTL, is now critical: check=service:web",
    "debug agent: Check status updated: check=service:web status=passing",
    "info agent: Service entered maintenance mode: service=web",
    "info agent: Synced check: check=_service_maintenance:web",
    "debug agent: removed check: check=_service_maintenance:web",
    "info agent: Service left maintenance mode: service=web",
    "info agent: Deregistered check: check=_service_maintenance:web",
    "info agent: Node entered maintenance mode",
    "info agent: Node left maintenance mode",
    "debug agent: removed check: check=service:web",
    "debug agent: removed service: service=web",
    "info agent: Deregistered service: service=web",
    "debug client.serf.lan: serf: messageUserEventType: consul:event:deploy",
    "debug client: user event: name=deploy",
  ]);

  t.kill("k");
  t.run(20_000);
  const dead = "server.memberlist.lan: memberlist:";
  expectInOrder(told.take("a"), [
    `debug ${dead} Failed ping: k (timeout reached)`,
    `info ${dead} Suspect k has failed, no acks received`,
    "info server.serf.lan: serf: EventMemberFailed: k 10.0.0.4",
    "info server: member failed, marking health critical: member=k",
  ]);

  t.kill("a");
  t.until(() => t.leader("b", "c"));
  t.run(30_000);
  const next = t.leader("b", "c") as string;
  const { [next]: ip } = { b: "10.0.0.2", c: "10.0.0.3" } as Readonly<Record<string, string>>;
  expectInOrder(told.take(next), [
    "warn server.raft: heartbeat timeout reached, starting election: last-leader=10.0.0.1:8300",
    `info server.raft: entering leader state: leader=Node at ${ip}:8300 [Leader]`,
    "info server.serf.lan: serf: EventMemberFailed: a 10.0.0.1",
    "info server: Removing LAN server: server=a (Addr: tcp/10.0.0.1:8300) (DC: dc1)",
    "info server: member failed, marking health critical: member=a",
    "info server.autopilot: Attempting removal of failed server node: name=a",
    "info server: removing server by ID: id=a",
    "info server.raft: updating configuration: command=RemoveServer server-id=a server-addr= servers=[{Suffrage:Voter ID:b Address:10.0.0.2:8300} {Suffrage:Voter ID:c Address:10.0.0.3:8300}]",
    "info server: deregistering member: member=a reason=left",
  ]);

  t.ask("PUT", "/v1/agent/leave", undefined, { via: next, withinMs: 60_000 }).succeeds();
  expectInOrder(told.take(next), [
    "info server: server starting leave",
    `info server.raft: entering follower state: follower=Node at ${ip}:8300 [Follower] leader=`,
    "info server: cluster leadership lost",
    `info server: Handled event for server in area: event=member-leave server=${next}.dc1 area=wan`,
    `info server.serf.lan: serf: EventMemberLeave: ${next} ${ip}`,
    `info server: Removing LAN server: server=${next} (Addr: tcp/${ip}:8300) (DC: dc1)`,
    "info server: Waiting to drain RPC traffic: drain_time=5s",
    "info agent: Graceful exit completed",
  ]);
});

const PEER_B = "{Voter b 10.0.0.2:8300}";

test("a leader tells of a follower that does not answer, and of one that it sends entries to", () => {
  const told = new Told();
  const t = told.story;
  t.cluster({ servers: ["a", "b", "c"], seed: 1 });
  t.elect("a");
  t.settle();
  const elected = told.take("a").map((line) => line.replace(/from=[bc] term=2 tally=2/, "from=another"));
  expectInOrder(elected, [
    "debug server.raft: vote granted: from=a term=2 tally=1",
    "debug server.raft: vote granted: from=another",
    `info server.raft: pipelining replication: peer=${PEER_B}`,
  ]);
  t.kill("b");
  t.put("k", "v", { via: "a" }).succeeds();
  t.run(4000);
  const refused = "error=dial tcp 10.0.0.2:8300: connect: connection refused";
  const lines = told.take("a");
  expectInOrder(lines, [
    `error server.raft: failed to heartbeat to: peer=10.0.0.2:8300 ${refused}`,
    `error server.raft: failed to appendEntries to: peer=${PEER_B} ${refused}`,
  ]);
  // A server that can be reached by nobody would fill the log: each failure is told after twice as many.
  const failures = lines.filter((line) => line.includes("failed to heartbeat to")).length;
  expect(failures).toBeGreaterThan(1);
  expect(failures).toBeLessThan(10);
  const silences = lines.filter((line) => line.includes("failed to contact: server-id=b"));
  expect(silences.map((line) => line.split(" ")[0])).toEqual([
    "warn",
    "warn",
    ...silences.slice(2).map((line) => (line.startsWith("warn") ? "warn" : "debug")),
  ]);
  expect(silences.at(-1)).toMatch(/^debug .* time=\d(\.\d+)?s$/);
  t.restart("b");
  t.settle();
  told.take("a");
  t.run(2000);
  expect(told.take("a").filter((line) => line.includes("failed to"))).toEqual([]);
});

test("a leader that is cut off says why it leads no more; who asks for votes in vain is told of", () => {
  const told = new Told();
  const t = told.story;
  t.cluster({ servers: ["a", "b", "c"], seed: 1 });
  t.elect("a");
  t.settle();
  told.take("a");
  t.partition(["a"], ["b", "c"]);
  t.until(() => t.leader("b", "c"));
  expectInOrder(told.take("a"), [
    "warn server.raft: failed to contact quorum of nodes, stepping down",
    "info server.raft: entering follower state: follower=Node at 10.0.0.1:8300 [Follower] leader=",
    "debug server: shutting down leader loop",
    `info server.raft: aborting pipeline replication: peer=${PEER_B}`,
    "info server: cluster leadership lost",
  ]);
  const next = t.leader("b", "c") as string;
  t.put("k", "v", { via: next }).succeeds();
  // It is heard, and hears nobody: so it asks, and neither of them has lost its leader.
  t.heal();
  t.settle();
  t.cutOneWay(["b", "c"], ["a"]);
  t.run(5000);
  const ip = next === "b" ? "10.0.0.2" : "10.0.0.3";
  const follower = next === "b" ? "c" : "b";
  expect([...told.take(follower), ...told.take(next)]).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        new RegExp(
          `^warn server.raft: rejecting vote request since we have a leader: from=10.0.0.1:8300 leader=${ip}`,
        ),
      ),
    ]),
  );
});

test("snapshots are told of as they are taken, sent and restored, and what goes from the log with them", () => {
  const told = new Told();
  const t = told.story;
  const raft = { trailingEntries: 5, snapshotEntries: 20, snapshotIntervalMs: 1000 };
  t.cluster({ servers: ["a", "b", "c"], raft, seed: 1 });
  t.elect("a");
  t.settle();
  t.kill("c");
  for (let at = 0; at < 60; at++) t.put(`k${at}`, "v", { via: "a" }).succeeds();
  t.run(3000);
  const lines = told.take("a");
  const index = /starting snapshot up to: index=(\d+)/.exec(lines.join("\n"))?.[1];
  expectInOrder(lines, [
    `info server.raft: starting snapshot up to: index=${index}`,
    `info server.raft: snapshot complete up to: index=${index}`,
    `info server.raft: compacting logs: from=1 to=${Number(index) - 5}`,
  ]);
  told.take("c");
  t.restart("c");
  t.settle();
  expectInOrder(told.take("c"), ["info server.raft: Installed remote snapshot"]);
  t.run(3000);
  t.kill("a");
  t.restart("a");
  t.settle();
  expect(told.take("a")).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^info server\.raft: restored from snapshot: id=\d+-\d+$/),
    ]),
  );
});

test("a client agent tells of what servers refused it, and every agent of what the catalog has of it", () => {
  const told = new Told();
  const t = told.story;
  t.cluster({ servers: ["a", "b", "c"], clients: ["k"], wan: [], seed: 1 });
  expect(told.take("k")).toContain("info agent: started state syncer");
  t.ask("GET", "/v1/kv/a", undefined, { via: "k" }).fails();
  expect(told.take("k")).toContain("warn router.manager: No servers available");
  t.elect("a");
  t.settle();
  const register = '{"Name":"web","Check":{"TTL":"1h"}}';
  t.ask("PUT", "/v1/agent/service/register", register, { via: "k" }).succeeds();
  told.take("k");
  t.ask("PUT", "/v1/catalog/register", "{}", { via: "k" }).fails();
  t.ask("GET", "/v1/kv/a?dc=dc9", undefined, { via: "k" }).fails();
  const failed = told.take("k").filter((line) => line.startsWith("error client"));
  expect(failed.map((line) => line.replace(/server=10\.0\.0\.\d:8300/, "server=S"))).toEqual([
    expect.stringMatching(
      /^error client: RPC failed to server: method=Catalog\.Register server=S error=rpc error making call: .*Must provide node$/,
    ),
    "error client: RPC failed to server: method=KVS.Get server=S error=rpc error making call: No path to datacenter",
  ]);
  expect(["a", "b", "c"].flatMap((name) => told.take(name))).toContain(
    "warn server.rpc: RPC request for DC is currently failing as no path was found: datacenter=dc9 method=KVS.Get",
  );
  t.run(130_000);
  expectInOrder(told.take("k"), [
    "debug agent: Skipping remote check since it is managed automatically: check=serfHealth",
    "debug agent: Service in sync: service=web",
    "debug agent: Check in sync: check=service:web",
    "debug agent: Node info in sync",
  ]);

  const { nodes } = t.world;
  const [asked] = nodes.find(({ name }) => name === "k")?.agent?.service.preference ?? [];
  const first = nodes.find(({ config }) => config.nodeId === asked)?.name ?? "";
  t.kill(first);
  t.run(10_000);
  const { [first]: ip } = { a: "10.0.0.1", b: "10.0.0.2", c: "10.0.0.3" } as Readonly<Record<string, string>>;
  const away = `server=${first} (Addr: tcp/${ip}:8300) (DC: dc1)`;
  expect(told.take("k")).toContain(`debug router.manager: cycled away from server: ${away}`);
});
