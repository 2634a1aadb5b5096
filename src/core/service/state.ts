// The desk of an agent: every question that is open, as a row, and what is known of the servers to whom it may be passed.
// No callbacks: a row says what it waits for, and whoever brings that about looks the row up.

import type { AgentConfig } from "../agent/config.ts";
import type { RequestId } from "../agent/ports.ts";
import type { KeyringRequest } from "../api/keyring.ts";
import type { Notice } from "../api/notice.ts";
import type { ServerRequest } from "../api/request.ts";
import type { Response } from "../api/response.ts";
import type { ByteString } from "../lib/bytes.ts";
import type { Chance } from "../lib/chance.ts";
import { createDeadlineHeap, type DeadlineHeap } from "../lib/deadline-heap.ts";
import { createMetrics, type Metrics } from "../lib/metrics.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { createTokenBucket, type TokenBucket } from "../lib/token-bucket.ts";
import type { Address } from "../model/address.ts";
import type { Raft, Role } from "../raft/state.ts";
import type { Store, Touched } from "../store/store.ts";
import type { Watches, WatchKey } from "../store/watch.ts";
import type { RpcMessage } from "../wire/rpc.ts";
import { type Archives, createArchives } from "./archives.ts";
import { type Autopilot, createAutopilot } from "./autopilot-state.ts";
import { type AgentCache, createAgentCache } from "./cache-state.ts";
import { createInitialEntries, type InitialEntries } from "./config-initial.ts";
import { type CoordinateSync, createCoordinateSync } from "./coordinate-sync.ts";
import { createGatheredCoordinates, type GatheredCoordinates } from "./coordinates.ts";
import type { DnsAnswers } from "./dns-answers.ts";
import type { KeyringReports } from "./keyring.ts";
import type { Failover } from "./query-run.ts";
import type { RaftTimings } from "./raft-timings.ts";
import type { RememberedReads } from "./remembered-reads.ts";
import { createRotation, type Rotation } from "./rotation.ts";
import { createRouter, type Router } from "./router.ts";
import { createSessionTimers, type SessionTimers } from "./sessions.ts";
import type { Transfer } from "./transfers.ts";
import { createWanCoordinates, type WanCoordinates } from "./wan-coordinates.ts";

/** Who wants the answer. */
export type Origin =
  | { readonly by: "http"; readonly id: RequestId }
  /** Another agent, which calls it `seq`. */
  | { readonly by: "peer"; readonly peer: string; readonly seq: number }
  /** This agent itself, for one of its duties. */
  | { readonly by: "duty"; readonly duty: Duty };

export type Duty =
  | { readonly kind: "sync-node" }
  | { readonly kind: "sync-coordinate" }
  /** Keeps the cache's answer of this key fresh. */
  | { readonly kind: "cache"; readonly key: string }
  /** A question of DNS needs it. `stale`: any server may have answered. */
  | { readonly kind: "dns"; readonly question: number; readonly need: string; readonly stale: boolean }
  /** The catalog is told of this agent's own services and checks, or asked what it has of them (core/local). */
  | { readonly kind: "local"; readonly flight: number }
  | { readonly kind: "bootstrap"; readonly server: string }
  /** The leader's own writes, whose answers nobody waits for. */
  | { readonly kind: "leader" }
  /** Brings an archive here, or away, for the caller of this question. */
  | { readonly kind: "transfer"; readonly ask: number }
  /** Another datacenter is asked about its keys, for the caller of this question. */
  | { readonly kind: "keyring"; readonly ask: number; readonly datacenter: string }
  /** Asks another datacenter for the caller of this question, a prepared query. */
  | { readonly kind: "query-failover"; readonly ask: number }
  /** A datacenter is asked how much of it is in use, for the caller of this HTTP request; or, "", which there are. */
  | { readonly kind: "usage"; readonly http: RequestId; readonly datacenter: string }
  /** A command that is run here for others reads or writes its keys. */
  | { readonly kind: "remote-exec"; readonly job: number }
  /** The leader asks a server how far it is, and which log it keeps. */
  | { readonly kind: "watch-server"; readonly server: string }
  /** A client agent looks whether a server answers before it asks it first. */
  | { readonly kind: "try-server"; readonly server: string };

/** Where an open question stands. */
export type Stage =
  /** Nobody to ask yet: waits for a leader, or for a moment to pass. */
  | { readonly at: "held" }
  /** Passed to another server. `pinned`: meant for that one and no other. */
  | { readonly at: "forwarded"; readonly peer: string; readonly pinned: boolean }
  /** In our log, not yet applied. */
  | { readonly at: "proposed"; readonly index: number; readonly term: number }
  /** A read that waits until this leader is sure that it leads. */
  | { readonly at: "confirming" }
  /** A read that waits until what was committed is applied. */
  | { readonly at: "applying"; readonly index: number }
  /** Whoever asked that leadership be handed over waits for what comes of it. */
  | { readonly at: "handing-over" }
  /** A blocking query that waits for something to change. */
  | { readonly at: "waiting"; readonly on: readonly WatchKey[] }
  /** Waits for an answer of the cache. */
  | { readonly at: "cached"; readonly key: string; readonly staleIfErrorMs: number }
  /** The members of the pools are being asked about their keys, and the other datacenters about theirs. */
  | { readonly at: "polling"; readonly reports: KeyringReports }
  /** An archive is on its way for its caller (transfers.ts). */
  | { readonly at: "transferring"; readonly transfer: Transfer }
  /** A prepared query has found nothing, and other datacenters are asked (query-failover.ts). */
  | { readonly at: "failing-over"; readonly failover: Failover };

export interface Ask {
  readonly id: number;
  readonly origin: Origin;
  readonly request: ServerRequest;
  /** Whose servers shall answer; "" for our own datacenter. */
  readonly datacenter: string;
  /** Until when it may wait for a leader. */
  readonly holdUntilMs: number;
  /** Until when a blocking query waits; 0 before it has begun to. */
  waitUntilMs: number;
  /** Servers of another datacenter that were asked and were lost. */
  lost: number;
  stage: Stage;
}

/** A server of our datacenter, by gossip. */
export interface KnownServer {
  readonly id: string;
  readonly name: string;
  /** Where it takes RPC. */
  readonly address: Address;
  readonly expect: number;
  readonly bootstrap: boolean;
  /** False for one that failed; who left is not known any more. */
  readonly alive: boolean;
  /** The version of Consul that it behaves as. */
  readonly version: string;
}

/** What a server has and a client agent has not. */
export interface Server {
  /** Another one only when this server starts anew because its log was damaged. */
  raft: Raft;
  /** Another one when a snapshot takes its place. */
  store: Store;
  readonly watches: Watches;
  /** No part of a dump: what it says the store says, too. */
  readonly reads: RememberedReads;
  readonly dnsAnswers: DnsAnswers;
  /** What the entries applied in this turn changed. */
  readonly touched: Touched[];
  /** Blocking queries that something changed for, not yet looked at. */
  readonly woken: Set<number>;
  /** Reads whose leader is certain, waiting until what was committed is applied. */
  readonly applying: Set<number>;
  /** Keys whose lock went with its session → when somebody may take it again, by this server's clock. */
  readonly heldOff: Map<ByteString, number>;
  /** Log index → the question whose write is there. */
  readonly proposed: Map<number, number>;
  /** The log on disk has been read. */
  recovered: boolean;
  /** It had a log that was damaged, and has none yet: it may join a cluster, but never found one. */
  lostLog: boolean;
  /** A leader was heard, or this server led, since it started: its state is some cluster's, and stale reads may see it. */
  heardLeader: boolean;
  readonly told: Told;
  /** What Raft is in the middle of, where it is measured how long that takes. */
  readonly timings: RaftTimings;
}

/** Of what the log has been told. */
export interface Told {
  /** Our role in this term, and the last leader there was. */
  role: Role;
  term: number;
  leader: string;
  /** Leader: when each follower was last heard, and when it is looked who was not. */
  readonly heardMs: Map<string, number>;
  lookAtMs: number;
  /** Leader: how often in a row there was no way to a follower. */
  readonly failures: Map<string, number>;
  /** Leader: the followers whom entries are sent to without waiting for their answers. */
  readonly pipelining: Set<string>;
}

export function createTold(): Told {
  return {
    role: "follower",
    term: 0,
    leader: "",
    heardMs: new Map(),
    lookAtMs: 0,
    failures: new Map(),
    pipelining: new Set(),
  };
}

export interface Service {
  readonly config: AgentConfig;
  readonly chance: Chance;
  readonly server: Server | undefined;
  /** What is measured; undefined where nothing is. */
  readonly telemetry: Metrics | undefined;
  /** By node id. */
  readonly servers: Map<string, KnownServer>;
  /** Client agents: ids of live servers, the one to ask first. */
  readonly preference: string[];
  readonly rotation: Rotation;
  readonly rpcBucket: TokenBucket;
  /** Servers: those of all datacenters. */
  readonly router: Router;
  readonly asks: Map<number, Ask>;
  /** Who asked, in a word → the question (see asks.ts). */
  readonly byOrigin: Map<string, number>;
  nextAsk: number;
  /**
   * Other agents know a question by its id plus this, which is drawn anew whenever an agent starts: so an answer to a
   * question of an earlier life, late on its way, is not taken for the answer to one of this life.
   */
  readonly firstSeq: number;
  readonly deadlines: DeadlineHeap<number>;
  readonly duties: Duties;
  readonly sessionTimers: SessionTimers;
  /** Archives that this server makes or takes in for others. */
  readonly archives: Archives;
  readonly coordinateSync: CoordinateSync;
  readonly cache: AgentCache;
  /** Servers. */
  readonly wanCoordinates: WanCoordinates;
  /** Leader. */
  readonly gathered: GatheredCoordinates;
}

/** What the agent does without being asked. Times are when it is next due; Infinity for not. */
export interface Duties {
  syncNodeAtMs: number;
  nodeSynced: boolean;
  bootstrapAtMs: number;
  bootstrapTries: number;
  /** Server → whether it has bootstrapped already, and nothing happened since; by its answer. */
  readonly bootstrapAnswers: Map<string, boolean>;
  /** No longer waits for bootstrap_expect servers. */
  bootstrapDone: boolean;
  reconcileAtMs: number;
  /** Leader: nodes of the catalog that gossip does not know, by key, and since when. */
  readonly missed: Map<string, number>;
  reapTombstonesAtMs: number;
  /** Leader: log index at the end of each 30 s, with its time, oldest first, for tombstones' lives. */
  readonly tombstoneMarks: { readonly index: number; readonly atMs: number }[];
  /** Leader: how far it is with what its configuration brings along. */
  readonly initialEntries: InitialEntries;
  /** Leader: its watch over the servers. */
  autopilot: Autopilot;
}

export type ServiceEffect =
  | { readonly type: "answer"; readonly to: Origin; readonly response: Response }
  | {
      readonly type: "message";
      readonly to: string;
      readonly address: Address | undefined;
      readonly message: RpcMessage;
    }
  /** All of the LAN are told; `to` is told whether they are. */
  | {
      readonly type: "fire-event";
      /** Serf's name of it. */
      readonly name: string;
      readonly payload: Uint8Array;
      readonly to: Origin | undefined;
    }
  /** A failed member is given up: it counts as having left. */
  | { readonly type: "force-leave"; readonly node: string }
  /** Asks the members of the pools about their keys, for the row `ask`: `onKeyringReport` brings what came of it. */
  | { readonly type: "keyring"; readonly ask: number; readonly request: KeyringRequest }
  | Notice;

/** Their product is within the safe integers. */
const LIVES = 0x10_0000;
export const QUESTIONS_OF_A_LIFE: number = 0x1_0000_0000;

export function createService(
  config: AgentConfig,
  chance: Chance,
  server: Server | undefined,
  nowMs: number,
): Service {
  return {
    config,
    chance,
    server,
    telemetry:
      config.telemetry &&
      createMetrics(
        config.wallOffsetMs ?? 0,
        nowMs,
        config.telemetry.prometheusRetentionMs > 0,
        config.telemetry.forwards,
      ),
    servers: new Map(),
    preference: [],
    rotation: createRotation(),
    rpcBucket: createTokenBucket(),
    router: createRouter(),
    asks: new Map(),
    byOrigin: new Map(),
    nextAsk: 1,
    firstSeq:
      PLANTED && planted(config, "service-answers-across-lives")
        ? 0
        : chance.choose("service.first-seq", LIVES) * QUESTIONS_OF_A_LIFE,
    deadlines: createDeadlineHeap(),
    sessionTimers: createSessionTimers(),
    archives: createArchives(),
    coordinateSync: createCoordinateSync(config, chance, nowMs),
    cache: createAgentCache(),
    wanCoordinates: createWanCoordinates(config),
    gathered: createGatheredCoordinates(),
    duties: {
      syncNodeAtMs: nowMs,
      nodeSynced: false,
      bootstrapAtMs: Number.POSITIVE_INFINITY,
      bootstrapTries: 0,
      bootstrapAnswers: new Map(),
      bootstrapDone: config.bootstrapExpect === 0,
      reconcileAtMs: Number.POSITIVE_INFINITY,
      missed: new Map(),
      reapTombstonesAtMs: Number.POSITIVE_INFINITY,
      tombstoneMarks: [],
      initialEntries: createInitialEntries(),
      autopilot: createAutopilot(),
    },
  };
}
