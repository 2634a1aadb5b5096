// How well all that is in the catalog is, in numbers: what the web interface of later Consuls begins with.

import { CRITICAL, PASSING, WARNING } from "./catalog.ts";
import { int, list, type Shape, struct, text } from "./shape.ts";

/** How many there are of one name, and how many of them are how. */
export interface HealthCounts {
  /** "" where all are counted together. */
  readonly name: string;
  readonly total: number;
  readonly passing: number;
  readonly warning: number;
  readonly critical: number;
}

export interface CatalogOverview {
  /** All nodes, in one row; none where there are no nodes. */
  readonly nodes: readonly HealthCounts[];
  /** Instances by their service, in the order of its name. */
  readonly services: readonly HealthCounts[];
  /** By the checks' names, in their order. */
  readonly checks: readonly HealthCounts[];
}

const counts = struct<HealthCounts>({
  name: ["Name", text, "omit"],
  total: ["Total", int],
  passing: ["Passing", int],
  warning: ["Warning", int],
  critical: ["Critical", int],
});
const listOfCounts = list(counts) as Shape<readonly HealthCounts[]>;
export const catalogOverview: Shape<CatalogOverview> = struct<CatalogOverview>({
  nodes: ["Nodes", listOfCounts],
  services: ["Services", listOfCounts],
  checks: ["Checks", listOfCounts],
});

/** The counts with one more that is in this status. */
export function counted(before: HealthCounts, status: string): HealthCounts {
  return {
    ...before,
    total: before.total + 1,
    passing: before.passing + Number(status === PASSING),
    warning: before.warning + Number(status === WARNING),
    critical: before.critical + Number(status === CRITICAL),
  };
}

/** The worst of them; passing where there are none. */
export function worstOf(statuses: Iterable<string>): string {
  const all = new Set(statuses);
  return [CRITICAL, WARNING].find((status) => all.has(status)) ?? PASSING;
}
