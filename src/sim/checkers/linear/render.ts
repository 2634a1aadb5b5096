// A violation as text for whoever is called in the night: what is wrong in a sentence, the operations that prove it, and
// an order that explains everything before. One line an operation.

import { unreachable } from "../../../core/lib/assert.ts";
import type { Action, KvOutcome, KvVersion, Operation } from "../history.ts";
import type { LinearizabilityViolation } from "./diagnosis.ts";
import { quoted } from "./finding.ts";

/** How many operations to print of what can be long. Of a witness the last ones, which lead up to the fault. */
const MOST_LINES = 10;

export function renderReport(violation: LinearizabilityViolation): string {
  const { key, rule, explanation, operations, context, before, pending } = violation;
  const lines = [`key ${JSON.stringify(key)} is not linearizable: ${rule}`, `  ${explanation}`];
  if (before.length > 0) lines.push("", `before these operations: ${before.slice(0, 4).join(", or ")}`);
  if (pending.length > 0) {
    const which = "writes of unknown outcome from before, which may happen at any time";
    lines.push("", which, ...renderTable(pending.slice(0, MOST_LINES)));
  }
  lines.push("", "operations that contradict one another", ...renderTable(operations));
  if (context.length > 0)
    lines.push("", "writes of the values they saw", ...renderTable(context.slice(0, MOST_LINES)));
  lines.push(...renderWitness(violation));
  return `${lines.join("\n")}\n`;
}

function renderWitness({ witness, witnessIsWhole }: LinearizabilityViolation): string[] {
  if (witness.length === 0) return [];
  const shown = witness.slice(-MOST_LINES);
  const what = witnessIsWhole
    ? "an order that explains the answers before"
    : "the longest order found that explains a part of the answers before";
  const which = shown.length < witness.length ? `, the last ${shown.length} of ${witness.length}` : "";
  return ["", what + which, ...renderTable(shown)];
}

/** One line for each operation: when (ms), who, what, and what came of it, in columns. */
function renderTable(operations: readonly Operation[]): string[] {
  const rows = operations.map((operation) => [
    `#${operation.id}`,
    renderMs(operation.invokedMs),
    "–",
    renderMs(operation.completedMs),
    operation.client,
    renderAction(operation.action),
    `→ ${renderOutcome(operation.outcome)}`,
  ]);
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const rightAligned = 4;
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column < rightAligned ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
    return `  ${cells.join("  ").trimEnd()}`;
  });
}

function renderMs(ms: number): string {
  return ms === Number.POSITIVE_INFINITY ? "…" : ms.toFixed(1);
}

function renderAction(action: Action): string {
  switch (action.kind) {
    case "get":
    case "list":
    case "delete":
      return action.kind;
    case "put":
      return `put ${quoted(action.value)}`;
    case "cas":
      return `cas ${action.index} ${quoted(action.value)}`;
    case "delete-cas":
      return `delete-cas ${action.index}`;
    case "acquire":
    case "release":
      return `${action.kind} ${action.session} ${quoted(action.value)}`;
    case "swap":
      return `swap ${quoted(action.from)} ${quoted(action.value)}`;
    case "invalidate":
      return `end of session ${action.session} (${action.behavior})`;
    case "create-session":
    case "end-session":
    case "look-session":
      return action.kind;
    default:
      return unreachable(action);
  }
}

function renderOutcome(outcome: KvOutcome | undefined): string {
  switch (outcome?.kind) {
    case undefined:
      return "still open";
    case "read":
      if (outcome.version === undefined) return "no such key";
      return renderVersion(outcome.version);
    case "read-value":
      return outcome.value === undefined ? "no such key" : quoted(outcome.value);
    case "listed":
      return `${outcome.rows.length} rows`;
    case "applied":
      return outcome.modifyIndex === undefined ? "true" : `true, ModifyIndex ${outcome.modifyIndex}`;
    case "refused":
      return "false";
    case "no-session":
      return "no such session";
    case "created":
      return outcome.session;
    case "looked":
      return outcome.alive ? "alive" : "no such session";
    case "failed":
      return "failed";
    case "unknown":
      return "unknown";
    default:
      return unreachable(outcome);
  }
}

function renderVersion({ value, modifyIndex, createIndex, session, lockIndex }: KvVersion): string {
  const lock = lockIndex === undefined ? "" : ` LockIndex ${lockIndex}`;
  const holder = session === undefined || session === "" ? "" : ` held by ${session}`;
  return `${quoted(value)} ModifyIndex ${modifyIndex} CreateIndex ${createIndex}${lock}${holder}`;
}
