// Text in double quotes the way Go's strconv.Quote prints it (Go 1.15): Consul's error messages quote what the client
// sent.

import { type ByteString, decodeRune, textOf, utf8 } from "./bytes.ts";

const SHORT: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** Printable characters as they are, the others and bytes that are no UTF-8 as escapes. */
export function quote(text: ByteString): ByteString {
  let out = '"';
  for (let at = 0; at < text.length; ) {
    const { code, length } = decodeRune(text, at);
    const bytes = text.slice(at, at + length);
    at += length;
    if (code < 0) out += `\\x${hex(bytes.charCodeAt(0), 2)}`;
    else if (Object.hasOwn(SHORT, bytes)) out += SHORT[bytes];
    else if (isPrintableRune(code)) out += bytes;
    else if (code < 0x20) out += `\\x${hex(code, 2)}`;
    else out += code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  }
  return `${out}"` as ByteString;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and of the spaces only U+0020. */
export function isPrintableRune(code: number): boolean {
  if (code < 0x7f) return code >= 0x20;
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(String.fromCodePoint(code));
}

/** The same for text, as text. */
export function quoteText(text: string): string {
  return textOf(quote(utf8(text)));
}
