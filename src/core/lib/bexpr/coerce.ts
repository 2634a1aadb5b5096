// The values that numbers and truths are compared with, as Go's strconv reads them from a text, in the words of its errors.

import { type ByteString, textOf } from "../bytes.ts";
import { parseGoBool } from "../go-bool.ts";
import { quote } from "../go-quote.ts";

export type Made<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** strconv.ParseInt with base 0, which the text's prefix tells: "80", "-0x1f", "0o17", "017", "0b1", "1_000". */
export function toInt64(text: ByteString): Made<number> {
  const fault = (what: string): Made<number> => fail("ParseInt", text, what);
  const [, sign, prefix = "", digits = ""] = /^([-+]?)(0[xXoObB]?)?(.*)$/s.exec(text) ?? [];
  const base = prefix.toLowerCase();
  const isZero = base === "0" && digits === "";
  const whole = isZero ? "0" : digits;
  // An underscore stands between digits, or behind the prefix.
  if (!SHAPES[base]?.test(whole) || /__|_$/.test(whole) || (base === "" && whole.startsWith("_")))
    return fault("invalid syntax");
  const size = BigInt(`${base === "0" ? "0o" : base}${whole.replaceAll("_", "")}`);
  const value = sign === "-" ? -size : size;
  if (value < -(2n ** 63n) || value >= 2n ** 63n) return fault("value out of range");
  return { ok: true, value: Number(value) };
}

/** Digits by what stands before them. */
const SHAPES: Readonly<Record<string, RegExp>> = {
  "": /^[0-9_]+$/,
  "0": /^[0-7_]+$/,
  "0o": /^[0-7_]+$/,
  "0b": /^[01_]+$/,
  "0x": /^[0-9a-fA-F_]+$/,
};

/** strconv.ParseBool. */
export function toBool(text: ByteString): Made<boolean> {
  const value = parseGoBool(text);
  return value === undefined ? fail("ParseBool", text, "invalid syntax") : { ok: true, value };
}

function fail<V>(read: string, text: ByteString, what: string): Made<V> {
  return { ok: false, error: `strconv.${read}: parsing ${quoted(text)}: ${what}` };
}

/** As errors show what a user wrote. */
export function quoted(text: ByteString): string {
  return textOf(quote(text));
}
