// (store, index, command) → what came of it: the deterministic state machine. No clock, no chance; equal commands in
// equal order give equal stores on every server, which the digest lets anyone check.

import type { CatalogRegister, NodeRegister } from "../api/request.ts";
import { assert, InvariantError, unreachable } from "../lib/assert.ts";
import { mixBytes, mixNumber } from "../lib/digest.ts";
import { decodeCommand } from "../wire/command.ts";
import { applyAutopilotSet } from "./autopilot.ts";
import type { Command } from "./commands.ts";
import { applyConfigDelete, applyConfigDeleteCas, applyConfigSet } from "./config-entries.ts";
import { applyCoordinates } from "./coordinates.ts";
import { reapLockDelays } from "./end-sessions.ts";
import {
  applyIntentionDelete,
  applyIntentionDeleteExact,
  applyIntentionSet,
  applyIntentionUpsert,
} from "./intentions.ts";
import { applyKvWrite, reapTombstones } from "./kv.ts";
import { applyQueryDelete, applyQuerySet } from "./queries.ts";
import { applyDeregister, applyRegister } from "./register.ts";
import { applyRestoreBegin, applyRestoreEnd, applyRestorePart } from "./restore.ts";
import { applySessionCreate, applySessionDestroy } from "./sessions.ts";
import { APPLIED, type Outcome, type Store, type Touched } from "./store.ts";
import { applyTxn } from "./txn.ts";

export interface ApplyConfig {
  readonly datacenter: string;
  readonly planted?: string | undefined;
}

/**
 * Applies the committed command at `index`.
 * @param data The entry's data, as encodeCommand wrote it.
 * @param touched What changed is appended here.
 * @param heard Is told what command it is.
 * @throws InvariantError for a command that this release does not know: to skip it would make this server differ from
 *   the others for ever, so it must stop and be upgraded.
 */
export function applyCommand(
  store: Store,
  index: number,
  data: Uint8Array,
  config: ApplyConfig,
  touched: Touched[],
  heard?: (command: Command) => void,
): Outcome {
  const command = decodeCommand(data);
  if (!command.ok)
    throw new InvariantError(
      `log entry ${index} holds a command that this version cannot read (${command.error}); upgrade this server`,
    );
  heard?.(command.value);
  const outcome = applyDecoded(store, index + store.indexShift, index, command.value, config, touched);
  mixBytes(store.digest, data);
  mixNumber(store.digest, outcome.ok ? (outcome.applied ? 1 : 2) : 3);
  noteApplied(store, index);
  return outcome;
}

/** An entry that is none of the store's (a no-op, a configuration) still moves it on. */
export function noteApplied(store: Store, index: number): void {
  assert(index === store.lastApplied + 1, "entries are applied in order, each once");
  store.lastApplied = index;
  mixNumber(store.digest, index);
}

/** @param index What the rows bear; `entryIndex` is the entry's own. */
function applyDecoded(
  store: Store,
  index: number,
  entryIndex: number,
  command: Command,
  config: ApplyConfig,
  touched: Touched[],
): Outcome {
  switch (command.kind) {
    case "kv.write":
      return applyKvWrite(store, index, command, touched, config);
    case "kv.reap-tombstones":
      reapTombstones(store, index, command.upToIndex);
      return APPLIED;
    case "catalog.register-node":
      return applyRegister(store, index, nodeAlone(command), config, touched);
    case "catalog.deregister-node":
      return applyDeregister(
        store,
        index,
        { kind: "catalog.deregister", node: command.node, serviceId: "", checkId: "" },
        touched,
      );
    case "catalog.register":
      return applyRegister(store, index, command, config, touched);
    case "catalog.deregister":
      return applyDeregister(store, index, command, touched);
    case "session.create":
      return applySessionCreate(store, index, command, touched);
    case "session.destroy":
      return applySessionDestroy(store, index, command, touched);
    case "query.set":
      return applyQuerySet(store, index, command, config, touched);
    case "query.delete":
      return applyQueryDelete(store, index, command, touched);
    case "intention.set":
      return applyIntentionSet(store, index, command, config, touched);
    case "intention.delete":
      return applyIntentionDelete(store, index, command, touched);
    case "intention.upsert":
      return applyIntentionUpsert(store, index, command, config, touched);
    case "intention.delete-exact":
      return applyIntentionDeleteExact(store, index, command, touched);
    case "kv.reap-lock-delays":
      reapLockDelays(store, command.upToIndex, touched);
      return APPLIED;
    case "coordinate.batch-update":
      return applyCoordinates(store, index, command, touched);
    case "autopilot.set":
      return applyAutopilotSet(store, index, command, touched);
    case "config.set":
      return applyConfigSet(store, index, command, config, touched);
    case "config.delete":
      return applyConfigDelete(store, index, command, touched);
    case "config.delete-cas":
      return applyConfigDeleteCas(store, index, command, touched);
    case "txn.apply":
      return applyTxn(store, index, command, config, touched);
    case "restore.begin":
      return applyRestoreBegin(store, command);
    case "restore.part":
      return applyRestorePart(store, command, config);
    case "restore.end":
      return applyRestoreEnd(store, entryIndex, command, touched);
    default:
      return unreachable(command);
  }
}

/** A registration of nothing but a node, as agents make of themselves. */
function nodeAlone(request: NodeRegister): CatalogRegister {
  return { skipNodeUpdate: false, checks: [], ...request, kind: "catalog.register" };
}
