// Which key seals what a pool sends, and what becomes of what came without a seal, or with one that no key opens: the
// rules of `encrypt_verify_incoming` and `encrypt_verify_outgoing`. The sealing itself is the edge's
// (core/wire/gossip/envelope.ts, with a cipher). Source: memberlist net.go, whose texts these are.

import { PLANTED, planted } from "../lib/planted.ts";
import type { Address } from "../model/address.ts";
import type { KeyText } from "./keyring.ts";
import { primaryKey } from "./keyring.ts";
import { notice } from "./notice.ts";
import type { GossipEffect, Seal } from "./ports.ts";
import type { Gossip } from "./state.ts";

/** What was turned away for want of the right seal. */
export interface Refusals {
  /** Packets without a seal, or with one that no key of ours opens: they do not tell which. */
  packets: number;
  /** Streams without a seal. */
  plainStreams: number;
  /** Streams with a seal that no key of ours opens. */
  closedStreams: number;
  /** When the log last told of a packet. */
  toldAtMs: number;
}

/** A stranger, or a member with another key, sends several packets a second; the log is told of one. */
const TELL_INTERVAL_MS = 1000;

export function createRefusals(): Refusals {
  return { packets: 0, plainStreams: 0, closedStreams: 0, toldAtMs: Number.NEGATIVE_INFINITY };
}

/** Under which key something goes out: the field that every effect with bytes carries. */
export function sealed({ keyring }: Gossip): { readonly key?: KeyText } {
  return keyring?.verifyOutgoing === true ? { key: primaryKey(keyring) } : {};
}

/** The keys that open what comes in; none where the pool is not encrypted. */
export function openingKeys(gossip: Gossip): readonly KeyText[] {
  const keys = gossip.keyring?.keys ?? NO_KEYS;
  return PLANTED && planted(gossip.config, "keyring-primary-opens-alone") ? keys.slice(0, 1) : keys;
}

const NO_KEYS: readonly KeyText[] = [];

/** Whether a packet may be looked into. One that may not is counted, and the log told. */
export function admitsPacket(
  gossip: Gossip,
  from: Address,
  seal: Seal | undefined,
  nowMs: number,
  out: GossipEffect[],
): boolean {
  const { keyring, refused } = gossip;
  if (seal === "opened" || keyring?.verifyIncoming !== true) return true;
  if (PLANTED && planted(gossip.config, "keyring-strangers-heard")) return true;
  refused.packets++;
  if (nowMs - refused.toldAtMs < TELL_INTERVAL_MS) return false;
  refused.toldAtMs = nowMs;
  const text = `Decrypt packet failed: No installed keys could decrypt the message from=${from}`;
  notice(out, "error", "memberlist", text);
  return false;
}

/** Why what came over a stream may not be looked into, counted; undefined where it may. */
export function streamRefusal(gossip: Gossip, seal: Seal | undefined): string | undefined {
  const { keyring, refused, config } = gossip;
  if (seal === "closed") {
    refused.closedStreams++;
    return keyring === undefined
      ? "Remote state is encrypted and encryption is not configured"
      : "No installed keys could decrypt the message";
  }
  if (seal === "opened" || keyring?.verifyIncoming !== true) return undefined;
  if (PLANTED && planted(config, "keyring-strangers-heard")) return undefined;
  refused.plainStreams++;
  return "Encryption is configured but remote state is not encrypted";
}
