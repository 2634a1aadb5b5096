// Each agent tells the servers where it is, again and again: so seldom that all agents of the datacenter together make
// sixty-four updates a second at most, and not all at once (Consul's agent.sendCoordinate).

import type { AgentConfig } from "../agent/config.ts";
import { notice } from "../api/notice.ts";
import type { Response } from "../api/response.ts";
import { type Chance, chooseMs } from "../lib/chance.ts";
import { type Coordinate, ORIGIN } from "../model/coordinate.ts";
import type { Member } from "../model/member.ts";
import { ask } from "./route.ts";
import type { Origin, Service, ServiceEffect } from "./state.ts";

/** Consul's sync_coordinate_interval_min and sync_coordinate_rate_target, which no file can change. */
const LEAST_INTERVAL_MS = 15_000;
const UPDATES_PER_SECOND = 64;
/** The version of Consul's protocol from which servers take coordinates. */
const PROTOCOL = 3;

const DUTY: Origin = { by: "duty", duty: { kind: "sync-coordinate" } };

/** What it takes to know of a member of the LAN. */
export interface TaggedMember {
  readonly record: Pick<Member, "tags">;
}

export interface CoordinateSync {
  /** Where we are in the LAN; undefined where coordinates are disabled. */
  own: Coordinate | undefined;
  /** When it is told next; Infinity for never. */
  sendAtMs: number;
  /** Whether the servers take it, as far as that has been looked at since they last changed. */
  isTaken: boolean | undefined;
}

export function createCoordinateSync(
  { disableCoordinates }: AgentConfig,
  chance: Chance,
  nowMs: number,
): CoordinateSync {
  if (disableCoordinates === true)
    return { own: undefined, sendAtMs: Number.POSITIVE_INFINITY, isTaken: undefined };
  return { own: ORIGIN, sendAtMs: nextSendMs(chance, 1, nowMs), isTaken: undefined };
}

/** An interval that grows with the datacenter, and by chance once more as much at most. */
function nextSendMs(chance: Chance, members: number, nowMs: number): number {
  const intervalMs = Math.max(LEAST_INTERVAL_MS, (members / UPDATES_PER_SECOND) * 1000);
  return nowMs + intervalMs + chooseMs(chance, "service.coordinate-stagger", 0, intervalMs);
}

/** Tells the servers where we are; to be called when due. */
export function sendCoordinate(
  service: Service,
  members: ReadonlyMap<string, TaggedMember>,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { coordinateSync: sync, config, chance } = service;
  sync.sendAtMs = nextSendMs(chance, members.size, nowMs);
  if (sync.own === undefined) return;
  sync.isTaken ??= serversTakeCoordinates(members);
  if (!sync.isTaken) return;
  const request = {
    kind: "coordinate.update",
    node: config.nodeName,
    segment: "",
    coordinate: sync.own,
  } as const;
  const response = ask(service, DUTY, request, nowMs, out);
  if (response !== undefined) onCoordinateSent(response, out);
}

/** To be called when a member of the LAN comes, goes or has other tags: who the servers are may be another matter now. */
export function lookAtServersAgain({ coordinateSync }: Service): void {
  coordinateSync.isTaken = undefined;
}

/** Whether there are servers, and all of them are of a version that knows of coordinates. */
function serversTakeCoordinates(members: ReadonlyMap<string, TaggedMember>): boolean {
  let servers = 0;
  for (const { record } of members.values()) {
    const { tags } = record;
    if (tags.get("role") !== "consul") continue;
    servers++;
    const [least, most] = [Number(tags.get("vsn_min")), Number(tags.get("vsn_max"))];
    if (!(least <= PROTOCOL && PROTOCOL <= most)) return false;
  }
  return servers > 0;
}

/** The next one comes soon enough. */
export function onCoordinateSent(response: Response, out: ServiceEffect[]): void {
  if (response.ok) return;
  out.push(notice("error", "", "Coordinate update error", { error: response.error.detail }));
}
