// The tutorials about several machines, typed at our agents: one server and a second agent that joins it, with checks of
// machine and service, as in the days of Vagrant; then three servers and a client, one of which leaves, and the recovery by
// peers.json when two are gone for good.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";
import { type Address, addressAt, Dig, portsFile, type Running, Workshop } from "./workshop.ts";

interface Machine {
  readonly name: string;
  readonly at: Address;
  readonly shop: Workshop;
}

const machines: Machine[] = [];

/** Folders of their own, as on machines of their own. */
async function createMachines(names: readonly string[]): Promise<Machine[]> {
  const ips = loopbackIps(names.length);
  return Promise.all(
    names.map(async (name, at) => {
      const address = await addressAt(ips[at] as string);
      const shop = new Workshop(mkdtempSync(join(tmpdir(), `quorate-tutorial-${name}-`)), address);
      shop.write("consul.d/ports.json", portsFile(address));
      const machine = { name, at: address, shop };
      machines.push(machine);
      return machine;
    }),
  );
}

function startAgent({ name, at, shop }: Machine, flags: string): Running {
  return shop.start(
    `consul agent -node=${name} -bind=${at.ip} -client=${at.ip} -data-dir=data -config-dir=consul.d ${flags}`,
  );
}

const lan = ({ at }: Machine): string => `${at.ip}:${at.ports.serfLan}`;

async function statuses(machine: Machine): Promise<ReadonlyMap<string, string>> {
  const rows = (await machine.shop.out("consul members")).trim().split("\n").slice(1);
  return new Map(
    rows.map((row) => {
      const [name = "", , status = ""] = row.split(/ +/);
      return [name, status];
    }),
  );
}

async function critical({ shop }: Machine): Promise<string[]> {
  const all = JSON.parse(await shop.out('curl -s "http://$HTTP/v1/health/state/critical"')) as {
    readonly CheckID: string;
  }[];
  return all.map(({ CheckID }) => CheckID).sort();
}

afterAll(async () => {
  await Promise.all(machines.map(({ shop }) => shop.clear()));
  for (const { shop } of machines) rmSync(shop.folder, { recursive: true, force: true });
});

describe("a server and a second agent", () => {
  let one: Machine;
  let two: Machine;
  let second: Running;

  beforeAll(async () => {
    [one, two] = (await createMachines(["agent-one", "agent-two"])) as [Machine, Machine];
    // Exit code 1 would be a warning, with which a service is still in DNS.
    const has = (file: string): string[] => ["sh", "-c", `test -e '${two.shop.folder}/${file}' || exit 2`];
    two.shop.write("up", "");
    two.shop.write("consul.d/ping.json", check("ping", has("up")));
    two.shop.write(
      "consul.d/web.json",
      `{"service": {"name": "web", "tags": ["rails"], "port": 80,
        "check": {"args": ${JSON.stringify(has("index.html"))}, "interval": "1s"}}}`,
    );
    const first = startAgent(one, "-server -bootstrap-expect=1 -enable-script-checks=true");
    second = startAgent(two, "-enable-script-checks=true");
    await until("the server leads", () => first.said().includes("cluster leadership acquired"));
  });

  const check = (name: string, args: readonly string[]): string =>
    JSON.stringify({ check: { name, args, interval: "1s" } });

  test("do not know of each other before one joins", async () => {
    expect([...(await statuses(one)).keys()]).toEqual(["agent-one"]);
    await until("the agent can be joined", async () => (await two.shop.type("consul info")).code === 0);
    expect(await one.shop.out(`consul join ${lan(two)}`)).toBe(
      "Successfully joined cluster by contacting 1 nodes.\n",
    );
    await until("both list both", async () => {
      const all = [await statuses(one), await statuses(two)];
      return all.every((each) => each.get("agent-one") === "alive" && each.get("agent-two") === "alive");
    });
  });

  test("find each other in DNS, and what is sick is not in it", async () => {
    const dig = new Dig(one.at);
    await until("the node is known", async () => (await dig.a("agent-two.node.consul"))[0] === two.at.ip);
    await until("the service is critical", async () => (await critical(one)).join() === "service:web");
    expect(await dig.a("web.service.consul")).toEqual([]);
    two.shop.write("index.html", "hello");
    await until("it is in DNS", async () => (await dig.a("web.service.consul"))[0] === two.at.ip);
    await two.shop.out("rm up");
    await until("the machine is critical", async () => (await critical(one)).join() === "ping");
    await until("it is not in DNS", async () => (await dig.a("web.service.consul")).length === 0);
    await two.shop.out("touch up");
    await until("it is again", async () => (await dig.a("web.service.consul")).length === 1);
  });

  test("leave, or fail", async () => {
    second.signal("SIGKILL");
    await until("it has failed", async () => (await statuses(one)).get("agent-two") === "failed");
    await until("its node is critical", async () => (await critical(one)).includes("serfHealth"));
    second = startAgent(two, "-enable-script-checks=true");
    await one.shop.type(`consul join ${lan(two)}`);
    await until("it is back", async () => {
      await one.shop.type(`consul join ${lan(two)}`);
      return (await statuses(one)).get("agent-two") === "alive";
    });
    expect(await two.shop.out("consul leave")).toBe("Graceful leave complete\n");
    expect(await second.ended()).toBe(0);
    await until("it has left", async () => (await statuses(one)).get("agent-two") === "left");
    const dig = new Dig(one.at);
    await until("it is out of DNS", async () => (await dig.a("agent-two.node.consul")).length === 0);
  });
});

describe("three servers and a client", () => {
  let servers: Machine[];
  let client: Machine;
  const running = new Map<string, Running>();

  const flags = (): string =>
    `-retry-interval=1s -hcl='performance { raft_multiplier = 1 }' ${servers.map((each) => `-retry-join=${lan(each)}`).join(" ")}`;

  beforeAll(async () => {
    servers = await createMachines(["s1", "s2", "s3"]);
    [client] = (await createMachines(["c1"])) as [Machine];
    for (const each of servers)
      running.set(each.name, startAgent(each, `-server -bootstrap-expect=3 ${flags()}`));
    running.set("c1", startAgent(client, `-hcl='disable_remote_exec = false' ${flags()}`));
    await until("all list all", async () => (await statuses(client)).size === 4);
    await until(
      "there is a leader",
      async () => (await client.shop.type("consul kv put motd hi")).code === 0,
    );
  });

  test("show who leads", async () => {
    const rows = (await client.shop.out("consul operator raft list-peers")).trim().split("\n").slice(1);
    expect(rows.length).toBe(3);
    expect(rows.filter((row) => / leader /.test(row)).length).toBe(1);
  });

  test("run a command on machines that allow it", async () => {
    const ran = await client.shop.out("consul exec -node=c1 -wait=5s echo hello from exec");
    expect(ran).toContain("    c1: hello from exec");
    expect(ran).toContain("1 / 1 node(s) completed / acknowledged");
  });

  test("hold one lock for all", async () => {
    const holder = client.shop.start("consul lock deploy 'echo first; sleep 2'");
    await until("it is held", () => holder.said().includes("first"));
    const second = await (servers[0] as Machine).shop.out("consul lock deploy 'echo second'");
    expect(second).toBe("second\n");
    expect(await holder.ended()).toBe(0);
  });

  test("go on when one leaves", async () => {
    const leaving = servers[2] as Machine;
    expect(await leaving.shop.out("consul leave")).toBe("Graceful leave complete\n");
    expect(await running.get("s3")?.ended()).toBe(0);
    await until("it has left", async () => (await statuses(client)).get("s3") === "left");
    await until("two are left", async () => {
      const rows = (await client.shop.out("consul operator raft list-peers")).trim().split("\n");
      return rows.length === 3;
    });
    await until(
      "writes go on",
      async () => (await client.shop.type("consul kv put after leaving")).code === 0,
    );
  });

  test("are recovered by peers.json when one alone is left", async () => {
    const [left, gone] = servers as [Machine, Machine];
    running.get("s2")?.signal("SIGKILL");
    await running.get("s2")?.ended();
    expect((await client.shop.type("consul kv put while none")).code).toBe(1);
    running.get("s1")?.signal("SIGKILL");
    await running.get("s1")?.ended();
    const id = (await left.shop.out("cat data/node-id")).trim();
    const address = `${left.at.ip}:${left.at.ports.server}`;
    left.shop.write("data/raft/peers.json", JSON.stringify([{ id, address, non_voter: false }]));
    running.set("s1", startAgent(left, `-server ${flags()}`));
    await until("it leads alone", async () => (await left.shop.type("consul kv put saved yes")).code === 0);
    expect(await left.shop.out("consul kv get motd")).toBe("hi\n");
    expect(await left.shop.out("consul operator raft list-peers")).not.toContain(gone.name);
    expect((await left.shop.type("cat data/raft/peers.json")).code).toBe(1);
  });
});
