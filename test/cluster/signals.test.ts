// What signals do to an agent, as they do to Consul's: who leaves, who just ends, with which exit code; and SIGHUP.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { createAgent, untilLeads, withFolder } from "../support/cluster.ts";
import { askOnce } from "../support/http-client.ts";
import { freePorts, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";

const DISABLED = "Graceful shutdown disabled. Exiting";
const COMPLETED = "Graceful exit completed";
const QUICK = 'performance { raft_multiplier = 1 leave_drain_time = "100ms" }';

/** Runs an agent by itself until `use` is through with it. */
async function withAgent(
  server: boolean,
  flags: readonly string[],
  use: (agent: AgentProcess, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const [ip = ""] = loopbackIps(1);
    const alone = server ? ["-bootstrap-expect", "1"] : [];
    const agent = createAgent(folder, "n1", {
      server,
      ip,
      ports: await freePorts(ip),
      flags: ["-hcl", QUICK, ...alone, ...flags.map((flag) => flag.replace("FOLDER", folder))],
    });
    if (flags.includes("FOLDER/log.json")) writeFileSync(join(folder, "log.json"), '{"log_level": "info"}');
    agent.start();
    try {
      if (server) await untilLeads(agent);
      else await until("it runs", () => agent.log().includes("agent running!"));
      await use(agent, folder);
    } finally {
      await agent.kill();
    }
  });
}

describe("an agent that gets a signal", () => {
  test.each([
    ["a server", true, [], "SIGINT", 1, DISABLED],
    ["a server", true, [], "SIGTERM", 1, DISABLED],
    ["a server told to leave", true, ["-hcl", "skip_leave_on_interrupt = false"], "SIGINT", 0, COMPLETED],
    ["a server told to leave", true, ["-hcl", "leave_on_terminate = true"], "SIGTERM", 0, COMPLETED],
    ["a client", false, [], "SIGINT", 0, COMPLETED],
    ["a client", false, [], "SIGTERM", 0, COMPLETED],
    ["a client told not to leave", false, ["-hcl", "skip_leave_on_interrupt = true"], "SIGINT", 1, DISABLED],
    ["a client told not to leave", false, ["-hcl", "leave_on_terminate = false"], "SIGTERM", 1, DISABLED],
  ] as const)(
    "%s ends as it should (server: %s, %j) at %s: with %i",
    (_who, server, flags, signal, code, said) =>
      withAgent(server, flags, async (agent) => {
        agent.signal(signal);
        expect(await agent.ended()).toEqual({ code, signal: null });
        expect(agent.log()).toContain(`Caught: signal=${signal === "SIGINT" ? "interrupt" : "terminated"}`);
        expect(agent.log()).toContain(said);
      }),
  );

  test("and another one while it leaves ends at once, with 1", () =>
    withAgent(
      true,
      ["-hcl", 'leave_on_terminate = true performance { leave_drain_time = "1m" }'],
      async (agent) => {
        agent.signal("SIGTERM");
        await until("it leaves", () => agent.log().includes("Gracefully shutting down agent..."));
        agent.signal("SIGTERM");
        expect(await agent.ended()).toEqual({ code: 1, signal: null });
        expect(agent.log()).toContain("Caught second signal, Exiting");
      },
    ));
});

describe("SIGHUP", () => {
  test("makes an agent read its files again; what is wrong with them is said, and it goes on as it was", () =>
    withAgent(true, ["-config-file", "FOLDER/log.json"], async (agent, folder) => {
      const debugLines = (): number => agent.log().split("[DEBUG]").length - 1;
      expect(debugLines()).toBe(0);

      writeFileSync(join(folder, "log.json"), '{"log_level": "debug", ');
      agent.signal("SIGHUP");
      await until("it complains", () => agent.log().includes("Reload config failed: error="));
      expect(await askOnce(agent.http, { method: "PUT", target: "/v1/kv/a", body: "1" })).toMatchObject({
        ok: true,
        body: "true",
      });

      writeFileSync(join(folder, "log.json"), '{"log_level": "error"}');
      agent.signal("SIGHUP");
      await until("it reads them", () => agent.log().split("Reloading configuration...").length === 3);
      expect(await askOnce(agent.http, { method: "GET", target: "/v1/kv/a?raw" })).toMatchObject({
        ok: true,
        body: "1",
      });
      const silent = agent.log();
      agent.signal("SIGTERM");
      expect(await agent.ended()).toEqual({ code: 1, signal: null });
      expect(agent.log()).toBe(silent);
    }));
});

describe("auto_reload_config", () => {
  test("has the agent read its files again when one has changed, once for what comes together", () =>
    withAgent(
      true,
      ["-config-file", "FOLDER/log.json", "-hcl", "auto_reload_config = true"],
      async (agent, folder) => {
        const reloads = (): number => agent.log().split("Reloading configuration...").length - 1;
        writeFileSync(join(folder, "log.json"), '{"log_level": "wa');
        writeFileSync(join(folder, "log.json"), '{"node_meta": {"rack": "2"}}');
        await until("its metadata is told", async () => {
          const self = await askOnce(agent.http, { method: "GET", target: "/v1/agent/self" });
          return self.ok && JSON.parse(self.body).Meta.rack === "2";
        });
        expect(reloads()).toBe(1);
        expect(agent.log()).not.toContain("Reload config failed");
      },
    ));
});

describe("a reload that is asked for over HTTP", () => {
  test("is answered when the files have been read, with what is wrong with them", () =>
    withAgent(true, ["-config-file", "FOLDER/log.json"], async (agent, folder) => {
      const reload = { method: "PUT", target: "/v1/agent/reload" } as const;
      writeFileSync(join(folder, "log.json"), '{"log_level": "debug"}');
      expect(await askOnce(agent.http, reload)).toMatchObject({ ok: true, status: 200, body: "" });
      expect(agent.log()).toContain("Reloading configuration...");

      writeFileSync(join(folder, "log.json"), '{"log_level": "debug", ');
      const refused = await askOnce(agent.http, reload);
      expect(refused).toMatchObject({ status: 500, body: expect.stringContaining("log.json") });
      expect(agent.log()).toContain("Reload config failed: error=");
    }));
});
