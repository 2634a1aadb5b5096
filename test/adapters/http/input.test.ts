import fc from "fast-check";
import { expect, test } from "vitest";
import { Input } from "../../../src/adapters/http/input.ts";

test("bytes come out as they went in, and what was taken never changes any more", () => {
  const step = fc.oneof(
    fc.record({ append: fc.uint8Array({ minLength: 1, maxLength: 5000, size: "max" }) }),
    fc.record({ take: fc.nat(4000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const input = new Input();
      let there = Buffer.alloc(0);
      const taken: [Buffer, Buffer][] = [];
      for (const each of steps) {
        if ("append" in each) {
          input.append(Buffer.from(each.append));
          there = Buffer.concat([there, each.append]);
        } else {
          const length = Math.min(each.take, input.length);
          taken.push([input.take(length), Buffer.from(there.subarray(0, length))]);
          there = there.subarray(length);
        }
        expect(input.length).toBe(there.length);
        expect(input.bytes.subarray(input.at, input.end).equals(there)).toBe(true);
      }
      for (const [bytes, copy] of taken) expect(bytes.equals(copy)).toBe(true);
    }),
  );
});
