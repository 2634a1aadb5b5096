// Reads what `node --cpu-prof` has written: which functions the time of a stretch of the run went to.

/** The part of V8's .cpuprofile that is read here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Microseconds of the monotonic clock. */
  readonly startTime: number;
  /** Which node was found running, and the microseconds since the look before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** From 0. */
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

export interface FunctionTime {
  /** "parseHead (quorate.js:123)". */
  readonly name: string;
  /** Microseconds in the function itself, and in it and all that it called. */
  readonly selfUs: number;
  readonly totalUs: number;
}

/**
 * Time by function between two moments of the monotonic clock, most self time first. "(program)" is native code (system
 * calls, mostly), "(idle)" is waiting.
 */
export function timeByFunction(profile: CpuProfile, fromUs: number, toUs: number): FunctionTime[] {
  const selfByNode = selfTimes(profile, fromUs, toUs);
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const times = new Map<string, { selfUs: number; totalUs: number }>();
  const visit = (node: ProfileNode, above: ReadonlySet<string>): number => {
    const name = nameOf(node);
    const selfUs = selfByNode.get(node.id) ?? 0;
    const inside = above.has(name) ? above : new Set(above).add(name);
    let totalUs = selfUs;
    for (const child of node.children ?? []) totalUs += visit(byId.get(child) as ProfileNode, inside);
    const time = times.get(name) ?? { selfUs: 0, totalUs: 0 };
    times.set(name, time);
    time.selfUs += selfUs;
    // A function that calls itself is counted once, at its outermost.
    if (!above.has(name)) time.totalUs += totalUs;
    return totalUs;
  };
  const [root] = profile.nodes;
  if (root !== undefined) visit(root, new Set());
  return [...times].map(([name, time]) => ({ name, ...time })).sort((a, b) => b.selfUs - a.selfUs);
}

function selfTimes(
  { startTime, samples, timeDeltas }: CpuProfile,
  fromUs: number,
  toUs: number,
): Map<number, number> {
  const times = new Map<number, number>();
  let nowUs = startTime;
  samples.forEach((node, at) => {
    nowUs += timeDeltas[at] ?? 0;
    // A sample stands for the time until the next one.
    const lastsUs = timeDeltas[at + 1] ?? 0;
    if (nowUs >= fromUs && nowUs < toUs) times.set(node, (times.get(node) ?? 0) + lastsUs);
  });
  return times;
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} (${url.slice(url.lastIndexOf("/") + 1)}:${lineNumber + 1})`;
}
