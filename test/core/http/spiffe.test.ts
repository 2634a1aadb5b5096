// The names in Connect's certificates: what was asked of Consul 1.8.7 (scripts/compare/intentions.ts), and that no text is too
// much.

import fc from "fast-check";
import { expect, test } from "vitest";
import { serviceOfSpiffe } from "../../../src/core/http/spiffe.ts";

test.each([
  ["spiffe://x.consul/ns/default/dc/dc1/svc/web", "default", "web"],
  ["SPIFFE://X/ns/n%2F1/dc/dc1/svc/a%20b?x#y", "n/1", "a b"],
  ["spiffe:/ns/default/dc/dc1/svc/web", "default", "web"],
])("%s is a service", (uri, ns, name) => {
  expect(serviceOfSpiffe(uri)).toEqual({ ok: true, end: { ns, name } });
});

test.each([
  ["spiffe://x.consul", true],
  ["spiffe://x/agent/client/dc/dc1/id/n1", true],
  ["spiffe://x.consul/", false],
  ["http://x/ns/a/dc/b/svc/c", false],
  ["spiffe://x/ns/a/dc/b/svc/%zz", false],
  ["spiffe://x y/ns/a/dc/b/svc/c", false],
  ["", false],
])("%j is none: of Connect %s", (uri, isSpiffe) => {
  expect(serviceOfSpiffe(uri)).toEqual({ ok: false, isSpiffe });
});

test("no text is too much", () => {
  fc.assert(fc.property(fc.string(), (text) => typeof serviceOfSpiffe(`spiffe:${text}`).ok === "boolean"));
});
