// config_entries.bootstrap: entries are read as if somebody wrote them over HTTP, and the first that can't be stops the agent.

import { expect, test } from "vitest";
import { configEntriesOf } from "../../../src/adapters/config/config-entries.ts";
import type { ConfigMap } from "../../../src/adapters/config/values.ts";
import type { RawValue } from "../../../src/core/lib/raw-value.ts";

function configWith(...entries: readonly Readonly<Record<string, RawValue>>[]): ConfigMap {
  const maps = entries.map(
    (each) => new Map(Object.entries(each).map(([name, opaque]) => [name, { opaque }])),
  );
  return new Map([["config_entries", new Map([["bootstrap", maps]])]]);
}

test("entries are read and put into their usual form", () => {
  const config = configWith(
    { kind: "service-defaults", name: "web", protocol: "HTTP" },
    { Kind: "proxy-defaults", Name: "global" },
  );
  expect(configEntriesOf(config)).toMatchObject([
    { kind: "service-defaults", name: "web", protocol: "http" },
    { kind: "proxy-defaults", name: "global" },
  ]);
  expect(configEntriesOf(new Map())).toEqual([]);
});

test.each<[Readonly<Record<string, RawValue>>, string]>([
  [{ kind: "x" }, "invalid config entry kind: x"],
  [{ name: "x" }, "Payload does not contain a kind/Kind key at the top level"],
  [{ kind: "service-splitter", name: "x" }, "no splits configured"],
])("%j can't be", (entry, fault) => {
  const config = configWith({ kind: "proxy-defaults", name: "global" }, entry);
  expect(() => configEntriesOf(config)).toThrow(`config_entries.bootstrap[1]: ${fault}`);
});
