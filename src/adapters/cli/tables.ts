// The two kinds of tables in Consul's output: columns two blanks apart (members), and cells parted by tabs with six blanks
// between them (kv get -detailed), where a column is as wide as its widest cell in neighbouring lines.

import { type ByteString, decodeRune } from "../../core/lib/bytes.ts";

/** Rows of trimmed cells as lines, without a newline at the end. The last column is not padded. */
export function columnTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.trim()));
  const widths: number[] = [];
  for (const row of cells)
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, [...cell].length);
    });
  return cells
    .map((row) =>
      row
        .map((cell, at) =>
          at === row.length - 1 ? cell : cell + padding(widths[at] as number, [...cell].length),
        )
        .join("  "),
    )
    .join("\n");
}

function padding(width: number, length: number): string {
  return " ".repeat(Math.max(0, width - length));
}

const TAB_GAP = 6;

/**
 * Replaces the tabs of the text by blanks as Go's text/tabwriter does. Works on bytes, since the cells may be any: a
 * value of the store with a tab in it is laid out like the rest, which is odd, and what Consul prints.
 */
export function tabTable(text: ByteString): ByteString {
  const lines = text.split("\n").map((line) => line.split("\t"));
  // An empty cell at the very end was never begun.
  const last = lines[lines.length - 1] as string[];
  if (last.length > 1 && last[last.length - 1] === "") last.pop();
  const widths = cellWidths(lines);
  return lines
    .map((cells, line) =>
      cells.map((cell, column) => cell + padding(widths[line]?.[column] ?? 0, runeCount(cell))).join(""),
    )
    .join("\n") as ByteString;
}

/**
 * The width of every cell but the last of each line: that of the widest cell in the unbroken run of lines that have the
 * column, and the gap. Costs one step a cell, since values may be large and full of tabs.
 */
function cellWidths(lines: readonly (readonly string[])[]): number[][] {
  const widths: number[][] = lines.map(() => []);
  const reaches = (line: number, column: number): boolean => (lines[line]?.length ?? 0) > column + 1;
  let having = [...lines.keys()].filter((line) => reaches(line, 0));
  for (let column = 0; having.length > 0; column++) {
    let run: number[] = [];
    let width = 0;
    for (const line of having) {
      if (run.at(-1) !== line - 1) {
        run = [];
        width = 0;
      }
      run.push(line);
      const wanted = runeCount(lines[line]?.[column] ?? "") + TAB_GAP;
      if (wanted <= width) (widths[line] as number[])[column] = width;
      else {
        width = wanted;
        for (const each of run) (widths[each] as number[])[column] = width;
      }
    }
    having = having.filter((line) => reaches(line, column + 1));
  }
  return widths;
}

function runeCount(bytes: string): number {
  let count = 0;
  for (let at = 0; at < bytes.length; count++) at += decodeRune(bytes, at).length;
  return count;
}
