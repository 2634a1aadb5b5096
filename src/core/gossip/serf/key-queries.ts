// The pool's keys, changed and listed by Serf's internal queries. Each member does to its own ring what the query says,
// and answers when the change is kept: a member that said yes still has the key after its machine lost power. Source:
// Serf's internal_query.go; the texts are its own.

import { must, unreachable } from "../../lib/assert.ts";
import { PLANTED, planted } from "../../lib/planted.ts";
import { decodeSerf, encodeSerf, type KeyResponse } from "../../wire/gossip/serf-messages.ts";
import { countDrop } from "../drops.ts";
import { addKey, type Keyring, keyText, primaryKey, removeKey, useKey } from "../keyring.ts";
import { notice } from "../notice.ts";
import type { GossipEffect, GossipInput } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { fitsAnswer, sendAnswer } from "./answer-query.ts";
import type { HeardQuery } from "./state.ts";

/** What can be done with a pool's keys. */
export type KeyOperation = "install" | "use" | "remove" | "list";

export const KEY_QUERIES: Readonly<Record<KeyOperation, string>> = {
  install: "_serf_install-key",
  use: "_serf_use-key",
  remove: "_serf_remove-key",
  list: "_serf_list-keys",
};

const OPERATIONS: ReadonlyMap<string, KeyOperation> = new Map(
  (Object.keys(KEY_QUERIES) as KeyOperation[]).map((operation) => [KEY_QUERIES[operation], operation]),
);

/** In the log, before the reason. */
const FAILED: Readonly<Record<Exclude<KeyOperation, "list">, string>> = {
  install: "Failed to install key",
  use: "Failed to change primary key",
  remove: "Failed to remove key",
};

/** Answers that wait for the ring to be kept. More at once, and the oldest get none. */
const MAX_WAITING = 64;
/** The most keys of an answer that Serf begins with: 1024 bytes by the 25 that the shortest key takes. */
const MAX_LISTED = 40;

export function keyOperationOf(queryName: string): KeyOperation | undefined {
  return OPERATIONS.get(queryName);
}

export function onKeyQuery(
  gossip: Gossip,
  heard: HeardQuery,
  operation: KeyOperation,
  payload: Uint8Array,
  nowMs: number,
  out: GossipEffect[],
): void {
  const { keyring } = gossip;
  if (keyring === undefined) {
    const error =
      operation === "list"
        ? "Keyring is empty (encryption not enabled)"
        : "No keyring to modify (encryption not enabled)";
    notice(out, "error", "serf", error);
    return respond(gossip, heard, failure(error), nowMs, out);
  }
  if (operation === "list") {
    notice(out, "info", "serf", "Received list-keys query");
    return respond(gossip, heard, listOf(gossip, heard, keyring, out), nowMs, out);
  }
  const request = decodeSerf(payload);
  if (!request.ok || request.value.type !== "key-request") {
    const error = request.ok ? "not a key request" : request.error;
    notice(out, "error", "serf", `Failed to decode key request: ${error}`);
    return respond(gossip, heard, failure(""), nowMs, out);
  }
  notice(out, "info", "serf", `Received ${operation}-key query`);
  const fault = change(keyring, operation, keyText(request.value.key ?? new Uint8Array(0)));
  if (fault === undefined) return keep(gossip, keyring, heard, nowMs, out);
  notice(out, "error", "serf", `${FAILED[operation]}: ${fault}`);
  respond(gossip, heard, failure(fault), nowMs, out);
}

function change(keyring: Keyring, operation: Exclude<KeyOperation, "list">, key: string): string | undefined {
  switch (operation) {
    case "install":
      return addKey(keyring, key);
    case "use":
      return useKey(keyring, key);
    case "remove":
      return removeKey(keyring, key);
    default:
      return unreachable(operation);
  }
}

/** Has the ring kept as it is now; the answer waits until it is. */
function keep(gossip: Gossip, keyring: Keyring, heard: HeardQuery, nowMs: number, out: GossipEffect[]): void {
  const { serf } = gossip;
  if (PLANTED && planted(gossip.config, "keyring-answered-before-kept")) {
    respond(gossip, heard, SUCCESS, nowMs, out);
    out.push({ type: "keyring", change: 0, keys: keyring.keys });
    return;
  }
  const [oldest] = serf.keyAnswers.keys();
  if (serf.keyAnswers.size >= MAX_WAITING) {
    serf.keyAnswers.delete(must(oldest, "it is not empty"));
    countDrop(gossip, "keyAnswers");
  }
  const number = serf.nextKeyAnswer++;
  serf.keyAnswers.set(number, heard);
  out.push({ type: "keyring", change: number, keys: keyring.keys });
}

/** The ring is kept as it was when effect `keyring` named it, or could not be. */
export function onKeyringKept(
  gossip: Gossip,
  { change: number, error }: Extract<GossipInput, { type: "keyring-kept" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const heard = gossip.serf.keyAnswers.get(number);
  if (error !== undefined) notice(out, "error", "serf", error);
  if (heard === undefined) return;
  gossip.serf.keyAnswers.delete(number);
  respond(gossip, heard, error === undefined ? SUCCESS : failure(error), nowMs, out);
}

const SUCCESS: KeyResponse = { type: "key-response", result: true, message: "", keys: null, primaryKey: "" };

function failure(message: string): KeyResponse {
  return { ...SUCCESS, result: false, message };
}

/** All keys, or as many as an answer holds. */
function listOf(gossip: Gossip, heard: HeardQuery, keyring: Keyring, out: GossipEffect[]): KeyResponse {
  const { keys } = keyring;
  const listed = (response: KeyResponse): KeyResponse => ({ ...response, primaryKey: primaryKey(keyring) });
  const whole = listed({ ...SUCCESS, keys });
  if (fitsAnswer(gossip, heard, encodeSerf(whole))) return whole;
  for (let count = Math.min(keys.length - 1, MAX_LISTED); count >= 0; count--) {
    const message = `truncated key list response, showing first ${count} of ${keys.length} keys`;
    const part = listed({ ...SUCCESS, keys: keys.slice(0, count), message });
    if (!fitsAnswer(gossip, heard, encodeSerf(part))) continue;
    notice(out, "warn", "serf", message);
    return part;
  }
  return failure("Failed to truncate response so that it fits into message");
}

function respond(
  gossip: Gossip,
  heard: HeardQuery,
  response: KeyResponse,
  nowMs: number,
  out: GossipEffect[],
): void {
  sendAnswer(gossip, heard, encodeSerf(response), nowMs, out);
}
