// What goes into a gossip pool and what comes out of it. A pool is one memberlist with its Serf on top; an agent's LAN
// and WAN pools are two values of the same machine.

import type { Address } from "../model/address.ts";
import type { Coordinate } from "../model/coordinate.ts";
import type { Member } from "../model/member.ts";
import type { DiskEffect, DiskInput } from "../wal/disk.ts";
import type { Seal } from "../wire/gossip/envelope.ts";
import type { QueryFilter } from "../wire/gossip/serf-messages.ts";
import type { KeyText } from "./keyring.ts";

export type GossipPool = "lan" | "wan";

export type { Seal } from "../wire/gossip/envelope.ts";

export type GossipInput =
  /** The first input of a pool that is remembered; answered by effect `started` when it has been read. */
  | { readonly type: "start" }
  | { readonly type: "wake" }
  | DiskInput
  | { readonly type: "packet"; readonly from: Address; readonly bytes: Uint8Array; readonly seal?: Seal }
  | {
      readonly type: "stream";
      readonly stream: number;
      readonly from: Address;
      readonly bytes: Uint8Array;
      readonly seal?: Seal;
    }
  | {
      readonly type: "stream-answer";
      readonly stream: number;
      readonly bytes: Uint8Array;
      readonly seal?: Seal;
    }
  | { readonly type: "stream-failed"; readonly stream: number; readonly error: string }
  /** Push-pull with each of these; answered by one effect `joined`. Addresses are resolved IPs with ports. */
  | { readonly type: "join"; readonly op: number; readonly addresses: readonly Address[] }
  /** Leave gracefully; answered by effect `left` when the leave has spread. */
  | { readonly type: "leave" }
  /** Turns a failed member into one that left; with `prune` it is forgotten too. With `op` answered by effect `forced`. */
  | { readonly type: "force-leave"; readonly node: string; readonly prune: boolean; readonly op?: number }
  /** What this agent tells the pool about itself from now on. Nothing happens when it encodes to more than 512 bytes. */
  | { readonly type: "tags"; readonly tags: ReadonlyMap<string, string> }
  /** Tells every member, ourselves too. Dropped with a notice when larger than USER_EVENT_MAX_BYTES. */
  | {
      readonly type: "user-event";
      readonly name: string;
      readonly payload: Uint8Array;
      /** Of equal names only the latest matters. */
      readonly coalesce: boolean;
    }
  /** Asks the members, ourselves too. What they say comes in effects with this `op`, the last of them `query-done`. */
  | { readonly type: "query"; readonly op: number; readonly question: Question }
  /** Enough was said: ends a query before its time, with `query-done`. */
  | { readonly type: "query-close"; readonly op: number }
  /** What came of effect `keyring`: the ring is kept as it was then, or could not be. */
  | { readonly type: "keyring-kept"; readonly change: number; readonly error?: string }
  /** What we say to a query that came as effect `query`: once, and within its time. */
  | { readonly type: "query-answer"; readonly query: number; readonly payload: Uint8Array };

/** A query that we ask. */
export interface Question {
  readonly name: string;
  readonly payload: Uint8Array;
  /** Who is asked: everybody whom all of these let through. Absent: everybody. */
  readonly filters?: readonly QueryFilter[];
  /** Each who gets it is to say so, whether or not there is an answer. */
  readonly wantAcks?: boolean;
  /** Through how many others each answer comes besides directly. Absent: 0. */
  readonly relayFactor?: number;
  /** Absent: what it takes the pool to spread it, and answers to come back. */
  readonly timeoutMs?: number;
}

/** What goes out, with the key under which the edge seals it; without one it goes in the clear. */
export type GossipEffect =
  | { readonly type: "packet"; readonly to: Address; readonly bytes: Uint8Array; readonly key?: KeyText }
  | {
      readonly type: "stream-open";
      readonly stream: number;
      readonly to: Address;
      readonly bytes: Uint8Array;
      readonly key?: KeyText;
      readonly timeoutMs: number;
    }
  | {
      readonly type: "stream-answer";
      readonly stream: number;
      readonly bytes: Uint8Array;
      readonly key?: KeyText;
    }
  /** A member's standing changed. `member` is a copy of its record after the change. */
  | { readonly type: "member"; readonly event: MemberEvent; readonly member: Member }
  /** A round trip moved us: where we are now, and where the member says that it is. */
  | {
      readonly type: "coordinate";
      readonly own: Coordinate;
      readonly node: string;
      readonly coordinate: Coordinate;
    }
  | {
      readonly type: "user-event";
      readonly name: string;
      readonly payload: Uint8Array;
      readonly lamportTime: number;
    }
  /** Somebody asks what is not for Serf itself to answer. Input `query-answer` answers it, until `untilMs`. */
  | {
      readonly type: "query";
      readonly query: number;
      readonly name: string;
      readonly payload: Uint8Array;
      /** The member that asks; "" when it is too old to say. */
      readonly from: string;
      readonly lamportTime: number;
      readonly untilMs: number;
    }
  /** Our keys changed, the primary is the first: they are to be kept, and input `keyring-kept` is to say that they are. */
  | { readonly type: "keyring"; readonly change: number; readonly keys: readonly KeyText[] }
  /** A member got our query. Once for each. */
  | { readonly type: "query-ack"; readonly op: number; readonly from: string }
  /** A member answered our query. Once for each. */
  | {
      readonly type: "query-response";
      readonly op: number;
      readonly from: string;
      readonly payload: Uint8Array;
    }
  /** Nothing more comes of our query. With `error`: it was not even asked. */
  | { readonly type: "query-done"; readonly op: number; readonly error?: string }
  /** Another has our name, and most members mean that one by it. There is no place for us in the pool. */
  | { readonly type: "name-lost" }
  /** `joined` members were contacted; one line for each that was not. */
  | {
      readonly type: "joined";
      readonly op: number;
      readonly joined: number;
      readonly errors: readonly JoinError[];
    }
  | { readonly type: "left" }
  /** The pool has been told whom we gave up, or could not be in time. */
  | { readonly type: "forced"; readonly op: number; readonly error?: string }
  /** What is remembered has been taken up: from now on joins make sense. */
  | { readonly type: "started" }
  | DiskEffect
  | Measured
  /** For the log; the agent adds the pool to the logger's name. */
  | {
      readonly type: "notice";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly logger: "serf" | "memberlist";
      readonly message: string;
      readonly fields?: Readonly<Record<string, string | number | boolean>>;
    };

/** Only with `measures`: what happened, or how long or how large something was (measure.ts). */
export interface Measured {
  readonly type: "measured";
  readonly how: "count" | "sample" | "task" | "begin" | "end";
  readonly name: string;
  /** A sample's; how often it happened; which of those under way it is that begins or ends. */
  readonly value: number;
}

export interface JoinError {
  readonly address: Address;
  readonly error: string;
}

/** Serf's events: EventMemberJoin, -Leave, -Failed, -Update, -Reap. */
export type MemberEvent = "join" | "leave" | "failed" | "update" | "reap";
