// Which checks there can be, in Consul's words, and what they are called.

import { expect, test } from "vitest";
import { checkTypeFault, checkTypeOf } from "../../../src/core/model/check-type.ts";
import { type CheckSpec, NO_SPEC } from "../../../src/core/model/local.ts";

const EVERY = { intervalNs: 1e9 };
const TTL = { ttlNs: 1e9 };
const INTERVAL = "Interval must be > 0 for Script, HTTP, or TCP checks";
const LATER_INTERVAL = "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks";

test.each<[Partial<CheckSpec>, string | undefined]>([
  [{}, "TTL must be > 0 for TTL checks"],
  [EVERY, "TTL must be > 0 for TTL checks"],
  [TTL, undefined],
  [{ ttlNs: 1 }, undefined],
  [{ ...TTL, ...EVERY }, "Interval and TTL cannot both be specified"],
  [{ http: "x" }, INTERVAL],
  [{ http: "x", ...EVERY }, undefined],
  [{ tcp: "x" }, INTERVAL],
  [{ grpc: "x" }, INTERVAL],
  [{ scriptArgs: ["x"] }, INTERVAL],
  [{ udp: "x" }, LATER_INTERVAL],
  [{ h2ping: "x" }, LATER_INTERVAL],
  [{ osService: "x" }, LATER_INTERVAL],
  [{ aliasService: "x" }, undefined],
  [{ aliasNode: "x" }, undefined],
  [{ aliasService: "x", http: "x", ...EVERY }, "Interval cannot be set for Alias checks"],
  [{ aliasNode: "x", ...TTL }, "TTL must be not be set for Alias checks"],
  [{ ...TTL, outputMaxSize: -1 }, "MaxOutputMaxSize must be positive"],
  [
    { tcp: "x", ...EVERY, failuresBeforeWarning: 2, failuresBeforeCritical: 1 },
    "FailuresBeforeWarning can't be higher than FailuresBeforeCritical",
  ],
])("%j: %s", (spec, fault) => {
  expect(checkTypeFault({ ...NO_SPEC, ...spec })).toBe(fault);
});

test("of a definition that names several kinds it has the name of the first of Consul's order", () => {
  const order: readonly [Partial<CheckSpec>, string][] = [
    [{ grpc: "x" }, "grpc"],
    [{ http: "x" }, "http"],
    [TTL, "ttl"],
    [{ tcp: "x" }, "tcp"],
    [{ udp: "x" }, "udp"],
    [{ aliasService: "x" }, "alias"],
    [{ scriptArgs: ["x"], dockerContainerId: "x" }, "docker"],
    [{ h2ping: "x" }, "h2ping"],
    [{ osService: "x" }, "os_service"],
  ];
  for (const [at, [first, type]] of order.entries())
    for (const [second] of order.slice(at))
      expect(checkTypeOf({ ...NO_SPEC, ...EVERY, ...second, ...first })).toBe(type);
  expect(checkTypeOf({ ...NO_SPEC, ...EVERY, scriptArgs: ["x"] })).toBe("script");
});
