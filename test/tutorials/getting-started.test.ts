// The usual introduction to Consul, typed at our agent: one machine, a service with checks, DNS, keys, sessions, locks,
// events, watches, maintenance.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";
import {
  type Address,
  addressAt,
  Dig,
  has,
  isOriginal,
  portsFile,
  type Running,
  Workshop,
} from "./workshop.ts";

let shop: Workshop;
let at: Address;
let dig: Dig;
let agent: Running;

beforeAll(async () => {
  at = await addressAt(loopbackIps(1)[0] as string);
  shop = new Workshop(mkdtempSync(join(tmpdir(), "quorate-tutorial-")), at);
  dig = new Dig(at);
  shop.write("consul.d/ports.json", portsFile(at));
  agent = shop.start(
    `consul agent -dev -enable-script-checks -config-dir=./consul.d -node=machine -bind=${at.ip} -client=${at.ip}`,
  );
  await until("the agent leads", () => agent.said().includes("cluster leadership acquired"));
  await until("its node is known", async () => (await curl("/v1/catalog/nodes")).includes("machine"));
});

afterAll(async () => {
  await shop.clear();
  rmSync(shop.folder, { recursive: true, force: true });
});

function curl(path: string, more = ""): Promise<string> {
  return shop.out(`curl -s ${more} "http://$HTTP${path}"`);
}

describe("the agent", () => {
  test("lists itself", async () => {
    const [head, row] = (await shop.out("consul members")).trim().split("\n");
    expect(head).toMatch(/^Node +Address +Status +Type +Build +Protocol +DC +Segment$/);
    expect(row).toMatch(
      new RegExp(`^machine +${at.ip}:${at.ports.serfLan} +alive +server +1\\.8\\.7 +2 +dc1`),
    );
    expect(JSON.parse(await curl("/v1/catalog/nodes"))).toMatchObject([{ Node: "machine", Address: at.ip }]);
  });

  test("answers for its node in DNS", async () => {
    expect(await dig.a("machine.node.consul")).toEqual([at.ip]);
    expect(await dig.a("machine.node.dc1.consul")).toEqual([at.ip]);
    expect(await dig.a("nobody.node.consul")).toEqual([]);
  });

  test.skipIf(!has("dig"))("is asked with dig", async () => {
    const said = await shop.out(`dig @${at.ip} -p ${at.ports.dns} machine.node.consul`);
    expect(said).toMatch(
      new RegExp(`machine\\.node\\.consul\\.\\s+0\\s+IN\\s+A\\s+${at.ip.replaceAll(".", "\\.")}`),
    );
  });
});

describe("a service in a file", () => {
  let web: Server;
  let port = 0;

  beforeAll(async () => {
    web = createServer((_, response) => response.end("hello\n")).listen(0, at.ip);
    await once(web, "listening");
    port = (web.address() as AddressInfo).port;
  });
  afterAll(() => void web.close());

  test("is there after a reload", async () => {
    shop.write("consul.d/web.json", `{"service": {"name": "web", "tags": ["rails"], "port": ${port}}}`);
    expect(await shop.out("consul reload")).toBe("Configuration reload triggered\n");
    await until("web is known", async () => (await curl("/v1/catalog/service/web")).includes("rails"));
    expect(await dig.a("web.service.consul")).toEqual([at.ip]);
    expect(await dig.a("rails.web.service.consul")).toEqual([at.ip]);
    expect(await dig.srv("web.service.consul")).toEqual([{ name: "machine.node.dc1.consul", port }]);
    expect(await dig.srv("_web._rails.service.consul")).toEqual([{ name: "machine.node.dc1.consul", port }]);
    expect((await shop.out("consul catalog services")).split("\n")).toContain("web");
  });

  test("has checks by script and by HTTP, and drops out of DNS when it stops", async () => {
    const checks = [
      { id: "curl", args: ["curl", "-sf", `http://${at.ip}:${port}/`], interval: "1s" },
      { id: "http", http: `http://${at.ip}:${port}/`, interval: "1s", timeout: "5s" },
    ];
    shop.write(
      "consul.d/web.json",
      JSON.stringify({ service: { name: "web", tags: ["rails"], port, checks } }),
    );
    await shop.out("consul reload");
    const passing = async (): Promise<number> =>
      (JSON.parse(await curl("/v1/health/service/web?passing")) as unknown[]).length;
    await until("both checks pass", async () => {
      const all = JSON.parse(await curl("/v1/health/checks/web")) as { readonly Status: string }[];
      return all.length === 2 && all.every(({ Status }) => Status === "passing");
    });
    expect(await passing()).toBe(1);
    expect(await dig.a("web.service.consul")).toEqual([at.ip]);
    web.close();
    web.closeAllConnections();
    await until("it is passing no more", async () => (await passing()) === 0);
    await until("it is out of DNS", async () => (await dig.a("web.service.consul")).length === 0);
    await until("both checks are critical", async () => {
      const all = JSON.parse(await curl("/v1/health/state/critical")) as { readonly CheckID: string }[];
      return (
        all
          .map(({ CheckID }) => CheckID)
          .sort()
          .join() === "curl,http"
      );
    });
    web.listen(port, at.ip);
    await until("it is in DNS again", async () => (await dig.a("web.service.consul")).length === 1);
  });

  test("is taken out of service and put back by maintenance", async () => {
    expect(await shop.out('consul maint -enable -reason "new disks"')).toBe(
      "Node maintenance is now enabled\n",
    );
    await until("it is out of DNS", async () => (await dig.a("web.service.consul")).length === 0);
    expect(await shop.out("consul maint")).toContain("new disks");
    expect(await shop.out("consul maint -disable")).toBe("Node maintenance is now disabled\n");
    await until("it is in DNS again", async () => (await dig.a("web.service.consul")).length === 1);
  });
});

describe("keys", () => {
  test("are put, read, listed and removed", async () => {
    const none = await shop.type("consul kv get redis/config/minconns");
    expect(none).toEqual({ stdout: "", stderr: "Error! No key exists at: redis/config/minconns\n", code: 1 });
    expect(await shop.out("consul kv put redis/config/minconns 1")).toBe(
      "Success! Data written to: redis/config/minconns\n",
    );
    await shop.out("consul kv put redis/config/maxconns 25");
    await shop.out("consul kv put -flags=42 redis/config/users/admin abcd1234");
    expect(await shop.out("consul kv get redis/config/minconns")).toBe("1\n");
    expect(await shop.out("consul kv get -detailed redis/config/users/admin")).toMatch(/^Flags +42$/m);
    expect(await shop.out("consul kv get -recurse redis/")).toBe(
      "redis/config/maxconns:25\nredis/config/minconns:1\nredis/config/users/admin:abcd1234\n",
    );
    expect(await shop.out("consul kv delete redis/config/minconns")).toBe(
      "Success! Deleted key: redis/config/minconns\n",
    );
    expect(await shop.out("consul kv delete -recurse redis")).toBe(
      "Success! Deleted keys with prefix: redis\n",
    );
    expect(JSON.parse(await curl("/v1/kv/?keys=&separator=x&nothing"))).toEqual([]);
  });

  test("are changed only if they are what one thinks they are", async () => {
    await shop.out("consul kv put foo bar");
    const index = /^ModifyIndex +(\d+)$/m.exec(await shop.out("consul kv get -detailed foo"))?.[1];
    expect(await shop.out(`consul kv put -cas -modify-index=${index} foo zip`)).toContain("Success!");
    expect((await shop.type(`consul kv put -cas -modify-index=${index} foo zap`)).stderr).toBe(
      "Error! Did not write to foo: CAS failed\n",
    );
    expect(await curl("/v1/kv/foo?cas=1", "-X PUT -d no")).toBe("false\n");
    expect(await curl("/v1/kv/foo?raw")).toBe("zip");
  });

  test("are waited for", async () => {
    await shop.out("consul kv put awaited 1");
    const head = await curl("/v1/kv/awaited", "-o /dev/null -D -");
    const index = /^X-Consul-Index: (\d+)/im.exec(head)?.[1];
    const [waited] = await Promise.all([
      curl(`/v1/kv/awaited?index=${index}&wait=60s&raw`),
      shop.out("consul kv put awaited 2"),
    ]);
    expect(waited).toBe("2");
    const now = /^X-Consul-Index: (\d+)/im.exec(await curl("/v1/kv/awaited", "-o /dev/null -D -"))?.[1];
    expect(await curl(`/v1/kv/awaited?index=${now}&wait=1s&raw`)).toBe("2");
  });
});

describe("sessions and locks", () => {
  test("one of two gets the lock, and the other when it is released", async () => {
    const session = async (name: string): Promise<string> =>
      (JSON.parse(await curl("/v1/session/create", `-X PUT -d '{"Name": "${name}"}'`)) as { ID: string }).ID;
    const [one, two] = [await session("one"), await session("two")];
    expect(await curl(`/v1/kv/lead?acquire=${one}`, "-X PUT -d one")).toBe("true\n");
    expect(await curl(`/v1/kv/lead?acquire=${two}`, "-X PUT -d two")).toBe("false\n");
    expect(JSON.parse(await curl("/v1/kv/lead"))).toMatchObject([{ Session: one }]);
    expect(await curl(`/v1/kv/lead?release=${one}`, "-X PUT")).toBe("true\n");
    expect(await curl(`/v1/kv/lead?acquire=${two}`, "-X PUT -d two")).toBe("true\n");
    expect(await curl(`/v1/session/destroy/${two}`, "-X PUT")).toBe("true\n");
  });

  test("`lock` runs a program while it holds one, and hands on its exit code", async () => {
    const ran = await shop.type("consul lock service/foo/lock 'echo held; exit 0'");
    expect(ran).toMatchObject({ stdout: "held\n", code: 0 });
    expect((await shop.type("consul lock -child-exit-code service/foo/lock 'exit 3'")).code).toBe(2);
  });
});

describe("events, watches, monitor, exec", () => {
  test("an event comes to who watches for it", async () => {
    const watch = shop.start("consul watch -type=event -name=deploy cat");
    await until("the watch has begun", () => watch.said().includes("[]"));
    expect(await shop.out("consul event -name=deploy 1609030")).toMatch(/^Event ID: [0-9a-f-]{36}\n$/);
    const payload = Buffer.from("1609030").toString("base64");
    await until("the event has come", () => watch.said().includes(`"Payload":"${payload}"`));
    watch.signal("SIGINT");
    await watch.ended();
  });

  test("a key is watched", async () => {
    const watch = shop.start("consul watch -type=key -key=watched cat");
    await shop.out("consul kv put watched first");
    await until("the key has come", () => watch.said().includes('"Key":"watched"'));
    watch.signal("SIGINT");
    await watch.ended();
  });

  // The original shows lines by the compressed block, which can take minutes.
  test.skipIf(isOriginal())("monitor shows what the agent logs", async () => {
    const monitor = shop.start("consul monitor -log-level=debug");
    await until("a request is in it", async () => {
      await curl("/v1/status/leader");
      return monitor.said().includes("Request finished");
    });
    monitor.signal("SIGINT");
    await monitor.ended();
  });

  test("exec is refused unless an agent allows it, as Consul has it since 0.8", async () => {
    const { stdout } = await shop.type("consul exec -wait=500ms -wait-repl=500ms uptime");
    expect(stdout).toContain("0 / 0 node(s) completed / acknowledged");
  });
});

test("the agent leaves when it is told to", async () => {
  expect(await shop.out("consul leave")).toBe("Graceful leave complete\n");
  expect(await agent.ended()).toBe(0);
});
