// The bytes that have come and were not yet taken. What is whole is taken as a view, without copying; what comes in many
// pieces is gathered in a buffer that doubles, so that each byte is copied a bounded number of times.

const EMPTY = Buffer.alloc(0);
const LEAST_BYTES = 4096;

export class Input {
  bytes: Buffer = EMPTY;
  /** What is there lies between `at` and `end`. */
  at = 0;
  end = 0;
  /** Whether `bytes` is our own, with room behind `end`. Nothing before `end` is ever written to again. */
  #owned = false;

  get length(): number {
    return this.end - this.at;
  }

  append(chunk: Buffer): void {
    if (this.at === this.end) {
      this.bytes = chunk;
      this.at = 0;
      this.end = chunk.length;
      this.#owned = false;
      return;
    }
    if (!this.#owned || this.end + chunk.length > this.bytes.length) this.#grow(chunk.length);
    chunk.copy(this.bytes, this.end);
    this.end += chunk.length;
  }

  #grow(more: number): void {
    const grown = Buffer.allocUnsafe(Math.max(LEAST_BYTES, 2 * (this.length + more)));
    this.bytes.copy(grown, 0, this.at, this.end);
    this.bytes = grown;
    this.end -= this.at;
    this.at = 0;
    this.#owned = true;
  }

  /** The next `length` bytes, which must be there. */
  take(length: number): Buffer {
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.skip(length);
    return taken;
  }

  /** Passes over bytes that must be there. When none are left the buffer is let go: an idle connection holds on to nothing. */
  skip(length: number): void {
    this.at += length;
    if (this.at === this.end) this.clear();
  }

  clear(): void {
    this.bytes = EMPTY;
    this.at = 0;
    this.end = 0;
  }
}
