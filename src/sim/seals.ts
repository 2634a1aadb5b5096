// Gossip's seals in the simulated world: the frames are the real ones (core/wire/gossip/envelope.ts), so that sizes, the
// order of keys and what is refused are as on a wire; only the cipher is none. It writes down what a key vouches for
// instead of hiding it: whoever has the key reads, whoever has not sees that it was not for him, and what was damaged on
// the way opens for nobody.

import { poolKeys } from "../core/agent/pools.ts";
import type { Input } from "../core/agent/ports.ts";
import type { KeyText } from "../core/gossip/keyring.ts";
import type { GossipInput } from "../core/gossip/ports.ts";
import { openingKeys } from "../core/gossip/sealing.ts";
import type { Gossip } from "../core/gossip/state.ts";
import { equalBytes } from "../core/lib/bytes.ts";
import { createDigest, mixBytes, mixString, printDigest } from "../core/lib/digest.ts";
import {
  type Cipher,
  type Envelope,
  NONCE_BYTES,
  TAG_BYTES,
  type Unwrapped,
  unwrapPacket,
  unwrapStream,
} from "../core/wire/gossip/envelope.ts";
import { NO_LABEL } from "../core/wire/gossip/label.ts";
import type { SimNode } from "./node.ts";

/** Nothing is hidden, so nothing is given away by using it twice. */
const NONCE = new Uint8Array(NONCE_BYTES);

const SYMBOLIC: Cipher = {
  nonce: () => NONCE,
  seal(key, _nonce, plain, aad) {
    const sealed = new Uint8Array(plain.length + TAG_BYTES);
    sealed.set(plain);
    sealed.set(tagOf(key, plain, aad), plain.length);
    return sealed;
  },
  open(key, _nonce, sealed, aad) {
    const plain = sealed.subarray(0, sealed.length - TAG_BYTES);
    return equalBytes(tagOf(key, plain, aad), sealed.subarray(plain.length)) ? plain : undefined;
  },
};

export const SIM_ENVELOPE: Envelope = { cipher: SYMBOLIC, label: NO_LABEL };

/** Sixteen bytes that depend on the key and all that it vouches for. */
function tagOf(key: string, plain: Uint8Array, aad: Uint8Array): Uint8Array {
  const digest = createDigest();
  mixString(digest, key);
  mixBytes(digest, aad);
  mixBytes(digest, plain);
  return Uint8Array.from(printDigest(digest), (digit) => digit.charCodeAt(0));
}

/** What comes off a wire, for an agent or for a pool alone. */
type Arriving = Extract<Input | GossipInput, { type: "packet" | "stream" | "stream-answer" }>;

/** What a node's process hands to its agent of what came off the wire: opened with the keys that it has now. */
export function unsealed({ agent }: SimNode, input: Input): Input {
  return agent !== undefined && isArriving(input)
    ? openedWith(poolKeys(agent.pools, input.pool), input)
    : input;
}

/** The same for a pool without an agent. */
export function unsealedGossip(gossip: Gossip, input: GossipInput): GossipInput {
  return isArriving(input) ? openedWith(openingKeys(gossip), input) : input;
}

function isArriving<T extends Input | GossipInput>(input: T): input is T & Arriving {
  return input.type === "packet" || input.type === "stream" || input.type === "stream-answer";
}

function openedWith<T extends Arriving>(keys: readonly KeyText[], input: T): T {
  if (input.type !== "packet")
    return sealOn(input, unwrapStream(SIM_ENVELOPE, keys, input.bytes, sideOf(input.type)));
  // Most worlds are not encrypted, and packets are most of what happens in them.
  return keys.length === 0 ? input : sealOn(input, unwrapPacket(SIM_ENVELOPE, keys, input.bytes));
}

function sideOf(type: "stream" | "stream-answer"): "dialler" | "acceptor" {
  return type === "stream" ? "dialler" : "acceptor";
}

function sealOn<T extends Arriving>(input: T, { bytes, seal }: Unwrapped): T {
  return seal === undefined ? input : { seal, ...input, bytes };
}
