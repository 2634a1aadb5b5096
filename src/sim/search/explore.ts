// Exhaustive search of a small scope, breadth first, with the very core that servers run: every order of everything that can
// happen within the scope. A state is a few numbers: one for each server's own state, one for the history that the rules
// need, what is left of the scope's budget, and the letters on their way. What is left out, and why nothing is missed:
//
// - States that differ only by the servers' names (renaming.ts).
// - The loss of a letter: one that is never delivered is lost. So is a letter that comes late, and one that overtakes.
// - A letter whose delivery changes nothing and says nothing: whatever can happen after it could have happened before, with
//   the letter still on its way.
// - The time that a server is down: a crash and the start after it are one action; meanwhile its letters are on their way.
// - Writes that take their time, where there are no power cuts (steps.ts).
// - With a scope that has as many duplicates as it likes, a letter stays where it is when it is delivered. The more letters
//   there are, the more can happen; so what does nothing but answer a letter is done at once, and the state without the
//   answer is not looked at (an ample set of one action, in the words of partial order reduction).
// - Letters that a server is going to ignore whatever happens (steps.ts, isDead), in such a scope and in a sound core.
// - With a limit on duplicates, a second copy of a letter that is on its way.
//
// Time is abstracted as raft/seat.ts says; so leases are not looked at.

import { must } from "../../core/lib/assert.ts";
import { majority } from "../../core/raft/quorum.ts";
import type { History } from "../raft/history.ts";
import type { TableDeed } from "../raft/table.ts";
import { Violation } from "../violation.ts";
import { numberOf, stir } from "./atoms.ts";
import { hear } from "./ghost.ts";
import { createPairTable, getPair, type PairTable, pairTableBytes, setPair } from "./pair-table.ts";
import { mayHappen, type Scope, spend, spent } from "./scope.ts";
import { addState, createStateSet, type StateSet, stateSetBytes } from "./state-set.ts";
import {
  createModel,
  delivery,
  failureOf,
  firstSeats,
  isDead,
  type Model,
  type ModelOptions,
  ownSteps,
  type Step,
} from "./steps.ts";

export interface ExploreOptions extends ModelOptions {
  readonly scope: Scope;
  /** Gives up after so many states. Default: two hundred million, or what `tell` says. */
  readonly mostStates?: number;
  /** Hears how far the search is, every now and then. @returns false to end it. */
  readonly tell?: (progress: Progress) => boolean;
}

export interface Progress {
  readonly states: number;
  readonly depth: number;
  /** States of this depth that are still to be looked at. */
  readonly waiting: number;
}

export interface Exploration {
  /** exhausted: nothing was found, and nothing is left. stopped: nothing was found so far. */
  readonly verdict: "exhausted" | "stopped" | "violation";
  /** Distinct ones, and ways from one to another. */
  readonly states: number;
  readonly transitions: number;
  /** Actions on the longest of the shortest ways to a state. */
  readonly depth: number;
  /** How often the core was stepped, and of how many distinct states of one server. */
  readonly steps: number;
  readonly serverStates: number;
  /** Memory for each state that was seen; the frontier is not in it. */
  readonly bytesPerState: number;
  readonly violation: Violation | undefined;
  /** The shortest way to it, from a cluster that was just born. */
  readonly trace: readonly TableDeed[];
}

interface Search {
  readonly model: Model;
  readonly seen: StateSet;
  /** By state: which one it was reached from, and by which action. */
  parents: Int32Array;
  actions: Int32Array;
  /** States of the present depth, and of the next: `length, ghost, budget, seats…, letters…`, one after the other. */
  current: Int32Array;
  upcoming: Int32Array;
  upcomingLength: number;
  /** (ghost, saying) → ghost. */
  readonly heard: PairTable;
  /** (log, log) → 1 for those that match. */
  readonly matching: PairTable;
  readonly base: Int32Array;
  /** Letters that a step puts on their way, and the history after it and its answers: of the step that is looked at. */
  readonly sent: number[];
  ghost: number;
  /** Places of letters that the step has made dead. */
  readonly gone: number[];
  transitions: number;
  failure: { readonly violation: Violation; readonly parent: number; readonly action: number } | undefined;
}

const DEFAULT_MOST_STATES = 200_000_000;
const TELL_EVERY = 1 << 14;
/** Numbers before the seats in the record of a state. */
const HEAD = 3;
/** What an action's number means: the first bits say which kind. */
const OWN = 0;
const DELIVER = 1 << 29;
const DELIVER_AGAIN = 2 << 29;
const OWN_PLACES = 1 << 12;

export function explore(options: ExploreOptions): Exploration {
  const search = createSearch(options);
  const { scope, mostStates = DEFAULT_MOST_STATES, tell } = options;
  let depth = 0;
  let first = 0;
  let stopped = false;
  while (search.upcomingLength > 0 && search.failure === undefined && !stopped) {
    if (depth >= scope.depth) {
      stopped = true;
      break;
    }
    const length = search.upcomingLength;
    const spare = search.current;
    search.current = search.upcoming;
    search.upcoming = spare;
    search.upcomingLength = 0;
    const last = search.seen.size;
    for (let at = 0, state = first; at < length && search.failure === undefined; state++) {
      expand(search, at, state);
      at += search.current[at] as number;
      if (search.seen.size >= mostStates) stopped = true;
      if (
        state % TELL_EVERY === 0 &&
        tell?.({ states: search.seen.size, depth, waiting: last - state }) === false
      )
        stopped = true;
      if (stopped) break;
    }
    first = last;
    if (search.upcomingLength > 0 || search.failure !== undefined) depth++;
  }
  return report(search, depth, stopped);
}

function createSearch({ scope, ...options }: ExploreOptions): Search {
  const model = createModel(scope, options);
  const { seats, ghost } = firstSeats(model);
  const search: Search = {
    model,
    seen: createStateSet(),
    parents: new Int32Array(1 << 12),
    actions: new Int32Array(1 << 12),
    current: new Int32Array(1 << 12),
    upcoming: new Int32Array(1 << 12),
    upcomingLength: 0,
    heard: createPairTable(),
    matching: createPairTable(),
    base: new Int32Array(2 * model.seats.renamings.length),
    sent: [],
    ghost: 0,
    gone: [],
    transitions: 0,
    failure: undefined,
  };
  search.upcoming.set([HEAD + seats.length, ghost, 0, ...seats]);
  search.upcomingLength = HEAD + seats.length;
  addState(search.seen, 1, 1);
  return search;
}

/** Looks at everything that can happen in the state at a place of the present depth. */
function expand(search: Search, at: number, state: number): void {
  const { model, current } = search;
  const { scope, ids, addressees } = model;
  const budget = current[at + 2] as number;
  sumPrints(search, at);
  for (let server = 0; server < ids.length; server++) {
    const steps = ownSteps(model, current[at + HEAD + server] as number);
    for (let place = 0; place < steps.length; place++) {
      const step = steps[place] as Step;
      const { costs } = step;
      if (costs !== undefined && !mayHappen(scope, budget, costs)) continue;
      if (costs === "entries" && spent(budget, "entries") !== step.nth) continue;
      take(
        search,
        at,
        state,
        server,
        step,
        -1,
        costs === undefined ? budget : spend(budget, costs),
        OWN + server * OWN_PLACES + place,
      );
    }
  }
  const end = at + (current[at] as number);
  for (let place = at + HEAD + ids.length; place < end; place++) {
    const letter = current[place] as number;
    const server = addressees[letter] as number;
    const step = delivery(model, current[at + HEAD + server] as number, letter);
    const stays = scope.duplicates === "any";
    // Its answers are there already.
    if (step.idle || (stays && step.onlyAnswers)) continue;
    take(search, at, state, server, step, stays ? -1 : place, budget, DELIVER + letter);
    if (!stays && mayHappen(scope, budget, "duplicates"))
      take(search, at, state, server, step, -1, spend(budget, "duplicates"), DELIVER_AGAIN + letter);
  }
}

/** The sums of the parts' fingerprints under each renaming, without the budget's. */
function sumPrints({ model, current, base }: Search, at: number): void {
  const words = base.length;
  const { seats, letters, ghosts, ids } = model;
  const end = at + (current[at] as number);
  const ghost = (current[at + 1] as number) * words;
  for (let word = 0; word < words; word++) base[word] = ghosts.prints[ghost + word] as number;
  for (let place = at + HEAD; place < end; place++) {
    const prints = place < at + HEAD + ids.length ? seats.prints : letters.prints;
    const from = (current[place] as number) * words;
    for (let word = 0; word < words; word++)
      base[word] = ((base[word] as number) + (prints[from + word] as number)) | 0;
  }
}

/** Goes one step; a state that is new is put on the list. `removed` is the place of the letter that is used up, or -1. */
function take(
  search: Search,
  at: number,
  state: number,
  server: number,
  step: Step,
  removed: number,
  budget: number,
  action: number,
): void {
  search.transitions++;
  const { model, current } = search;
  const ghost = current[at + 1] as number;
  const seat = current[at + HEAD + server] as number;
  search.ghost = ghost;
  try {
    if (step.failure !== undefined) throw step.failure;
    if (step.counted !== undefined) checkCounted(search, at, server, step);
    if (step.logChanged) checkLogs(search, at, server, step.next);
    if (step.said !== 0) search.ghost = heardGhost(search, ghost, step.said);
    send(search, at, server, step, removed);
    buryDead(search, at, server, step);
  } catch (error) {
    search.failure ??= { violation: failureOf(error), parent: state, action };
    return;
  }
  const { base, sent, gone, ghost: nextGhost } = search;
  const words = base.length;
  let low = 0xffffffff;
  let high = 0xffffffff;
  const seatPrints = model.seats.prints;
  const ghostPrints = model.ghosts.prints;
  const letterPrints = model.letters.prints;
  const used = removed < 0 ? -1 : (current[removed] as number) * words;
  const extra = stir(budget + 0x9e3779b1);
  for (let word = 0; word < words; word += 2) {
    let a =
      (base[word] as number) -
      (seatPrints[seat * words + word] as number) +
      (seatPrints[step.next * words + word] as number);
    let b =
      (base[word + 1] as number) -
      (seatPrints[seat * words + word + 1] as number) +
      (seatPrints[step.next * words + word + 1] as number);
    if (nextGhost !== ghost) {
      a += (ghostPrints[nextGhost * words + word] as number) - (ghostPrints[ghost * words + word] as number);
      b +=
        (ghostPrints[nextGhost * words + word + 1] as number) -
        (ghostPrints[ghost * words + word + 1] as number);
    }
    if (used >= 0) {
      a -= letterPrints[used + word] as number;
      b -= letterPrints[used + word + 1] as number;
    }
    for (let place = 0; place < gone.length; place++) {
      const from = (current[gone[place] as number] as number) * words + word;
      a -= letterPrints[from] as number;
      b -= letterPrints[from + 1] as number;
    }
    for (let place = 0; place < sent.length; place++) {
      const from = (sent[place] as number) * words + word;
      a += letterPrints[from] as number;
      b += letterPrints[from + 1] as number;
    }
    const unsignedA = (a + extra) >>> 0;
    const unsignedB = b >>> 0;
    if (unsignedA < low || (unsignedA === low && unsignedB < high)) {
      low = unsignedA;
      high = unsignedB;
    }
  }
  if (!addState(search.seen, low, high)) return;
  noteParent(search, search.seen.size - 1, state, action);
  putState(search, at, server, step.next, budget, removed);
}

/** Puts a step's letters into `search.sent`, but for those that are on their way already, and the answers that they get. */
function send(search: Search, at: number, server: number, step: Step, removed: number): void {
  const { sent, model, current } = search;
  sent.length = 0;
  for (const letter of step.sent) if (!isOnItsWay(search, at, letter, removed)) sent.push(letter);
  if (model.scope.duplicates !== "any") return;
  const first = at + HEAD + model.ids.length;
  const end = at + (current[at] as number);
  if (step.next !== current[at + HEAD + server])
    for (let place = first; place < end; place++)
      if (model.addressees[current[place] as number] === server)
        answer(search, at, step.next, current[place] as number);
  // The list grows while it is gone through: answers may be answered.
  for (let place = 0; place < sent.length; place++) {
    const letter = sent[place] as number;
    const to = model.addressees[letter] as number;
    answer(search, at, to === server ? step.next : (current[at + HEAD + to] as number), letter);
  }
}

function answer(search: Search, at: number, seat: number, letter: number): void {
  const step = delivery(search.model, seat, letter);
  if (!step.onlyAnswers || step.idle) return;
  if (step.said !== 0) search.ghost = heardGhost(search, search.ghost, step.said);
  for (const each of step.sent)
    if (!isOnItsWay(search, at, each, -1) && !search.sent.includes(each)) search.sent.push(each);
}

/** Takes the letters away that will be ignored from now on. */
function buryDead({ model, current, sent, gone }: Search, at: number, server: number, step: Step): void {
  gone.length = 0;
  if (model.keepDead || model.scope.duplicates !== "any") return;
  const first = at + HEAD + model.ids.length;
  const end = at + (current[at] as number);
  if (step.termChanged)
    for (let place = first; place < end; place++) {
      const letter = current[place] as number;
      if (model.addressees[letter] === server && isDead(model, step.next, letter)) gone.push(place);
    }
  let kept = 0;
  for (const letter of sent) {
    const to = model.addressees[letter] as number;
    const seat = to === server ? step.next : (current[at + HEAD + to] as number);
    if (!isDead(model, seat, letter)) sent[kept++] = letter;
  }
  sent.length = kept;
}

function isOnItsWay({ current, model }: Search, at: number, letter: number, removed: number): boolean {
  const end = at + (current[at] as number);
  for (let place = at + HEAD + model.ids.length; place < end; place++)
    if (current[place] === letter && place !== removed) return true;
  return false;
}

function putState(
  search: Search,
  at: number,
  server: number,
  nextSeat: number,
  budget: number,
  removed: number,
): void {
  const { current, sent, gone, ghost } = search;
  const length = current[at] as number;
  const from = search.upcomingLength;
  if (from + length + sent.length > search.upcoming.length)
    search.upcoming = wider(search.upcoming, length + sent.length);
  const { upcoming } = search;
  let to = from + 1;
  upcoming[to++] = ghost;
  upcoming[to++] = budget;
  for (let place = at + HEAD; place < at + length; place++)
    if (place === at + HEAD + server) upcoming[to++] = nextSeat;
    else if (place !== removed && !gone.includes(place)) upcoming[to++] = current[place] as number;
  for (let place = 0; place < sent.length; place++) upcoming[to++] = sent[place] as number;
  upcoming[from] = to - from;
  search.upcomingLength = to;
}

function wider(column: Int32Array, more: number): Int32Array {
  const grown = new Int32Array(2 * column.length + more);
  grown.set(column);
  return grown;
}

function noteParent(search: Search, state: number, parent: number, action: number): void {
  if (state >= search.parents.length) {
    search.parents = wider(search.parents, 0);
    search.actions = wider(search.actions, 0);
  }
  search.parents[state] = parent;
  search.actions[state] = action;
}

function heardGhost({ model, heard }: Search, ghost: number, said: number): number {
  const known = getPair(heard, ghost, said);
  if (known >= 0) return known;
  const history = model.ghosts.values[ghost] as History;
  const next = numberOf(
    model.ghosts,
    hear(history, must(model.sayings[said], "what is said has a number"), () => undefined),
  );
  setPair(heard, ghost, said, next);
  return next;
}

/** What is committed by counting is on the disks of a majority. */
function checkCounted({ model, current }: Search, at: number, server: number, step: Step): void {
  const [, by, index, term, electorate] = must(step.counted, "only steps that count are checked");
  const holders = electorate.filter((id) => {
    const other = model.ids.indexOf(id);
    const seat = other === server ? step.next : (current[at + HEAD + other] as number);
    return model.durable[seat]?.[index - 1] === term;
  });
  if (holders.length < majority(electorate.length))
    throw new Violation(
      "commit-without-quorum",
      `${by} commits entry ${index} of term ${term}, which is on the disks of ${holders.length} of ${electorate.length}`,
    );
}

/** Log Matching: logs that have an entry of equal index and term are equal up to there. */
function checkLogs({ model, current, matching }: Search, at: number, server: number, seat: number): void {
  const ours = model.logs[seat] as number;
  for (let other = 0; other < model.ids.length; other++) {
    const theirs = model.logs[current[at + HEAD + other] as number] as number;
    if (other === server || theirs === ours || getPair(matching, ours, theirs) === 1) continue;
    const one = model.logRows[ours] as readonly string[];
    const two = model.logRows[theirs] as readonly string[];
    let differs = false;
    for (let index = 0; index < Math.min(one.length, two.length); index++) {
      const [a, b] = [one[index] as string, two[index] as string];
      if (a.split(" ")[0] === b.split(" ")[0] && (differs || a !== b))
        throw new Violation(
          "log-matching",
          `${model.ids[server]} and ${model.ids[other]} have entries ${index + 1} of one term, and their logs differ there or before (§5.3)`,
        );
      differs ||= a !== b;
    }
    setPair(matching, ours, theirs, 1);
  }
}

function report(search: Search, depth: number, stopped: boolean): Exploration {
  const { seen, model, failure } = search;
  const bytes =
    stateSetBytes(seen) +
    search.parents.byteLength +
    search.actions.byteLength +
    pairTableBytes(model.deliveryPlaces) +
    pairTableBytes(search.heard);
  return {
    verdict: failure !== undefined ? "violation" : stopped ? "stopped" : "exhausted",
    states: seen.size,
    transitions: search.transitions,
    depth,
    steps: model.stepped,
    serverStates: model.seats.values.length,
    bytesPerState: bytes / seen.size,
    violation: failure?.violation,
    trace: failure === undefined ? [] : traceTo(search, failure.parent, failure.action),
  };
}

/** The way to a state, and one action more: the numbers say which actions, and the states on the way whose they were. */
function traceTo({ model, parents, actions }: Search, state: number, lastAction: number): TableDeed[] {
  const numbers = [lastAction];
  for (let at = state; at !== 0; at = parents[at] as number) numbers.push(actions[at] as number);
  const seats = [...firstSeats(model).seats];
  return numbers.reverse().map((number): TableDeed => {
    const letter = number & (DELIVER - 1);
    const isOwn = number >>> 29 === 0;
    const server = isOwn ? Math.floor(number / OWN_PLACES) : (model.addressees[letter] as number);
    const step = isOwn
      ? (ownSteps(model, seats[server] as number)[number % OWN_PLACES] as Step)
      : delivery(model, seats[server] as number, letter);
    seats[server] = step.next;
    return { server: model.ids[server] as string, action: step.action };
  });
}
