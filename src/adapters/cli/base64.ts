// Base64 on the command line and in configurations, read as Go reads it (core/lib/go-base64.ts).

import { utf8 } from "../../core/lib/bytes.ts";
import { type DecodedBase64, decodeGoBase64 } from "../../core/lib/go-base64.ts";

/** Standard alphabet, padding required, line ends ignored. */
export function decodeBase64(text: string): DecodedBase64 {
  return decodeGoBase64(utf8(text));
}
