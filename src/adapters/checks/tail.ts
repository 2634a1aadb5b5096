// The end of what a check's target says: as many bytes as are wanted, and how many there were.

import { textOfBytes } from "../../core/lib/bytes.ts";

export class Tail {
  readonly #ring: Buffer;
  #written = 0;

  constructor(most: number) {
    this.#ring = Buffer.allocUnsafe(most);
  }

  write(bytes: Uint8Array): void {
    const most = this.#ring.length;
    // Of more than fits only the end stays.
    const from = Math.max(0, bytes.length - most);
    this.#written += from;
    const at = this.#written % most;
    const first = bytes.subarray(from, from + most - at);
    this.#ring.set(first, at);
    this.#ring.set(bytes.subarray(from + first.length), 0);
    this.#written += bytes.length - from;
  }

  text(): string {
    const most = this.#ring.length;
    if (this.#written <= most) return textOfBytes(this.#ring.subarray(0, this.#written));
    const at = this.#written % most;
    return textOfBytes(Buffer.concat([this.#ring.subarray(at), this.#ring.subarray(0, at)]));
  }

  /** With Consul's word about it, if there was more. */
  toldText(): string {
    const most = this.#ring.length;
    const cut = this.#written > most;
    return cut ? `Captured ${most} of ${this.#written} bytes\n...\n${this.text()}` : this.text();
  }
}
