// What members have to say in a gossip-only world: now and then one fires an event, or asks a query of all or some, and
// whoever is asked answers, at once or when it is too late.

import type { GossipInput, Question } from "../../core/gossip/ports.ts";
import { utf8Bytes } from "../../core/lib/bytes.ts";
import { type Chance, chooseMs } from "../../core/lib/chance.ts";
import type { QueryFilter } from "../../core/wire/gossip/serf-messages.ts";
import { isRunning, type SimMember } from "./member.ts";
import { stepMember } from "./run.ts";
import { callGossipAt, type GossipObserver, type GossipWorld } from "./world.ts";

/** Between one who says something and the next. */
const PAUSE_MS: readonly [least: number, most: number] = [500, 8000];
/** An answer may take that long: a good part comes later than a small pool waits, which is three to six seconds. */
const SLOWEST_ANSWER_MS = 8000;

/** @param untilUs Nobody begins anything later. */
export function keepTalking(world: GossipWorld, chance: Chance, untilUs: number): GossipObserver {
  let said = 0;
  const speak = (): void => {
    if (world.nowUs >= untilUs) return;
    const member = world.members[chance.choose("talk.who", world.members.length)];
    if (member !== undefined && isRunning(member))
      stepMember(world, member, drawWords(world, chance, said++));
    next();
  };
  const next = (): void =>
    callGossipAt(world, world.nowUs + chooseMs(chance, "talk.pause", ...PAUSE_MS) * 1000, speak);
  next();
  return {
    afterStep(member, _input, _nowMs, effects) {
      for (const effect of effects)
        if (effect.type === "query") answerLater(world, chance, member, effect.query);
    },
  };
}

function drawWords(world: GossipWorld, chance: Chance, number: number): GossipInput {
  if (chance.choose("talk.kind", 2) === 0)
    return {
      type: "user-event",
      name: `event ${number}`,
      payload: new Uint8Array(chance.choose("talk.bytes", 300)),
      coalesce: chance.choose("talk.coalesce", 2) === 0,
    };
  const filters = drawFilters(world, chance);
  const question: Question = {
    name: "how are you?",
    payload: utf8Bytes(`query ${number}`),
    wantAcks: chance.choose("talk.acks", 2) === 0,
    relayFactor: chance.choose("talk.relays", 4),
    ...(filters.length === 0 ? {} : { filters }),
  };
  return { type: "query", op: number, question };
}

/** Everybody, a few by name, or a part by what their ids end in. */
function drawFilters({ members }: GossipWorld, chance: Chance): QueryFilter[] {
  const which = chance.choose("talk.filter", 4);
  if (which === 0) {
    const from = chance.choose("talk.names", members.length);
    return [{ type: "nodes", names: members.slice(from, from + 4).map(({ name }) => name) }];
  }
  return which === 1 ? [{ type: "tag", tag: "id", expr: "[0-7]$" }] : [];
}

function answerLater(world: GossipWorld, chance: Chance, member: SimMember, query: number): void {
  const { life } = member;
  const afterMs =
    chance.choose("talk.at-once", 2) === 0 ? 0 : chance.choose("talk.answer", SLOWEST_ANSWER_MS);
  callGossipAt(world, world.nowUs + afterMs * 1000, () => {
    if (member.life !== life || !isRunning(member)) return;
    stepMember(world, member, { type: "query-answer", query, payload: utf8Bytes(member.name) });
  });
}
