// Lists in order of the round trips from one node (Consul's ?near=).

import { expect, test } from "vitest";
import { type Coordinate, ORIGIN } from "../../../src/core/model/coordinate.ts";
import { sortByDistance } from "../../../src/core/service/near.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { apply, registerNode, storeAt } from "../store/shelf.ts";

const NAMES = ["n1", "n2", "n3", "n4", "n5"];

function at(x: number, fields: Partial<Coordinate> = {}): Coordinate {
  return { ...ORIGIN, vec: [x, 0, 0, 0, 0, 0, 0, 0], ...fields };
}

function storeWith(places: Readonly<Record<string, Coordinate>>, segment = ""): Store {
  const store = storeAt(1);
  for (const name of NAMES) apply(store, registerNode(name));
  const updates = Object.entries(places).map(([node, coordinate]) => ({ node, segment, coordinate }));
  apply(store, { kind: "coordinate.batch-update", updates });
  return store;
}

function order(store: Store, near: string | undefined, items: readonly string[] = NAMES): string {
  return sortByDistance(store, near, items, (name) => name).join(" ");
}

const LINE = { n1: at(5), n2: at(3), n4: at(4), n5: at(1) };

test.each([
  ["n1", "n1 n4 n2 n5 n3"],
  ["N5", "n5 n2 n4 n1 n3"],
  ["n4", "n4 n1 n2 n5 n3"],
])("near %s: nearest first, who has no place last", (near, want) => {
  expect(order(storeWith(LINE), near)).toBe(want);
});

test.each([
  ["nobody is named", undefined],
  ["the name is empty", ""],
  ["the node is unknown", "nobody"],
  ["the node has no place", "n3"],
])("all stay as they are where %s", (_, near) => {
  expect(order(storeWith(LINE), near)).toBe(NAMES.join(" "));
});

test("whose distance is the same, or not known, keep their order; several of one node stay together", () => {
  const store = storeWith({
    n1: at(0),
    n2: at(1),
    n3: at(-1),
    n4: at(1, { height: 1e308, adjustment: 1e308 }),
  });
  expect(order(store, "n1", ["n5", "n3", "n4", "n2", "n1", "n2"])).toBe("n1 n3 n2 n2 n5 n4");
});

test("places are compared in the segment that both are in", () => {
  const store = storeWith({ n1: at(0) }, "alpha");
  const updates = ["n2", "n3"].map((node, k) => ({
    node,
    segment: k === 0 ? "" : "alpha",
    coordinate: at(k),
  }));
  apply(store, { kind: "coordinate.batch-update", updates });
  expect(order(store, "n1")).toBe("n1 n3 n2 n4 n5");
});
