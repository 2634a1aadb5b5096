// Bounded false deaths: a member whose process runs, whose messages pass and whose clock has been even for a while is not
// declared dead, and counted when it is. One declaration spreads to all, so it is counted where a suspicion ran out.

import type { GossipEffect, GossipInput } from "../../../core/gossip/ports.ts";
import { isRunning, type SimMember } from "../../gossip/member.ts";
import { Violation } from "../../violation.ts";

export interface FalseDeaths {
  /** Declared dead while its process ran and read its messages. */
  ofRunning: number;
  /** Among these: of members who had been well for long, by members who had been well for long. */
  ofWell: number;
}

/**
 * @param mostOfWell More than so many break the rule.
 * @param wellAfterUs Without trouble for so long one counts as well.
 */
export function createDeathWatch(
  find: (name: string) => SimMember | undefined,
  mostOfWell: number,
  wellAfterUs: number,
): {
  readonly counts: FalseDeaths;
  look(by: SimMember, input: GossipInput, nowUs: number, effects: readonly GossipEffect[]): void;
} {
  const counts: FalseDeaths = { ofRunning: 0, ofWell: 0 };
  const isWell = (member: SimMember, nowUs: number): boolean =>
    isRunning(member) && nowUs - member.unwellUs >= wellAfterUs;
  return {
    counts,
    look(by, input, nowUs, effects) {
      if (input.type !== "wake") return;
      for (const effect of effects) {
        if (effect.type !== "member" || effect.event !== "failed") continue;
        const victim = find(effect.member.name);
        if (victim === undefined || !isRunning(victim)) continue;
        counts.ofRunning++;
        if (!isWell(victim, nowUs) || !isWell(by, nowUs)) continue;
        counts.ofWell++;
        if (counts.ofWell > mostOfWell)
          throw new Violation(
            "gossip-false-death",
            `${by.name} declared ${victim.name} dead; both have been well for more than ${wellAfterUs / 1e6} s`,
          );
      }
    },
  };
}
