// What the records add up to: the hard state and the live entries, as applying them one after the other leaves them.
// Recovery builds it; without the batches it is kept while writing too, for the beginning of the next segment.

import { isWhole, lastIndexOf, sliceBatch } from "./entries.ts";
import type { EntryBatch, HardState } from "./ports.ts";
import type { RecordItem } from "./record.ts";

/** Everything that must survive the removal of old segments. */
export interface LogBounds {
  hardState: HardState;
  /** Entries up to this one are in a snapshot. */
  compactedTo: number;
  /** Of the last entry, or `compactedTo` when there is none after it. */
  lastIndex: number;
}

export interface LogImage extends LogBounds {
  /** Whether bounds were seen: every segment begins with them. */
  begun: boolean;
  /** Entries up to this one stood in segments that are gone; it must turn out that they were compacted. */
  missingTo: number;
  /** Live entries, consecutive, ending at `lastIndex`; below `compactedTo` there may be some left. */
  readonly batches: EntryBatch[];
}

export function createBounds(): LogBounds {
  return { hardState: { term: 0, votedFor: "", identity: 0 }, compactedTo: 0, lastIndex: 0 };
}

export function createImage(): LogImage {
  return { begun: false, missingTo: 0, batches: [], ...createBounds() };
}

/**
 * Applies what was read.
 * @returns Undefined when all is well, otherwise what is wrong with the item.
 */
export function applyItem(image: LogImage, item: RecordItem): string | undefined {
  switch (item.kind) {
    case "hard-state":
      image.hardState = item.hardState;
      return undefined;
    case "bounds":
      return applyBounds(image, item.compactedTo, item.lastIndex);
    case "entries":
      return applyEntries(image, item.entries);
  }
}

function applyBounds(image: LogImage, compactedTo: number, lastIndex: number): string | undefined {
  if (!image.begun) {
    image.begun = true;
    image.missingTo = lastIndex;
  } else if (compactedTo < image.compactedTo || lastIndex !== Math.max(image.lastIndex, compactedTo))
    return `it says that the log spans ${compactedTo}–${lastIndex}, which does not follow from the records before it`;
  // Past the last entry all that is left is obsolete, and what comes next does not continue it.
  if (compactedTo >= image.lastIndex) image.batches.length = 0;
  image.compactedTo = compactedTo;
  image.lastIndex = lastIndex;
  return undefined;
}

function applyEntries(image: LogImage, entries: EntryBatch): string | undefined {
  const { firstIndex } = entries;
  if (!image.begun || firstIndex > image.lastIndex + 1 || firstIndex <= image.compactedTo)
    return `its entries start at index ${firstIndex}, which does not follow from the records before it`;
  if (!isWhole(entries)) return `its bytes are not the ${entries.count} entries that it announces`;
  truncateFrom(image, firstIndex);
  if (entries.count > 0) image.batches.push(entries);
  image.lastIndex = lastIndexOf(entries);
  return undefined;
}

function truncateFrom(image: LogImage, index: number): void {
  const { batches } = image;
  image.missingTo = Math.min(image.missingTo, index - 1);
  while ((batches.at(-1)?.firstIndex ?? 0) >= index) batches.pop();
  const last = batches.at(-1);
  if (last !== undefined && lastIndexOf(last) >= index)
    batches[batches.length - 1] = sliceBatch(last, 0, index);
}

/** The batches after `compactedTo`. */
export function liveBatches(image: LogImage): EntryBatch[] {
  const { batches, compactedTo } = image;
  return batches
    .filter((batch) => lastIndexOf(batch) > compactedTo)
    .map((batch) =>
      batch.firstIndex > compactedTo ? batch : sliceBatch(batch, compactedTo + 1, Number.POSITIVE_INFINITY),
    );
}
