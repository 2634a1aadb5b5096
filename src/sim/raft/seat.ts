// One server of an untimed world, where whoever drives it decides what happens next: which message is delivered, whose time
// is up, which write finishes, who loses power. Between two actions at a server as much time passes as the rules of Raft
// allow: promises that run out (a leader heard lately, no votes after a start) have always run out, and a deadline is met
// when the driver says so and not before. That keeps every behaviour that does not rest on time, and all of safety but the
// leader's lease; so a world of such servers has finitely many states.

import { unreachable } from "../../core/lib/assert.ts";
import { type Chance, DOOR } from "../../core/lib/chance.ts";
import type { RaftConfig } from "../../core/raft/config.ts";
import { type ConfigurationChange, changeConfiguration } from "../../core/raft/membership.ts";
import type { RaftMessage } from "../../core/raft/messages.ts";
import { quorumDeadlineMs } from "../../core/raft/read-index.ts";
import type { Raft, RaftEffect, RaftInput } from "../../core/raft/state.ts";
import { propose } from "../../core/raft/step.ts";
import { transferLeadership } from "../../core/raft/transfer.ts";
import { createRaftDisk, cutPower, finishStore, type RaftDisk } from "./disk.ts";
import { type FirstServer, raise } from "./server.ts";
import { takeTurn, takeTurnBy, type Witness } from "./turn.ts";

export interface Seat {
  readonly id: string;
  raft: Raft;
  readonly disk: RaftDisk;
}

export type SeatAction =
  | { readonly type: "deliver"; readonly from: string; readonly message: RaftMessage }
  /** A follower or candidate has waited long enough for a leader. */
  | { readonly type: "time-out" }
  | { readonly type: "heartbeat" }
  /** A leader tells of a commit that no entry has told of. */
  | { readonly type: "tell-commit" }
  /** A leader has heard from no quorum for too long. */
  | { readonly type: "lose-quorum" }
  /** The oldest write is on the disk. */
  | { readonly type: "stored" }
  /** Loses power and comes back; `kept` of the writes under way, the oldest, were made. */
  | { readonly type: "crash"; readonly kept: number }
  | { readonly type: "propose"; readonly data: Uint8Array }
  | { readonly type: "change"; readonly change: ConfigurationChange }
  | { readonly type: "transfer"; readonly target: string };

/** What all seats of a world share. */
export interface Rules {
  readonly config: RaftConfig;
  readonly servers: readonly FirstServer[];
  /** Writes are on the disk as soon as they are asked for. */
  readonly promptDisks: boolean;
}

/** Each action happens at this time of the server's clock, but for deadlines, which lie a little after it. */
const NOW_MS = 1_000_000;
/** Longer ago than any promise lasts. */
const LONG_AGO_MS = 0;

/** Every wait is the shortest: nothing in an untimed world depends on how long one is. */
const SHORTEST: Chance = { [DOOR]: true, choose: () => 0 };

const NEVER = Number.POSITIVE_INFINITY;

/** A server that comes up, with what is on the disk; a blank one is told of the others. */
export function takeSeat(id: string, rules: Rules, witness: Witness, out: RaftEffect[]): Seat {
  const disk = createRaftDisk();
  const seat = { id, raft: rise(id, disk, rules, witness), disk };
  takeTurnBy(seat.raft, () => undefined, NOW_MS, witness, out);
  settle(seat, rules, witness, out);
  return seat;
}

function rise(id: string, disk: RaftDisk, rules: Rules, witness: Witness): Raft {
  return raise(id, disk, rules.servers, rules.config, SHORTEST, NOW_MS, witness);
}

/** When the action's deadline is; undefined when there is none. */
function deadlineOf({ raft }: Seat, type: SeatAction["type"]): number | undefined {
  const { leading } = raft;
  const finite = (deadline: number): number | undefined => (deadline === NEVER ? undefined : deadline);
  switch (type) {
    case "time-out":
      return leading === undefined ? finite(raft.electionAtMs) : undefined;
    case "heartbeat":
      return leading && leading.progress.size > 0 ? leading.heartbeatAtMs : undefined;
    case "tell-commit":
      return leading && finite(leading.tellCommitAtMs);
    case "lose-quorum":
      return leading && finite(quorumDeadlineMs(raft));
    default:
      return undefined;
  }
}

/** Whether anything would come of it. Changes and transfers may still be refused by Raft's own rules. */
export function isPossible(seat: Seat, action: SeatAction): boolean {
  switch (action.type) {
    case "deliver":
    case "crash":
      return true;
    case "stored":
      return seat.disk.pending.length > 0;
    case "propose":
    case "change":
    case "transfer":
      return seat.raft.leading !== undefined;
    default:
      return deadlineOf(seat, action.type) !== undefined;
  }
}

/**
 * Does it, to the end of the turn, and with prompt disks until all is written. Messages are left in `out`.
 * @returns Whether it was possible.
 * @throws Violation, InvariantError when a rule was broken.
 */
export function act(
  seat: Seat,
  action: SeatAction,
  rules: Rules,
  witness: Witness,
  out: RaftEffect[],
): boolean {
  if (!isPossible(seat, action)) return false;
  const { raft } = seat;
  switch (action.type) {
    case "deliver":
      give(seat, { type: "message", from: action.from, message: action.message }, NOW_MS, witness, out);
      break;
    case "time-out":
    case "heartbeat":
    case "tell-commit":
    case "lose-quorum":
      give(seat, { type: "wake" }, deadlineOf(seat, action.type) ?? NOW_MS, witness, out);
      break;
    case "stored":
      finishOne(seat, witness, out);
      break;
    case "crash":
      cutPower(seat.disk, action.kept);
      seat.raft = rise(seat.id, seat.disk, rules, witness);
      takeTurnBy(seat.raft, () => undefined, NOW_MS, witness, out);
      break;
    case "propose":
      takeTurnBy(raft, () => propose(raft, action.data), NOW_MS, witness, out);
      break;
    case "change":
      takeTurnBy(raft, () => changeConfiguration(raft, action.change, NOW_MS), NOW_MS, witness, out);
      break;
    case "transfer":
      takeTurnBy(
        raft,
        (_raft, effects) => transferLeadership(raft, action.target, NOW_MS, effects),
        NOW_MS,
        witness,
        out,
      );
      break;
    default:
      unreachable(action);
  }
  settle(seat, rules, witness, out);
  return true;
}

function give(seat: Seat, input: RaftInput, nowMs: number, witness: Witness, out: RaftEffect[]): void {
  const from = out.length;
  takeTurn(seat.raft, input, nowMs, witness, out);
  askDisk(seat, out, from);
}

function finishOne(seat: Seat, witness: Witness, out: RaftEffect[]): void {
  const token = finishStore(seat.disk);
  if (token !== undefined) give(seat, { type: "stored", token }, NOW_MS, witness, out);
}

/** Moves what was asked of the disk, from place `from` of the effects on, to the disk. */
function askDisk({ disk }: Seat, out: RaftEffect[], from: number): void {
  let kept = from;
  for (let at = from; at < out.length; at++) {
    const effect = out[at] as RaftEffect;
    if (effect.type === "store") disk.pending.push(effect.request);
    else out[kept++] = effect;
  }
  out.length = kept;
}

function settle(seat: Seat, rules: Rules, witness: Witness, out: RaftEffect[]): void {
  askDisk(seat, out, 0);
  if (rules.promptDisks) while (seat.disk.pending.length > 0) finishOne(seat, witness, out);
  settleTokens(seat);
  settleTimes(seat.raft);
}

/** Counts requests to the disk from the last one that is done: how many there ever were is of no consequence. */
function settleTokens({ raft, disk }: Seat): void {
  const { durability } = raft;
  const done = durability.stored;
  if (done === 0) return;
  durability.stored = 0;
  durability.asked -= done;
  durability.hardStateToken = Math.max(0, durability.hardStateToken - done);
  durability.underWay.splice(
    0,
    durability.underWay.length,
    ...durability.underWay.map(({ token, lastIndex }) => ({ token: token - done, lastIndex })),
  );
  for (const held of durability.heldBack) held.token -= done;
  disk.pending.splice(
    0,
    disk.pending.length,
    ...disk.pending.map((request) => ({ ...request, token: request.token - done })),
  );
}

/** Sets every clock to `NOW_MS` again: what is past is long past, what is to come is as far off as when it was set. */
function settleTimes(raft: Raft): void {
  const { config, leading } = raft;
  if (raft.leaderContactMs !== -NEVER) raft.leaderContactMs = LONG_AGO_MS;
  if (raft.noVoteBeforeMs !== -NEVER) raft.noVoteBeforeMs = -NEVER;
  if (raft.electionAtMs !== NEVER) raft.electionAtMs = NOW_MS + config.electionTimeoutMs;
  raft.snapshot.dueAtMs = NEVER;
  if (leading === undefined) return;
  leading.heartbeatAtMs = NOW_MS + config.heartbeatIntervalMs;
  if (leading.tellCommitAtMs !== NEVER) leading.tellCommitAtMs = NOW_MS + config.commitIntervalMs;
  leading.quorumMs = NOW_MS;
  if (leading.openRounds.length > 0)
    leading.openRounds.splice(
      0,
      leading.openRounds.length,
      ...leading.openRounds.map(({ round }) => ({ round, beganMs: NOW_MS })),
    );
  if (leading.transfer !== undefined)
    leading.transfer = { ...leading.transfer, untilMs: NOW_MS + config.electionTimeoutMs };
  for (const progress of leading.progress.values())
    if (progress.departsAtMs !== NEVER) progress.departsAtMs = NOW_MS + 2 * config.electionTimeoutMs;
}
