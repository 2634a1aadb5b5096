// Numbers as Go's strconv reads and prints them, with its error texts.

import { textOf, utf8 } from "./bytes.ts";
import { quote } from "./go-quote.ts";

export type ParsedNumber<T> =
  | { readonly ok: true; readonly value: T }
  /** "strconv.Atoi: parsing …" */
  | { readonly ok: false; readonly error: string };

function refused(by: string, text: string, why: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error: `strconv.${by}: parsing ${textOf(quote(utf8(text)))}: ${why}` };
}

const SYNTAX = "invalid syntax";
const RANGE = "value out of range";

/** strconv.Atoi: decimal digits, of 64 bits. */
export function parseAtoi(text: string): ParsedNumber<number> {
  if (!/^[-+]?[0-9]+$/.test(text)) return refused("Atoi", text, SYNTAX);
  const value = BigInt(text.replace(/^\+/, ""));
  return isInt64(value) ? { ok: true, value: Number(value) } : refused("Atoi", text, RANGE);
}

const DECIMAL = "0|[1-9](?:_?[0-9])*";
const OTHERS = "0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+";
const LITERAL = new RegExp(`^([-+]?)(?:(${DECIMAL})|(${OTHERS}))$`);

/** strconv.ParseInt with base 0: as a number stands in a program of Go's, of 64 bits. */
export function parseIntLiteral(text: string): ParsedNumber<bigint> {
  const [, sign, decimal, other] = LITERAL.exec(text) ?? [];
  const digits = (decimal ?? other)?.replaceAll("_", "").replace(/^0(?=[0-7])/, "0o");
  if (digits === undefined) return refused("ParseInt", text, SYNTAX);
  const value = sign === "-" ? -BigInt(digits) : BigInt(digits);
  return isInt64(value) ? { ok: true, value } : refused("ParseInt", text, RANGE);
}

function isInt64(value: bigint): boolean {
  return value === BigInt.asIntN(64, value);
}

/** strconv.ParseFloat, but for floats of hexadecimal digits. */
export function parseGoFloat(text: string): ParsedNumber<number> {
  if (/^nan$/i.test(text)) return { ok: true, value: Number.NaN };
  const infinite = /^([-+]?)inf(?:inity)?$/i.exec(text);
  if (infinite !== null)
    return { ok: true, value: infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY };
  if (!/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text))
    return refused("ParseFloat", text, SYNTAX);
  const value = Number(text);
  return Number.isFinite(value) ? { ok: true, value } : refused("ParseFloat", text, RANGE);
}

/** strconv.FormatFloat with 'g' and the fewest digits: "0.0001", "100000", "1e+06". */
export function formatGoFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  const power = Number(exponent);
  const sign = Object.is(value, -0) ? "-" : "";
  // Between these powers JavaScript writes what Go does.
  if (power >= -4 && power < 6) return sign + String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
