// `exec` over real agents: a server and two clients, of which one does not obey.

import { describe, expect, test } from "vitest";
import { run } from "../cli/support.ts";
import type { AgentProcess } from "../support/agent-process.ts";
import { catalogNames, createAgent, createSingleServer, untilLeads, withFolder } from "../support/cluster.ts";
import { getJson } from "../support/http-client.ts";
import { freePorts, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";

const OBEYS = ["-hcl", "disable_remote_exec = false"];

async function withAgents(use: (ask: Exec, server: AgentProcess) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const { spec } = await createSingleServer(folder);
    const { ip, ports, flags: own } = spec;
    const server = createAgent(folder, "s1", { ...spec, flags: [...own, ...OBEYS] });
    const agents = [server];
    for (const [name, more] of [
      ["c1", OBEYS],
      ["c2", []],
    ] as const) {
      const [at = ""] = loopbackIps(1);
      const flags = ["-retry-join", `${ip}:${ports.serfLan}`, "-retry-interval", "1s", ...more];
      agents.push(createAgent(folder, name, { server: false, ip: at, ports: await freePorts(at), flags }));
    }
    try {
      for (const agent of agents) agent.start();
      await untilLeads(server);
      await until("all agents are registered", async () => (await catalogNames(server)).length === 3);
      await use((...argv) => run(["exec", `-http-addr=${ip}:${ports.http}`, ...argv]), server);
    } finally {
      await Promise.all(agents.map((agent) => agent.kill()));
    }
  });
}

type Exec = (...argv: readonly string[]) => ReturnType<typeof run>;

/** Nodes speak when they are ready: each one's lines are in order, theirs among each other are not. */
function linesOf(name: string, text: string): string[] {
  return text.split("\n").filter((line) => line.includes(`${name}:`));
}

describe("a command on all agents that obey", () => {
  test("is run by them; what each says is told, then how each ended; nothing stays behind", () =>
    withAgents(async (exec, server) => {
      const ran = await exec("echo one; echo two >&2");
      expect(ran).toMatchObject({ code: 0, stderr: "" });
      for (const name of ["s1", "c1"])
        expect(linesOf(name, ran.stdout)).toEqual([
          `    ${name}: one`,
          `    ${name}: two`,
          `    ${name}:`,
          `==> ${name}: finished with exit code 0`,
        ]);
      expect(ran.stdout.split("\n").at(-2)).toBe("2 / 2 node(s) completed / acknowledged");
      expect(linesOf("c2", ran.stdout)).toEqual([]);

      const failing = await exec("-verbose", "-node=^c", "exit 3");
      expect(failing.code).toBe(2);
      expect(linesOf("c1", failing.stdout)).toEqual([
        "==> c1: acknowledged",
        "==> c1: finished with exit code 3",
      ]);
      expect(failing.stdout).toContain("\n1 / 1 node(s) completed / acknowledged\nCompleted in ");

      const slow = await exec("-verbose", "-wait=1s", "-node=c1", "sleep 2.5; seq 3000");
      expect(slow.code).toBe(0);
      expect(slow.stdout).toContain("==> c1: heartbeat received\n");
      const numbers = [...slow.stdout.matchAll(/^ {4}c1: (\d+)$/gm)].map(([, number]) => Number(number));
      expect(numbers.length).toBeGreaterThanOrEqual(2990);
      expect(numbers.at(-1)).toBe(3000);

      const nobody = await exec("-wait=300ms", "-node=c2", "true");
      expect(nobody).toMatchObject({ code: 0, stdout: "0 / 0 node(s) completed / acknowledged\n" });

      const words = await exec("-node=s1", "-shell=false", "printf", "%s|", "a b", "$HOME");
      expect(linesOf("s1", words.stdout)[0]).toBe("    s1: a b|$HOME|");

      const missing = await exec("-node=s1", "-shell=false", "/nosuch/program");
      expect(missing).toMatchObject({ code: 2 });
      expect(missing.stdout).toContain("==> s1: finished with exit code 255\n");

      expect(await getJson(server.http, "/v1/session/list")).toEqual([]);
      expect(await getJson(server.http, "/v1/kv/?keys")).toEqual([]);
    }));
});
