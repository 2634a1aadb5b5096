// What the agent answers a watch, as Consul's client library of 1.8 knows it: that is what handlers get to read.

import { byteStringOf } from "../../core/lib/bytes.ts";
import { parseJson } from "../../core/lib/go-json.ts";
import { isRawList, isRawMap, type RawMap, type RawValue } from "../../core/lib/raw-value.ts";
import { type Field, printShaped, type Shape, type Struct } from "./go-shape.ts";

export type AnswerKind =
  | "key"
  | "keys"
  | "services"
  | "nodes"
  | "instances"
  | "checks"
  | "events"
  | "agent-service"
  | "any";

/** What was found, and by which to ask again. */
export interface Found {
  /** Compact JSON. */
  readonly json: string;
  /** Of a service of the agent: what to wait by. */
  readonly hash: string;
}

export type ReadAnswer =
  | { readonly ok: true; readonly found: Found }
  | { readonly ok: false; readonly error: string };

function field(name: string, shape: Shape): Field {
  return { name, shape };
}

function optional(name: string, shape: Shape): Field {
  return { name, shape, omitEmpty: true };
}

/** Fields of one shape. */
function each(shape: Shape, names: string): Field[] {
  return names.split(" ").map((name) => field(name, shape));
}

const STRINGS: Shape = { list: "string" };
const LABELS: Shape = { map: "string" };
const INDEXES: readonly Field[] = each("number", "CreateIndex ModifyIndex");

const PAIR: Struct = {
  fields: [
    field("Key", "string"),
    ...each("number", "CreateIndex ModifyIndex LockIndex Flags"),
    field("Value", "bytes"),
    field("Session", "string"),
  ],
  pointer: true,
};

const NODE: Struct = {
  fields: [
    ...each("string", "ID Node Address Datacenter"),
    ...each(LABELS, "TaggedAddresses Meta"),
    ...INDEXES,
  ],
  pointer: true,
};

const MESH_GATEWAY: Struct = { fields: [optional("Mode", "string")] };

const EXPOSE: Struct = {
  fields: [
    optional("Checks", "bool"),
    optional("Paths", {
      list: {
        fields: [
          optional("ListenerPort", "number"),
          optional("Path", "string"),
          optional("LocalPathPort", "number"),
          optional("Protocol", "string"),
          optional("ParsedFromCheck", "bool"),
        ],
      },
    }),
  ],
};

const UPSTREAM: Struct = {
  fields: [
    optional("DestinationType", "string"),
    optional("DestinationNamespace", "string"),
    field("DestinationName", "string"),
    optional("Datacenter", "string"),
    optional("LocalBindAddress", "string"),
    optional("LocalBindPort", "number"),
    optional("Config", { map: "any" }),
    field("MeshGateway", MESH_GATEWAY),
  ],
};

const PROXY: Struct = {
  fields: [
    optional("DestinationServiceName", "string"),
    optional("DestinationServiceID", "string"),
    optional("LocalServiceAddress", "string"),
    optional("LocalServicePort", "number"),
    optional("Config", { map: "any" }),
    optional("Upstreams", { list: UPSTREAM }),
    field("MeshGateway", MESH_GATEWAY),
    field("Expose", EXPOSE),
  ],
  pointer: true,
};

const SERVICE: Struct = {
  fields: [
    optional("Kind", "string"),
    ...each("string", "ID Service"),
    field("Tags", STRINGS),
    field("Meta", LABELS),
    field("Port", "number"),
    field("Address", "string"),
    optional("TaggedAddresses", { map: { fields: [field("Address", "string"), field("Port", "number")] } }),
    field("Weights", { fields: each("number", "Passing Warning") }),
    field("EnableTagOverride", "bool"),
    optional("CreateIndex", "number"),
    optional("ModifyIndex", "number"),
    optional("ContentHash", "string"),
    optional("Proxy", PROXY),
    optional("Connect", {
      fields: [optional("Native", "bool"), optional("SidecarService", "any")],
      pointer: true,
    }),
  ],
  pointer: true,
};

const CHECK: Struct = {
  fields: [
    ...each("string", "Node CheckID Name Status Notes Output ServiceID ServiceName"),
    field("ServiceTags", STRINGS),
    field("Type", "string"),
    field("Definition", {
      fields: [
        ...each("duration", "Interval Timeout DeregisterCriticalServiceAfter"),
        field("HTTP", "string"),
        field("Header", { map: STRINGS }),
        ...each("string", "Method Body"),
        field("TLSSkipVerify", "bool"),
        field("TCP", "string"),
      ],
    }),
    ...INDEXES,
  ],
  pointer: true,
};

const EVENT: Struct = {
  fields: [
    ...each("string", "ID Name"),
    field("Payload", "bytes"),
    ...each("string", "NodeFilter ServiceFilter TagFilter"),
    ...each("number", "Version LTime"),
  ],
  pointer: true,
};

const SHAPES: Readonly<Record<AnswerKind, Shape>> = {
  key: PAIR,
  keys: { list: PAIR },
  services: { map: STRINGS },
  nodes: { list: NODE },
  instances: {
    list: {
      fields: [field("Node", NODE), field("Service", SERVICE), field("Checks", { list: CHECK })],
      pointer: true,
    },
  },
  checks: { list: CHECK },
  events: { list: EVENT },
  "agent-service": SERVICE,
  any: "any",
};

/**
 * @param seen By which the agent was asked: of events those that come after it are news.
 * @returns In Consul's words where the agent refused, or said something that is no answer.
 */
export function readAnswer(
  kind: AnswerKind,
  status: number,
  body: Uint8Array,
  seen: string | undefined,
): ReadAnswer {
  const ofKeys = kind === "key" || kind === "keys";
  if (ofKeys && status === 404) return found("null");
  if (status !== 200) {
    const text = ofKeys ? "" : ` (${Buffer.from(body).toString()})`;
    return { ok: false, error: `Unexpected response code: ${status}${text}` };
  }
  const parsed = parseJson(byteStringOf(body));
  if (!parsed.ok) return parsed;
  const value = kind === "key" ? (listOf(parsed.value)[0] ?? null) : parsed.value;
  if (kind === "events") return found(printShaped(SHAPES.events, newsIn(listOf(value), seen)));
  return found(printShaped(SHAPES[kind], value), kind === "agent-service" ? hashIn(value) : "");
}

function found(json: string, hash = ""): ReadAnswer {
  return { ok: true, found: { json, hash } };
}

function listOf(value: RawValue): readonly RawValue[] {
  return typeof value === "object" && value !== null && isRawList(value) ? value : [];
}

function textAt(value: RawValue, name: string): string {
  const found = asMap(value).get(name);
  return typeof found === "string" ? found : "";
}

function asMap(value: RawValue): RawMap {
  return typeof value === "object" && value !== null && isRawMap(value) ? value : new Map();
}

function hashIn(value: RawValue): string {
  return textAt(value, "ContentHash");
}

/** The agent lists all that it remembers; what stands up to and with the one that was seen last is old. */
function newsIn(events: readonly RawValue[], seen: string | undefined): readonly RawValue[] {
  const at = events.findIndex((event) => eventIndex(textAt(event, "ID")) === seen);
  return events.slice(at + 1);
}

/** The index by which an event is waited for: both halves of its id, one laid upon the other. */
export function eventIndex(id: string): string | undefined {
  const digits = id.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) return undefined;
  return (BigInt(`0x${digits.slice(0, 16)}`) ^ BigInt(`0x${digits.slice(16)}`)).toString();
}
