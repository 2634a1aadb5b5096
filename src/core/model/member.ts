// A member of a gossip pool as the others see it.

import { type Address, joinHostPort } from "./address.ts";

/** Serf's words; the index in this list is the number that Consul's API prints. */
export const MEMBER_STATUSES = ["none", "alive", "leaving", "left", "failed"] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

/** Least, greatest and spoken version of memberlist's protocol, then the same of Serf's ("delegate"). */
export interface ProtocolVersions {
  readonly min: number;
  readonly max: number;
  readonly current: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCurrent: number;
}

export interface Member {
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly status: MemberStatus;
  readonly versions: ProtocolVersions;
}

/** What the tags of a member say when it is one of our servers (`role=consul`): who it is and where it takes RPC. */
export interface ServerTags {
  readonly id: string;
  readonly datacenter: string;
  readonly rpcAddress: Address;
  /** True for a server that was told to bootstrap alone. */
  readonly bootstrap: boolean;
  /** The `bootstrap_expect` that the server was started with; 0 for none. */
  readonly expect: number;
  /** The version of Consul that it behaves as: "1.8.7". */
  readonly version: string;
}

/**
 * Reads a server's tags as Consul does: any tag that must be a number and is not makes it no server at all.
 * @returns undefined for a client agent, a foreign Serf agent or a server with unreadable tags.
 */
export function serverTags(member: Member): ServerTags | undefined {
  const { tags } = member;
  if (tags.get("role") !== "consul") return undefined;
  const port = tags.get("port") ?? "";
  const expect = tags.get("expect") ?? "0";
  const numbers = [port, tags.get("vsn") ?? "", expect, tags.get("raft_vsn") ?? "0"];
  if (!numbers.every((text) => /^\d{1,9}$/.test(text))) return undefined;
  const version = /\d+\.\d+\.\d+/.exec(tags.get("build") ?? "")?.[0];
  if (version === undefined) return undefined;
  return {
    id: tags.get("id") ?? "",
    datacenter: tags.get("dc") ?? "",
    rpcAddress: joinHostPort(member.ip, Number(port)),
    bootstrap: tags.has("bootstrap"),
    expect: Number(expect),
    version,
  };
}
