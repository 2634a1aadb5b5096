// Vivaldi against what Serf's own Go code computed (test/vectors/vivaldi.json), to the last bit, and its promises.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createVivaldi, forgetLatencies, updateVivaldi } from "../../../src/core/gossip/serf/vivaldi.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import {
  type Coordinate,
  distanceBetween,
  distanceNs,
  isFiniteCoordinate,
  ORIGIN,
  sharedCoordinates,
} from "../../../src/core/model/coordinate.ts";

interface GoCoordinate {
  readonly Vec: readonly number[];
  readonly Error: number;
  readonly Adjustment: number;
  readonly Height: number;
}

interface Vectors {
  readonly newCoordinate: GoCoordinate;
  readonly distance: readonly {
    readonly a: GoCoordinate;
    readonly b: GoCoordinate;
    readonly distanceNs: number;
  }[];
  readonly run: {
    readonly Start: GoCoordinate;
    readonly Resets: number;
    readonly Steps: readonly {
      readonly Node: string;
      readonly Other: GoCoordinate;
      readonly RttNs: number;
      readonly Result: GoCoordinate;
      readonly DistanceAfterNs: number;
    }[];
  };
}

const vectors = JSON.parse(readFileSync("test/vectors/vivaldi.json", "utf8")) as Vectors;

function ours({ Vec, Error: error, Adjustment, Height }: GoCoordinate): Coordinate {
  return { vec: Vec, error, adjustment: Adjustment, height: Height };
}

const chance = seededChance("vivaldi");
const far = (x: number): Coordinate => ({ ...ORIGIN, vec: [x, 0, 0, 0, 0, 0, 0, 0] });

describe("Vivaldi, as Serf's Go code computes it", () => {
  test("a new coordinate is that of Serf", () => {
    expect(ORIGIN).toEqual(ours(vectors.newCoordinate));
  });

  test.each(vectors.distance.map((each, at) => [at, each] as const))(
    "distance %i",
    (_, { a, b, distanceNs: want }) => {
      expect(distanceNs(ours(a), ours(b))).toBe(want);
    },
  );

  test("thirty-six measurements move us to where they moved Serf, bit by bit", () => {
    const vivaldi = createVivaldi();
    vivaldi.coordinate = ours(vectors.run.Start);
    for (const { Node, Other, RttNs, Result, DistanceAfterNs } of vectors.run.Steps) {
      expect(updateVivaldi(vivaldi, Node, ours(Other), RttNs, chance)).toBeUndefined();
      expect(vivaldi.coordinate).toEqual(ours(Result));
      expect(distanceNs(vivaldi.coordinate, ours(Other))).toBe(DistanceAfterNs);
    }
    expect(vivaldi.resets).toBe(vectors.run.Resets);
  });
});

describe("what is not believed changes nothing", () => {
  test.each([
    ["a negative round trip", far(1), -1],
    ["one of more than ten seconds", far(1), 10_000_000_001],
    ["one that is no number", far(1), Number.NaN],
    ["another dimension", { ...ORIGIN, vec: [1, 2] }, 1000],
    ["a place that is no number", far(Number.NaN), 1000],
    ["an infinite height", { ...ORIGIN, height: Number.POSITIVE_INFINITY }, 1000],
  ])("%s", (_, other, rttNs) => {
    const vivaldi = createVivaldi();
    expect(updateVivaldi(vivaldi, "other", other, rttNs, chance)).toBeTypeOf("string");
    expect(vivaldi).toEqual(createVivaldi());
  });
});

test("a round trip of no time is counted", () => {
  const vivaldi = createVivaldi();
  updateVivaldi(vivaldi, "a", far(0.01), 0, chance);
  expect(vivaldi.zeroRtts).toBe(1);
});

test("numbers that grow past all bounds put us back to the beginning", () => {
  const vivaldi = createVivaldi();
  expect(updateVivaldi(vivaldi, "far", far(1e308), 1000, chance)).toBeUndefined();
  expect(vivaldi.resets).toBe(1);
  expect(vivaldi.coordinate).toEqual(ORIGIN);
});

test("what was measured of a node is forgotten with it", () => {
  const vivaldi = createVivaldi();
  updateVivaldi(vivaldi, "a", far(0.01), 1_000_000, chance);
  forgetLatencies(vivaldi, "a");
  expect(vivaldi.latencies.size).toBe(0);
});

test("whatever is measured of whomever, a coordinate stays finite and its error within its bounds", () => {
  const double = fc.double({ noDefaultInfinity: false });
  const coordinate = fc.record({
    vec: fc.array(double, { minLength: 7, maxLength: 9 }),
    error: double,
    adjustment: double,
    height: double,
  });
  const steps = fc.array(
    fc.tuple(fc.constantFrom("a", "b", "c"), coordinate, fc.double({ max: 2e10, min: -1 })),
  );
  fc.assert(
    fc.property(steps, (measurements) => {
      const vivaldi = createVivaldi();
      for (const [node, other, rttNs] of measurements) {
        updateVivaldi(vivaldi, node, other, rttNs, chance);
        expect(isFiniteCoordinate(vivaldi.coordinate)).toBe(true);
      }
    }),
  );
});

describe("which coordinates of two nodes are compared", () => {
  const [a, b] = [far(1), far(2)];
  test.each([
    ["both in the default segment", [["", a]], [["", b]], [a, b]],
    [
      "the source's only segment",
      [["x", a]],
      [
        ["", b],
        ["x", b],
      ],
      [a, b],
    ],
    [
      "the target's only segment",
      [
        ["", a],
        ["x", a],
      ],
      [["x", b]],
      [a, b],
    ],
    ["no segment in common", [["x", a]], [["y", b]], [undefined, b]],
    ["a node without any", [["", a]], [], [a, undefined]],
  ] as const)("%s", (_, source, target, want) => {
    expect(sharedCoordinates(new Map(source), new Map(target))).toEqual(want);
  });

  test("an unknown place is infinitely far, and so is one too large to be added up", () => {
    expect(distanceBetween(a, undefined)).toBe(Number.POSITIVE_INFINITY);
    expect(distanceBetween({ ...a, height: 1e308 }, { ...b, height: 1e308 })).toBe(Number.POSITIVE_INFINITY);
    expect(distanceBetween(far(1e308), { ...b, height: -1e308 })).toBe(Number.POSITIVE_INFINITY);
  });
});
