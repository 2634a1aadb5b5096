// What goes into a gossip pool and what comes out of it. A pool is one memberlist with its Serf on top; an agent's LAN
// and WAN pools are two values of the same machine.

import type { Address } from "../model/address.ts";
import type { Member } from "../model/member.ts";
import type { Seal } from "../wire/gossip/envelope.ts";
import type { KeyText } from "./keyring.ts";

export type GossipPool = "lan" | "wan";

export type { Seal } from "../wire/gossip/envelope.ts";

export type GossipInput =
  | { readonly type: "wake" }
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
  /** Turns a failed member into one that left; with `prune` it is forgotten too. */
  | { readonly type: "force-leave"; readonly node: string; readonly prune: boolean }
  /** What this agent tells the pool about itself from now on. Nothing happens when it encodes to more than 512 bytes. */
  | { readonly type: "tags"; readonly tags: ReadonlyMap<string, string> }
  /** Tells every member, ourselves too. Dropped with a notice when larger than USER_EVENT_MAX_BYTES. */
  | {
      readonly type: "user-event";
      readonly name: string;
      readonly payload: Uint8Array;
      /** Of equal names only the latest matters. */
      readonly coalesce: boolean;
    };

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
  | {
      readonly type: "user-event";
      readonly name: string;
      readonly payload: Uint8Array;
      readonly lamportTime: number;
    }
  /** `joined` members were contacted; one line for each that was not. */
  | {
      readonly type: "joined";
      readonly op: number;
      readonly joined: number;
      readonly errors: readonly JoinError[];
    }
  | { readonly type: "left" }
  /** For the log; the agent adds the pool to the logger's name. */
  | {
      readonly type: "notice";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly logger: "serf" | "memberlist";
      readonly message: string;
      readonly fields?: Readonly<Record<string, string | number | boolean>>;
    };

export interface JoinError {
  readonly address: Address;
  readonly error: string;
}

/** Serf's events: EventMemberJoin, -Leave, -Failed, -Update, -Reap. */
export type MemberEvent = "join" | "leave" | "failed" | "update" | "reap";
