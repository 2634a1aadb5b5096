// What a case of compare-cli.ts is, and short ways to write many.

export interface Case {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Written to a file of this name in the directory of the run. */
  readonly file?: readonly [name: string, content: string];
  /** Consul prints the lines in a random order. */
  readonly anyOrder?: true;
  /** Why the two may differ; without it they must not. */
  readonly differs?: string;
}

export type Rest = Omit<Case, "args">;

/** Command lines, one a line; an argument with blanks in it, or an empty one, stands in single quotes. */
export function lines(text: string, rest: Rest = {}): Case[] {
  return rows(text).map((row) => {
    const words = row.match(/'[^']*'|\S+/g) ?? [];
    return { args: words.map((word) => word.replace(/^'(.*)'$/s, "$1")), ...rest };
  });
}

/** Configuration files for `validate`, one a line, with ¶ for a line's end. What every agent needs is put before them. */
export function hcl(text: string, rest: Rest = {}): Case[] {
  const base = 'data_dir = "data"\nbind_addr = "127.0.0.1"\n';
  return rows(text).map((row) => {
    return { args: ["validate", "case.hcl"], file: ["case.hcl", base + row.replaceAll("¶", "\n")], ...rest };
  });
}

/** The same in JSON, with … for what every agent needs. */
export function json(text: string, rest: Rest = {}): Case[] {
  const base = '"data_dir":"data","bind_addr":"127.0.0.1"';
  return rows(text).map((row) => {
    const content = row.replaceAll("¶", "\n").replaceAll("…", base);
    return { args: ["validate", "case.json"], file: ["case.json", content], ...rest };
  });
}

function rows(text: string): string[] {
  return text
    .trim()
    .split("\n")
    .map((row) => row.trim());
}
