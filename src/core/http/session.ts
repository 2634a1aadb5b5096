// /v1/session/: sessions made, ended, renewed and listed. Consul 1.8's agent/session_endpoint.go.

import type { HttpResponse } from "../api/http.ts";
import type { ServerRequest } from "../api/request.ts";
import type { QueryMeta } from "../api/response.ts";
import { byteStringOf, textOf, utf8 } from "../lib/bytes.ts";
import { parseDuration } from "../lib/duration.ts";
import { isRawList, isRawMap, type RawValue } from "../lib/raw-value.ts";
import type { ServiceCheck, Session } from "../model/session.ts";
import { refuse, textResponse } from "./answer.ts";
import {
  type Finished,
  goAny,
  goList,
  goNullable,
  goString,
  goStruct,
  goText,
  goTexts,
  goUint64,
  readBody,
} from "./go-struct.ts";
import { jsonList, jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { parseOptions, refuseNamespace } from "./read-options.ts";
import { askServer, jsonResponse, keepingLatest, type ListRenderer } from "./render.ts";

interface ServiceCheckBody {
  readonly ID: string;
  readonly Namespace: string;
}

interface SessionBody {
  readonly ID: string;
  readonly Name: string;
  readonly Node: string;
  readonly LockDelay: RawValue;
  readonly Behavior: string;
  readonly TTL: string;
  readonly Checks: readonly string[] | null;
  readonly NodeChecks: readonly string[] | null;
  readonly ServiceChecks: readonly Partial<ServiceCheckBody>[] | null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
/** Named as Go names the struct that it reads a session by way of. */
const sessionBody = goStruct<SessionBody>("struct { LockDelay interface {}; *structs.Alias }", {
  ID: goText,
  Name: goText,
  Node: goText,
  LockDelay: goAny,
  Behavior: goString("structs.SessionBehavior"),
  TTL: goText,
  Checks: goNullable(goList(goString("types.CheckID"), "")),
  NodeChecks: goNullable(goTexts),
  ServiceChecks: goNullable(
    goList(goStruct<ServiceCheckBody>("structs.ServiceCheck", { ID: goText, Namespace: goText }), {}),
  ),
  CreateIndex: goUint64,
  ModifyIndex: goUint64,
});

/** The check by which gossip says that a node is there: what a session rests on that does not say. */
const DEFAULT_CHECKS: readonly string[] = ["serfHealth"];
const DEFAULT_LOCK_DELAY_NS = 15e9;

export function readSessionCreate(call: Call): HttpPlan {
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const bytes = byteStringOf(call.request.body);
  const read = bytes === "" ? ({ ok: true, value: {} } as const) : readBody(sessionBody, bytes, false);
  if (!read.ok) return undecodable(call, read.error);
  const { value } = read;
  const delay = lockDelayOf(value.LockDelay);
  if (!delay.ok) return undecodable(call, delay.fault);
  return askServer(call, {
    kind: "session.create",
    id: "",
    name: value.Name ?? "",
    node: value.Node ?? call.settings.nodeName,
    lockDelayNs: delay.value,
    behavior: value.Behavior ?? "",
    ttl: value.TTL ?? "",
    ...checksOf(value),
    serviceChecks: (value.ServiceChecks ?? null)?.map(serviceCheckOf) ?? null,
  });
}

function undecodable(call: Call, fault: string): HttpPlan {
  return refuse(call.settings, 400, `Request decode failed: ${utf8(fault)}`);
}

function serviceCheckOf({ ID = "", Namespace = "" }: Partial<ServiceCheckBody>): ServiceCheck {
  return { id: ID, namespace: Namespace };
}

/**
 * Both lists begin as the default, and a body may replace either. Then the older list speaks for the newer one: without it
 * there are no checks of the node at all, and with an empty newer one it is not heard.
 */
function checksOf(body: Partial<SessionBody>): Pick<Session, "nodeChecks" | "checks"> {
  const { Checks: checks = DEFAULT_CHECKS, NodeChecks: nodeChecks = DEFAULT_CHECKS } = body;
  if (checks === null || checks.length === 0) return { nodeChecks: [], checks: [] };
  const isDefault = checks.length === 1 && checks[0] === DEFAULT_CHECKS[0];
  if (isDefault || nodeChecks === null || nodeChecks.length === 0) return { nodeChecks, checks: [] };
  return { nodeChecks, checks };
}

/** Nanoseconds as a text or a number; less than a thousand of them are taken for seconds. What is neither is none. */
function lockDelayOf(given: RawValue | undefined): Finished<number> {
  if (given === undefined || given === null) return { ok: true, value: DEFAULT_LOCK_DELAY_NS };
  let ns = 0n;
  if (typeof given === "string") {
    const parsed = parseDuration(given);
    if (!parsed.ok)
      return { ok: false, fault: parsed.error.replace(JSON.stringify(given), () => `"${given}"`) };
    ns = BigInt(Math.trunc(parsed.ns));
  } else if (typeof given === "object" && !isRawList(given) && !isRawMap(given)) ns = int64(given.value);
  return { ok: true, value: Number(ns < 1000n ? BigInt.asIntN(64, ns * 1_000_000_000n) : ns) };
}

/** As a processor makes a whole number of a float: of one that does not fit it makes the least there is. */
function int64(value: number): bigint {
  const fits = value >= -(2 ** 63) && value < 2 ** 63;
  return fits ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

export function readSessionDestroy(call: Call): HttpPlan {
  return ofSession(call, (id) => ({ kind: "session.destroy", id }));
}

export function readSessionRenew(call: Call): HttpPlan {
  const renewing = textOf(call.rest);
  const options = { consistency: "default", minIndex: 0, waitMs: 0 } as const;
  return ofSession(call, (id) => ({ kind: "session.renew", id, options }), { renewing });
}

function ofSession(call: Call, request: (id: string) => ServerRequest, marks?: Partial<HttpView>): HttpPlan {
  const refusal = refuseNamespace(call);
  if (refusal !== undefined) return refusal;
  if (call.rest === "") return refuse(call.settings, 400, "Missing session");
  return askServer(call, request(textOf(call.rest)), marks);
}

/** These endpoints write their index headers also when they fail. */
const READ: Partial<HttpView> = { metaOnError: true };

export function readSessionInfo(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const { options } = parsed;
  return ofSession(call, (id) => ({ kind: "session.info", id, options }), READ);
}

export function readSessionList(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const { options } = parsed;
  return refuseNamespace(call) ?? askServer(call, { kind: "session.list", options }, READ);
}

export function readSessionsOfNode(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const { options } = parsed;
  const refusal = refuseNamespace(call);
  if (refusal !== undefined) return refusal;
  if (call.rest === "") return refuse(call.settings, 400, "Missing node name");
  return askServer(call, { kind: "session.node", node: textOf(call.rest), options }, READ);
}

export function renderSessionCreated(view: HttpView, settings: HttpSettings, id: string): HttpResponse {
  return jsonResponse(view, settings, jsonObject([["ID", jsonText(id)]]), undefined);
}

/** One that was to be renewed has no index to wait from, and must be there. */
export function renderSessions(
  view: HttpView,
  settings: HttpSettings,
  sessions: readonly Session[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const { renewing } = view;
  if (renewing !== undefined && sessions.length === 0)
    return textResponse(settings, 404, utf8(`Session id '${renewing}' not found`));
  const told = renewing === undefined ? meta : undefined;
  const [first] = sessions;
  if (first !== undefined && sessions.length === 1) return renderOne(view, settings, first, told);
  return jsonResponse(view, settings, jsonList(sessions.map(jsonSession)), told);
}

/** Of so many sessions the text is kept: a hundred thousand of them shall not lie in memory twice. */
const KEPT = 4096;

/** A list of one session: what all hear again and again who renew theirs. */
const renderOne: ListRenderer<Session> = keepingLatest(KEPT, (session) =>
  // Joined, which makes a text of one piece: one that is made of many would be put together for each answer.
  ["[", jsonSession(session), "]"].join(""),
);

function jsonSession(session: Session): string {
  const { nodeChecks, serviceChecks, checks } = session;
  return jsonObject([
    ["ID", jsonText(session.id)],
    ["Name", jsonText(session.name)],
    ["Node", jsonText(session.node)],
    ["LockDelay", String(BigInt(Math.trunc(session.lockDelayNs)))],
    ["Behavior", jsonText(session.behavior)],
    ["TTL", jsonText(session.ttl)],
    ["NodeChecks", nodeChecks === null ? "null" : jsonList(nodeChecks.map(jsonText))],
    ["ServiceChecks", serviceChecks === null ? "null" : jsonList(serviceChecks.map(jsonServiceCheck))],
    ["Checks", checks.length === 0 ? undefined : jsonList(checks.map(jsonText))],
    ["CreateIndex", String(session.createIndex)],
    ["ModifyIndex", String(session.modifyIndex)],
  ]);
}

function jsonServiceCheck({ id, namespace }: ServiceCheck): string {
  return jsonObject([
    ["ID", jsonText(id)],
    ["Namespace", jsonText(namespace)],
  ]);
}
