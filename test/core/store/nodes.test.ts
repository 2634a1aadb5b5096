// The node catalog: who is the same node, what replaces what, and which index that gives.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listNodes, nodeById, nodeByName } from "../../../src/core/store/nodes.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { apply, kvWrite, registerNode, storeAt } from "./shelf.ts";

const ID1 = "11111111-2222-3333-4444-555555555555";
const ID2 = "66666666-7777-8888-9999-aaaaaaaaaaaa";

function names(store: Store): string[] {
  return listNodes(store, []).nodes.map(({ node }) => node);
}

describe("registering", () => {
  test("makes a node of our datacenter", () => {
    const store = storeAt(5);
    const meta = [["rack", "1"]] as const;
    const taggedAddresses = [["lan", "10.0.0.1"]] as const;
    apply(store, registerNode("Web", { id: ID1, meta, taggedAddresses }));
    expect(nodeById(store, ID1)).toEqual({
      id: ID1,
      node: "Web",
      address: "10.0.0.1",
      datacenter: "dc1",
      taggedAddresses,
      meta,
      createIndex: 5,
      modifyIndex: 5,
    });
    expect(nodeByName(store, "wEB")).toBe(nodeById(store, ID1));
  });

  test.each([
    ["another address", { address: "10.0.0.9" }],
    ["other metadata", { meta: [["rack", "2"]] as const }],
    ["no metadata", { meta: null }],
    ["other tagged addresses", { taggedAddresses: [["wan", "1.2.3.4"]] as const }],
    ["no id, which wipes it", { id: "" }],
  ])("again with %s replaces it, at its old CreateIndex", (_name, fields) => {
    const store = storeAt(5);
    const first = registerNode("web", { id: ID1, meta: [["rack", "1"]] });
    apply(store, first);
    const second = { ...first, ...fields };
    apply(store, second);
    expect(nodeByName(store, "web")).toMatchObject({ ...fields, createIndex: 5, modifyIndex: 6 });
    expect(nodeById(store, ID1)).toBe(second.id === "" ? undefined : nodeByName(store, "web"));
    expect(listNodes(store, []).index).toBe(6);
  });

  test("the same again takes an index of the log and changes nothing", () => {
    const store = storeAt(5);
    const node = registerNode("web", { id: ID1, meta: [["rack", "1"]] });
    apply(store, node);
    const before = nodeByName(store, "web");
    apply(store, { ...node });
    expect(nodeByName(store, "web")).toBe(before);
    expect(listNodes(store, []).index).toBe(5);
    expect(store.lastApplied).toBe(6);
  });

  test("an id under a new name renames: the old name goes, the CreateIndex stays", () => {
    const store = storeAt(5);
    apply(store, registerNode("old", { id: ID1 }));
    apply(store, registerNode("new", { id: ID1 }));
    expect(names(store)).toEqual(["new"]);
    expect(nodeById(store, ID1)).toMatchObject({ node: "new", createIndex: 5, modifyIndex: 6 });
    expect(nodeByName(store, "old")).toBeUndefined();
  });

  test("a name in other capitals is the same node, shown as it was last written", () => {
    const store = storeAt(5);
    apply(store, registerNode("Web"));
    apply(store, registerNode("wEB"));
    expect(names(store)).toEqual(["wEB"]);
    expect(nodeByName(store, "web")).toMatchObject({ createIndex: 5, modifyIndex: 6 });
  });

  test("an id in other capitals is the same id, and its node takes the new name", () => {
    const store = storeAt(5);
    apply(store, registerNode("web", { id: ID2 }));
    apply(store, registerNode("db", { id: ID2.toUpperCase() }));
    expect(names(store)).toEqual(["db"]);
    expect(nodeById(store, ID2)).toMatchObject({ node: "db", id: ID2.toUpperCase(), createIndex: 5 });
  });

  test("a name under a new id belongs to the new id alone", () => {
    const store = storeAt(5);
    apply(store, registerNode("web", { id: ID1 }));
    apply(store, registerNode("web", { id: ID2 }));
    expect(nodeById(store, ID1)).toBeUndefined();
    expect(nodeById(store, ID2)).toMatchObject({ node: "web", createIndex: 5, modifyIndex: 6 });
  });

  test("an id that takes another node's name leaves one node", () => {
    const store = storeAt(5);
    apply(store, registerNode("one", { id: ID1 }));
    apply(store, registerNode("two", { id: ID2 }));
    apply(store, registerNode("two", { id: ID1 }));
    expect(names(store)).toEqual(["two"]);
    expect(nodeById(store, ID2)).toBeUndefined();
    expect(nodeById(store, ID1)).toMatchObject({ node: "two", createIndex: 5, modifyIndex: 7 });
  });
});

describe("deregistering", () => {
  test("removes a node by its name, in any capitals", () => {
    const store = storeAt(5);
    apply(store, registerNode("Web", { id: ID1 }));
    const { outcome } = apply(store, { kind: "catalog.deregister-node", node: "wEb" });
    expect(outcome).toEqual({ ok: true, applied: true });
    expect(names(store)).toEqual([]);
    expect(nodeById(store, ID1)).toBeUndefined();
    expect(listNodes(store, []).index).toBe(6);
  });

  test("who is not there is a success that changes nothing", () => {
    const store = storeAt(5);
    const { outcome, touched } = apply(store, { kind: "catalog.deregister-node", node: "web" });
    expect(outcome).toEqual({ ok: true, applied: true });
    expect(touched).toEqual([]);
    expect(listNodes(store, []).index).toBe(0);
  });
});

describe("listing", () => {
  const store = storeAt(1);
  apply(
    store,
    registerNode("b", {
      meta: [
        ["os", "linux"],
        ["rack", "1"],
      ],
    }),
  );
  apply(
    store,
    registerNode("A", {
      meta: [
        ["os", "linux"],
        ["rack", "2"],
      ],
    }),
  );
  apply(store, registerNode("c"));
  test.each([
    [[], ["A", "b", "c"]],
    [[["os", "linux"]], ["A", "b"]],
    [
      [
        ["os", "linux"],
        ["rack", "1"],
      ],
      ["b"],
    ],
    [[["os", "Linux"]], []],
    [[["os", ""]], []],
    [
      [
        ["rack", "1"],
        ["rack", "2"],
      ],
      [],
    ],
  ] as const)("those with %j are %j", (meta, expected) => {
    expect(listNodes(store, meta).nodes.map(({ node }) => node)).toEqual(expected);
  });

  test("moves with nodes, not with keys", () => {
    const before = listNodes(store, []).index;
    apply(store, kvWrite("set", "k"));
    expect(listNodes(store, []).index).toBe(before);
  });
});

test("over any history each id names one node, and each node is found by its name and its id", () => {
  const step = fc.record({
    node: fc.constantFrom("a", "A", "b", "c"),
    id: fc.constantFrom("", ID1, ID2),
    address: fc.constantFrom("10.0.0.1", "10.0.0.2"),
    leave: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const store = storeAt(1);
      for (const { node, id, address, leave } of steps)
        apply(store, leave ? { kind: "catalog.deregister-node", node } : registerNode(node, { id, address }));
      const { nodes, index } = listNodes(store, []);
      for (const node of nodes) {
        expect(nodeByName(store, node.node)).toBe(node);
        if (node.id !== "") expect(nodeById(store, node.id)).toBe(node);
        expect(node.createIndex).toBeLessThanOrEqual(node.modifyIndex);
        expect(node.modifyIndex).toBeLessThanOrEqual(index);
      }
      expect(store.nodeKeys.size).toBe(nodes.filter(({ id }) => id !== "").length);
    }),
  );
});
