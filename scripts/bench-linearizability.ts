// How long the linearizability checker takes, in time, steps and memory, on histories of a correct store at the scale of
// a long chaos run, and on the same with a fault planted near the end. Each workload runs in a process of its own, so that
// its peak of memory is its own; "recorded" is the peak before anything is judged. Time is processor time of the judging.
//
//   npx tsx scripts/bench-linearizability.ts            all workloads
//   npx tsx scripts/bench-linearizability.ts million    those whose name contains the word

import { spawnSync } from "node:child_process";
import { type Chance, seededChance } from "../src/core/lib/chance.ts";
import { createDeadlineHeap, earliest, setDeadline, takeDue } from "../src/core/lib/deadline-heap.ts";
import {
  type Action,
  complete,
  createHistory,
  forgetBefore,
  type History,
  invoke,
  type KvOutcome,
  type KvVersion,
} from "../src/sim/checkers/history.ts";
import {
  checkHistory,
  createChecker,
  feedChecker,
  finishChecker,
  type HistoryVerdict,
  renderViolation,
} from "../src/sim/checkers/linearizability.ts";

interface Workload {
  readonly name: string;
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  /** Of 10,000 operations so many are never answered. */
  readonly unknown: number;
  /** Of 100 operations so many are reads; the rest is locks, and puts, CAS and deletes as 5 : 3 : 2. */
  readonly reads: number;
  /** Of 100 operations so many acquire, release and end sessions as 25 : 24 : 1. */
  readonly locks?: number;
  /** Judged as it is recorded, forgetting what is judged. */
  readonly streamed?: boolean;
  /** An old version is shown to a read near the end. */
  readonly staleRead?: boolean;
}

const MIXED = { clients: 64, unknown: 10, reads: 50 };
const LOCKS = { ...MIXED, locks: 15, operations: 1_000_000, keys: 1_000 };
const WORKLOADS: readonly Workload[] = [
  { ...LOCKS, name: "million with locks, as it goes", streamed: true },
  { ...LOCKS, name: "million with locks" },
  { ...LOCKS, name: "locks, ten hot keys", keys: 10, operations: 100_000 },
  { ...MIXED, name: "million, 1,000 keys", operations: 1_000_000, keys: 1_000 },
  { ...MIXED, name: "million, 1,000 keys, as it goes", operations: 1_000_000, keys: 1_000, streamed: true },
  { ...MIXED, name: "million, 1,000 keys, stale read", operations: 1_000_000, keys: 1_000, staleRead: true },
  { ...MIXED, name: "million, ten hot keys, as it goes", operations: 1_000_000, keys: 10, streamed: true },
  { ...MIXED, name: "million, one hot key, as it goes", operations: 1_000_000, keys: 1, streamed: true },
  { ...MIXED, name: "ten hot keys", operations: 100_000, keys: 10 },
  { ...MIXED, name: "one hot key", operations: 100_000, keys: 1 },
  { ...MIXED, name: "one hot key, stale read", operations: 100_000, keys: 1, staleRead: true },
  { ...MIXED, name: "one hot key, hardly read", operations: 20_000, keys: 1, reads: 5 },
  { name: "chaos, 5% unknown", clients: 16, keys: 20, unknown: 500, reads: 50, operations: 100_000 },
];

/** How long a lock cannot be taken after the end of the session that held it, for half of the sessions. */
const LOCK_DELAY_MS = 3;

interface Cell {
  version: KvVersion | undefined;
  heldOffUntilMs: number;
  /** A version from before, shown by a planted stale read. */
  older: KvVersion | undefined;
}

interface Asked {
  readonly client: number;
  readonly key: string;
  readonly action: Action;
  /** Its client will not hear of it. */
  readonly unknown: boolean;
  outcome: KvOutcome | undefined;
}

interface World {
  readonly workload: Workload;
  readonly chance: Chance;
  readonly history: History;
  readonly cells: Map<string, Cell>;
  readonly seen: Map<string, number>;
  /** Each client's session, and what each session that lives holds. */
  readonly sessions: string[];
  readonly held: Map<string, Set<Cell>>;
  /** Steps of operations to come, by time: `begin client`, `effect id`, `end id`. */
  readonly agenda: ReturnType<typeof createDeadlineHeap<string>>;
  readonly asked: Map<number, Asked>;
  index: number;
  begun: number;
  planted: boolean;
}

function createWorld(workload: Workload): World {
  const world: World = {
    workload,
    chance: seededChance(workload.name),
    history: createHistory(),
    cells: new Map(),
    seen: new Map(),
    sessions: [],
    held: new Map(),
    agenda: createDeadlineHeap<string>(),
    asked: new Map(),
    index: 10,
    begun: 0,
    planted: workload.staleRead !== true,
  };
  for (let client = 0; client < workload.clients; client++) {
    if (workload.locks !== undefined) createSession(world, client, 0);
    setDeadline(world.agenda, `begin ${client}`, client / 100);
  }
  return world;
}

/** In no time: what matters is how sessions end. */
function createSession(world: World, client: number, nowMs: number): void {
  const delayMs = client % 2 === 0 ? 0 : LOCK_DELAY_MS;
  const session = `s${client}.${world.held.size}.${world.index++}`;
  const terms = { behavior: "release", leastDelayMs: delayMs, mostDelayMs: delayMs } as const;
  const id = invoke(world.history, `c${client}`, "", { kind: "create-session", ...terms }, nowMs);
  complete(world.history, id, { kind: "created", session }, nowMs);
  world.sessions[client] = session;
  world.held.set(session, new Set());
}

/** One step of the world; false when nothing is left to do. */
function stepWorld(world: World): boolean {
  const nowMs = earliest(world.agenda);
  const [what, number] = (takeDue(world.agenda, nowMs) ?? "").split(" ");
  if (what === "begin") begin(world, Number(number), nowMs);
  else if (what === "effect") takeEffect(world, Number(number), nowMs);
  else if (what === "end") end(world, Number(number), nowMs);
  else return false;
  return true;
}

function begin(world: World, client: number, nowMs: number): void {
  const { workload, chance, history, agenda } = world;
  if (world.begun >= workload.operations) return;
  world.begun++;
  const name = `key-${chance.choose("key", workload.keys)}`;
  const action = chooseAction(world, client, name);
  const key = action.kind === "end-session" ? (world.sessions[client] ?? "") : name;
  const id = invoke(history, `c${client}`, key, action, nowMs);
  const unknown = chance.choose("unknown", 10_000) < workload.unknown;
  world.asked.set(id, { client, key, action, unknown, outcome: undefined });
  const effectMs = nowMs + chance.choose("way", 1_000) / 500;
  if (!unknown) {
    setDeadline(agenda, `effect ${id}`, effectMs);
    setDeadline(agenda, `end ${id}`, effectMs + chance.choose("back", 1_000) / 500);
    return;
  }
  if (chance.choose("happens", 2) === 0)
    setDeadline(agenda, `effect ${id}`, effectMs + chance.choose("late", 50));
  setDeadline(agenda, `end ${id}`, nowMs + 10);
}

function chooseAction({ workload, chance, seen, sessions }: World, client: number, key: string): Action {
  const what = chance.choose("read", 100);
  if (what < workload.reads) return { kind: "get" };
  const value = `${client}.${chance.choose("stamp", 2 ** 32)}`;
  if (what < workload.reads + (workload.locks ?? 0)) {
    const session = sessions[client] ?? "";
    const lock = chance.choose("lock", 50);
    if (lock === 0) return { kind: "end-session" };
    return { kind: lock < 26 ? "acquire" : "release", session, value };
  }
  const index = seen.get(`${client} ${key}`) ?? 0;
  const die = chance.choose("write", 20);
  if (die < 10) return { kind: "put", value };
  if (die < 16) return { kind: "cas", index, value };
  return die < 18 ? { kind: "delete" } : { kind: "delete-cas", index };
}

function takeEffect(world: World, id: number, nowMs: number): void {
  const asked = world.asked.get(id);
  if (asked === undefined) return;
  world.index++;
  if (asked.action.kind === "end-session") {
    endSession(world, asked.key, nowMs);
    asked.outcome = { kind: "applied" };
    return;
  }
  let cell = world.cells.get(asked.key);
  if (cell === undefined) {
    cell = { version: undefined, older: undefined, heldOffUntilMs: 0 };
    world.cells.set(asked.key, cell);
  }
  asked.outcome = perform(world, cell, asked.action, nowMs);
}

function endSession(world: World, session: string, nowMs: number): void {
  for (const cell of world.held.get(session) ?? []) {
    // By its name: see createSession.
    const delayed = Number(session.slice(1, session.indexOf("."))) % 2 === 1;
    if (delayed) cell.heldOffUntilMs = nowMs + LOCK_DELAY_MS;
    if (cell.version !== undefined) cell.version = { ...cell.version, session: "", modifyIndex: world.index };
  }
  world.held.delete(session);
}

function perform(world: World, cell: Cell, action: Action, nowMs: number): KvOutcome {
  const { version } = cell;
  switch (action.kind) {
    case "get":
      return { kind: "read", version: shown(world, cell) };
    case "cas":
      if ((version?.modifyIndex ?? 0) !== action.index) return { kind: "refused" };
      return put(world, cell, action.value, version?.session ?? "", 0);
    case "put":
      return put(world, cell, action.value, version?.session ?? "", 0);
    case "acquire":
      return acquire(world, cell, action.session, action.value, nowMs);
    case "release":
      if (version?.session !== action.session || action.session === "") return { kind: "refused" };
      world.held.get(action.session)?.delete(cell);
      return put(world, cell, action.value, "", version.lockIndex ?? 0);
    case "delete-cas":
      if (version !== undefined && version.modifyIndex !== action.index) return { kind: "refused" };
      break;
    default:
      break;
  }
  world.held.get(version?.session ?? "")?.delete(cell);
  cell.version = undefined;
  return { kind: "applied" };
}

/** An old version, once, if that is the workload's fault. */
function shown(world: World, { version, older }: Cell): KvVersion | undefined {
  const late = world.begun > 0.9 * world.workload.operations;
  const old = older !== undefined && world.index - older.modifyIndex > 1_000;
  if (world.planted || !late || !old || version === undefined) return version;
  world.planted = true;
  return older;
}

function acquire(world: World, cell: Cell, session: string, value: string, nowMs: number): KvOutcome {
  if (nowMs < cell.heldOffUntilMs) return { kind: "refused" };
  const holds = world.held.get(session);
  if (holds === undefined) return { kind: "no-session" };
  const { session: holder = "", lockIndex = 0 } = cell.version ?? {};
  if (holder !== "" && holder !== session) return { kind: "refused" };
  holds.add(cell);
  return put(world, cell, value, session, lockIndex + (holder === session ? 0 : 1));
}

function put(world: World, cell: Cell, value: string, session: string, lockIndex: number): KvOutcome {
  // An old one, which no write under way can explain.
  if (cell.version !== undefined && world.index - (cell.older?.modifyIndex ?? 0) > 2_000)
    cell.older = cell.version;
  const createIndex = cell.version?.createIndex ?? world.index;
  cell.version = { value, createIndex, modifyIndex: world.index, session, lockIndex };
  return { kind: "applied" };
}

function end(world: World, id: number, nowMs: number): void {
  const asked = world.asked.get(id);
  if (asked === undefined) return;
  const told = asked.unknown ? undefined : asked.outcome;
  if (told?.kind === "read") world.seen.set(`${asked.client} ${asked.key}`, told.version?.modifyIndex ?? 0);
  complete(world.history, id, told ?? { kind: "unknown" }, nowMs);
  if (!asked.unknown) world.asked.delete(id);
  if (asked.action.kind === "end-session") createSession(world, asked.client, nowMs);
  setDeadline(world.agenda, `begin ${asked.client}`, nowMs + world.chance.choose("think", 1_000) / 1_000);
}

interface Measure {
  readonly verdict: HistoryVerdict;
  readonly seconds: number;
  /** The peak of resident memory before the judging began; 0 if it goes along. */
  readonly recordedMegabytes: number;
}

function measure(workload: Workload): Measure {
  const world = createWorld(workload);
  if (workload.streamed === true) return measureStreamed(world);
  while (stepWorld(world));
  const recordedMegabytes = peakMegabytes();
  const before = process.cpuUsage();
  const verdict = checkHistory(world.history);
  return { verdict, seconds: cpuSeconds(before), recordedMegabytes };
}

function measureStreamed(world: World): Measure {
  const checker = createChecker();
  let seconds = 0;
  const timed = <T>(work: () => T): T => {
    const before = process.cpuUsage();
    const result = work();
    seconds += cpuSeconds(before);
    return result;
  };
  for (let steps = 1; stepWorld(world); steps++) {
    if (steps % 10_000 !== 0) continue;
    timed(() => feedChecker(checker, world.history));
    forgetBefore(world.history, checker.position);
  }
  const verdict = timed(() => finishChecker(checker, world.history));
  return { verdict, seconds, recordedMegabytes: 0 };
}

/** Of all threads: the collector of garbage counts. */
function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

function peakMegabytes(): number {
  return process.resourceUsage().maxRSS / 1024;
}

function run(workload: Workload): void {
  const { verdict, seconds, recordedMegabytes } = measure(workload);
  const { operationCount, steps } = verdict;
  const recorded = recordedMegabytes === 0 ? "" : ` (recorded ${recordedMegabytes.toFixed(0)})`;
  console.log(
    `${workload.name.padEnd(40)} ${verdict.verdict.padEnd(10)} ${seconds.toFixed(2).padStart(7)} s ` +
      `${Math.round(operationCount / seconds)
        .toLocaleString("en")
        .padStart(9)} operations/s ` +
      `${(steps / operationCount).toFixed(2).padStart(6)} steps each ` +
      `${peakMegabytes().toFixed(0).padStart(6)} MB at the most${recorded}`,
  );
  if (verdict.verdict === "violation") console.log(renderViolation(verdict));
}

const [wanted = "", only] = process.argv.slice(2);
const chosen = WORKLOADS.filter(({ name }) => (only === undefined ? name.includes(wanted) : name === only));
for (const workload of chosen) {
  if (only !== undefined) run(workload);
  else {
    const command = [...process.execArgv, import.meta.filename, wanted, workload.name];
    const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}
