// How long the linearizability checker takes, in time, steps and memory, on histories of a correct store at the scale of
// a long chaos run, and on the same with a fault planted near the end.
//
//   npx tsx --expose-gc scripts/bench-linearizability.ts            all workloads
//   npx tsx --expose-gc scripts/bench-linearizability.ts million    those whose name contains the word

import { type Chance, seededChance } from "../src/core/lib/chance.ts";
import { createDeadlineHeap, earliest, setDeadline, takeDue } from "../src/core/lib/deadline-heap.ts";
import {
  complete,
  createHistory,
  forgetBefore,
  type History,
  invoke,
  type KvAction,
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
  /** Of 100 operations so many are reads; the rest is puts, CAS and deletes as 5 : 3 : 2. */
  readonly reads: number;
  /** Judged as it is recorded, forgetting what is judged. */
  readonly streamed?: boolean;
  /** An old version is shown to a read near the end. */
  readonly staleRead?: boolean;
}

const MIXED = { clients: 64, unknown: 10, reads: 50 };
const WORKLOADS: readonly Workload[] = [
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

interface Cell {
  version: KvVersion | undefined;
  /** A version from before, shown by a planted stale read. */
  older: KvVersion | undefined;
}

interface Asked {
  readonly client: number;
  readonly key: string;
  readonly action: KvAction;
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
    agenda: createDeadlineHeap<string>(),
    asked: new Map(),
    index: 10,
    begun: 0,
    planted: workload.staleRead !== true,
  };
  for (let client = 0; client < workload.clients; client++)
    setDeadline(world.agenda, `begin ${client}`, client / 100);
  return world;
}

/** One step of the world; false when nothing is left to do. */
function stepWorld(world: World): boolean {
  const nowMs = earliest(world.agenda);
  const [what, number] = (takeDue(world.agenda, nowMs) ?? "").split(" ");
  if (what === "begin") begin(world, Number(number), nowMs);
  else if (what === "effect") takeEffect(world, Number(number));
  else if (what === "end") end(world, Number(number), nowMs);
  else return false;
  return true;
}

function begin(world: World, client: number, nowMs: number): void {
  const { workload, chance, history, agenda } = world;
  if (world.begun >= workload.operations) return;
  world.begun++;
  const key = `key-${chance.choose("key", workload.keys)}`;
  const action = chooseAction(world, client, key);
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

function chooseAction({ workload, chance, seen }: World, client: number, key: string): KvAction {
  if (chance.choose("read", 100) < workload.reads) return { kind: "get" };
  const value = `${client}.${chance.choose("stamp", 2 ** 32)}`;
  const index = seen.get(`${client} ${key}`) ?? 0;
  const die = chance.choose("write", 20);
  if (die < 10) return { kind: "put", value };
  if (die < 16) return { kind: "cas", index, value };
  return die < 18 ? { kind: "delete" } : { kind: "delete-cas", index };
}

function takeEffect(world: World, id: number): void {
  const asked = world.asked.get(id);
  if (asked === undefined) return;
  world.index++;
  let cell = world.cells.get(asked.key);
  if (cell === undefined) {
    cell = { version: undefined, older: undefined };
    world.cells.set(asked.key, cell);
  }
  asked.outcome = perform(world, cell, asked);
}

function perform(world: World, cell: Cell, { action }: Asked): KvOutcome {
  const { version } = cell;
  switch (action.kind) {
    case "get": {
      const late = world.begun > 0.9 * world.workload.operations;
      const old = cell.older !== undefined && world.index - cell.older.modifyIndex > 1_000;
      const stale = !world.planted && late && old && version !== undefined;
      world.planted ||= stale;
      return { kind: "read", version: stale ? cell.older : version };
    }
    case "cas":
      if ((version?.modifyIndex ?? 0) !== action.index) return { kind: "refused" };
      return put(world, cell, action.value);
    case "put":
      return put(world, cell, action.value);
    case "delete-cas":
      if (version !== undefined && version.modifyIndex !== action.index) return { kind: "refused" };
      break;
  }
  cell.version = undefined;
  return { kind: "applied" };
}

function put(world: World, cell: Cell, value: string): KvOutcome {
  // An old one, which no write under way can explain.
  if (cell.version !== undefined && world.index - (cell.older?.modifyIndex ?? 0) > 2_000)
    cell.older = cell.version;
  const createIndex = cell.version?.createIndex ?? world.index;
  cell.version = { value, createIndex, modifyIndex: world.index };
  return { kind: "applied" };
}

function end(world: World, id: number, nowMs: number): void {
  const asked = world.asked.get(id);
  if (asked === undefined) return;
  const told = asked.unknown ? undefined : asked.outcome;
  if (told?.kind === "read") world.seen.set(`${asked.client} ${asked.key}`, told.version?.modifyIndex ?? 0);
  complete(world.history, id, told ?? { kind: "unknown" }, nowMs);
  if (!asked.unknown) world.asked.delete(id);
  setDeadline(world.agenda, `begin ${asked.client}`, nowMs + world.chance.choose("think", 1_000) / 1_000);
}

interface Measure {
  readonly verdict: HistoryVerdict;
  readonly seconds: number;
  readonly megabytes: number;
}

function measure(workload: Workload): Measure {
  const world = createWorld(workload);
  if (workload.streamed === true) return measureStreamed(world);
  while (stepWorld(world));
  const before = performance.now();
  const verdict = checkHistory(world.history);
  return { verdict, seconds: (performance.now() - before) / 1_000, megabytes: residentMegabytes() };
}

function measureStreamed(world: World): Measure {
  const checker = createChecker();
  let spentMs = 0;
  const timed = (work: () => void): void => {
    const before = performance.now();
    work();
    spentMs += performance.now() - before;
  };
  for (let steps = 1; stepWorld(world); steps++) {
    if (steps % 10_000 !== 0) continue;
    timed(() => feedChecker(checker, world.history));
    forgetBefore(world.history, checker.position);
  }
  let verdict: HistoryVerdict | undefined;
  timed(() => {
    verdict = finishChecker(checker, world.history);
  });
  return {
    verdict: verdict as unknown as HistoryVerdict,
    seconds: spentMs / 1_000,
    megabytes: residentMegabytes(),
  };
}

function residentMegabytes(): number {
  return process.memoryUsage().rss / 2 ** 20;
}

const wanted = process.argv[2] ?? "";
for (const workload of WORKLOADS.filter(({ name }) => name.includes(wanted))) {
  globalThis.gc?.();
  const { verdict, seconds, megabytes } = measure(workload);
  const { operationCount, steps } = verdict;
  console.log(
    `${workload.name.padEnd(34)} ${verdict.verdict.padEnd(10)} ${seconds.toFixed(2).padStart(7)} s ` +
      `${Math.round(operationCount / seconds)
        .toLocaleString("en")
        .padStart(9)} operations/s ` +
      `${(steps / operationCount).toFixed(2).padStart(6)} steps each ${megabytes.toFixed(0).padStart(6)} MB resident`,
  );
  if (verdict.verdict === "violation") console.log(renderViolation(verdict));
}
