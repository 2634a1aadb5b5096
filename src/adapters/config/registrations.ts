// What is registered of the services and checks that a configuration names, when the agent starts and when the configuration
// is read again; and why it can't be. Consul's words (loadServices and loadChecks in agent/agent.go, 1.8).

import { quoteText } from "../../core/lib/go-quote.ts";
import { checkTypeFault, isScript } from "../../core/model/check-type.ts";
import type { CheckRegistration, LocalDefinitions, ServiceRegistration } from "../../core/model/local.ts";
import type { PortRange } from "../../core/model/port-ranges.ts";
import { dnsFault, taggedAddressFault } from "../../core/model/service-rules.ts";
import {
  checksFault,
  freeSidecarPort,
  noSidecarPort,
  registrationOf,
  sidecarId,
  sidecarOf,
  type WrittenService,
} from "../../core/model/written-service.ts";

/** What is to be registered: each service, and behind it the proxy beside it. */
export function definitionsOf(
  services: readonly WrittenService[],
  checks: readonly CheckRegistration[],
  ports: PortRange,
): LocalDefinitions {
  const all: ServiceRegistration[] = [];
  for (const written of services) {
    const registration = registrationOf(written);
    all.push(registration);
    if (written.sidecar === undefined) continue;
    const { port: said } = written.sidecar;
    const before = all.map(({ service }) => service);
    const port = said > 0 ? said : freeSidecarPort(sidecarId(registration.service.id), before, ports);
    // One without a port is told of when the agent starts (definitionsFault).
    all.push(sidecarOf(registration, written.sidecar, port ?? 0));
  }
  return { services: all, checks };
}

/** Why an agent can't start with these; undefined when it can. Consul tells it only then, and not before. */
export function definitionsFault(
  written: readonly WrittenService[],
  { services, checks }: LocalDefinitions,
  scripts: boolean,
  ports: PortRange,
): string | undefined {
  for (const each of written) {
    const fault = serviceFault(each, services, scripts, ports);
    if (fault !== undefined) return fault;
  }
  for (const check of checks) {
    const fault = checkFault(check, services, scripts);
    if (fault !== undefined) return `Failed to register check '${check.name}': ${fault}`;
  }
  return undefined;
}

function serviceFault(
  written: WrittenService,
  services: readonly ServiceRegistration[],
  scripts: boolean,
  ports: PortRange,
): string | undefined {
  const { name, sidecar: beside, checks } = written;
  const of = `service ${quoteText(name)}`;
  const checking = checksFault(checks);
  if (checking !== undefined) return `Failed to validate checks for ${of}: ${checking}`;
  const itsChecking = beside && checksFault(beside.checks);
  if (itsChecking !== undefined) return `Failed to validate sidecar for ${of}: ${itsChecking}`;
  const id = sidecarId(written.id === "" ? name : written.id);
  if (beside !== undefined && services.some(({ service }) => service.id === id && service.port < 1))
    return `Failed to validate sidecar for ${of}: ${noSidecarPort(ports)}`;
  const own = registeringFault(written, scripts);
  if (own !== undefined) return `Failed to register ${of}: ${own}`;
  const its = beside && registeringFault({ ...beside, name }, scripts);
  return its === undefined ? undefined : `Failed to register sidecar for ${of}: ${its}`;
}

const NO_SCRIPTS =
  "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true";

function registeringFault(
  { name, taggedAddresses: tagged, checks }: WrittenService,
  scripts: boolean,
): string | undefined {
  if (name === "") return "Service name missing";
  const fault = taggedAddressFault(tagged);
  if (fault !== undefined) return fault;
  return !scripts && checks.some(({ spec }) => isScript(spec)) ? NO_SCRIPTS : undefined;
}

function checkFault(
  { checkId, serviceId, spec }: CheckRegistration,
  services: readonly ServiceRegistration[],
  scripts: boolean,
): string | undefined {
  if (serviceId !== "" && !services.some(({ service }) => service.id === serviceId))
    return `ServiceID ${quoteText(serviceId)} does not exist`;
  if (checkId === "") return "CheckID missing";
  const fault = checkTypeFault(spec);
  if (fault !== undefined) return `Check is not valid: ${fault}`;
  return isScript(spec) && !scripts ? NO_SCRIPTS : undefined;
}

/** What the log is told of names that DNS can't say; of tags it is told in more detail than is told here. */
export function nameWarnings({ services }: LocalDefinitions): string[] {
  return services.flatMap(({ service: { service } }) => {
    const fault = dnsFault(service);
    const shown = /^[\w.:/-]+$/.test(service) ? service : quoteText(service);
    return fault === undefined ? [] : [`Service name ${fault}: service=${shown}`];
  });
}
