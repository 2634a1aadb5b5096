// Archives that cross over: one that the original saved is restored into ours, one that ours saved into the original, and
// what is there afterwards is compared over HTTP: every key with its flags and indexes, every node with its addresses and
// metadata, autopilot's configuration. Both programs inspect both archives. Prints one line per promise; any that breaks
// ends the script with 1. Takes ten seconds.
//
//   npx tsx scripts/interop-archive.ts

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitOnSignals } from "../test/support/children.ts";
import { programPath } from "../test/support/program.ts";
import { until } from "../test/support/until.ts";
import { type Agent, type Program, startPair, stopPair } from "./compare/agents.ts";

const CONSUL: Program = ["consul"];
const SECOND_MS = 1000;

async function ask(
  agent: Agent,
  method: string,
  target: string,
  body?: string | Uint8Array,
): Promise<Buffer> {
  const url = `http://${agent.http.host}:${agent.http.port}${target}`;
  const answer = await fetch(url, { method, ...(body === undefined ? {} : { body }) });
  const read = Buffer.from(await answer.arrayBuffer());
  assert.equal(answer.status, 200, `${method} ${target}: ${answer.status} ${read}`);
  return read;
}

/** Keys of all kinds: any bytes, no value, large ones, flags of 64 bits, locked ones. */
async function write(agent: Agent): Promise<void> {
  const key = (name: string, value: string | Uint8Array, query = ""): Promise<Buffer> =>
    ask(agent, "PUT", `/v1/kv/${encodeURIComponent(name)}${query}`, value);
  for (let n = 0; n < 300; n++) await key(`tree/${n % 10}/${n}`, `value ${n}`, `?flags=${n}`);
  await key(
    "bytes",
    Uint8Array.from({ length: 256 }, (_, at) => at),
  );
  await key("empty", "");
  await key("ünïcode/日本", "<&>\u2028");
  await key("flags", "x", "?flags=18446744073709551615");
  await key("large", "x".repeat(512 * 1024));
  await key("again", "1");
  await key("again", "2");
  await key("gone", "x");
  await ask(agent, "DELETE", "/v1/kv/gone");
  await ask(
    agent,
    "PUT",
    "/v1/operator/autopilot/configuration",
    '{"CleanupDeadServers":false,"LastContactThreshold":"300ms","MaxTrailingLogs":300,"ServerStabilizationTime":"12s"}',
  );
}

/** A key with a lock, and sessions of all sorts. */
async function lock(agent: Agent): Promise<void> {
  for (const more of [
    '"TTL":"24h","Behavior":"delete","LockDelay":"2s","NodeChecks":["node"],"ServiceChecks":[{"ID":"http"}]',
    '"NodeChecks":null',
    '"Checks":["node"],"NodeChecks":["http"]',
  ])
    await ask(agent, "PUT", "/v1/session/create", `{"Node":"ext2",${more}}`);
  const session = await ask(
    agent,
    "PUT",
    "/v1/session/create",
    '{"Node":"ext1","Checks":[],"Name":"locker"}',
  );
  const { ID } = JSON.parse(session.toString()) as { readonly ID: string };
  assert.equal((await ask(agent, "PUT", `/v1/kv/locked?acquire=${ID}`, "x")).toString(), "true");
}

/** A plain query with something in every field, a template, and one that a session holds. */
async function makeQueries(agent: Agent): Promise<void> {
  const sessions = JSON.parse((await ask(agent, "GET", "/v1/session/list")).toString()) as { ID: string }[];
  for (const query of [
    {
      Name: "plain",
      Token: "t",
      Service: {
        Service: "shop",
        Failover: { NearestN: 2, Datacenters: ["dc2", "dc3"] },
        OnlyPassing: true,
        IgnoreCheckIDs: ["node"],
        Near: "ext1",
        Tags: ["v1", "!old"],
        NodeMeta: { rack: "r1" },
        ServiceMeta: { version: "1.1" },
        Connect: true,
      },
      DNS: { TTL: "10s" },
    },
    {
      Name: "geo-",
      Template: { Type: "name_prefix_match", Regexp: "^geo-(.*)$", RemoveEmptyTags: true },
      Service: { Service: `$\{match(1)}`, Tags: [], NodeMeta: {} },
    },
    { Session: sessions[0]?.ID, Service: { Service: "db" } },
  ])
    await ask(agent, "POST", "/v1/query", JSON.stringify(query));
}

/** Nodes that are no members, with a service and checks of all sorts on each. */
async function registerNodes(agent: Agent): Promise<void> {
  for (let n = 0; n < 20; n++)
    await ask(
      agent,
      "PUT",
      "/v1/catalog/register",
      JSON.stringify({
        Node: `ext${n}`,
        ID: `6c1a8b1e-5a1f-4a8e-9b7e-0d5c3f2a2b${String(n).padStart(2, "0")}`,
        Address: `10.0.0.${n}`,
        TaggedAddresses: { lan: `10.0.0.${n}`, wan: `192.0.2.${n}` },
        NodeMeta: { rack: `r${n}`, "external-node": "true" },
        Service: {
          ID: `Shop-${n}`,
          Service: n % 2 === 0 ? "shop" : "db",
          Tags: n % 3 === 0 ? [] : ["v1", `zone-${n % 3}`],
          Address: n % 4 === 0 ? "" : `10.1.0.${n}`,
          Port: 8000 + n,
          Meta: n % 5 === 0 ? {} : { version: `1.${n}` },
          TaggedAddresses: n % 2 === 0 ? {} : { lan: { Address: "10.2.0.1", Port: n } },
          Weights: { Passing: 1 + n, Warning: 1 },
          EnableTagOverride: n % 2 === 1,
          Connect: { Native: n % 7 === 0 },
        },
        Checks: [
          { CheckID: "node", Name: "of the node", Status: "warning", Notes: "n", Output: "o" },
          {
            CheckID: "http",
            Name: "of the service",
            ServiceID: `Shop-${n}`,
            Status: n % 2 === 0 ? "passing" : "critical",
            Definition: { HTTP: "http://x/", Interval: "10s", Timeout: "1m", Header: { a: ["b", "c"] } },
          },
        ],
      }),
    );
}

interface Named {
  readonly Node: string;
}

function external(rows: readonly Named[]): readonly Named[] {
  return rows.filter(({ Node }) => Node.startsWith("ext"));
}

/** Says where those nodes are, one of them in two segments, and waits until it is in the catalog. */
async function measureNodes(agent: Agent): Promise<void> {
  const tell = async (n: number, Segment: string): Promise<void> => {
    const Coord = { Vec: [n / 3, 0, 0, 0, 0, 0, 0, -1e-9], Error: 1.5, Adjustment: -0.25, Height: n };
    await ask(agent, "PUT", "/v1/coordinate/update", JSON.stringify({ Node: `ext${n}`, Segment, Coord }));
  };
  for (let n = 0; n < 20; n++) await tell(n, "");
  await tell(7, "alpha");
  await until(
    "the coordinates are in the catalog",
    async () => {
      const known = JSON.parse((await ask(agent, "GET", "/v1/coordinate/nodes")).toString()) as Named[];
      return external(known).length === 21;
    },
    20 * SECOND_MS,
  );
}

/** What is to be the same. Nodes that are members are left out: each agent keeps its own. */
async function state(agent: Agent): Promise<unknown> {
  const json = async (target: string): Promise<unknown> =>
    JSON.parse((await ask(agent, "GET", target)).toString());
  const nodes = (await json("/v1/catalog/nodes")) as readonly Named[];
  const coordinates = (await json("/v1/coordinate/nodes")) as readonly Named[];
  return {
    kv: await json("/v1/kv/?recurse"),
    nodes: external(nodes),
    services: await Promise.all(["shop", "db"].map((service) => json(`/v1/health/service/${service}`))),
    checks: external((await json("/v1/health/state/any")) as readonly { readonly Node: string }[]),
    coordinates: external(coordinates),
    sessions: await json("/v1/session/list"),
    queries: await json("/v1/query"),
    explained: await json("/v1/query/geo-shop/explain"),
    autopilot: await json("/v1/operator/autopilot/configuration"),
  };
}

async function untilSame(agent: Agent, wanted: unknown): Promise<void> {
  await until(
    "the state is the one that was saved",
    async () => {
      assert.deepEqual(await state(agent), wanted);
      return true;
    },
    10 * SECOND_MS,
  );
}

/** What a program prints of an archive, without its name. */
function inspect([command, ...before]: Program, file: string): string {
  const { status, stdout, stderr } = spawnSync(command, [...before, "snapshot", "inspect", file], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

async function crossOver(ours: Program, folder: string): Promise<void> {
  const pair = await startPair("server", { consul: CONSUL, ours }, folder);
  const file = (name: string, bytes: Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const hold = async (promise: string, check: () => Promise<void> | void): Promise<void> => {
    await check();
    console.log(`ok  ${promise}`);
  };
  try {
    await write(pair.consul);
    await registerNodes(pair.consul);
    await measureNodes(pair.consul);
    await lock(pair.consul);
    await makeQueries(pair.consul);
    const theirs = await state(pair.consul);
    const theirArchive = await ask(pair.consul, "GET", "/v1/snapshot");
    await hold(
      "an archive of Consul is restored into ours: keys, nodes, services, checks, coordinates, sessions, queries and autopilot are the same",
      async () => {
        await ask(pair.ours, "PUT", "/v1/kv/before", "is gone after the restore");
        await ask(pair.ours, "PUT", "/v1/snapshot", theirArchive);
        await untilSame(pair.ours, theirs);
      },
    );
    await hold("both say the same of an archive of Consul", () => {
      const path = file("consul.snap", theirArchive);
      assert.equal(inspect(ours, path), inspect(CONSUL, path));
    });

    await ask(pair.ours, "DELETE", "/v1/kv/tree/3?recurse");
    await ask(pair.ours, "PUT", "/v1/kv/tree/new", "written by ours");
    const own = await state(pair.ours);
    const ourArchive = await ask(pair.ours, "GET", "/v1/snapshot");
    await hold(
      "an archive of ours is restored into Consul: keys, nodes, services, checks, coordinates, sessions, queries and autopilot are the same",
      async () => {
        await ask(pair.consul, "DELETE", "/v1/kv/?recurse");
        await ask(pair.consul, "PUT", "/v1/kv/before", "is gone after the restore");
        await ask(pair.consul, "PUT", "/v1/snapshot", ourArchive);
        await untilSame(pair.consul, own);
      },
    );
    await hold("both say the same of an archive of ours", () => {
      const path = file("ours.snap", ourArchive);
      assert.equal(inspect(ours, path), inspect(CONSUL, path));
    });
    await hold("both go on writing above the indexes that they were given", async () => {
      for (const agent of [pair.consul, pair.ours]) {
        await ask(agent, "PUT", "/v1/kv/after", "1");
        const [after] = JSON.parse((await ask(agent, "GET", "/v1/kv/after")).toString());
        const highest = Math.max(
          ...(own as { kv: { ModifyIndex: number }[] }).kv.map((each) => each.ModifyIndex),
        );
        assert.ok(after.ModifyIndex > highest);
      }
    });
  } finally {
    await stopPair(pair);
  }
}

async function main(): Promise<number> {
  if (spawnSync("consul", ["version"]).error !== undefined) {
    console.log(
      "skipped: there is no consul to exchange archives with (Debian has it in the package consul)",
    );
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "interop-archive-"));
  try {
    await crossOver([process.execPath, programPath()], folder);
  } catch (error) {
    console.log(`BROKEN  ${error instanceof Error ? error.message : String(error)}\n(logs: ${folder})`);
    return 1;
  }
  rmSync(folder, { recursive: true });
  return 0;
}

exitOnSignals();
process.exitCode = await main();
