// The names under which the edge measures how long HTTP requests took: Consul's, made of the method and the endpoint's path.

import { findRoute } from "../http/routes.ts";
import { cleanPath, readTarget } from "../http/target.ts";

/** Anything else is no method of ours, and whoever sends it does not choose names here. */
const METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"] as const;

/** Names by method, of each endpoint by its path: each is made once. */
const NAMES = new Map<string, ReadonlyMap<string, string>>();

/** "http.GET.v1.kv._" of `GET /v1/kv/a?raw`. @returns undefined for what is not measured: the root, and what is no endpoint. */
export function httpMetricName(method: string, target: string): string | undefined {
  const path = endpointOf(target);
  return path === undefined ? undefined : (NAMES.get(path) ?? makeNames(path)).get(method);
}

function endpointOf(target: string): string | undefined {
  // By far the most requests are for keys. What is unclean there is rare, and no other endpoint's business.
  if (target.startsWith("/v1/kv/")) return "/v1/kv/";
  const parsed = readTarget(target);
  if (parsed === undefined) return undefined;
  return findRoute(parsed.clean ? parsed.path : cleanPath(parsed.path))?.path;
}

function makeNames(path: string): ReadonlyMap<string, string> {
  const name = path.slice(1).replaceAll("/", ".").replace(/\.$/, "._");
  const names = new Map(METHODS.map((method) => [method, `http.${method}.${name}`]));
  NAMES.set(path, names);
  return names;
}
