// Who may be in the pool: the rules by which Consul's agents keep out members of other datacenters, other pools, and
// copies of themselves. Driven by data alone: our own tags and the name of the pool. Applied to every alive message and
// to everybody in the push-pull of a join. Source: Consul's agent/consul/merge.go, lanMergeDelegate and wanMergeDelegate.

import { type Member, serverTags } from "../model/member.ts";
import type { GossipPool } from "./ports.ts";

/** What the rules look at. `left`: it is remembered only as having left. */
export interface Candidate extends Pick<Member, "name" | "ip" | "port" | "tags" | "versions"> {
  readonly left: boolean;
}

export interface Admission {
  readonly pool: GossipPool;
  readonly ownName: string;
  readonly ownTags: ReadonlyMap<string, string>;
}

/** Before this version of Consul node ids were not unique, so equal ones among strangers prove nothing. */
const UNIQUE_IDS_SINCE = [0, 8, 5] as const;

/** @returns Why these may not all be let in, in Consul's words; undefined when they may. */
export function vetoCandidates(admission: Admission, candidates: readonly Candidate[]): string | undefined {
  return admission.pool === "lan" ? vetoLan(admission, candidates) : vetoWan(candidates);
}

function vetoLan({ ownName, ownTags }: Admission, candidates: readonly Candidate[]): string | undefined {
  const ownId = ownTags.get("id") ?? "";
  const holders = new Map<string, string>();
  for (const { name, tags, left } of candidates) {
    const id = tags.get("id") ?? "";
    if (id !== "" && !left) {
      if (id === ownId && name !== ownName)
        return `Member '${name}' has conflicting node ID '${id}' with this agent's ID`;
      const holder = holders.get(id);
      if (holder !== undefined && holder !== name)
        return `Member '${name}' has conflicting node ID '${id}' with member '${holder}'`;
      if (hasUniqueIds(tags.get("build") ?? "")) holders.set(id, name);
    }
    const stranger = vetoPlace(name, tags, ownTags);
    if (stranger !== undefined) return stranger;
  }
  return undefined;
}

/** Datacenter and segment. Only Consul's agents have a datacenter, and a pool of others has none to keep to. */
function vetoPlace(
  name: string,
  tags: ReadonlyMap<string, string>,
  ownTags: ReadonlyMap<string, string>,
): string | undefined {
  const role = tags.get("role");
  const dc = tags.get("dc") ?? "";
  if (ownTags.has("dc") && (role === "node" || role === "consul") && dc !== ownTags.get("dc"))
    return `Member '${name}' part of wrong datacenter '${dc}'`;
  const segment = tags.get("segment") ?? "";
  const ownSegment = ownTags.get("segment") ?? "";
  return segment === ownSegment
    ? undefined
    : `Member '${name}' part of wrong segment '${segment}' (expected '${ownSegment}')`;
}

function vetoWan(candidates: readonly Candidate[]): string | undefined {
  for (const candidate of candidates)
    if (serverTags({ ...candidate, status: "none" }) === undefined)
      return `Member '${candidate.name}' is not a server`;
  return undefined;
}

/** Whether the version in a `build` tag ("1.8.7:ab12cd34") is one whose node ids are unique. */
function hasUniqueIds(build: string): boolean {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(build);
  if (match === null) return false;
  for (const [at, least] of UNIQUE_IDS_SINCE.entries()) {
    const part = Number(match[at + 1]);
    if (part !== least) return part > least;
  }
  return true;
}
