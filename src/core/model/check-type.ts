// What kind of check a definition makes, and whether it makes one at all: Consul 1.8's rules and words, and later ones' for
// the kinds that came with them; for registrations over HTTP and for those in configuration files.

import type { CheckSpec } from "./local.ts";

/** How such a check is made, in one word; "" for one that says nothing of it. */
export function checkTypeOf(its: CheckSpec): string {
  const timed = its.intervalNs > 0;
  if (its.grpc !== "" && timed) return "grpc";
  if (its.http !== "" && timed) return "http";
  if (its.ttlNs > 0) return "ttl";
  if (its.tcp !== "" && timed) return "tcp";
  if (its.udp !== "" && timed) return "udp";
  if (isAlias(its)) return "alias";
  if (isScript(its) && timed) return its.dockerContainerId === "" ? "script" : "docker";
  if (its.h2ping !== "" && timed) return "h2ping";
  return its.osService !== "" && timed ? "os_service" : "";
}

/** Whether it runs a program that it names, on this machine or in a container of it. */
export function isScript({ scriptArgs }: Pick<CheckSpec, "scriptArgs">): boolean {
  return scriptArgs.length > 0;
}

function isAlias({ aliasNode, aliasService }: CheckSpec): boolean {
  return aliasNode !== "" || aliasService !== "";
}

/** Why an agent can't make such a check; undefined when it can. */
export function checkTypeFault(its: CheckSpec): string | undefined {
  const late = its.udp !== "" || its.h2ping !== "" || its.osService !== "";
  const probes = late || isScript(its) || its.http !== "" || its.tcp !== "" || its.grpc !== "";
  if (its.intervalNs > 0 && its.ttlNs > 0) return "Interval and TTL cannot both be specified";
  if (probes && its.intervalNs <= 0)
    return late
      ? "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks"
      : "Interval must be > 0 for Script, HTTP, or TCP checks";
  if (probes && isAlias(its)) return "Interval cannot be set for Alias checks";
  if (isAlias(its) && its.ttlNs > 0) return "TTL must be not be set for Alias checks";
  if (!probes && !isAlias(its) && its.ttlNs <= 0) return "TTL must be > 0 for TTL checks";
  if (its.outputMaxSize < 0) return "MaxOutputMaxSize must be positive";
  return its.failuresBeforeWarning > its.failuresBeforeCritical
    ? "FailuresBeforeWarning can't be higher than FailuresBeforeCritical"
    : undefined;
}

/** The words that aggregation knows. */
export function isStatus(status: string): boolean {
  return status === "passing" || status === "warning" || status === "critical";
}
