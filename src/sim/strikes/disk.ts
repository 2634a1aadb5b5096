// Trouble with disks. The honest kinds refuse or are slow; the destructive ones lose, forge or forget what was confirmed,
// and strike only servers that the plan's atlas names (fault-atlas.ts).

import type { DiskError, DiskRequest } from "../../core/wal/disk.ts";
import { emptyDisk, failNext, flipBits, listSimFiles, type PlannedLie, simFile } from "../disk.ts";
import { tookEffect } from "../effects.ts";
import { mayDestroy } from "../fault-atlas.ts";
import { kill, liveServers, operatorRestarts, restart } from "../faults.ts";
import { isUp, type SimNode } from "../node.ts";
import { note } from "../world.ts";
import { type Strike, type Striker, uniformBetween } from "./strike.ts";

/** One disk; or all of them, at times: a shared array that is busy. Then what is asked overlaps with whole elections. */
export const strikeDiskStall: Striker = ({ world, cluster, chance, victim }) => {
  if (victim === undefined) return undefined;
  const victims = chance.choose("nemesis.stall-all", 3) === 0 ? liveServers(cluster) : [victim];
  for (const each of victims) {
    note(world, each, "disk stalls");
    each.diskStallUs = uniformBetween(chance, "nemesis.stall", 5_000, 1_500_000);
  }
  return () => {
    for (const each of victims) each.diskStallUs = 0;
  };
};

const IO_ERROR: DiskError = { code: "EIO", detail: "input/output error" };
/** What fails: mostly a write or its sync; sometimes what is read when the server comes up next. */
const FAILING: readonly DiskRequest["kind"][] = ["write", "write", "write", "create", "rename", "read"];

/** The next operation of a kind fails once, and what it wrote may be there or not. Later an operator looks after it. */
export const strikeDiskError: Striker = ({ world, chance, victim }) => {
  if (victim === undefined || !victim.config.server) return undefined;
  const kind = FAILING[chance.choose("nemesis.failing", FAILING.length)] ?? "write";
  note(world, victim, `disk is to fail a ${kind}`);
  failNext(victim.disk, kind, IO_ERROR, { sectors: chance.choose("nemesis.reaches", 5) });
  return () => {
    victim.disk.failures.length = 0;
    operatorRestarts(world, victim);
  };
};

export const strikeDiskFull: Striker = ({ world, chance, victim }) => {
  if (victim === undefined || !victim.config.server) return undefined;
  victim.disk.full = chance.choose("nemesis.full", 3) === 0 ? "growth" : "all";
  note(world, victim, "disk is full");
  return () => {
    victim.disk.full = "no";
    note(world, victim, "disk has room");
    operatorRestarts(world, victim);
  };
};

/** A server whose disk may lose something: the one aimed at, or another. */
function mayLose({ atlas, formed, victim, servers }: Strike): SimNode | undefined {
  if (!formed) return undefined;
  if (victim !== undefined && mayDestroy(atlas, victim)) return victim;
  return servers.find((node) => mayDestroy(atlas, node));
}

/** Bits turn on the disk, while its server runs or while it is down. It is started again, to meet what it holds. */
export const strikeBitRot: Striker = (strike) => {
  const { world, chance } = strike;
  const node = mayLose(strike);
  if (node === undefined) return undefined;
  const files = listSimFiles(node.disk).filter((path) => simFile(node.disk, path).length > 0);
  const path = files[chance.choose("nemesis.rot-file", Math.max(1, files.length))];
  if (path === undefined) return undefined;
  const used = simFile(node.disk, path).findLastIndex((byte) => byte !== 0) + 1;
  if (used === 0) return undefined;
  const turns = 1 + chance.choose("nemesis.rot-turns", 3);
  for (let turn = 0; turn < turns; turn++)
    flipBits(
      node.disk,
      path,
      chance.choose("nemesis.rot-at", used),
      1 << chance.choose("nemesis.rot-bit", 8),
    );
  note(world, node, `bits of ${path} turn`);
  tookEffect(world.effects, "bit-rot");
  if (chance.choose("nemesis.rot-restart", 2) === 0) kill(world, node);
  return () => restart(world, node);
};

function lie(kind: PlannedLie["kind"]): Striker {
  return (strike) => {
    const { world, chance } = strike;
    const node = mayLose(strike);
    if (node === undefined) return undefined;
    note(world, node, `disk is to lie: ${kind}`);
    node.disk.lies.push({ kind, dice: chance.choose("nemesis.lie", 0x1000000) });
    return () => {
      node.disk.lies.length = 0;
      // What was lost or put elsewhere shows when it is read.
      kill(world, node);
      restart(world, node);
    };
  };
}
export const strikeLostWrite: Striker = lie("lost-write");
export const strikeMisdirectedWrite: Striker = lie("misdirected-write");
export const strikeReadCorruption: Striker = lie("read-corruption");

/** The machine comes back with a new disk. */
export const strikeEmptyDisk: Striker = (strike) => {
  const { world } = strike;
  const node = mayLose(strike);
  if (node === undefined) return undefined;
  if (isUp(node)) kill(world, node);
  note(world, node, "disk is replaced by an empty one");
  if (node.disk.files.size > 0) tookEffect(world.effects, "empty-disk");
  emptyDisk(node.disk);
  return () => restart(world, node);
};
