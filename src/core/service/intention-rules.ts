// What an intention must be before it may enter the log: in the original's words and order (Consul's
// agent/consul/intention_endpoint.go and agent/structs/intention.go, 1.8). What depends on other rows is judged again when it
// is applied.

import type { IntentionDelete, IntentionSet, IntentionUpsert, IntentionWrite } from "../api/intention.ts";
import { utf8 } from "../lib/bytes.ts";
import { errorList } from "../lib/error-list.ts";
import { quoteText } from "../lib/go-quote.ts";
import { equalPlain } from "../lib/plain.ts";
import { instantText } from "../lib/utc-time.ts";
import { drawUuid } from "../lib/uuid.ts";
import { ANY, type IntentionFields } from "../model/intention.ts";
import { uuidFault } from "../model/uuid.ts";
import {
  duplicateFault,
  duplicateOf,
  endsIn,
  intentionBetween,
  intentionById,
  nothingToDo,
} from "../store/intentions.ts";
import { isEstablished } from "./established.ts";
import type { Server, Service } from "./state.ts";

const MOST_DESCRIPTION_BYTES = 512;
const MOST_META = 64;
const MOST_META_NAME_BYTES = 128;
const MOST_META_VALUE_BYTES = 512;

/** @returns The refusal's text. */
export function intentionFault(server: Server, request: IntentionWrite): string | undefined {
  if (request.kind === "intention.delete-exact") return undefined;
  if (request.kind === "intention.upsert") return upsertFault(server, request.intention);
  const fault = idFault(server, request);
  if (fault !== undefined || request.kind === "intention.delete") return fault;
  const faults = fieldFaults(request.intention);
  if (faults.length > 0) return errorList(faults);
  const twin = isEstablished(server) ? duplicateOf(server.store, request.intention) : undefined;
  return twin === undefined ? undefined : duplicateFault(twin);
}

/** What is not said by such a request is what the one that is there has: a client may send it back as it read it. */
function upsertFault(server: Server, its: IntentionFields): string | undefined {
  const known = isEstablished(server) ? intentionBetween(server.store, endsIn(its)) : undefined;
  if (its.meta.length > 0 && known === undefined) return "Meta must not be specified";
  if (its.meta.length > 0 && !equalPlain(its.meta, known?.meta))
    return "Meta must not be specified, or should be unchanged during an update.";
  const faults = fieldFaults(its);
  return faults.length > 0 ? errorList(faults) : undefined;
}

/** A leader that has not applied all there is can't say what is not there. */
function idFault(server: Server, request: IntentionSet | IntentionDelete): string | undefined {
  if (request.kind === "intention.set" && request.create)
    return request.intention.id === "" ? undefined : "ID must be empty when creating a new intention";
  const id = request.kind === "intention.set" ? request.intention.id : request.id;
  const fault = uuidFault(id);
  if (fault !== undefined) return `Intention lookup failed: failed intention lookup: index error: ${fault}`;
  const isMissing = isEstablished(server) && intentionById(server.store, id) === undefined;
  return isMissing ? nothingToDo(request.kind === "intention.set" ? "modify" : "delete", id) : undefined;
}

function fieldFaults(its: IntentionFields): string[] {
  const faults: string[] = [];
  if (its.sourceName === "") faults.push("SourceName must be set");
  if (its.destinationName === "") faults.push("DestinationName must be set");
  faults.push(...endFaults("Source", its.sourceNs, its.sourceName));
  faults.push(...endFaults("Destination", its.destinationNs, its.destinationName));
  if (utf8(its.description).length > MOST_DESCRIPTION_BYTES)
    faults.push(`Description exceeds maximum length ${MOST_DESCRIPTION_BYTES}`);
  faults.push(...metaFaults(its.meta));
  if (its.action !== "allow" && its.action !== "deny") faults.push("Action must be set to 'allow' or 'deny'");
  if (its.sourceType !== "consul") faults.push("SourceType must be set to 'consul'");
  return faults;
}

/** A wildcard stands for all of a name, and what is in any namespace is any service. */
function endFaults(which: string, ns: string, name: string): string[] {
  const partial = "wildcard character '*' cannot be used with partial values";
  const faults: string[] = [];
  if (ns !== ANY && ns.includes(ANY)) faults.push(`${which}NS: ${partial}`);
  if (name === ANY) return faults;
  if (name.includes(ANY)) faults.push(`${which}Name: ${partial}`);
  if (ns === ANY) faults.push(`${which}Name: exact value cannot follow wildcard namespace`);
  return faults;
}

function metaFaults(meta: IntentionFields["meta"]): string[] {
  const faults: string[] = [];
  if (meta.length > MOST_META) faults.push(`Meta exceeds maximum element count ${MOST_META}`);
  for (const [name, value] of meta) {
    const shown = quoteText(name);
    if (utf8(name).length > MOST_META_NAME_BYTES)
      faults.push(`Meta key ${shown} exceeds maximum length ${MOST_META_NAME_BYTES}`);
    if (utf8(value).length > MOST_META_VALUE_BYTES)
      faults.push(`Meta value for key ${shown} exceeds maximum length ${MOST_META_VALUE_BYTES}`);
  }
  return faults;
}

/** With what only the leader can say: when it was written, and the id of one that is to be made. */
export function completedIntention(
  service: Service,
  server: Server,
  request: IntentionSet | IntentionUpsert,
  nowMs: number,
): IntentionSet | IntentionUpsert {
  const now = instantText(Math.floor(nowMs + (service.config.wallOffsetMs ?? 0)));
  const intention = { ...request.intention, createdAt: now, updatedAt: now };
  if (request.kind === "intention.upsert")
    return { ...request, intention: { ...intention, id: freshId(service, server) } };
  // One that brings an id, or is not right, is refused with what it brought (`intentionFault`).
  if (!request.create || intention.id !== "") return { ...request, intention };
  return { ...request, intention: { ...intention, id: freshId(service, server) } };
}

function freshId(service: Service, server: Server): string {
  for (;;) {
    const id = drawUuid(service.chance, "service.intention-id");
    if (intentionById(server.store, id) === undefined) return id;
  }
}
