// A coordinate as an ack carries it behind a byte of version, and as Consul's archives hold it.

import type { Coordinate } from "../../model/coordinate.ts";
import type { Decoded } from "../schema.ts";
import { decodeKind, encodeKind, f64, type Kind, list, struct } from "./struct.ts";

/** Of what Serf's pings carry; any other is not for us. */
const PING_VERSION = 1;

/** Go's coordinate.Coordinate. A vector of nil is one of no dimensions. */
interface CoordinateBody extends Omit<Coordinate, "vec"> {
  readonly vec: readonly number[] | null;
}

const body: Kind<CoordinateBody> = struct<CoordinateBody>(
  {},
  {
    vec: ["Vec", list(f64)],
    error: ["Error", f64],
    adjustment: ["Adjustment", f64],
    height: ["Height", f64],
  },
);

export const coordinateKind: Kind<Coordinate> = {
  zero: { vec: [], error: 0, adjustment: 0, height: 0 },
  read(reader) {
    const read = body.read(reader);
    return { ...read, vec: read.vec ?? [] };
  },
  write: body.write,
};

/** What an ack brings beside its number. */
export function encodePingPayload(coordinate: Coordinate): Uint8Array {
  return encodeKind(coordinateKind, coordinate, PING_VERSION);
}

export function decodePingPayload(bytes: Uint8Array): Decoded<Coordinate> {
  if (bytes[0] !== PING_VERSION) return { ok: false, error: `unsupported ping version: ${bytes[0]}` };
  return decodeKind(coordinateKind, bytes, 1);
}
