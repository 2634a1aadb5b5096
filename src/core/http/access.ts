// What the agent's configuration lets nobody do over HTTP, or only those at certain addresses: `http_config`'s
// block_endpoints and allow_write_http_from. Neither knows users: that is what ACLs are for.

import { type HttpRequest, UNIX_CLIENT } from "../api/http.ts";
import type { ByteString } from "../lib/bytes.ts";
import { inBlock } from "../model/network-block.ts";
import { refuse } from "./answer.ts";
import type { HttpPlan, HttpSettings } from "./plan.ts";

/** Whether a clean path begins with one that is blocked, byte for byte, in the middle of a name too. */
export function isBlocked(path: ByteString, { blockEndpoints = [] }: HttpSettings): boolean {
  return blockEndpoints.some((prefix) => path.startsWith(prefix));
}

/** Refuses what may change something unless it comes from where that is allowed. @returns undefined when it may. */
export function denyWrite(request: HttpRequest, settings: HttpSettings): HttpPlan | undefined {
  const { allowWriteHttpFrom: allowed = [] } = settings;
  if (allowed.length === 0 || request.method === "GET" || request.method === "HEAD") return undefined;
  // Whoever comes through a unix socket has no address that could be allowed.
  if (request.remote === UNIX_CLIENT)
    return refuse(settings, 500, "unable to parse remote addr: address @: missing port in address");
  if (allowed.some((block) => inBlock(request.remote, block) === true)) return undefined;
  return refuse(settings, 403, "Access is restricted");
}
