// Who should be a server of the cluster, and the next change on the way there. Raft takes one change at a time; so there
// is no queue: what is wanted follows from what gossip says, from the configuration and from which log each server keeps,
// and is looked at anew whenever a change is committed, when something happens, and every so often. The rules are those of
// Consul's AddServer and of the leader's reconciliation.

import { notice } from "../api/notice.ts";
import { compareStrings } from "../lib/bytes.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { joinHostPort } from "../model/address.ts";
import { recordOf, type ServerRecord, voters } from "../raft/configuration.ts";
import { latestConfiguration } from "../raft/log.ts";
import { type ChangeRefusal, type ConfigurationChange, changeConfiguration } from "../raft/membership.ts";
import { majority } from "../raft/quorum.ts";
import type { Raft } from "../raft/state.ts";
import { askHealth } from "./ask-health.ts";
import { isEstablished } from "./established.ts";
import { serversText } from "./log-lines.ts";
import { autopilotConfig, watchedServer } from "./server-health.ts";
import type { KnownServer, Server, Service, ServiceEffect } from "./state.ts";

/** What a server said of its log counts for so long: it may have been restarted with another one since. */
const FRESH_MS = 2000;
/**
 * One that did not answer is not asked again sooner: its connection may be refused at once, and each answer leads here.
 * Autopilot's next look comes by (autopilot.ts).
 */
const SILENCE_MS = 1000;
/** One that has too little of the log for its vote is looked at again so much later: each answer leads here, too. */
const BEHIND_MS = 100;
/** A live server that an operator has taken out is not added again sooner (Consul's reconcile_interval). */
const DISMISSED_MS = 60_000;
/** While autopilot is younger than this times the stabilization time, nobody can have been stable for that long. */
const YOUNG = 1.1;

/**
 * Begins the next change of the configuration, if one is wanted and none is under way. For a leader; anybody else does
 * nothing.
 */
export function reviewServers(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  const { raft } = server;
  const { autopilot } = service.duties;
  const configuration = latestConfiguration(raft.log);
  if (!isEstablished(server) || configuration.index > raft.commitIndex) return;
  noteMembers(service, configuration.servers, nowMs);
  let behind = false;
  for (const change of wantedChanges(service, server, nowMs, out)) {
    const done = changeConfiguration(raft, change, nowMs);
    if (typeof done !== "string") {
      autopilot.changeIndex = done.index;
      autopilot.admitting = change.kind === "add-learner";
      out.push(...announcements(raft, change));
      return;
    }
    if (done === "not-leader" || done === "transferring") return;
    if (done === "not-caught-up") {
      // The change before this one may be on its way to it still, or a snapshot, which takes as long as it takes (seed 5311).
      behind = true;
      autopilot.lookAtMs = Math.min(autopilot.lookAtMs, nowMs + BEHIND_MS);
    } else tellOnce(service, change.id, refusalText(done), out);
  }
  // Everyone who was ready is promoted. Who is a few entries behind is not made to wait for autopilot's next round.
  if (!behind) autopilot.promoting = false;
}

/** Notices who was taken out by hand, and forgets what was remembered of those who are out. */
function noteMembers(service: Service, servers: readonly ServerRecord[], nowMs: number): void {
  const { autopilot } = service.duties;
  const ids = servers.map(({ id }) => id);
  for (const id of autopilot.members)
    if (!ids.includes(id) && !autopilot.departed.has(id)) autopilot.dismissed.set(id, nowMs + DISMISSED_MS);
  for (const id of [...autopilot.departed]) if (!ids.includes(id)) autopilot.departed.delete(id);
  for (const [id, untilMs] of [...autopilot.dismissed])
    if (nowMs >= untilMs || ids.includes(id)) autopilot.dismissed.delete(id);
  autopilot.members = ids;
}

/** In the order of their urgency. */
function* wantedChanges(
  service: Service,
  server: Server,
  nowMs: number,
  out: ServiceEffect[],
): Generator<ConfigurationChange> {
  const { raft } = server;
  const { autopilot } = service.duties;
  // While it is in there with its old log, it counts for the size of a quorum and can't be part of one.
  yield* strangers(service, raft);
  for (const id of [...autopilot.departed].sort(compareStrings)) yield { kind: "remove", id };
  yield* moved(service, raft);
  const known = [...service.servers.values()].sort((a, b) => compareStrings(a.id, b.id));
  for (const each of known) yield* arrival(service, server, each, nowMs, out);
  if (autopilot.promoting) yield* promotions(service, server, nowMs);
}

/** Servers with another log than the one they were added with: in again, as learners (raft/identity.ts). */
function* strangers(service: Service, raft: Raft): Generator<ConfigurationChange> {
  for (const record of latestConfiguration(raft.log).servers) {
    const identity = raft.leading?.progress.get(record.id)?.identity;
    if (identity === undefined || identity === record.identity) continue;
    const address = service.servers.get(record.id)?.address ?? record.address;
    yield { kind: "add-learner", id: record.id, address, identity };
  }
}

/** This server itself takes RPC elsewhere now. */
function* moved({ config }: Service, raft: Raft): Generator<ConfigurationChange> {
  const address = joinHostPort(config.advertiseIp, config.ports.server);
  const record = recordOf(latestConfiguration(raft.log), raft.id);
  if (record !== undefined && record.address !== address) yield { kind: "move", id: raft.id, address };
}

/** What it takes to have a live server in the configuration (Consul's AddServer). */
function* arrival(
  service: Service,
  server: Server,
  known: KnownServer,
  nowMs: number,
  out: ServiceEffect[],
): Generator<ConfigurationChange> {
  const { raft } = server;
  const { id, address } = known;
  const configuration = latestConfiguration(raft.log);
  const record = recordOf(configuration, id);
  if (id === raft.id || !known.alive || record?.address === address) return;
  if (service.duties.autopilot.dismissed.has(id)) return;
  const obstacle = bootstrapConflict(service, known);
  if (obstacle !== undefined) return tellOnce(service, id, obstacle, out);
  const log = logOf(service, raft, record, id, nowMs);
  if (log === undefined) {
    if (nowMs - watchedServer(service, id, nowMs).silentMs >= SILENCE_MS) askHealth(service, id, nowMs, out);
    return;
  }
  if (log.foreign) return tellOnce(service, id, "it is part of another cluster, which has a leader", out);
  const holder = configuration.servers.find((each) => each.address === address && each.id !== id);
  if (holder !== undefined) {
    if (maySpare(configuration.servers, holder)) yield { kind: "remove", id: holder.id };
    else tellOnce(service, id, TOO_MANY_REMOVALS, out);
    return;
  }
  service.duties.autopilot.told.delete(id);
  if (record?.identity === log.identity) yield { kind: "move", id, address };
  else yield { kind: "add-learner", id, address, identity: log.identity };
}

const TOO_MANY_REMOVALS =
  "Preventing server addition that would require removal of too many servers and cause cluster instability";

/** Whether the voters that stay are still a quorum of those there are. */
function maySpare(servers: readonly ServerRecord[], holder: ServerRecord): boolean {
  const count = voters({ index: 0, servers }).length;
  return !holder.voter || count - 1 >= majority(count);
}

/** Of servers that were told to begin alone only one may be in a cluster. */
function bootstrapConflict(service: Service, { id, bootstrap }: KnownServer): string | undefined {
  if (!bootstrap) return undefined;
  const others = [...service.servers.values()].some(
    (each) => each.bootstrap && each.id !== id && each.id !== service.config.nodeId,
  );
  return others || service.config.bootstrap
    ? "Two nodes are in bootstrap mode. Only one node should be in bootstrap mode, not adding Raft peer."
    : undefined;
}

/**
 * Which log a server keeps, by what it said lately, and whether it is one of another cluster that is alive.
 * @returns undefined when it has to be asked.
 */
function logOf(
  service: Service,
  raft: Raft,
  record: ServerRecord | undefined,
  id: string,
  nowMs: number,
): { readonly identity: number; readonly foreign: boolean } | undefined {
  const heard = record === undefined ? undefined : raft.leading?.progress.get(id)?.identity;
  if (heard !== undefined) return { identity: heard, foreign: false };
  const { status, answeredMs } = watchedServer(service, id, nowMs);
  if (status === undefined || nowMs - answeredMs > FRESH_MS) return undefined;
  const ours = latestConfiguration(raft.log).servers;
  const foreign =
    status.servers.length > 0 &&
    !ours.some((each) => status.servers.includes(each.id)) &&
    status.lastContactMs >= 0 &&
    status.lastContactMs < raft.config.electionTimeoutMs;
  return { identity: status.identity, foreign };
}

/** Learners that have been healthy for long enough get their vote. */
function* promotions(service: Service, server: Server, nowMs: number): Generator<ConfigurationChange> {
  const stabilizationMs = autopilotConfig(server).serverStabilizationTimeNs / 1e6;
  const young = nowMs - service.duties.autopilot.sinceMs < YOUNG * stabilizationMs;
  for (const { id, voter } of latestConfiguration(server.raft.log).servers) {
    const { healthy, stableSinceMs } = watchedServer(service, id, nowMs);
    const hasty = PLANTED && planted(service.config, "autopilot-promotes-the-sick");
    const stable = healthy && (young || nowMs - stableSinceMs >= stabilizationMs);
    if (!voter && (stable || hasty)) yield { kind: "promote", id };
  }
}

/** The words of hashicorp/raft for the same. */
function announcements(raft: Raft, change: ConfigurationChange): ServiceEffect[] {
  const configuration = latestConfiguration(raft.log);
  const { id } = change;
  const address = recordOf(configuration, id)?.address ?? "";
  const updating = notice("info", "server.raft", "updating configuration", {
    command: COMMANDS[change.kind],
    "server-id": id,
    "server-addr": address,
    servers: serversText(configuration),
  });
  if (change.kind === "promote") {
    const server = `Server (ID: "${id}" Address: "${address}")`;
    return [notice("info", "server.autopilot", "Promoting server to voter", { server }), updating];
  }
  if (change.kind === "add-learner")
    return [updating, notice("info", "server.raft", "added peer, starting replication", { peer: id })];
  if (change.kind === "remove")
    return [
      updating,
      notice("info", "server.raft", "removed peer, stopping replication", {
        peer: id,
        "last-index": raft.log.lastIndex,
      }),
    ];
  return [updating];
}

const COMMANDS: Readonly<Record<ConfigurationChange["kind"], string>> = {
  "add-learner": "AddNonvoter",
  move: "AddStaging",
  promote: "AddStaging",
  demote: "DemoteVoter",
  remove: "RemoveServer",
};

function refusalText(refusal: ChangeRefusal): string {
  switch (refusal) {
    case "last-voter":
      return "it is the last voter";
    case "no-quorum":
      return "the others would be no quorum";
    case "address-in-use":
      return "another server has its address";
    case "not-caught-up":
      return "it has not caught up yet";
    default:
      return refusal;
  }
}

/** Says what keeps a server from being added or removed; not again until that has changed. */
function tellOnce(service: Service, id: string, reason: string, out: ServiceEffect[]): void {
  const { told } = service.duties.autopilot;
  if (told.get(id) === reason) return;
  told.set(id, reason);
  const server = service.servers.get(id)?.name ?? id;
  const message = "cannot change the Raft configuration for a server yet";
  out.push(notice("warn", "server", message, { server, error: reason }));
}
