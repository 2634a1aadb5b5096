// What happened in a run, for people who did not watch it: who led when, what trouble there was, what clients asked and
// what became of it, and how much the checkers looked at. Plain data and the observer that gathers it; its words are in
// summary-lines.ts.

import type { Input } from "../core/agent/ports.ts";
import type { SimNode } from "./node.ts";
import type { Observer, World } from "./world.ts";

export type AnswerKind =
  /** Answered 200, or 404 to a read. */
  | "ok"
  /** A compare-and-set that found another index. */
  | "refused"
  | "error"
  /** Its server crashed, its client gave up, or the run ended. */
  | "unanswered";

/** A server's time as leader. Two may overlap: who was replaced does not know it at once. */
export interface Reign {
  readonly node: string;
  readonly term: number;
  readonly fromMs: number;
  /** Undefined: it led when the run ended. */
  untilMs: number | undefined;
}

export interface Summary {
  /** In order of their beginnings. */
  readonly leaders: Reign[];
  /** Notes of the run: faults, and their ends. */
  readonly notes: { readonly atMs: number; readonly node: string | undefined; readonly text: string }[];
  /** "get", "get consistent", "put", "put cas", "delete", "watch", "other" → how many ended how. */
  readonly operations: Map<string, Record<AnswerKind, number>>;
  /** Steps of agents: after each the checkers looked. */
  steps: number;
  /** The highest index that some server learned to be committed. */
  committed: number;
  /** Agents' lives that began. */
  starts: number;
}

export function createSummary(): Summary {
  return { leaders: [], notes: [], operations: new Map(), steps: 0, committed: 0, starts: 0 };
}

export function summarise(summary: Summary): (world: World) => Observer {
  return (world) => {
    const open = new Map<number, string>();
    const reigns = new Map<SimNode, Reign>();
    const atMs = (): number => world.nowUs / 1000;
    const endReign = (node: SimNode): void => {
      const reign = reigns.get(node);
      if (reign === undefined) return;
      reign.untilMs = atMs();
      reigns.delete(node);
    };
    return {
      onStart: () => void summary.starts++,
      onCrash: endReign,
      onNote: (node, text) => void summary.notes.push({ atMs: atMs(), node: node?.name, text }),
      beforeStep(_node, input) {
        if (input?.type === "http") noteQuestion(summary, open, input);
      },
      afterStep(node) {
        summary.steps++;
        const raft = node.agent?.service.server?.raft;
        if (raft === undefined) return;
        summary.committed = Math.max(summary.committed, raft.commitIndex);
        const term = raft.role === "leader" ? raft.currentTerm : undefined;
        if (reigns.get(node)?.term === term) return;
        endReign(node);
        if (term === undefined) return;
        const reign: Reign = { node: node.name, term, fromMs: atMs(), untilMs: undefined };
        reigns.set(node, reign);
        summary.leaders.push(reign);
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
function noteQuestion(
  summary: Summary,
  open: Map<number, string>,
  { id, request }: Extract<Input, { type: "http" }>,
): void {
  const kind = questionKind(request.method, request.target);
  open.set(id, kind);
  count(summary, kind, "unanswered", 1);
}

function count({ operations }: Summary, kind: string, answer: AnswerKind, by: number): void {
  const known = operations.get(kind) ?? { ok: 0, refused: 0, error: 0, unanswered: 0 };
  known[answer] += by;
  operations.set(kind, known);
}

function questionKind(method: string, target: string): string {
  if (!target.startsWith("/v1/kv/")) return "other";
  const parameters = (target.split("?")[1] ?? "").split("&").map((each) => each.split("=")[0] as string);
  if (method === "GET" && parameters.includes("index")) return "watch";
  const how = ["cas", "consistent", "stale"].find((each) => parameters.includes(each));
  return how === undefined ? method.toLowerCase() : `${method.toLowerCase()} ${how}`;
}

function answerKind(kind: string, status: number, body: string): AnswerKind {
  if (status === 404 && (kind.startsWith("get") || kind === "watch")) return "ok";
  if (status !== 200) return "error";
  return kind.endsWith(" cas") && body.trim() === "false" ? "refused" : "ok";
}
