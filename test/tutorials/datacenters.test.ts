// The tutorial about several datacenters, typed at our agents: a server in each, joined over the WAN, and what one is asked
// of the other.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";
import { type Address, addressAt, Dig, portsFile, type Running, Workshop } from "./workshop.ts";

interface Site {
  readonly at: Address;
  /** Where it takes gossip of the WAN. */
  readonly wan: string;
  readonly shop: Workshop;
  readonly agent: Running;
}

let east: Site;
let west: Site;

async function openSite(datacenter: string, ip: string): Promise<Site> {
  const at = await addressAt(ip);
  const wanPort = await freePort(ip);
  const shop = new Workshop(mkdtempSync(join(tmpdir(), `quorate-tutorial-${datacenter}-`)), at);
  shop.write("consul.d/ports.json", portsFile(at, wanPort));
  const agent = shop.start(
    `consul agent -server -bootstrap-expect=1 -node=server-${datacenter} -datacenter=${datacenter} -bind=${ip} -client=${ip} -data-dir=data -config-dir=consul.d`,
  );
  await until("it leads", () => agent.said().includes("cluster leadership acquired"));
  return { at, wan: `${ip}:${wanPort}`, shop, agent };
}

beforeAll(async () => {
  const [first, second] = loopbackIps(2) as [string, string];
  [east, west] = await Promise.all([openSite("east", first), openSite("west", second)]);
});

afterAll(async () => {
  for (const { shop } of [east, west]) {
    await shop.clear();
    rmSync(shop.folder, { recursive: true, force: true });
  }
});

test("datacenters that are joined over the WAN see each other's servers", async () => {
  expect(await east.shop.out("consul catalog datacenters")).toBe("east\n");
  expect(await east.shop.out(`consul join -wan ${west.wan}`)).toBe(
    "Successfully joined cluster by contacting 1 nodes.\n",
  );
  const members = async (shop: Workshop): Promise<string[]> =>
    (await shop.out("consul members -wan"))
      .trim()
      .split("\n")
      .slice(1)
      .map((row) => row.split(/ +/))
      .map(([name, , status]) => `${name} ${status}`);
  await until("both list both", async () => {
    const all = await Promise.all([east, west].map(({ shop }) => members(shop)));
    return all.every((rows) => rows.join() === "server-east.east alive,server-west.west alive");
  });
  // The LAN is everyone's own.
  expect(await east.shop.out("consul members")).not.toContain("server-west");
  await until(
    "both are known",
    async () => (await west.shop.out("consul catalog datacenters")) === "west\neast\n",
  );
});

test("each can be asked for the other's services, nodes and keys", async () => {
  await west.shop.out(
    `curl -sf -X PUT -d '{"Name": "web", "Port": 80, "Address": "10.1.2.3"}' "http://$HTTP/v1/agent/service/register"`,
  );
  await until("it is in the catalog there", async () =>
    (await east.shop.out("consul catalog services -datacenter=west")).includes("web\n"),
  );
  expect(await east.shop.out("consul catalog services")).not.toContain("web");
  expect(await east.shop.out("consul catalog nodes -datacenter=west")).toContain("server-west");
  const dig = new Dig(east.at);
  expect(await dig.a("web.service.west.consul")).toEqual(["10.1.2.3"]);
  expect(await dig.a("web.service.consul")).toEqual([]);
  expect(await dig.a("server-west.node.west.consul")).toEqual([west.at.ip]);

  await east.shop.out("consul kv put -datacenter=west greeting hello");
  expect(await west.shop.out("consul kv get greeting")).toBe("hello\n");
  expect(await east.shop.out("consul kv get -datacenter=west greeting")).toBe("hello\n");
  expect((await east.shop.type("consul kv get greeting")).code).toBe(1);
  const nowhere = await east.shop.type("consul kv get -datacenter=north greeting");
  expect(nowhere).toMatchObject({
    code: 1,
    stderr: "Error querying Consul agent: Unexpected response code: 500\n",
  });
});

test("one that leaves is gone from the WAN", async () => {
  expect(await west.shop.out("consul leave")).toBe("Graceful leave complete\n");
  expect(await west.agent.ended()).toBe(0);
  await until("it has left", async () =>
    /server-west\.west .* left /.test(await east.shop.out("consul members -wan")),
  );
  await until(
    "it is forgotten",
    async () => (await east.shop.out("consul catalog datacenters")) === "east\n",
  );
});
