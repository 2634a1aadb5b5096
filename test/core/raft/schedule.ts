// Courses of events for the rig, as data: each step is something that the world does to one server or one letter. A list of
// them is what fast-check shrinks.

import fc from "fast-check";
import type { ConfigurationChange } from "../../../src/core/raft/membership.ts";
import { requestRead } from "../../../src/core/raft/read-index.ts";
import { raftDeadline } from "../../../src/core/raft/step.ts";
import {
  change,
  command,
  crash,
  deliver,
  finishDisk,
  finishKeeper,
  give,
  holdAll,
  loseDisk,
  type Rig,
  raftOf,
  seatOf,
  TIMEOUT_MS,
  takeMail,
  takeSnapshot,
  timeOut,
  transfer,
  turn,
} from "./rig.ts";
import { mayLoseDisk, mayPromote, maySpare } from "./survivable.ts";

/** What is done with a letter, chosen by its place among those on the way. */
const MAIL = ["deliver", "lose", "double"] as const;
/** What a server's parts do in their own time. */
const PARTS = ["disk", "disk", "propose", "wake", "read"] as const;
/** What happens to a server, or to all. */
const EVENTS = ["silence", "crash", "everything", "everything", "campaign", "deaf"] as const;
const SNAPSHOTS = ["snapshot", "snapshot", "keeper", "keeper", "keeper-fails", "keeper-mends"] as const;
const OPERATORS = ["add", "move", "promote", "demote", "remove", "transfer", "lose-disk"] as const;

type Deed =
  | (typeof MAIL)[number]
  | (typeof PARTS)[number]
  | (typeof EVENTS)[number]
  | (typeof SNAPSHOTS)[number]
  | (typeof OPERATORS)[number];

export interface Step {
  readonly do: Deed;
  /** How much, or which one. */
  readonly at: number;
  readonly server: string;
  /** Whom an operator means. */
  readonly whom: string;
}

/** @param operators Also snapshots, changes of the configuration, transfers and lost disks. */
export function steps(servers: readonly string[], operators: boolean, most: number): fc.Arbitrary<Step[]> {
  const server = fc.constantFrom(...servers);
  const kind = (weight: number, deeds: readonly Deed[], at: fc.Arbitrary<number>) => ({
    weight,
    arbitrary: fc.record({ do: fc.constantFrom(...deeds), at, server, whom: server }),
  });
  const ordinary = [kind(8, MAIL, fc.nat(20)), kind(5, PARTS, fc.nat(2)), kind(2, EVENTS, fc.nat(1000))];
  const more = [kind(3, SNAPSHOTS, fc.nat(3)), kind(3, OPERATORS, fc.nat(3))];
  const step = fc.oneof(...ordinary, ...(operators ? more : []));
  // Without a size fast-check would make some twenty of them.
  return fc.array(step, { minLength: 10, maxLength: most, size: "max" });
}

export function play(rig: Rig, step: Step): void {
  const { do: what, at, server: id } = step;
  switch (what) {
    case "deliver":
    case "double":
    case "lose":
      return playMail(rig, what, at);
    case "disk":
      return finishDisk(rig, id, at + 1);
    case "propose":
      return void command(rig, asked(rig, step), Uint8Array.of(rig.nowMs, at));
    case "read":
      // Its number finds what was committed when it came.
      return void turn(rig, asked(rig, step), (raft) =>
        requestRead(raft, rig.reads.push(rig.committed.length) - 1),
      );
    case "wake":
      rig.nowMs = Math.max(rig.nowMs, Math.min(raftDeadline(raftOf(rig, id)), rig.nowMs + 2 * TIMEOUT_MS));
      return give(rig, id, { type: "wake" });
    case "silence":
      return timeOut(rig, id);
    case "deaf":
      return void takeMail(rig, ({ to }) => to === id);
    case "crash":
      return fall(rig, id, crash);
    case "everything":
      return everything(rig, 3);
    case "campaign":
      timeOut(rig, id);
      return everything(rig, 6);
    case "snapshot":
      return takeSnapshot(rig, id);
    case "keeper":
      return finishKeeper(rig, id, at + 1);
    case "keeper-fails":
    case "keeper-mends":
      seatOf(rig, id).keeper.failing = what === "keeper-fails";
      return;
    case "lose-disk":
      if (at === 0 && mayLoseDisk(rig, id)) fall(rig, id, loseDisk);
      return;
    case "transfer":
      return void transfer(rig, asked(rig, step), at === 1 ? undefined : step.whom);
    default: {
      const leader = asked(rig, step);
      if (isBearable(rig, what, leader, step.whom)) change(rig, leader, changeOf(rig, what, step));
    }
  }
}

function isBearable(
  rig: Rig,
  what: ConfigurationChange["kind"] | "add",
  leader: string,
  id: string,
): boolean {
  if (what === "move") return true;
  return what === "promote" ? mayPromote(rig, leader, id) : maySpare(rig, leader, id);
}

/** Operators and clients mostly find the leader. */
function asked(rig: Rig, { server, at }: Step): string {
  return at === 0 ? server : (leaderOf(rig) ?? server);
}

/** The one with the highest term, of those that think so. */
export function leaderOf(rig: Rig): string | undefined {
  let best: string | undefined;
  for (const [id, { raft }] of rig.seats)
    if (raft.role === "leader" && (best === undefined || raft.currentTerm > raftOf(rig, best).currentTerm))
      best = id;
  return best;
}

function playMail(rig: Rig, what: "deliver" | "double" | "lose", at: number): void {
  const place = at % Math.max(1, rig.mail.length);
  const letter = rig.mail[place];
  if (letter === undefined) return;
  if (what !== "double") rig.mail.splice(place, 1);
  if (what !== "lose") deliver(rig, [letter]);
}

function fall(rig: Rig, id: string, how: (rig: Rig, id: string) => void): void {
  how(rig, id);
  holdAll(rig, id);
}

/** Everything that is under way happens, in the order in which it was begun. */
function everything(rig: Rig, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    for (const id of rig.seats.keys()) {
      finishDisk(rig, id);
      finishKeeper(rig, id);
    }
    deliver(rig, rig.mail.splice(0, 50));
  }
}

function changeOf(
  rig: Rig,
  kind: "add" | "move" | "promote" | "demote" | "remove",
  { whom: id, at }: Step,
): ConfigurationChange {
  if (kind === "add")
    return { kind: "add-learner", id, address: `${id}:8300`, identity: raftOf(rig, id).identity };
  return kind === "move" ? { kind, id, address: `${id}:${at}` } : { kind, id };
}
