// Clients of the agents' own services: each registers a service with a TTL check at one agent, tells it how the service is,
// changes it and takes it back. What it was told is done must be so at that agent, after any number of restarts; its
// check turns critical when it was told nothing for its TTL, not before and not much later.

import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import type { Chance } from "../core/lib/chance.ts";
import { http, type Workload } from "./clients.ts";
import { isUp, type SimNode } from "./node.ts";
import { demand } from "./violation.ts";
import { callAt, deliver, type World } from "./world.ts";

/** Request numbers of these clients begin here, far from those of others. */
const FIRST_REQUEST = 7_000_000;
const THINK_US: readonly [least: number, most: number] = [200_000, 1_200_000];
const PATIENCE_US = 12_000_000;
const TTL_MS = 2_000;
/** An agent that was stopped, or has just started, looks at its clocks as soon as it can. */
const LATE_MS = 1_000;

/** A service as it was registered: its port; undefined for none. */
type Registered = number | undefined;

interface Registrar {
  readonly service: string;
  readonly node: SimNode;
  /** One of these is what its agent has. More than one where it is not known what became of a request. */
  possible: Set<Registered>;
  writes: number;
  open: { readonly id: number; readonly wants: Registered | "same" } | undefined;
  /** Requests that tell its check something. */
  readonly telling: Set<number>;
  /** By its agent's clock: when that came last, or the agent began. */
  toldMs: number;
  /** Its check had expired, when its agent was looked at last. */
  expired: boolean;
  /** Its agent has read what it kept. */
  ready: boolean;
}

export interface RegistrarOptions {
  readonly registrars: number;
}

/** @throws Violation "local-registration-lost", "ttl-early", "ttl-late" */
export function startRegistrars(
  world: World,
  { companions }: Workload,
  { registrars }: RegistrarOptions,
  chance: Chance,
): void {
  const all = Array.from({ length: registrars }, (_, at): Registrar => {
    const node = world.nodes[chance.choose("registrar.node", world.nodes.length)] as SimNode;
    const service = `own${at + 1}`;
    return {
      service,
      node,
      possible: new Set([undefined]),
      writes: 0,
      open: undefined,
      telling: new Set(),
      toldMs: 0,
      expired: false,
      ready: false,
    };
  });
  let nextRequest = FIRST_REQUEST;
  let stopped = false;
  const next = (registrar: Registrar): void => {
    registrar.open = undefined;
    const [least, most] = THINK_US;
    callAt(world, world.nowUs + least + chance.choose("registrar.think", most - least), () => {
      if (!stopped) ask(registrar);
    });
  };
  const ask = (registrar: Registrar): void => {
    const { node } = registrar;
    if (!isUp(node)) return next(registrar);
    const id = nextRequest++;
    const { wants, request } = nextQuestion(registrar, chance);
    if (wants !== undefined && request.method === "PUT") registrar.telling.add(id);
    if (wants !== "same") registrar.possible.add(wants);
    registrar.open = { id, wants };
    callAt(world, world.nowUs + PATIENCE_US, () => {
      if (registrar.open?.id !== id) return;
      deliver(world, node, { type: "cancel", id });
      next(registrar);
    });
    deliver(world, node, { type: "http", id, request });
  };
  world.observers.push({
    skipsIdleTurns: true,
    onReply(id, { response }) {
      const registrar = all.find(({ open }) => open?.id === id);
      if (registrar?.open === undefined) return;
      hear(registrar, registrar.open.wants, response);
      next(registrar);
    },
    onStart(node) {
      for (const registrar of all) if (registrar.node === node) registrar.ready = false;
    },
    onCrash(node) {
      for (const registrar of all)
        if (registrar.node === node && registrar.open !== undefined) next(registrar);
    },
    afterStep(node, input, nowMs) {
      for (const registrar of all) if (registrar.node === node) judgeCheck(registrar, input, nowMs);
    },
    onEnd() {
      for (const registrar of all) demandKept(registrar);
    },
  });
  companions.push({
    stop() {
      stopped = true;
    },
    open: () => all.filter(({ open }) => open !== undefined).length,
  });
  for (const registrar of all) next(registrar);
}

function nextQuestion(
  registrar: Registrar,
  chance: Chance,
): { readonly wants: Registered | "same"; readonly request: HttpRequest } {
  const { service } = registrar;
  const dice = chance.choose("registrar.action", 10);
  if (dice < 3) {
    const port = ++registrar.writes;
    const check = { TTL: `${TTL_MS}ms`, Status: "passing" };
    const body = JSON.stringify({ Name: service, Port: port, Check: check });
    return { wants: port, request: http("PUT", "/v1/agent/service/register", body) };
  }
  if (dice < 4) return { wants: undefined, request: http("PUT", `/v1/agent/service/deregister/${service}`) };
  if (dice < 5) return { wants: "same", request: http("GET", "/v1/agent/services") };
  const verb = ["pass", "warn", "fail"][chance.choose("registrar.verb", 3)] ?? "pass";
  return { wants: "same", request: http("PUT", `/v1/agent/check/${verb}/service:${service}?note=${dice}`) };
}

function hear(registrar: Registrar, wants: Registered | "same", { status, body }: HttpResponse): void {
  if (status !== 200) return;
  if (wants !== "same") {
    registrar.possible = new Set([wants]);
    return;
  }
  if (!body.startsWith("{")) return;
  const services = JSON.parse(body) as Readonly<Record<string, { readonly Port: number } | undefined>>;
  demandPossible(registrar, services[registrar.service]?.Port, "says that it has");
}

/** At the end, of the agent's own state. */
function demandKept(registrar: Registrar): void {
  const local = registrar.node.agent?.local;
  if (local === undefined) return;
  const port = local.services.get(registrar.service)?.definition.port;
  demandPossible(registrar, port, "has");
  const checked = local.checks.has(`service:${registrar.service}`);
  demand(
    checked === (port !== undefined) || isStruck(registrar),
    "local-registration-lost",
    () =>
      `${registrar.node.name} has ${checked ? "the check" : "no check"} of ${registrar.service}, unlike the service`,
  );
}

function demandPossible(registrar: Registrar, port: Registered, verb: string): void {
  const { possible, node, service } = registrar;
  demand(
    possible.has(port) || isStruck(registrar),
    "local-registration-lost",
    () =>
      `${node.name} ${verb} ${service} at ${port ?? "no port"}; confirmed was ${[...possible].join(" or ")}`,
  );
}

/** Of what a disk has lost or forged after it was confirmed nobody can know. */
function isStruck({ node }: Registrar): boolean {
  return node.disk.struck > 0;
}

function judgeCheck(
  registrar: Registrar,
  input: Parameters<NonNullable<World["observers"][number]["afterStep"]>>[1],
  nowMs: number,
): void {
  const local = registrar.node.agent?.local;
  if (local?.ready !== true) return;
  const told = input?.type === "http" && registrar.telling.delete(input.id);
  // What was asked before it was ready is taken up with that, and what it was told in another life begins anew.
  if (told || !registrar.ready) registrar.toldMs = nowMs;
  if (!registrar.ready) registrar.expired = false;
  registrar.ready = true;
  const check = local.checks.get(`service:${registrar.service}`);
  const expired = check?.status === "critical" && check.output.startsWith("TTL expired");
  const expires = expired && !registrar.expired;
  registrar.expired = expired;
  if (check === undefined) return;
  const sinceMs = nowMs - registrar.toldMs;
  const whose = (): string => `the check of ${registrar.service} at ${registrar.node.name}`;
  const ago = (): string =>
    `${Math.round(sinceMs)} ms after it was told something, its TTL being ${TTL_MS} ms`;
  // To the microsecond: clocks are sums of fractions.
  if (sinceMs < TTL_MS - 0.001) demand(!expires, "ttl-early", () => `${whose()} expires ${ago()}`);
  else if (input?.type === "wake" && sinceMs >= TTL_MS + LATE_MS)
    demand(check.status === "critical", "ttl-late", () => `${whose()} is ${check.status} ${ago()}`);
}
