// What a prepared query must be before it may enter the log: in the original's words and order (Consul's
// agent/consul/prepared_query_endpoint.go, 1.8). What depends on other rows is judged again when it is applied.

import type { QueryDelete, QuerySet } from "../api/prepared-query.ts";
import { parseDuration } from "../lib/duration.ts";
import { drawUuid } from "../lib/uuid.ts";
import { metadataFault } from "../model/metadata.ts";
import { isTemplate } from "../model/prepared-query.ts";
import { uuidFault } from "../model/uuid.ts";
import { conflict, nothingToModify } from "../store/queries.ts";
import { queryById } from "../store/query-tables.ts";
import { isEstablished } from "./established.ts";
import { templateFault } from "./query-template.ts";
import type { Server, Service } from "./state.ts";

/** What is shown of a token to whoever may not see it. */
const REDACTED = "<hidden>";

/** @returns The refusal's text. */
export function queryFault(server: Server, request: QuerySet | QueryDelete): string | undefined {
  const fault = idFault(server, request);
  if (fault !== undefined || request.kind === "query.delete") return fault;
  const { query } = request;
  const wrong = fieldsFault(request);
  if (wrong !== undefined) return `Invalid prepared query: ${wrong}`;
  const other = isEstablished(server) ? conflict(server.store, request) : undefined;
  if (other !== undefined || !isTemplate(query)) return other;
  const bad = templateFault(query);
  return bad === undefined ? undefined : `failed compiling template: ${bad}`;
}

/** A leader that has not applied all there is can't say what is not there. */
function idFault(server: Server, request: QuerySet | QueryDelete): string | undefined {
  const id = request.kind === "query.set" ? request.query.id : request.id;
  if (request.kind === "query.set" && request.create)
    return id === "" ? undefined : "ID must be empty when creating a new prepared query";
  const fault = uuidFault(id);
  if (fault !== undefined)
    return `Prepared Query lookup failed: failed prepared query lookup: index error: ${fault}`;
  const isMissing = isEstablished(server) && queryById(server.store.queries, id) === undefined;
  return isMissing ? nothingToModify(id) : undefined;
}

function fieldsFault({ query }: QuerySet): string | undefined {
  const { name, template, session, token, service, dns } = query;
  if (name === "" && template.type === "" && session === "") return "Must be bound to a session";
  if (token === REDACTED)
    return `Bad Token '${token}', it looks like a query definition with a redacted token was submitted`;
  if (service.service === "") return "Must provide a Service name to query";
  if (service.failover.nearestN < 0) return `Bad NearestN '${service.failover.nearestN}', must be >= 0`;
  const fault = metadataFault(service.nodeMeta ?? [], true);
  return fault ?? (dns.ttl === "" ? undefined : ttlFault(dns.ttl));
}

function ttlFault(ttl: string): string | undefined {
  const parsed = parseDuration(ttl);
  // Go 1.15 quotes a duration without escaping what is in it.
  if (!parsed.ok)
    return `Bad DNS TTL '${ttl}': ${parsed.error.replace(JSON.stringify(ttl), () => `"${ttl}"`)}`;
  return parsed.ns < 0 ? `DNS TTL '${BigInt(Math.trunc(parsed.ns))}', must be >=0` : undefined;
}

/** One that is to be made, with an id that no other has. */
export function withQueryId({ chance }: Service, { store }: Server, request: QuerySet): QuerySet {
  if (!request.create) return request;
  for (;;) {
    const id = drawUuid(chance, "service.query-id");
    if (queryById(store.queries, id) === undefined) return { ...request, query: { ...request.query, id } };
  }
}
