// What an agent knows of its own services and checks: what they are, how they are, what of it the catalog lacks, what of it
// is on the disk, and who waits for either. The catalog is a copy of this, whatever others write there.

import type { AgentConfig } from "../agent/config.ts";
import type { RequestId } from "../agent/ports.ts";
import type { LocalRequest } from "../api/local.ts";
import type { Notice } from "../api/notice.ts";
import type {
  CatalogDeregister,
  CatalogNode,
  CatalogRegister,
  ConfigResolve,
  HealthNode,
} from "../api/request.ts";
import type { Response, ResponseBody } from "../api/response.ts";
import type { Chance } from "../lib/chance.ts";
import { createDeadlineHeap, type DeadlineHeap } from "../lib/deadline-heap.ts";
import type { Check } from "../model/catalog.ts";
import type { CheckRegistration, CheckSpec, LocalDefinitions, ServiceDefinition } from "../model/local.ts";
import type { DiskEffect } from "../wal/disk.ts";
import { type CentralConfig, createCentralConfig } from "./central-config.ts";
import { createJournal, type Journal } from "./journal.ts";
import type { SyncKey } from "./keys.ts";
import type { HeldRegistration } from "./registrations-held.ts";

/** Who registered something: a caller of the API, which is kept across restarts, or the configuration. */
export type Source = "api" | "config";

export interface LocalService {
  /** As it is: with what configuration entries say of it. */
  readonly definition: ServiceDefinition;
  /** As it was registered; the same where they say nothing. */
  readonly registered: ServiceDefinition;
  readonly source: Source;
}

export interface LocalCheck {
  readonly registration: CheckRegistration;
  readonly source: Source;
  /** Of its service, as they were when the check was registered. */
  readonly serviceName: string;
  readonly serviceTags: readonly string[];
  status: string;
  output: string;
  /** Since when it has been critical; undefined while it is not. */
  criticalSinceMs: number | undefined;
  /** Good and bad results in a row, as far as they matter. */
  successes: number;
  failures: number;
  /** The run that is under way, or was last; 0 before the first. Of an alias: the question to the servers. */
  run: number;
  /** That run is under way. */
  probing: boolean;
  /** Of an alias of another node: up to which index its checks are known. */
  aliasIndex: number;
  /** When its TTL ends, in milliseconds since 1970; 0 for one that was never told anything. */
  expiresAtMs: number;
}

/**
 * What is to be done for a check: its TTL ends; what only its output says is told to the catalog; it is made again; what
 * it is an alias of on another node is asked again.
 */
export type TimerKind = "expire" | "tell" | "probe" | "alias";

/** The kind, a space, and the check's id. */
export type TimerKey = string;

/** Something that the servers are asked. */
export type Flight =
  | { readonly does: "write"; readonly keys: readonly SyncKey[] }
  | { readonly does: "read"; readonly half: "services" | "checks"; readonly reading: number }
  /** How the checks of another node are; then, where they say nothing of a service, whether that is there. */
  | {
      readonly does: "alias";
      readonly checkId: string;
      readonly run: number;
      readonly said?: readonly Check[];
    };

export interface Sync {
  /** What the catalog has to be told: of something that is here, what it is; of anything else, that it is gone. */
  readonly dirty: Set<SyncKey>;
  /** What it could not be told; that is tried again with the next comparison. */
  readonly stuck: Set<SyncKey>;
  /** What it is being told. */
  readonly busy: Set<SyncKey>;
  readonly flights: Map<number, Flight>;
  nextFlight: number;
  /** When all that the catalog has of this node is compared next; Infinity while that is under way. */
  fullAtMs: number;
  /** A comparison under way. */
  reading: Reading | undefined;
  /** All has been compared since the agent started. */
  compared: boolean;
}

export interface Reading {
  readonly id: number;
  services: ResponseBody | undefined;
  checks: ResponseBody | undefined;
  /** What changed here, or was being told, since it began: what was read may be older. */
  readonly touched: Set<SyncKey>;
}

/** Somebody who asked over HTTP for a change, until it is done. */
export interface Waiter {
  /** What the servers are yet to be told, or to refuse. */
  readonly keys: Set<SyncKey>;
  /** The change must be on the disk; 0 for none. */
  change: number;
}

export interface HashWaiter {
  readonly serviceId: string;
  readonly hash: string;
}

export interface Local {
  readonly config: AgentConfig;
  readonly chance: Chance;
  /** What the configuration names. */
  definitions: LocalDefinitions;
  readonly services: Map<string, LocalService>;
  readonly checks: Map<string, LocalCheck>;
  /** Service → its checks. */
  readonly checksOfService: Map<string, Set<string>>;
  /** Service → the proxy by way of which its checks go, and which port of it each has (exposed.ts). */
  readonly exposers: Map<string, string>;
  readonly exposedPorts: Map<string, number>;
  /** Checks that say what others say. */
  readonly aliases: Set<string>;
  /** What is another than it was before this step. */
  readonly changed: Set<SyncKey>;
  /** Each run of a check has a number of its own. */
  lastRun: number;
  /** Runs under way that nobody wants to know of any more, until this step ends. */
  readonly abandoned: { readonly checkId: string; readonly run: number }[];
  readonly timers: DeadlineHeap<TimerKey>;
  /** When it is looked next whether a service has been critical for too long; Infinity while none can be. */
  reapAtMs: number;
  readonly sync: Sync;
  /** What configuration entries say of the services here, where they are heeded. */
  readonly central: CentralConfig;
  /** Registrations that wait for it, in the order in which they came. */
  readonly held: HeldRegistration[];
  /** Undefined where nothing is kept on a disk. */
  readonly journal: Journal | undefined;
  /** What was kept has been read. */
  ready: boolean;
  /** Asked before that. */
  readonly early: { readonly id: RequestId; readonly request: LocalRequest }[];
  readonly waiters: Map<RequestId, Waiter>;
  readonly hashWaiters: Map<RequestId, HashWaiter>;
  readonly hashDeadlines: DeadlineHeap<RequestId>;
}

export type LocalEffect =
  | DiskEffect
  | Notice
  | { readonly type: "answer"; readonly to: RequestId; readonly response: Response }
  /** Asks the servers: `onLocalAnswer` brings what they say. */
  | {
      readonly type: "ask";
      readonly flight: number;
      readonly request: CatalogRegister | CatalogDeregister | CatalogNode | HealthNode | ConfigResolve;
    }
  /** Nobody wants the answer to a question any more. */
  | { readonly type: "drop-ask"; readonly flight: number }
  /** The catalog's record of this node is not as it should be. */
  | { readonly type: "sync-node" }
  /** Makes a check: `onProbed` brings what came of it. */
  | ProbeEffect
  | ProbeStopEffect
  /** What was kept cannot be read: the agent must not go on as if there had been nothing. */
  | { readonly type: "unreadable"; readonly reason: string };

export interface ProbeEffect {
  readonly type: "probe";
  readonly checkId: string;
  /** Of the check; an answer to an earlier one is not listened to. */
  readonly run: number;
  readonly spec: CheckSpec;
  /** So much of what it says is wanted. */
  readonly outputBytes: number;
}

/** Nobody wants to know any more what comes of a run: it is to end. */
export interface ProbeStopEffect {
  readonly type: "probe-stop";
  readonly checkId: string;
  readonly run: number;
}

export function createLocal(config: AgentConfig, chance: Chance, nowMs: number): Local {
  return {
    config,
    chance,
    definitions: config.local ?? { services: [], checks: [] },
    services: new Map(),
    checks: new Map(),
    checksOfService: new Map(),
    exposers: new Map(),
    exposedPorts: new Map(),
    aliases: new Set(),
    changed: new Set(),
    lastRun: 0,
    abandoned: [],
    timers: createDeadlineHeap(),
    reapAtMs: Number.POSITIVE_INFINITY,
    sync: {
      dirty: new Set(),
      stuck: new Set(),
      busy: new Set(),
      flights: new Map(),
      nextFlight: 1,
      fullAtMs: nowMs,
      reading: undefined,
      compared: false,
    },
    central: createCentralConfig(),
    held: [],
    journal: config.durable ? createJournal() : undefined,
    ready: false,
    early: [],
    waiters: new Map(),
    hashWaiters: new Map(),
    hashDeadlines: createDeadlineHeap(),
  };
}
