// Reading a push-pull beside what one knows oneself: what is left out says nothing new, and nothing else is left out.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byteStringOf, utf8Bytes } from "../../../../src/core/lib/bytes.ts";
import { NODE_STATES, type NodeLine } from "../../../../src/core/wire/gossip/node-line.ts";
import { decodeSerfState, encodeSerf } from "../../../../src/core/wire/gossip/serf-messages.ts";
import {
  decodeStream,
  encodePushPullOf,
  type PushPullNode,
} from "../../../../src/core/wire/gossip/stream-messages.ts";

const VERSIONS = { min: 1, max: 5, current: 2, delegateMin: 2, delegateMax: 5, delegateCurrent: 4 };
const NAMES = ["a", "b", "node-3", "ü", "a-name-that-is-longer-than-thirty-one-bytes", "z"];

const someLine: fc.Arbitrary<NodeLine> = fc.record({
  name: fc.constantFrom(...NAMES),
  record: fc.record({
    addr: fc.constantFrom(Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2), new Uint8Array(16).fill(7)),
    port: fc.constantFrom(8301, 8302),
    meta: fc
      .constantFrom("", "tags", "t".repeat(31), "t".repeat(200))
      .map((text) => byteStringOf(utf8Bytes(text))),
    versions: fc.constantFrom(VERSIONS, { ...VERSIONS, max: 4 }),
  }),
  incarnation: fc.constantFrom(1, 127, 128, 70_000, 0xffffffff),
  state: fc.constantFrom(...NODE_STATES),
});

const someLines = fc
  .uniqueArray(someLine, { selector: ({ name }) => name })
  .map((lines) => new Map(lines.map((line) => [line.name, line])));

function isSame(one: NodeLine, other: NodeLine | undefined): boolean {
  return other !== undefined && JSON.stringify(textual(one)) === JSON.stringify(textual(other));
}

function textual({ record, ...rest }: NodeLine): unknown {
  return { ...rest, record: { ...record, addr: [...record.addr] } };
}

function nodesIn(bytes: Uint8Array, known?: ReadonlyMap<string, NodeLine>): readonly PushPullNode[] {
  const decoded = decodeStream(bytes, known);
  if (!decoded.ok || decoded.value.type !== "push-pull") throw new Error("a push-pull is one");
  return decoded.value.nodes;
}

describe("a push-pull that is read beside what one knows", () => {
  test("has all its news, in their order, and may leave out only what is known just so of the living", () => {
    fc.assert(
      fc.property(someLines, someLines, fc.boolean(), (told, known, join) => {
        const bytes = encodePushPullOf(join, told, Uint8Array.of(1, 2, 3), false);
        const all = nodesIn(bytes);
        const news = nodesIn(bytes, known);
        const must = all.filter(({ name }) => {
          const line = told.get(name) as NodeLine;
          return join || line.state !== "alive" || !isSame(line, known.get(name));
        });
        expect(all.filter((node) => news.some(({ name }) => name === node.name))).toEqual(news);
        expect(news).toEqual(expect.arrayContaining(must));
      }),
    );
  });

  test("is empty when both sides say the same, and tells of one who is missing or has changed", () => {
    const lines = Array.from(
      { length: 50 },
      (_, at): NodeLine => ({
        name: `n${at}`,
        record: {
          addr: Uint8Array.of(10, 0, 0, at),
          port: 8301,
          meta: byteStringOf(utf8Bytes("m".repeat(100 + at))),
          versions: VERSIONS,
        },
        incarnation: at + 1,
        state: "alive",
      }),
    );
    const mapOf = (all: readonly NodeLine[]): Map<string, NodeLine> =>
      new Map(all.map((line) => [line.name, line]));
    const told = encodePushPullOf(false, mapOf(lines), new Uint8Array(0), false);
    const names = (known: readonly NodeLine[]): string[] =>
      nodesIn(told, mapOf(known)).map(({ name }) => name);
    expect(names(lines)).toEqual([]);
    // As everybody begins with itself.
    expect(names([...lines.slice(20, 21), ...lines.slice(0, 20), ...lines.slice(21)])).toEqual(["n20"]);
    expect(names(lines.filter(({ name }) => name !== "n7"))).toEqual(["n7"]);
    const changed = lines.map((line) => (line.name === "n30" ? { ...line, incarnation: 5 } : line));
    expect(names(changed)).toEqual(["n30"]);
  });

  test("is as broken as it would be otherwise", () => {
    fc.assert(
      fc.property(someLines, someLines, fc.nat(), (told, known, cut) => {
        const bytes = encodePushPullOf(false, told, new Uint8Array(0), false);
        const broken = bytes.slice(0, cut % bytes.length);
        expect(decodeStream(broken, known).ok).toBe(decodeStream(broken).ok);
      }),
    );
  });
});

describe("the standing of members that is read beside what one knows", () => {
  const state = (times: ReadonlyMap<string, number>, left: readonly string[]): Uint8Array =>
    encodeSerf({
      type: "push-pull",
      lTime: 9,
      statusLTimes: times,
      leftMembers: left,
      eventLTime: 3,
      events: null,
      queryLTime: 2,
    });
  const known = new Map(["a", "b", "c"].map((name, at) => [name, { name, statusLTime: at }]));
  const times = (told: ReadonlyMap<string, number>, left: readonly string[] = []): unknown => {
    const decoded = decodeSerfState(state(told, left), known);
    return decoded.ok ? [...decoded.value.statusLTimes] : decoded.error;
  };

  test("leaves out those of whom it says the same", () => {
    expect(
      times(
        new Map([
          ["a", 0],
          ["b", 1],
          ["c", 2],
        ]),
      ),
    ).toEqual([]);
    expect(
      times(
        new Map([
          ["b", 1],
          ["a", 7],
          ["x", 0],
          ["c", 2],
        ]),
      ),
    ).toEqual([
      ["a", 7],
      ["x", 0],
    ]);
  });

  test("leaves out nobody when somebody has left: that is told by name and time", () => {
    expect(
      times(
        new Map([
          ["a", 0],
          ["b", 1],
        ]),
        ["b"],
      ),
    ).toEqual([
      ["a", 0],
      ["b", 1],
    ]);
  });

  test("is refused when it is something else, or broken", () => {
    expect(decodeSerfState(encodeSerf({ type: "join", lTime: 1, node: "a" }), known).ok).toBe(false);
    const whole = state(new Map([["a", 0]]), []);
    for (let cut = 0; cut < whole.length; cut++)
      expect(decodeSerfState(whole.slice(0, cut), known).ok, `${cut}`).toBe(false);
  });
});
