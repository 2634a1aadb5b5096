// Names as DNS carries them (RFC 1035 §3.1): labels with their lengths before them, as a string of bytes that ends with the
// root's empty label. So a name can be a key, its suffixes are its parents, and its letters stay as a client wrote them.

import { type ByteString, byteStringOf, textOf, utf8 } from "../lib/bytes.ts";

/** "\x03web\x06consul\0". */
export type DnsName = ByteString;

export const ROOT: DnsName = "\0" as DnsName;

const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
/** The two bits of a length that say that a pointer follows. */
const POINTER = 0xc0;
/** Each pointer goes back, so there can be no more than labels; this is for packets that are all pointers. */
const MAX_POINTERS = 127;

/** The name of these labels, or undefined for what is none: an empty label, one of 64 bytes, 256 bytes in all. */
export function nameOfLabels(labels: readonly ByteString[]): DnsName | undefined {
  let name = "";
  for (const label of labels) {
    if (label.length === 0 || label.length > MAX_LABEL_BYTES) return undefined;
    name += String.fromCharCode(label.length) + label;
  }
  return name.length + 1 > MAX_NAME_BYTES ? undefined : (`${name}\0` as DnsName);
}

/** The name that a text with dots says, with or without the last one; undefined for what is none. "" is the root. */
export function nameOfText(text: string): DnsName | undefined {
  const whole = text.endsWith(".") ? text.slice(0, -1) : text;
  return whole === "" ? ROOT : nameOfLabels(whole.split(".").map(utf8));
}

export function labelsOf(name: DnsName): ByteString[] {
  const labels: ByteString[] = [];
  for (let at = 0; name.charCodeAt(at) > 0; ) {
    const end = at + 1 + name.charCodeAt(at);
    labels.push(name.slice(at + 1, end) as ByteString);
    at = end;
  }
  return labels;
}

/** As people write it, with the last dot; what can't be printed, and dots within labels, as `\DDD`. */
export function nameText(name: DnsName): string {
  const label = (bytes: ByteString): string =>
    bytes.replace(
      /[^!-~]|[."\\();@$]/g,
      (byte) => `\\${/[.]/.test(byte) ? "." : String(byte.charCodeAt(0)).padStart(3, "0")}`,
    );
  return `${labelsOf(name).map(label).join(".")}.`;
}

/** Letters of ASCII alone have another case in DNS (RFC 4343), and no length is such a letter. */
export function lowerName(name: DnsName): DnsName {
  return /[A-Z]/.test(name) ? (name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) as DnsName) : name;
}

/** Whether a name is in a zone, or the zone itself. Both in lower case. */
export function isWithin(name: DnsName, zone: DnsName): boolean {
  if (!name.endsWith(zone)) return false;
  const start = name.length - zone.length;
  // What ends like the zone may do so in the middle of a label.
  let at = 0;
  while (at < start) at += 1 + name.charCodeAt(at);
  return at === start;
}

/** What a label says; what is no UTF-8 says something that no name in the catalog is. */
export function labelText(label: ByteString): string {
  return textOf(label);
}

/**
 * The name at a place of a message, its pointers followed.
 * @returns undefined where there is none; `next` is where the message goes on.
 */
export function readName(
  bytes: Uint8Array,
  start: number,
): { readonly name: DnsName; readonly next: number } | undefined {
  let name = "";
  let at = start;
  let next = -1;
  for (let pointers = 0; ; ) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length === 0) return { name: `${name}\0` as DnsName, next: next < 0 ? at + 1 : next };
    if (length >= POINTER) {
      const low = bytes[at + 1];
      if (low === undefined || ++pointers > MAX_POINTERS) return undefined;
      if (next < 0) next = at + 2;
      at = ((length & ~POINTER) << 8) | low;
      continue;
    }
    const end = at + 1 + length;
    if (length > MAX_LABEL_BYTES || end > bytes.length) return undefined;
    name += byteStringOf(bytes.subarray(at, end));
    if (name.length + 1 > MAX_NAME_BYTES) return undefined;
    at = end;
  }
}
