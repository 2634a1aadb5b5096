// What an agent answers about its own services and checks.

import type { LocalHealth, LocalQuestion } from "../api/local.ts";
import type { Response, ResponseBody } from "../api/response.ts";
import { compareStrings } from "../lib/bytes.ts";
import { createDigest, printDigest } from "../lib/digest.ts";
import { digestPlain } from "../lib/plain.ts";
import type { Check } from "../model/catalog.ts";
import type { ServiceDefinition } from "../model/local.ts";
import type { LocalServices } from "../model/user-event.ts";
import type { Local } from "./state.ts";
import { catalogCheck } from "./sync.ts";

export function answerLocal(local: Local, question: LocalQuestion): Response {
  return { ok: true, body: bodyOf(local, question) };
}

function bodyOf(local: Local, question: LocalQuestion): ResponseBody {
  switch (question.kind) {
    case "agent.services":
      return { kind: "local-services", services: servicesOf(local) };
    case "agent.service":
      return describeService(local, question.serviceId);
    case "agent.checks":
      return { kind: "local-checks", checks: checksWhere(local, () => true) };
    case "agent.service-health":
      return { kind: "local-health", instances: healthOf(local, question.by, question.of) };
  }
}

/** A service, and what it hashes to: another number when anything of it is another. */
export function describeService(local: Local, id: string): Extract<ResponseBody, { kind: "local-service" }> {
  const service = local.services.get(id)?.definition;
  const digest = createDigest();
  digestPlain(digest, service);
  return { kind: "local-service", service, hash: printDigest(digest) };
}

function servicesOf({ services }: Local): ServiceDefinition[] {
  return [...services.values()]
    .map(({ definition }) => definition)
    .sort((a, b) => compareStrings(a.id, b.id));
}

/** As the catalog has them, but for the indexes, which only it gives. */
function checksWhere(local: Local, wanted: (serviceId: string) => boolean): Check[] {
  const found: Check[] = [];
  for (const check of local.checks.values())
    if (wanted(check.registration.serviceId))
      found.push({ createIndex: 0, modifyIndex: 0, ...catalogCheck(local.config.nodeName, check) });
  return found.sort((a, b) => compareStrings(a.checkId, b.checkId));
}

function healthOf(local: Local, by: "id" | "name", of: string): LocalHealth[] {
  return servicesOf(local)
    .filter(({ id, service }) => (by === "id" ? id : service) === of)
    .map((service) => ({
      service,
      checks: checksWhere(local, (serviceId) => serviceId === "" || serviceId === service.id),
    }));
}

/** For those who choose agents by their services. */
export function localServices({ services }: Local): LocalServices {
  return new Map([...services].map(([id, { definition }]) => [id, definition.tags]));
}

/** For `info`: how many there are, by kind. */
export function localCounts({ services, checks }: Local): Readonly<Record<string, number>> {
  let ttls = 0;
  let monitors = 0;
  for (const { registration } of checks.values()) {
    const { ttlNs, scriptArgs, dockerContainerId } = registration.spec;
    if (ttlNs > 0) ttls++;
    // Consul counts scripts alone.
    else if (scriptArgs.length > 0 && dockerContainerId === "") monitors++;
  }
  return { check_monitors: monitors, check_ttls: ttls, checks: checks.size, services: services.size };
}
