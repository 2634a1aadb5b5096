// The bytes in which an agent keeps what was registered with it: a mark, then records, each a change as MessagePack behind
// its length and a checksum. The checksum goes on from the record before, so that what an interrupted write left further
// on is never taken for what follows. What comes behind the last whole record is not there.

import { crc32c } from "../lib/crc.ts";
import { type CheckRegistration, type CheckSpec, NO_SPEC, type ServiceDefinition } from "../model/local.ts";
import { type ServiceConfig, type ServiceConfigQuestion, serviceConfig } from "../model/service-config.ts";
import { readUint32, writeUint32 } from "../wal/format.ts";
import { checkDefinition, serviceFields } from "../wire/rows.ts";
import {
  added,
  amount,
  bool,
  decode,
  encode,
  int64,
  list,
  orElse,
  record,
  type Schema,
  text,
} from "../wire/schema.ts";
import { shapeSchema } from "../wire/shape-schema.ts";

/** What one step of registering or forgetting changes, all of it or nothing. */
export interface Change {
  readonly services: readonly ServiceDefinition[];
  readonly checks: readonly CheckRegistration[];
  readonly goneServices: readonly string[];
  readonly goneChecks: readonly string[];
  /** What TTL checks were told. */
  readonly told: readonly Told[];
  /** What configuration entries say of services by now. */
  readonly defaults: readonly Defaults[];
}

export interface Told {
  readonly checkId: string;
  readonly status: string;
  readonly output: string;
  /** Until when that holds, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export interface Defaults {
  readonly serviceId: string;
  /** What was asked, so that the answer is not taken for that to another question. */
  readonly question: ServiceConfigQuestion;
  readonly config: ServiceConfig;
}

export const NO_CHANGE: Change = {
  services: [],
  checks: [],
  goneServices: [],
  goneChecks: [],
  told: [],
  defaults: [],
};

/** Fields are appended, never reordered. */
const change = record({
  services: list(record({ service: serviceFields, token: text, sidecarOf: added(text) })),
  checks: list(
    record({
      checkId: text,
      name: text,
      notes: text,
      serviceId: text,
      status: text,
      type: text,
      token: text,
      definition: checkDefinition,
      successBeforePassing: int64,
      failuresBeforeCritical: int64,
      failuresBeforeWarning: orElse(int64, NO_SPEC.failuresBeforeWarning),
      tcpUseTls: orElse(bool, NO_SPEC.tcpUseTls),
      udp: orElse(text, NO_SPEC.udp),
      h2ping: orElse(text, NO_SPEC.h2ping),
      h2pingUseTls: orElse(bool, NO_SPEC.h2pingUseTls),
      osService: orElse(text, NO_SPEC.osService),
      disableRedirects: orElse(bool, NO_SPEC.disableRedirects),
      tlsServerName: orElse(text, NO_SPEC.tlsServerName),
    }),
  ),
  goneServices: list(text),
  goneChecks: list(text),
  told: list(
    record({ checkId: text, status: text, output: text, expiresAtMs: amount }) satisfies Schema<Told>,
  ),
  defaults: added(
    list(
      record({
        serviceId: text,
        question: record({ service: text, upstreams: list(text) }),
        config: shapeSchema(serviceConfig),
      }) satisfies Schema<Defaults>,
    ),
  ),
});

export function encodeChange({ services, checks, defaults, ...rest }: Change): Uint8Array {
  return encode(change, {
    ...(defaults.length === 0 ? {} : { defaults }),
    services: services.map(({ token, sidecarOf, ...service }) => ({
      service,
      token,
      ...(sidecarOf === undefined ? {} : { sidecarOf }),
    })),
    checks: checks.map(({ spec, ...check }) => ({ definition: spec, ...check, ...spec })),
    ...rest,
  });
}

function decodeChange(bytes: Uint8Array): Change | undefined {
  const decoded = decode(change, bytes);
  if (!decoded.ok) return undefined;
  const { services, checks, defaults = [], ...rest } = decoded.value;
  return {
    defaults,
    services: services.map(({ service, token, ...said }) => ({ token, ...said, ...service })),
    checks: checks.map(({ checkId, name, notes, serviceId, status, type, token, definition, ...how }) => {
      const spec: CheckSpec = { ...NO_SPEC, ...definition, ...how };
      return { checkId, name, notes, serviceId, status, type, token, spec };
    }),
    ...rest,
  };
}

export const MARK_BYTES = 8;
const HEADER_BYTES = 8;
/** "QuorLoc1" */
const MARK: readonly number[] = [0x51, 0x75, 0x6f, 0x72, 0x4c, 0x6f, 0x63, 0x31];

/** From where the checksums of a file go on. */
export const FIRST_SUM = 0x4c6f6331;

/** Records one after the other, behind one whose checksum is `sum`; and the last one's. */
export function encodeRecords(
  changes: readonly Uint8Array[],
  sum: number,
): { readonly bytes: Uint8Array; readonly sum: number } {
  const bytes = new Uint8Array(changes.reduce((total, { length }) => total + HEADER_BYTES + length, 0));
  let at = 0;
  let last = sum;
  for (const payload of changes) {
    writeUint32(bytes, at, payload.length);
    bytes.set(payload, at + HEADER_BYTES);
    last = sumOf(bytes, at, payload.length, last);
    writeUint32(bytes, at + 4, last);
    at += HEADER_BYTES + payload.length;
  }
  return { bytes, sum: last };
}

/** Over the length and what follows the header. */
function sumOf(bytes: Uint8Array, at: number, length: number, before: number): number {
  const payload = at + HEADER_BYTES;
  return crc32c(bytes, payload, payload + length, crc32c(bytes, at, at + 4, before));
}

export function journalMark(): Uint8Array {
  return Uint8Array.from(MARK);
}

export type ReadJournal =
  | {
      readonly ok: true;
      readonly changes: readonly Change[];
      /** Where the next record goes. */
      readonly end: number;
      readonly sum: number;
      /** Something stands behind the end: a write that was interrupted. */
      readonly torn: boolean;
    }
  | { readonly ok: false; readonly why: string };

/** Reads a whole file. One that says something else than we ever write is an error, not an empty one. */
export function readJournal(bytes: Uint8Array): ReadJournal {
  if (MARK.some((byte, at) => bytes[at] !== byte)) return { ok: false, why: "it does not begin as one" };
  const changes: Change[] = [];
  let at = MARK_BYTES;
  let sum = FIRST_SUM;
  for (;;) {
    const length = at + HEADER_BYTES <= bytes.length ? readUint32(bytes, at) : 0;
    if (length === 0 || length > bytes.length - at - HEADER_BYTES) break;
    const next = sumOf(bytes, at, length, sum);
    if (next !== readUint32(bytes, at + 4)) break;
    const each = decodeChange(bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length));
    if (each === undefined) return { ok: false, why: `what is kept at ${at} is of another version` };
    changes.push(each);
    at += HEADER_BYTES + length;
    sum = next;
  }
  const torn = bytes.subarray(at, at + HEADER_BYTES).some((byte) => byte !== 0);
  return { ok: true, changes, end: at, sum, torn };
}
