// What a node says of itself: where it is reached, what it carries, what it speaks. memberlist's list and Serf's hold on to
// the same record: of a pool of thousands there are millions of these references.

import { must } from "../lib/assert.ts";
import { type ByteString, byteStringOf, bytesOf } from "../lib/bytes.ts";
import { type Address, type HostPort, ipBytes, ipText, joinHostPort } from "../model/address.ts";
import type { ProtocolVersions } from "../model/member.ts";
import { decodeTags } from "../wire/gossip/tags.ts";

/** Never changed in place: whoever says something else gets another one. */
export interface NodeRecord {
  readonly ip: string;
  /** `ip` as messages carry it: 4 or 16 bytes. */
  readonly addr: Uint8Array;
  readonly port: number;
  /** `ip` and `port` as packets are addressed. */
  readonly address: Address;
  /** Serf's tags, encoded, as messages carry them. */
  readonly meta: ByteString;
  readonly tags: ReadonlyMap<string, string>;
  readonly versions: ProtocolVersions;
}

/** What a record is made from. `host`: an address, not a name. */
export interface NodeClaim extends HostPort {
  readonly meta: ByteString;
  readonly versions: ProtocolVersions;
}

export function createRecord({ host, port, meta, versions }: NodeClaim): NodeRecord {
  const addr = must(ipBytes(host), "a node's address was read from bytes, or checked");
  const ip = must(ipText(addr), "an address of 4 or 16 bytes has a text");
  const tags = decodeTags(bytesOf(meta));
  return { ip, addr, port, address: joinHostPort(ip, port), meta, tags, versions };
}

/** Whether the record says just that. */
export function isClaimOf(record: NodeRecord, { host, port, meta, versions }: NodeClaim): boolean {
  return (
    record.port === port &&
    record.ip === host &&
    record.meta === meta &&
    sameVersions(record.versions, versions)
  );
}

function sameVersions(one: ProtocolVersions, other: ProtocolVersions): boolean {
  return (
    one.min === other.min &&
    one.max === other.max &&
    one.current === other.current &&
    one.delegateMin === other.delegateMin &&
    one.delegateMax === other.delegateMax &&
    one.delegateCurrent === other.delegateCurrent
  );
}

export function metaOf(meta: Uint8Array | null): ByteString {
  return byteStringOf(meta ?? new Uint8Array(0));
}
