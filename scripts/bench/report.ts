// What a run found out, as rows: lines for a terminal, and tables for docs/benchmarks.md.

import type { Comparison } from "./compare.ts";

export interface Row extends Comparison {
  /** "PUT, 64 clients". */
  readonly workload: string;
  /** "durable server, 1 core". */
  readonly where: string;
  readonly unit: string;
  /** The ratio that was asked for before anything was measured; undefined where none was. */
  readonly bar: number | undefined;
  readonly pairs: number;
  /** More figures, candidate's and yardstick's: "p99" → ["0.2 ms", "1.3 ms"]. */
  readonly more: Readonly<Record<string, readonly [candidate: string, yardstick: string]>>;
  /** Others used so much of the machine that only the ratio may be believed. */
  readonly noisy: boolean;
}

export function isBelow({ bar, ratio }: Row): boolean {
  return bar !== undefined && !(ratio >= bar);
}

/** The rows that did not reach their bar, as one line; that there are none is said, too. */
export function belowOf(rows: readonly Row[]): string {
  const below = rows.filter(isBelow).map(({ workload, where }) => `${workload} (${where})`);
  const measured = rows.filter(({ bar }) => bar !== undefined).length;
  return below.length === 0
    ? `All ${measured} bars are reached.`
    : `Below their bar, ${below.length} of ${measured}: ${below.join("; ")}.`;
}

function verdict(row: Row): string {
  if (row.bar === undefined) return "";
  return isBelow(row) ? "**below**" : "reached";
}

function cellsOf(row: Row, names: readonly [string, string]): Record<string, string> {
  const cells: Record<string, string> = {
    workload: row.workload,
    where: row.where,
    [names[0]]: amount(row.candidate, row.unit),
    [names[1]]: amount(row.yardstick, row.unit),
    "ratio (least)": `${row.ratio.toFixed(2)} (${row.least.toFixed(2)})${row.noisy ? " ~" : ""}`,
    bar: row.bar === undefined ? "" : `${row.bar} ${verdict(row)}`,
  };
  for (const [name, [candidate, yardstick]] of Object.entries(row.more))
    cells[name] = `${candidate} / ${yardstick}`;
  return cells;
}

/** With its unit; seconds where there are thousands of milliseconds. */
export function amount(value: number, unit: string): string {
  return unit === "ms" && value >= 1000 ? `${figure(value / 1000)} s` : `${figure(value)} ${unit}`;
}

/** Three digits that count. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "?";
  if (value >= 10_000) return `${figure(value / 1000)} k`;
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** One line of text, for reading while the run goes on. */
export function lineOf(row: Row, names: readonly [string, string]): string {
  const cells = cellsOf(row, names);
  const [workload, where, ...rest] = Object.entries(cells);
  const figures = rest.filter(([, text]) => text !== "").map(([name, text]) => `${name} ${text}`);
  return `${workload?.[1].padEnd(24)} ${where?.[1].padEnd(24)} ${figures.join(", ")}`;
}

/** The rows as a table of Markdown. */
export function markdownOf(rows: readonly Row[], names: readonly [string, string]): string {
  const all = rows.map((row) => cellsOf(row, names));
  const columns = [...new Set(all.flatMap((cells) => Object.keys(cells)))];
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...all.map((cells) => line(columns.map((column) => cells[column] ?? ""))),
  ].join("\n");
}
