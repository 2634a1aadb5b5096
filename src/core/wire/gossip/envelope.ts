// What stands around a gossip packet or stream on the wire: the label, and under it the seal (AES-GCM under one of a
// pool's keys). Here are the frames and the order in which keys are tried; the cipher comes in as an argument, so that the
// real edge (adapters/net) and the simulated one share everything but the arithmetic. Which key seals what goes out, and
// what becomes of bytes that came without a seal, is the pool's to say: core/gossip/sealing.ts. Source: memberlist
// security.go and label.go.
//
//   packet:  [label header]  version(1) nonce(12) ciphertext tag(16)
//   stream:  [label header]  0a  length(4, big-endian)  version(1) nonce(12) ciphertext tag(16)

import { assert } from "../../lib/assert.ts";
import { type ByteString, bytesOf, concatBytes } from "../../lib/bytes.ts";
import { addLabel, NO_LABEL, stripLabel } from "./label.ts";
import { MESSAGE_TYPE } from "./messages.ts";

/** Authenticated encryption with a nonce of NONCE_BYTES and a tag of TAG_BYTES behind the ciphertext. */
export interface Cipher {
  /** Fresh for each call: two messages under one nonce would give the key away. */
  nonce(): Uint8Array;
  seal(key: string, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Uint8Array;
  /** The plain text; undefined when this is not what was sealed under this key, nonce and data. */
  open(key: string, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined;
}

/** Who seals and opens, for which pool. */
export interface Envelope {
  readonly cipher: Cipher;
  /** Outside the seal, and authenticated by it. NO_LABEL wherever Consul's free edition is spoken to. */
  readonly label: ByteString;
}

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
/** What a seal adds to a message. */
export const SEAL_BYTES: number = 1 + NONCE_BYTES + TAG_BYTES;
/** Of a sealed stream, without its header. memberlist's limit. */
export const MAX_SEALED_STREAM_BYTES: number = 20 << 20;
/** The type byte and the length. */
export const SEALED_STREAM_HEADER_BYTES = 5;

/** Before memberlist's protocol 2 the plain text was padded to blocks (PKCS #7). Taken, never sent. */
const PADDED_VERSION = 0;
const VERSION = 1;
const BLOCK_BYTES = 16;

/**
 * How bytes came: absent without a seal, or with one that a packet does not show; "opened" under one of our keys;
 * "closed": sealed, and none of our keys opens it.
 */
export type Seal = "opened" | "closed";

export interface Unwrapped {
  readonly bytes: Uint8Array;
  readonly seal?: Seal;
}

/** The datagram that carries a packet. Without a key it goes as it is. */
export function wrapPacket(
  { cipher, label }: Envelope,
  key: string | undefined,
  bytes: Uint8Array,
): Uint8Array {
  return addLabel(key === undefined ? bytes : seal(cipher, key, bytes, bytesOf(label)), label);
}

/**
 * The packet in a datagram. A sealed one does not say so: what no key opens is handed on as it is, and so is what carries
 * another pool's label, which the pool then refuses to read.
 */
export function unwrapPacket(
  { cipher, label }: Envelope,
  keys: readonly string[],
  datagram: Uint8Array,
): Unwrapped {
  const stripped = stripLabel(datagram, label);
  const bytes = stripped.ok ? stripped.value : datagram;
  const opened = stripped.ok ? open(cipher, keys, bytes, bytesOf(label)) : undefined;
  return opened === undefined ? { bytes } : { bytes: opened, seal: "opened" };
}

/**
 * What goes over a connection for a message. Too long a one goes unsealed nowhere: it does not go.
 * @param side Only who dialled puts the label in front; both authenticate it.
 */
export function wrapStream(
  { cipher, label }: Envelope,
  key: string | undefined,
  bytes: Uint8Array,
  side: "dialler" | "acceptor",
): Uint8Array {
  const header = side === "dialler" ? label : NO_LABEL;
  if (key === undefined || bytes.length === 0) return addLabel(bytes, header);
  const head = streamHeader(SEAL_BYTES + bytes.length);
  return addLabel(concatBytes([head, seal(cipher, key, bytes, streamAad(head, label))]), header);
}

/** The message in what came over a connection, whole. */
export function unwrapStream(
  { cipher, label }: Envelope,
  keys: readonly string[],
  received: Uint8Array,
  side: "dialler" | "acceptor",
): Unwrapped {
  const stripped = stripLabel(received, side === "dialler" ? label : NO_LABEL);
  if (!stripped.ok || stripped.value[0] !== MESSAGE_TYPE.encrypt)
    return { bytes: plainOf(stripped, received) };
  const head = stripped.value.subarray(0, SEALED_STREAM_HEADER_BYTES);
  const body = stripped.value.subarray(SEALED_STREAM_HEADER_BYTES);
  const opened = open(cipher, keys, body, streamAad(head, label));
  return opened === undefined ? { bytes: stripped.value, seal: "closed" } : { bytes: opened, seal: "opened" };
}

/** Another pool's label stays in front, where the pool finds it and says what is wrong. */
function plainOf(stripped: ReturnType<typeof stripLabel>, received: Uint8Array): Uint8Array {
  return stripped.ok ? stripped.value : received;
}

function streamHeader(length: number): Uint8Array {
  return Uint8Array.of(MESSAGE_TYPE.encrypt, length >>> 24, length >>> 16, length >>> 8, length);
}

function streamAad(head: Uint8Array, label: ByteString): Uint8Array {
  return concatBytes([head, bytesOf(label)]);
}

function seal(cipher: Cipher, key: string, plain: Uint8Array, aad: Uint8Array): Uint8Array {
  const nonce = cipher.nonce();
  assert(nonce.length === NONCE_BYTES, "a nonce of AES-GCM has 12 bytes");
  return concatBytes([Uint8Array.of(VERSION), nonce, cipher.seal(key, nonce, plain, aad)]);
}

/** The plain text under the first key that opens it; undefined when none does, or there is nothing to open. */
function open(
  cipher: Cipher,
  keys: readonly string[],
  bytes: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  const version = bytes[0];
  if (keys.length === 0 || bytes.length < SEAL_BYTES || version === undefined || version > VERSION)
    return undefined;
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const sealed = bytes.subarray(1 + NONCE_BYTES);
  for (const key of keys) {
    const plain = cipher.open(key, nonce, sealed, aad);
    if (plain !== undefined) return version === PADDED_VERSION ? unpadded(plain) : plain;
  }
  return undefined;
}

/** Without the padding, whose every byte says how long it is; undefined where that cannot be. */
function unpadded(plain: Uint8Array): Uint8Array | undefined {
  const padding = plain.at(-1);
  if (plain.length % BLOCK_BYTES !== 0 || padding === undefined) return undefined;
  return padding === 0 || padding > BLOCK_BYTES ? undefined : plain.subarray(0, plain.length - padding);
}
