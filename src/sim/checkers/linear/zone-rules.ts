// Rules about stretches of time in which a version, or the key, was certainly there: nothing that took effect within one
// can have replaced it, deleted it or missed it.

import { meetsAbsence } from "../kv/specification.ts";
import { type Finding, finding, name } from "./finding.ts";
import type { Entry, Problem } from "./problem.ts";
import { firstIndex, returnedAt, type VersionTable, type Zone, zoneAround } from "./versions.ts";

/** Operations that took effect while a version or a lifetime went on, and that contradict it. */
export function findInsideZone({ entries }: Problem, table: VersionTable): Finding | undefined {
  for (const entry of entries) {
    const life = meetsAbsence(entry.effect) ? zoneAround(table.lifeZones, entry) : undefined;
    if (life !== undefined)
      return insideZone(
        entry.effect.kind === "saw-nothing" || entry.effect.kind === "cas"
          ? "absent though it was there"
          : "acknowledged delete lost",
        entry,
        life,
        `the key created at ${life.version.createIndex} was there`,
      );
    const zone = zoneAround(table.versionZones, entry);
    const rule = zone && contradictionOf(entry, zone);
    if (zone !== undefined && rule !== undefined)
      return insideZone(rule, entry, zone, `ModifyIndex ${zone.version.index} was the newest`);
  }
  return undefined;
}

function insideZone(rule: string, entry: Entry, { from, to, proofs }: Zone, what: string): Finding {
  return finding(
    rule,
    `${name(from)} had returned before ${name(entry)} began, and ${name(to)} began after it had returned; ` +
      `by what those two met, ${what} all that time`,
    [from, entry, to],
    proofs,
  );
}

function contradictionOf({ effect, known }: Entry, { version }: Zone): string | undefined {
  switch (effect.kind) {
    case "put":
      if (known !== undefined || version.value === undefined || version.value === effect.value)
        return undefined;
      return "acknowledged write lost";
    case "cas":
      if (effect.index !== version.index) return "CAS on a version that was not there";
      return version.value === undefined || version.value === effect.value
        ? undefined
        : "acknowledged write lost";
    case "cas-refused":
    case "delete-cas-refused":
      return effect.index === version.index ? "CAS refused on the newest version" : undefined;
    case "delete":
    case "delete-cas":
      return "acknowledged delete lost";
    case "saw-nothing":
      return "absent though it was there";
    case "saw":
      return undefined;
    // A read without indexes contradicts no index, and of the others there are none here (linear/screen.ts).
    default:
      return undefined;
  }
}

/** Absent, though it had been there, and nobody can have deleted it since. */
export function findVanished(problem: Problem): Finding | undefined {
  const { entries } = problem;
  const proofs = entries.filter(provesPresence).sort((a, b) => returnedAt(a) - returnedAt(b));
  const absences = entries.filter(provesAbsence).sort((a, b) => a.start - b.start);
  if (absences.length === 0) return undefined;
  const lastReturn = lastReturnOfDeletes(problem);
  let at = 0;
  let proof: Entry | undefined;
  for (const absence of absences) {
    for (; at < proofs.length && returnedAt(proofs[at] as Entry) < absence.start; at++)
      if (proof === undefined || (proofs[at] as Entry).start > proof.start) proof = proofs[at];
    if (proof === undefined || lastReturn(absence.end) > proof.start) continue;
    return finding(
      "vanished",
      `${name(absence)} found no key, but ${name(proof)} had, and nobody can have deleted it since`,
      [proof, absence],
      [absence.evidence ?? absence.seenBy],
    );
  }
  return undefined;
}

/** When the last of the deletes returned that were invoked before a position; -1 if there were none. */
function lastReturnOfDeletes({ entries, lost }: Problem): (before: number) => number {
  const deletes = [...entries, ...lost].filter(
    ({ effect }) => effect.kind === "delete" || effect.kind === "delete-cas",
  );
  deletes.sort((a, b) => a.start - b.start);
  let latest = -1;
  const latestReturns = deletes.map((entry) => {
    latest = Math.max(latest, returnedAt(entry));
    return latest;
  });
  return (before) => latestReturns[firstIndex(deletes, (entry) => entry.start >= before) - 1] ?? -1;
}

function provesAbsence({ effect }: Entry): boolean {
  return effect.kind === "saw-nothing" || (effect.kind === "cas" && effect.index === 0);
}

/** Whether the key certainly existed when the operation had taken effect. */
function provesPresence({ effect }: Entry): boolean {
  switch (effect.kind) {
    case "saw":
    case "put":
    case "cas":
    case "delete-cas-refused":
      return true;
    case "cas-refused":
      return effect.index === 0;
    case "saw-nothing":
    case "delete":
    case "delete-cas":
      return false;
    default:
      return false;
  }
}
