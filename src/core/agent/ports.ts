// The boundary: everything that can happen to an agent, and everything it can cause. Both are plain data.

import type { HttpRequest, HttpResponse } from "../api/http.ts";
import type { Notice } from "../api/notice.ts";
import type { MonitorLevel } from "../api/telemetry.ts";
import type { Transport } from "../dns/trim.ts";
import type { KeyText } from "../gossip/keyring.ts";
import type { GossipPool, Seal } from "../gossip/ports.ts";
import type { ByteString } from "../lib/bytes.ts";
import type { Probed, ProbeEnded } from "../local/probes.ts";
import type { ProbeEffect, ProbeStopEffect } from "../local/state.ts";
import type { Address } from "../model/address.ts";
import type { LocalDefinitions } from "../model/local.ts";
import type { DiskEffect, DiskInput } from "../wal/disk.ts";
import type { RpcMessage } from "../wire/rpc.ts";
import type { ReloadableConfig } from "./config.ts";
import type { Inspected } from "./inspect.ts";

/** Thread of one question through the agent, from `http` to `reply`. */
export type RequestId = number;

export type Input =
  /** The first input of every agent: it begins to recover what is on its disk. */
  | { readonly type: "start" }
  /** The deadline arrived. */
  | { readonly type: "wake" }
  /** A gossip datagram, opened by the edge if one of the pool's keys opens it. */
  | {
      readonly type: "packet";
      readonly pool: GossipPool;
      readonly from: Address;
      readonly bytes: Uint8Array;
      readonly seal?: Seal;
    }
  /** A whole gossip message on a TCP connection that somebody opened to us. Answer it under the same id. */
  | {
      readonly type: "stream";
      readonly pool: GossipPool;
      readonly stream: number;
      readonly from: Address;
      readonly bytes: Uint8Array;
      readonly seal?: Seal;
    }
  /** The other side's answer on a TCP connection that we opened with effect `stream-open`. */
  | {
      readonly type: "stream-answer";
      readonly pool: GossipPool;
      readonly stream: number;
      readonly bytes: Uint8Array;
      readonly seal?: Seal;
    }
  | {
      readonly type: "stream-failed";
      readonly pool: GossipPool;
      readonly stream: number;
      readonly error: string;
    }
  /** What came of an effect `resolve`. */
  | {
      readonly type: "resolved";
      readonly op: number;
      readonly ips: readonly string[];
      readonly error?: string;
    }
  /** A message of another agent, over TCP. `from` is the node id that it gave in its hello. */
  | { readonly type: "message"; readonly from: string; readonly message: RpcMessage }
  /**
   * A connection to another agent broke. `refused`: and a fresh attempt found nobody listening at its address, which
   * only a dead process explains.
   */
  | { readonly type: "peer-lost"; readonly peer: string; readonly refused: boolean }
  | { readonly type: "http"; readonly id: RequestId; readonly request: HttpRequest }
  /** A question over DNS, of the client at that address. It is always replied to, be it with nothing. */
  | {
      readonly type: "dns";
      readonly id: RequestId;
      readonly over: Transport;
      readonly ip: string;
      readonly bytes: Uint8Array;
    }
  /** What came of an effect `dns-forward`: an answer to that very question, or none. */
  | { readonly type: "dns-forwarded"; readonly op: number; readonly bytes?: Uint8Array }
  /** The caller of `http` hung up. */
  | { readonly type: "cancel"; readonly id: RequestId }
  | DiskInput
  /** A command that was begun with effect `command-start` said something, on whichever of its outputs. */
  | { readonly type: "command-output"; readonly job: number; readonly bytes: Uint8Array }
  /** It has ended, and all that it said has come; `error`: it could not even be begun. */
  | {
      readonly type: "command-ended";
      readonly job: number;
      readonly code: number;
      readonly error?: string;
    }
  /** What came of an effect `probe`. */
  | ({ readonly type: "probed" } & Probed)
  /** What was begun with effect `probe` is over, after it had said what came of it, and that it goes on. */
  | ({ readonly type: "probe-ended" } & ProbeEnded)
  /**
   * The configuration was read again; `error`: it could not be, and nothing has changed. `local`: the services and checks
   * that it names now. `config`: what else of it may change. `id`: who asked, if it was not a signal.
   */
  | {
      readonly type: "reloaded";
      readonly id?: RequestId;
      readonly error?: string;
      readonly local?: LocalDefinitions;
      readonly config?: ReloadableConfig;
    }
  /** What came of an effect `inspect`. */
  | { readonly type: "inspected"; readonly id: RequestId; readonly found: Inspected }
  | { readonly type: "signal"; readonly signal: "interrupt" | "terminate" | "hangup" };

export type Effect =
  /** What gossip sends is sealed by the edge under `key`; without one it goes in the clear. */
  | {
      readonly type: "packet";
      readonly pool: GossipPool;
      readonly to: Address;
      readonly bytes: Uint8Array;
      readonly key?: KeyText;
    }
  /** Connect, send, wait for one whole answer; give up after `timeoutMs`. */
  | {
      readonly type: "stream-open";
      readonly pool: GossipPool;
      readonly stream: number;
      readonly to: Address;
      readonly bytes: Uint8Array;
      readonly key?: KeyText;
      readonly timeoutMs: number;
    }
  /** Send (if there is anything to send) and close a connection that somebody opened to us. */
  | {
      readonly type: "stream-answer";
      readonly pool: GossipPool;
      readonly stream: number;
      readonly bytes: Uint8Array;
      readonly key?: KeyText;
    }
  /** Look up the addresses of a name. */
  | { readonly type: "resolve"; readonly op: number; readonly name: string }
  /**
   * Send over the connection to the agent with this node id. Without an address only a connection that is already
   * there can be used (a client agent does not listen for RPC).
   */
  | {
      readonly type: "message";
      readonly to: string;
      readonly address: Address | undefined;
      readonly message: RpcMessage;
    }
  | { readonly type: "reply"; readonly id: RequestId; readonly response: HttpResponse }
  /** The end of a question over DNS. No bytes: nothing is said. `metric`: what it counts as. */
  | {
      readonly type: "dns-reply";
      readonly id: RequestId;
      readonly bytes?: Uint8Array;
      readonly metric?: "dns.domain_query" | "dns.ptr_query";
    }
  /** Ask a DNS server this, under an id that nobody can guess, and wait so long for its answer. */
  | {
      readonly type: "dns-forward";
      readonly op: number;
      readonly to: Address;
      readonly over: Transport;
      readonly bytes: Uint8Array;
      readonly timeoutMs: number;
    }
  | DiskEffect
  | Notice
  /** Run a command and tell what it says, until it has ended. */
  | { readonly type: "command-start"; readonly job: number; readonly line: CommandLine }
  /** Read on what it says, or let it wait. */
  | { readonly type: "command-flow"; readonly job: number; readonly reads: boolean }
  /** Nobody wants to know any more what it says, nor how it ends. */
  | { readonly type: "command-close"; readonly job: number }
  /** Make a check, and tell what comes of it by input `probed`. */
  | ProbeEffect
  /** End it, and tell nothing more of it. */
  | ProbeStopEffect
  /** Read the configuration again and say so in the log; who asked over HTTP (`id`) is told by input `reloaded`. */
  | { readonly type: "reload"; readonly id?: RequestId }
  /** Look at what only the process can see, for who asked over HTTP; input `inspected` says it. */
  | { readonly type: "inspect"; readonly id: RequestId; readonly what: Inspected["what"] }
  /** Write this head, then the log's lines from that level on, as they come, until the caller hangs up. */
  | {
      readonly type: "monitor";
      readonly id: RequestId;
      readonly level: MonitorLevel;
      readonly json: boolean;
      readonly head: HttpResponse;
    }
  /** Write this head, then the pieces that follow, until the caller hangs up. */
  | { readonly type: "metrics-stream"; readonly id: RequestId; readonly head: HttpResponse }
  | { readonly type: "metrics-piece"; readonly id: RequestId; readonly text: ByteString }
  /** The agent has done all it wanted to do: end the process. */
  | { readonly type: "exit"; readonly code: number };

export type CommandLine =
  /** A line for the shell. */
  | { readonly kind: "shell"; readonly command: string }
  /** A program and its arguments. */
  | { readonly kind: "args"; readonly args: readonly string[] }
  /** What is to be in a file that is then run. */
  | { readonly kind: "script"; readonly script: Uint8Array };
