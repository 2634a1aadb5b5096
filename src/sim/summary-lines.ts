// A summary as lines for people: leaders, trouble, clients, what was checked.

import { FAULT_KINDS } from "./fault-kinds.ts";
import { BOUNDS_MS } from "./liveness.ts";
import type { Summary } from "./summary.ts";
import type { RunReport } from "./swarm.ts";

/** What a run of the swarm knows of itself besides; of a story only the operations, where it has clients. */
export type SummedRun = Partial<Pick<RunReport, "effects" | "strikes" | "recovery" | "operations">>;

/**
 * What is looked at after every step, by the name of its file in src/sim/checkers (test/sim/summary.test.ts keeps the two
 * equal), in words.
 */
export const STEP_RULES: Readonly<Record<string, string>> = {
  "raft/election-safety": "one leader a term",
  "raft/leader-completeness": "leaders have all that is committed",
  "raft/leader-append-only": "leaders only append",
  "raft/durable-quorum": "what is committed is durable on a majority",
  "raft/committed-entries": "what is committed stays",
  "raft/log-matching": "logs match",
  "raft/state-machine-safety": "servers apply the same",
  "raft/monotonicity": "terms and indexes only grow",
  promises: "votes and entries promised are kept over crashes",
  membership: "who is dead stays dead, and incarnations only grow",
  structure: "each machine's own invariants",
};

/** Aligned lines: a word of what, then the facts. */
export function summaryLines(summary: Summary, run: SummedRun = {}): string[] {
  return [
    ...block("leaders", leaderLines(summary)),
    ...block("trouble", troubleLines(summary, run)),
    ...block("clients", clientLines(summary)),
    ...block("checked", checkedLines(summary, run)),
  ];
}

/** The word stands before the first line. */
function block(word: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `${(at === 0 ? word : "").padEnd(10)}${line}`);
}

/** Of a line, the word before it not counted. */
const LINE_CHARACTERS = 100;

/** Items with commas between them, in as many lines as they need. */
function listed(items: readonly string[], indent = ""): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const [at, item] of items.entries()) {
    const text = `${item}${at < items.length - 1 ? "," : ""}`;
    if (line.length > indent.length && line.length + text.length >= LINE_CHARACTERS) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${text}` : text;
  }
  return [...lines, line];
}

/** Leaders that are told one by one; of more only the first and the last few. */
const TOLD_LEADERS = 12;

function leaderLines({ leaders }: Summary): string[] {
  if (leaders.length === 0) return ["nobody ever led"];
  const told = leaders.map(({ node, term, fromMs, untilMs }) =>
    untilMs === undefined
      ? `${node} (t${term}) from ${seconds(fromMs)} s on`
      : `${node} (t${term}) ${seconds(fromMs)}–${seconds(untilMs)} s`,
  );
  if (told.length > TOLD_LEADERS) {
    const half = TOLD_LEADERS / 2;
    told.splice(half, told.length - TOLD_LEADERS, `… ${thousands(told.length - TOLD_LEADERS)} more …`);
  }
  return listed(told);
}

/** Of notes of one kind that are told one by one. */
const TOLD_NOTES = 4;

function troubleLines({ notes }: Summary, { effects, strikes }: SummedRun): string[] {
  const kinds = new Map<string, string[]>();
  for (const { atMs, node, text } of notes) {
    const { kind, whom } = takeNoteApart(text);
    const victim = [node, whom].filter((each) => each !== undefined && each !== "").join(" ");
    const known = kinds.get(kind) ?? [];
    known.push(`${seconds(atMs)} s${victim === "" ? "" : ` ${victim}`}`);
    kinds.set(kind, known);
  }
  const width = Math.max(0, ...[...kinds.keys()].map((kind) => kind.length));
  const lines = [...kinds].map(([kind, times]) => {
    const told =
      times.length <= TOLD_NOTES
        ? times.join(", ")
        : `${times.slice(0, TOLD_NOTES - 1).join(", ")}, … ${times.at(-1)}`;
    return `${kind.padEnd(width)} ${thousands(times.length).padStart(5)} × ${told}`;
  });
  if (effects !== undefined) {
    const told = FAULT_KINDS.filter((kind) => effects.has(kind) || strikes?.kinds.has(kind as never));
    const each = told.map((kind) => `${kind} ${thousands(effects.get(kind) ?? 0)}`);
    if (each.length > 0) lines.push("what took effect, and how often:", ...listed(each, "  "));
  }
  return lines.length === 0 ? ["none"] : lines;
}

/** What follows two blanks is whom it struck; figures and files are no part of the kind. */
export function takeNoteApart(text: string): { readonly kind: string; readonly whom: string } {
  const [head = "", whom = ""] = text.split("  ", 2);
  const kind = head
    .replace(/ \d+(?:\.\d+)?(?= (?:ms|bytes)\b)/, " …")
    .replace(/^bits of \S+/, "bits of a file")
    .replace(/\?\S*$/, "");
  return { kind, whom };
}

function clientLines({ operations }: Summary): string[] {
  if (operations.size === 0) return ["asked nothing"];
  const kinds = [...operations].sort(([a], [b]) => (a < b ? -1 : 1));
  const width = Math.max(...kinds.map(([kind]) => kind.length));
  return kinds.map(([kind, answers]) => {
    const all = Object.values(answers).reduce((sum, each) => sum + each, 0);
    const parts = Object.entries(answers).filter(([, times]) => times > 0);
    return `${kind.padEnd(width)} ${thousands(all).padStart(6)}: ${parts.map(([answer, times]) => `${thousands(times)} ${answer}`).join(", ")}`;
  });
}

function checkedLines({ steps, committed }: Summary, { operations, recovery }: SummedRun): string[] {
  const lines = [
    `after each of ${thousands(steps)} steps, with ${thousands(committed)} entries committed:`,
    ...listed(Object.values(STEP_RULES), "  "),
  ];
  if (operations !== undefined) {
    const all = operations.ok + operations.failed + operations.unknown;
    lines.push(`the history of ${thousands(all)} operations of clients, for linearizability`);
  }
  if (recovery === undefined) return lines;
  if (Object.keys(recovery).length === 0)
    return [...lines, "not looked at: how it recovers, as it did not get there"];
  return [
    ...lines,
    "once all trouble had ended:",
    ...listed(
      [
        recoveryWords("a leader", recovery.leaderMs, BOUNDS_MS.leader),
        recoveryWords("everyone sees everyone", recovery.membersMs, BOUNDS_MS.members),
        recoveryWords("all servers are in the configuration", recovery.admittedMs, BOUNDS_MS.admitted),
        recoveryWords("from then on all are at rest", recovery.restMs, BOUNDS_MS.rest),
      ],
      "  ",
    ),
  ];
}

function recoveryWords(what: string, ms: number | undefined, boundMs: number): string {
  return ms === undefined
    ? `${what}: never`
    : `${what} after ${seconds(ms)} s (allowed ${thousands(boundMs / 1000)})`;
}

function thousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
