// Encrypted gossip between real agents: changing the key of a cluster that runs, turning encryption on in one that runs,
// and strangers. The stories wait most of their time, so they run beside each other.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { createAgent, memberStatuses, untilLeads, withFolder } from "../support/cluster.ts";
import { freePorts, loopbackIps } from "../support/loopback.ts";
import { command } from "../support/servers.ts";
import { until } from "../support/until.ts";

const QUICK = [
  'performance { raft_multiplier = 1 leave_drain_time = "100ms" }',
  'gossip_lan { probe_interval = "200ms" probe_timeout = "150ms" suspicion_mult = 3 gossip_interval = "50ms" }',
].flatMap((text) => ["-hcl", text]);

function newKey(): string {
  return randomBytes(32).toString("base64");
}

/** A server and clients c1, c2, … in a LAN, not yet started; each is given `flags`. */
async function withAgents(
  clients: number,
  flags: readonly string[],
  use: (agents: readonly AgentProcess[]) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const ips = loopbackIps(clients + 1);
    const ports = await Promise.all(ips.map(freePorts));
    const joins = ips.flatMap((ip, at) => ["-retry-join", `${ip}:${ports[at]?.serfLan}`]);
    const agents = ips.map((ip, at) => {
      const own = at === 0 ? ["-bootstrap-expect", "1"] : [];
      return createAgent(folder, at === 0 ? "s1" : `c${at}`, {
        server: at === 0,
        ip,
        ports: ports[at] as (typeof ports)[number],
        flags: ["-retry-interval", "500ms", ...own, ...joins, ...QUICK, ...flags],
      });
    });
    try {
      await use(agents);
    } finally {
      await Promise.all(agents.map((agent) => agent.kill()));
    }
  });
}

async function untilAllAlive(agents: readonly AgentProcess[]): Promise<void> {
  const expected = Object.fromEntries(agents.map(({ name }) => [name, "alive"]));
  for (const agent of agents)
    await until(
      `${agent.name} knows all to be alive`,
      async () =>
        JSON.stringify(sortedEntries(await memberStatuses(agent))) ===
        JSON.stringify(sortedEntries(expected)),
    );
}

function sortedEntries(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function nobodyFailed(agents: readonly AgentProcess[]): void {
  for (const agent of agents) expect(agent.log()).not.toMatch(/EventMemberFailed|Marking .* as failed/);
}

function keptKeys({ spec }: AgentProcess): string[] {
  return JSON.parse(readFileSync(join(spec.dataDir, "serf/local.keyring"), "utf8"));
}

async function restart(agent: AgentProcess, more: readonly string[] = []): Promise<void> {
  await agent.kill();
  agent.start(more);
}

describe.concurrent("encrypted gossip", () => {
  test("a cluster that runs changes its key, nobody is lost, and all know the new one when they start again", () => {
    const [old, fresh] = [newKey(), newKey()];
    return withAgents(2, ["-encrypt", old], async (agents) => {
      const [server, client] = agents as [AgentProcess, AgentProcess];
      for (const agent of agents) agent.start();
      await untilLeads(server);
      await untilAllAlive(agents);
      // By way of a client agent, which asks a server.
      for (const step of [
        ["-install", fresh],
        ["-use", fresh],
        ["-remove", old],
      ])
        await until(`all have answered to keyring ${step[0]}`, async () => {
          const { code, stderr } = await command(client, "keyring", ...step);
          return code === 0 && stderr === "";
        });
      const listed = await until("all have told their keys", async () => {
        const { stdout } = await command(server, "keyring", "-list");
        return stdout.includes(`  ${fresh} [3/3]\n`) && stdout;
      });
      expect(listed).not.toContain(old);
      nobodyFailed(agents);
      for (const agent of agents) expect(keptKeys(agent)).toEqual([fresh]);
      for (const agent of agents) await restart(agent);
      await untilAllAlive(agents);
      expect(client.log()).toContain(
        "keyring doesn't include key provided with -encrypt, using keyring: keyring=LAN",
      );
    });
  });

  test("what is not done everywhere is reported, member by member", () =>
    withAgents(1, ["-encrypt", newKey()], async (agents) => {
      const [server] = agents as [AgentProcess];
      for (const agent of agents) agent.start();
      await untilLeads(server);
      await untilAllAlive(agents);
      const ran = await command(server, "keyring", "-use", newKey());
      expect(ran).toMatchObject({ code: 1, stdout: "==> Changing primary gossip encryption key...\n" });
      expect(ran.stderr).toContain("* dc1 (LAN) error: 2/2 nodes reported failure\n");
      expect(ran.stderr).toContain("* c1: Requested key is not in the keyring\n");
    }));

  test("encryption is turned on in a cluster that runs, agent by agent, and nobody is lost", () =>
    withAgents(2, [], async (agents) => {
      const key = newKey();
      for (const agent of agents) agent.start();
      await untilLeads(agents[0] as AgentProcess);
      await untilAllAlive(agents);
      const flags = (incoming: boolean, outgoing: boolean): string[] => [
        ...["-encrypt", key],
        ...["-hcl", `encrypt_verify_incoming = ${incoming} encrypt_verify_outgoing = ${outgoing}`],
      ];
      for (const [incoming, outgoing] of [
        [false, false],
        [false, true],
        [true, true],
      ] as const) {
        for (const agent of agents) {
          await restart(agent, flags(incoming, outgoing));
          await untilAllAlive(agents);
        }
      }
      const gossip = await command(agents[0] as AgentProcess, "info");
      expect(gossip.stdout).toContain("\tencrypted = true\n");
    }));

  test("strangers with another key, and with none, are told why they do not get in, and nobody hears of them", () =>
    withAgents(2, [], async (agents) => {
      const [server, other, plain] = agents as [AgentProcess, AgentProcess, AgentProcess];
      for (const agent of [server, other]) agent.start(["-encrypt", newKey()]);
      plain.start();
      await untilLeads(server);
      await until("the one without a key knows why", () =>
        plain.log().includes("Remote state is encrypted and encryption is not configured"),
      );
      await until("the one with another knows why", () =>
        other.log().includes("No installed keys could decrypt the message"),
      );
      await until("the server says what it did not take", () =>
        server.log().includes("Encryption is configured but remote state is not encrypted"),
      );
      expect(await memberStatuses(server)).toEqual({ s1: "alive" });
      nobodyFailed([server]);
    }));
});
