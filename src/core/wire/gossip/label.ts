// The label header (memberlist 0.3): a name in front of every packet and at the head of every dialled stream, which keeps
// pools apart that can reach each other. It stands outside the encryption and is authenticated by it, so an adapter that
// has a label or keys peels both before the bytes reach the machine; a header that is still there is another pool's.
// Consul uses no label outside its enterprise edition.

import { assert } from "../../lib/assert.ts";
import { type ByteString, byteStringOf, bytesOf, concatBytes } from "../../lib/bytes.ts";
import type { Decoded } from "../schema.ts";
import { MESSAGE_TYPE } from "./messages.ts";

/** Of a pool without a label. */
export const NO_LABEL: ByteString = "" as ByteString;
/** Its length is one byte on the wire. */
export const MAX_LABEL_BYTES = 255;

/** The bytes behind a header with this label; without one for the empty label. */
export function addLabel(bytes: Uint8Array, label: ByteString): Uint8Array {
  if (label === NO_LABEL) return bytes;
  assert(label.length <= MAX_LABEL_BYTES, "a label's length is one byte");
  return concatBytes([Uint8Array.of(MESSAGE_TYPE.label, label.length), bytesOf(label), bytes]);
}

/** The bytes without their header, or an error when they carry another label than ours, or one where we have none. */
export function stripLabel(bytes: Uint8Array, label: ByteString): Decoded<Uint8Array> {
  if (bytes[0] !== MESSAGE_TYPE.label)
    return label === NO_LABEL ? { ok: true, value: bytes } : { ok: false, error: "label missing" };
  const length = bytes[1] ?? 0;
  if (length === 0 || bytes.length < 2 + length) return { ok: false, error: "malformed label header" };
  if (byteStringOf(bytes.subarray(2, 2 + length)) !== label)
    return { ok: false, error: "label of another pool" };
  return { ok: true, value: bytes.subarray(2 + length) };
}
