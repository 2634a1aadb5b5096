// The body of PUT /v1/coordinate/update, as Go's decoder reads it into structs.CoordinateUpdateRequest: unknown fields are
// refused, and of all that is wrong with the values the first is told, in Go's words.

import { type ByteString, utf8 } from "../lib/bytes.ts";
import { parseBody } from "../lib/go-json.ts";
import { quote } from "../lib/go-quote.ts";
import { isRawList, isRawMap, jsonKind, type RawMap, type RawValue } from "../lib/raw-value.ts";
import type { Coordinate } from "../model/coordinate.ts";

/** What a body says; "" and undefined for what it does not mention. */
export interface CoordinateBody {
  datacenter: string;
  node: string;
  segment: string;
  coordinate: Coordinate | undefined;
}

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** Where the first fault is kept while the rest is read on. */
interface Faults {
  first: string | undefined;
}

type Take = (value: RawValue, faults: Faults) => void;

const REQUEST = "CoordinateUpdateRequest";

export function readCoordinateBody(text: ByteString): Read<CoordinateBody> {
  const parsed = parseBody(text);
  if (!parsed.ok) return parsed;
  const body: CoordinateBody = { datacenter: "", node: "", segment: "", coordinate: undefined };
  const { value } = parsed;
  if (value === null) return { ok: true, value: body };
  if (!isObject(value))
    return {
      ok: false,
      error: `json: cannot unmarshal ${jsonKind(value)} into Go value of type structs.CoordinateUpdateRequest`,
    };
  const faults: Faults = { first: undefined };
  const members = parsed.members.map(({ name, value: its }) => [name, its] as const);
  readFields(members, faults, {
    Datacenter: textField(`${REQUEST}.Datacenter`, (text) => {
      body.datacenter = text;
    }),
    Node: textField(`${REQUEST}.Node`, (text) => {
      body.node = text;
    }),
    Segment: textField(`${REQUEST}.Segment`, (text) => {
      body.segment = text;
    }),
    Coord(coord, each) {
      body.coordinate = readCoordinate(coord, each);
    },
    // There are no tokens yet: whatever it is, it is not needed.
    Token: textField(`${REQUEST}.Token`, () => undefined),
  });
  return faults.first === undefined ? { ok: true, value: body } : { ok: false, error: faults.first };
}

function isObject(value: RawValue): value is RawMap {
  return typeof value === "object" && value !== null && isRawMap(value);
}

function readCoordinate(value: RawValue, faults: Faults): Coordinate | undefined {
  if (value === null) return undefined;
  if (!isObject(value)) {
    faults.first ??= misfit(value, `${REQUEST}.Coord`, "coordinate.Coordinate");
    return undefined;
  }
  const read = { vec: [] as number[], error: 0, adjustment: 0, height: 0 };
  const at = "Coordinate.Coord";
  readFields([...value], faults, {
    Vec(list, each) {
      read.vec = readVector(list, `${at}.Vec`, each) ?? read.vec;
    },
    Error(number, each) {
      read.error = readNumber(number, `${at}.Error`, each) ?? read.error;
    },
    Adjustment(number, each) {
      read.adjustment = readNumber(number, `${at}.Adjustment`, each) ?? read.adjustment;
    },
    Height(number, each) {
      read.height = readNumber(number, `${at}.Height`, each) ?? read.height;
    },
  });
  return read;
}

function readVector(value: RawValue, at: string, faults: Faults): number[] | undefined {
  if (value === null) return [];
  if (typeof value === "object" && isRawList(value))
    return value.map((item) => readNumber(item, at, faults) ?? 0);
  faults.first ??= misfit(value, at, "[]float64");
  return undefined;
}

/** Null leaves a number as it is. */
function readNumber(value: RawValue, at: string, faults: Faults): number | undefined {
  if (value === null) return undefined;
  const isNumber = typeof value === "object" && "goType" in value;
  if (isNumber && Number.isFinite(value.value)) return value.value;
  faults.first ??= misfit(value, at, "float64");
  return undefined;
}

function textField(at: string, take: (text: string) => void): Take {
  return (value, faults) => {
    if (typeof value === "string") take(value);
    else if (value !== null) faults.first ??= misfit(value, at, "string");
  };
}

/** A number that does not fit is told with its digits. */
function misfit(value: RawValue, at: string, type: string): string {
  const digits =
    type === "float64" && typeof value === "object" && value !== null && "goType" in value
      ? ` ${value.text}`
      : "";
  return `json: cannot unmarshal ${jsonKind(value)}${digits} into Go struct field ${at} of type ${type}`;
}

/** Names are taken in any case, as Go takes them. */
function readFields(
  members: readonly (readonly [name: string, value: RawValue])[],
  faults: Faults,
  fields: Readonly<Record<string, Take>>,
): void {
  const byName = new Map(Object.entries(fields).map(([name, take]) => [name.toLowerCase(), take]));
  for (const [name, value] of members) {
    const take = byName.get(name.toLowerCase());
    if (take === undefined) faults.first ??= `json: unknown field ${quote(utf8(name))}`;
    else take(value, faults);
  }
}
