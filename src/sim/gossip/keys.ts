// An operator of an encrypted gossip-only world, who changes the pool's key over and over while there is trouble, as operators
// should: the next step only when every member has answered that it took the last one, and that again where one did not.

import type { KeyText } from "../../core/gossip/keyring.ts";
import { KEY_QUERIES } from "../../core/gossip/serf/key-queries.ts";
import { must } from "../../core/lib/assert.ts";
import { bytesOf, decodeBase64 } from "../../core/lib/bytes.ts";
import { type Chance, chooseMs } from "../../core/lib/chance.ts";
import { decodeSerf, encodeSerf } from "../../core/wire/gossip/serf-messages.ts";
import { holds, type RingPromise, simKey } from "../keyrings.ts";
import { demand } from "../violation.ts";
import { isRunning, type SimMember } from "./member.ts";
import { FIRST_RING } from "./ring.ts";
import { stepMember } from "./run.ts";
import { callGossipAt, type GossipObserver, type GossipWorld, noteGossip } from "./world.ts";

/** Between one question and the next; an answer that is late counts for nothing, and the question is asked again. */
const PAUSE_MS: readonly [least: number, most: number] = [500, 5000];
/** Questions of the operator are numbered from here, far from those of others. */
const FIRST_OP = 1_000_000;
/** Keys that can be told apart: they come round again long after they were removed. */
const KEYS = 250;

/** The question that is open. */
interface Asked {
  readonly op: number;
  readonly promise: RingPromise;
  readonly by: SimMember;
  readonly life: number;
  done: number;
}

/** @param untilUs Nothing is asked later. */
export function keepRotating(world: GossipWorld, chance: Chance, untilUs: number): GossipObserver {
  let step = 0;
  let nextOp = FIRST_OP;
  let asked: Asked | undefined;
  const again = (): void =>
    callGossipAt(world, world.nowUs + chooseMs(chance, "keys.pause", ...PAUSE_MS) * 1000, ask);
  const ask = (): void => {
    if (world.nowUs >= untilUs) return;
    again();
    const by = must(world.members[chance.choose("keys.who", world.members.length)], "a member");
    // Whoever does not run cannot be asked, and who has asked is waited for as long as he lives.
    if (!isRunning(by) || (asked !== undefined && asked.by.life === asked.life)) return;
    const promise = stepOf(step);
    asked = { op: nextOp++, promise, by, life: by.life, done: 0 };
    const key = bytesOf(must(decodeBase64(promise.key), "keys are base64"));
    const question = {
      name: KEY_QUERIES[promise.operation],
      payload: encodeSerf({ type: "key-request", key }),
      relayFactor: chance.choose("keys.relays", 3),
    };
    stepMember(world, by, { type: "query", op: asked.op, question });
  };
  again();
  return {
    afterStep(member, _input, _nowMs, effects) {
      if (asked === undefined || member !== asked.by) return;
      for (const effect of effects) {
        if (effect.type === "query-response" && effect.op === asked.op && isSuccess(effect.payload))
          asked.done++;
        if (effect.type !== "query-done" || effect.op !== asked.op) continue;
        if (asked.done === world.members.length) {
          checkKeptKeys(world, asked.promise);
          step++;
          noteGossip(world, asked.by, `${asked.promise.operation}: all have done it`);
        }
        asked = undefined;
        return;
      }
    },
  };
}

/** Install the next key, use it, remove the one before it; and so on. */
function stepOf(step: number): RingPromise {
  const round = Math.floor(step / 3);
  const key = (number: number): KeyText => simKey(1 + (number % KEYS));
  if (step % 3 === 0) return { operation: "install", key: key(round + 1) };
  return step % 3 === 1
    ? { operation: "use", key: key(round + 1) }
    : { operation: "remove", key: key(round) };
}

function isSuccess(payload: Uint8Array): boolean {
  const decoded = decodeSerf(payload);
  return decoded.ok && decoded.value.type === "key-response" && decoded.value.result;
}

/** All answered that it is done: then it outlives what may happen to any of them. */
function checkKeptKeys({ members }: GossipWorld, promise: RingPromise): void {
  for (const { name, keptKeys = FIRST_RING.keys } of members)
    demand(
      holds(keptKeys, promise),
      "keyring-promise",
      () => `${promise.operation} was answered as done, and is not on ${name}'s disk`,
    );
}
