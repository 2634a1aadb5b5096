// Serf's messages: what memberlist's `user` message and the user state of a push-pull carry. A type byte, then a struct.
// Lamport times are 64-bit and come as bigints past 2^53. Source: serf messages.go as recorded from Consul 1.8.7.

import { unreachable } from "../../lib/assert.ts";
import { concatBytes } from "../../lib/bytes.ts";
import type { Uint64 } from "../../model/kv.ts";
import type { Decoded } from "../schema.ts";
import { inStep, skipInteger, skipText } from "./expected.ts";
import { createReader, type Reader } from "./msgpack.ts";
import {
  bool,
  bytes,
  decodeKind,
  encodeKind,
  i64,
  type Kind,
  list,
  mapOf,
  nullable,
  size,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
} from "./struct.ts";

const SERF_TYPE = {
  leave: 0,
  join: 1,
  pushPull: 2,
  userEvent: 3,
  query: 4,
  queryResponse: 5,
  conflictResponse: 6,
  keyRequest: 7,
  keyResponse: 8,
  relay: 9,
} as const;

/** Node `node` means to leave (or is said to by an operator: force-leave). */
export interface LeaveIntent {
  readonly type: "leave";
  readonly lTime: Uint64;
  readonly node: string;
  /** Forget it as well. */
  readonly prune: boolean;
}

export interface JoinIntent {
  readonly type: "join";
  readonly lTime: Uint64;
  readonly node: string;
}

export interface EventContent {
  readonly name: string;
  readonly payload: Uint8Array | null;
}

/** The user events of one Lamport time. */
export interface EventsAt {
  readonly lTime: Uint64;
  readonly events: readonly EventContent[] | null;
}

/** Serf's half of a push-pull. */
export interface SerfState {
  readonly type: "push-pull";
  readonly lTime: Uint64;
  /** Every member's status time. */
  readonly statusLTimes: ReadonlyMap<string, Uint64>;
  readonly leftMembers: readonly string[] | null;
  readonly eventLTime: Uint64;
  /** A ring of 512 slots of which empty ones are null, or just those that are not empty. */
  readonly events: readonly (EventsAt | null)[] | null;
  readonly queryLTime: Uint64;
}

export interface UserEvent extends EventContent {
  readonly type: "user-event";
  readonly lTime: Uint64;
  /** "CC": of equal names only the latest matters. */
  readonly coalesce: boolean;
}

/** The asker wants to know who got the query. */
export const QUERY_FLAG_ACK = 1;
/** Not to be passed on. */
export const QUERY_FLAG_NO_BROADCAST = 2;

export interface Query {
  readonly type: "query";
  readonly lTime: Uint64;
  readonly id: number;
  /** Where answers go. */
  readonly addr: Uint8Array | null;
  readonly port: number;
  readonly sourceNode: string;
  /** Each one an encoded filter: `decodeFilter`. */
  readonly filters: readonly (Uint8Array | null)[] | null;
  readonly flags: number;
  /** Through how many others each answer is sent besides directly. */
  readonly relayFactor: number;
  /** Nanoseconds. */
  readonly timeout: Uint64;
  readonly name: string;
  readonly payload: Uint8Array | null;
}

export interface QueryResponse {
  readonly type: "query-response";
  readonly lTime: Uint64;
  readonly id: number;
  readonly from: string;
  /** QUERY_FLAG_ACK: no answer, only word that the query came through. */
  readonly flags: number;
  readonly payload: Uint8Array | null;
}

/** A member as one node knows it: the answer to `_serf_conflict`. */
export interface ConflictResponse {
  readonly type: "conflict-response";
  readonly name: string;
  readonly addr: Uint8Array | null;
  readonly port: number;
  readonly tags: ReadonlyMap<string, string>;
  /** Index into MEMBER_STATUSES. */
  readonly status: number;
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCur: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCur: number;
}

export interface KeyRequest {
  readonly type: "key-request";
  readonly key: Uint8Array | null;
}

export interface KeyResponse {
  readonly type: "key-response";
  readonly result: boolean;
  readonly message: string;
  /** Base64. */
  readonly keys: readonly string[] | null;
  readonly primaryKey: string;
}

/** To be passed on to `destAddr` as it is. */
export interface Relay {
  readonly type: "relay";
  readonly destAddr: UdpAddr;
  readonly destName: string;
  /** The inner message with its type byte. */
  readonly message: Uint8Array;
}

export interface UdpAddr {
  readonly ip: Uint8Array | null;
  readonly port: number;
  readonly zone: string;
}

export type SerfMessage =
  | LeaveIntent
  | JoinIntent
  | SerfState
  | UserEvent
  | Query
  | QueryResponse
  | ConflictResponse
  | KeyRequest
  | KeyResponse
  | Relay;

const LEAVE: Kind<LeaveIntent> = struct<LeaveIntent>(
  { type: "leave" },
  { lTime: ["LTime", u64], node: ["Node", text], prune: ["Prune", bool] },
);

const JOIN: Kind<JoinIntent> = struct<JoinIntent>(
  { type: "join" },
  { lTime: ["LTime", u64], node: ["Node", text] },
);

const EVENTS_AT: Kind<EventsAt> = struct<EventsAt>(
  {},
  {
    lTime: ["LTime", u64],
    events: ["Events", list(struct<EventContent>({}, { name: ["Name", text], payload: ["Payload", bytes] }))],
  },
);

const serfState = (statusLTimes: Kind<ReadonlyMap<string, Uint64>>): Kind<SerfState> =>
  struct<SerfState>(
    { type: "push-pull" },
    {
      lTime: ["LTime", u64],
      statusLTimes: ["StatusLTimes", statusLTimes],
      leftMembers: ["LeftMembers", list(text)],
      eventLTime: ["EventLTime", u64],
      events: ["Events", list(nullable(EVENTS_AT))],
      queryLTime: ["QueryLTime", u64],
    },
  );
const SERF_STATE: Kind<SerfState> = serfState(mapOf(u64));

const USER_EVENT: Kind<UserEvent> = struct<UserEvent>(
  { type: "user-event" },
  { lTime: ["LTime", u64], name: ["Name", text], payload: ["Payload", bytes], coalesce: ["CC", bool] },
);

const QUERY: Kind<Query> = struct<Query>(
  { type: "query" },
  {
    lTime: ["LTime", u64],
    id: ["ID", u32],
    addr: ["Addr", bytes],
    port: ["Port", u16],
    sourceNode: ["SourceNode", text],
    filters: ["Filters", list(bytes)],
    flags: ["Flags", u32],
    relayFactor: ["RelayFactor", u8],
    timeout: ["Timeout", i64],
    name: ["Name", text],
    payload: ["Payload", bytes],
  },
);

const QUERY_RESPONSE: Kind<QueryResponse> = struct<QueryResponse>(
  { type: "query-response" },
  {
    lTime: ["LTime", u64],
    id: ["ID", u32],
    from: ["From", text],
    flags: ["Flags", u32],
    payload: ["Payload", bytes],
  },
);

const CONFLICT_RESPONSE: Kind<ConflictResponse> = struct<ConflictResponse>(
  { type: "conflict-response" },
  {
    name: ["Name", text],
    addr: ["Addr", bytes],
    port: ["Port", u16],
    tags: ["Tags", mapOf(text)],
    status: ["Status", size],
    protocolMin: ["ProtocolMin", u8],
    protocolMax: ["ProtocolMax", u8],
    protocolCur: ["ProtocolCur", u8],
    delegateMin: ["DelegateMin", u8],
    delegateMax: ["DelegateMax", u8],
    delegateCur: ["DelegateCur", u8],
  },
);

const KEY_REQUEST: Kind<KeyRequest> = struct<KeyRequest>({ type: "key-request" }, { key: ["Key", bytes] });

const KEY_RESPONSE: Kind<KeyResponse> = struct<KeyResponse>(
  { type: "key-response" },
  {
    result: ["Result", bool],
    message: ["Message", text],
    keys: ["Keys", list(text)],
    primaryKey: ["PrimaryKey", text],
  },
);

type RelayHeader = Omit<Relay, "type" | "message">;
const RELAY_HEADER: Kind<RelayHeader> = struct<RelayHeader>(
  {},
  {
    destAddr: [
      "DestAddr",
      struct<UdpAddr>({}, { ip: ["IP", bytes], port: ["Port", u16], zone: ["Zone", text] }),
    ],
    destName: ["DestName", text],
  },
);

/** One message with its type byte: the bytes of a `user` message. */
export function encodeSerf(message: SerfMessage): Uint8Array {
  switch (message.type) {
    case "leave":
      return encodeKind(LEAVE, message, SERF_TYPE.leave);
    case "join":
      return encodeKind(JOIN, message, SERF_TYPE.join);
    case "push-pull":
      return encodeKind(SERF_STATE, message, SERF_TYPE.pushPull);
    case "user-event":
      return encodeKind(USER_EVENT, message, SERF_TYPE.userEvent);
    case "query":
      return encodeKind(QUERY, message, SERF_TYPE.query);
    case "query-response":
      return encodeKind(QUERY_RESPONSE, message, SERF_TYPE.queryResponse);
    case "conflict-response":
      return encodeKind(CONFLICT_RESPONSE, message, SERF_TYPE.conflictResponse);
    case "key-request":
      return encodeKind(KEY_REQUEST, message, SERF_TYPE.keyRequest);
    case "key-response":
      return encodeKind(KEY_RESPONSE, message, SERF_TYPE.keyResponse);
    case "relay":
      return concatBytes([encodeKind(RELAY_HEADER, message, SERF_TYPE.relay), message.message]);
    default:
      return unreachable(message);
  }
}

/** The answer to `_serf_conflict` of a node that knows nobody of that name: Go's nil. */
export function encodeNoConflict(): Uint8Array {
  return Uint8Array.of(SERF_TYPE.conflictResponse, 0xc0);
}

/** The message with its type byte, or why it cannot be read. */
export function decodeSerf(message: Uint8Array): Decoded<SerfMessage> {
  switch (message[0]) {
    case SERF_TYPE.leave:
      return decodeKind(LEAVE, message, 1);
    case SERF_TYPE.join:
      return decodeKind(JOIN, message, 1);
    case SERF_TYPE.pushPull:
      return decodeKind(SERF_STATE, message, 1);
    case SERF_TYPE.userEvent:
      return decodeKind(USER_EVENT, message, 1);
    case SERF_TYPE.query:
      return decodeKind(QUERY, message, 1);
    case SERF_TYPE.queryResponse:
      return decodeKind(QUERY_RESPONSE, message, 1);
    case SERF_TYPE.conflictResponse:
      return decodeKind(CONFLICT_RESPONSE, message, 1);
    case SERF_TYPE.keyRequest:
      return decodeKind(KEY_REQUEST, message, 1);
    case SERF_TYPE.keyResponse:
      return decodeKind(KEY_RESPONSE, message, 1);
    case SERF_TYPE.relay:
      return decodeRelay(message);
    case undefined:
      return { ok: false, error: "empty message" };
    default:
      return { ok: false, error: `serf message type ${message[0]} not supported` };
  }
}

/** A member as its list keeps it, for who would tell of it. */
export interface MemberLine {
  readonly name: string;
  readonly statusLTime: number;
}

/**
 * Serf's half of a push-pull with its type byte.
 * @param known What the reader would tell itself: members of whom it says just this may be left out of `statusLTimes`, unless
 *   somebody has left, which is told by name and time.
 */
export function decodeSerfState(
  message: Uint8Array,
  known: ReadonlyMap<string, MemberLine>,
): Decoded<SerfState> {
  if (message[0] !== SERF_TYPE.pushPull) return { ok: false, error: "not the state of a pool" };
  const decoded = decodeKind(
    serfState(mapOf(u64, (reader) => inStep(reader, known.values(), skipTime))),
    message,
    1,
  );
  return decoded.ok && (decoded.value.leftMembers ?? []).length > 0
    ? decodeKind(SERF_STATE, message, 1)
    : decoded;
}

function skipTime(reader: Reader, { name, statusLTime }: MemberLine): boolean {
  return skipText(reader, name) && skipInteger(reader, statusLTime);
}

function decodeRelay(message: Uint8Array): Decoded<Relay> {
  const reader = createReader(message, 1);
  const header = RELAY_HEADER.read(reader);
  if (reader.error !== undefined) return { ok: false, error: reader.error };
  const inner = new Uint8Array(message.subarray(reader.at));
  return { ok: true, value: { type: "relay", ...header, message: inner } };
}

/** Who is to answer a query. */
export type QueryFilter =
  | { readonly type: "nodes"; readonly names: readonly string[] }
  /** `expr` is a regular expression, not anchored, on the value of the tag ("" when a member does not have it). */
  | { readonly type: "tag"; readonly tag: string; readonly expr: string };

const FILTER_TYPE = { nodes: 0, tag: 1 } as const;

interface TagFilter {
  readonly type: "tag";
  readonly tag: string;
  readonly expr: string;
}

const NAMES: Kind<readonly string[] | null> = list(text);
const TAG_FILTER: Kind<TagFilter> = struct<TagFilter>(
  { type: "tag" },
  { tag: ["Tag", text], expr: ["Expr", text] },
);

export function encodeFilter(filter: QueryFilter): Uint8Array {
  return filter.type === "nodes"
    ? encodeKind(NAMES, filter.names, FILTER_TYPE.nodes)
    : encodeKind(TAG_FILTER, filter, FILTER_TYPE.tag);
}

export function decodeFilter(filter: Uint8Array): Decoded<QueryFilter> {
  if (filter[0] === FILTER_TYPE.tag) return decodeKind(TAG_FILTER, filter, 1);
  if (filter[0] !== FILTER_TYPE.nodes) return { ok: false, error: "filter not supported" };
  const names = decodeKind(NAMES, filter, 1);
  return names.ok ? { ok: true, value: { type: "nodes", names: names.value ?? [] } } : names;
}
