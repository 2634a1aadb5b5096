// Frames: a length of 4 bytes, big-endian, and as many bytes. Cut out of a stream of chunks without copying what lies in
// one chunk.

const LENGTH_BYTES = 4;

/** The body with its length before it, in one buffer. */
export function frame(body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + body.length);
  bytes.writeUInt32BE(body.length, 0);
  bytes.set(body, LENGTH_BYTES);
  return bytes;
}

export interface FrameReader {
  push(chunk: Buffer): void;
  /**
   * The next whole body, or undefined when more bytes are needed.
   * @param maxBytes A frame that claims to be longer breaks the reader, before its bytes have been received.
   */
  next(maxBytes: number): Buffer | undefined;
  /** A frame claimed to be longer than allowed: nothing after it can be read. */
  readonly broken: boolean;
  /** Bytes that were pushed and are in no frame that was taken. */
  readonly held: number;
}

export function createFrameReader(): FrameReader {
  let chunks: Buffer[] = [];
  let held = 0;
  let broken = false;

  function join(): Buffer {
    if (chunks.length > 1) chunks = [Buffer.concat(chunks, held)];
    return chunks[0] ?? Buffer.alloc(0);
  }

  return {
    push(chunk) {
      chunks.push(chunk);
      held += chunk.length;
    },
    next(maxBytes) {
      if (broken || held < LENGTH_BYTES) return undefined;
      if ((chunks[0] as Buffer).length < LENGTH_BYTES) join();
      const length = (chunks[0] as Buffer).readUInt32BE(0);
      if (length > maxBytes) {
        broken = true;
        return undefined;
      }
      if (held < LENGTH_BYTES + length) return undefined;
      const bytes = (chunks[0] as Buffer).length < LENGTH_BYTES + length ? join() : (chunks[0] as Buffer);
      const rest = bytes.subarray(LENGTH_BYTES + length);
      held -= LENGTH_BYTES + length;
      if (rest.length === 0) chunks.shift();
      else chunks[0] = rest;
      return bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
    },
    get broken() {
      return broken;
    },
    get held() {
      return held;
    },
  };
}
