// Which agents a command is meant for: the flags that `event` and `exec` choose them by, and how they are judged.

import { compileRe2 } from "../../core/lib/re2/re2.ts";
import { type Flag, type FlagValues, stringFlag } from "./flags.ts";

const NODE_FILTERS = ["node", "service", "tag"] as const;

export const NODE_FILTER_FLAGS: readonly Flag[] = [
  { name: "node", kind: "string", description: "Regular expression that names of nodes must match." },
  {
    name: "service",
    kind: "string",
    description: "Regular expression that the id of one of a node's services must match.",
  },
  {
    name: "tag",
    kind: "string",
    description: "Regular expression that a tag of such a service must match. Goes with -service.",
  },
];

export type NodeFilters =
  /** The expressions that were given, by the names of their flags. */
  | { readonly ok: true; readonly filters: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly error: string };

export function readNodeFilters(flags: FlagValues): NodeFilters {
  const filters: Record<string, string> = {};
  for (const which of NODE_FILTERS) {
    const expression = stringFlag(flags, which) ?? "";
    if (expression === "") continue;
    const compiled = compileRe2(expression);
    if (!compiled.ok)
      return { ok: false, error: `Failed to compile ${which} filter regexp: ${compiled.error}` };
    filters[which] = expression;
  }
  if ("tag" in filters && !("service" in filters))
    return { ok: false, error: "Cannot provide tag filter without service filter." };
  return { ok: true, filters };
}
