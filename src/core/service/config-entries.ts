// What a configuration entry must be before it may enter the log: judged by the leader, from the entry alone. What several
// must agree upon is judged where it is applied (store/config-graph.ts).

import type { ConfigDelete, ConfigDeleteCas, ConfigSet } from "../api/request.ts";
import { configFault } from "../model/config-rules.ts";
import { fitsKey } from "../store/catalog-keys.ts";

export function configRequestFault(request: ConfigSet | ConfigDelete | ConfigDeleteCas): string | undefined {
  const { name } = request.kind === "config.set" ? request.entry : request;
  if (!fitsKey(name)) return "Names of config entries can't have NUL in them";
  return request.kind === "config.set" ? configFault(request.entry) : undefined;
}
