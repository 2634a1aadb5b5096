import { describe, expect, test } from "vitest";
import { createAgent } from "../../../src/core/agent/agent.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { setDeadline } from "../../../src/core/lib/deadline-heap.ts";
import { openAsk } from "../../../src/core/service/asks.ts";
import type { Service } from "../../../src/core/service/state.ts";
import { structure } from "../../../src/sim/checkers/structure.ts";
import { TRUE_TIME } from "../../../src/sim/clock.ts";
import { clusterConfigs } from "../../../src/sim/cluster.ts";
import { createNode } from "../../../src/sim/node.ts";

describe("the checker of structure, at a desk with questions that it has looked at", () => {
  function rig(): {
    readonly service: Service;
    readonly open: (id: number) => void;
    readonly look: () => void;
  } {
    const config = must(clusterConfigs({ servers: ["a"] })[0], "there is one");
    const node = createNode(0, config, TRUE_TIME);
    node.agent = createAgent(config, seededChance("structure"), 0);
    const { service } = node.agent;
    const checker = structure();
    const open = (id: number): void => {
      const ask = openAsk(service, { by: "http", id }, { kind: "status.leader" } as never, "", 0);
      setDeadline(service.deadlines, ask.id, 1_000);
    };
    const look = (): void =>
      checker.afterStep?.(node, { type: "disk-done", op: 0, result: { ok: true } }, 0, []);
    open(1);
    open(2);
    look();
    return { service, open, look };
  }

  test("nothing is wrong with another question", () => {
    const { open, look } = rig();
    open(3);
    expect(look).not.toThrow();
  });

  test("a new question that its caller does not find is told", () => {
    const { service, open, look } = rig();
    open(3);
    service.byOrigin.set("3", 1);
    expect(look).toThrow("a caller finds its question");
  });

  test("an older caller that is forgotten is told", () => {
    const { service, look } = rig();
    service.byOrigin.delete("1");
    expect(look).toThrow("none is forgotten");
  });

  test("a new question in the name of an older one's caller is told", () => {
    const { open, look } = rig();
    open(1);
    expect(look).toThrow("none is forgotten");
  });

  test("a caller without a question is told", () => {
    const { service, look } = rig();
    service.byOrigin.set("9", 1);
    expect(look).toThrow("no caller is remembered without a question");
  });
});
