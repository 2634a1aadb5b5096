// Gossip as somebody sends it who has a key of the pool, or had one, or wishes: hostile plain text under a seal that is
// whole, seals damaged on the way, seals of other keys and of the old padded kind, and no seal at all. With the real
// cipher, whose nonces are counted so that everything can be repeated from a seed.

import { createGossipCipher } from "../../../src/adapters/net/gossip-cipher.ts";
import { type KeyText, keyText } from "../../../src/core/gossip/keyring.ts";
import { bytesOf, concatBytes } from "../../../src/core/lib/bytes.ts";
import type { Chance } from "../../../src/core/lib/chance.ts";
import {
  type Envelope,
  NONCE_BYTES,
  wrapPacket,
  wrapStream,
} from "../../../src/core/wire/gossip/envelope.ts";
import { NO_LABEL } from "../../../src/core/wire/gossip/label.ts";
import { MESSAGE_TYPE } from "../../../src/core/wire/gossip/messages.ts";
import { mutateBytes, pick } from "./mutation.ts";

/** The ring of those that are besieged. */
export const RING: readonly KeyText[] = [32, 16, 24].map((length) =>
  keyText(new Uint8Array(length).fill(length)),
);
const STRANGE = keyText(new Uint8Array(32).fill(0xee));

let nonces = 0;

const cipher: Envelope["cipher"] = {
  ...createGossipCipher(),
  nonce() {
    const nonce = new Uint8Array(NONCE_BYTES);
    new DataView(nonce.buffer).setUint32(0, nonces++);
    return nonce;
  },
};

export const REAL_ENVELOPE: Envelope = { cipher, label: NO_LABEL };

/** A datagram with this in it, one way or another. */
export function hostileDatagram(chance: Chance, plain: Uint8Array): Uint8Array {
  const how = chance.choose("seal.how", 20);
  const key = pick(chance, "seal.key", RING);
  if (how < 12) return wrapPacket(REAL_ENVELOPE, key, plain);
  if (how < 15) return mutateBytes(chance, wrapPacket(REAL_ENVELOPE, key, plain));
  if (how < 17) return padded(chance, key, plain, new Uint8Array(0));
  return how < 18 ? wrapPacket(REAL_ENVELOPE, STRANGE, plain) : plain;
}

/** What goes over a stream with this in it, one way or another. */
export function hostileStream(chance: Chance, plain: Uint8Array): Uint8Array {
  const how = chance.choose("seal.how", 20);
  const key = pick(chance, "seal.key", RING);
  if (how < 12) return wrapStream(REAL_ENVELOPE, key, plain, "dialler");
  if (how < 15) return mutateBytes(chance, wrapStream(REAL_ENVELOPE, key, plain, "dialler"));
  if (how < 17) return paddedStream(chance, key, plain);
  return how < 18 ? wrapStream(REAL_ENVELOPE, STRANGE, plain, "dialler") : plain;
}

/** The kind of before memberlist's protocol 2; the padding is as it should be half of the time. */
function padded(chance: Chance, key: KeyText, plain: Uint8Array, aad: Uint8Array): Uint8Array {
  const length = 16 - (plain.length % 16);
  const said = chance.choose("seal.padding", 2) === 0 ? length : chance.choose("seal.padded-by", 256);
  const padding = new Uint8Array(length).fill(said);
  const nonce = cipher.nonce();
  return concatBytes([Uint8Array.of(0), nonce, cipher.seal(key, nonce, concatBytes([plain, padding]), aad)]);
}

function paddedStream(chance: Chance, key: KeyText, plain: Uint8Array): Uint8Array {
  const length = 1 + NONCE_BYTES + plain.length + (16 - (plain.length % 16)) + 16;
  const head = Uint8Array.of(MESSAGE_TYPE.encrypt, length >>> 24, length >>> 16, length >>> 8, length);
  return concatBytes([head, padded(chance, key, plain, concatBytes([head, bytesOf(NO_LABEL)]))]);
}
