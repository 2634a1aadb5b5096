// The recorded packets of test/vectors/gossip.json, and how to take a packet apart and build it again layer by layer.

import { createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { must } from "../../../../src/core/lib/assert.ts";
import { concatBytes, hexOf, textOfBytes } from "../../../../src/core/lib/bytes.ts";
import { compressMessage, decompressMessage } from "../../../../src/core/wire/gossip/compress.ts";
import { decodeMessage, encodeMessage, MESSAGE_TYPE } from "../../../../src/core/wire/gossip/messages.ts";
import { compoundOf, withCrc } from "../../../../src/core/wire/gossip/packet.ts";
import { decodeSerf, encodeSerf, type SerfMessage } from "../../../../src/core/wire/gossip/serf-messages.ts";
import { decodeStream, encodeStream } from "../../../../src/core/wire/gossip/stream-messages.ts";
import type { Decoded } from "../../../../src/core/wire/schema.ts";

export interface Captured {
  readonly name: string;
  readonly source: string;
  readonly transport: string;
  readonly hex: string;
  readonly encryption?: {
    readonly keyHex: string;
    readonly nonceHex: string;
    readonly plainHex: string;
  };
  readonly decoded: Annotation;
}

/** One layer or message as the independent decoder wrote it down. */
export interface Annotation {
  readonly type: number;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly inner?: Annotation;
  readonly parts?: readonly Annotation[];
  readonly header?: { readonly Join: boolean };
  readonly nodes?: readonly Readonly<Record<string, unknown>>[];
  readonly serf?: SerfAnnotation;
  readonly userState?: SerfAnnotation;
}

export interface SerfAnnotation {
  readonly serfType: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly relayed?: SerfAnnotation;
  readonly payloadDecoded?: SerfAnnotation;
}

/** A vector worked out from the rules; each has the fields that its name promises. */
export interface Computed {
  readonly name: string;
  readonly plainHex: string;
  readonly lzwLeadingClearHex: string;
  readonly lzwNoLeadingClearHex: string;
  readonly dataHex: string;
  readonly packetHex: string;
  readonly label: string;
}

interface VectorFile {
  readonly captured: readonly Captured[];
  readonly computed: readonly Computed[];
  readonly numeric: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

function load(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../vectors/${name}`, import.meta.url), "utf8"));
}

export const vectors = load("gossip.json") as VectorFile;
export const largeStream = load("gossip-lzw-large.json") as {
  readonly hex: string;
  readonly plainHex: string;
};

export function unhex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function isStream(vector: Captured): boolean {
  return vector.transport.startsWith("tcp");
}

/** The bytes below the encryption, which the adapter's side of the edge takes off; checked against the real cipher. */
export function plainOf(vector: Captured): Uint8Array {
  const bytes = unhex(vector.hex);
  if (vector.encryption === undefined) return bytes;
  const { keyHex, nonceHex, plainHex } = vector.encryption;
  const key = unhex(keyHex);
  const cipher = createDecipheriv(`aes-${8 * key.length}-gcm` as "aes-256-gcm", key, unhex(nonceHex));
  cipher.setAuthTag(bytes.subarray(-16));
  const frame = isStream(vector) ? 5 : 0;
  if (isStream(vector)) cipher.setAAD(bytes.subarray(0, frame));
  const plain = concatBytes([cipher.update(bytes.subarray(frame + 13, -16)), cipher.final()]);
  if (hexOf(plain) !== plainHex) throw new Error(`${vector.name} does not decrypt to what was written down`);
  return new Uint8Array(plain);
}

/** Go's LZW writer began with a clear code from 1.17 on: serf 0.9.4 was built with such a one. */
export function leadingClear(vector: Captured): boolean {
  return vector.source.startsWith("serf");
}

function value<T>(decoded: Decoded<T>): T {
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

/** Decodes every layer and every message, and encodes them again with the same layers. */
export function rebuildPacket(bytes: Uint8Array, clear: boolean): Uint8Array {
  switch (bytes[0]) {
    case MESSAGE_TYPE.crc:
      return withCrc(rebuildPacket(bytes.subarray(5), clear));
    case MESSAGE_TYPE.compress: {
      const plain = value(decompressMessage(bytes, 1, bytes.length, 1 << 20));
      return compressMessage(rebuildPacket(plain, clear), clear);
    }
    case MESSAGE_TYPE.compound:
      return compoundOf(partsOf(bytes).map((part) => rebuildPacket(part, clear)));
    default: {
      const message = value(decodeMessage(bytes, 0, bytes.length));
      return encodeMessage(
        message.type === "user" ? { ...message, bytes: rebuildSerf(message.bytes) } : message,
      );
    }
  }
}

function partsOf(compound: Uint8Array): Uint8Array[] {
  const count = must(compound[1], "a compound has a count");
  let at = 2 + 2 * count;
  return Array.from({ length: count }, (_, k) => {
    const length = must(compound[2 + 2 * k], "length") * 256 + must(compound[3 + 2 * k], "length");
    at += length;
    return compound.subarray(at - length, at);
  });
}

export function rebuildStream(bytes: Uint8Array, clear: boolean): Uint8Array {
  if (bytes[0] === MESSAGE_TYPE.compress) {
    const plain = value(decompressMessage(bytes, 1, bytes.length, 1 << 20));
    return compressMessage(rebuildStream(plain, clear), clear);
  }
  const message = value(decodeStream(bytes));
  return encodeStream(
    message.type === "push-pull" ? { ...message, userState: rebuildSerf(message.userState) } : message,
    false,
  );
}

function rebuildSerf(bytes: Uint8Array): Uint8Array {
  const message: SerfMessage = value(decodeSerf(bytes));
  return encodeSerf(
    message.type === "relay" ? { ...message, message: rebuildSerf(message.message) } : message,
  );
}

/** Our names of fields whose wire name is not the same with a capital letter. */
const WIRE_NAMES: Readonly<Record<string, string>> = { id: "ID", coalesce: "CC", ip: "IP" };

/** Whether our record says everything that the annotation says. The annotation's own additions begin with "_". */
export function says(ours: unknown, theirs: unknown): boolean {
  if (ours instanceof Uint8Array) {
    if (typeof theirs === "string") return textOfBytes(ours) === theirs;
    return hexOf(ours) === (theirs as { $hex?: string }).$hex;
  }
  if (ours instanceof Map) return says(Object.fromEntries(ours), theirs);
  if (Array.isArray(theirs))
    return (
      Array.isArray(ours) && ours.length === theirs.length && theirs.every((each, at) => says(ours[at], each))
    );
  if (typeof theirs !== "object" || theirs === null) return ours === theirs;
  const wireNames = new Map(
    Object.entries(ours as object).map(([name, field]) => [
      WIRE_NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1),
      field as unknown,
    ]),
  );
  const ourField = (name: string): unknown =>
    wireNames.has(name) ? wireNames.get(name) : (ours as Record<string, unknown>)[name];
  return Object.entries(theirs).every(([name, field]) => name.startsWith("_") || says(ourField(name), field));
}

/** The annotations of the messages in a packet, in order, without the layers around them. */
export function leaves(annotation: Annotation): Annotation[] {
  if (annotation.inner !== undefined) return leaves(annotation.inner);
  return annotation.parts === undefined ? [annotation] : annotation.parts.flatMap(leaves);
}

/** The same for one of Serf's messages, and for the one inside it if it is a relay. */
export function saysSerf(bytes: Uint8Array, annotation: SerfAnnotation | undefined): boolean {
  const decoded = decodeSerf(bytes);
  if (!decoded.ok || annotation === undefined || !says(decoded.value, annotation.body)) return false;
  return decoded.value.type !== "relay" || saysSerf(decoded.value.message, annotation.relayed);
}
