// What an answer is made from. Whoever answers names what must be known for it; what is not known yet is asked of the
// servers, or of recursors, and then the answer is made anew. So nothing waits inside of an answer that is half made.

import type { HealthRow } from "../api/response.ts";
import type { Node } from "../model/catalog.ts";
import type { DnsRecord } from "./message.ts";
import type { DnsName } from "./name.ts";
import type { DnsSettings } from "./settings.ts";

export type Need =
  | {
      readonly kind: "instances";
      readonly service: string;
      readonly tag: string;
      readonly of: "service" | "connect" | "ingress";
      readonly datacenter: string;
    }
  | { readonly kind: "node"; readonly node: string; readonly datacenter: string }
  | { readonly kind: "query"; readonly name: string; readonly datacenter: string; readonly ip: string }
  /** Whose address that is, in our datacenter. */
  | { readonly kind: "names"; readonly ip: string }
  /** What recursors say of a name that is none of ours. */
  | { readonly kind: "elsewhere"; readonly name: DnsName };

export type Fact =
  /** Those that may be told, in the order in which they are to be. */
  | { readonly kind: "instances"; readonly rows: readonly HealthRow[] }
  | {
      readonly kind: "result";
      readonly rows: readonly HealthRow[];
      readonly service: string;
      readonly datacenter: string;
      /** As the query says it; "" where it does not. */
      readonly ttl: string;
    }
  | { readonly kind: "node"; readonly node: Node }
  /** "" for none. */
  | { readonly kind: "names"; readonly node: string; readonly service: string }
  | { readonly kind: "records"; readonly records: readonly DnsRecord[] }
  /** There is no such thing. */
  | { readonly kind: "nothing" }
  | { readonly kind: "failed" };

/** So many things are asked for one answer. */
export const MAX_NEEDS = 64;

/** What an answer is made in. */
export interface View {
  readonly settings: DnsSettings;
  readonly datacenter: string;
  /** `translate_wan_addrs`. */
  readonly translatesWan: boolean;
  /** Seconds since 1970. */
  readonly nowS: number;
  readonly facts: ReadonlyMap<string, Fact>;
  /** What was not known. */
  readonly missing: Map<string, Need>;
}

export const FAILED_FACT: Fact = { kind: "failed" };

export function needKey(need: Need): string {
  return JSON.stringify(need);
}

/** What is known of it; if nothing is, it is noted as missing, and whatever is answered now will be answered again. */
export function findFact(view: View, need: Need): Fact {
  const key = needKey(need);
  const known = view.facts.get(key);
  if (known !== undefined) return known;
  if (view.facts.size + view.missing.size < MAX_NEEDS) view.missing.set(key, need);
  return FAILED_FACT;
}
