// What kind of check a definition makes, and whether it makes one at all: Consul 1.8's rules and words, for registrations
// over HTTP and for those in configuration files.

import type { CheckDefinition } from "./catalog.ts";

/** How such a check is made, in one word; "" for one that says nothing of it. */
export function checkTypeOf(its: CheckDefinition): string {
  const timed = its.intervalNs > 0;
  if (its.grpc !== "" && timed) return "grpc";
  if (its.http !== "" && timed) return "http";
  if (its.ttlNs > 0) return "ttl";
  if (its.tcp !== "" && timed) return "tcp";
  if (isAlias(its)) return "alias";
  if (isScript(its) && timed) return its.dockerContainerId === "" ? "script" : "docker";
  return "";
}

/** Whether it runs a program, on this machine or in a container of it. */
export function isScript({ scriptArgs }: CheckDefinition): boolean {
  return scriptArgs.length > 0;
}

function isAlias({ aliasNode, aliasService }: CheckDefinition): boolean {
  return aliasNode !== "" || aliasService !== "";
}

/** Why an agent can't make such a check; undefined when it can. */
export function checkTypeFault(its: CheckDefinition): string | undefined {
  const probes = isScript(its) || its.http !== "" || its.tcp !== "" || its.grpc !== "";
  if (its.intervalNs > 0 && its.ttlNs > 0) return "Interval and TTL cannot both be specified";
  if (probes && its.intervalNs <= 0) return "Interval must be > 0 for Script, HTTP, or TCP checks";
  if (probes && isAlias(its)) return "Interval cannot be set for Alias checks";
  if (isAlias(its) && its.ttlNs > 0) return "TTL must be not be set for Alias checks";
  if (!probes && !isAlias(its) && its.ttlNs <= 0) return "TTL must be > 0 for TTL checks";
  return its.outputMaxSize < 0 ? "MaxOutputMaxSize must be positive" : undefined;
}

/** The words that aggregation knows. */
export function isStatus(status: string): boolean {
  return status === "passing" || status === "warning" || status === "critical";
}
