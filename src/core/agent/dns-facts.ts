// Between DNS and the servers: what is asked of them for an answer, and what their responses say.

import type { QueryExecute } from "../api/prepared-query.ts";
import type { CatalogAddress, CatalogNode, HealthIngress, HealthService } from "../api/request.ts";
import type { HealthRow, Response } from "../api/response.ts";
import type { Fact, Need } from "../dns/facts.ts";
import type { DnsSettings } from "../dns/settings.ts";
import { type Chance, shuffle } from "../lib/chance.ts";
import { CRITICAL, PASSING } from "../model/catalog.ts";

/** What servers can be asked for. */
export type ServerNeed = Exclude<Need, { kind: "elsewhere" }>;
export type DnsRead = HealthService | HealthIngress | CatalogNode | CatalogAddress | QueryExecute;

/** @param stale Any server may answer. @param agent The name of this one. */
export function requestOf(need: ServerNeed, stale: boolean, agent: string): DnsRead {
  const options = { consistency: stale ? "stale" : "default", minIndex: 0, waitMs: 0 } as const;
  switch (need.kind) {
    case "instances": {
      const { service, tag, of } = need;
      const wanted = { service, nodeMeta: [], passing: false, options } as const;
      if (of === "ingress") return { kind: "health.ingress", ...wanted };
      const tags = tag === "" ? [] : [tag];
      return { kind: "health.service", ...wanted, connect: of === "connect", tags };
    }
    case "node":
      return { kind: "catalog.node", node: need.node, options };
    case "query": {
      const { name, ip } = need;
      return { kind: "query.execute", name, limit: 0, connect: false, near: "", ip, agent, options };
    }
    case "names":
      return { kind: "catalog.address", address: need.ip, options };
  }
}

/** How the instances of an answer are put in order. */
export interface Dealing {
  readonly chance: Chance;
  /** Which of them comes first: in turn, so that all do equally often. */
  readonly turn: number;
  readonly settings: DnsSettings;
}

export function factOf(response: Response, dealing: Dealing): Fact {
  if (!response.ok) {
    const { code } = response.error;
    return { kind: code === "no-datacenter" || code === "not-found" ? "nothing" : "failed" };
  }
  const { body } = response;
  switch (body.kind) {
    case "health":
      return { kind: "instances", rows: deal(healthy(body.rows, dealing.settings), dealing) };
    case "node-services":
      return body.node === null ? { kind: "nothing" } : { kind: "node", node: body.node };
    case "query-result": {
      const { rows, service, datacenter, ttl } = body.result;
      return { kind: "result", rows, service, datacenter, ttl };
    }
    case "address-owner":
      return { kind: "names", node: body.node, service: body.service };
    default:
      return { kind: "failed" };
  }
}

/** Whoever may be told of: no check of it or its node is critical, or all of them pass. */
function healthy(rows: readonly HealthRow[], { onlyPassing }: DnsSettings): HealthRow[] {
  return rows.filter(({ checks }) =>
    checks.every(({ status }) => (onlyPassing ? status === PASSING : status !== CRITICAL)),
  );
}

/** In any order, but for the first, which most clients take. */
function deal(rows: HealthRow[], { chance, turn }: Dealing): readonly HealthRow[] {
  if (rows.length < 2) return rows;
  const first = rows[turn % rows.length] as HealthRow;
  const shuffled = shuffle(chance, "dns.shuffle", rows);
  const place = shuffled.indexOf(first);
  shuffled[place] = shuffled[0] as HealthRow;
  shuffled[0] = first;
  return shuffled;
}
