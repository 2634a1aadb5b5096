// /v1/operator/keyring: the keys that encrypt gossip. Consul 1.8's agent/operator_endpoint.go; the body is read as Go's
// decoder reads it into keyringArgs.

import type { HttpResponse } from "../api/http.ts";
import {
  type KeyringOperation,
  type KeyringRequest,
  type KeyringResponse,
  MAX_RELAY_FACTOR,
} from "../api/keyring.ts";
import { type ByteString, byteStringOf, utf8 } from "../lib/bytes.ts";
import { errorList } from "../lib/error-list.ts";
import { parseGoBool } from "../lib/go-bool.ts";
import { parseBody } from "../lib/go-json.ts";
import { quote } from "../lib/go-quote.ts";
import { jsonKind } from "../lib/raw-value.ts";
import { refuse, textResponse } from "./answer.ts";
import { jsonList, jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { askServerHere, doneResponse, jsonResponse } from "./render.ts";

const OPERATIONS: Readonly<Record<string, KeyringOperation>> = {
  GET: "list",
  POST: "install",
  PUT: "use",
  DELETE: "remove",
};

/** Looks at no parameters but its own. */
export function readKeyring(call: Call): HttpPlan {
  const { request, query, settings } = call;
  const operation = OPERATIONS[request.method] ?? "list";
  const key = operation === "list" ? OK_EMPTY : readKey(byteStringOf(request.body));
  if (!key.ok) return refuse(settings, 400, `Bad request: Request decode failed: ${utf8(key.error)}`);
  const relayFactor = readRelayFactor(firstValue(query, "relay-factor"));
  if (!relayFactor.ok) return refuse(settings, 400, `Bad request: ${relayFactor.error}`);
  const localOnly = readLocalOnly(firstValue(query, "local-only"), operation);
  if (!localOnly.ok) return refuse(settings, 400, `Bad request: ${localOnly.error}`);
  const asked: KeyringRequest = {
    kind: "operator.keyring",
    operation,
    key: key.value,
    relayFactor: relayFactor.value,
    localOnly: localOnly.value,
  };
  return askServerHere(call, asked);
}

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

const OK_EMPTY: Read<string> = { ok: true, value: "" };

/** Of faults in the fields the first is told, when all have been looked at. */
function readKey(text: ByteString): Read<string> {
  const body = parseBody(text);
  if (!body.ok) return body;
  if (body.value !== null && !(body.value instanceof Map))
    return {
      ok: false,
      error: `json: cannot unmarshal ${jsonKind(body.value)} into Go value of type agent.keyringArgs`,
    };
  let key = "";
  let fault: string | undefined;
  for (const { name, value } of body.members) {
    if (name.toLowerCase() !== "key") fault ??= unknownField(name);
    else if (typeof value === "string") key = value;
    else if (value !== null)
      fault ??= `json: cannot unmarshal ${jsonKind(value)} into Go struct field keyringArgs.Key of type string`;
  }
  return fault === undefined ? { ok: true, value: key } : { ok: false, error: fault };
}

function unknownField(name: string): string {
  return `json: unknown field ${quote(utf8(name))}`;
}

/** A number as Go's strconv.Atoi takes it. */
function readRelayFactor(text: ByteString | undefined): Read<number> {
  if (text === undefined || text === "") return { ok: true, value: 0 };
  if (!/^[+-]?\d+$/.test(text))
    return {
      ok: false,
      error: `Error parsing relay factor: strconv.Atoi: parsing ${quote(text)}: invalid syntax`,
    };
  const value = Number(text);
  if (Math.abs(value) > 2 ** 63)
    return {
      ok: false,
      error: `Error parsing relay factor: strconv.Atoi: parsing ${quote(text)}: value out of range`,
    };
  if (value < 0 || value > MAX_RELAY_FACTOR)
    return {
      ok: false,
      error: `Invalid relay-factor: Relay factor must be in range: [0, ${MAX_RELAY_FACTOR}]`,
    };
  return { ok: true, value };
}

function readLocalOnly(text: ByteString | undefined, operation: KeyringOperation): Read<boolean> {
  if (text === undefined || text === "") return { ok: true, value: false };
  const value = parseGoBool(text);
  if (value === undefined)
    return {
      ok: false,
      error: `Error parsing local-only: strconv.ParseBool: parsing ${quote(text)}: invalid syntax`,
    };
  if (value && operation !== "list")
    return {
      ok: false,
      error: "Invalid use of local-only: local-only can only be set for list requests",
    };
  return { ok: true, value };
}

/** Nothing for a change that was made everywhere; what went wrong anywhere is an error. */
export function renderKeyring(
  view: HttpView,
  settings: HttpSettings,
  operation: KeyringOperation,
  responses: readonly KeyringResponse[],
): HttpResponse {
  const errors = responses.flatMap(errorsOf);
  if (errors.length > 0) return textResponse(settings, 500, utf8(errorList(errors)));
  if (operation !== "list") return doneResponse(settings);
  return jsonResponse(view, settings, jsonList(responses.map(jsonPool)), undefined);
}

function errorsOf({ wan, datacenter, messages, error }: KeyringResponse): string[] {
  if (error === "") return [];
  const pool = wan ? "WAN" : `${datacenter} (LAN)`;
  return [`${pool} error: ${error}`, ...messages.map(([member, message]) => `${member}: ${message}`)];
}

function jsonPool(response: KeyringResponse): string {
  const { wan, datacenter, messages, keys, primaryKeys, nodes } = response;
  return jsonObject([
    ["WAN", String(wan)],
    ["Datacenter", jsonText(datacenter)],
    ["Segment", jsonText("")],
    ["Messages", messages.length === 0 ? undefined : jsonObject(messages.map(([k, v]) => [k, jsonText(v)]))],
    ["Keys", jsonObject(keys.map(([key, count]) => [key, String(count)]))],
    ["PrimaryKeys", jsonObject(primaryKeys.map(([key, count]) => [key, String(count)]))],
    ["NumNodes", String(nodes)],
  ]);
}
