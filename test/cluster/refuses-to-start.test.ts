import { createSocket } from "node:dgram";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { createAgent, createSingleServer, untilLeads, withFolder } from "../support/cluster.ts";
import { close, listen } from "../support/loopback.ts";
import { until } from "../support/until.ts";

/** A single server of its own with more on its command line. */
async function serverWith(folder: string, flags: readonly string[]): Promise<AgentProcess> {
  const { spec } = await createSingleServer(folder);
  return createAgent(folder, "s1", { ...spec, flags: [...spec.flags, ...flags] });
}

/** Starts an agent that can't run. @returns What it said. */
async function refusal(agent: AgentProcess): Promise<string> {
  agent.start();
  try {
    await until("it ends", () => !agent.isRunning());
    expect(await agent.ended()).toEqual({ code: 1, signal: null });
    return agent.log();
  } finally {
    await agent.kill();
  }
}

describe("an agent that is told nonsense ends with exit code 1 and a word about it", () => {
  test.each<[string, string[], string]>([
    ["a flag that does not exist", ["-nosuchflag"], "flag provided but not defined: -nosuchflag"],
    ["a flag without its value", ["-node"], "flag needs an argument: -node"],
    ["an argument", ["now"], "Unexpected extra arguments: [now]"],
    ["a node id that is none", ["-node-id", "7"], "specified NodeID is invalid: uuid string is wrong length"],
    [
      "a file of settings that is not there",
      ["-config-file", "/no.hcl"],
      "open /no.hcl: no such file or directory",
    ],
    ["settings that can't be read", ["-hcl", "server = ["], "==> "],
    ["an address that is not ours", ["-bind", "192.0.2.1"], "cannot assign requested address"],
    ["an address for clients that is not ours", ["-client", "192.0.2.1"], "cannot assign requested address"],
    [
      "a place for its process id where nothing can be",
      ["-pid-file", "/dev/null/p"],
      "Could not open pid file: open",
    ],
    [
      "a place for its log where nothing can be",
      ["-log-file", "/dev/null/l"],
      "Failed to setup logging: open",
    ],
  ])("%s", (_, flags, said) =>
    withFolder(async (folder) => {
      expect(await refusal(await serverWith(folder, flags))).toContain(said);
    }),
  );
});

describe("an agent whose data directory can't be used ends with exit code 1 and says why", () => {
  test.each<[string, string, string, string]>([
    ["it is a file", "data", "data", "is not a directory"],
    ["it would be below a file", "file", "file/data", "not a directory"],
    ["its node id is none", "data/node-id", "data", "is invalid: uuid string is wrong length"],
    ["its log is none", "data/raft/wal/0000000000000001.wal", "data", "the file has only 4 bytes"],
  ])("%s", (_, file, dataDir, said) =>
    withFolder(async (folder) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), "text");
      expect(await refusal(await serverWith(folder, ["-data-dir", join(folder, dataDir)]))).toContain(said);
    }),
  );

  test("it is not there and can't be made, not even by root", () =>
    withFolder(async (folder) => {
      const said = await refusal(await serverWith(folder, ["-data-dir", "/proc/no/data"]));
      expect(said).toContain('cannot create data_dir "/proc/no/data": no such file or directory');
    }));

  test.skipIf(process.getuid?.() === 0)("it must not be written to", () =>
    withFolder(async (folder) => {
      const dataDir = join(folder, "data");
      mkdirSync(dataDir);
      chmodSync(dataDir, 0o500);
      const said = await refusal(await serverWith(folder, ["-data-dir", dataDir]));
      chmodSync(dataDir, 0o700);
      expect(said).toContain(`cannot write to data_dir "${dataDir}": permission denied`);
    }),
  );

  test("another agent has it, which does not notice", () =>
    withFolder(async (folder) => {
      const first = await createSingleServer(folder);
      first.start();
      await untilLeads(first);
      const { spec } = await createSingleServer(folder, "s2");
      const flags = [...spec.flags, "-data-dir", first.spec.dataDir];

      const said = await refusal(createAgent(folder, "s2", { ...spec, flags }));

      expect(said).toContain(
        `data_dir "${first.spec.dataDir}" is in use by another agent (process ${first.pid})`,
      );
      await untilLeads(first);
      await first.kill();
    }));
});

describe("an agent whose port is taken ends with exit code 1 and names it", () => {
  test.each<[string, "http" | "server" | "serfLan", string]>([
    ["HTTP", "http", ""],
    ["RPC", "server", "Failed to start RPC layer: "],
    ["gossip", "serfLan", "Failed to start lan serf: "],
  ])("%s", (_, port, layer) =>
    withFolder(async (folder) => {
      const server = await createSingleServer(folder);
      const { ip, ports } = server.spec;
      const occupant = await listen(ip, ports[port]);

      const said = await refusal(server);

      expect(said).toContain(layer);
      expect(said).toContain(`listen tcp ${ip}:${ports[port]}: bind: address already in use`);
      await close(occupant);
    }),
  );

  test("gossip over UDP", () =>
    withFolder(async (folder) => {
      const server = await createSingleServer(folder);
      const { ip, ports } = server.spec;
      const occupant = createSocket("udp4");
      await new Promise<void>((resolve) => occupant.bind(ports.serfLan, ip, resolve));

      expect(await refusal(server)).toContain(
        `listen udp ${ip}:${ports.serfLan}: bind: address already in use`,
      );
      occupant.close();
    }));
});
