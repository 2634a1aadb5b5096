// Writing tar (POSIX ustar): the headers, the padding and the end.

import { utf8Bytes } from "../lib/bytes.ts";

const BLOCK_BYTES = 512;
/** What twelve octal digits less one can say: 8 GiB. */
export const MAX_TAR_FILE_BYTES: number = 8 ** 11 - 1;

/** What a header tells beside a name and a size. */
export interface TarEntry {
  readonly type: "file" | "folder";
  /** Who may read and write it: 0o600. */
  readonly mode: number;
  /** Since 1970. */
  readonly modifiedSeconds: number;
}

/** A plain file that its owner alone may read. It has no time: nothing here knows one. */
const OWN_FILE: TarEntry = { type: "file", mode: 0o600, modifiedSeconds: 0 };

/** @param name At most a hundred bytes. @param size Of a folder 0. */
export function tarHeader(name: string, size: number, entry: TarEntry = OWN_FILE): Uint8Array {
  const header = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string): void => header.set(utf8Bytes(text), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, octal(entry.mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(entry.modifiedSeconds, 11));
  put(156, entry.type === "folder" ? "5" : "0");
  put(257, "ustar\0");
  put(263, "00");
  put(329, octal(0, 7));
  put(337, octal(0, 7));
  header.fill(0x20, 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return header;
}

/** What comes behind a file of this size. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK_BYTES);
}
