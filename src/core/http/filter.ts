// `?filter=` of the endpoints that agents answer by themselves: refused while the request is read, run when its answer is
// rendered. What servers answer is filtered where they answer it (service/filters.ts). In between the filter waits in the view
// as it was written.
//
//   export function readAgentServices(call: Call): HttpPlan {
//     return refuseFilter(call, SERVICE_FIELDS) ?? askAgent(call, { kind: "agent.services" }, filterOf(call));
//   }

import { apiError } from "../api/error.ts";
import type { HttpResponse } from "../api/http.ts";
import { type Filtered, filterFault, makeFilter, runFilter, runLateFilter } from "../lib/bexpr/bexpr.ts";
import type { Fields } from "../lib/bexpr/fields.ts";
import { type ByteString, utf8 } from "../lib/bytes.ts";
import { refuse } from "./answer.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { errorResponse } from "./render.ts";

/** For a request, or for a view. An empty one is none. */
export function filterOf({ query }: Call): { readonly filter?: ByteString } {
  const filter = firstValue(query, "filter");
  return filter === undefined || filter === "" ? {} : { filter };
}

/** Refuses a filter that is wrong, or asks for what there is not. */
export function refuseFilter<T>(call: Call, fields: Fields<T>): HttpPlan | undefined {
  const { filter } = filterOf(call);
  const made = filter === undefined ? undefined : makeFilter(filter, fields);
  return made === undefined || made.ok ? undefined : refuse(call.settings, 500, utf8(made.error));
}

/** Refuses one that is no filter, and leaves it to `renderLateFiltered` what it asks for. */
export function refuseNoFilter(call: Call): HttpPlan | undefined {
  const { filter } = filterOf(call);
  const fault = filter === undefined ? undefined : filterFault(filter);
  return fault === undefined ? undefined : refuse(call.settings, 500, utf8(fault));
}

/** The answer of the rows that the view's filter lets through. */
export function renderFiltered<T, R extends T>(
  view: HttpView,
  settings: HttpSettings,
  fields: Fields<T>,
  rows: readonly R[],
  render: (kept: readonly R[]) => HttpResponse,
): HttpResponse {
  if (view.filter === undefined) return render(rows);
  const made = makeFilter(view.filter, fields);
  return renderKept(view, settings, made.ok ? runFilter(made.filter, rows) : made, render);
}

/** The same of an agent's checks: see `runLateFilter`. */
export function renderLateFiltered<T, R extends T>(
  view: HttpView,
  settings: HttpSettings,
  fields: Fields<T>,
  rows: readonly R[],
  render: (kept: readonly R[]) => HttpResponse,
): HttpResponse {
  if (view.filter === undefined) return render(rows);
  return renderKept(view, settings, runLateFilter(view.filter, fields, rows), render);
}

function renderKept<R>(
  view: HttpView,
  settings: HttpSettings,
  kept: Filtered<R>,
  render: (kept: readonly R[]) => HttpResponse,
): HttpResponse {
  return kept.ok ? render(kept.rows) : errorResponse(view, settings, apiError("refused", kept.error));
}
