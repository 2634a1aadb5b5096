// Checks that say what others say: those of a service here, of this node, or of another node, which the servers are asked
// about. Consul's agent/checks/alias.go, 1.8.

import type { CatalogNode, HealthNode } from "../api/request.ts";
import type { Response } from "../api/response.ts";
import { type Check, CRITICAL, PASSING } from "../model/catalog.ts";
import { setStatus } from "./checks.ts";
import type { Flight, Local, LocalCheck, LocalEffect } from "./state.ts";
import { startTimer } from "./timers.ts";

/** What one check says of that which an alias stands for. */
type Said = Pick<Check, "checkId" | "name" | "status" | "output" | "serviceId">;

/** How long the servers hold a question about another node. */
const WAIT_MS = 60_000;
/** How long it rests after a failure, and after many in a row: twice as long after each. */
const RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 60_000;

export function startAlias(local: Local, { registration }: LocalCheck, nowMs: number): void {
  const { checkId, spec } = registration;
  if (spec.aliasNode === "") local.aliases.add(checkId);
  else startTimer(local, "alias", checkId, nowMs);
}

/** Looks at all aliases of what is here, until nothing changes: one may stand for another. */
export function reviewAliases(local: Local, nowMs: number): void {
  for (let left = local.aliases.size; left > 0; left--) {
    let changed = false;
    for (const id of local.aliases) {
      const check = local.checks.get(id);
      if (check !== undefined && reviewAlias(local, check, nowMs)) changed = true;
    }
    if (!changed) return;
  }
}

function reviewAlias(local: Local, check: LocalCheck, nowMs: number): boolean {
  const { aliasService } = check.registration.spec;
  const found = aliasService === "" || local.services.has(aliasService);
  return take(local, check, found, saidHere(local), nowMs);
}

function* saidHere(local: Local): Iterable<Said> {
  for (const [checkId, { registration, status, output }] of local.checks)
    yield { checkId, name: registration.name, status, output, serviceId: registration.serviceId };
}

/** Gives an alias the worst of what the checks of its service, and of the whole node, say. */
function take(local: Local, check: LocalCheck, found: boolean, said: Iterable<Said>, nowMs: number): boolean {
  const { checkId, spec } = check.registration;
  const { aliasService, aliasNode } = spec;
  let any = false;
  let status: string = PASSING;
  let failing: Said | undefined;
  for (const each of said) {
    if (each.checkId === checkId && aliasNode === "") continue;
    if (each.serviceId !== "" && each.serviceId !== aliasService) continue;
    any = true;
    if (each.status === PASSING || (status === CRITICAL && each.status !== CRITICAL)) continue;
    if (status === CRITICAL) continue;
    status = each.status;
    failing = each;
  }
  const { status: before, output: saidBefore } = check;
  if (!found)
    setStatus(
      local,
      check,
      CRITICAL,
      `Service ${aliasService} could not be found on node ${aliasNode}`,
      nowMs,
    );
  else if (failing !== undefined)
    setStatus(local, check, status, `Aliased check "${failing.name}" failing: ${failing.output}`, nowMs);
  else setStatus(local, check, PASSING, any ? "All checks passing." : "No checks found.", nowMs);
  return check.status !== before || check.output !== saidBefore;
}

/** Asks the servers about the node that an alias stands for: for news, once it has been told anything. */
export function askAlias(local: Local, check: LocalCheck, out: LocalEffect[]): void {
  check.run = ++local.lastRun;
  const options = { consistency: "stale", minIndex: check.aliasIndex, waitMs: WAIT_MS } as const;
  const node = check.registration.spec.aliasNode;
  fly(local, { does: "alias", checkId: check.registration.checkId, run: check.run }, out, {
    kind: "health.node",
    node,
    options,
  });
}

function fly(
  { sync }: Local,
  flight: Extract<Flight, { does: "alias" }>,
  out: LocalEffect[],
  request: HealthNode | CatalogNode,
): void {
  const id = sync.nextFlight++;
  sync.flights.set(id, flight);
  out.push({ type: "ask", flight: id, request });
}

export function onAliasAnswer(
  local: Local,
  flight: Extract<Flight, { does: "alias" }>,
  response: Response,
  nowMs: number,
  out: LocalEffect[],
): void {
  const check = local.checks.get(flight.checkId);
  // The check is another one by now, or none.
  if (check === undefined || check.run !== flight.run) return;
  const { checkId, spec } = check.registration;
  const { aliasNode: node, aliasService } = spec;
  if (!response.ok) {
    const restMs = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** check.failures++);
    startTimer(local, "alias", checkId, nowMs + restMs);
    // Once is nothing: the servers may be electing a leader.
    if (check.failures < 2) return;
    const output = `Failure checking aliased node or service: ${response.error.detail}`;
    return setStatus(local, check, CRITICAL, output, nowMs);
  }
  const { body, meta } = response;
  check.failures = 0;
  if (body.kind === "checks") {
    check.aliasIndex = meta?.index ?? 0;
    const seen = aliasService === "" || body.checks.some(({ serviceId }) => serviceId === aliasService);
    const options = { consistency: "stale", minIndex: 0, waitMs: 0 } as const;
    if (!seen)
      return fly(local, { said: body.checks, ...flight }, out, { kind: "catalog.node", node, options });
    take(local, check, true, body.checks, nowMs);
  } else if (body.kind === "node-services")
    take(
      local,
      check,
      body.services.some(({ id }) => id === aliasService),
      flight.said ?? [],
      nowMs,
    );
  startTimer(local, "alias", checkId, nowMs);
}
