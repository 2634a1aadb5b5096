// What must hold of a pool between any two steps, whatever its peers send. Cheap enough to be checked after each step of
// a simulation: nothing here looks at all nodes.

import { assert } from "../lib/assert.ts";
import { isFiniteCoordinate, MAX_ERROR } from "../model/coordinate.ts";
import { type BroadcastQueue, rankOf } from "./broadcast-queue.ts";
import { HANDOFF_DEPTH, RUMOURS_PER_WINDOW } from "./handoff.ts";
import { MAX_INCARNATION } from "./refute.ts";
import { MAX_HEARD } from "./serf/answer-query.ts";
import { type Gossip, ownNode } from "./state.ts";
import { hasBroadcasts, hasListeners } from "./timers.ts";

/** @throws InvariantError naming the first promise that does not hold. */
export function checkGossip(gossip: Gossip): void {
  checkOurselves(gossip);
  checkNodes(gossip);
  checkSuspicions(gossip);
  checkHandoff(gossip);
  checkTimers(gossip);
  checkSerf(gossip);
  checkCoordinates(gossip);
  checkQueue(gossip.broadcasts);
  checkQueue(gossip.serf.intentBroadcasts);
  checkQueue(gossip.serf.queryBroadcasts);
  checkQueue(gossip.serf.eventBroadcasts);
}

function checkOurselves(gossip: Gossip): void {
  const { state, incarnation } = ownNode(gossip);
  if (gossip.leave === undefined)
    assert(state === "alive", "only we can say that we are not alive (SWIM §4.2)");
  else assert(state === "alive" || state === "left", "whoever leaves has not died");
  assert(incarnation >= 1, "our incarnation begins at 1");
  assert(incarnation <= MAX_INCARNATION, "incarnations are 32 bits wide");
  assert(gossip.awareness >= 0, "health is at best 0");
  assert(
    gossip.awareness < gossip.config.awarenessMaxMultiplier,
    "health is at worst the multiplier less one",
  );
}

function checkNodes({ nodes, counts, peers, round, roundAt, probe, config }: Gossip): void {
  const { alive, suspect, dead, left } = counts;
  assert(alive + suspect + dead + left === nodes.size, "every node is counted in one state");
  assert(Math.min(alive, suspect, dead, left) >= 0, "no state holds fewer than no nodes");
  assert(peers.length === nodes.size - 1, "everybody but ourselves is a peer");
  assert(round.length === peers.length, "the round of probes holds every peer");
  assert(roundAt <= round.length, "the round ends after its last");
  assert(probe?.target !== config.name, "nobody probes itself");
}

/** A suspicion exists exactly while its node is suspect: else it would kill a node that refuted. */
function checkSuspicions({ suspicions, suspicionTimers, nodes, counts }: Gossip): void {
  assert(suspicions.size === counts.suspect, "every suspect has a suspicion, and nobody else");
  assert(suspicionTimers.slots.length === suspicions.size, "every suspicion has its timer");
  if (suspicions.size === 0) return;
  for (const [name, { accusers, expected }] of suspicions) {
    assert(nodes.get(name)?.state === "suspect", "a suspicion is of a suspect: refutation ends it");
    assert(accusers.length <= expected + 1, "no more accusers are counted than are waited for");
    assert(
      new Set(accusers).size === accusers.length,
      "an accuser is counted once (Lifeguard, LHA-Suspicion)",
    );
  }
}

function checkHandoff({ handoff }: Gossip): void {
  const { alive, others, taken } = handoff;
  assert(
    Math.max(alive.length, others.length) <= HANDOFF_DEPTH,
    "no more rumours wait than there is room for",
  );
  assert(taken <= RUMOURS_PER_WINDOW, "no more rumours are taken in at once than there is time for");
}

function checkTimers(gossip: Gossip): void {
  const { timers, relayedPings, relayedPingTimers, peers } = gossip;
  const asleep = Number.POSITIVE_INFINITY;
  const mustGossip = hasBroadcasts(gossip) && hasListeners(gossip);
  if (mustGossip) assert(timers.gossipAtMs < asleep, "news with listeners has a gossip tick to go out with");
  if (peers.length > 0) assert(timers.probeAtMs < asleep, "whoever has peers probes");
  assert(relayedPings.size === relayedPingTimers.slots.length, "every ping for others has its timeout");
}

function checkSerf({ serf, config }: Gossip): void {
  const { members, counts, clocks } = serf;
  const { none, alive, leaving, left, failed } = counts;
  assert(none + alive + leaving + left + failed === members.size, "every member is counted in one status");
  assert(Math.min(none, alive, leaving, left, failed) >= 0, "no status is held by fewer than no members");
  assert(members.has(config.name), "we are a member");
  assert(Math.min(clocks.member, clocks.event, clocks.query) >= 1, "Lamport clocks begin at 1");
  assert(serf.asked.size === serf.askedTimers.slots.length, "every query of ours has its end");
  const holds = serf.coalescing.pending.size > 0;
  assert(holds === serf.coalescing.endsAtMs < Number.POSITIVE_INFINITY, "what is held back is let go of");
  assert(serf.heard.size <= MAX_HEARD, "no more queries wait for an answer than there is room for");
}

/** Whatever others claim, we are somewhere, and remember nobody whom Serf has forgotten. */
function checkCoordinates({ serf: { coordinates, members } }: Gossip): void {
  if (coordinates === undefined) return;
  const { own, cache } = coordinates;
  assert(isFiniteCoordinate(own.coordinate), "our coordinate is of numbers");
  assert(own.coordinate.error >= 0 && own.coordinate.error <= MAX_ERROR, "errors are from 0 to 1.5");
  assert(cache.size <= members.size, "coordinates are those of members");
  assert(own.latencies.size <= members.size, "measurements are those of members");
}

/** Of a tier that has more pieces one is looked at, another one each time that something is queued. */
function checkQueue({ tiers, named, size, nextId }: BroadcastQueue): void {
  let all = 0;
  let names = 0;
  let wasWhole = true;
  for (const [transmits, pieces] of tiers.entries()) {
    for (const { items } of pieces) all += items.length;
    if (pieces.length > 1) wasWhole = false;
    const at = nextId % Math.max(1, pieces.length);
    const piece = pieces[at];
    if (piece === undefined) continue;
    const { ranks, items } = piece;
    assert(items.length > 0 && ranks.length === items.length, "each broadcast has a rank");
    let last = pieces[at - 1]?.ranks.at(-1) ?? -1;
    for (const [place, item] of items.entries()) {
      const rank = rankOf(item);
      assert(item.transmits === transmits, "broadcasts are among those that were sent as often");
      assert(ranks[place] === rank, "a broadcast's rank is its own");
      assert(rank > last, "broadcasts are in the order in which they are sent");
      last = rank;
      if (item.name === undefined) continue;
      names++;
      assert(named.get(item.name) === item, "news under one name is queued once");
    }
  }
  assert(size === all, "a queue knows how long it is");
  if (wasWhole) assert(names === named.size, "no name is remembered without its news");
  else assert(named.size <= size, "no more names are remembered than there is news");
}
