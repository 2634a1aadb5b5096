// Base64 read as strictly as Go's encoding/base64 does, which says where the text goes wrong.

import { type ByteString, base64Bytes } from "./bytes.ts";

export type DecodedBase64 =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly error: string };

/** Standard alphabet, padding required, line ends ignored. */
export function decodeGoBase64(text: ByteString): DecodedBase64 {
  const plain = base64Bytes(text);
  if (plain !== undefined) return { ok: true, bytes: plain };
  const wrong = firstFault(text);
  const bytes = wrong === undefined ? base64Bytes(text.replace(/[\r\n]/g, "")) : undefined;
  if (bytes === undefined) return { ok: false, error: `illegal base64 data at input byte ${wrong ?? 0}` };
  return { ok: true, bytes };
}

/** Offset of the first byte that cannot be, by Go's count; undefined when all is well. */
function firstFault(bytes: ByteString): number | undefined {
  let inGroup = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes.charAt(at);
    if (byte === "\n" || byte === "\r") continue;
    if (byte === "=") return paddingFault(bytes, at, inGroup);
    if (!/[A-Za-z0-9+/]/.test(byte)) return at;
    inGroup = (inGroup + 1) % 4;
  }
  return inGroup === 0 ? undefined : bytes.length - inGroup;
}

/** Judges what follows from the first "=" on. */
function paddingFault(bytes: ByteString, first: number, inGroup: number): number | undefined {
  if (inGroup < 2) return first;
  let at = skipLineEnds(bytes, first + 1);
  if (inGroup === 2) {
    if (at === bytes.length) return at;
    if (bytes.charAt(at) !== "=") return at - 1;
    at = skipLineEnds(bytes, at + 1);
  }
  return at < bytes.length ? at : undefined;
}

function skipLineEnds(bytes: ByteString, from: number): number {
  let at = from;
  while (bytes.charAt(at) === "\n" || bytes.charAt(at) === "\r") at++;
  return at;
}
