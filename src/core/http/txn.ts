// /v1/txn: many operations at once, all of them or none. One that only looks is a read like others, which does not wait;
// whatever else goes through the log. Consul 1.8's agent/txn_endpoint.go.

import { type HttpResponse, maxTxnBytes } from "../api/http.ts";
import { KV_VERBS } from "../api/request.ts";
import type { QueryMeta } from "../api/response.ts";
import type { TxnOp, TxnOutcome, TxnResult } from "../api/txn.ts";
import { type ByteString, byteStringOf, utf8 } from "../lib/bytes.ts";
import { quote } from "../lib/go-quote.ts";
import { apiResponse, refuse, VARY } from "./answer.ts";
import { refuseTooLong } from "./body-limit.ts";
import { jsonCheckAsStored, jsonNode, jsonServiceAsStored } from "./catalog-json.ts";
import { readBody } from "./go-struct.ts";
import { indentJson, jsonBytes, jsonList } from "./json.ts";
import { jsonPair } from "./kv.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { parseOptions } from "./read-options.ts";
import { askServer } from "./render.ts";
import { opOf, type TxnBody, txnBody } from "./txn-body.ts";

/** Consul 1.8's; 128 since 1.14. */
const MAX_OPS = 64;

export function readTxn(call: Call): HttpPlan {
  const { settings } = call;
  const tooLong = refuseTooLong(call, maxTxnBytes(settings), "txn_max_req_len");
  if (tooLong !== undefined) return tooLong;
  const body = readBody(txnBody, byteStringOf(call.request.body));
  if (!body.ok) return refuse(settings, 400, `Failed to parse body: ${utf8(body.error)}`);
  // A body of null is an empty list.
  const bodies: TxnBody = Array.isArray(body.value) ? body.value : [];
  if (bodies.length > MAX_OPS)
    return refuse(settings, 413, `Transaction contains too many operations (${bodies.length} > ${MAX_OPS})`);
  const ops = bodies.map(opOf).filter((op) => op !== undefined);
  const large = valueFault(ops, settings.kvMaxValueBytes);
  if (large !== undefined) return refuse(settings, 413, large);
  if (ops.some(isWrite)) return askServer(call, { kind: "txn.apply", ops });
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  return askServer(call, { kind: "txn.read", ops, options: { ...parsed.options, minIndex: 0, waitMs: 0 } });
}

function valueFault(ops: readonly TxnOp[], limit: number): string | undefined {
  for (const op of ops)
    if (op.on === "kv" && op.value.length > limit)
      return `Value for key ${quote(op.key)} is too large (${op.value.length} > ${limit} bytes)`;
  return undefined;
}

/** A verb that nobody knows counts as a write where the catalog is meant, and as a read of keys. */
function isWrite({ on, verb }: TxnOp): boolean {
  return on === "kv" ? KV_VERBS.some((each) => each === verb) : verb !== "get";
}

/** @param meta There for a read, whose answer tells how fresh it is, in its body too. */
export function renderTxn(
  view: HttpView,
  settings: HttpSettings,
  { results, faults }: TxnOutcome,
  meta: QueryMeta | undefined,
): HttpResponse {
  const failed = faults.length > 0;
  const shown = failed ? "null" : jsonList(results.map(jsonResult));
  const errors = failed
    ? jsonList(faults.map(({ op, what }) => `{"OpIndex":${op},"What":${jsonBytes(what)}}`))
    : "null";
  const json = `{"Results":${shown},"Errors":${errors}${meta === undefined ? "" : jsonMeta(meta)}}`;
  const body = (view.indent ? `${indentJson(json)}\n` : json) as ByteString;
  const headers = ["Content-Type", "application/json", ...VARY, ...freshness(meta)];
  return apiResponse(settings, failed ? 409 : 200, headers, body);
}

function freshness(meta: QueryMeta | undefined): string[] {
  if (meta === undefined) return [];
  const contact = String(Math.max(0, Math.floor(meta.lastContactMs)));
  return ["X-Consul-Knownleader", String(meta.knownLeader), "X-Consul-Lastcontact", contact];
}

/** The index is that of no row, and the time is in nanoseconds. */
function jsonMeta({ knownLeader, lastContactMs }: QueryMeta): string {
  const contact = Math.max(0, Math.floor(lastContactMs)) * 1e6;
  return `,"Index":0,"LastContact":${contact},"KnownLeader":${knownLeader},"ConsistencyLevel":""`;
}

function jsonResult(result: TxnResult): string {
  switch (result.on) {
    case "kv":
      return `{"KV":${jsonPair(result.pair)}}`;
    case "node":
      return `{"Node":${jsonNode(result.node)}}`;
    case "service":
      return `{"Service":${jsonServiceAsStored(result.service)}}`;
    case "check":
      return `{"Check":${jsonCheckAsStored(result.check)}}`;
  }
}
