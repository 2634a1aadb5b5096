// Where the parts of a snapshot lie in its file: all blocks but the last have one size, so a few numbers tell. A region
// is a part that has a checksum of its own: the header, one block, the footer.

import {
  BLOCK_HEADER_BYTES,
  decodeFooter,
  decodeHeader,
  FOOTER_BYTES,
  judgeBlock,
  type SnapshotHeader,
} from "./format.ts";

export interface Layout {
  readonly header: SnapshotHeader;
  /** Of the whole file. */
  readonly size: number;
  readonly blockCount: number;
}

/** Bytes `[from, to)` of the file. */
export interface Region {
  readonly kind: "header" | "block" | "footer";
  /** Of a block. */
  readonly number: number;
  readonly from: number;
  readonly to: number;
}

/** @returns undefined when a file of this size cannot be a snapshot with such a header. */
export function layoutOf(header: SnapshotHeader, size: number): Layout | undefined {
  const pitch = header.blockBytes + BLOCK_HEADER_BYTES;
  const content = size - header.headerBytes - FOOTER_BYTES;
  const blockCount = Math.ceil(content / pitch);
  const lastBytes = content - (blockCount - 1) * pitch;
  return content > 0 && lastBytes > BLOCK_HEADER_BYTES ? { header, size, blockCount } : undefined;
}

export function blockRegion({ header, size }: Layout, number: number): Region {
  const pitch = header.blockBytes + BLOCK_HEADER_BYTES;
  const from = header.headerBytes + number * pitch;
  return { kind: "block", number, from, to: Math.min(from + pitch, size - FOOTER_BYTES) };
}

/** The region that the byte at `offset`, 0…size - 1, is in. */
export function regionAt(layout: Layout, offset: number): Region {
  const { header, size } = layout;
  if (offset < header.headerBytes) return { kind: "header", number: 0, from: 0, to: header.headerBytes };
  if (offset >= size - FOOTER_BYTES)
    return { kind: "footer", number: 0, from: size - FOOTER_BYTES, to: size };
  const pitch = header.blockBytes + BLOCK_HEADER_BYTES;
  return blockRegion(layout, Math.floor((offset - header.headerBytes) / pitch));
}

/** @returns What is wrong with a region's bytes, of which none is missing. */
export function judgeRegion({ header, size }: Layout, region: Region, bytes: Uint8Array): string | undefined {
  switch (region.kind) {
    case "header": {
      const decoded = decodeHeader(bytes);
      if (!decoded.ok) return decoded.why;
      return decoded.value.id === header.id ? undefined : "the header is that of another snapshot";
    }
    case "block":
      return judgeBlock(bytes, region.number, header.id);
    case "footer": {
      const decoded = decodeFooter(bytes, header.id);
      if (!decoded.ok) return decoded.why;
      return decoded.value.size === size ? undefined : "the footer is that of another snapshot";
    }
  }
}
