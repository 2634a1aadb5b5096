// Text in lines of nearly equal length: the breaks that make the sum of squared gaps at the line ends least (Knuth and
// Plass, "Breaking paragraphs into lines", with one penalty), which is how Consul wraps its help.

/** A line that is too long costs this much more. */
const TOO_LONG = 100_000;

/** The words of `text` in lines of at most `width` characters, where words allow. The last line may be short for free. */
export function wrapText(text: string, width: number): string[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const cost = new Array<number>(words.length + 1).fill(Number.POSITIVE_INFINITY);
  const breakAfter = new Array<number>(words.length).fill(words.length);
  cost[words.length] = 0;
  for (let from = words.length - 1; from >= 0; from--) {
    let length = -1;
    for (let to = from + 1; to <= words.length; to++) {
      length += 1 + [...(words[to - 1] as string)].length;
      const candidate = lineCost(length, width, to === words.length, to === from + 1) + (cost[to] as number);
      if (candidate < (cost[from] as number)) {
        cost[from] = candidate;
        breakAfter[from] = to;
      }
    }
  }
  const lines: string[] = [];
  for (let from = 0; from < words.length; from = breakAfter[from] as number)
    lines.push(words.slice(from, breakAfter[from]).join(" "));
  return lines;
}

function lineCost(length: number, width: number, last: boolean, oneWord: boolean): number {
  if (last && (length <= width || oneWord)) return 0;
  return (width - length) ** 2 + (length > width ? TOO_LONG : 0);
}
