// Plays a sequence on a pair of agents under names that nobody has used before, and says where they first differ.

import type { Agent, Pair } from "../agents.ts";
import { differences } from "../differences.ts";
import { createIndexes, type Indexes } from "../indexes.ts";
import { play } from "../play.ts";
import { transcribe } from "../transcript.ts";
import { KNOWN, type Known } from "./known.ts";
import { type Names, type Request, toCase } from "./request.ts";
import { evenOut, tidy } from "./tidy.ts";

export interface Played {
  /** Undefined where the agents said the same. */
  readonly difference: Difference | undefined;
  readonly names: Names;
  readonly compared: number;
  /** By intent. */
  readonly known: readonly Known[];
}

export interface Difference {
  /** Which of the requests. */
  readonly at: number;
  readonly lines: readonly string[];
}

let played = 0;

export async function playSequence(requests: readonly Request[], pair: Pair): Promise<Played> {
  const number = ++played;
  // Of equal length for long, so that nothing is cut or wrapped in another place.
  const names: Names = { prefix: `g${String(number).padStart(6, "0")}`, number };
  const agents = [pair.consul, pair.ours] as const;
  const indexes = await Promise.all(agents.map(indexesOf));
  const known: Known[] = [];
  let difference: Difference | undefined;
  let compared = 0;
  for (const [at, request] of requests.entries()) {
    const each = toCase(request, names);
    const before = indexes.map(({ names: told }) => new Map(told));
    const [consul = [], ours = []] = await Promise.all(
      agents.map(async (agent, which) => {
        const told = await play(each, agent);
        const context = { agent, indexes: indexes[which] ?? createIndexes(), number: at };
        return transcribe(each, told, context).map(withoutQuotedNumbers);
      }),
    );
    compared++;
    const lines = differences(consul, ours);
    if (lines.length === 0) continue;
    const excuse = KNOWN.find(({ excuses }) => excuses({ request, consul, ours }, requests.slice(0, at)));
    if (excuse === undefined) {
      difference = { at, lines };
      break;
    }
    known.push(excuse);
    // An index that differs by intent is none that others could be compared with.
    for (const [which, told] of before.entries()) indexes[which] = { names: told };
    if (excuse.ends) break;
  }
  await Promise.all(agents.map((agent) => tidy(agent, names.prefix)));
  if (known.some(({ ends }) => ends)) await Promise.all(agents.map((agent) => evenOut(agent, names.prefix)));
  return { difference, names, compared, known };
}

/** Faults quote what they were asked, and what they found: ids and indexes that each agent has of its own. */
function withoutQuotedNumbers(line: string): string {
  if (line.startsWith("Conflicting flags: "))
    return line
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "(an id)")
      .replace(/cas=\d+/, "cas=(an index)");
  return line
    .replace(/^(Session id )'[0-9a-f-]{36}'/, "$1'(an id)'")
    .replace(/(current modify index )\d+ != \d+/, "$1(an index)");
}

/** The agent's own node is registered once or twice at the start: whichever it was, it counts as one. */
async function indexesOf({ http: { host, port } }: Agent): Promise<Indexes> {
  const indexes = createIndexes();
  const answer = await fetch(`http://${host}:${port}/v1/health/service/consul`);
  const own = (await answer.json()) as unknown;
  for (const [, index = ""] of JSON.stringify(own).matchAll(/"(?:Create|Modify)Index":(\d+)/g))
    indexes.names.set(Number(index), "of the agent itself");
  return indexes;
}
