// Agents of one world are one program to V8 only while their records have the hidden classes of each other: a record made as
// `{ ...known, added }` has one of its own, and whatever reads many of those is slow ever after (CONTRIBUTING.md, speed).

import { setFlagsFromString } from "node:v8";
import { expect, test } from "vitest";
import { clusterConfigs } from "../../src/sim/cluster.ts";
import { createWorld, runUntil, start } from "../../src/sim/world.ts";

setFlagsFromString("--allow-natives-syntax");
const haveSameMap = new Function("a", "b", "return %HaveSameMap(a, b)") as (a: object, b: object) => boolean;

/** One record of each hidden class among these. */
function classesOf<T extends object>(records: readonly T[]): T[] {
  const found: T[] = [];
  for (const record of records) if (!found.some((each) => haveSameMap(each, record))) found.push(record);
  return found;
}

test("what agents are configured by, and what they send, has few hidden classes", () => {
  const world = createWorld({ seed: "shapes", configs: clusterConfigs({ servers: ["a", "b", "c"] }) });
  const packets: object[] = [];
  world.observers.push({
    afterStep(_node, _input, _nowMs, effects) {
      for (const effect of effects) if (effect.type === "packet") packets.push(effect);
    },
  });
  for (const node of world.nodes) start(world, node);
  runUntil(world, 5e6);
  const agents = world.nodes.flatMap(({ agent }) => agent ?? []);
  const servers = agents.flatMap(({ service }) => service.server ?? []);
  expect(packets.length).toBeGreaterThan(30);
  // Numbers that are seen to be fractions may make a second one of any.
  expect(classesOf(packets).length).toBeLessThanOrEqual(4);
  expect(classesOf(servers.map(({ raft }) => raft.config)).length).toBeLessThanOrEqual(2);
  expect(classesOf(agents.flatMap(({ wal }) => wal?.config ?? [])).length).toBeLessThanOrEqual(2);
  expect(classesOf(agents.map(({ pools }) => pools.lan.config)).length).toBeLessThanOrEqual(2);
});
