// Changing who is in the cluster, one server at a time (thesis §4.1). A configuration is an entry like any other but that it
// takes effect when it is appended. Two conditions make that safe: the change before is committed, and so is an entry of
// this leader's own term. Without the second two leaders could each commit a change that the other does not know of, and
// their majorities need not overlap (Ongaro, raft-dev, July 2015).

import { PLANTED, planted } from "../lib/planted.ts";
import { encodeServers, recordOf, type ServerRecord, voters } from "./configuration.ts";
import { isTrusted } from "./identity.ts";
import { appendEntry, latestConfiguration } from "./log.ts";
import type { LogIdentity, ServerId } from "./messages.ts";
import { majority } from "./quorum.ts";
import { isAlone } from "./read-index.ts";
import { followConfiguration } from "./replication.ts";
import type { Raft } from "./state.ts";

export type ConfigurationChange =
  /**
   * A server comes in as a learner, with the log that it has. One that is known already, voter or not, gets the new
   * address and identity, and is a learner until it is promoted.
   */
  | {
      readonly kind: "add-learner";
      readonly id: ServerId;
      readonly address: string;
      readonly identity: LogIdentity;
    }
  /** It takes RPC elsewhere now; voter or learner as before. */
  | { readonly kind: "move"; readonly id: ServerId; readonly address: string }
  | { readonly kind: "promote"; readonly id: ServerId }
  | { readonly kind: "demote"; readonly id: ServerId }
  | { readonly kind: "remove"; readonly id: ServerId };

/** Why a change is not made. */
export type ChangeRefusal =
  | "not-leader"
  /** Leadership is being handed over. */
  | "transferring"
  /** The change before is not committed yet. */
  | "change-under-way"
  /** This leader has committed nothing in its own term yet. */
  | "term-not-committed"
  | "unknown-server"
  /** The configuration says so already. */
  | "no-change"
  /** Another server has this address. */
  | "address-in-use"
  /** Nobody would be left to vote. */
  | "last-voter"
  /** Those who would be left are no quorum of one another: most of them have lost their logs, or were never heard. */
  | "no-quorum"
  /** A learner that has not even its own admission in its log would make a useless voter. */
  | "not-caught-up";

/** Appends a changed configuration. It is in force at once; it is done when it is committed. */
export function changeConfiguration(
  raft: Raft,
  change: ConfigurationChange,
  nowMs: number,
): { readonly index: number; readonly term: number } | ChangeRefusal {
  const { leading, log } = raft;
  if (leading === undefined || raft.durability.broken) return "not-leader";
  if (leading.transfer !== undefined) return "transferring";
  const configuration = latestConfiguration(log);
  if (configuration.index > raft.commitIndex) return "change-under-way";
  if (
    raft.commitIndex < leading.firstIndex &&
    !(PLANTED && planted(raft.config, "raft-change-before-own-commit"))
  )
    return "term-not-committed";
  const servers = changed(raft, configuration.servers, change);
  if (typeof servers === "string") return servers;
  // Until now it was its own quorum, however long ago anybody answered: whoever comes in has a full timeout to do so.
  if (isAlone(raft)) leading.quorumMs = nowMs;
  const index = appendEntry(log, "configuration", raft.currentTerm, encodeServers(servers));
  followConfiguration(raft, nowMs);
  return { index, term: raft.currentTerm };
}

function changed(
  raft: Raft,
  servers: readonly ServerRecord[],
  change: ConfigurationChange,
): readonly ServerRecord[] | ChangeRefusal {
  const known = servers.find(({ id }) => id === change.id);
  const without = servers.filter(({ id }) => id !== change.id);
  const replaced = (record: ServerRecord): readonly ServerRecord[] =>
    servers.map((each) => (each.id === change.id ? record : each));
  switch (change.kind) {
    case "add-learner": {
      const { id, address, identity } = change;
      if (known?.identity === identity && known.address === address) return "no-change";
      if (without.some((each) => each.address === address)) return "address-in-use";
      const record: ServerRecord = { id, address, voter: false, identity };
      if (known === undefined) return [...servers, record];
      return hasVoter(without) ? replaced(record) : "last-voter";
    }
    case "move": {
      if (known === undefined) return "unknown-server";
      if (known.address === change.address) return "no-change";
      if (without.some((each) => each.address === change.address)) return "address-in-use";
      return replaced({ ...known, address: change.address });
    }
    case "promote": {
      if (known === undefined) return "unknown-server";
      if (known.voter) return "no-change";
      return isCaughtUp(raft, change.id) ? replaced({ ...known, voter: true }) : "not-caught-up";
    }
    case "demote":
      if (known === undefined) return "unknown-server";
      if (!known.voter) return "no-change";
      if (!hasVoter(without)) return "last-voter";
      return mayGo(raft, known, without) ? replaced({ ...known, voter: false }) : "no-quorum";
    case "remove":
      if (known === undefined) return "unknown-server";
      if (!hasVoter(without)) return "last-voter";
      return mayGo(raft, known, without) ? without : "no-quorum";
  }
}

function hasVoter(servers: readonly ServerRecord[]): boolean {
  return servers.some(({ voter }) => voter);
}

/**
 * Whether the others can do without a voter: a majority of them must have been heard by this leader, with the logs that they
 * were added with. Otherwise the change itself could never be committed, nor anything after it. Who counts for nothing is
 * always spared.
 */
function mayGo(raft: Raft, { id, voter }: ServerRecord, without: readonly ServerRecord[]): boolean {
  const counts = (server: ServerId): boolean => server === raft.id || isTrusted(raft, server);
  if (!voter || !counts(id)) return true;
  const left = voters({ index: 0, servers: without });
  return left.filter(counts).length >= majority(left.length);
}

/** It has the configuration that says with which log it was added, so it may vote (identity.ts). */
function isCaughtUp(raft: Raft, id: ServerId): boolean {
  const match = raft.leading?.progress.get(id)?.match ?? 0;
  return isTrusted(raft, id) && match >= latestConfiguration(raft.log).index;
}

/** How many servers may fail before the cluster stops. */
export function failureTolerance(raft: Raft): number {
  return Math.ceil(voters(latestConfiguration(raft.log)).length / 2) - 1;
}

/** The record of a server in the configuration in force. */
export function serverRecord(raft: Raft, id: ServerId): ServerRecord | undefined {
  return recordOf(latestConfiguration(raft.log), id);
}
