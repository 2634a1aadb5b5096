// AES-GCM as memberlist seals gossip: 128, 192 or 256 bits by the key's length, nonces from the system's generator. What a
// seal looks like on the wire is core/wire/gossip/envelope.ts's.

import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from "node:crypto";
import { concatBytes } from "../../core/lib/bytes.ts";
import { type Cipher, NONCE_BYTES, TAG_BYTES } from "../../core/wire/gossip/envelope.ts";

/** Nonces drawn at once: to ask the system for each costs more than the sealing of a packet. */
const NONCES_AT_ONCE = 64;
/** Keys kept ready. A ring has a few; when one was changed that often, those of before are made again. */
const MOST_KEYS_READY = 512;

interface Ready {
  readonly key: KeyObject;
  readonly algorithm: "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm";
}

/** A cipher of its own store of nonces and keys made ready. */
export function createGossipCipher(): Cipher {
  const nonces = new Uint8Array(NONCES_AT_ONCE * NONCE_BYTES);
  const ready = new Map<string, Ready>();
  let nextNonce = nonces.length;

  function readyKey(key: string): Ready {
    const found = ready.get(key);
    if (found !== undefined) return found;
    const bytes = Buffer.from(key, "base64");
    const bits = (bytes.length * 8) as 128 | 192 | 256;
    const made: Ready = { key: createSecretKey(bytes), algorithm: `aes-${bits}-gcm` };
    if (ready.size >= MOST_KEYS_READY) ready.clear();
    ready.set(key, made);
    return made;
  }

  return {
    nonce() {
      if (nextNonce === nonces.length) {
        randomFillSync(nonces);
        nextNonce = 0;
      }
      nextNonce += NONCE_BYTES;
      return nonces.slice(nextNonce - NONCE_BYTES, nextNonce);
    },
    seal(key, nonce, plain, aad) {
      const { key: secret, algorithm } = readyKey(key);
      const cipher = createCipheriv(algorithm, secret, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(aad);
      return concatBytes([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(key, nonce, sealed, aad) {
      const { key: secret, algorithm } = readyKey(key);
      const decipher = createDecipheriv(algorithm, secret, nonce, { authTagLength: TAG_BYTES });
      const end = sealed.length - TAG_BYTES;
      decipher.setAAD(aad);
      decipher.setAuthTag(sealed.subarray(end));
      const plain = decipher.update(sealed.subarray(0, end));
      try {
        decipher.final();
        return plain;
      } catch {
        return undefined;
      }
    },
  };
}
