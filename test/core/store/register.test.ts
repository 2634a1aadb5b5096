// Registrations in the catalog: which fault is told of several, and that one with a fault changes nothing at all.

import { expect, test } from "vitest";
import type { CatalogRegister, CheckFields } from "../../../src/core/api/request.ts";
import { nodeByName } from "../../../src/core/store/nodes.ts";
import { apply, storeAt } from "./shelf.ts";

const ID = "11111111-2222-3333-4444-55555555555";
const NODE: CatalogRegister = {
  kind: "catalog.register",
  id: "",
  node: "n1",
  address: "1.1.1.1",
  taggedAddresses: null,
  meta: null,
  skipNodeUpdate: false,
  service: undefined,
  checks: [],
};
const CHECK: CheckFields = {
  node: "n1",
  checkId: "c",
  name: "",
  status: "passing",
  notes: "",
  output: "",
  serviceId: "",
  serviceName: "",
  serviceTags: [],
  type: "",
  definition: null,
};

const missing = 'failed inserting check: Missing service registration on node "n1"';
const nameless = 'failed inserting check: failed inserting check: object missing primary index on node "n1"';

test.each<[string, Partial<CheckFields>[], string]>([
  ["of another node", [{ node: "n2" }], 'check node "n2" does not match node "n1"'],
  ["without an id", [{ checkId: "" }], nameless],
  ["without an id and a service", [{ checkId: "", serviceId: "web" }], missing],
  ["without an id, before one of another node", [{ checkId: "" }, { node: "n2" }], nameless],
  [
    "of another node, before one without an id",
    [{ node: "n2" }, { checkId: "" }],
    'check node "n2" does not match node "n1"',
  ],
])("checks are judged one after the other: %s", (_name, checks, error) => {
  const store = storeAt(5);
  const request = { ...NODE, checks: checks.map((each) => ({ ...CHECK, ...each })) };
  expect(apply(store, request).outcome).toEqual({ ok: false, error });
  expect(nodeByName(store, "n1")).toBeUndefined();
});

test("an id in other capitals is no other node that would have taken its name", () => {
  const store = storeAt(5);
  const alive = { ...CHECK, checkId: "serfHealth" };
  apply(store, { ...NODE, id: `${ID}a`, checks: [alive] });
  expect(apply(store, { ...NODE, id: `${ID}A`, address: "1.1.1.2" }).outcome).toMatchObject({ ok: true });
  expect(apply(store, { ...NODE, id: `${ID}b` }).outcome).toMatchObject({ ok: false });
  expect(nodeByName(store, "n1")).toMatchObject({ address: "1.1.1.2", createIndex: 5 });
});
