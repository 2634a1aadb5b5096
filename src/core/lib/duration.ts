// Durations as Go writes them ("1h2m3.5s"): the form of Consul's parameters and configuration, with Go's error texts,
// since clients print them (package time, ParseDuration and Duration.String).

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** 2^63 nanoseconds, about 292 years: what Go's Duration can hold. */
const MAX_NS = 2 ** 63;

export type ParsedDuration = { ok: true; ns: number } | { ok: false; error: string };

/** As nearly all are written; no such number is too long for any of these units. */
const PLAIN = /^(\d{1,5})(ms|s|m|h)$/;

/** Nanoseconds (exact up to 104 days, then to the nearest that a double holds), or Go's own error text. */
export function parseDuration(text: string): ParsedDuration {
  const plain = PLAIN.exec(text);
  if (plain !== null) return { ok: true, ns: Number(plain[1]) * (UNIT_NS[plain[2] as string] as number) };
  const quoted = JSON.stringify(text);
  const invalid: ParsedDuration = { ok: false, error: `time: invalid duration ${quoted}` };
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = text.replace(/^[-+]/, "");
  if (rest === "0") return { ok: true, ns: 0 };
  if (rest === "") return invalid;
  let ns = 0;
  while (rest !== "") {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest) as RegExpExecArray;
    if ((number[1] ?? "") === "" && (number[2] ?? "") === "") return invalid;
    rest = rest.slice(number[0].length);
    const unit = (/^[^.\d]+/.exec(rest) ?? [""])[0];
    if (unit === "") return { ok: false, error: `time: missing unit in duration ${quoted}` };
    rest = rest.slice(unit.length);
    const scale = Object.hasOwn(UNIT_NS, unit) ? UNIT_NS[unit] : undefined;
    if (scale === undefined)
      return { ok: false, error: `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}` };
    ns += Number(number[1] || "0") * scale + Math.trunc(Number(`0.${number[2] || "0"}`) * scale);
    if (ns >= MAX_NS) return invalid;
  }
  return { ok: true, ns: sign * ns };
}

/** As Go prints it: "1m30s", "1.5s", "100ms", "0s". */
export function printDuration(ns: number): string {
  if (ns === 0) return "0s";
  const sign = ns < 0 ? "-" : "";
  const size = Math.abs(ns);
  if (size < 1e3) return `${sign}${size}ns`;
  if (size < 1e6) return `${sign}${decimal(size, 1e3)}\u00b5s`;
  if (size < 1e9) return `${sign}${decimal(size, 1e6)}ms`;
  const hours = Math.floor(size / 3600e9);
  const minutes = Math.floor((size % 3600e9) / 60e9);
  const seconds = `${decimal(size % 60e9, 1e9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

function decimal(value: number, unit: number): string {
  const digits = String(unit).length - 1;
  const fraction = String(Math.round(value % unit))
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return fraction === "" ? `${Math.floor(value / unit)}` : `${Math.floor(value / unit)}.${fraction}`;
}
