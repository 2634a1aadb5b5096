// Configuration entries in the replicated state, as Consul 1.8.7 has them: what is kept, what is refused for the sake of
// others that depend on it, and what follows for gateways. The texts were heard from the original (compare:http plays more).

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServiceFields } from "../../../src/core/api/request.ts";
import { CONFIG_KINDS, type ConfigEntry } from "../../../src/core/model/config-entry.ts";
import { configFault } from "../../../src/core/model/config-rules.ts";
import { listHealth } from "../../../src/core/store/catalog-reads.ts";
import { listConfigEntries } from "../../../src/core/store/config-entries.ts";
import { type EntryLookup, followChain } from "../../../src/core/store/discovery-chain.ts";
import { listGatewayServices } from "../../../src/core/store/gateway-services.ts";
import { dumpStore, loadStore } from "../../../src/core/store/snapshot.ts";
import type { Outcome, Store } from "../../../src/core/store/store.ts";
import { configEntry } from "../wire/examples.ts";
import { apply, configEntryOf, registerNode, storeAt } from "./shelf.ts";

const DONE: Outcome = { ok: true, applied: true };

function set(store: Store, json: string, index?: number): Outcome {
  return apply(store, { kind: "config.set", entry: configEntryOf(json), index }).outcome;
}

function write(store: Store, ...all: readonly string[]): void {
  for (const json of all) expect(set(store, json)).toEqual(DONE);
}

const HTTP = '{"Kind":"proxy-defaults","Config":{"protocol":"http"}}';
/** A service that speaks HTTP, and a gateway that serves it. */
const SERVED: readonly string[] = [
  '{"Kind":"service-defaults","Name":"a","Protocol":"http"}',
  '{"Kind":"ingress-gateway","Name":"gw","Listeners":[{"Port":80,"Protocol":"http","Services":[{"Name":"a"}]}]}',
];
const SERVED_AS_TCP: readonly string[] = [
  '{"Kind":"ingress-gateway","Name":"gw","Listeners":[{"Port":80,"Services":[{"Name":"a"}]}]}',
];
const names = (store: Store): string[] => listConfigEntries(store, "", undefined).map(({ name }) => name);

describe("an entry", () => {
  test("is one with those of its kind whose names differ by case", () => {
    const store = storeAt(10);
    write(store, '{"Kind":"service-defaults","Name":"Web"}', '{"Kind":"service-defaults","Name":"web"}');
    const [only, ...more] = listConfigEntries(store, "service-defaults", undefined);
    expect([only?.name, only?.createIndex, only?.modifyIndex, more.length]).toEqual(["web", 10, 11, 0]);
    expect(store.tableIndexes.configEntries).toBe(11);
  });

  test("is written on condition of the index that it has, 0 for one that is not there", () => {
    const store = storeAt(10);
    const json = '{"Kind":"service-defaults","Name":"web"}';
    expect(set(store, json, 5)).toEqual({ ok: true, applied: false });
    expect(set(store, json, 0)).toEqual(DONE);
    expect(set(store, json, 0)).toEqual({ ok: true, applied: false });
    expect(set(store, json, 11)).toEqual(DONE);
  });

  test("that is gone is as good as one that never was, and moves no index", () => {
    const store = storeAt(10);
    const gone = { kind: "config.delete", entryKind: "service-defaults", name: "web" } as const;
    expect(apply(store, gone).outcome).toEqual(DONE);
    expect(store.tableIndexes.configEntries).toBe(0);
  });

  test("wakes who waits for entries", () => {
    const store = storeAt(10);
    const { touched } = apply(store, {
      kind: "config.set",
      entry: configEntryOf('{"Kind":"service-resolver","Name":"web"}'),
      index: undefined,
    });
    expect(touched).toEqual([{ table: "config-entries" }]);
  });
});

describe("a change is refused", () => {
  test.each([
    [
      "that gives a chain two protocols",
      [HTTP, '{"Kind":"service-router","Name":"a","Routes":[{"Destination":{"Service":"b"}}]}'],
      '{"Kind":"service-defaults","Name":"b","Protocol":"tcp"}',
      'discovery chain "a" uses inconsistent protocols; service "b" has "tcp" which is not "http"',
    ],
    [
      "that splits what has no requests",
      [],
      '{"Kind":"service-splitter","Name":"a","Splits":[{"Weight":100}]}',
      'discovery chain "a" uses a protocol "tcp" that does not permit advanced routing or splitting behavior',
    ],
    [
      "that leads round in circles",
      [HTTP, '{"Kind":"service-splitter","Name":"a","Splits":[{"Weight":50,"Service":"b"},{"Weight":50}]}'],
      '{"Kind":"service-splitter","Name":"b","Splits":[{"Weight":50,"Service":"a"},{"Weight":50}]}',
      "detected circular reference: [splitter:b.default -> splitter:a.default -> splitter:b.default]",
    ],
    [
      "that is redirected to itself by way of others",
      [
        '{"Kind":"service-resolver","Name":"a","Redirect":{"Service":"b"}}',
        '{"Kind":"service-resolver","Name":"b","Redirect":{"Service":"c"}}',
      ],
      '{"Kind":"service-resolver","Name":"c","Redirect":{"Service":"a"}}',
      "detected circular resolver redirect: [c.default.dc1 -> a.default.dc1 -> b.default.dc1 -> c.default.dc1]",
    ],
    [
      "to a subset that there is not",
      [],
      '{"Kind":"service-resolver","Name":"a","Failover":{"*":{"Service":"b","ServiceSubset":"q"}}}',
      'service "b" does not have a subset named "q"',
    ],
    [
      "of an external service that is no longer simple",
      ['{"Kind":"service-defaults","Name":"a","ExternalSNI":"x"}'],
      '{"Kind":"service-resolver","Name":"a","Subsets":{"v":{}}}',
      'service "a" has an external SNI set; cannot define subsets for external services',
    ],
    [
      "that makes a gateway of another kind of one",
      ['{"Kind":"ingress-gateway","Name":"gw"}'],
      '{"Kind":"terminating-gateway","Name":"GW"}',
      'cannot create a "terminating-gateway" config entry with name "GW", a "ingress-gateway" config entry with that name already exists',
    ],
    [
      "that has a listener speak what its service does not",
      [HTTP],
      '{"Kind":"ingress-gateway","Name":"gw","Listeners":[{"Port":80,"Services":[{"Name":"a"}]}]}',
      'service "a" has protocol "http", which does not match defined listener protocol "tcp"',
    ],
    [
      "that has a service speak what a gateway's listener does not",
      SERVED,
      '{"Kind":"service-defaults","Name":"a","Protocol":"grpc"}',
      'service "a" has protocol "grpc", which does not match defined listener protocol "http"',
    ],
    [
      "that has all services speak what a gateway's listener does not",
      [
        HTTP,
        '{"Kind":"ingress-gateway","Name":"gw","Listeners":[{"Port":80,"Protocol":"http","Services":[{"Name":"a"}]}]}',
      ],
      '{"Kind":"proxy-defaults","Config":{}}',
      'service "a" has protocol "tcp", which does not match defined listener protocol "http"',
    ],
    [
      "that leads what a gateway serves to what speaks otherwise",
      SERVED,
      '{"Kind":"service-resolver","Name":"a","Redirect":{"Service":"b"}}',
      'discovery chain "a" uses inconsistent protocols; service "b" has "tcp" which is not "http"',
    ],
    [
      "that tells apart the requests of a service that a gateway serves as TCP",
      [...SERVED_AS_TCP, '{"Kind":"service-defaults","Name":"a","Protocol":"http"}'],
      '{"Kind":"service-splitter","Name":"a","Splits":[{"Weight":100}]}',
      'service "a" has protocol "http", which does not match defined listener protocol "tcp"',
    ],
    [
      "of a gateway that serves as TCP what has come to speak HTTP since",
      [...SERVED_AS_TCP, '{"Kind":"service-defaults","Name":"a","Protocol":"http"}'],
      SERVED_AS_TCP[0] ?? "",
      'service "a" has protocol "http", which does not match defined listener protocol "tcp"',
    ],
  ])("%s", (_, before, json, error) => {
    const store = storeAt(10);
    write(store, ...before);
    const kept = names(store);
    expect(set(store, json)).toEqual({ ok: false, error });
    expect(names(store)).toEqual(kept);
  });

  test("that takes back what others rest on", () => {
    const store = storeAt(10);
    write(store, HTTP, '{"Kind":"service-router","Name":"a"}');
    const { outcome } = apply(store, { kind: "config.delete", entryKind: "proxy-defaults", name: "global" });
    expect(outcome.ok).toBe(false);
    expect(names(store)).toEqual(["global", "a"]);
  });

  test("that takes back what a gateway's listener rests on, until the gateway goes", () => {
    const store = storeAt(10);
    write(store, ...SERVED);
    const takeBack = { kind: "config.delete", entryKind: "service-defaults", name: "A" } as const;
    expect(apply(store, takeBack).outcome).toEqual({
      ok: false,
      error: 'service "a" has protocol "tcp", which does not match defined listener protocol "http"',
    });
    expect(apply(store, { kind: "config.delete", entryKind: "ingress-gateway", name: "gw" }).outcome).toEqual(
      DONE,
    );
    expect(apply(store, takeBack).outcome).toEqual(DONE);
  });

  test("only where a listener is meant to tell requests apart, or somebody does behind it", () => {
    const store = storeAt(10);
    write(
      store,
      ...SERVED_AS_TCP,
      '{"Kind":"service-defaults","Name":"a","Protocol":"http"}',
      '{"Kind":"service-resolver","Name":"a","DefaultSubset":"v","Subsets":{"v":{}}}',
    );
    expect(names(store)).toEqual(["gw", "a", "a"]);
  });

  test("that makes a chain of splitters longer than functions can follow", () => {
    const endless: EntryLookup = (kind, name) => {
      const next = String(Number(name) + 1);
      const splits = `"Splits":[{"Weight":50,"Service":"${next}"},{"Weight":50}]`;
      if (kind === "proxy-defaults") return configEntryOf(HTTP) as never;
      return kind === "service-splitter"
        ? (configEntryOf(`{"Kind":"${kind}","Name":"${name}",${splits}}`) as never)
        : undefined;
    };
    expect(followChain("1", endless)).toEqual({
      ok: false,
      error: 'discovery chain "1" has more than 500 splitters',
    });
  });
});

/** Registers a service on the node "n". */
function register(store: Store, service: string, more: Partial<ServiceFields> = {}): void {
  const { kind: _, ...node } = registerNode("n");
  const fields: ServiceFields = {
    kind: "",
    id: service,
    service,
    tags: [],
    address: "",
    taggedAddresses: [],
    meta: null,
    port: 80,
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    connectNative: false,
    proxy: null,
    ...more,
  };
  apply(store, { kind: "catalog.register", ...node, skipNodeUpdate: true, service: fields, checks: [] });
}

describe("a gateway that serves all services", () => {
  const served = (store: Store): string[] =>
    listGatewayServices(store, "gw").rows.map(({ service }) => service);
  const ALL =
    '{"Kind":"terminating-gateway","Name":"gw","Services":[{"Name":"named","SNI":"x"},{"Name":"*"}]}';

  test("serves those that come and none that are gone, and what it names in any case", () => {
    const store = storeAt(10);
    register(store, "first");
    write(store, ALL);
    register(store, "second");
    register(store, "consul");
    register(store, "named");
    register(store, "gw", { kind: "terminating-gateway" });
    expect(served(store)).toEqual(["first", "named", "second"]);
    expect(listGatewayServices(store, "gw").rows[1]).toMatchObject({ sni: "x", fromWildcard: false });
    for (const serviceId of ["first", "named"])
      apply(store, { kind: "catalog.deregister", node: "n", serviceId, checkId: "" });
    expect(served(store)).toEqual(["named", "second"]);
  });

  test("takes its services' connections", () => {
    const store = storeAt(10);
    write(store, ALL);
    register(store, "web");
    register(store, "gw", { kind: "terminating-gateway" });
    const { rows } = listHealth(store, {
      service: "web",
      connect: true,
      tags: [],
      nodeMeta: [],
      passing: false,
    });
    expect(rows.map(({ service }) => service.service)).toEqual(["gw"]);
  });

  test("serves, as an ingress, those that speak as its listener", () => {
    const store = storeAt(10);
    write(store, '{"Kind":"service-defaults","Name":"web","Protocol":"http"}');
    for (const service of ["web", "db"]) register(store, service);
    write(
      store,
      '{"Kind":"ingress-gateway","Name":"gw","Listeners":[{"Port":80,"Protocol":"http","Services":[{"Name":"*"}]}]}',
    );
    expect(served(store)).toEqual(["web"]);
    write(store, '{"Kind":"service-defaults","Name":"db","Protocol":"http"}');
    expect(served(store)).toEqual(["db", "web"]);
  });

  test("serves nothing once its entry is taken back", () => {
    const store = storeAt(10);
    register(store, "web");
    write(store, ALL);
    apply(store, { kind: "config.delete", entryKind: "terminating-gateway", name: "gw" });
    expect(store.gatewayServices.size).toBe(0);
  });
});

describe("whatever is written", () => {
  test("is taken or refused, never half, and comes back from a dump as it was", () => {
    const named = configEntry.map((each) => ({ ...each, name: `s${each.name.length % 3}` }) as ConfigEntry);
    const change = fc.oneof(
      {
        weight: 4,
        arbitrary: named.map((each) => ({ kind: "config.set" as const, entry: each, index: undefined })),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("config.delete" as const),
          entryKind: fc.constantFrom(...CONFIG_KINDS),
          name: fc.constantFrom("s0", "s1", "s2", "global"),
        }),
      },
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const store = storeAt(10);
        for (const each of changes) {
          if (each.kind === "config.set" && configFault(each.entry) !== undefined) continue;
          const before = dumpStore(store);
          const { outcome } = apply(store, each);
          const after = dumpStore(store);
          if (!outcome.ok)
            expect([after.configEntries, after.gatewayServices]).toEqual([
              before.configEntries,
              before.gatewayServices,
            ]);
          expect(dumpStore(loadStore(after))).toEqual(after);
        }
      }),
      { numRuns: 60 },
    );
  });
});
