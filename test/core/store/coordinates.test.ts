// The table of coordinates: whose are kept, which index that gives, and with what they go.

import { describe, expect, test } from "vitest";
import { type Coordinate, ORIGIN } from "../../../src/core/model/coordinate.ts";
import type { Command } from "../../../src/core/store/commands.ts";
import { coordinateSet, coordinatesOf, listCoordinates } from "../../../src/core/store/coordinates.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { collectWoken, createWatches, watch } from "../../../src/core/store/watch.ts";
import { apply, registerNode, storeAt } from "./shelf.ts";

const ID = "11111111-2222-3333-4444-555555555555";

function at(x: number): Coordinate {
  return { ...ORIGIN, vec: [x, 0, 0, 0, 0, 0, 0, 0] };
}

function measured(...updates: readonly (readonly [node: string, x: number, segment?: string])[]): Command {
  return {
    kind: "coordinate.batch-update",
    updates: updates.map(([node, x, segment = ""]) => ({ node, segment, coordinate: at(x) })),
  };
}

/** A store whose next command has the index 10 and which knows these nodes. */
function storeWith(...nodes: readonly string[]): Store {
  const store = storeAt(10 - nodes.length);
  for (const node of nodes) apply(store, registerNode(node));
  return store;
}

describe("an update", () => {
  test("is kept for a node that is in the catalog, and for no other", () => {
    const store = storeWith("b", "A");
    const { touched } = apply(store, measured(["b", 2], ["nobody", 3], ["A", 1]));
    expect(listCoordinates(store, undefined)).toEqual({
      coordinates: [
        { node: "A", segment: "", coordinate: at(1) },
        { node: "b", segment: "", coordinate: at(2) },
      ],
      index: 10,
    });
    expect(touched).toEqual([
      { table: "coordinates", node: "b" },
      { table: "coordinates", node: "A" },
    ]);
  });

  test("that says what is known already moves no index and wakes nobody", () => {
    const store = storeWith("a");
    apply(store, measured(["a", 1]));
    expect(apply(store, measured(["a", 1])).touched).toEqual([]);
    expect(listCoordinates(store, undefined).index).toBe(10);
    apply(store, measured(["a", 2]));
    expect(listCoordinates(store, undefined).index).toBe(12);
  });

  test.each([
    ["of two dimensions", { ...ORIGIN, vec: [1, 2] }],
    ["of none", { ...ORIGIN, vec: [] }],
  ])("%s is left out, and takes no other with it", (_, coordinate) => {
    const store = storeWith("a", "b");
    const updates = [
      { node: "a", segment: "", coordinate },
      { node: "b", segment: "", coordinate: at(1) },
    ];
    apply(store, { kind: "coordinate.batch-update", updates });
    expect(coordinatesOf(store, "a")).toEqual([]);
    expect(coordinatesOf(store, "b").length).toBe(1);
  });

  test("a node has one for each segment, found by its name in any case", () => {
    const store = storeWith("a", "ab");
    apply(store, measured(["a", 1], ["a", 2, "alpha"], ["ab", 3]));
    expect([...coordinateSet(store, "A")]).toEqual([
      ["", at(1)],
      ["alpha", at(2)],
    ]);
    expect(listCoordinates(store, "alpha").coordinates.map(({ node }) => node)).toEqual(["a"]);
    expect(listCoordinates(store, "").coordinates.map(({ node }) => node)).toEqual(["a", "ab"]);
    expect(listCoordinates(store, "beta")).toEqual({ coordinates: [], index: 10 });
  });

  test("a name with the separator in it is another node's", () => {
    const store = storeWith("a", "a\0b");
    apply(store, measured(["a", 1], ["a\0b", 2]));
    expect(coordinatesOf(store, "a").map(({ coordinate }) => coordinate)).toEqual([at(1)]);
  });
});

describe("coordinates go", () => {
  test("with their node", () => {
    const store = storeWith("a", "b");
    apply(store, measured(["a", 1], ["a", 2, "alpha"], ["b", 3]));
    const { index, touched } = apply(store, { kind: "catalog.deregister-node", node: "A" });
    expect(listCoordinates(store, undefined)).toMatchObject({ coordinates: [{ node: "b" }], index });
    expect(touched).toContainEqual({ table: "coordinates", node: "a" });
  });

  test("with its old name when it takes another, and stay with it when its address changes", () => {
    const store = storeAt(1);
    apply(store, registerNode("a", { id: ID }));
    apply(store, measured(["a", 1]));
    apply(store, registerNode("a", { id: ID, address: "10.0.0.9" }));
    expect(coordinatesOf(store, "a").length).toBe(1);
    apply(store, registerNode("b", { id: ID }));
    expect(listCoordinates(store, undefined)).toEqual({ coordinates: [], index: 4 });
  });

  test("and a node without any moves no index when it goes", () => {
    const store = storeWith("a", "b");
    apply(store, measured(["b", 3]));
    apply(store, { kind: "catalog.deregister-node", node: "a" });
    expect(listCoordinates(store, undefined).index).toBe(10);
  });
});

test("who waits for one node's is woken by that node's alone, who waits for all by every one", () => {
  const watches = createWatches();
  watch(watches, { on: "coordinates-of-node", node: "A" }, 1);
  watch(watches, { on: "coordinates" }, 2);
  const woken = (node: string): number[] => {
    const ids = new Set<number>();
    collectWoken(watches, { table: "coordinates", node }, ids);
    return [...ids];
  };
  expect(woken("a").sort()).toEqual([1, 2]);
  expect(woken("b")).toEqual([2]);
});
