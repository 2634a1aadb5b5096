import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFrameReader, frame } from "../../../src/adapters/net/frames.ts";

const LIMIT = 1000;
const body = fc.uint8Array({ maxLength: 300 });

/** The stream cut where the numbers say, into pieces of at least one byte. */
function cut(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let k = 0; at < stream.length; k++) {
    const size = sizes[k] ?? stream.length;
    pieces.push(stream.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function readAll(pieces: readonly Buffer[]): { bodies: string[]; held: number; broken: boolean } {
  const reader = createFrameReader();
  const bodies: string[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let next = reader.next(LIMIT); next !== undefined; next = reader.next(LIMIT))
      bodies.push(next.toString("hex"));
  }
  return { bodies, held: reader.held, broken: reader.broken };
}

describe("frames", () => {
  test("come out as they went in, however the stream is cut into chunks", () => {
    fc.assert(
      fc.property(fc.array(body), fc.array(fc.integer({ min: 1, max: 9 })), (bodies, sizes) => {
        const stream = Buffer.concat(bodies.map(frame));
        const hex = bodies.map((each) => Buffer.from(each).toString("hex"));
        expect(readAll(cut(stream, sizes))).toEqual({ bodies: hex, held: 0, broken: false });
        expect(readAll([stream])).toEqual({ bodies: hex, held: 0, broken: false });
      }),
    );
  });

  test("that are not whole wait for the rest, and are counted as held", () => {
    fc.assert(
      fc.property(body, fc.nat(303), (bytes, kept) => {
        const whole = frame(bytes);
        const length = Math.min(kept, whole.length - 1);
        expect(readAll([whole.subarray(0, length)])).toEqual({ bodies: [], held: length, broken: false });
      }),
    );
  });

  test("longer than allowed break the reader as soon as their length is there", () => {
    const tooLong = Buffer.from([0, 0, 3, 0xe9]);
    const before = frame(Uint8Array.of(7));
    expect(readAll([before, tooLong, before])).toMatchObject({ bodies: ["07"], broken: true });
    expect(readAll([frame(new Uint8Array(LIMIT))])).toMatchObject({ broken: false, held: 0 });
  });

  test("of any bytes at all are read without a throw", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })), (chunks) => {
        const { held } = readAll(chunks.map((chunk) => Buffer.from(chunk)));
        expect(held).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("that lie whole in one chunk are not copied", () => {
    const chunk = Buffer.concat([frame(Uint8Array.of(1, 2)), frame(Uint8Array.of(3))]);
    const reader = createFrameReader();
    reader.push(chunk);
    expect(reader.next(LIMIT)?.buffer).toBe(chunk.buffer);
    expect(reader.next(LIMIT)?.buffer).toBe(chunk.buffer);
  });
});
