// What is asked of a name in our zones, and what was found for it.

import type { View } from "./facts.ts";
import { type DnsRecord, type Question, RCODE, type Rcode } from "./message.ts";

export interface Found {
  readonly rcode: Rcode;
  readonly answers: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  /** What there is none of is said with the zone's SOA. */
  readonly withSoa: boolean;
  /** A list of instances, which is cut to what the client takes. */
  readonly trims: boolean;
  /** It was found for this client: another may be told otherwise. */
  readonly isClients: boolean;
}

export interface Asked extends Question {
  /** Of the client, or of whom it asks for; "" where that is not known. */
  readonly ip: string;
  /** It says how much it takes. */
  readonly hasEdns: boolean;
  /** More answers than that will not be sent. */
  readonly mostAnswers: number;
  /** How often a name may still lead to a name of ours. */
  readonly depth: number;
}

/** Where an answer is made: what is known, and how names that lead on are followed. */
export interface Place extends View {
  readonly lookUp: (asked: Asked, place: Place) => Found;
}

/** A part of an answer. */
export interface Records {
  readonly answers: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

export const NO_RECORDS: Records = { answers: [], additional: [] };

export const EMPTY: Found = {
  rcode: RCODE.noError,
  answers: [],
  additional: [],
  withSoa: false,
  trims: false,
  isClients: false,
};
export const NOT_THERE: Found = { ...EMPTY, rcode: RCODE.nameError, withSoa: true };
export const FAILED: Found = { ...EMPTY, rcode: RCODE.serverFailure };
