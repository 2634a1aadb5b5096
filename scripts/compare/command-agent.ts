// The agent that command lines ask: one of the original in development mode, with the same in its catalog for every line,
// and what a line may name of it.

import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithUs } from "../../test/support/children.ts";
import { freePort } from "../../test/support/loopback.ts";
import { seedServices } from "./catalog-commands.ts";
import { seedConfigEntries } from "./config-commands.ts";
import { seedIntentions } from "./intention-commands.ts";
import { seedKeys } from "./kv-commands.ts";
import { seedNodes } from "./rtt-commands.ts";

/** What a command line may name in braces. */
export interface Placeholders {
  readonly http: string;
  readonly lan: string;
  readonly wan: string;
  /** ModifyIndex of the key a/b. */
  readonly index?: string;
  readonly session?: string;
  /** A good archive, one whose last bytes are missing, and one with a byte turned. */
  readonly snap: string;
  readonly short: string;
  readonly turned: string;
  /** The agent's node id. */
  readonly id: string;
}

export interface CommandAgent {
  readonly process: ChildProcess;
  readonly values: Placeholders;
}

export async function startConsul(root: string): Promise<CommandAgent> {
  const [http, server, lan, wan] = await Promise.all([1, 2, 3, 4].map(() => freePort("127.0.0.1")));
  const ports = ["-http-port", http, "-server-port", server, "-serf-lan-port", lan, "-serf-wan-port", wan];
  const args = ["agent", "-dev", "-node", "node1", ...ports, "-dns-port", -1, "-grpc-port", -1].map(String);
  const child = endsWithUs(spawn("consul", args, { stdio: "ignore" }));
  for (let attempt = 0; attempt < 100; attempt++) {
    const leader = await fetch(`http://127.0.0.1:${http}/v1/status/leader`).then(
      (answer) => answer.json(),
      () => "",
    );
    if (leader !== "")
      return {
        process: child,
        values: await valuesOf(
          { http: `127.0.0.1:${http}`, lan: `127.0.0.1:${lan}`, wan: `127.0.0.1:${wan}` },
          root,
        ),
      };
    await sleep(200);
  }
  child.kill();
  throw new Error("the Consul agent found no leader within 20 s");
}

/** Makes everything as each command line finds it. @returns What the line may name. */
export async function prepare(command: string | undefined, { values }: CommandAgent): Promise<Placeholders> {
  await seedKeys(values.http);
  if (command === "config") await seedConfigEntries(values.http);
  if (command === "intention") await seedIntentions(values.http);
  return { ...values, ...(await placeholders(values.http)) };
}

async function valuesOf(
  ports: Pick<Placeholders, "http" | "lan" | "wan">,
  root: string,
): Promise<Placeholders> {
  await seedKeys(ports.http);
  await seedServices(ports.http);
  await seedNodes(ports.http);
  const self = (await (await fetch(`http://${ports.http}/v1/agent/self`)).json()) as {
    readonly Config: { readonly NodeID: string };
  };
  return { ...ports, ...(await saveArchives(ports.http, root)), id: self.Config.NodeID };
}

/** Archives of the agent's state: a good one, one that is cut short, one with a byte turned. */
async function saveArchives(
  http: string,
  root: string,
): Promise<Pick<Placeholders, "snap" | "short" | "turned">> {
  const answer = await fetch(`http://${http}/v1/snapshot`);
  const good = Buffer.from(await answer.arrayBuffer());
  const turned = Buffer.from(good);
  const middle = good.length >> 1;
  turned[middle] = (turned[middle] ?? 0) ^ 0x10;
  const write = (name: string, bytes: Buffer): string => {
    const path = join(root, name);
    writeFileSync(path, bytes);
    return path;
  };
  return {
    snap: write("good.snap", good),
    short: write("short.snap", good.subarray(0, -20)),
    turned: write("turned.snap", turned),
  };
}

async function placeholders(http: string): Promise<Pick<Placeholders, "index" | "session">> {
  const pairs = (await (await fetch(`http://${http}/v1/kv/a/b`)).json()) as { ModifyIndex: number }[];
  const session = await fetch(`http://${http}/v1/session/create`, {
    method: "PUT",
    body: '{"LockDelay":"0s"}',
  });
  const { ID } = (await session.json()) as { ID: string };
  return { index: String(pairs[0]?.ModifyIndex), session: ID };
}
