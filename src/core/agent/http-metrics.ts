// The names under which the edge measures how long HTTP requests took: Consul's, made of the method and the endpoint's path.

import { findRoute } from "../http/routes.ts";
import { cleanPath, readTarget } from "../http/target.ts";

/** Anything else is no method of ours, and whoever sends it does not choose names here. */
const METHODS: ReadonlySet<string> = new Set(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"]);

/** The endpoint's part of the name, by its path. */
const NAMES = new Map<string, string>();

/** "http.GET.v1.kv._" of `GET /v1/kv/a?raw`. @returns undefined for what is not measured. */
export function httpMetricName(method: string, target: string): string | undefined {
  if (!METHODS.has(method)) return undefined;
  const parsed = readTarget(target);
  if (parsed === undefined) return undefined;
  // What is no endpoint comes to the root's, as in Go's mux.
  const path = findRoute(parsed.clean ? parsed.path : cleanPath(parsed.path))?.path ?? "/";
  let name = NAMES.get(path);
  if (name === undefined) {
    name = path
      .slice(1)
      .replaceAll("/", ".")
      .replace(/\.$|^$/, (end) => `${end}_`);
    NAMES.set(path, name);
  }
  return `http.${method}.${name}`;
}
