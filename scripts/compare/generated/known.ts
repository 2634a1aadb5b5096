// Differences that are there by intent, where a drawn request meets them: each with its number in docs/compatibility.md
// ("-" for one of those that stand below its table), and how narrowly it is told from anything else.

import type { Request } from "./request.ts";

export interface Known {
  readonly number: string;
  readonly why: string;
  /** Whether this is what stands here; `before` are the requests that came before it. */
  readonly excuses: (it: Seen, before: readonly Request[]) => boolean;
  /** What the two agents have written differs from here on. */
  readonly ends?: true;
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
    excuses: (seen, before) => asks(seen, "kv/") && before.some(deletesKeys) && differsInIndexAlone(seen),
  },
  {
    number: "H40",
    why: "a conditional write of a node or a check that has another fault fails its transaction",
    ends: true,
    excuses: ({ request, ours }) =>
      request.path === "txn" &&
      /"(?:Node|Check)":\{"Verb":"cas"/.test(JSON.stringify(request.body)) &&
      ours[0] === "HTTP/1.1 409 Conflict",
  },
  {
    number: "-",
    why: "from when on the catalog knows where an agent is, by which others are near to it, is left to chance",
    excuses: (seen) =>
      seen.request.query.some((each) => each.startsWith("near=")) && differsInOrderAlone(seen),
  },
  {
    number: "-",
    why: "who waits for a node that is not there is told when one went last",
    excuses: (seen) =>
      /^(?:catalog\/node|catalog\/node-services|internal\/ui\/node)\//.test(seen.request.path) &&
      seen.request.query.some((each) => each.startsWith("index=")) &&
      seen.consul.includes("X-Consul-Index: 1") &&
      differsInIndexAlone(seen),
  },
];

function asks({ request }: Seen, path: string): boolean {
  return request.method === "GET" && request.path.startsWith(path);
}

function deletesKeys({ method, path, body }: Request): boolean {
  return path.startsWith("kv/")
    ? method === "DELETE"
    : path === "txn" && JSON.stringify(body).includes("delete");
}

function differsInIndexAlone({ consul, ours }: Seen): boolean {
  return withoutIndex(consul) === withoutIndex(ours);
}

function differsInOrderAlone({ consul, ours }: Seen): boolean {
  return consul.toSorted().join("\n") === ours.toSorted().join("\n");
}

function withoutIndex(lines: readonly string[]): string {
  return lines.join("\n").replace(/^X-Consul-Index: .*/m, "X-Consul-Index:");
}
