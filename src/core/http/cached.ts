// `?cached`: which answers may come from the agent's cache, what Cache-Control says of them (RFC 9111 §5.2), and how an
// answer tells where it comes from.

import type { CacheDirectives, CacheMeta } from "../api/cache.ts";
import type { HttpResponse } from "../api/http.ts";
import type { Request } from "../api/request.ts";
import { compareStrings } from "../lib/bytes.ts";
import type { Call, HttpPlan } from "./plan.ts";
import { isSet } from "./query.ts";

/** Cached only to authorize a connection, which says so itself (intention.ts), and for DNS. */
const NOT_FOR_HTTP: readonly Request["kind"][] = ["intention.match", "catalog.node"];

/** The plan, with what the call says of the cache, if it says `?cached`. */
export function withCached(call: Call, plan: HttpPlan): HttpPlan {
  if (plan.kind !== "ask" || call.settings.useCache === false || !isSet(call.query, "cached")) return plan;
  if (NOT_FOR_HTTP.includes(plan.request.kind)) return plan;
  return { ...plan, cached: directivesOf(call) };
}

/** What is no number has been refused before (read-options.ts). */
function directivesOf({ request }: Call): CacheDirectives {
  const header = request.headers.get("cache-control") ?? "";
  let directives: CacheDirectives = { maxAgeMs: 0, mustRevalidate: false, staleIfErrorMs: 0 };
  for (const each of header.toLowerCase().split(",")) {
    const [name = "", value = ""] = each.trim().split("=", 2);
    if (each.trim() === "must-revalidate") directives = { ...directives, mustRevalidate: true };
    const ms = Number(value) * 1000;
    if (name === "stale-if-error" && value !== "") directives = { ...directives, staleIfErrorMs: ms };
    if (name !== "max-age" || value === "") continue;
    // No age at all is no age that one could be younger than.
    directives = { ...directives, maxAgeMs: ms, mustRevalidate: directives.mustRevalidate || ms === 0 };
  }
  return directives;
}

/** Its place among the other headers is that of its name. */
export function tellCache(response: HttpResponse, { hit, ageMs }: CacheMeta): HttpResponse {
  const pairs: [string, string][] = [["X-Cache", hit ? "HIT" : "MISS"]];
  if (hit) pairs.push(["Age", (ageMs / 1000).toFixed(0)]);
  for (let at = 0; at < response.headers.length; at += 2)
    pairs.push([response.headers[at] ?? "", response.headers[at + 1] ?? ""]);
  return { ...response, headers: pairs.sort(([a], [b]) => compareStrings(a, b)).flat() };
}
