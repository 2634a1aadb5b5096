// What is known of a key's ModifyIndex and CreateIndex while nobody has shown them. A PUT is answered with `true` and no
// index, so a search for an order of operations must go on with "some index above 7" until a read or a CAS pins it down.
// Every change of a key takes an index above all before it; this file keeps exactly the solutions of these inequalities,
// neither more nor fewer. It knows nothing of values, deletes or operations.

/** A write `step` writes after the creation cannot have had `index`: a CAS that named it was refused. */
interface Ban {
  readonly step: number;
  readonly index: number;
}

type Creation =
  /** The CreateIndex is known. */
  | { readonly kind: "known"; readonly index: number }
  /** The newest version created the key, and its own index is not known. */
  | { readonly kind: "newest" }
  /** Created `steps` writes before the newest, none of whose indexes is known; `least` bounds it from below. */
  | {
      readonly kind: "earlier";
      readonly least: number;
      readonly steps: number;
      readonly bans: readonly Ban[];
    }
  /** Created at an index from `least` to `most`, but for `not`. */
  | {
      readonly kind: "range";
      readonly least: number;
      readonly most: number;
      readonly not: readonly number[];
    };

/** The indexes of a key that exists. */
export interface IndexBounds {
  /** Least ModifyIndex that the newest version can have; its very ModifyIndex when `settled`. */
  readonly floor: number;
  readonly settled: boolean;
  /** Indexes above `floor` that an unsettled newest version cannot have, ascending. */
  readonly not: readonly number[];
  readonly creation: Creation;
}

const NONE: readonly never[] = [];

export function isIndex(index: number): boolean {
  return Number.isSafeInteger(index) && index >= 1;
}

/** Bounds of a key just created. @param above The highest index the key may have used so far. */
export function createdAbove(above: number, modifyIndex: number | undefined): IndexBounds | undefined {
  if (modifyIndex === undefined)
    return { floor: above + 1, settled: false, not: NONE, creation: { kind: "newest" } };
  if (!isIndex(modifyIndex) || modifyIndex <= above) return undefined;
  return knownBounds(modifyIndex, modifyIndex);
}

function knownBounds(createIndex: number, modifyIndex: number): IndexBounds {
  return { floor: modifyIndex, settled: true, not: NONE, creation: { kind: "known", index: createIndex } };
}

/** Bounds after one more write to a key that existed; undefined when it cannot have had `modifyIndex`. */
export function overwritten(bounds: IndexBounds, modifyIndex: number | undefined): IndexBounds | undefined {
  const next: IndexBounds = {
    floor: bounds.floor + 1,
    settled: false,
    not: NONE,
    creation: pushedBack(bounds),
  };
  return modifyIndex === undefined ? next : settleModify(next, modifyIndex);
}

function pushedBack(bounds: IndexBounds): Creation {
  const { creation, floor, not } = bounds;
  if (creation.kind === "newest")
    return { kind: "earlier", least: floor, steps: 1, bans: not.map((index) => ({ step: 0, index })) };
  if (creation.kind !== "earlier") return creation;
  const { least, steps, bans } = creation;
  const more = not.length === 0 ? bans : [...bans, ...not.map((index) => ({ step: steps, index }))];
  return { kind: "earlier", least, steps: steps + 1, bans: more };
}

/** The newest version turns out to have this ModifyIndex; undefined when it cannot have. */
export function settleModify(bounds: IndexBounds, modifyIndex: number): IndexBounds | undefined {
  if (bounds.settled) return bounds.floor === modifyIndex ? bounds : undefined;
  if (!isIndex(modifyIndex) || modifyIndex < bounds.floor || bounds.not.includes(modifyIndex))
    return undefined;
  const creation = settledCreation(bounds.creation, modifyIndex);
  return creation && { floor: modifyIndex, settled: true, not: NONE, creation };
}

function settledCreation(creation: Creation, modifyIndex: number): Creation | undefined {
  if (creation.kind === "newest") return { kind: "known", index: modifyIndex };
  if (creation.kind !== "earlier") return creation;
  const { least, bans } = creation;
  const not = bans.filter((ban) => ban.step === 0).map((ban) => ban.index);
  return trimmedRange(least, latestCreation(creation, modifyIndex), not);
}

/** The highest index the creation can have had: every write since takes the highest that is left for it. */
function latestCreation(creation: Creation & { kind: "earlier" }, modifyIndex: number): number {
  const { steps, bans } = creation;
  if (bans.length === 0) return modifyIndex - steps;
  let index = modifyIndex;
  for (let step = steps - 1; step >= 0; step--) {
    index--;
    while (bans.some((ban) => ban.step === step && ban.index === index)) index--;
  }
  return index;
}

function trimmedRange(lowest: number, highest: number, not: readonly number[]): Creation | undefined {
  let least = lowest;
  let most = highest;
  while (not.includes(least)) least++;
  while (not.includes(most)) most--;
  if (least > most) return undefined;
  if (least === most) return { kind: "known", index: least };
  return { kind: "range", least, most, not: not.filter((index) => index > least && index < most) };
}

/** The key turns out to have this CreateIndex. Its ModifyIndex is settled: servers show both or none. */
export function settleCreate(bounds: IndexBounds, createIndex: number): IndexBounds | undefined {
  const { creation } = bounds;
  if (creation.kind === "known") return creation.index === createIndex ? bounds : undefined;
  if (creation.kind !== "range") return undefined;
  const possible =
    createIndex >= creation.least && createIndex <= creation.most && !creation.not.includes(createIndex);
  return possible ? { ...bounds, creation: { kind: "known", index: createIndex } } : undefined;
}

/** Whether the key as it is now can turn out to have this CreateIndex. May say yes where it cannot. */
export function mayBeCreatedAt({ floor, creation }: IndexBounds, createIndex: number): boolean {
  switch (creation.kind) {
    case "known":
      return createIndex === creation.index;
    case "newest":
      return createIndex >= floor;
    case "earlier":
      return createIndex >= creation.least;
    case "range":
      return createIndex >= creation.least && createIndex <= creation.most;
  }
}

/** The newest version turns out not to have this ModifyIndex; undefined when it has. */
export function excludeModify(bounds: IndexBounds, modifyIndex: number): IndexBounds | undefined {
  const { floor, settled, not } = bounds;
  if (settled) return floor === modifyIndex ? undefined : bounds;
  if (modifyIndex < floor || not.includes(modifyIndex)) return bounds;
  if (modifyIndex > floor) return { ...bounds, not: [...not, modifyIndex].sort((a, b) => a - b) };
  let least = floor + 1;
  while (not.includes(least)) least++;
  return { ...bounds, floor: least, not: not.filter((index) => index > least) };
}

/** Whether whatever may still be shown under `b` may be shown under `a` as well. May say no where it is so. */
export function boundsAllow(a: IndexBounds, b: IndexBounds): boolean {
  if (a === b) return true;
  if (a.settled !== b.settled || a.not.length > 0) return false;
  if (a.settled ? a.floor !== b.floor : a.floor > b.floor) return false;
  return creationAllows(a.creation, b.creation);
}

function creationAllows(a: Creation, b: Creation): boolean {
  if (a === b) return true;
  if (a.kind === "known") return b.kind === "known" && a.index === b.index;
  if (a.kind === "newest") return b.kind === "newest";
  if (a.kind === "earlier")
    return b.kind === "earlier" && a.bans.length === 0 && a.least <= b.least && a.steps <= b.steps;
  const least = b.kind === "known" ? b.index : b.kind === "range" ? b.least : -1;
  const most = b.kind === "known" ? b.index : b.kind === "range" ? b.most : -1;
  return least >= a.least && most <= a.most && !a.not.some((index) => index >= least && index <= most);
}

/** A text that is equal for equal bounds only. */
export function boundsKey(bounds: IndexBounds): string {
  const { creation } = bounds;
  const modify = `${bounds.settled ? "=" : "≥"}${bounds.floor}`;
  if (creation.kind === "known" && bounds.not.length === 0) return `${modify} ${creation.index}`;
  return `${modify}≠${bounds.not.join()} ${creationKey(creation)}`;
}

function creationKey(creation: Creation): string {
  switch (creation.kind) {
    case "known":
      return `${creation.index}`;
    case "newest":
      return "newest";
    case "earlier":
      return `${creation.least}+${creation.steps}≠${creation.bans.map((ban) => `${ban.step}:${ban.index}`).join()}`;
    case "range":
      return `${creation.least}…${creation.most}≠${creation.not.join()}`;
  }
}

/** For people: "ModifyIndex 9, CreateIndex 4", or what is known of them. */
export function describeBounds({ floor, settled, creation }: IndexBounds): string {
  const modify = settled ? `ModifyIndex ${floor}` : `ModifyIndex ${floor} or more`;
  switch (creation.kind) {
    case "known":
      return `${modify}, CreateIndex ${creation.index}`;
    case "newest":
      return `${modify}, CreateIndex the same`;
    case "earlier":
      return `${modify}, CreateIndex at least ${creation.steps} less`;
    case "range":
      return `${modify}, CreateIndex ${creation.least} to ${creation.most}`;
  }
}
