// /v1/snapshot: the whole state as an archive. Consul 1.8's agent/snapshot_endpoint.go, which looks at no parameters but
// `stale` and `dc`.

import { apiError, NO_DATACENTER } from "../api/error.ts";
import { type HttpResponse, MAX_BODY_BYTES } from "../api/http.ts";
import type { QueryMeta } from "../api/response.ts";
import type { ByteString } from "../lib/bytes.ts";
import { apiResponse, textResponse, VARY } from "./answer.ts";
import type { Call, HttpPlan, HttpSettings } from "./plan.ts";
import { isSet } from "./query.ts";
import { otherDatacenter } from "./read-options.ts";
import { askAgent, errorResponse, metaHeaders } from "./render.ts";

const STALE_RESTORE = apiError("refused", "stale not allowed for restore");

export function readSnapshot(call: Call): HttpPlan {
  const stale = isSet(call.query, "stale");
  const isSave = call.request.method === "GET";
  const tooLarge = refuseTooLarge(call);
  if (tooLarge !== undefined) return tooLarge;
  // Saved from a leader that is sure of itself, unless it is said that any state will do.
  const options = { consistency: stale ? "stale" : "consistent", minIndex: 0, waitMs: 0 } as const;
  const plan = isSave
    ? askAgent(call, { kind: "agent.save-snapshot", options })
    : askAgent(call, { kind: "agent.restore-snapshot", archive: call.request.body });
  if (plan.kind !== "ask") return plan;
  const datacenter = otherDatacenter(call);
  if (isSave || !stale) return { ...plan, datacenter };
  const error = datacenter === "" ? STALE_RESTORE : NO_DATACENTER;
  return { kind: "answer", response: errorResponse(plan.view, call.settings, error) };
}

/** Consul takes a body of any size; ours has to fit into memory. */
function refuseTooLarge({ request, settings }: Call): HttpPlan | undefined {
  const declared = request.headers.get("content-length");
  if (Number(declared ?? request.body.length) <= MAX_BODY_BYTES.snapshot) return undefined;
  const size = declared === undefined ? "" : `(${declared} bytes)`;
  const text = `Request body${size} too large, max size: ${MAX_BODY_BYTES.snapshot} bytes.`;
  return { kind: "answer", response: { ...textResponse(settings, 413, text), close: true } };
}

/** The archive as it is. Its type comes last: Go finds it by looking at the bytes, when it begins to write them. */
export function renderArchive(
  settings: HttpSettings,
  pieces: readonly Uint8Array[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const headers = [...VARY, ...metaHeaders(meta)];
  return { ...apiResponse(settings, 200, headers, "" as ByteString), pieces };
}
