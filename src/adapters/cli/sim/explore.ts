// `sim explore`: a small scope of Raft, exhausted: every order of everything that can happen in it, with the very core.

import { tellStory } from "../../../sim/raft/story.ts";
import { type Exploration, explore } from "../../../sim/search/explore.ts";
import { MOST_OF_EACH, SCOPE_NAMES, SCOPES, type Scope } from "../../../sim/search/scope.ts";
import { type Call, type Command, say } from "../command.ts";
import { boolFlag, type Flag, type FlagValues, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { count, misuse, plantedWord, simCommand, wholeNumber } from "./words.ts";

/** What a scope counts, with the least and the most that makes sense. */
const COUNTED = [
  ["servers", "How many `servers`.", 1, 5],
  ["terms", "How many `terms` beyond the first.", 0, 6],
  ["entries", "How many commands are proposed, in all: `n`.", 0, MOST_OF_EACH],
  ["crashes", "How many times power is lost, in all: `n`.", 0, MOST_OF_EACH],
  ["changes", "How many changes of the configuration, in all: `n`.", 0, MOST_OF_EACH],
  ["transfers", "How many times leadership is handed over, in all: `n`.", 0, MOST_OF_EACH],
  ["heartbeats", "How many rounds of heartbeats, in all: `n`.", 0, MOST_OF_EACH],
  ["quits", "How many leaders give up for want of a quorum, in all: `n`.", 0, MOST_OF_EACH],
] as const;

const FLAGS: readonly Flag[] = [
  {
    name: "scope",
    kind: "string",
    description: `A \`name\`d list of scopes: ${SCOPE_NAMES.join(", ")}. The other flags change each of them.`,
    fallback: "tiny",
  },
  ...COUNTED.map(([name, description]): Flag => ({ name, kind: "int", description })),
  {
    name: "duplicates",
    kind: "string",
    description:
      'How many messages arrive twice, in all: `n`, or "any" for a network that may deliver everything again at any time.',
  },
  { name: "depth", kind: "int", description: "Look no more than so many `actions` ahead." },
  {
    name: "states",
    kind: "int",
    description: "Give up after so many `states`. Default 50000000; a state takes some 30 bytes.",
  },
  { name: "planted", kind: "string", description: "Switch on a planted bug by `name` (see `sim list`)." },
  {
    name: "no-symmetry",
    kind: "bool",
    description: "Tell states apart that differ by the servers' names only.",
  },
];

export const command: Command = simCommand({
  usage: (program) => `
Usage: ${program} sim explore [options]

  Looks at everything that can happen to a small cluster within a scope, in
  every order: messages that are delivered late, twice, in another order or
  never, servers whose time is up, writes that finish, power cuts, proposals,
  changes of the configuration. Servers run the very core of the agent. Ends
  with 0 when nothing was found, with 1 and the shortest way to the fault when
  something was, with 2 when the command line makes no sense. A search that ends
  for want of states or depth says so, and ends with 1 unless -states or -depth
  asked for it.

  Promises that rest on time (the leader's lease) are not looked at.

      $ ${program} sim explore --scope small
      $ ${program} sim explore --servers 3 --terms 2 --entries 0 --crashes 1
      $ ${program} sim explore --planted raft-vote-ignores-log`,
  flags: FLAGS,
  names: false,
  run: runExplore,
});

const DEFAULT_STATES = 50_000_000;
const MOST_STATES = 400_000_000;
const MOST_DEPTH = 10_000;
/** How often the progress line is written anew. */
const PROGRESS_MS = 500;

interface ExploreWords {
  readonly scopes: readonly Scope[];
  readonly mostStates: number;
  /** Ending early was asked for. */
  readonly mayStop: boolean;
  readonly planted: string | undefined;
  readonly symmetric: boolean;
}

async function runExplore(call: Call): Promise<number> {
  const { io, flags } = call;
  const asked = readExploreWords(flags);
  if (typeof asked === "string") return misuse(io, asked);
  for (const scope of asked.scopes) {
    const code = exploreScope(io, scope, asked);
    if (code !== 0) return code;
  }
  return 0;
}

/** @returns What is wrong with them, as text. */
function readExploreWords(flags: FlagValues): ExploreWords | string {
  const name = stringFlag(flags, "scope") ?? "";
  const known = SCOPE_NAMES.find((each) => each === name);
  if (known === undefined) return `There is no scope "${name}": there are ${SCOPE_NAMES.join(", ")}.`;
  const changes = readChanges(flags);
  if (typeof changes === "string") return changes;
  const planted = plantedWord(flags);
  if (!planted.ok) return planted.error;
  const states = flags.has("states") ? wholeNumber(flags, "states", 1, MOST_STATES) : DEFAULT_STATES;
  if (typeof states === "string") return states;
  return {
    scopes: SCOPES[known].map((scope) => ({ ...scope, ...changes })),
    mostStates: states,
    mayStop: flags.has("states") || flags.has("depth"),
    planted: planted.name,
    symmetric: !boolFlag(flags, "no-symmetry"),
  };
}

function readChanges(flags: FlagValues): Partial<Scope> | string {
  const changes: { -readonly [Key in keyof Scope]?: Scope[Key] } = {};
  for (const [name, , least, most] of COUNTED) {
    if (!flags.has(name)) continue;
    const value = wholeNumber(flags, name, least, most);
    if (typeof value === "string") return value;
    changes[name] = value;
  }
  if (flags.has("depth")) {
    const depth = wholeNumber(flags, "depth", 1, MOST_DEPTH);
    if (typeof depth === "string") return depth;
    changes.depth = depth;
  }
  const duplicates = stringFlag(flags, "duplicates");
  if (duplicates === undefined) return changes;
  const number = duplicates === "any" ? "any" : /^\d{1,2}$/.test(duplicates) ? Number(duplicates) : -1;
  if (number !== "any" && (number < 0 || number > MOST_OF_EACH))
    return `-duplicates takes 0 to ${MOST_OF_EACH} or "any", not "${duplicates}".`;
  changes.duplicates = number;
  return changes;
}

function exploreScope(
  io: Io,
  scope: Scope,
  { mostStates, mayStop, planted, symmetric }: ExploreWords,
): number {
  say(io, `scope     ${describeScope(scope)}${planted === undefined ? "" : `, planted ${planted}`}`);
  const began = performance.now();
  const beganCpu = process.cpuUsage().user;
  const shown = process.stderr.isTTY === true;
  let toldMs = began;
  const found = explore({
    scope,
    mostStates,
    planted,
    symmetric,
    tell({ states, depth, waiting }) {
      const now = performance.now();
      if (shown && now - toldMs >= PROGRESS_MS) {
        toldMs = now;
        const rate = states / ((now - began) / 1000);
        io.stderr(
          `\r\x1b[K${count(states)} states  ${count(rate)}/s  depth ${depth}  ${count(waiting)} of it left`,
        );
      }
      return true;
    },
  });
  if (shown) io.stderr("\r\x1b[K");
  printFigures(io, found, (process.cpuUsage().user - beganCpu) / 1e6, performance.now() - began);
  return printVerdict(io, found, scope, planted, mayStop);
}

function printFigures(io: Io, found: Exploration, cpuSeconds: number, wallMs: number): void {
  const { states, transitions, depth, steps, serverStates, bytesPerState } = found;
  const rate = cpuSeconds > 0 ? states / cpuSeconds : 0;
  say(
    io,
    `          ${count(states)} states, ${count(transitions)} ways between them, depth ${depth}, ${(wallMs / 1000).toFixed(1)} s (${count(rate)} states a second of one core)`,
  );
  say(
    io,
    `          ${count(serverStates)} states of one server, the core was stepped ${count(steps)} times, ${bytesPerState.toFixed(0)} bytes a state`,
  );
}

function printVerdict(
  io: Io,
  found: Exploration,
  scope: Scope,
  planted: string | undefined,
  mayStop: boolean,
): number {
  if (found.verdict === "exhausted") {
    say(io, "verdict   ok: nothing else can happen in this scope, and no rule is broken");
    return 0;
  }
  if (found.verdict === "stopped") {
    say(io, "verdict   NOT EXHAUSTED: no rule is broken so far, and more can happen");
    return mayStop ? 0 : 1;
  }
  say(io, `verdict   VIOLATED ${found.violation?.id}: ${found.violation?.message}`);
  say(io, `          the shortest way there, ${found.trace.length} actions:`);
  const story = tellStory(found.trace, {
    servers: scope.servers,
    raft: scope.raft,
    planted,
    promptDisks: scope.crashes === 0,
  });
  for (const line of story.lines) say(io, `  ${line}`);
  if (story.violation === undefined)
    say(io, "          but done one by one these actions break nothing: the search itself has a fault");
  return 1;
}

/** "3 servers, 2 terms, 1 entry, 1 crash, any duplicates" */
function describeScope(scope: Scope): string {
  const plural: Readonly<Record<string, string>> = { entries: "entry", crashes: "crash" };
  const counted = COUNTED.flatMap(([name]) => {
    const value = scope[name];
    if (value === 0 && name !== "entries") return [];
    return [`${value} ${value === 1 ? (plural[name] ?? name.slice(0, -1)) : name}`];
  });
  const depth = Number.isFinite(scope.depth) ? [`${scope.depth} actions deep`] : [];
  return [...counted, `${scope.duplicates} duplicates`, ...depth].join(", ");
}
