// The words of DNS: what a question asks, what an answer is made of (RFC 1035, 2782, 3596, 6891, 7871).

import type { ByteString } from "../lib/bytes.ts";
import type { DnsName } from "./name.ts";

/** Types of records. */
export const RECORD: {
  readonly A: 1;
  readonly NS: 2;
  readonly CNAME: 5;
  readonly SOA: 6;
  readonly PTR: 12;
  readonly TXT: 16;
  readonly AAAA: 28;
  readonly SRV: 33;
  readonly OPT: 41;
  readonly AXFR: 252;
  readonly ANY: 255;
} = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, AXFR: 252, ANY: 255 };

export const RCODE: {
  readonly noError: 0;
  readonly formatError: 1;
  readonly serverFailure: 2;
  readonly nameError: 3;
  readonly notImplemented: 4;
  readonly refused: 5;
} = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4, refused: 5 };

export type Rcode = (typeof RCODE)[keyof typeof RCODE];

/** Bits of a header's second word. */
export const FLAG: {
  readonly response: 0x8000;
  readonly authoritative: 0x0400;
  readonly truncated: 0x0200;
  readonly recursionDesired: 0x0100;
  readonly recursionAvailable: 0x0080;
  readonly checkingDisabled: 0x0010;
} = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  checkingDisabled: 0x0010,
};

export const HEADER_BYTES = 12;
export const CLASS_IN = 1;
export const OPCODE_QUERY = 0;
export const OPCODE_NOTIFY = 4;

export interface Question {
  /** In the letters of who asks. */
  readonly name: DnsName;
  readonly type: number;
  readonly class: number;
}

/** For whom a resolver asks (EDNS Client Subnet, RFC 7871). */
export interface ClientSubnet {
  /** 1: IPv4, 2: IPv6. */
  readonly family: 1 | 2;
  /** How many bits of the address are told. */
  readonly sourcePrefix: number;
  /** As it was sent: as many bytes as the prefix needs. */
  readonly address: ByteString;
}

export interface Edns {
  /** How large an answer over UDP may be. */
  readonly udpBytes: number;
  readonly subnet: ClientSubnet | undefined;
}

export interface Query extends Question {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly edns: Edns | undefined;
}

export type RecordData =
  /** Addresses and text, as they stand in the message. */
  | { readonly kind: "bytes"; readonly bytes: ByteString }
  | { readonly kind: "name"; readonly target: DnsName }
  | {
      readonly kind: "srv";
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: DnsName;
    }
  | {
      readonly kind: "soa";
      readonly primary: DnsName;
      readonly mailbox: DnsName;
      readonly serial: number;
      /** Refresh, retry, expire, minimum. */
      readonly times: readonly [number, number, number, number];
    };

export interface DnsRecord {
  readonly name: DnsName;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: RecordData;
}

/** The sections of an answer. */
export interface Sections {
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

export interface DnsMessage extends Sections {
  readonly id: number;
  readonly opcode: number;
  /** Bits of FLAG. */
  readonly flags: number;
  readonly rcode: Rcode;
  readonly question: Question;
  /** What is said about the extension mechanism, to who speaks it. */
  readonly edns: { readonly udpBytes: number; readonly subnet: ScopedSubnet | undefined } | undefined;
}

/** A client's subnet with how many of its bits the answer is good for; 0: for all. */
export interface ScopedSubnet extends ClientSubnet {
  readonly scopePrefix: number;
}
