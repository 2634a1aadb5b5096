// A failing run as a list of steps that name everything that happened to Raft in it: who timed out, which message arrived
// where, whose disk took its time, who crashed, what clients asked. Whatever is not in the list did not happen: a message
// that nobody delivers was lost or is late, a timer that nobody lets ring has not rung. So every part of a schedule is a
// schedule too, a possible run of an asynchronous system, and a shrinker may leave out what it likes.
//
// What is not of Raft (gossip, requests passed on between agents unless it is said otherwise, disks that nobody holds up)
// happens at once and by itself. docs/testing.md says what counts as a step and what as a fault.

import type { StorageSizes } from "../../core/agent/config.ts";
import { MAX_BLOCK_BYTES } from "../../core/snapshot/format.ts";
import { RAFT_LIMITS, type RaftLimit, STORAGE_SIZES } from "../plan.ts";

export type ClientQuestion = "get" | "get-consistent" | "put" | "cas" | "delete" | "delete-cas";

export type Step = {
  /**
   * True time in milliseconds at which it happens at the earliest; time never goes back, so a step that is due earlier
   * happens at once. 0: when the step before it has happened.
   */
  readonly atMs: number;
  /** The agent's turn does not end with this input but with its next: what both cause leaves as one batch. */
  readonly open?: true;
} & (
  | {
      /** A server's Raft timer rings: time moves on to it if it is still to come. */
      readonly kind: "time-out";
      readonly node: string;
    }
  /** A timer of the agent rings, if one is due at this time. */
  | { readonly kind: "wake"; readonly node: string }
  | {
      /** A message of Raft arrives (or a request, or an answer: see `requests`). */
      readonly kind: "deliver";
      readonly from: string;
      readonly to: string;
      /** As `nameMessage` prints it. Of the messages under way the one arrives that is most like it, of the same type. */
      readonly message: string;
      /** It has arrived before: the network doubled it. */
      readonly again: boolean;
    }
  /** A client asks for something at an agent; a compare-and-set compares with the index that a client read last. */
  | {
      readonly kind: "ask";
      readonly node: string;
      readonly question: ClientQuestion;
      readonly key: string;
    }
  /** Somebody watches a key at an agent, with a blocking query for more than the index seen last. */
  | { readonly kind: "watch"; readonly node: string; readonly key: string }
  /** From here on a disk does only what a step says, until the process ends or… */
  | { readonly kind: "hold"; readonly node: string }
  /** …here, where it does all it was asked, and goes on by itself. */
  | { readonly kind: "release"; readonly node: string }
  /** A disk that is held up does the oldest thing it was asked. */
  | { readonly kind: "store"; readonly node: string }
  /** The disk's next write fails with this code. */
  | { readonly kind: "fail-write"; readonly node: string; readonly code: string }
  | {
      /** The process ends as by SIGKILL or a power cut. */
      readonly kind: "crash";
      readonly node: string;
      /** What the disk keeps of what was under way, as the answers to `disk.crash.*`; 0 (nothing) after the last. */
      readonly keeps: readonly number[];
    }
  | { readonly kind: "start"; readonly node: string }
  /** An agent notices that its connection to another one is broken; `refused`: that its process is gone. */
  | { readonly kind: "lose"; readonly node: string; readonly peer: string; readonly refused: boolean }
);
export type RaftLimits = { readonly [K in RaftLimit]?: number };

/** The world in which a schedule happens, and the schedule. Plain data. */
export interface Schedule {
  /** Names of the servers. All run from the beginning and know each other; their Raft has its first configuration. */
  readonly servers: readonly string[];
  readonly raft: RaftLimits;
  /** Of the servers' files; those of production where it says nothing. */
  readonly storage: Partial<StorageSizes>;
  readonly planted: string | undefined;
  /** Requests that agents pass on to one another, and the answers, arrive when a step says so; otherwise at once. */
  readonly requests: boolean;
  /**
   * After the last step all that was lost or late arrives, everybody runs, and the cluster must come to rest and pass the
   * final exam. For failures that only show then.
   */
  readonly calm: boolean;
  readonly steps: readonly Step[];
}

/**
 * How long a schedule is: deliveries, time-outs (and other wake-ups), stores that were held up (or let go), clients'
 * questions, and broken connections that were noticed. Crashes, starts and the disk's failures are faults, and holding a
 * disk up is the other end of the store that it delays.
 */
export function countSteps({ steps }: Schedule): number {
  return steps.filter(({ kind }) => !NOT_STEPS.has(kind)).length;
}

const NOT_STEPS: ReadonlySet<Step["kind"]> = new Set(["hold", "crash", "start", "fail-write"]);

/** Crashes (with the start that may follow), failed writes and doubled messages. */
export function countFaults({ steps }: Schedule): number {
  return steps.filter(
    (step) => step.kind === "crash" || step.kind === "fail-write" || (step.kind === "deliver" && step.again),
  ).length;
}

/** One line a step, as `parseSchedule` reads it. */
export function printSchedule(schedule: Schedule): string {
  const { servers, raft, storage, planted, requests, calm, steps } = schedule;
  const lines = [
    `servers ${servers.join(" ")}`,
    ...printSizes("raft", raft),
    ...printSizes("storage", storage),
  ];
  if (planted !== undefined) lines.push(`planted ${planted}`);
  if (requests) lines.push("requests-as-said");
  for (const step of steps) lines.push(printStep(step));
  if (calm) lines.push("calm");
  return `${lines.join("\n")}\n`;
}

/** One line, or none. */
function printSizes(what: string, sizes: Readonly<Record<string, number>>): string[] {
  const words = Object.entries(sizes).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? [] : [[what, ...words].join(" ")];
}

function printStep(step: Step): string {
  const words = [...(step.open === true ? ["&"] : []), ...stepWords(step)].join(" ");
  return step.atMs > 0 ? `@${step.atMs} ${words}` : words;
}

function stepWords(step: Step): string[] {
  switch (step.kind) {
    case "deliver":
      return [step.again ? "deliver-again" : "deliver", step.from, step.to, step.message];
    case "ask":
      return [step.question, step.node, step.key];
    case "watch":
      return ["watch", step.node, step.key];
    case "fail-write":
      return ["fail-write", step.node, step.code];
    case "crash":
      return step.keeps.length === 0
        ? ["crash", step.node]
        : ["crash", step.node, "keeps", step.keeps.join(",")];
    case "lose":
      return [step.refused ? "lose-dead" : "lose", step.node, step.peer];
    default:
      return [step.kind, step.node];
  }
}

const QUESTIONS: readonly string[] = [
  "get",
  "get-consistent",
  "put",
  "cas",
  "delete",
  "delete-cas",
] satisfies ClientQuestion[];
/** They go by letters in the simulator; a person may call them what they like. */
const MOST_SERVERS = 26;

export type ParsedSchedule =
  | { readonly ok: true; readonly schedule: Schedule }
  | { readonly ok: false; readonly error: string };

/** Reads what `printSchedule` writes. Blank lines and lines that begin with # say nothing. */
export function parseSchedule(text: string): ParsedSchedule {
  let servers: readonly string[] = [];
  let raft: Schedule["raft"] = {};
  let storage: Schedule["storage"] = {};
  let planted: string | undefined;
  let requests = false;
  let calm = false;
  const steps: Step[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    const [word = "", ...rest] = line.trim().split(/\s+/);
    if (word === "" || word.startsWith("#")) continue;
    const wrong = (what: string): ParsedSchedule => ({ ok: false, error: `line ${at + 1}: ${what}` });
    if (word === "servers") servers = rest;
    else if (word === "planted" && rest.length === 1) planted = rest[0];
    else if (word === "calm" && rest.length === 0) calm = true;
    else if (word === "requests-as-said" && rest.length === 0) requests = true;
    else if (word === "raft") {
      const limits = parseSizes(rest, RAFT_LIMITS, ["trailingEntries"]);
      if (limits === undefined) return wrong(`raft takes ${RAFT_LIMITS.join("=N, ")}=N`);
      raft = limits;
    } else if (word === "storage") {
      const sizes = parseSizes(rest, STORAGE_SIZES);
      if (sizes === undefined || !areSound(sizes))
        return wrong(`storage takes ${STORAGE_SIZES.join("=N, ")}=N, in bytes: multiples of 8, at least 64`);
      storage = sizes;
    } else {
      const step = parseStep([word, ...rest], servers);
      if (typeof step === "string") return wrong(step);
      steps.push(step);
    }
  }
  if (servers.length < 1 || servers.length > MOST_SERVERS || new Set(servers).size < servers.length)
    return { ok: false, error: `a schedule names 1 to ${MOST_SERVERS} different servers` };
  return { ok: true, schedule: { servers, raft, storage, planted, requests, calm, steps } };
}

/** @param mayBeNone Those that may be 0; the others are then taken for 1. */
function parseSizes<Name extends string>(
  words: readonly string[],
  names: readonly Name[],
  mayBeNone: readonly Name[] = [],
): { [K in Name]?: number } | undefined {
  const sizes: { [K in Name]?: number } = {};
  for (const word of words) {
    const [, name, digits] = /^([A-Za-z]+)=(\d{1,9})$/.exec(word) ?? [];
    const known = names.find((each) => each === name);
    if (known === undefined) return undefined;
    sizes[known] = mayBeNone.includes(known) ? Number(digits) : Math.max(1, Number(digits));
  }
  return sizes;
}

/** What the log and the snapshots can work with: nobody's typing trips an assertion. */
function areSound(sizes: Partial<StorageSizes>): boolean {
  return Object.values(sizes).every((bytes) => bytes >= 64 && bytes <= MAX_BLOCK_BYTES && bytes % 8 === 0);
}

/** @returns What is wrong with it, as text. */
function parseStep(words: readonly string[], servers: readonly string[]): Step | string {
  const timed = /^@(\d+(?:\.\d+)?)$/.exec(words[0] ?? "");
  const atMs = timed === null ? 0 : Number(timed[1]);
  const untimed = timed === null ? words : words.slice(1);
  const parsed = parseUntimed(atMs, untimed[0] === "&" ? untimed.slice(1) : untimed, servers);
  return untimed[0] === "&" && typeof parsed !== "string" ? { ...parsed, open: true } : parsed;
}

function parseUntimed(atMs: number, words: readonly string[], servers: readonly string[]): Step | string {
  const [kind = "", node = "", third = "", ...rest] = words;
  const stranger = [node, ...(/^(deliver|lose)/.test(kind) ? [third] : [])].find(
    (name) => !servers.includes(name),
  );
  if (!KINDS.test(kind)) return `there is no step "${kind}"`;
  if (stranger !== undefined) return `there is no server "${stranger}"`;
  if (
    kind === "time-out" ||
    kind === "wake" ||
    kind === "hold" ||
    kind === "store" ||
    kind === "release" ||
    kind === "start"
  )
    return third === "" ? { atMs, kind, node } : `${kind} names a server and nothing else`;
  if (kind === "crash") {
    const keeps = third === "keeps" && rest.length === 1 ? (rest[0] ?? "").split(",").map(Number) : [];
    const sound = (third === "" || keeps.length > 0) && keeps.every((each) => Number.isSafeInteger(each));
    return sound ? { atMs, kind, node, keeps } : "crash names a server, and may say `keeps 1,0,…`";
  }
  if (kind === "lose" || kind === "lose-dead")
    return { atMs, kind: "lose", node, peer: third, refused: kind === "lose-dead" };
  if (kind === "deliver" || kind === "deliver-again") {
    const again = kind === "deliver-again";
    const message = rest.join(" ");
    return message === ""
      ? `${kind} names a message`
      : { atMs, kind: "deliver", from: node, to: third, message, again };
  }
  if (third === "" || rest.length > 0) return `${kind} names a server and one thing more`;
  if (kind === "watch") return { atMs, kind, node, key: third };
  if (kind === "fail-write") return { atMs, kind, node, code: third };
  return { atMs, kind: "ask", node, question: kind as ClientQuestion, key: third };
}

const KINDS: RegExp = new RegExp(
  `^(time-out|wake|hold|store|release|start|crash|lose|lose-dead|deliver|deliver-again|watch|fail-write|${QUESTIONS.join("|")})$`,
);
