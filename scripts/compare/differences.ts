// What differs between two transcripts, for a reader.

const SHOWN_CHARACTERS = 1_000;

/** The lines that differ, without what is the same at the beginning and at the end; none if nothing differs. */
export function differences(consul: readonly string[], ours: readonly string[]): string[] {
  const shorter = Math.min(consul.length, ours.length);
  let from = 0;
  while (from < shorter && consul[from] === ours[from]) from++;
  let same = 0;
  while (same < shorter - from && consul.at(-1 - same) === ours.at(-1 - same)) same++;
  const side = (name: string, lines: readonly string[]): string[] =>
    lines.slice(from, lines.length - same).map((line) => `${name} ${line.slice(0, SHOWN_CHARACTERS)}`);
  return [...side("consul ", consul), ...side("quorate", ours)];
}
