// The compress message: one message in LZW. Whether it is worth it is the sender's business (packet.ts, stream-messages.ts).

import type { Decoded } from "../schema.ts";
import { compressLzw, decompressLzw } from "./lzw.ts";
import { COMPRESS, MESSAGE_TYPE } from "./messages.ts";
import { decodeKind, encodeKind } from "./struct.ts";

const LZW = 0;

/**
 * Below this our messages do not get shorter: the wrapping costs 15 bytes, and LZW 9 bits for each byte that begins no
 * string it has seen. Packets of a quiet pool (pings, acks) stay below, so that it spends nothing on trying.
 */
const WORTH_TRYING_BYTES = 128;

/** The message wrapped. @param leadingClear See `compressLzw`. */
export function compressMessage(message: Uint8Array, leadingClear: boolean = false): Uint8Array {
  return encodeKind(COMPRESS, { algo: LZW, buf: compressLzw(message, leadingClear) }, MESSAGE_TYPE.compress);
}

/** The message wrapped if that makes it shorter, else as it is. */
export function compressIfShorter(message: Uint8Array): Uint8Array {
  if (message.length < WORTH_TRYING_BYTES) return message;
  const wrapped = compressMessage(message);
  return wrapped.length < message.length ? wrapped : message;
}

/**
 * The message inside a compress message whose body, without the type byte, is `bytes[start, end)`.
 * @param maxBytes Longer plain messages are refused.
 */
export function decompressMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxBytes: number,
): Decoded<Uint8Array> {
  const decoded = decodeKind(COMPRESS, bytes, start, end);
  if (!decoded.ok) return decoded;
  const { algo, buf } = decoded.value;
  if (algo !== LZW) return { ok: false, error: `compression algorithm ${algo} not supported` };
  const plain = decompressLzw(buf ?? new Uint8Array(0), maxBytes);
  return plain.ok ? { ok: true, value: plain.bytes } : plain;
}
