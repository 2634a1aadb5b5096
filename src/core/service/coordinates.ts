// The leader gathers what the agents say of their places and puts it into the log every five seconds, many in one entry: a
// thousand agents cost it a write or three. Who sends one is answered at once, and one that is lost on the way is made good
// by the next (Consul's Coordinate.Update).

import { apiError } from "../api/error.ts";
import { notice } from "../api/notice.ts";
import type { CoordinateUpdate } from "../api/request.ts";
import { failed, type Response } from "../api/response.ts";
import { isCompatible, isFiniteCoordinate, type NodeCoordinate } from "../model/coordinate.ts";
import { isLeader } from "../raft/role.ts";
import { propose } from "../raft/step.ts";
import { changesAnything, coordinateKey } from "../store/coordinates.ts";
import { encodeCommand } from "../wire/command.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

/** How long updates are gathered (Consul's coordinate_update_period), and in dev mode. */
const PERIOD_MS = 5000;
const DEV_PERIOD_MS = 100;
/** Updates of an entry, and entries of a period: what is more is dropped, and comes again. */
const BATCH = 128;
const MAX_BATCHES = 5;

export interface GatheredCoordinates {
  /** The last of each node and segment. */
  readonly updates: Map<string, NodeCoordinate>;
  /** Dropped in this period. */
  dropped: number;
  /** When they are put into the log; Infinity while there are none. */
  flushAtMs: number;
}

export function createGatheredCoordinates(): GatheredCoordinates {
  return { updates: new Map(), dropped: 0, flushAtMs: Number.POSITIVE_INFINITY };
}

/** Takes an update in, on the leader. */
export function gatherCoordinate(service: Service, update: CoordinateUpdate, nowMs: number): Response {
  const { gathered, config } = service;
  const { node, segment, coordinate } = update;
  if (!isFiniteCoordinate(coordinate)) return failed(apiError("refused", "invalid coordinate"));
  if (!isCompatible(coordinate)) return failed(apiError("refused", "incompatible coordinate"));
  const key = coordinateKey(node, segment);
  if (gathered.updates.has(key) || gathered.updates.size < BATCH * MAX_BATCHES)
    gathered.updates.set(key, { node, segment, coordinate });
  else gathered.dropped++;
  const periodMs = config.dev ? DEV_PERIOD_MS : PERIOD_MS;
  gathered.flushAtMs = Math.min(gathered.flushAtMs, nowMs + periodMs);
  return { ok: true, body: { kind: "done" } };
}

/** Puts what was gathered into the log; to be called when due. What would change nothing is left out. */
export function flushCoordinates({ gathered }: Service, server: Server, out: ServiceEffect[]): void {
  const { raft, store } = server;
  const updates = [...gathered.updates.values()].filter((update) => changesAnything(store, update));
  const { dropped } = gathered;
  gathered.updates.clear();
  gathered.dropped = 0;
  gathered.flushAtMs = Number.POSITIVE_INFINITY;
  if (!isLeader(raft)) return; // The next leader will be told soon.
  if (dropped > 0)
    out.push(
      notice("warn", "server.coordinate", "Discarded coordinate updates", { number_discarded: dropped }),
    );
  for (let start = 0; start < updates.length; start += BATCH)
    propose(
      raft,
      encodeCommand({ kind: "coordinate.batch-update", updates: updates.slice(start, start + BATCH) }),
    );
}
