// Intentions as records of an archive, and back.

import { compareStrings, utf8 } from "../lib/bytes.ts";
import { instantText } from "../lib/utc-time.ts";
import { type Intention, intentionHash, precedenceOf } from "../model/intention.ts";
import { readRawHeader, type Writer, writeBytes } from "../wire/gossip/msgpack.ts";
import { type Kind, mapOf, nullable, size, struct, text } from "../wire/gossip/struct.ts";
import { labelsOf, mapOfLabels } from "./catalog-rows.ts";
import { int } from "./records.ts";

/** Seconds from the year 1, where Go counts from, to 1970. */
const UNIX_SECONDS = 62_135_596_800n;
const TIME_BYTES = 15;

/**
 * A moment, as Go's time.Time writes itself: a version, seconds since the year 1, nanoseconds, minutes east of UTC or -1.
 * Here it is what Go prints of it in UTC.
 */
const moment: Kind<string> = {
  zero: "0001-01-01T00:00:00Z",
  read(reader) {
    const length = readRawHeader(reader);
    const start = reader.at;
    reader.at += Math.max(0, length);
    if (length < TIME_BYTES) return moment.zero;
    const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset + start, TIME_BYTES);
    return momentText(view.getBigInt64(1) - UNIX_SECONDS, view.getInt32(9));
  },
  write: writeMoment,
};

function momentText(unixSeconds: bigint, nanoseconds: number): string {
  const seconds = instantText(Number(unixSeconds) * 1000).slice(0, -1);
  const fraction = String(nanoseconds).padStart(9, "0").replace(/0+$/, "");
  return `${seconds}${fraction === "" ? "" : `.${fraction}`}Z`;
}

function writeMoment(writer: Writer, value: string): void {
  const [, year = "1", month = "1", day = "1", clock = "0", fraction = ""] =
    /^(\d{4})-(\d\d)-(\d\d)T([\d:]{8})(?:\.(\d{1,9}))?Z$/.exec(value) ?? [];
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(":").map(Number);
  const days = daysSince1970(Number(year), Number(month), Number(day));
  const unixSeconds = days * 86_400 + hours * 3600 + minutes * 60 + seconds;
  const bytes = new Uint8Array(TIME_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setBigInt64(1, BigInt(unixSeconds) + UNIX_SECONDS);
  view.setInt32(9, Number(fraction.padEnd(9, "0")));
  view.setInt16(13, -1);
  writeBytes(writer, bytes);
}

/** Hinnant, "chrono-compatible low-level date algorithms", days_from_civil. */
function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

/** Follows from the rest: what is there is not looked at. */
const hash: Kind<Uint8Array> = {
  zero: new Uint8Array(0),
  read(reader) {
    const length = readRawHeader(reader);
    reader.at += Math.max(0, length);
    return hash.zero;
  },
  write: writeBytes,
};

export interface IntentionRecord extends Omit<Intention, "meta"> {
  readonly meta: ReadonlyMap<string, string> | null;
  readonly precedence: number;
  readonly hash: Uint8Array;
}
export const intention: Kind<IntentionRecord> = struct<IntentionRecord>(
  {},
  {
    id: ["ID", text],
    description: ["Description", text],
    sourceNs: ["SourceNS", text],
    sourceName: ["SourceName", text],
    destinationNs: ["DestinationNS", text],
    destinationName: ["DestinationName", text],
    sourceType: ["SourceType", text],
    action: ["Action", text],
    defaultAddr: ["DefaultAddr", text],
    defaultPort: ["DefaultPort", int],
    meta: ["Meta", nullable(mapOf(text))],
    precedence: ["Precedence", int],
    createdAt: ["CreatedAt", moment],
    updatedAt: ["UpdatedAt", moment],
    hash: ["Hash", hash],
    createIndex: ["CreateIndex", size],
    modifyIndex: ["ModifyIndex", size],
  },
);

export function intentionRecord(row: Intention): IntentionRecord {
  return { ...row, meta: mapOfLabels(row.meta), precedence: precedenceOf(row), hash: intentionHash(row) };
}

export function intentionOf({ precedence: _, hash: __, ...record }: IntentionRecord): Intention {
  const meta = [...(labelsOf(record.meta) ?? [])];
  return { ...record, meta: meta.sort(([a], [b]) => compareStrings(utf8(a), utf8(b))) };
}
