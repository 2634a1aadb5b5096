// Whole agents by the hundred: the LAN has been there for long when the run begins, everybody is in the catalog soon, and
// who is killed comes back by the members that it remembers.

import { expect, test } from "vitest";
import { whoIsMissing } from "../../src/sim/checkers/convergence.ts";
import { structure } from "../../src/sim/checkers/structure.ts";
import { clusterConfigs } from "../../src/sim/cluster.ts";
import { foundLan } from "../../src/sim/founding.ts";
import { runSwarm } from "../../src/sim/swarm.ts";
import { createWorld, runUntil, start } from "../../src/sim/world.ts";

test("a founded LAN is whole at once, elects a leader, and has nothing to say", () => {
  const servers = ["a", "b", "c"];
  const clients = Array.from({ length: 57 }, (_, at) => `client${at + 1}`);
  const world = createWorld({ seed: "large", configs: clusterConfigs({ servers, clients, seeds: [] }) });
  world.observers.push(structure());
  for (const node of world.nodes) start(world, node);
  foundLan(world);
  expect(whoIsMissing(world)).toBeUndefined();
  runUntil(world, 10e6);
  expect(whoIsMissing(world)).toBeUndefined();
  const roles = world.nodes.slice(0, 3).map(({ agent }) => agent?.service.server?.raft.role);
  expect(roles.filter((role) => role === "leader")).toHaveLength(1);
  for (const { agent } of world.nodes) expect(agent?.pools.lan.broadcasts.size).toBe(0);
});

test("a swarm of more than a hundred keeps every rule while agents are killed", () => {
  const { violation, message } = runSwarm({
    seed: "1",
    servers: 3,
    clients: 101,
    seconds: 30,
    faults: ["crash"],
  });
  expect(`${violation} ${message}`).toBe(" ");
});

test("the rules of gossip are looked at in whole agents too", () => {
  const options = { seed: "1", seconds: 40, faults: ["pause", "leave-and-return"] } as const;
  expect(runSwarm({ ...options, planted: "gossip-refutes-too-low" }).violation).toBe(
    "gossip-accusation-unanswered",
  );
});
