// The protocol period (SWIM §3.1, Lifeguard's LHA-Probe): ping one member of a shuffled round; when no answer comes in
// time, ask others to ping it and try TCP; when the period ends without an answer, suspect it.

import { encodeMessage, type Ping } from "../wire/gossip/messages.ts";
import { encodeStream } from "../wire/gossip/stream-messages.ts";
import { adjustAwareness, scaledByAwareness } from "./awareness.ts";
import { measureCount, measureSample } from "./measure.ts";
import { isGone, pickPeers, startRound } from "./nodes.ts";
import { notice } from "./notice.ts";
import { onSuspect } from "./on-suspect.ts";
import type { GossipEffect } from "./ports.ts";
import { openStream } from "./push-pull.ts";
import { sendMessage, sendToNode } from "./send.ts";
import { type Gossip, type NodeState, ownNode, type Probe, takeSeqNo } from "./state.ts";

/** Versions of memberlist's protocol from which a node answers pings over TCP, and says when it got no answer. */
const STREAM_PING_VERSION = 3;
const NACK_VERSION = 4;

/** The time to answer is over: whoever has not is suspect. */
export function endPeriod(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  if (gossip.probe !== undefined) concludeProbe(gossip, gossip.probe, nowMs, out);
  gossip.probe = undefined;
}

/** Asks the next one. Sleeps when nobody is left to be probed. */
export function startPeriod(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const periodMs = scaledByAwareness(gossip, gossip.config.probeIntervalMs);
  const target = nextTarget(gossip, nowMs);
  gossip.timers.probeAtMs = gossip.peers.length === 0 ? Number.POSITIVE_INFINITY : nowMs + periodMs;
  if (gossip.awareness > 0) measureCount(gossip, "memberlist.degraded.probe", out);
  if (target !== undefined) startProbe(gossip, target, nowMs, nowMs + periodMs, out);
}

/** The next member of the round that may be alive; a new round begins when this one is through. */
function nextTarget(gossip: Gossip, nowMs: number): NodeState | undefined {
  // One more than there are, as beginning a new round takes a step too.
  for (let steps = gossip.round.length; steps >= 0; steps--) {
    if (gossip.roundAt >= gossip.round.length) startRound(gossip, nowMs);
    const name = gossip.round[gossip.roundAt];
    if (name === undefined) return undefined; // Everybody was forgotten.
    gossip.roundAt++;
    const node = gossip.nodes.get(name);
    if (node !== undefined && !isGone(node)) return node;
  }
  return undefined;
}

function startProbe(
  gossip: Gossip,
  target: NodeState,
  nowMs: number,
  endsAtMs: number,
  out: GossipEffect[],
): void {
  const seqNo = takeSeqNo(gossip);
  gossip.probe = {
    target: target.name,
    seqNo,
    sentAtMs: nowMs,
    endsAtMs,
    askOthersAtMs: nowMs + gossip.config.probeTimeoutMs,
    expectedNacks: 0,
    nacks: 0,
    reachedByStream: false,
  };
  const ping = pingFor(gossip, target.name, seqNo);
  const isPlain = target.state === "alive" || gossip.config.lifeguard?.buddy === false;
  if (isPlain) return sendMessage(gossip, target.record.address, ping, out);
  // A suspect hears of it with the ping, so that it can refute at once.
  const { name: node, incarnation } = target;
  const suspect = encodeMessage({ type: "suspect", incarnation, node, from: gossip.config.name });
  sendToNode(gossip, target, [encodeMessage(ping), suspect], out);
}

/** A ping that will be answered to us. */
export function pingFor(gossip: Gossip, node: string, seqNo: number): Ping {
  const own = ownNode(gossip);
  return {
    type: "ping",
    seqNo,
    node,
    sourceAddr: own.record.addr,
    sourcePort: own.record.port,
    sourceNode: own.name,
  };
}

/** No answer in time: the way to it may be at fault. Others try theirs, and we try TCP. */
export function askOthers(gossip: Gossip, probe: Probe, nowMs: number, out: GossipEffect[]): void {
  probe.askOthersAtMs = Number.POSITIVE_INFINITY;
  const target = gossip.nodes.get(probe.target);
  // With a timeout as long as the period (Consul's -dev) there is no time left for it.
  if (target === undefined || nowMs >= probe.endsAtMs) return;
  notice(out, "debug", "memberlist", `Failed ping: ${target.name} (timeout reached)`);
  const ping = pingFor(gossip, target.name, probe.seqNo);
  const helpers = pickPeers(
    gossip,
    "gossip.helpers",
    gossip.config.indirectChecks,
    (node) => node.state === "alive" && node !== target,
  );
  for (const helper of helpers) {
    const nack = helper.record.versions.max >= NACK_VERSION;
    if (nack) probe.expectedNacks++;
    sendMessage(
      gossip,
      helper.record.address,
      { target: target.record.addr, port: target.record.port, nack, ...ping, type: "indirect-ping" },
      out,
    );
  }
  if (target.record.versions.max < STREAM_PING_VERSION) return;
  const bytes = encodeStream(ping, gossip.config.compress);
  const purpose = { type: "ping", seqNo: probe.seqNo } as const;
  openStream(gossip, target.record.address, bytes, probe.endsAtMs - nowMs, purpose, out);
}

/** The period is over and no ack came. */
function concludeProbe(gossip: Gossip, probe: Probe, nowMs: number, out: GossipEffect[]): void {
  measureSample(gossip, "memberlist.probeNode", nowMs - probe.sentAtMs, out);
  const node = gossip.nodes.get(probe.target);
  if (node === undefined || isGone(node)) return; // Others were faster: that explains it.
  if (probe.reachedByStream) {
    adjustAwareness(gossip, -1);
    const text = `Was able to connect to ${node.name} but other probes failed, network may be misconfigured`;
    return notice(out, "warn", "memberlist", text);
  }
  // Helpers that do not even say that they got no answer: then it is rather we who hear nobody.
  const missing = probe.expectedNacks - probe.nacks;
  adjustAwareness(gossip, probe.expectedNacks > 0 ? Math.max(0, missing) : 1);
  notice(out, "info", "memberlist", `Suspect ${node.name} has failed, no acks received`);
  const { name, incarnation } = node;
  onSuspect(gossip, { type: "suspect", incarnation, node: name, from: gossip.config.name }, nowMs, out);
}
