// What a server can do in a state of its own, each thing worked out once by the very core (raft/seat.ts) and remembered: the
// same server in the same state does the same, whatever the others are doing. A search through millions of states steps the
// core some ten thousand times.

import { InvariantError } from "../../core/lib/assert.ts";
import { createDigest } from "../../core/lib/digest.ts";
import { raftConfig } from "../../core/raft/config.ts";
import { entryAt, latestConfiguration } from "../../core/raft/log.ts";
import type { ConfigurationChange } from "../../core/raft/membership.ts";
import type { RaftMessage } from "../../core/raft/messages.ts";
import type { RaftEffect } from "../../core/raft/state.ts";
import { durableTermAt, lastDurableIndex } from "../raft/disk.ts";
import { createHistory, type History, judge } from "../raft/history.ts";
import { act, isPossible, type Rules, type Seat, type SeatAction, takeSeat } from "../raft/seat.ts";
import { serverNames, serverRecords } from "../raft/server.ts";
import { commandOf } from "../raft/table.ts";
import { fingerprint } from "../raft/turn.ts";
import { Violation } from "../violation.ts";
import { type Atoms, createAtoms, numberOf } from "./atoms.ts";
import { digestHistory, noteTaker, type Statement } from "./ghost.ts";
import { createPairTable, getPair, type PairTable, setPair } from "./pair-table.ts";
import { mixRenamed, renamings } from "./renaming.ts";
import type { Budgeted, Scope } from "./scope.ts";
import { copySeat, digestSeat, tidySeat } from "./seat-data.ts";

/** A message on its way. */
export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly message: RaftMessage;
}

/** What comes of one action of one server in one state. */
export interface Step {
  readonly action: SeatAction;
  /** The server's state afterwards. */
  readonly next: number;
  /** Letters that it sends. */
  readonly sent: readonly number[];
  /** What it says for the history; 0 for nothing. */
  readonly said: number;
  /** As leader it committed by counting: up to which entry, and who has to have it. */
  readonly counted: Extract<Statement, readonly ["counted", ...unknown[]]> | undefined;
  readonly logChanged: boolean;
  readonly termChanged: boolean;
  /** Of what the scope has only so many, and, for a proposal, how many there have to have been before. */
  readonly costs: Budgeted | undefined;
  readonly nth: number;
  /** Nothing at all comes of it. */
  readonly idle: boolean;
  /** Nothing comes of it but letters, and words that bind the server itself and nobody else. */
  readonly onlyAnswers: boolean;
  readonly failure: Violation | undefined;
}

export interface Model {
  readonly scope: Scope;
  readonly keepDead: boolean;
  readonly rules: Rules;
  readonly ids: readonly string[];
  readonly seats: Atoms<Seat>;
  readonly letters: Atoms<Letter>;
  /** To which server each letter goes. */
  readonly addressees: number[];
  readonly ghosts: Atoms<History>;
  /** By seat: what it can do by itself. */
  readonly ownSteps: (readonly Step[] | undefined)[];
  /** By seat: which log it has, and the terms of the entries on its disk. */
  readonly logs: number[];
  readonly durable: (readonly number[])[];
  readonly logNumbers: Map<string, number>;
  readonly logRows: (readonly string[])[];
  /** By seat and letter: place in `deliveries`. */
  readonly deliveryPlaces: PairTable;
  readonly deliveries: Step[];
  /** What can be said in a step; the first says nothing. */
  readonly sayings: (readonly Statement[])[];
  readonly sayingNumbers: Map<string, number>;
  /** How often the core was stepped. */
  stepped: number;
}

export interface ModelOptions {
  readonly planted?: string | undefined;
  /** Servers are alike. Default true. */
  readonly symmetric?: boolean;
  /** Keep letters that a sound server ignores for ever. Default: only with a planted bug. */
  readonly keepDead?: boolean;
}

export function createModel(
  scope: Scope,
  { planted, symmetric = true, keepDead = planted !== undefined }: ModelOptions,
): Model {
  const ids = serverNames(scope.servers);
  const all = renamings(ids, symmetric);
  return {
    scope,
    keepDead,
    rules: {
      config: { ...raftConfig(1), snapshotEntries: Number.POSITIVE_INFINITY, ...scope.raft, planted },
      servers: serverRecords(ids),
      // Without power cuts a write that takes its time does nothing but hold back messages, and any message may take its
      // time on the way.
      promptDisks: scope.crashes === 0,
    },
    ids,
    seats: createAtoms(all, digestSeat),
    letters: createAtoms(all, (letter, renaming) => {
      const digest = createDigest();
      mixRenamed(digest, letter, renaming);
      return digest;
    }),
    addressees: [],
    ghosts: createAtoms(all, digestHistory),
    ownSteps: [],
    logs: [],
    durable: [],
    logNumbers: new Map(),
    logRows: [],
    deliveryPlaces: createPairTable(),
    deliveries: [],
    sayings: [[]],
    sayingNumbers: new Map([["[]", 0]]),
    stepped: 0,
  };
}

/** A cluster that was just born: every server has the first configuration on its disk, and nobody leads. */
export function firstSeats(model: Model): { readonly seats: readonly number[]; readonly ghost: number } {
  const history = createHistory();
  const witness = judge(history, () => undefined);
  const seats = model.ids.map((id) =>
    seatNumber(model, takeSeat(id, { ...model.rules, promptDisks: true }, witness, [])),
  );
  return { seats, ghost: numberOf(model.ghosts, { ...history, entries: [] }) };
}

function seatNumber(model: Model, seat: Seat): number {
  const number = numberOf(model.seats, seat);
  if (number < model.logs.length) return number;
  const { log } = seat.raft;
  const rows: string[] = [];
  for (let index = log.base.index + 1; index <= log.lastIndex; index++) {
    const entry = entryAt(log, index);
    rows.push(`${entry.term} ${fingerprint(entry.data)}`);
  }
  const key = rows.join(",");
  const known = model.logNumbers.get(key);
  if (known === undefined) {
    model.logNumbers.set(key, model.logRows.length);
    model.logs.push(model.logRows.length);
    model.logRows.push(rows);
  } else model.logs.push(known);
  model.durable.push(
    Array.from({ length: lastDurableIndex(seat.disk) }, (_, at) => durableTermAt(seat.disk, at + 1) ?? 0),
  );
  return number;
}

/** What a server can do by itself. */
export function ownSteps(model: Model, seat: number): readonly Step[] {
  const known = model.ownSteps[seat];
  if (known !== undefined) return known;
  const value = model.seats.values[seat] as Seat;
  const steps = possibleActions(model, value).map(({ action, costs, nth }) => {
    return stepOf(model, seat, action, costs, nth ?? 0);
  });
  model.ownSteps[seat] = steps.filter((step) => !step.idle);
  return model.ownSteps[seat];
}

interface Possible {
  readonly action: SeatAction;
  readonly costs?: Budgeted;
  readonly nth?: number;
}

function possibleActions({ scope, ids }: Model, seat: Seat): Possible[] {
  const { raft, disk } = seat;
  const all: Possible[] = [];
  const mayCampaign = raft.currentTerm <= scope.terms;
  if (mayCampaign) all.push({ action: { type: "time-out" } });
  all.push({ action: { type: "tell-commit" } }, { action: { type: "stored" } });
  if (scope.heartbeats > 0) all.push({ action: { type: "heartbeat" }, costs: "heartbeats" });
  if (scope.quits > 0) all.push({ action: { type: "lose-quorum" }, costs: "quits" });
  if (scope.crashes > 0)
    for (let kept = 0; kept <= disk.pending.length; kept++)
      all.push({ action: { type: "crash", kept }, costs: "crashes" });
  for (let nth = 0; nth < scope.entries; nth++)
    all.push({ action: { type: "propose", data: commandOf(nth + 1) }, costs: "entries", nth });
  if (scope.changes > 0 && raft.leading !== undefined)
    for (const change of changesOf(seat, ids))
      all.push({ action: { type: "change", change }, costs: "changes" });
  if (scope.transfers > 0 && mayCampaign && raft.leading?.transfer === undefined)
    for (const target of ids) all.push({ action: { type: "transfer", target }, costs: "transfers" });
  return all.filter(({ action }) => isPossible(seat, action));
}

function changesOf({ raft }: Seat, ids: readonly string[]): ConfigurationChange[] {
  const { servers } = latestConfiguration(raft.log);
  return ids.flatMap((id, at): ConfigurationChange[] => {
    const known = servers.find((server) => server.id === id);
    if (known === undefined)
      return [{ kind: "add-learner", id, address: `10.0.0.${at + 1}:8300`, identity: 0 }];
    return known.voter ? [{ kind: "remove", id }] : [{ kind: "promote", id }];
  });
}

/**
 * Whether a server in this state, and in every state to come, ignores a letter: an answer to what it asked in a term that is
 * over, or a call to campaign in one. (Not a refused pre-vote: it may still count against a later campaign.) Terms only
 * grow, and where there are power cuts only the durable one counts. This is a claim about the core: tests hold it to that.
 */
export function isDead(model: Model, seat: number, letter: number): boolean {
  const { raft, disk } = model.seats.values[seat] as Seat;
  const term = model.rules.promptDisks ? raft.currentTerm : Math.min(raft.currentTerm, disk.hardState.term);
  const { message } = model.letters.values[letter] as Letter;
  switch (message.type) {
    case "vote-reply":
    case "append-reply":
    case "timeout-now":
      return message.term < term;
    case "pre-vote-reply":
      return message.granted && message.term <= term;
    default:
      return false;
  }
}

/** What comes of a letter that arrives at a server in this state. */
export function delivery(model: Model, seat: number, letter: number): Step {
  const place = getPair(model.deliveryPlaces, seat, letter);
  if (place >= 0) return model.deliveries[place] as Step;
  const { from, message } = model.letters.values[letter] as Letter;
  const step = stepOf(model, seat, { type: "deliver", from, message }, undefined, 0);
  setPair(model.deliveryPlaces, seat, letter, model.deliveries.length);
  model.deliveries.push(step);
  return step;
}

/** Steps the core. */
function stepOf(
  model: Model,
  seat: number,
  action: SeatAction,
  costs: Budgeted | undefined,
  nth: number,
): Step {
  model.stepped++;
  const copy = copySeat(model.seats.values[seat] as Seat);
  const statements: Statement[] = [];
  const out: RaftEffect[] = [];
  try {
    act(copy, action, model.rules, noteTaker(statements), out);
  } catch (error) {
    const failure = failureOf(error);
    return {
      action,
      next: seat,
      sent: [],
      said: 0,
      counted: undefined,
      logChanged: false,
      termChanged: false,
      costs,
      nth,
      idle: false,
      onlyAnswers: false,
      failure,
    };
  }
  tidySeat(copy);
  const next = seatNumber(model, copy);
  const sent = out.flatMap((effect) =>
    effect.type === "send" ? [letterNumber(model, copy.id, effect.to, effect.message)] : [],
  );
  const counted = statements.find((each) => each[0] === "counted");
  const said = sayingNumber(
    model,
    statements.filter((each) => each[0] !== "counted"),
  );
  return {
    action,
    next,
    sent: [...new Set(sent)].filter((letter) => letter >= 0),
    said,
    counted,
    logChanged: model.logs[next] !== model.logs[seat],
    termChanged: termsOf(model, next) !== termsOf(model, seat),
    costs,
    nth,
    idle: next === seat && sent.length === 0 && said === 0,
    onlyAnswers: next === seat && statements.every(([type]) => type === "spoke" || type === "acknowledged"),
    failure: undefined,
  };
}

function termsOf({ seats }: Model, seat: number): number {
  const { raft, disk } = seats.values[seat] as Seat;
  return raft.currentTerm * 1024 + disk.hardState.term;
}

/** Our own broken promises and the rules' findings; anything else is a fault of the search. */
export function failureOf(error: unknown): Violation {
  if (error instanceof Violation) return error;
  if (error instanceof InvariantError) return new Violation("invariant", error.message);
  throw error;
}

function letterNumber(model: Model, from: string, to: string, message: RaftMessage): number {
  const addressee = model.ids.indexOf(to);
  // To nobody at this table.
  if (addressee < 0) return -1;
  const number = numberOf(model.letters, { from, to, message });
  model.addressees[number] = addressee;
  return number;
}

function sayingNumber({ sayings, sayingNumbers }: Model, statements: readonly Statement[]): number {
  const key = JSON.stringify(statements);
  const known = sayingNumbers.get(key);
  if (known !== undefined) return known;
  sayingNumbers.set(key, sayings.length);
  sayings.push(statements);
  return sayings.length - 1;
}
