// `?cached`: where an answer comes from, and how old it says it is. What is asked of the catalog here says nothing of indexes
// that the groups before have moved, so these come after them.

import { type Case, type Group, get, PLAIN, put, woken } from "./cases.ts";

const SERVICES = "/v1/catalog/services?cached";
const DATACENTERS = "/v1/catalog/datacenters?cached";

/** Twice: the first finds nothing in the cache. */
function twice(target: string): Case[] {
  return [get(`${target} for the first time`, target), get(`${target} again`, target)];
}

const CACHED: readonly Case[] = [
  // With one tag: in which order the list of services has several, the original leaves to chance.
  put(
    "a service to be cached",
    "/v1/catalog/register",
    '{"Node":"cached","Address":"10.9.9.8","Service":{"Service":"cached","Tags":["a"]},"Check":{"CheckID":"c","ServiceID":"cached","Status":"warning"}}',
  ),
  ...twice(SERVICES),
  ...twice("/v1/catalog/service/cached?cached"),
  ...twice("/v1/catalog/connect/cached?cached"),
  ...twice("/v1/health/service/cached?cached"),
  get("what passes of what is cached", "/v1/health/service/cached?cached&passing"),
  ...twice("/v1/health/connect/cached?cached"),
  ...twice("/v1/health/service/nosuch?cached"),
  // Of a service that is not cached itself: Consul 1.8 takes the one for the other.
  ...twice("/v1/health/ingress/uncached?cached"),
  ...twice(DATACENTERS),
  get("datacenters, revalidated", DATACENTERS, { headers: "Cache-Control: must-revalidate\r\n" }),
  get("datacenters of no age", DATACENTERS, { headers: "Cache-Control: MAX-AGE=0\r\n" }),
  get("datacenters of an age", DATACENTERS, { headers: "Cache-Control: max-age=600\r\n" }),
  get("services, revalidated", SERVICES, { headers: "Cache-Control: must-revalidate, max-age=0\r\n" }),
  get("services of a bad age", SERVICES, { headers: "Cache-Control: max-age=x\r\n" }),
  get("services, cached and stale", `${SERVICES}&stale`),
  get("services, cached and consistent", `${SERVICES}&consistent`),
  get("services, cached, pretty", `${SERVICES}&pretty`),
  get("services, cached, of our datacenter", `${SERVICES}&dc=dc1`),
  get("services, cached, elsewhere", `${SERVICES}&dc=nosuch`),
  get("services, cached, of an old index", `${SERVICES}&index=1&wait=20s`),
  get("a cached node is asked for", "/v1/catalog/node/cached?cached"),
  get("a cached node's checks are asked for", "/v1/health/node/cached?cached"),

  woken(
    "who waits at the cache is told of news",
    "/v1/health/service/cached?cached&index={service cached}&wait=20s",
    "PUT /v1/catalog/register",
    '{"Node":"cached","Address":"10.9.9.8","Check":{"CheckID":"c","ServiceID":"cached","Status":"passing"}}',
  ),
  get("what is cached after news", "/v1/health/service/cached?cached&passing"),
  get(
    "who waits at the cache in vain",
    "/v1/health/service/cached?cached&index={service cached}&wait=300ms",
    {
      waitMs: 300,
    },
  ),
  put(
    "a service of two tags to be cached",
    "/v1/catalog/register",
    '{"Node":"cached","Address":"10.9.9.8","Service":{"Service":"tagged","Tags":["a","b"]}}',
  ),
  ...twice("/v1/catalog/service/tagged?cached&tag=b&tag=a"),
  get("tags of what is cached, in another order", "/v1/catalog/service/tagged?tag=a&cached&tag=b"),
  put("what was cached goes", "/v1/catalog/deregister", '{"Node":"cached"}'),
];

export const CACHED_GROUPS: readonly Group[] = [{ title: "the agent's cache", kinds: PLAIN, cases: CACHED }];
