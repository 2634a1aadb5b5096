// One measurement as statsd, statsite and DogStatsD read it: name, value, kind. Texts only; who sends them is elsewhere.

/** c: so many more; g: so much now; ms: so long, or so large. */
export type LineKind = "c" | "g" | "ms";

/** What the protocol itself uses would end a name early. */
function clean(name: string): string {
  return name.replace(/[: |\n]/g, "_");
}

/** statsd and statsite: Go's `%f` for every number. */
export function statsdLine(name: string, value: number, kind: LineKind): string {
  return `${clean(name)}:${value.toFixed(6)}|${kind}\n`;
}

/** DogStatsD: counts are whole numbers, and tags come behind. */
export function dogstatsdLine(name: string, value: number, kind: LineKind, tags: readonly string[]): string {
  const number = kind === "c" ? String(Math.trunc(value)) : value.toFixed(6);
  const tail = tags.length === 0 ? "" : `|#${tags.map((tag) => tag.replaceAll("\n", "")).join(",")}`;
  return `${clean(name)}:${number}|${kind}${tail}\n`;
}

/** Lines put together into packets of at most so many bytes; a longer line goes alone. The last line's end is left out. */
export function packets(lines: readonly string[], mostBytes: number): string[] {
  const found: string[] = [];
  let packet = "";
  for (const line of lines) {
    if (packet !== "" && Buffer.byteLength(packet) + Buffer.byteLength(line) - 1 > mostBytes) {
      found.push(packet.slice(0, -1));
      packet = "";
    }
    packet += line;
  }
  if (packet !== "") found.push(packet.slice(0, -1));
  return found;
}
