// The untimed world: some servers at a table, their mail in the open, and one choice after the other of what happens next.
// A choice is three small numbers (what, where, which), each taken modulo what there is to choose from: so that any list of
// numbers is a run, and a list that has been cut, spliced or shortened still is one. Random runs, guided search and fast-check
// all sit behind that door.

import type { Chance } from "../../core/lib/chance.ts";
import { type RaftConfig, raftConfig } from "../../core/raft/config.ts";
import { latestConfiguration } from "../../core/raft/log.ts";
import type { ConfigurationChange } from "../../core/raft/membership.ts";
import type { RaftMessage } from "../../core/raft/messages.ts";
import type { RaftEffect } from "../../core/raft/state.ts";
import { durableTermAt } from "./disk.ts";
import { createHistory, type History, judge } from "./history.ts";
import { act, isPossible, type Rules, type Seat, type SeatAction, takeSeat } from "./seat.ts";
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
  /** Places at the table. */
  readonly from: number;
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
  /** What was done, or tried, oldest first: when a rule is broken, the last of them broke it. */
  readonly deeds: TableDeed[];
  readonly out: RaftEffect[];
}

/** An action of a server. */
export interface TableDeed {
  readonly server: string;
  readonly action: SeatAction;
}

/**
 * What a run is made of, each with its share: how likely a choice drawn at random is to mean it. An exchange is what makes
 * an election or a change of the configuration likely at all: some of the servers read each other's letters, oldest first,
 * for a while, and the others hear nothing.
 */
export const TABLE_ACTIONS = [
  ["deliver", 24],
  ["exchange", 32],
  ["stored", 14],
  ["time-out", 8],
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

/** `which` is below this: eight bits that say which servers, and four that say how many letters. */
export const TABLE_WHICH: number = 1 << 12;

/** Each as often as its share says: a choice of `table.what` is a place in this list. */
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
    deeds: [],
    out: [],
  };
}

/**
 * Takes one choice. @returns How many things happened; 0 when what was chosen was not possible.
 * @throws Violation, InvariantError when a rule was broken.
 */
export function playOne(table: Table, chance: Chance): number {
  const what = TABLE_KINDS[chance.choose("table.what", TABLE_KINDS.length)] ?? "deliver";
  const where = chance.choose("table.where", table.seats.length);
  const which = chance.choose("table.which", TABLE_WHICH);
  return play(table, what, where, which);
}

/** The same, with the choice as numbers. */
export function play(table: Table, what: TableActionKind, where: number, which: number): number {
  switch (what) {
    case "deliver":
    case "double":
    case "lose":
      return playLetter(table, what, where, which);
    case "exchange":
      return playExchange(table, where, which);
    default: {
      const able = table.seats.filter((seat) => isPossible(seat, PROBES[what]));
      const seat = able[where % Math.max(1, able.length)];
      return seat === undefined ? 0 : tryAct(table, seat, actionOf(table, seat, what, which));
    }
  }
}

type OwnActionKind = Exclude<TableActionKind, "deliver" | "double" | "lose" | "exchange">;

/** To ask who could do such a thing at all. */
const PROBES: Readonly<Record<OwnActionKind, SeatAction>> = {
  stored: { type: "stored" },
  "time-out": { type: "time-out" },
  heartbeat: { type: "heartbeat" },
  "tell-commit": { type: "tell-commit" },
  propose: { type: "propose", data: new Uint8Array(0) },
  crash: { type: "crash", kept: 0 },
  "lose-quorum": { type: "lose-quorum" },
  change: { type: "change", change: { kind: "remove", id: "" } },
  transfer: { type: "transfer", target: "" },
};

function actionOf(table: Table, seat: Seat, what: OwnActionKind, which: number): SeatAction {
  switch (what) {
    case "crash":
      return { type: "crash", kept: which % (seat.disk.pending.length + 1) };
    case "propose":
      return { type: "propose", data: commandOf(table.proposals + 1) };
    case "change":
      return { type: "change", change: changeOf(table, seat, which) };
    case "transfer":
      return { type: "transfer", target: (table.seats[which % table.seats.length] ?? seat).id };
    default:
      return PROBES[what];
  }
}

/** The `which`th of the letters to a server, counted round and round from the oldest. */
function playLetter(table: Table, what: "deliver" | "double" | "lose", where: number, which: number): number {
  let count = 0;
  for (const letter of table.mail) if (letter.to === where) count++;
  if (count === 0) return 0;
  let left = which % count;
  const at = table.mail.findIndex((letter) => letter.to === where && left-- === 0);
  const letter = table.mail[at] as Letter;
  if (what !== "double") table.mail.splice(at, 1);
  if (what === "lose") return 1;
  return tryAct(table, table.seats[where] as Seat, {
    type: "deliver",
    from: (table.seats[letter.from] as Seat).id,
    message: letter.message,
  });
}

function playExchange(table: Table, where: number, which: number): number {
  let happened = 0;
  for (let left = exchangeLength(which); left > 0; left--) {
    const next = nextOfExchange(table, where, which);
    if (next === undefined) break;
    happened += playLetter(table, "deliver", next.where, next.which);
  }
  return happened;
}

/** How many letters an exchange delivers at most: 1 to 16. */
function exchangeLength(which: number): number {
  return 1 + ((which >> 8) & 15);
}

/** The oldest letter from one to another of the servers that take part, as a choice of what to deliver. */
function nextOfExchange(
  { mail }: Table,
  where: number,
  which: number,
): { readonly where: number; readonly which: number } | undefined {
  // Server 8 goes with server 0, and so on.
  const parties = (which & 255) | (1 << (where & 7));
  const takesPart = (at: number): boolean => ((parties >> (at & 7)) & 1) === 1;
  const letter = mail.find(({ from, to }) => takesPart(from) && takesPart(to));
  if (letter === undefined) return undefined;
  // Of those to the same server there may be older ones, from servers that don't take part.
  const before = mail.slice(0, mail.indexOf(letter)).filter(({ to }) => to === letter.to).length;
  return { where: letter.to, which: before };
}

/** Does what a driver has decided on by itself. @returns How many things happened: 0 when it is not possible. */
export function tryAct(table: Table, seat: Seat, action: SeatAction): number {
  const { out } = table;
  if (!isPossible(seat, action)) return 0;
  out.length = 0;
  table.deeds.push({ server: seat.id, action });
  act(seat, action, table.rules, table.witness, out);
  if (action.type === "propose") table.proposals++;
  for (const effect of out) if (effect.type === "send") post(table, seat, effect.to, effect.message);
  return 1;
}

function post(table: Table, sender: Seat, toId: string, message: RaftMessage): void {
  const to = table.seats.findIndex(({ id }) => id === toId);
  if (to < 0) return;
  table.mail.push({ from: table.seats.indexOf(sender), to, message });
  if (table.mail.length > table.mostMail) table.mail.shift();
}

/** The nth command: its own number. */
export function commandOf(n: number): Uint8Array {
  return Uint8Array.of(n, n >>> 8);
}

/** A change of one server that makes sense where it is asked for: a voter is removed, a learner promoted, another let in. */
function changeOf({ seats }: Table, { raft }: Seat, which: number): ConfigurationChange {
  const at = which % seats.length;
  const id = seats[at]?.id ?? "";
  const known = latestConfiguration(raft.log).servers.find((server) => server.id === id);
  if (known === undefined) return { kind: "add-learner", id, address: `10.0.0.${at + 1}:8300`, identity: 0 };
  if (known.voter) return { kind: "remove", id };
  return which & 64 ? { kind: "remove", id } : { kind: "promote", id };
}
