// The clients that people already have, in Go, Python, JavaScript and Java, against a cluster of ours: three servers and a
// client agent, in calm, then while leaders are killed and stopped. What they demand is in scripts/clients/README.md. A
// client whose language is not installed is left out. Any promise that breaks ends the script with 1.
//
//   npx tsx scripts/interop-clients.ts                       all of them
//   npx tsx scripts/interop-clients.ts --only go             one of them (again for another)
//   npx tsx scripts/interop-clients.ts --consul HOST:PORT    the original, in calm only

import { execFile, spawn } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { AgentProcess } from "../test/support/agent-process.ts";
import { endsWithUs, exitOnSignals } from "../test/support/children.ts";
import { type Cluster, withCluster } from "../test/support/cluster.ts";
import { demandLinearizable, Load } from "../test/support/load.ts";
import { programPath } from "../test/support/program.ts";
import { killLeader, pauseLeader } from "../test/support/trouble.ts";
import { readOptions } from "./options.ts";

/** How long each watch watches in calm, and how long contenders contend. */
const WATCH_SECONDS = 3;
const CONTEND_SECONDS = 45;
const PAUSE_MS = 4000;
/** Between two troubles. */
const CALM_MS = 2000;

const SOURCES = resolve(import.meta.dirname, "clients");
const BUILT = resolve(import.meta.dirname, "../build/clients");

interface Client {
  readonly name: string;
  /** Builds it in the folder. @throws Error if it can't be: its language, or the way to its packages, is missing. */
  readonly prepare: (source: string, folder: string) => Promise<void>;
  readonly command: (folder: string) => readonly [string, ...string[]];
}

const execute = promisify(execFile);

const CLIENTS: readonly Client[] = [
  {
    name: "go",
    prepare: async (source, folder) => {
      await execute("go", ["build", "-o", join(folder, "clients"), "."], { cwd: source });
    },
    command: (folder) => [join(folder, "clients")],
  },
  {
    name: "python",
    prepare: async (source, folder) => {
      await execute("python3", ["-m", "venv", folder]);
      await execute(join(folder, "bin/pip"), ["install", "-q", "-r", join(source, "requirements.txt")]);
      copyFileSync(join(source, "main.py"), join(folder, "main.py"));
    },
    command: (folder) => [join(folder, "bin/python"), join(folder, "main.py")],
  },
  {
    name: "node",
    prepare: async (source, folder) => {
      for (const file of ["package.json", "package-lock.json", "main.js"])
        copyFileSync(join(source, file), join(folder, file));
      await execute("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
    },
    command: (folder) => [process.execPath, join(folder, "main.js")],
  },
  {
    name: "java",
    prepare: async (source, folder) => {
      await execute("mvn", ["-q", "-B", "-f", join(source, "pom.xml"), "compile", `-Dtarget=${folder}`]);
    },
    command: (folder) => [
      "java",
      "-cp",
      `${join(folder, "classes")}:${join(folder, "dependency/*")}`,
      "Clients",
    ],
  },
];

interface Counts {
  held: number;
  broken: number;
}

/** Runs one play of a client's program and prints its lines under its name. @throws Error if it can't be started. */
async function play(
  client: Client,
  play: "calm" | "contend",
  address: string,
  counts: Counts,
): Promise<void> {
  const [program, ...args] = client.command(join(BUILT, client.name));
  const seconds = play === "calm" ? WATCH_SECONDS : CONTEND_SECONDS;
  const child = endsWithUs(
    spawn(program, [...args, play, address, `${seconds}`], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  const ended = new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  const before = { ...counts };
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("held ")) counts.held++;
    if (line.startsWith("BROKEN ")) counts.broken++;
    console.log(`${client.name.padEnd(7)}${line}`);
  }
  const code = await ended;
  const told = counts.held + counts.broken > before.held + before.broken;
  if (told && (code === 0 || counts.broken > before.broken)) return;
  counts.broken++;
  console.log(`${client.name.padEnd(7)}BROKEN it ended with ${code} in the play "${play}"`);
}

async function prepareAll(clients: readonly Client[]): Promise<Client[]> {
  const ready: Client[] = [];
  for (const client of clients) {
    const folder = join(BUILT, client.name);
    mkdirSync(folder, { recursive: true });
    try {
      await client.prepare(join(SOURCES, client.name), folder);
      ready.push(client);
    } catch (error) {
      console.log(
        `${client.name.padEnd(7)}left out: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return ready;
}

const addressOf = ({ http }: AgentProcess): string => `${http.ip}:${http.port}`;

async function playAll(clients: readonly Client[], cluster: Cluster, counts: Counts): Promise<void> {
  const address = addressOf(cluster.client);
  for (const client of clients) await play(client, "calm", address, counts);
  const load = new Load(
    cluster.agents.map(({ http }) => http),
    "clients",
  );
  let contending = true;
  const contended = Promise.all(clients.map((client) => play(client, "contend", address, counts)));
  const over = contended.finally(() => {
    contending = false;
  });
  let troubles = 0;
  while (contending) {
    await sleep(CALM_MS);
    if (troubles++ % 2 === 0) await killLeader(cluster, load);
    else await pauseLeader(cluster, load, PAUSE_MS);
  }
  await over;
  await load.stop();
  const { verdict } = demandLinearizable(load.history);
  console.log(`leaders were killed or stopped ${troubles} times meanwhile; the load's history is ${verdict}`);
}

async function main(): Promise<number> {
  const { values } = readOptions({
    options: { only: { type: "string", multiple: true }, consul: { type: "string" } },
  });
  const unknown = values.only?.find((name) => !CLIENTS.some((client) => client.name === name));
  if (unknown !== undefined) {
    console.log(`there is no client ${unknown}; there are ${CLIENTS.map(({ name }) => name).join(", ")}`);
    return 1;
  }
  const clients = await prepareAll(CLIENTS.filter(({ name }) => values.only?.includes(name) ?? true));
  if (clients.length === 0) {
    console.log("skipped: no client could be built");
    return 0;
  }
  const counts: Counts = { held: 0, broken: 0 };
  const { consul } = values;
  if (consul !== undefined) for (const client of clients) await play(client, "calm", consul, counts);
  else {
    programPath();
    await withCluster((cluster) => playAll(clients, cluster, counts));
  }
  console.log(`${counts.held} held, ${counts.broken} broken`);
  return counts.broken === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
