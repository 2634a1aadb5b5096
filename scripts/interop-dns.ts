// Resolvers that people put in front of an agent: dnsmasq and unbound, to which one domain is ours, and HAProxy, which fills
// its backends from what DNS answers. Real programs, real queries; applications ask them, not the agent. Prints one line for
// each promise; any that breaks ends the script with 1. A program that is not here is skipped. Takes half a minute.
//
//   npx tsx scripts/interop-dns.ts [--consul]     --consul: the original behind them in the place of ours

import { strict as assert } from "node:assert";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endsWithUs, exitOnSignals } from "../test/support/children.ts";
import { freePort, freePorts, loopbackIps } from "../test/support/loopback.ts";
import { programPath } from "../test/support/program.ts";
import { until } from "../test/support/until.ts";
import { readOptions } from "./options.ts";

const { values: options } = readOptions({ options: { consul: { type: "boolean", default: false } } });

interface World {
  readonly folder: string;
  /** Where the agent is. */
  readonly ip: string;
  readonly http: number;
  readonly dns: number;
  /** Two web servers, at addresses of their own. */
  readonly backends: readonly Backend[];
}

interface Backend {
  readonly node: string;
  readonly ip: string;
  readonly port: number;
  readonly server: Server;
}

const children: ChildProcess[] = [];
let held = 0;
let broken = 0;

async function promise(text: string, check: () => Promise<unknown>): Promise<void> {
  try {
    await check();
    held++;
    console.log(`  held    ${text}`);
  } catch (error) {
    broken++;
    console.log(`  BROKEN  ${text}\n          ${error instanceof Error ? error.message : String(error)}`);
  }
}

function run(folder: string, program: string, ...args: readonly string[]): ChildProcess {
  const child = endsWithUs(spawn(program, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] }));
  children.push(child);
  return child;
}

async function put(world: World, path: string, body: object): Promise<void> {
  const answer = await fetch(`http://${world.ip}:${world.http}${path}`, {
    method: "PUT",
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, `${path}: ${answer.status} ${await answer.text()}`);
}

function register(world: World, { node, ip, port }: Omit<Backend, "server">, service = "web"): Promise<void> {
  return put(world, "/v1/catalog/register", {
    Node: node,
    Address: ip,
    Service: { Service: service, Tags: ["v1"], Port: port },
  });
}

async function createWorld(folder: string): Promise<World> {
  const [ip = "", ...others] = loopbackIps(3);
  const ports = await freePorts(ip);
  const dns = await freePort(ip);
  const [program, ...args] = options.consul ? ["consul"] : [process.execPath, programPath()];
  run(
    folder,
    program as string,
    ...args,
    ...["agent", "-dev", "-node=agent", `-bind=${ip}`, `-client=${ip}`, "-log-level=err"],
    ...[`-http-port=${ports.http}`, `-server-port=${ports.server}`, `-dns-port=${dns}`],
    ...[`-serf-lan-port=${ports.serfLan}`, "-serf-wan-port=-1", "-hcl=ports { grpc = -1 }"],
    // Unless this is set, who asks over UDP gets some of many instances and is not told that there are more.
    "-hcl=dns_config { enable_truncate = true }",
  );
  const backends = await Promise.all(others.map((each, at) => startBackend(each, `node${at + 1}`)));
  const world = { folder, ip, http: ports.http, dns, backends };
  await until("the agent takes writes", async () => {
    await put(world, "/v1/kv/ready", {});
    return true;
  });
  for (const each of backends) await register(world, each);
  for (let n = 1; n <= 100; n++)
    await register(world, { node: `large${n}`, ip: `10.9.0.${n}`, port: 9000 + n }, "large");
  return world;
}

async function startBackend(ip: string, node: string): Promise<Backend> {
  const server = createServer((_, response) => response.end(node)).listen(0, ip);
  await once(server, "listening");
  return { node, ip, port: (server.address() as AddressInfo).port, server };
}

/** What any resolver in front must give to applications. */
async function judge(name: string, world: World, resolverPort: number): Promise<void> {
  const resolver = new Resolver({ timeout: 3000, tries: 4 });
  resolver.setServers([`${world.ip}:${resolverPort}`]);
  const addresses = world.backends.map(({ ip }) => ip).sort();
  await promise(`${name}: a service by name has the addresses of its instances`, () =>
    until("it answers", async () => {
      assert.deepEqual((await resolver.resolve4("web.service.consul")).sort(), addresses);
      return true;
    }),
  );
  await promise(`${name}: by tag, by datacenter, and in any case of letters`, async () => {
    for (const each of ["v1.web.service.consul", "web.service.dc1.consul", "WEB.Service.CONSUL"])
      assert.deepEqual((await resolver.resolve4(each)).sort(), addresses, each);
  });
  await promise(`${name}: SRV has ports, and names that resolve`, async () => {
    const found = await resolver.resolveSrv("web.service.consul");
    assert.deepEqual(found.map(({ port }) => port).sort(), world.backends.map(({ port }) => port).sort());
    for (const each of found) assert.equal((await resolver.resolve4(each.name)).length, 1, each.name);
  });
  await promise(`${name}: a hundred instances come over TCP`, async () => {
    assert.equal((await resolver.resolveSrv("large.service.consul")).length, 100);
  });
  await promise(`${name}: who is not there is told so at once`, async () => {
    await assert.rejects(resolver.resolve4("nobody.service.consul"), { code: "ENOTFOUND" });
    await assert.rejects(resolver.resolve6("web.service.consul"), { code: "ENODATA" });
  });
  await promise(
    `${name}: what is deregistered is gone, and what is new is there, for who asks next`,
    async () => {
      const extra = { node: `extra-${name}`, ip: "10.8.0.1", port: 80 };
      await register(world, extra, `extra-${name}`);
      await until("it is there", async () => {
        assert.deepEqual(await resolver.resolve4(`extra-${name}.service.consul`), [extra.ip]);
        return true;
      });
      await put(world, "/v1/catalog/deregister", { Node: extra.node });
      await until("it is gone", async () => {
        await assert.rejects(resolver.resolve4(`extra-${name}.service.consul`), { code: "ENOTFOUND" });
        return true;
      });
    },
  );
}

async function dnsmasq(world: World): Promise<void> {
  const port = await freePort(world.ip);
  run(
    world.folder,
    "dnsmasq",
    ...["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces"],
    ...[`--listen-address=${world.ip}`, `--port=${port}`, "--cache-size=1000", "--pid-file"],
    ...[`--user=${process.getuid?.() === 0 ? "root" : ""}`, `--server=/consul/${world.ip}#${world.dns}`],
  );
  await judge("dnsmasq", world, port);
}

async function unbound(world: World): Promise<void> {
  const port = await freePort(world.ip);
  const file = join(world.folder, "unbound.conf");
  writeFileSync(
    file,
    `server:
  interface: ${world.ip}@${port}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "${world.folder}"
  pidfile: ""
  module-config: "iterator"
  domain-insecure: "consul"
  cache-max-negative-ttl: 0
stub-zone:
  name: "consul"
  stub-addr: ${world.ip}@${world.dns}
`,
  );
  run(world.folder, "unbound", "-d", "-c", file);
  await judge("unbound", world, port);
}

async function haproxy(world: World): Promise<void> {
  const port = await freePort(world.ip);
  const file = join(world.folder, "haproxy.cfg");
  writeFileSync(
    file,
    `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
resolvers quorate
  nameserver agent ${world.ip}:${world.dns}
  accepted_payload_size 8192
  hold valid 1s
  hold nx 1s
  hold obsolete 1s
  timeout resolve 200ms
  timeout retry 500ms
frontend web
  bind ${world.ip}:${port}
  default_backend web
backend web
  balance roundrobin
  option httpchk GET /
  server-template web 5 _web._v1.service.consul resolvers quorate resolve-prefer ipv4 init-addr none check inter 200ms
`,
  );
  run(world.folder, "haproxy", "-db", "-q", "-f", file);
  const served = async (): Promise<string> => {
    const nodes = new Set<string>();
    for (let n = 0; n < 12; n++) {
      const answer = await fetch(`http://${world.ip}:${port}/`, { headers: { connection: "close" } });
      if (answer.ok) nodes.add(await answer.text());
    }
    return [...nodes].sort().join(" ");
  };
  const [first, second] = world.backends as [Backend, Backend];
  await promise("HAProxy: its servers are the service's instances, with their ports", () =>
    until("both serve", async () => (await served()) === "node1 node2"),
  );
  await promise("HAProxy: an instance that goes is asked no more", async () => {
    await put(world, "/v1/catalog/deregister", { Node: second.node });
    await until("one serves", async () => (await served()) === first.node);
  });
  await promise(
    "HAProxy: an instance that is critical is asked no more, and again when it passes",
    async () => {
      await register(world, second);
      await until("both serve", async () => (await served()) === "node1 node2");
      const check = (status: string): Promise<void> =>
        put(world, "/v1/catalog/register", {
          Node: first.node,
          Address: first.ip,
          SkipNodeUpdate: true,
          Check: { CheckID: "alive", Name: "alive", Status: status, ServiceID: "web" },
        });
      await check("critical");
      await until("one serves", async () => (await served()) === second.node);
      await check("passing");
      await until("both serve again", async () => (await served()) === "node1 node2");
    },
  );
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "interop-dns-"));
  let world: World | undefined;
  try {
    world = await createWorld(folder);
    for (const each of [dnsmasq, unbound, haproxy]) {
      if (spawnSync(each.name, ["-v"], { stdio: "ignore" }).error !== undefined)
        console.log(`  without ${each.name}, which is not here`);
      else await each(world);
    }
  } finally {
    for (const each of children) each.kill("SIGKILL");
    for (const { server } of world?.backends ?? []) server.close().closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`\n${held} promises held, ${broken} broken`);
  return broken === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
