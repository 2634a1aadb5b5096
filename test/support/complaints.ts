// What clients of a cluster in trouble were told instead of an answer: sorted by whom they asked, when, and what they heard,
// and held to what Consul tells those who ask its client agents while servers elect a leader.

import type { Cluster } from "./cluster.ts";
import type { HttpAsk, HttpResult, HttpTarget } from "./http-client.ts";

/** When nothing befalls the cluster. */
export const AT_REST = "at rest";

export interface Complaint {
  readonly target: HttpTarget;
  readonly asks: "read" | "write";
  /** What befell the cluster meanwhile. */
  readonly phase: string;
  /** Status and body; of an answer that never came, why. */
  readonly text: string;
}

/** @returns undefined for an answer: that there is no such key is one too. */
export function complaintOf(
  { method }: Pick<HttpAsk, "method">,
  target: HttpTarget,
  result: HttpResult,
  phase: string,
): Complaint | undefined {
  const asks = method === "GET" ? "read" : "write";
  if (!result.ok) return { target, asks, phase, text: WITHOUT_ANSWER[result.why] };
  if (result.status === 200 || (asks === "read" && result.status === 404)) return undefined;
  return { target, asks, phase, text: `${result.status} ${result.body}` };
}

const WITHOUT_ANSWER = {
  refused: "refused the connection",
  lost: "lost the connection",
  timeout: "no answer in time",
} as const;

/**
 * What Consul's client agents tell as well. A leader that is missing is waited for (`rpc_hold_timeout`), and a read whose
 * server dies is asked of another; a write may have happened by then, and is not. Whoever asks may lose patience before.
 */
const AS_CONSUL: readonly { readonly of: readonly Complaint["asks"][]; readonly text: RegExp }[] = [
  { of: ["read", "write"], text: /^500 (rpc error making call: )*No cluster leader$/ },
  { of: ["read", "write"], text: /^500 No known Consul servers$/ },
  { of: ["read", "write"], text: /^no answer in time$/ },
  { of: ["write"], text: /^500 (rpc error making call: )+EOF$/ },
  { of: ["write"], text: /^500 (rpc error making call: )*leadership lost while committing log$/ },
];

function isConsuls({ asks, phase, text }: Complaint): boolean {
  return phase !== AT_REST && AS_CONSUL.some((each) => each.of.includes(asks) && each.text.test(text));
}

function isOfClientAgent({ client }: Cluster, { target }: Complaint): boolean {
  return target.ip === client.http.ip && target.port === client.http.port;
}

/** One line for each kind of agent, phase, question and text, with how often it came; sorted. */
export function complaintLines(cluster: Cluster, complaints: readonly Complaint[]): string[] {
  const counts = new Map<string, number>();
  for (const complaint of complaints) {
    const { phase, asks, text } = complaint;
    const kind = isOfClientAgent(cluster, complaint) ? "client agent" : "server";
    const line = `${kind}, ${phase}: ${asks}: ${text}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${line} (${count})`).sort();
}

/** @throws Error that lists what the client agent told its callers where Consul's would have answered. */
export function demandErrorsOfConsul(cluster: Cluster, complaints: readonly Complaint[]): void {
  const strange = complaints.filter((each) => isOfClientAgent(cluster, each) && !isConsuls(each));
  if (strange.length > 0)
    throw new Error(
      `errors that Consul's client agents do not give:\n${complaintLines(cluster, strange).join("\n")}`,
    );
}
