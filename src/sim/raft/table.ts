// The untimed world: some servers at a table, their mail in the open, and one choice after the other of what happens next.
// A choice is three small numbers (what, where, which), each taken modulo what there is to choose from: so that any list of
// numbers is a run, and a list that has been cut, spliced or shortened still is one. Random runs, guided search, fast-check
// and shrinkers all sit behind that door.

import type { Chance } from "../../core/lib/chance.ts";
import { type RaftConfig, raftConfig } from "../../core/raft/config.ts";
import type { ConfigurationChange } from "../../core/raft/membership.ts";
import type { RaftMessage } from "../../core/raft/messages.ts";
import type { RaftEffect } from "../../core/raft/state.ts";
import { durableTermAt } from "./disk.ts";
import { createHistory, type History, judge } from "./history.ts";
import { act, type Rules, type Seat, type SeatAction, takeSeat } from "./seat.ts";
import { serverNames, serverRecords } from "./server.ts";
import type { Witness } from "./turn.ts";

export interface TableOptions {
  /** 1 to 26. */
  readonly servers: number;
  readonly raft?: Partial<RaftConfig>;
  readonly planted?: string | undefined;
  /** Writes are on the disk as soon as they are asked for. Default false: when a write finishes is a choice. */
  readonly promptDisks?: boolean;
  /** Judge only what servers do to each other (turn.ts). Default false. */
  readonly onlyShared?: boolean;
  /** Letters on the table at most: the oldest is lost when there are more. Default 48. */
  readonly mostMail?: number;
}

export interface Letter {
  readonly from: string;
  readonly to: number;
  readonly message: RaftMessage;
}

export interface Table {
  readonly rules: Rules;
  readonly seats: readonly Seat[];
  /** On its way, oldest first. */
  readonly mail: Letter[];
  readonly mostMail: number;
  readonly history: History;
  readonly witness: Witness;
  /** Commands proposed so far: each is a number of its own. */
  proposals: number;
  /** What was done last, or tried: when a rule is broken, what broke it. */
  last: { readonly server: string; readonly action: SeatAction } | undefined;
  readonly out: RaftEffect[];
}

/** What a run is made of, each with its share of a hundred: how likely a choice drawn at random is to mean it. */
export const TABLE_ACTIONS = [
  ["deliver", 56],
  ["stored", 14],
  ["time-out", 6],
  ["heartbeat", 4],
  ["tell-commit", 2],
  ["propose", 4],
  ["crash", 2],
  ["lose-quorum", 1],
  ["lose", 3],
  ["double", 3],
  ["change", 4],
  ["transfer", 1],
] as const;
export type TableActionKind = (typeof TABLE_ACTIONS)[number][0];

/** What happened: for people, and for those who count what has been reached. */
export type TableEvent =
  | { readonly kind: "act"; readonly seat: Seat; readonly action: SeatAction }
  | { readonly kind: "lost"; readonly letter: Letter };

/** By the number that a choice of `table.what` gives. */
export const TABLE_KINDS: readonly TableActionKind[] = TABLE_ACTIONS.flatMap(([kind, share]) =>
  Array.from({ length: share }, () => kind),
);

const DEFAULT_MOST_MAIL = 48;

export function createTable(options: TableOptions): Table {
  const rules: Rules = {
    config: {
      ...raftConfig(1),
      snapshotEntries: Number.POSITIVE_INFINITY,
      ...options.raft,
      planted: options.planted,
    },
    servers: serverRecords(serverNames(options.servers)),
    promptDisks: options.promptDisks ?? false,
  };
  const history = createHistory();
  const seats: Seat[] = [];
  const witness = judge(
    history,
    (id, index) => {
      const disk = seats.find((seat) => seat.id === id)?.disk;
      return disk && durableTermAt(disk, index);
    },
    options.onlyShared,
  );
  for (const { id } of rules.servers) seats.push(takeSeat(id, { ...rules, promptDisks: true }, witness, []));
  return {
    rules,
    seats,
    mail: [],
    mostMail: options.mostMail ?? DEFAULT_MOST_MAIL,
    history,
    witness,
    proposals: 0,
    last: undefined,
    out: [],
  };
}

/**
 * Takes one choice. @returns What happened; undefined when what was chosen was not possible, and nothing did.
 * @throws Violation, InvariantError when a rule was broken.
 */
export function playOne(table: Table, chance: Chance): TableEvent | undefined {
  const what = TABLE_KINDS[chance.choose("table.what", TABLE_KINDS.length)] ?? "deliver";
  const where = chance.choose("table.where", table.seats.length);
  const which = chance.choose("table.which", 16);
  return play(table, what, where, which);
}

/** The same, with the choice as numbers. */
export function play(
  table: Table,
  what: TableActionKind,
  where: number,
  which: number,
): TableEvent | undefined {
  const seat = table.seats[where];
  if (seat === undefined) return undefined;
  switch (what) {
    case "deliver":
    case "double":
    case "lose":
      return playLetter(table, what, where, which);
    case "crash":
      return tryAct(table, seat, { type: "crash", kept: which % (seat.disk.pending.length + 1) });
    case "propose":
      return tryAct(table, seat, { type: "propose", data: commandOf(table.proposals + 1) });
    case "change":
      return tryAct(table, seat, { type: "change", change: changeOf(table, which) });
    case "transfer":
      return tryAct(table, seat, {
        type: "transfer",
        target: (table.seats[which % table.seats.length] ?? seat).id,
      });
    default:
      return tryAct(table, seat, { type: what });
  }
}

/** The `which`th of the letters to a server, counted round and round from the oldest. */
function playLetter(
  table: Table,
  what: "deliver" | "double" | "lose",
  where: number,
  which: number,
): TableEvent | undefined {
  let count = 0;
  for (const letter of table.mail) if (letter.to === where) count++;
  if (count === 0) return undefined;
  let left = which % count;
  const at = table.mail.findIndex((letter) => letter.to === where && left-- === 0);
  const letter = table.mail[at] as Letter;
  if (what !== "double") table.mail.splice(at, 1);
  if (what === "lose") return { kind: "lost", letter };
  return tryAct(table, table.seats[where] as Seat, {
    type: "deliver",
    from: letter.from,
    message: letter.message,
  });
}

/** Does what a driver has decided on by itself. @returns undefined when it is not possible. */
export function tryAct(table: Table, seat: Seat, action: SeatAction): TableEvent | undefined {
  const { out } = table;
  out.length = 0;
  table.last = { server: seat.id, action };
  if (!act(seat, action, table.rules, table.witness, out)) return undefined;
  if (action.type === "propose") table.proposals++;
  for (const effect of out) if (effect.type === "send") post(table, seat.id, effect.to, effect.message);
  return { kind: "act", seat, action };
}

function post(table: Table, from: string, toId: string, message: RaftMessage): void {
  const to = table.seats.findIndex(({ id }) => id === toId);
  if (to < 0) return;
  table.mail.push({ from, to, message });
  if (table.mail.length > table.mostMail) table.mail.shift();
}

/** The nth command: its own number. */
export function commandOf(n: number): Uint8Array {
  return Uint8Array.of(n, n >>> 8);
}

/** A change of one server: removed, made a learner, made a voter, or let in again. */
function changeOf({ seats }: Table, which: number): ConfigurationChange {
  const at = (which >> 2) % seats.length;
  const id = seats[at]?.id ?? "";
  switch (which & 3) {
    case 0:
    case 1:
      return { kind: "remove", id };
    case 2:
      return { kind: "promote", id };
    default:
      return { kind: "add-learner", id, address: `10.0.0.${at + 1}:8300`, identity: 0 };
  }
}
