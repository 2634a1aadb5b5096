// What happened in a run, for people who did not watch it: who led when, what trouble there was, what clients asked and
// what became of it, and how much the checkers looked at. Plain data, an observer that gathers it, and lines to print.

import type { Input } from "../core/agent/ports.ts";
import type { Observer, World } from "./world.ts";

export type AnswerKind =
  /** Answered 200, or 404 to a read. */
  | "ok"
  /** A compare-and-set that found another index. */
  | "refused"
  | "error"
  /** Its server crashed, its client gave up, or the run ended. */
  | "unanswered";

export interface Summary {
  /** In order of time. */
  readonly leaders: { readonly atMs: number; readonly node: string; readonly term: number }[];
  /** Notes of the run: faults, and their ends. */
  readonly notes: { readonly atMs: number; readonly node: string | undefined; readonly text: string }[];
  /** "get", "get consistent", "put", "cas", "delete", "watch", "other" → how many ended how. */
  readonly operations: Map<string, Record<AnswerKind, number>>;
  /** Steps of agents: after each the checkers looked. */
  steps: number;
  /** Entries that some server learned were committed. */
  committed: number;
  starts: number;
}

export function createSummary(): Summary {
  return { leaders: [], notes: [], operations: new Map(), steps: 0, committed: 0, starts: 0 };
}

export function summarise(summary: Summary): (world: World) => Observer {
  return (world) => {
    const open = new Map<number, string>();
    const terms = new Set<number>();
    const atMs = (): number => world.nowUs / 1000;
    return {
      onStart: () => void summary.starts++,
      onNote: (node, text) => void summary.notes.push({ atMs: atMs(), node: node?.name, text }),
      beforeStep(_node, input) {
        if (input !== undefined) noteQuestion(summary, open, input);
      },
      afterStep(node) {
        summary.steps++;
        const raft = node.agent?.service.server?.raft;
        if (raft === undefined) return;
        summary.committed = Math.max(summary.committed, raft.commitIndex);
        if (raft.role !== "leader" || terms.has(raft.currentTerm)) return;
        terms.add(raft.currentTerm);
        summary.leaders.push({ atMs: atMs(), node: node.name, term: raft.currentTerm });
      },
      onReply(id, { response }) {
        const kind = open.get(id);
        if (kind === undefined) return;
        open.delete(id);
        count(summary, kind, "unanswered", -1);
        count(summary, kind, answerKind(kind, response.status, response.body), 1);
      },
    };
  };
}

/** Unanswered until it is answered. */
function noteQuestion(summary: Summary, open: Map<number, string>, input: Input): void {
  if (input.type !== "http") return;
  const kind = questionKind(input.request.method, input.request.target);
  open.set(input.id, kind);
  count(summary, kind, "unanswered", 1);
}

function count({ operations }: Summary, kind: string, answer: AnswerKind, by: number): void {
  const known = operations.get(kind) ?? { ok: 0, refused: 0, error: 0, unanswered: 0 };
  known[answer] += by;
  operations.set(kind, known);
}

function questionKind(method: string, target: string): string {
  if (!target.startsWith("/v1/kv/")) return "other";
  const query = target.split("?")[1] ?? "";
  if (method === "GET" && query.includes("index=")) return "watch";
  const conditional = query.startsWith("cas=") ? " cas" : query === "consistent" ? " consistent" : "";
  return `${method.toLowerCase()}${conditional}`;
}

function answerKind(kind: string, status: number, body: string): AnswerKind {
  if (status === 404 && (kind.startsWith("get") || kind === "watch")) return "ok";
  if (status !== 200) return "error";
  return kind.endsWith("cas") && body.trim() === "false" ? "refused" : "ok";
}

/** Leaders that are told one by one; of more only the first and the last few. */
const TOLD_LEADERS = 8;

/** Aligned lines: a word of what, then the facts. */
export function summaryLines(summary: Summary): string[] {
  return [
    ...block("leaders", leaderLines(summary)),
    ...block("trouble", troubleLines(summary)),
    ...block("clients", clientLines(summary)),
    ...block("checked", [
      `${thousands(summary.steps)} steps of agents, ${thousands(summary.committed)} committed entries, each by every rule`,
    ]),
  ];
}

/** The word stands before the first line. */
function block(word: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `${(at === 0 ? word : "").padEnd(10)}${line}`);
}

function leaderLines({ leaders }: Summary): string[] {
  if (leaders.length === 0) return ["nobody ever led"];
  const tell = ({ atMs, node, term }: Summary["leaders"][number]): string =>
    `${node} from ${seconds(atMs)} s (t${term})`;
  if (leaders.length <= TOLD_LEADERS) return [leaders.map(tell).join(", ")];
  const half = TOLD_LEADERS / 2;
  const left = leaders.length - TOLD_LEADERS;
  return [
    `${leaders.slice(0, half).map(tell).join(", ")},`,
    `… ${thousands(left)} more …, ${leaders.slice(-half).map(tell).join(", ")}`,
  ];
}

/** Notes of one kind begin alike; what follows two blanks is whom it struck. */
function troubleLines({ notes }: Summary): string[] {
  const kinds = new Map<string, { times: number; firstMs: number; lastMs: number }>();
  for (const { atMs, text } of notes) {
    const kind = (text.split("  ")[0] ?? text).replace(/ \d+(\.\d+)? ms/, "");
    const known = kinds.get(kind) ?? { times: 0, firstMs: atMs, lastMs: atMs };
    kinds.set(kind, { times: known.times + 1, firstMs: known.firstMs, lastMs: atMs });
  }
  if (kinds.size === 0) return ["none"];
  const width = Math.max(...[...kinds.keys()].map((kind) => kind.length));
  return [...kinds].map(([kind, { times, firstMs, lastMs }]) => {
    const when =
      times === 1 ? `at ${seconds(firstMs)} s` : `from ${seconds(firstMs)} s to ${seconds(lastMs)} s`;
    return `${kind.padEnd(width)}  ${thousands(times).padStart(5)} ${times === 1 ? "time " : "times"} ${when}`;
  });
}

function clientLines({ operations }: Summary): string[] {
  if (operations.size === 0) return ["asked nothing"];
  const kinds = [...operations].sort(([a], [b]) => (a < b ? -1 : 1));
  const width = Math.max(...kinds.map(([kind]) => kind.length));
  return kinds.map(([kind, answers]) => {
    const all = Object.values(answers).reduce((sum, each) => sum + each, 0);
    const parts = Object.entries(answers).filter(([, times]) => times > 0);
    return `${kind.padEnd(width)}  ${thousands(all).padStart(7)}: ${parts.map(([answer, times]) => `${thousands(times)} ${answer}`).join(", ")}`;
  });
}

function thousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
