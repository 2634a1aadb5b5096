// What a run is said to have been, against what it was.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_KINDS } from "../../src/sim/fault-kinds.ts";
import { Scenario } from "../../src/sim/scenario.ts";
import { createSummary, type Summary, summarise } from "../../src/sim/summary.ts";
import { STEP_RULES, summaryLines, takeNoteApart } from "../../src/sim/summary-lines.ts";
import { runSwarm } from "../../src/sim/swarm.ts";

function told(seed: string): Summary {
  const summary = createSummary();
  const t = new Scenario({ seed, observers: [summarise(summary)] });
  t.cluster({ servers: ["a", "b", "c"] });
  t.elect("b");
  t.put("motd", "hi", { via: "a" }).succeeds();
  t.get("motd", { via: "c", mode: "consistent" }).says("hi");
  t.get("nothing", { via: "c" });
  t.cas("motd", 1, "no", { via: "a" });
  t.kill("b");
  t.until(() => t.leader() !== undefined);
  t.restart("b");
  t.settle();
  return summary;
}

test("a summary says who led when, what happened to whom, and what clients were told", () => {
  const { leaders, notes, operations, steps, committed, starts } = told("7");
  const reign = leaders.find(({ node, untilMs }) => node === "b" && untilMs !== undefined);
  const killed = notes.find(({ text }) => text === "killed");
  expect(killed?.node).toBe("b");
  expect(reign?.untilMs).toBe(killed?.atMs);
  expect(leaders.at(-1)?.untilMs).toBeUndefined();
  expect(leaders.at(-1)?.term).toBeGreaterThan(reign?.term ?? Number.POSITIVE_INFINITY);
  expect(Object.fromEntries(operations)).toEqual({
    put: { ok: 1, refused: 0, error: 0, unanswered: 0 },
    get: { ok: 1, refused: 0, error: 0, unanswered: 0 },
    "get consistent": { ok: 1, refused: 0, error: 0, unanswered: 0 },
    "put cas": { ok: 0, refused: 1, error: 0, unanswered: 0 },
  });
  expect(starts).toBe(4);
  expect(steps).toBeGreaterThan(100);
  expect(committed).toBeGreaterThan(2);
});

test("lines fit a terminal and hold every part", () => {
  const summary = createSummary();
  const report = runSwarm({ seed: "3", seconds: 24, clients: 1, observers: [summarise(summary)] });
  const lines = summaryLines(summary, report);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(140);
  const words = lines.map((line) => line.slice(0, 10).trim()).filter((word) => word !== "");
  expect(words).toEqual(["leaders", "trouble", "clients", "checked"]);
  expect(lines.join("\n")).toMatch(/what took effect, and how often:\n +.*skew 1/);
  expect(lines.join("\n")).toMatch(/once all trouble had ended:\n +a leader after [\d.]+ s \(allowed 10\)/);
});

test("the observer changes nothing", () => {
  const options = { seed: "5", seconds: 22, servers: 3 };
  expect(runSwarm({ ...options, observers: [summarise(createSummary())] }).digest).toBe(
    runSwarm(options).digest,
  );
});

test("the rules that a summary names are those that are looked at", () => {
  const room = join(import.meta.dirname, "../../src/sim");
  const raft = readFileSync(join(room, "checkers/raft-safety.ts"), "utf8");
  const imported = [...raft.matchAll(/import \{ (\w+) \} from "\.\/(raft\/[\w-]+)\.ts"/g)].map(
    ([, , file]) => file as string,
  );
  const swarm = readFileSync(join(room, "swarm.ts"), "utf8");
  const others = ["membership", "promises", "structure"].filter((file) =>
    swarm.includes(`"./checkers/${file}.ts"`),
  );
  expect(Object.keys(STEP_RULES).sort()).toEqual([...imported, ...others].sort());
});

test.each([
  ["killed", "killed", ""],
  ["partition  a b | c", "partition", "a b | c"],
  ["links take 312 ms  a→b", "links take … ms", "a→b"],
  ["links carry 2000 bytes a second  a→b", "links carry … bytes a second", "a→b"],
  ["datagrams of more than 576 bytes are lost  a→b", "datagrams of more than … bytes are lost", "a→b"],
  ["clock leaps 1204.5 ms forward", "clock leaps … ms forward", ""],
  ["bits of wal/000001.log turn", "bits of a file turn", ""],
  ["is replaced by 0.0.0-sim", "is replaced by 0.0.0-sim", ""],
  ["DELETE /v1/operator/raft/peer?id=00-11", "DELETE /v1/operator/raft/peer", ""],
])("the note %j is of the kind %j", (text, kind, whom) =>
  expect(takeNoteApart(text)).toEqual({ kind, whom }),
);

test("docs/testing.md tells of every kind of fault", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/testing.md"), "utf8");
  const table = page.slice(page.indexOf("| fault | what happens |"), page.indexOf("Then comes calm"));
  expect([...table.matchAll(/`([\w-]+)`/g)].map(([, kind]) => kind)).toEqual(
    expect.arrayContaining([...FAULT_KINDS]),
  );
});
