// Clients whose services have checks that their agents make, of targets that flap. Each registers such a service at one
// agent, makes its check another one, and takes it back. Whether the checks keep the rules is judged by
// checkers/probed-checks.ts, of all that agents make.

import type { HttpRequest } from "../core/api/http.ts";
import type { Chance } from "../core/lib/chance.ts";
import { probedChecks } from "./checkers/probed-checks.ts";
import { http, type Workload } from "./clients.ts";
import { isUp, type SimNode } from "./node.ts";
import { FLAPPING } from "./probes.ts";
import { callAt, deliver, type World } from "./world.ts";

/** Request numbers of these clients begin here, far from those of others. */
const FIRST_REQUEST = 9_000_000;
const THINK_US: readonly [least: number, most: number] = [1_000_000, 8_000_000];
const PATIENCE_US = 12_000_000;

interface ProbeClient {
  readonly service: string;
  readonly node: SimNode;
  /** The question that it waits for. */
  open: number | undefined;
}

/** @throws Violation "probe-overlap", "probe-status", "reap-early" */
export function startProbeClients(
  world: World,
  { companions }: Workload,
  clients: number,
  chance: Chance,
): void {
  const all = Array.from({ length: clients }, (_, at): ProbeClient => {
    const node = world.nodes[chance.choose("probe-client.node", world.nodes.length)] as SimNode;
    return { service: `probed${at + 1}`, node, open: undefined };
  });
  let nextRequest = FIRST_REQUEST;
  let stopped = false;
  const next = (client: ProbeClient): void => {
    client.open = undefined;
    const [least, most] = THINK_US;
    callAt(world, world.nowUs + least + chance.choose("probe-client.think", most - least), () => {
      if (!stopped) ask(client);
    });
  };
  const ask = (client: ProbeClient): void => {
    const { node, service } = client;
    if (!isUp(node)) return next(client);
    const id = nextRequest++;
    client.open = id;
    callAt(world, world.nowUs + PATIENCE_US, () => {
      if (client.open !== id) return;
      deliver(world, node, { type: "cancel", id });
      next(client);
    });
    deliver(world, node, { type: "http", id, request: nextRequestOf(service, chance) });
  };
  world.observers.push(probedChecks(), {
    onReply(id) {
      const client = all.find(({ open }) => open === id);
      if (client !== undefined) next(client);
    },
    onCrash(node) {
      for (const client of all) if (client.node === node && client.open !== undefined) next(client);
    },
  });
  companions.push({
    stop() {
      stopped = true;
      world.targetsFlap = false;
    },
    open: () => all.filter(({ open }) => open !== undefined).length,
  });
  for (const client of all) next(client);
}

/** Definitions are few, so that one is often registered again as it is. */
function nextRequestOf(service: string, chance: Chance): HttpRequest {
  if (chance.choose("probe-client.action", 4) === 0)
    return http("PUT", `/v1/agent/service/deregister/${service}`);
  const check = {
    TCP: chance.choose("probe-client.target", 2) === 0 ? `${FLAPPING}:1` : `${FLAPPING}-down:1`,
    Interval: "1s",
    SuccessBeforePassing: 2 * chance.choose("probe-client.successes", 2),
    FailuresBeforeCritical: 3 * chance.choose("probe-client.failures", 2),
    DeregisterCriticalServiceAfter: "2s",
  };
  return http("PUT", "/v1/agent/service/register", JSON.stringify({ Name: service, Port: 80, Check: check }));
}
