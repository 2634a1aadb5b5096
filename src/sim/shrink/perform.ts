// Performs a schedule: step after step, all checkers on, and after each step whatever happens by itself. Equal schedules
// give equal performances.

import { agentDeadline } from "../../core/agent/agent.ts";
import { raftDeadline } from "../../core/raft/step.ts";
import { judgeHistory } from "../checkers/client-history.ts";
import { promisesKept } from "../checkers/promises.ts";
import { raftSafety } from "../checkers/raft-safety.ts";
import { structure } from "../checkers/structure.ts";
import type { Listen } from "../choices.ts";
import { failNext } from "../disk.ts";
import { isUp, type SimNode } from "../node.ts";
import type { Violation } from "../violation.ts";
import { asViolation } from "../violation.ts";
import { note, type Observer, type World } from "../world.ts";
import { type Audience, ask, audienceObserver, createAudience, watch } from "./audience.ts";
import { comeToCalm } from "./calm.ts";
import { arrive, find } from "./mailbox.ts";
import type { Schedule, Step } from "./schedule.ts";
import {
  createStage,
  diskSoon,
  endProcess,
  give,
  mailboxOf,
  type Stage,
  settle,
  startProcess,
} from "./stage.ts";

export interface PerformOptions {
  readonly observers?: readonly ((world: World) => Observer)[];
  /** Stands before each source of choices: a recorder's ear. */
  readonly listen?: Listen;
}

export interface Performance {
  /** Undefined when every checker was satisfied. */
  readonly violation: Violation | undefined;
  /** The steps that did something, up to the one that broke the rule; messages by the names they had this time. */
  readonly done: readonly Step[];
  /** Steps that agents took: what it cost. */
  readonly cost: number;
  readonly world: World;
}

/** @throws what is no finding: a fault of the simulator. */
export function perform(schedule: Schedule, options: PerformOptions = {}): Performance {
  const stage = createStage(schedule, options.listen ?? ((_purpose, chance) => chance));
  const { world } = stage;
  const audience = createAudience(world);
  const watchers = [...(options.observers ?? []), raftSafety, promisesKept, structure];
  world.observers.push(...watchers.map((make) => make(world)), audienceObserver(audience));
  const done: Step[] = [];
  let violation: Violation | undefined;
  try {
    for (const node of world.nodes) startProcess(stage, node);
    settle(stage);
    stage.keepsRequests = schedule.requests;
    for (const step of schedule.steps) {
      const act = prepare(stage, audience, step);
      if (act === undefined) continue;
      done.push(act.step);
      act.take();
      settle(stage);
    }
    judgeHistory(audience.history);
    if (schedule.calm) comeToCalm(stage);
  } catch (error) {
    violation = asViolation(error);
  }
  return { violation, done, cost: stage.cost + world.events, world };
}

interface Act {
  /** As it happens this time. */
  readonly step: Step;
  take(): void;
}

/** @returns Undefined when the step can't happen now: nobody is there, nothing is due, no such message was sent. */
function prepare(stage: Stage, audience: Audience, step: Step): Act | undefined {
  const { world } = stage;
  const node = world.nodes.find(({ name }) => name === (step.kind === "deliver" ? step.to : step.node));
  if (node === undefined || isUp(node) === (step.kind === "start")) return undefined;
  const act = (take: () => void, actual: Step = step): Act => ({
    step: actual,
    take() {
      passTime(world, step.atMs);
      take();
    },
  });
  const open = step.open === true;
  switch (step.kind) {
    case "time-out":
      return timeOut(stage, node, act);
    case "wake": {
      const nowMs = Math.max(world.nowUs / 1000, step.atMs);
      const due = node.agent !== undefined && agentDeadline(node.agent, nowMs) <= nowMs;
      return due ? act(() => give(stage, node, { type: "wake" }, open)) : undefined;
    }
    case "deliver":
      return delivery(stage, node, step, act);
    case "ask":
      return act(() => give(stage, node, ask(audience, node, step.question, step.key), open));
    case "watch":
      return act(() => give(stage, node, watch(audience, node, step.key), open));
    case "hold":
      return stage.held.has(node) ? undefined : act(() => void stage.held.add(node));
    case "store": {
      const [op] = node.disk.pending.keys();
      return op === undefined ? undefined : act(() => diskSoon(stage, node, op));
    }
    case "release":
      if (!stage.held.has(node)) return undefined;
      return act(() => {
        stage.held.delete(node);
        for (const op of node.disk.pending.keys()) diskSoon(stage, node, op);
      });
    case "fail-write":
      return act(() => failNext(node.disk, "write", { code: step.code, detail: "write" }));
    case "crash":
      return act(() => {
        note(world, node, "killed");
        endProcess(stage, node, step.keeps);
      });
    case "start":
      return act(() => {
        note(world, node, "starts");
        startProcess(stage, node);
      });
    case "lose": {
      const peer = world.nodes.find(({ name }) => name === step.peer);
      if (peer === undefined || peer === node || (step.refused && isUp(peer))) return undefined;
      const { refused } = step;
      return act(() => give(stage, node, { type: "peer-lost", peer: peer.config.nodeId, refused }, open));
    }
  }
}

type MakeAct = (take: () => void, actual?: Step) => Act;

function passTime(world: World, untilMs: number): void {
  world.nowUs = Math.max(world.nowUs, Math.ceil(untilMs * 1000));
}

function timeOut(stage: Stage, node: SimNode, act: MakeAct): Act | undefined {
  const raft = node.agent?.service.server?.raft;
  const dueMs = raft === undefined ? Number.POSITIVE_INFINITY : raftDeadline(raft);
  if (dueMs === Number.POSITIVE_INFINITY) return undefined;
  return act(() => {
    passTime(stage.world, dueMs);
    give(stage, node, { type: "wake" });
  });
}

function delivery(
  stage: Stage,
  to: SimNode,
  step: Extract<Step, { kind: "deliver" }>,
  act: MakeAct,
): Act | undefined {
  const from = stage.world.nodes.find(({ name }) => name === step.from);
  if (from === undefined || from === to) return undefined;
  const sent = find(mailboxOf(stage, from, to), step.message, step.again);
  if (sent === undefined) return undefined;
  return act(
    () => {
      arrive(mailboxOf(stage, from, to), sent);
      give(
        stage,
        to,
        { type: "message", from: from.config.nodeId, message: sent.message },
        step.open === true,
      );
    },
    { ...step, message: sent.name },
  );
}

/** The rule that a violation broke, for telling whether two runs fail in the same way: the core's assertions are rules too. */
export function ruleOf({ id, message }: Violation): string {
  return id === "invariant" ? `invariant: ${message}` : id;
}
