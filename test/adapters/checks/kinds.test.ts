// Which kind of check a definition has the agent make, and for how long one may take that does not say.

import { expect, test } from "vitest";
import { kindOf } from "../../../src/adapters/checks/kinds.ts";
import { type CheckSpec, NO_SPEC } from "../../../src/core/model/local.ts";

const timeoutOf = (spec: Partial<CheckSpec>): number | undefined =>
  kindOf({ ...NO_SPEC, ...spec })?.timeoutNs;

const PROGRAM = { scriptArgs: ["x"] };

test.each<[string, Partial<CheckSpec>, number | undefined]>([
  ["over HTTP", { http: "x" }, 10e9],
  ["over TCP", { tcp: "x" }, 10e9],
  ["over UDP", { udp: "x" }, 10e9],
  ["over gRPC", { grpc: "x" }, 10e9],
  ["a ping of HTTP/2", { h2ping: "x" }, 10e9],
  ["a program", PROGRAM, 30e9],
  ["a service of the operating system", { osService: "x" }, 30e9],
  ["a program in a container", { dockerContainerId: "x", ...PROGRAM }, undefined],
])("a check that is %s takes no longer than Consul gives it", (_what, spec, timeoutNs) => {
  expect(timeoutOf(spec)).toBe(timeoutNs);
});

test("of a definition that names several the first of Consul's order is made", () => {
  const order: readonly Partial<CheckSpec>[] = [
    { http: "x" },
    { tcp: "x" },
    { udp: "x" },
    { grpc: "x" },
    { dockerContainerId: "x", ...PROGRAM },
    { osService: "x" },
    PROGRAM,
    { h2ping: "x" },
  ];
  for (const [at, first] of order.entries())
    for (const second of order.slice(at + 1))
      expect(kindOf({ ...NO_SPEC, ...second, ...first })).toBe(kindOf({ ...NO_SPEC, ...first }));
});

test("of one that names nothing none is", () => {
  expect(kindOf(NO_SPEC)).toBeUndefined();
});
