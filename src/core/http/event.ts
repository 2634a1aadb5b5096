// /v1/event/: users' events, fired and listed. Consul 1.8's agent/event_endpoint.go.

import type { HttpResponse } from "../api/http.ts";
import { base64, byteStringOf, textOf, utf8 } from "../lib/bytes.ts";
import type { Uint64 } from "../model/kv.ts";
import { filterFault, USER_EVENT_MAX_BYTES, type UserEvent } from "../model/user-event.ts";
import { refuse } from "./answer.ts";
import { jsonList, jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { otherDatacenter, parseWait } from "./read-options.ts";
import { askAgent, jsonResponse } from "./render.ts";

/** The longest wait for an event, and that of who does not say. */
const MAX_WAIT_MS = 600_000;

export function readEventFire(call: Call): HttpPlan {
  const { settings, query } = call;
  const filter = (name: string): string => textOf(firstValue(query, name) ?? utf8(""));
  const event = {
    name: textOf(call.rest),
    payload: payloadOf(call),
    nodeFilter: filter("node"),
    serviceFilter: filter("service"),
    tagFilter: filter("tag"),
  };
  if (event.name === "") return refuse(settings, 400, "Missing name");
  const fault = filterFault(event);
  if (fault !== undefined) return refuse(settings, 500, utf8(fault));
  const plan = askAgent(call, { kind: "agent.fire-event", event });
  return plan.kind === "ask" ? { ...plan, datacenter: otherDatacenter(call) } : plan;
}

/** A body too long to be read is too long to be fired: as many bytes as that takes. */
function payloadOf({ request }: Call): Uint8Array | null {
  if (request.headers.has("content-length")) return new Uint8Array(USER_EVENT_MAX_BYTES);
  return request.body.length === 0 ? null : request.body;
}

export function readEventList(call: Call): HttpPlan {
  const wait = parseWait(call);
  if (!wait.ok) return wait.refusal;
  const { minIndex, waitNs } = wait;
  const waitMs = waitNs > 0 ? Math.min(waitNs / 1e6, MAX_WAIT_MS) : MAX_WAIT_MS;
  const name = textOf(firstValue(call.query, "name") ?? utf8(""));
  return askAgent(call, { kind: "agent.list-events", name, minIndex, waitMs });
}

export function renderEvent(view: HttpView, settings: HttpSettings, event: UserEvent): HttpResponse {
  return jsonResponse(view, settings, jsonEvent(event), undefined);
}

/** The one header that there is of Consul's: no server was asked, so there is nothing to be said of one. */
export function renderEvents(
  view: HttpView,
  settings: HttpSettings,
  events: readonly UserEvent[],
  index: Uint64,
): HttpResponse {
  const { status, headers, body } = jsonResponse(view, settings, jsonList(events.map(jsonEvent)), undefined);
  return { status, headers: [...headers, "X-Consul-Index", String(index)], body };
}

function jsonEvent(event: UserEvent): string {
  const { payload } = event;
  return jsonObject([
    ["ID", jsonText(event.id)],
    ["Name", jsonText(event.name)],
    ["Payload", payload === null ? "null" : `"${base64(byteStringOf(payload))}"`],
    ["NodeFilter", jsonText(event.nodeFilter)],
    ["ServiceFilter", jsonText(event.serviceFilter)],
    ["TagFilter", jsonText(event.tagFilter)],
    ["Version", String(event.version)],
    ["LTime", String(event.lTime)],
  ]);
}
