// What operators ask: who is in the cluster, who leads it, how healthy it is; and archives of the whole state.

import type { Address } from "../model/address.ts";
import type { ReadOptions } from "./request.ts";

/** Removes a server from the Raft configuration. */
export interface RemovePeer {
  readonly kind: "operator.remove-peer";
  readonly by: "id" | "address";
  readonly value: string;
}

/** Hands leadership to the server with this id, or, for "", to whoever is next. */
export interface TransferLeader {
  readonly kind: "operator.transfer-leader";
  readonly id: string;
}

/** How healthy the servers are, in the leader's eyes. */
export interface AutopilotHealthRequest {
  readonly kind: "operator.autopilot-health";
}

export interface ServerHealth {
  readonly id: string;
  readonly name: string;
  readonly address: Address;
  /** By gossip; "none" for one that it does not know. */
  readonly status: "alive" | "failed" | "left" | "none";
  /** Of Consul, as its gossip tags say. */
  readonly version: string;
  readonly leader: boolean;
  readonly voter: boolean;
  /** Since it heard the leader, by its last word; 0 for the leader itself, -1 for never or unknown. */
  readonly lastContactMs: number;
  readonly lastTerm: number;
  readonly lastIndex: number;
  readonly healthy: boolean;
  /** Since when its health is what it is, in milliseconds since 1970. */
  readonly stableSinceMs: number;
}

export interface ClusterHealth {
  /** All servers are. */
  readonly healthy: boolean;
  /** How many voters may fail before the cluster stops; 0 as soon as one is not healthy and no other could. */
  readonly failureTolerance: number;
  readonly servers: readonly ServerHealth[];
}

/** Asks for the archive of a state that is certain ("default"), or of whatever the server asked has ("stale"). */
export interface SnapshotOpen {
  readonly kind: "snapshot.open";
  readonly options: ReadOptions;
}

/** The next piece of an archive that was opened. */
export interface SnapshotRead {
  readonly kind: "snapshot.read";
  readonly id: number;
  /** Bytes that the asker has. */
  readonly offset: number;
}

/** Announces an archive that is to be restored. */
export interface RestoreOpen {
  readonly kind: "restore.open";
}

/** A piece of it, at most ARCHIVE_PIECE_BYTES. An empty one asks for more work on those that came. */
export interface RestorePush {
  readonly kind: "restore.push";
  readonly id: number;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** All pieces were sent: it is verified, and restored. To be asked again until it is done. */
export interface RestoreFinish {
  readonly kind: "restore.finish";
  readonly id: number;
}

export type ArchiveRequest = SnapshotRead | RestoreOpen | RestorePush | RestoreFinish;

/** Pieces of archives on their way between agents. */
export const ARCHIVE_PIECE_BYTES: number = 1 << 20;

/** Longer archives are neither sent nor taken. They wait in the memory of the agent that was asked. */
export const MAX_ARCHIVE_BYTES: number = 1 << 30;

export type ArchiveBody =
  /** An archive or a restore was opened at this server, under this number. */
  | {
      readonly kind: "archive-opened";
      readonly server: string;
      readonly id: number;
    }
  /** Bytes of an archive; none of them yet while it is being measured. */
  | { readonly kind: "archive-piece"; readonly data: Uint8Array; readonly last: boolean }
  /** So much of it came. `busy`: ask again before you send more. */
  | { readonly kind: "archive-received"; readonly received: number; readonly busy: boolean }
  | { readonly kind: "archive-restored"; readonly done: boolean };
