import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes } from "../../../../src/core/lib/bytes.ts";
import { measureStream, type StreamProgress } from "../../../../src/core/wire/gossip/stream.ts";
import { encodeStream, type PushPullNode } from "../../../../src/core/wire/gossip/stream-messages.ts";
import { isStream, largeStream, plainOf, unhex, vectors } from "./vectors.ts";

const node = (at: number): PushPullNode => ({
  name: `node-${at}`,
  addr: Uint8Array.of(10, 0, at >> 8, at),
  port: 8301,
  meta: new Uint8Array(100 + (at % 50)),
  incarnation: at,
  state: 0,
  vsn: Uint8Array.of(1, 5, 2, 2, 5, 4),
});

const pushPull = (nodes: number, userState: number): Uint8Array =>
  encodeStream(
    {
      type: "push-pull",
      join: true,
      nodes: Array.from({ length: nodes }, (_, at) => node(at)),
      userState: new Uint8Array(userState),
    },
    false,
  );

const samples: [string, Uint8Array][] = [
  ...vectors.captured.filter(isStream).flatMap((each): [string, Uint8Array][] => [
    [each.name, unhex(each.hex)],
    [`${each.name}, decrypted`, plainOf(each)],
  ]),
  ["a large compressed push-pull", unhex(largeStream.hex)],
  ["a plain push-pull", pushPull(5, 300)],
  ["a plain push-pull without nodes", pushPull(0, 0)],
  ["a user message", encodeStream({ type: "user", bytes: new Uint8Array(40) }, false)],
  ["an error", encodeStream({ type: "err", error: "no" }, false)],
  [
    "a labelled ping",
    concatBytes([unhex("f40764632d626c7565"), encodeStream({ type: "ack", seqNo: 1, payload: null }, false)]),
  ],
];

describe("the end of a message on a stream", () => {
  test.each(samples)("%s: every beginning wants more, never more than there is to come", (_name, bytes) => {
    const step = bytes.length > 2000 ? 97 : 1;
    for (let cut = 0; cut < bytes.length; cut += step) {
      const measured = measureStream(bytes.subarray(0, cut));
      if (measured.type !== "more") throw new Error(`${measured.type} after ${cut} bytes`);
      expect(measured.atLeast).toBeGreaterThan(cut);
      expect(measured.atLeast).toBeLessThanOrEqual(bytes.length);
    }
    expect(measureStream(bytes)).toEqual({ type: "complete", length: bytes.length });
    const followed = concatBytes([bytes, new Uint8Array(9)]);
    expect(measureStream(followed)).toEqual({ type: "complete", length: bytes.length });
  });

  test("gathered in any chunks, going on from where the last look ended, the same end is found", () => {
    const bytes = pushPull(40, 500);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 60 }), (chunks) => {
        let progress: StreamProgress | undefined;
        let have = 0;
        let found = -1;
        for (const chunk of [...chunks, bytes.length]) {
          have = Math.min(have + chunk, bytes.length);
          const measured = measureStream(bytes.subarray(0, have), progress);
          if (measured.type === "complete") found = measured.length;
          if (measured.type !== "more") break;
          progress = measured.progress ?? progress;
        }
        expect(found).toBe(bytes.length);
      }),
    );
  });

  test("a long push-pull in small chunks is gone over once, not once for each chunk", () => {
    const bytes = pushPull(20_000, 100_000);
    let progress: StreamProgress | undefined;
    let looked = 0;
    for (let have = 1460; ; have += 1460) {
      const from = progress?.at ?? 0;
      const measured = measureStream(bytes.subarray(0, have), progress);
      if (measured.type !== "more") break;
      looked += (measured.progress?.at ?? 0) - from;
      progress = measured.progress;
    }
    expect(looked).toBeLessThan(bytes.length);
  });

  test.each([
    ["an encrypted frame", "0a7fffffff"],
    ["a compressed message", "0982a4416c676f00a3427566db7fffffff"],
    ["too many nodes", "0683a44a6f696ec2a54e6f646573ce00200000ac5573657253746174654c656e00"],
    ["a user state", "0683a44a6f696ec2a54e6f64657300ac5573657253746174654c656ece7fffffff"],
    ["a user message", "0881aa557365724d73674c656ece7fffffff"],
    ["a map in a node", "0683a44a6f696ec2a54e6f64657301ac5573657253746174654c656e00df7fffffff"],
  ])("%s that claims to be too long is bad at once", (_name, hex) => {
    expect(measureStream(unhex(hex)).type).toBe("bad");
  });

  test("what begins no message is bad", () => {
    expect(measureStream(unhex("47455420")).type).toBe("bad");
    expect(measureStream(unhex("00cb")).type).toBe("more");
    expect(measureStream(unhex("00c1")).type).toBe("bad");
  });
});
