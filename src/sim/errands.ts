// What an agent asks of the machine that it runs on: its disk, programs, checks. Each takes its time, and the answer is an
// input of the same life of its agent.

import type { Effect, Input } from "../core/agent/ports.ts";
import { utf8Bytes } from "../core/lib/bytes.ts";
import { sendInput } from "./delivery.ts";
import { beginDisk } from "./disk.ts";
import { tookEffect } from "./effects.ts";
import { pushEvent } from "./event-queue.ts";
import type { SimNode } from "./node.ts";
import { resultsOf } from "./probes.ts";
import type { World } from "./world.ts";

/** How long a command takes until it says something, and then until it ends. */
const COMMAND_US = 1_000_000;

/** What the machine knows at once reaches the agent in a step of its own. */
export function tellSoon(world: World, node: SimNode, input: Input): void {
  sendInput(world, node, world.nowUs + 1, input);
}

export function askDisk(
  world: World,
  node: SimNode,
  { op, request }: Extract<Effect, { type: "disk" }>,
): void {
  beginDisk(node.disk, op, request);
  const [least, most] = world.diskUs;
  const latencyUs = least + world.chance.choose("disk.latency", most - least + 1) + node.diskStallUs;
  if (node.diskStallUs > 0) tookEffect(world.effects, "disk-stall");
  pushEvent(world.queue, world.nowUs + latencyUs, { kind: "disk", node: node.index, life: node.life, op });
}

/** Of all there is to be run a simulated machine knows `exit CODE`; any other line it says again. */
export function runCommand(
  world: World,
  node: SimNode,
  { job, line }: Extract<Effect, { type: "command-start" }>,
): void {
  const text = line.kind === "shell" ? line.command : line.kind === "args" ? line.args.join(" ") : "";
  const code = /^exit (\d+)$/.exec(text)?.[1];
  const saysUs = world.nowUs + 1 + world.chance.choose("command.says", COMMAND_US);
  const endsUs = saysUs + 1 + world.chance.choose("command.ends", COMMAND_US);
  if (code === undefined)
    sendInput(world, node, saysUs, { type: "command-output", job, bytes: utf8Bytes(`${text}\n`) });
  sendInput(world, node, endsUs, { type: "command-ended", job, code: Number(code ?? 0) });
}

export function makeCheck(world: World, node: SimNode, check: Extract<Effect, { type: "probe" }>): void {
  for (const [inUs, input] of resultsOf(world, check)) sendInput(world, node, world.nowUs + inUs, input);
}
