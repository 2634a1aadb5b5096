// Checks of a service that is reached by way of its proxy alone (`Proxy.Expose.Checks`): those over HTTP and gRPC go to a port
// of the proxy's, which passes them on. Each has a port of its own, for as long as it is exposed. Consul's agent/agent.go, 1.8
// (rerouteExposedChecks, httpInjectAddr).

import { type Notice, notice } from "../api/notice.ts";
import type { CheckRegistration, CheckSpec, ServiceDefinition } from "../model/local.ts";
import { EXPOSED_PORTS } from "../model/port-ranges.ts";
import type { Change } from "./journal-format.ts";
import type { Local, LocalCheck } from "./state.ts";

/** A proxy is registered: its service's checks go by way of it from now on, or no longer. */
export function exposeChecks(local: Local, { id, proxy }: ServiceDefinition): void {
  const of = proxy?.destinationServiceId ?? "";
  if (of === "") return;
  if (proxy?.expose.checks !== true) return hideChecks(local, of);
  local.exposers.set(of, id);
  for (const checkId of local.checksOfService.get(of) ?? []) {
    const check = local.checks.get(checkId);
    if (check !== undefined) exposeCheck(local, check.registration);
  }
}

/** A service is gone: whom it was a proxy for is checked as it says again. */
export function forgetExposer(local: Local, { id, proxy }: ServiceDefinition): void {
  const of = proxy?.destinationServiceId ?? "";
  if (local.exposers.get(of) === id) hideChecks(local, of);
}

function hideChecks(local: Local, serviceId: string): void {
  if (!local.exposers.delete(serviceId)) return;
  for (const checkId of local.checksOfService.get(serviceId) ?? []) local.exposedPorts.delete(checkId);
}

/** Gives a check its port, if it goes by way of a proxy. Where none is free it is made as it says. */
export function exposeCheck(local: Local, registration: CheckRegistration): void {
  const { checkId } = registration;
  if (!isExposed(local, registration)) return void local.exposedPorts.delete(checkId);
  const port = local.exposedPorts.get(checkId) ?? freePort(local);
  if (port !== undefined) local.exposedPorts.set(checkId, port);
}

function isExposed({ exposers }: Local, { serviceId, spec }: CheckRegistration): boolean {
  return exposers.has(serviceId) && (spec.http !== "" || spec.grpc !== "");
}

function freePort({ config, exposedPorts }: Local): number | undefined {
  const { min, max } = config.exposePorts ?? EXPOSED_PORTS;
  const taken = new Set(exposedPorts.values());
  // Zero and zero: none are to be had.
  for (let port = Math.max(1, min); port <= max; port++) if (!taken.has(port)) return port;
  return undefined;
}

/** What the log is told of checks that should go by way of a proxy from now on, and for which there is no port. */
export function exposureNotices(
  local: Local,
  { services, checks }: Pick<Change, "services" | "checks">,
): Notice[] {
  if (local.exposers.size === 0) return [];
  const behind = services.flatMap(({ proxy }) => [
    ...(local.checksOfService.get(proxy?.destinationServiceId ?? "") ?? []),
  ]);
  const ids = new Set([...behind, ...checks.map(({ checkId }) => checkId)]);
  return [...ids].flatMap((checkId): Notice[] => {
    const registration = local.checks.get(checkId)?.registration;
    if (registration === undefined || !isExposed(local, registration) || local.exposedPorts.has(checkId))
      return [];
    const fields = { check: checkId, error: `no ports available to expose '${checkId}'` };
    return [notice("error", "", "error exposing check", fields)];
  });
}

/** How a check is made: as it says, or by way of the proxy that its service has. */
export function targetOf(
  { exposers, exposedPorts, services }: Local,
  { registration }: LocalCheck,
): CheckSpec {
  const { checkId, serviceId, spec } = registration;
  const port = exposedPorts.get(checkId);
  const proxy = services.get(exposers.get(serviceId) ?? "")?.definition;
  if (port === undefined || proxy === undefined) return spec;
  const at = `${bracketed(proxy.address)}:${port}`;
  return { ...spec, http: httpAt(spec.http, at), grpc: grpcAt(spec.grpc, at) };
}

/** An IPv6 address as it stands in a URL. */
function bracketed(ip: string): string {
  return ip.split(":").length > 2 && !ip.startsWith("[") ? `[${ip}]` : ip;
}

const HTTP_PLACE = /^(https?:\/\/)(?:\[.*?\]|\[?[\w\-.]+)(?::\d+)?([^?]*(?:\?.*)?)$/;

function httpAt(url: string, at: string): string {
  return url.replace(HTTP_PLACE, (_, scheme: string, path: string) => `${scheme}${at}${path}`);
}

function grpcAt(target: string, at: string): string {
  return target.replace(/^.*:\d+(.*)$/, (_, service: string) => `${at}${service}`);
}
