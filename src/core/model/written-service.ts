// A service as somebody wrote it down for its agent, over HTTP or in a configuration file: whether it makes sense, and what
// it makes of itself and of the proxy beside it. Consul's rules and words (1.8).

import { joinHostPort } from "./address.ts";
import type { Labels, ServiceAddress, ServiceWeights } from "./catalog.ts";
import { checkTypeFault, checkTypeOf, isStatus } from "./check-type.ts";
import {
  type CheckRegistration,
  type CheckSpec,
  NO_CHECK,
  NO_SPEC,
  type ServiceRegistration,
} from "./local.ts";
import type { PortRange } from "./port-ranges.ts";
import { CONNECT_PROXY, type ServiceProxy, serviceProxy } from "./proxy.ts";
import { withOwnAddress } from "./service-rules.ts";
import { zero } from "./shape.ts";

export interface WrittenService {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly address: string;
  readonly taggedAddresses: readonly (readonly [name: string, address: ServiceAddress])[];
  readonly meta: Labels;
  readonly port: number;
  readonly checks: readonly CheckRegistration[];
  /** Undefined for those of a service that gives none. */
  readonly weights: ServiceWeights | undefined;
  readonly token: string;
  readonly enableTagOverride: boolean;
  readonly proxy: ServiceProxy | null;
  readonly connectNative: boolean;
  readonly sidecar: WrittenService | undefined;
}

/** One that says nothing at all. */
export const NO_SERVICE: WrittenService = {
  kind: "",
  id: "",
  name: "",
  tags: [],
  address: "",
  taggedAddresses: [],
  meta: null,
  port: 0,
  checks: [],
  weights: undefined,
  token: "",
  enableTagOverride: false,
  proxy: null,
  connectNative: false,
  sidecar: undefined,
};

/** The first check that can't be made; undefined when all can. */
export function checksFault(checks: readonly CheckRegistration[]): string | undefined {
  for (const { spec } of checks) {
    const fault = checkTypeFault(spec);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Whether each check begins in a status that there is. */
export function haveStatuses(checks: readonly CheckRegistration[]): boolean {
  return checks.every(({ status }) => status === "" || isStatus(status));
}

/** What is to be registered of it, but for what is to stand beside it. */
export function registrationOf(written: WrittenService): ServiceRegistration {
  const { name, id, checks, weights, sidecar: _, token, taggedAddresses, ...rest } = written;
  return {
    service: {
      id: id === "" ? name : id,
      service: name,
      taggedAddresses: withOwnAddress(taggedAddresses, written.address, written.port),
      weights: weights ?? { passing: 1, warning: 1 },
      token,
      ...rest,
    },
    checks: checks.map((check) => ({ ...check, token })),
  };
}

/** The id of the proxy that is registered beside a service. */
export function sidecarId(serviceId: string): string {
  return `${serviceId}-sidecar-proxy`;
}

/**
 * The proxy that is to stand beside a service, which lends it what it does not say itself.
 * @param port For one that says none.
 */
export function sidecarOf(
  parent: ServiceRegistration,
  written: WrittenService,
  port: number,
): ServiceRegistration {
  const { service } = parent;
  const own = { ...written, port: written.port < 1 ? port : written.port };
  const proxy = sidecarProxy(service, own.proxy);
  const registration = registrationOf({
    ...own,
    id: sidecarId(service.id),
    name: own.name === "" ? `${service.service}-sidecar-proxy` : own.name,
    kind: own.kind === "" ? CONNECT_PROXY : own.kind,
    tags: own.tags.length === 0 ? service.tags : own.tags,
    meta: (own.meta?.length ?? 0) === 0 ? service.meta : own.meta,
    address: own.address === "" ? service.address : own.address,
    token: own.token === "" ? service.token : own.token,
    proxy,
    checks:
      own.checks.length > 0 ? own.checks : sidecarChecks(service.id, proxy.localServiceAddress, own.port),
  });
  return { ...registration, service: { sidecarOf: service.id, ...registration.service } };
}

const NO_PROXY: ServiceProxy = zero(serviceProxy);

function sidecarProxy(
  { id, service, port }: ServiceRegistration["service"],
  written: ServiceProxy | null,
): ServiceProxy {
  const said = written ?? NO_PROXY;
  return {
    ...said,
    destinationServiceName: said.destinationServiceName === "" ? service : said.destinationServiceName,
    destinationServiceId: said.destinationServiceId === "" ? id : said.destinationServiceId,
    localServiceAddress: said.localServiceAddress === "" ? "127.0.0.1" : said.localServiceAddress,
    localServicePort: said.localServicePort < 1 ? port : said.localServicePort,
  };
}

/** Whether it listens, and whether the service that it stands beside is well. */
function sidecarChecks(serviceId: string, host: string, port: number): CheckRegistration[] {
  const check = (name: string, said: Partial<CheckSpec>): CheckRegistration => {
    const spec = { ...NO_SPEC, ...said };
    return { ...NO_CHECK, name, type: checkTypeOf(spec), spec };
  };
  return [
    check("Connect Sidecar Listening", { tcp: joinHostPort(host, port), intervalNs: 10e9 }),
    check(`Connect Sidecar Aliasing ${serviceId}`, { aliasService: serviceId }),
  ];
}

/** The port that this sidecar has already, or the lowest that no other service has; undefined where there is none. */
export function freeSidecarPort(
  id: string,
  services: Iterable<{ readonly id: string; readonly port: number }>,
  { min, max }: PortRange,
): number | undefined {
  if (min < 1) return undefined;
  const taken = new Set<number>();
  for (const service of services) {
    if (service.port < min || service.port > max) continue;
    if (service.id === id) return service.port;
    taken.add(service.port);
  }
  for (let port = min; port <= max; port++) if (!taken.has(port)) return port;
  return undefined;
}

/** What is said where there is none. */
export function noSidecarPort({ min, max }: PortRange): string {
  const why =
    min < 1 || max < 1
      ? "auto-assignment disabled in config"
      : `none left in the configured range [${min}, ${max}]`;
  return `no port provided for sidecar_service and ${why}`;
}
