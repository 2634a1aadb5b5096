// Base64 on the command line and in configurations, read as Go reads it (core/lib/go-base64.ts).

import { bytesOf, utf8 } from "../../core/lib/bytes.ts";
import { decodeGoBase64 } from "../../core/lib/go-base64.ts";

export type DecodedBase64 =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly error: string };

/** Standard alphabet, padding required, line ends ignored. */
export function decodeBase64(text: string): DecodedBase64 {
  const decoded = decodeGoBase64(utf8(text));
  return decoded.ok ? { ok: true, bytes: bytesOf(decoded.bytes) } : decoded;
}
