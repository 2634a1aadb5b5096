// Proxies that are registered beside a service because it asks for one: they get a port if they say none, and go with the
// service. Consul's agent/sidecar_service.go, 1.8.

import type { LocalChange } from "../api/local.ts";
import type { ServiceRegistration } from "../model/local.ts";
import { type PortRange, SIDECAR_PORTS } from "../model/port-ranges.ts";
import {
  freeSidecarPort,
  noSidecarPort,
  sidecarId,
  sidecarOf,
  type WrittenService,
} from "../model/written-service.ts";
import { putService } from "./definitions.ts";
import type { Change } from "./journal-format.ts";
import type { Local, Source } from "./state.ts";

export type RegisterService = Extract<LocalChange, { kind: "agent.register-service" }>;

/** A service, its checks, and the proxy beside it: as one. */
export function registerService(
  local: Local,
  request: RegisterService,
  source: Source,
  nowMs: number,
): Change {
  const { replacesChecks } = request;
  const own = putService(local, request, source, replacesChecks, nowMs);
  const sidecar = sidecarRegistration(local, request, request.sidecar);
  if (sidecar === undefined) return own;
  const beside = putService(local, sidecar, source, replacesChecks, nowMs);
  return {
    ...own,
    services: [...own.services, ...beside.services],
    checks: [...own.checks, ...beside.checks],
    defaults: [...own.defaults, ...beside.defaults],
    goneChecks: [...own.goneChecks, ...beside.goneChecks],
  };
}

/** The proxy that is asked for; undefined for none, or where there is no port for it. */
export function sidecarRegistration(
  local: Local,
  parent: ServiceRegistration,
  written: WrittenService | undefined,
): ServiceRegistration | undefined {
  if (written === undefined) return undefined;
  const port = written.port < 1 ? freePort(local, sidecarId(parent.service.id)) : written.port;
  return port === undefined ? undefined : sidecarOf(parent, written, port);
}

/** Why there can be no such proxy; undefined when there can. */
export function sidecarFault(local: Local, { service, sidecar }: RegisterService): string | undefined {
  if (sidecar === undefined || sidecar.port > 0) return undefined;
  if (freePort(local, sidecarId(service.id)) !== undefined) return undefined;
  return `Bad request: Invalid SidecarService: ${noSidecarPort(portsOf(local))}`;
}

function portsOf({ config }: Local): PortRange {
  return config.sidecarPorts ?? SIDECAR_PORTS;
}

function freePort(local: Local, id: string): number | undefined {
  const services = [...local.services.values()].map(({ definition }) => definition);
  return freeSidecarPort(id, services, portsOf(local));
}
