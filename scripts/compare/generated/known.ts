// Differences that are there by intent, where a drawn request meets them: each with its number in docs/compatibility.md, and
// how narrowly it is told from anything else.

import type { Request } from "./request.ts";

export interface Known {
  readonly number: string;
  readonly why: string;
  /** Whether this is what stands here; `before` are the requests that came before it. */
  readonly excuses: (it: Seen, before: readonly Request[]) => boolean;
}

/** A request, and the lines that each agent's answer was told in. */
export interface Seen {
  readonly request: Request;
  readonly consul: readonly string[];
  readonly ours: readonly string[];
}

export const KNOWN: readonly Known[] = [
  {
    number: "H20",
    why: "the index of a part of a deleted tree is that of the deletion",
    excuses: ({ request, consul, ours }, before) =>
      request.method === "GET" &&
      request.path.startsWith("kv/") &&
      before.some(deletesKeys) &&
      isSame(withoutIndex(consul), withoutIndex(ours)),
  },
];

function deletesKeys({ method, path, body }: Request): boolean {
  return path.startsWith("kv/")
    ? method === "DELETE"
    : path === "txn" && JSON.stringify(body).includes("delete");
}

function withoutIndex(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^X-Consul-Index: .*/, "X-Consul-Index:"));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, at) => line === other[at]);
}
