// The agent's cache as plain data: answers that HTTP asked for with `?cached`, by what was asked. cache.ts says what is done
// with them.

import type { ApiError } from "../api/error.ts";
import type { IntentionMatch } from "../api/intention.ts";
import type { QueryExecute } from "../api/prepared-query.ts";
import type {
  CatalogDatacenters,
  CatalogNode,
  CatalogServiceNodes,
  CatalogServices,
  HealthIngress,
  HealthService,
  Request,
} from "../api/request.ts";
import type { QueryMeta, ResponseBody } from "../api/response.ts";
import { createDeadlineHeap, type DeadlineHeap } from "../lib/deadline-heap.ts";
import type { TokenBucket } from "../lib/token-bucket.ts";

/** Answers with an index: a blocking query keeps them fresh. */
type KeptFresh =
  | CatalogServices
  | CatalogServiceNodes
  | CatalogNode
  | HealthService
  | HealthIngress
  | IntentionMatch;
/** What the cache knows how to fetch. */
export type Cacheable = KeptFresh | CatalogDatacenters | QueryExecute;

/** Consul's, as far as we have them; all other endpoints take `?cached` and do not heed it. Nodes are cached for DNS alone. */
const CACHEABLE: readonly Request["kind"][] = [
  "catalog.services",
  "catalog.service-nodes",
  "catalog.node",
  "health.service",
  "health.ingress",
  "intention.match",
  "catalog.datacenters",
  "query.execute",
];

export function isCacheable(request: Request): request is Cacheable {
  return CACHEABLE.includes(request.kind);
}

/** The others are fetched when they are asked for. */
export function isKeptFresh(request: Cacheable): request is KeptFresh {
  return request.kind !== "catalog.datacenters" && request.kind !== "query.execute";
}

export interface CacheEntry {
  readonly key: string;
  /** As it is asked of the servers, but for index and wait. */
  readonly request: Cacheable;
  readonly datacenter: string;
  /** Undefined before the first has come. */
  answer: { readonly body: ResponseBody; readonly meta: QueryMeta | undefined } | undefined;
  /** What the next blocking query waits to be exceeded; 0 before the first answer. */
  index: number;
  fetchedAtMs: number;
  /** What came of the last question, if it was no answer. */
  error: ApiError | undefined;
  /** How often it may be asked for (cache.entry_fetch_rate). */
  readonly fetches: TokenBucket;
  /** Questions in a row that came to nothing. */
  failures: number;
  /** When the first of them was known; undefined while there is contact. */
  lostContactAtMs: number | undefined;
  /** Since when a question is under way; undefined for none. */
  askedAtMs: number | undefined;
  usedAtMs: number;
  /** Questions of callers that wait for it. */
  readonly waiting: Set<number>;
}

export interface AgentCache {
  /** By key; the one that was used last is the last. */
  readonly entries: Map<string, CacheEntry>;
  /** When each is to be looked at: to be asked for again, or forgotten. */
  readonly deadlines: DeadlineHeap<string>;
}

export function createAgentCache(): AgentCache {
  return { entries: new Map(), deadlines: createDeadlineHeap() };
}
