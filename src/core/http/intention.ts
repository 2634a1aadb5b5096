// /v1/connect/intentions: which service may open connections to which; and /v1/agent/connect/authorize, which asks for one
// connection. Neither needs certificates, so both work where Connect is switched off, as in the original. Consul 1.8's
// agent/intentions_endpoint.go.

import { apiError } from "../api/error.ts";
import type { HttpResponse } from "../api/http.ts";
import type { IntentionEnds } from "../api/intention.ts";
import type { QueryMeta } from "../api/response.ts";
import { base64, byteStringOf, compareStrings, textOf, utf8 } from "../lib/bytes.ts";
import { quoteText } from "../lib/go-quote.ts";
import type { RawValue } from "../lib/raw-value.ts";
import type { Labels } from "../model/catalog.ts";
import {
  DEFAULT_NAMESPACE,
  decidingOf,
  type Intention,
  type IntentionEnd,
  type IntentionFields,
  intentionHash,
  intentionText,
  precedenceOf,
} from "../model/intention.ts";
import { refuse } from "./answer.ts";
import { filterOf } from "./filter.ts";
import {
  goAny,
  goInt,
  goLabels,
  goList,
  goString,
  goStruct,
  goText,
  goUint64,
  readBody,
} from "./go-struct.ts";
import { jsonLabels, jsonList, jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { allValues, firstValue, isSet } from "./query.ts";
import { parseOptions, refuseNamespace } from "./read-options.ts";
import { askServer, jsonResponse } from "./render.ts";
import { serviceOfSpiffe } from "./spiffe.ts";

interface IntentionBody {
  readonly ID: string;
  readonly Description: string;
  readonly SourceNS: string;
  readonly SourceName: string;
  readonly DestinationNS: string;
  readonly DestinationName: string;
  readonly SourceType: string;
  readonly Action: string;
  readonly DefaultAddr: string;
  readonly DefaultPort: number;
  readonly Meta: NonNullable<Labels>;
  readonly Precedence: number;
  readonly Hash: string;
  readonly CreatedAt: string;
  readonly UpdatedAt: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
const BODY_NAME = "struct { Hash string; CreatedAt string; UpdatedAt string; *structs.Alias }";
const BODY_FIELDS = {
  ID: goText,
  Description: goText,
  SourceNS: goText,
  SourceName: goText,
  DestinationNS: goText,
  DestinationName: goText,
  SourceType: goString("structs.IntentionSourceType"),
  Action: goString("structs.IntentionAction"),
  DefaultAddr: goText,
  DefaultPort: goInt,
  Meta: goLabels,
  // What follows is the servers' to say: whatever is given is read over.
  Precedence: goInt,
  Hash: goText,
  CreatedAt: goText,
  UpdatedAt: goText,
  CreateIndex: goUint64,
  ModifyIndex: goUint64,
};
const intentionBody = goStruct<IntentionBody>(BODY_NAME, BODY_FIELDS);
/** As later Consuls read it. */
const exactBody = goStruct<IntentionBody & { readonly Permissions: readonly RawValue[] }>(BODY_NAME, {
  ...BODY_FIELDS,
  Permissions: goList(goAny, null, "[]*structs.IntentionPermission"),
});

function fieldsOf(body: Partial<IntentionBody>): IntentionFields {
  return {
    id: body.ID ?? "",
    description: body.Description ?? "",
    sourceNs: orElse(body.SourceNS, DEFAULT_NAMESPACE),
    sourceName: body.SourceName ?? "",
    destinationNs: orElse(body.DestinationNS, DEFAULT_NAMESPACE),
    destinationName: body.DestinationName ?? "",
    sourceType: orElse(body.SourceType, "consul"),
    action: body.Action ?? "",
    defaultAddr: body.DefaultAddr ?? "",
    defaultPort: body.DefaultPort ?? 0,
    meta: [...(body.Meta ?? [])].sort(([a], [b]) => compareStrings(utf8(a), utf8(b))),
    createdAt: "",
    updatedAt: "",
  };
}

function orElse(text: string | undefined, value: string): string {
  return text === undefined || text === "" ? value : text;
}

/** GET and POST /v1/connect/intentions */
export function readIntentions(call: Call): HttpPlan {
  if (call.request.method === "POST") return create(call);
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const request = { kind: "intention.list", options: parsed.options, ...filterOf(call) } as const;
  return askServer(call, request, { metaOnError: true });
}

function create(call: Call): HttpPlan {
  const body = readBody(intentionBody, byteStringOf(call.request.body));
  if (!body.ok) return refuse(call.settings, 500, `Failed to decode request body: ${utf8(body.error)}`);
  return askServer(call, { kind: "intention.set", create: true, intention: fieldsOf(body.value) });
}

/** GET, PUT and DELETE /v1/connect/intentions/ID */
export function readIntention(call: Call): HttpPlan {
  const id = textOf(call.rest);
  if (call.request.method === "DELETE") return askServer(call, { kind: "intention.delete", id });
  if (call.request.method === "PUT") {
    const body = readBody(intentionBody, byteStringOf(call.request.body));
    if (!body.ok) return undecodable(call, body.error);
    return askServer(call, {
      kind: "intention.set",
      create: false,
      intention: { ...fieldsOf(body.value), id },
    });
  }
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  return askServer(call, { kind: "intention.get", id, options: parsed.options }, { single: true });
}

/** GET, PUT and DELETE /v1/connect/intentions/exact, of later Consuls: by the services that it is between. */
export function readIntentionExact(call: Call): HttpPlan {
  const { method } = call.request;
  if (method === "GET") return getExact(call);
  const ends = readEnds(call);
  if ("kind" in ends) return ends;
  if (method === "DELETE") return askServer(call, { kind: "intention.delete-exact", ...ends });
  const body = readBody(exactBody, byteStringOf(call.request.body));
  if (!body.ok) return undecodable(call, body.error);
  // Read over they would let through more than they say.
  if ((body.value.Permissions?.length ?? 0) > 0)
    return refuse(call.settings, 500, "Intentions with Permissions are not supported");
  const { source, destination } = ends;
  const between = {
    ...{ sourceNs: source.ns, sourceName: source.name },
    ...{ destinationNs: destination.ns, destinationName: destination.name },
  };
  return askServer(call, { kind: "intention.upsert", intention: { ...fieldsOf(body.value), ...between } });
}

function getExact(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const ends = readEnds(call);
  if ("kind" in ends) return ends;
  const { options } = parsed;
  return askServer(call, { kind: "intention.get-exact", ...ends, options }, { single: true });
}

function undecodable(call: Call, error: string): HttpPlan {
  return refuse(call.settings, 400, `Bad request: Request decode failed: ${utf8(error)}`);
}

/** GET /v1/connect/intentions/match */
export function readIntentionMatch(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const by = firstValue(call.query, "by");
  if (by === undefined) return notSet(call, "by");
  const side = (["source", "destination"] as const).find((each) => each === by);
  if (side === undefined)
    return refuse(call.settings, 500, "'by' parameter must be one of 'source' or 'destination'");
  const names = allValues(call.query, "name").map(textOf);
  if (names.length === 0) return notSet(call, "name");
  const ends: IntentionEnd[] = [];
  for (const name of names) {
    const end = endOf(name);
    if (end === undefined) return badEnd(call, "name", name);
    ends.push(end);
  }
  const request = { kind: "intention.match", by: side, ends, options: parsed.options } as const;
  return askServer(call, request, { intentions: { of: "match", names } });
}

function notSet(call: Call, name: string): HttpPlan {
  return refuse(call.settings, 500, `required query parameter '${name}' not set`);
}

/** "web", or "namespace/web". */
function endOf(text: string): IntentionEnd | undefined {
  const parts = text.split("/");
  if (parts.length > 2) return undefined;
  const [first = "", second] = parts;
  return second === undefined ? { ns: DEFAULT_NAMESPACE, name: first } : { ns: first, name: second };
}

function badEnd(call: Call, what: string, text: string): HttpPlan {
  const fault = `${what} ${quoteText(text)} is invalid: input can contain at most one '/'`;
  return refuse(call.settings, 500, utf8(fault));
}

/** GET /v1/connect/intentions/check. It waits for nothing. */
export function readIntentionCheck(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const ends = readEnds(call);
  if ("kind" in ends) return ends;
  const { source, destination } = ends;
  const type = textOf(firstValue(call.query, "source-type") ?? utf8("consul"));
  const unsupported = apiError("refused", `unsupported SourceType: ${quoteText(type)}`);
  const options = { ...parsed.options, minIndex: 0 };
  return askServer(
    call,
    { kind: "intention.match", by: "destination", ends: [destination], options },
    { intentions: { of: "check", source }, ...(type === "consul" ? {} : { refusal: unsupported }) },
  );
}

/** The services that the parameters `source` and `destination` name. */
function readEnds(call: Call): IntentionEnds | HttpPlan {
  for (const name of ["source", "destination"]) if (!isSet(call.query, name)) return notSet(call, name);
  const found: IntentionEnd[] = [];
  for (const name of ["source", "destination"]) {
    const text = textOf(firstValue(call.query, name) ?? utf8(""));
    const end = endOf(text);
    if (end === undefined) return badEnd(call, name, text);
    found.push(end);
  }
  const [source, destination] = found as [IntentionEnd, IntentionEnd];
  return { source, destination };
}

interface AuthorizeBody {
  readonly Target: string;
  readonly ClientCertURI: string;
  readonly ClientCertSerial: string;
}
const authorizeBody = goStruct<AuthorizeBody>("structs.ConnectAuthorizeRequest", {
  Target: goText,
  ClientCertURI: goText,
  ClientCertSerial: goText,
});

/** POST /v1/agent/connect/authorize, of what the agent's cache knows. */
export function readAuthorize(call: Call): HttpPlan {
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const body = readBody(authorizeBody, byteStringOf(call.request.body));
  if (!body.ok) return undecodable(call, body.error);
  const { Target: target = "", ClientCertURI: uri = "" } = body.value;
  if (target === "") return refuse(call.settings, 400, "Bad request: Target service must be specified");
  const source = serviceOfSpiffe(uri);
  if (!source.ok)
    return refuse(
      call.settings,
      400,
      `Bad request: ClientCertURI not a valid ${source.isSpiffe ? "Service" : "Connect"} identifier`,
    );
  const ends = [{ ns: DEFAULT_NAMESPACE, name: target }];
  const options = { consistency: "default", minIndex: 0, waitMs: 0 } as const;
  const plan = askServer(
    call,
    { kind: "intention.match", by: "destination", ends, options },
    { intentions: { of: "authorize", source: source.end } },
  );
  if (plan.kind !== "ask") return plan;
  const cached = { maxAgeMs: 0, mustRevalidate: false, staleIfErrorMs: 0 };
  return { ...plan, datacenter: "", cached };
}

export function renderIntentions(
  view: HttpView,
  settings: HttpSettings,
  intentions: readonly Intention[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const [only] = intentions;
  if (view.single && only !== undefined) return jsonResponse(view, settings, jsonIntention(only), undefined);
  return jsonResponse(view, settings, jsonList(intentions.map(jsonIntention)), meta);
}

export function renderIntentionMatches(
  view: HttpView,
  settings: HttpSettings,
  matches: readonly (readonly Intention[])[],
): HttpResponse {
  return jsonResponse(view, settings, jsonMatches(view, matches), undefined);
}

function jsonMatches({ intentions }: HttpView, matches: readonly (readonly Intention[])[]): string {
  if (intentions === undefined) return "null";
  if (intentions.of === "match") return jsonByName(intentions.names, matches);
  const deciding = decidingOf(matches[0] ?? [], intentions.source);
  const allowed = deciding === undefined || deciding.action === "allow";
  if (intentions.of === "check") return jsonObject([["Allowed", String(allowed)]]);
  const reason =
    deciding === undefined
      ? "ACLs disabled, access is allowed by default"
      : `Matched intention: ${intentionText(deciding)}`;
  return jsonObject([
    ["Authorized", String(allowed)],
    ["Reason", jsonText(reason)],
  ]);
}

function jsonByName(names: readonly string[], matches: readonly (readonly Intention[])[]): string {
  const byName = new Map(names.map((name, at) => [name, matches[at] ?? []] as const));
  const sorted = [...byName].sort(([a], [b]) => compareStrings(utf8(a), utf8(b)));
  const items = sorted.map(([name, its]) => {
    const json = its.length === 0 ? "null" : jsonList(its.map(jsonIntention));
    return [name, json] as const;
  });
  return jsonObject(items);
}

function jsonIntention(its: Intention): string {
  return jsonObject([
    ["ID", jsonText(its.id)],
    ["Description", jsonText(its.description)],
    ["SourceNS", jsonText(its.sourceNs)],
    ["SourceName", jsonText(its.sourceName)],
    ["DestinationNS", jsonText(its.destinationNs)],
    ["DestinationName", jsonText(its.destinationName)],
    ["SourceType", jsonText(its.sourceType)],
    ["Action", jsonText(its.action)],
    ["DefaultAddr", jsonText(its.defaultAddr)],
    ["DefaultPort", String(its.defaultPort)],
    ["Meta", jsonLabels(its.meta)],
    ["Precedence", String(precedenceOf(its))],
    ["CreatedAt", jsonText(its.createdAt)],
    ["UpdatedAt", jsonText(its.updatedAt)],
    ["Hash", jsonText(base64(byteStringOf(intentionHash(its))))],
    ["CreateIndex", String(its.createIndex)],
    ["ModifyIndex", String(its.modifyIndex)],
  ]);
}
