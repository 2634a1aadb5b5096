// Prepared queries for tests: any, and one with something in every field.

import fc from "fast-check";
import type { QueryFields } from "../../../src/core/api/prepared-query.ts";
import type { PreparedQuery } from "../../../src/core/model/prepared-query.ts";

const text = fc.string({ maxLength: 4 });
const texts = fc.option(fc.array(text, { maxLength: 2 }), { nil: null });
const labels = fc.option(
  fc
    .uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), text), { selector: ([name]) => name })
    .map((pairs) => pairs.sort(([a], [b]) => (a < b ? -1 : 1))),
  { nil: null },
);
const queryColumns = {
  id: fc.uuid(),
  name: text,
  session: text,
  token: text,
  template: fc.record({ type: text, regexp: text, removeEmptyTags: fc.boolean() }),
  service: fc.record({
    service: text,
    failover: fc.record({ nearestN: fc.integer(), datacenters: texts }),
    onlyPassing: fc.boolean(),
    ignoreCheckIds: texts,
    near: text,
    tags: texts,
    nodeMeta: labels,
    serviceMeta: labels,
    connect: fc.boolean(),
  }),
  dns: fc.record({ ttl: text }),
};
export const anyQueryFields: fc.Arbitrary<QueryFields> = fc.record(queryColumns);
const index = fc.nat();
export const anyQuery: fc.Arbitrary<PreparedQuery> = fc.record({
  ...queryColumns,
  createIndex: index,
  modifyIndex: index,
});

export const QUERY: QueryFields = {
  id: "0123abcd-0000-1111-2222-333344445555",
  name: "geo-",
  session: "6666abcd-0000-1111-2222-333344445555",
  token: "t",
  template: { type: "name_prefix_match", regexp: "^geo-(.*)$", removeEmptyTags: true },
  service: {
    service: "web",
    failover: { nearestN: 2, datacenters: ["dc2", "dc3"] },
    onlyPassing: true,
    ignoreCheckIds: ["up"],
    near: "_agent",
    tags: ["v1", "!old"],
    nodeMeta: [["rack", "1"]],
    serviceMeta: [["a", "b"]],
    connect: true,
  },
  dns: { ttl: "10s" },
};

/** With as little as a query can have. */
export const LEAST_QUERY: QueryFields = {
  id: "",
  name: "",
  session: "",
  token: "",
  template: { type: "", regexp: "", removeEmptyTags: false },
  service: {
    service: "",
    failover: { nearestN: 0, datacenters: null },
    onlyPassing: false,
    ignoreCheckIds: null,
    near: "",
    tags: null,
    nodeMeta: null,
    serviceMeta: null,
    connect: false,
  },
  dns: { ttl: "" },
};
