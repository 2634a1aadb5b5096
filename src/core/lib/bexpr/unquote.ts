// A text in quotes the way Go's strconv.Unquote reads it.

import { type ByteString, utf8 } from "../bytes.ts";

const SHORT: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** A backslash alone is an escape that is none. */
const ESCAPE = /\\(?:([abfnrtv\\])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))?/g;

/**
 * The text between the quotes: as it is between backquotes, but for carriage returns, which are none there; with its escapes
 * replaced between double quotes.
 * @returns undefined for an escape that is none, and for a line that ends between double quotes.
 */
export function unquote(quoted: ByteString): ByteString | undefined {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith("`")) return inner.replaceAll("\r", "") as ByteString;
  if (inner.includes("\n")) return undefined;
  if (!inner.includes("\\")) return inner as ByteString;
  let sound = true;
  const bytes = inner.replace(
    ESCAPE,
    (_, short?: string, x?: string, u?: string, U?: string, octal?: string) => {
      if (short !== undefined) return SHORT[short] ?? "";
      if (x !== undefined) return String.fromCharCode(Number.parseInt(x, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const code = Number.parseInt(u ?? U ?? "", 16);
      if (code <= 0x10ffff) return utf8(String.fromCodePoint(code));
      sound = false;
      return "";
    },
  );
  return sound ? (bytes as ByteString) : undefined;
}
