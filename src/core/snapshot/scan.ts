// One snapshot's file from its first byte to its last, a block at a time: every checksum is looked at, and the rows go
// into a store under construction. Whatever the bytes are, it ends with a store or with what is wrong, and where.

import { must } from "../lib/assert.ts";
import { crc32 } from "../lib/crc.ts";
import { createRowDecoder, decodeRows, finishRows, type RowDecoder } from "../store/snapshot-codec.ts";
import type { Store } from "../store/store.ts";
import type { DiskRequest } from "../wal/disk.ts";
import { BLOCK_HEADER_BYTES, decodeFooter, decodeHeader, FOOTER_BYTES, MAX_HEADER_BYTES } from "./format.ts";
import { blockRegion, judgeRegion, type Layout, layoutOf, type Region, regionAt } from "./layout.ts";
import type { SnapshotMeta } from "./ports.ts";

export interface Scan {
  readonly file: string;
  readonly size: number;
  readonly decoder: RowDecoder;
  /** A planted bug: checksums are not looked at. */
  readonly credulous: boolean;
  /** Undefined before the header has been read. */
  layout: Layout | undefined;
  /** What the footer says; undefined before it has been read, which is before the blocks. */
  contentCrc: number | undefined;
  /** Of what has been read, from the beginning on. */
  crc: number;
  /** The next block. */
  block: number;
}

export type Scanned =
  | { readonly kind: "more" }
  /** `reason` names file and byte. */
  | { readonly kind: "damaged"; readonly reason: string }
  | {
      readonly kind: "whole";
      readonly meta: SnapshotMeta;
      readonly layout: Layout;
      readonly store: Store;
    };

export function createScan(file: string, size: number, credulous: boolean = false): Scan {
  const decoder = createRowDecoder();
  return { file, size, decoder, credulous, layout: undefined, contentCrc: undefined, crc: 0, block: 0 };
}

/** What has to be read next. */
export function scanRequest(scan: Scan): DiskRequest {
  const [from, to] = nextBytes(scan);
  return { kind: "read", file: scan.file, offset: from, length: to - from };
}

/** Header, footer, blocks: a file that was cut short is found out before a million rows have been decoded. */
function nextBytes({ layout, size, contentCrc, block }: Scan): readonly [from: number, to: number] {
  if (layout === undefined) return [0, Math.min(size, MAX_HEADER_BYTES)];
  if (contentCrc === undefined) return [size - FOOTER_BYTES, size];
  const { from, to } = blockRegion(layout, block);
  return [from, to];
}

/** The bytes that `scanRequest` asked for. */
export function onScanned(scan: Scan, bytes: Uint8Array): Scanned {
  const [from, to] = nextBytes(scan);
  if (bytes.length !== to - from)
    return damaged(scan, from + bytes.length, "the file ends here, before the length that it had");
  if (scan.layout === undefined) return onHeader(scan, bytes);
  if (scan.contentCrc === undefined) return onFooter(scan, scan.layout, bytes);
  return onBlock(scan, scan.layout, bytes);
}

function damaged({ file }: Scan, offset: number, what: string): Scanned {
  return { kind: "damaged", reason: `${file}, byte ${offset}: ${what}` };
}

function onHeader(scan: Scan, bytes: Uint8Array): Scanned {
  const decoded = decodeHeader(bytes);
  if (!decoded.ok) return damaged(scan, 0, decoded.why);
  const layout = layoutOf(decoded.value, scan.size);
  if (layout === undefined) return damaged(scan, scan.size, "the file ends here, within its first block");
  scan.layout = layout;
  scan.crc = crc32(bytes, 0, decoded.value.headerBytes);
  return { kind: "more" };
}

function onFooter(scan: Scan, layout: Layout, bytes: Uint8Array): Scanned {
  const { header, size, blockCount } = layout;
  const from = size - FOOTER_BYTES;
  const decoded = decodeFooter(bytes, header.id);
  if (!decoded.ok) return damaged(scan, from, decoded.why);
  const footer = decoded.value;
  if (footer.size !== size)
    return damaged(scan, from, `the file should have ${footer.size} bytes, not ${size}`);
  if (footer.blockCount !== blockCount)
    return damaged(scan, from, `the footer speaks of ${footer.blockCount} blocks, not of ${blockCount}`);
  scan.contentCrc = footer.contentCrc;
  return { kind: "more" };
}

function onBlock(scan: Scan, layout: Layout, bytes: Uint8Array): Scanned {
  const region: Region = blockRegion(layout, scan.block);
  const wrong = scan.credulous ? undefined : judgeRegion(layout, region, bytes);
  if (wrong !== undefined) return damaged(scan, region.from, wrong);
  scan.crc = crc32(bytes, 0, bytes.length, scan.crc);
  const unreadable = decodeRows(scan.decoder, bytes.subarray(BLOCK_HEADER_BYTES));
  if (unreadable !== undefined) return damaged(scan, region.from, `in block ${scan.block} ${unreadable}`);
  scan.block++;
  return scan.block < layout.blockCount ? { kind: "more" } : finish(scan, layout);
}

function finish(scan: Scan, layout: Layout): Scanned {
  const { header, size } = layout;
  const end = regionAt(layout, size - 1).from;
  if (scan.crc !== must(scan.contentCrc, "the footer was read first") && !scan.credulous)
    return damaged(scan, end, "the whole has a wrong checksum");
  const rows = finishRows(scan.decoder);
  if (!rows.ok) return damaged(scan, end, rows.error);
  const store = rows.value;
  const { meta } = header;
  if (store.lastApplied !== meta.index)
    return damaged(scan, 0, `it holds the state after entry ${store.lastApplied}, not after ${meta.index}`);
  return { kind: "whole", meta, layout, store };
}
