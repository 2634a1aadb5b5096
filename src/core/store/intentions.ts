// Intentions in the replicated state: made, replaced, removed, and which of them say something of a service. What one must be
// by itself is judged before it comes here (service/intention-rules.ts). Consul's agent/consul/state/intention.go, 1.8;
// by their ends they are written since 1.9.

import type { IntentionDelete, IntentionEnds, IntentionSet, IntentionUpsert } from "../api/intention.ts";
import type { OrderedMap } from "../lib/ordered-map.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import {
  compareIntentions,
  destinationOf,
  type Intention,
  type IntentionEnd,
  type IntentionFields,
  intentionText,
  isMeant,
  sourceOf,
} from "../model/intention.ts";
import { canonicalUuid } from "../model/uuid.ts";
import type { ApplyConfig } from "./apply.ts";
import { APPLIED, type Outcome, type Store, type Touched } from "./store.ts";

/** By canonical id. */
export type IntentionTable = OrderedMap<string, Intention>;

export function intentionKey({ id }: Pick<Intention, "id">): string {
  return canonicalUuid(id);
}

export function intentionById({ intentions }: Store, id: string): Intention | undefined {
  return intentions.get(canonicalUuid(id));
}

/** @param request Its id has been drawn by the leader if it is to be made. */
export function applyIntentionSet(
  store: Store,
  index: number,
  { intention, create }: IntentionSet,
  config: ApplyConfig,
  touched: Touched[],
): Outcome {
  const { id } = intention;
  const known = intentionById(store, id);
  // It may have gone since the leader looked: it does not come back.
  if (known === undefined && !create) return { ok: false, error: nothingToDo("modify", id) };
  const twin = duplicateOf(store, intention);
  const isBlind = PLANTED && planted(config, "intention-duplicate-kept");
  if (twin !== undefined && !isBlind) return { ok: false, error: duplicateFault(twin) };
  const createdAt = known?.createdAt ?? intention.createdAt;
  const createIndex = known?.createIndex ?? index;
  store.intentions.set(intentionKey(intention), { ...intention, createdAt, createIndex, modifyIndex: index });
  noteChange(store, index, touched);
  return { ok: true, applied: true, intention: id };
}

export function nothingToDo(what: "modify" | "delete", id: string): string {
  return `Cannot ${what} non-existent intention: '${id}'`;
}

export function duplicateFault(twin: Intention): string {
  return `duplicate intention found: ${intentionText(twin)}`;
}

/** One of the same source and destination under another id, spelled otherwise too. */
export function duplicateOf({ intentions }: Store, intention: IntentionFields): Intention | undefined {
  const ends = spelled(endsIn(intention));
  return intentions.valuesArray().find((row) => row.id !== intention.id && spelled(endsIn(row)) === ends);
}

/**
 * The one between these ends, spelled in whatever letters, is what it is said to be from now on, under the id and with the
 * metadata that it has; if there is none it is made.
 * @param request With an id that the leader has drawn.
 */
export function applyIntentionUpsert(
  store: Store,
  index: number,
  { intention }: IntentionUpsert,
  config: ApplyConfig,
  touched: Touched[],
): Outcome {
  const isBlind = PLANTED && planted(config, "intention-duplicate-kept");
  const known = isBlind ? undefined : intentionBetween(store, endsIn(intention));
  const { id, meta, createdAt, createIndex } = known ?? { createIndex: index, ...intention };
  const row = { createIndex, modifyIndex: index, ...intention, id, meta, createdAt };
  store.intentions.set(intentionKey(row), row);
  noteChange(store, index, touched);
  return APPLIED;
}

export function applyIntentionDeleteExact(
  store: Store,
  index: number,
  ends: IntentionEnds,
  touched: Touched[],
): Outcome {
  const known = intentionBetween(store, ends);
  return known === undefined ? APPLIED : applyIntentionDelete(store, index, known, touched);
}

export function endsIn(intention: IntentionFields): IntentionEnds {
  return { source: sourceOf(intention), destination: destinationOf(intention) };
}

/** There is at most one. */
export function intentionBetween({ intentions }: Store, ends: IntentionEnds): Intention | undefined {
  const wanted = spelled(ends);
  return intentions.valuesArray().find((row) => spelled(endsIn(row)) === wanted);
}

function spelled({ source, destination }: IntentionEnds): string {
  return JSON.stringify([source.ns, source.name, destination.ns, destination.name]).toLowerCase();
}

function noteChange(store: Store, index: number, touched: Touched[]): void {
  store.tableIndexes.intentions = index;
  touched.push({ table: "intentions" });
}

/** One that is gone already is no error. */
export function applyIntentionDelete(
  store: Store,
  index: number,
  { id }: Pick<IntentionDelete, "id">,
  touched: Touched[],
): Outcome {
  if (store.intentions.delete(canonicalUuid(id))) noteChange(store, index, touched);
  return APPLIED;
}

/** What decides first comes first. */
export function listIntentions({ intentions }: Store): Intention[] {
  return intentions.valuesArray().sort(compareIntentions);
}

/** Those that say something of a service, what decides first coming first. */
export function matchIntentions(
  store: Store,
  by: "source" | "destination",
  end: IntentionEnd,
): readonly Intention[] {
  const endOf = by === "source" ? sourceOf : destinationOf;
  return listIntentions(store).filter((intention) => isMeant(endOf(intention), end));
}
