// One gossip message out of a TCP connection: its bytes are gathered until core/wire/gossip says that they are one whole
// message, or never will be.

import type { Socket } from "node:net";
import { measureStream, type StreamProgress } from "../../core/wire/gossip/stream.ts";

/** Bytes of unfinished messages, of all streams together, past which whoever adds to them is cut off: three of the longest. */
const MAX_GATHERED_BYTES = 128 << 20;

/** What all streams of a pool together hold of messages that are not whole yet. */
export interface GatheredBytes {
  bytes: number;
}

/**
 * Hands a stream's message over once it is whole; what comes after it is not looked at.
 * @param onBad Called once, when there will be no message: the bytes are none, or too many.
 */
export function gatherMessage(
  socket: Socket,
  gathered: GatheredBytes,
  onWhole: (bytes: Uint8Array) => void,
  onBad: () => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  let held = 0;
  let wanted = 0;
  let progress: StreamProgress | undefined;
  let done = false;
  const end = (): void => {
    if (!done) gathered.bytes -= held;
    done = true;
  };
  socket.on("close", end);
  socket.on("data", (chunk: Buffer) => {
    if (done) return;
    bytes = appended(bytes, held, chunk);
    held += chunk.length;
    gathered.bytes += chunk.length;
    if (held < wanted && gathered.bytes <= MAX_GATHERED_BYTES) return;
    const measured = measureStream(bytes.subarray(0, held), progress);
    if (measured.type === "more" && gathered.bytes <= MAX_GATHERED_BYTES) {
      wanted = measured.atLeast;
      progress = measured.progress;
      return;
    }
    end();
    if (measured.type === "complete") onWhole(bytes.subarray(0, measured.length));
    else onBad();
  });
}

/** `chunk` behind the first `held` bytes, in room that doubles: joining all chunks for each new one would take for ever. */
function appended(bytes: Buffer, held: number, chunk: Buffer): Buffer {
  if (held === 0) return chunk;
  const whole = held + chunk.length;
  const room = whole <= bytes.length ? bytes : Buffer.allocUnsafe(Math.max(2 * bytes.length, whole));
  if (room !== bytes) bytes.copy(room, 0, 0, held);
  chunk.copy(room, held);
  return room;
}
