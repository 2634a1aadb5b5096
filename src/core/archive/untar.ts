// Reading tar (POSIX ustar, as Go writes it), piece by piece: plain files only, which is all that an archive has. Error
// texts are Go's (archive/tar).

import { byteStringOf, textOf } from "../lib/bytes.ts";

const BLOCK_BYTES = 512;

export interface Untar {
  stage: "header" | "file" | "padding" | "ended";
  /** The header that is being gathered, and how much of it there is. */
  readonly block: Uint8Array;
  filled: number;
  /** Blocks of zeroes seen: two end the archive. */
  zeroBlocks: number;
  /** The file under way. */
  name: string;
  size: number;
  /** Bytes of the file, or of the padding behind it, that are still to come. */
  left: number;
  /** Bytes behind the end that are not zero. */
  extraBytes: number;
}

/** What hears of the files. Anything but undefined is an error and ends the reading. */
export interface UntarListener {
  readonly begin: (name: string, size: number) => string | undefined;
  readonly data: (bytes: Uint8Array) => string | undefined;
  readonly end: () => string | undefined;
}

export function createUntar(): Untar {
  return {
    stage: "header",
    block: new Uint8Array(BLOCK_BYTES),
    filled: 0,
    zeroBlocks: 0,
    name: "",
    size: 0,
    left: 0,
    extraBytes: 0,
  };
}

/** @returns An error, or undefined. */
export function feedUntar(tar: Untar, bytes: Uint8Array, listener: UntarListener): string | undefined {
  let at = 0;
  while (at < bytes.length) {
    const most = tar.stage === "header" ? BLOCK_BYTES - tar.filled : tar.left;
    const take = tar.stage === "ended" ? bytes.length - at : Math.min(most, bytes.length - at);
    const part = bytes.subarray(at, at + take);
    at += take;
    const error = feedPart(tar, part, listener);
    if (error !== undefined) return error;
  }
  return undefined;
}

function feedPart(tar: Untar, part: Uint8Array, listener: UntarListener): string | undefined {
  switch (tar.stage) {
    case "header":
      tar.block.set(part, tar.filled);
      tar.filled += part.length;
      return tar.filled === BLOCK_BYTES ? readHeader(tar, listener) : undefined;
    case "file": {
      const error = listener.data(part);
      tar.left -= part.length;
      return error ?? (tar.left === 0 ? endFile(tar, listener) : undefined);
    }
    case "padding":
      tar.left -= part.length;
      if (tar.left === 0) tar.stage = "header";
      return undefined;
    case "ended":
      // Other tars fill up their last record with zeroes.
      if (part.some((byte) => byte !== 0)) tar.extraBytes += part.length;
      return undefined;
  }
}

function endFile(tar: Untar, listener: UntarListener): string | undefined {
  tar.left = (BLOCK_BYTES - (tar.size % BLOCK_BYTES)) % BLOCK_BYTES;
  tar.stage = tar.left > 0 ? "padding" : "header";
  return listener.end();
}

const INVALID = "archive/tar: invalid tar header";

function readHeader(tar: Untar, listener: UntarListener): string | undefined {
  const { block } = tar;
  tar.filled = 0;
  if (block.every((byte) => byte === 0)) {
    tar.zeroBlocks++;
    if (tar.zeroBlocks === 2) tar.stage = "ended";
    return undefined;
  }
  if (tar.zeroBlocks > 0 || !isSummed(block)) return INVALID;
  const size = numberAt(block, 124, 12);
  const type = block[156] as number;
  if (size === undefined) return INVALID;
  const name = textAt(block, 0, 100);
  // "0" and NUL are plain files.
  if (type !== 0x30 && type !== 0) return `${name} is no plain file`;
  tar.name = name;
  tar.size = size;
  tar.left = size;
  tar.stage = "file";
  return listener.begin(name, size) ?? (size === 0 ? endFile(tar, listener) : undefined);
}

/** Whether the header's checksum, counted with blanks in its place, is right. */
function isSummed(block: Uint8Array): boolean {
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) sum += at >= 148 && at < 156 ? 0x20 : (block[at] as number);
  return numberAt(block, 148, 8) === sum;
}

/** An octal number, or a binary one where the first bit is set (for what needs more than 33 bits). */
function numberAt(block: Uint8Array, at: number, length: number): number | undefined {
  if ((block[at] as number) & 0x80) {
    let value = (block[at] as number) & 0x7f;
    for (let k = 1; k < length; k++) value = value * 256 + (block[at + k] as number);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const text = textAt(block, at, length).trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(text === "" ? "0" : text, 8) : undefined;
}

function textAt(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return textOf(byteStringOf(end < 0 ? field : field.subarray(0, end)));
}

/** No more input will come. @returns What is missing, in Go's words. An archive may end without its blocks of zeroes. */
export function endUntar(tar: Untar): "unexpected EOF" | undefined {
  return tar.stage === "ended" || (tar.stage === "header" && tar.filled === 0) ? undefined : "unexpected EOF";
}
