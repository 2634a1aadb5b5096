// `?filter=`: what a read finds, without what its filter does not let through. Run where the read is answered, after it: the
// index to wait from is that of all that the read found.

import { HEALTH_FIELDS, NODE_INFO_FIELDS, SERVICE_NODE_FIELDS } from "../api/filters.ts";
import type { ReadRequest } from "../api/request.ts";
import type { ResponseBody } from "../api/response.ts";
import { type MadeFilter, makeFilter, runFilter } from "../lib/bexpr/bexpr.ts";
import {
  CHECK_FIELDS,
  configFields,
  INTENTION_FIELDS,
  NODE_FIELDS,
  SERVICE_FIELDS,
} from "../model/filter-fields.ts";

/** What a filter leaves of an answer, or why it cannot be run. */
export type BodyFilter = (body: ResponseBody) => FilteredBody;

type FilteredBody =
  | { readonly ok: true; readonly body: ResponseBody }
  | { readonly ok: false; readonly error: string };

type MadeBodyFilter =
  | { readonly ok: true; readonly keep: BodyFilter }
  | { readonly ok: false; readonly error: string };

const KEEP_ALL: MadeBodyFilter = { ok: true, keep: (body) => ({ ok: true, body }) };

/** The request's filter, or what is wrong with it, in Consul's words. */
export function bodyFilter(request: ReadRequest): MadeBodyFilter {
  const text = "filter" in request ? request.filter : undefined;
  if (text === undefined) return KEEP_ALL;
  switch (request.kind) {
    case "catalog.nodes":
      return narrowing(makeFilter(text, NODE_FIELDS), (body, keep) =>
        body.kind === "nodes" ? { ...body, nodes: keep(body.nodes) } : body,
      );
    case "catalog.service-nodes":
      return narrowing(makeFilter(text, SERVICE_NODE_FIELDS), (body, keep) =>
        body.kind === "service-nodes" ? { ...body, rows: keep(body.rows) } : body,
      );
    // The node itself is not asked.
    case "catalog.node":
      return narrowing(makeFilter(text, SERVICE_FIELDS), (body, keep) =>
        body.kind === "node-services" ? { ...body, services: keep(body.services) } : body,
      );
    case "health.service":
    case "health.ingress":
    case "internal.services":
      return narrowing(makeFilter(text, HEALTH_FIELDS), (body, keep) =>
        body.kind === "health" ? { ...body, rows: keep(body.rows) } : body,
      );
    case "internal.nodes":
      return narrowing(makeFilter(text, NODE_INFO_FIELDS), (body, keep) =>
        body.kind === "node-dump" ? { ...body, rows: keep(body.rows) } : body,
      );
    case "intention.list":
      return narrowing(makeFilter(text, INTENTION_FIELDS), (body, keep) =>
        body.kind === "intentions" ? { ...body, intentions: keep(body.intentions) } : body,
      );
    case "config.list":
      return narrowing(makeFilter(text, configFields(request.entryKind)), (body, keep) =>
        body.kind === "config-entries" ? { ...body, entries: keep(body.entries) } : body,
      );
    case "health.node":
    case "health.checks":
    case "health.state":
      return narrowing(makeFilter(text, CHECK_FIELDS), (body, keep) =>
        body.kind === "checks" ? { ...body, checks: keep(body.checks) } : body,
      );
    default:
      return KEEP_ALL;
  }
}

function narrowing<T>(
  made: MadeFilter<T>,
  narrow: (body: ResponseBody, keep: <R extends T>(rows: readonly R[]) => readonly R[]) => ResponseBody,
): MadeBodyFilter {
  if (!made.ok) return made;
  return {
    ok: true,
    keep(body) {
      let fault: string | undefined;
      const narrowed = narrow(body, (rows) => {
        const filtered = runFilter(made.filter, rows);
        if (filtered.ok) return filtered.rows;
        fault = filtered.error;
        return [];
      });
      return fault === undefined ? { ok: true, body: narrowed } : { ok: false, error: fault };
    },
  };
}
