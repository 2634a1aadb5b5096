// The agent's cache: what is kept fresh and what is fetched once, how old an answer says it is, who waits for the next one,
// and what is forgotten.

import { describe, expect, test } from "vitest";
import type { CacheDirectives } from "../../../src/core/api/cache.ts";
import { apiError } from "../../../src/core/api/error.ts";
import type { CatalogServices, HealthService, ServerRequest } from "../../../src/core/api/request.ts";
import { failed, type Response } from "../../../src/core/api/response.ts";
import { askCached, MAX_CACHED } from "../../../src/core/service/cache.ts";
import type { Cacheable } from "../../../src/core/service/cache-state.ts";
import { act, alone, client, type Desk, forwarded, hangUp, http, pass, passedOn, rpc } from "./desk.ts";

const ANY: CacheDirectives = { maxAgeMs: 0, mustRevalidate: false, staleIfErrorMs: 0 };
const HOUR = 3_600_000;

function services(minIndex = 0, waitMs = 10_000): CatalogServices {
  return { kind: "catalog.services", nodeMeta: [], options: { consistency: "default", minIndex, waitMs } };
}

const DATACENTERS = { kind: "catalog.datacenters" } as const;

/** HTTP asks with `?cached`. @returns The request's number. */
function cached(desk: Desk, request: Cacheable, directives: Partial<CacheDirectives> = {}): number {
  const id = desk.nextHttp++;
  act(desk, (out) => {
    const said = { ...ANY, ...directives };
    const response = askCached(desk.service, { by: "http", id }, request, said, desk.nowMs, out, "");
    if (response !== undefined) desk.answers.set(id, response);
  });
  return id;
}

/** "HIT 0 services 7": where it came from, how old it is in seconds, what it is, of which index. */
function told(desk: Desk, id: number): string {
  const response = desk.answers.get(id);
  if (response === undefined) return "waits";
  if (!response.ok) return response.error.detail;
  const { cache, body, meta } = response;
  return `${cache?.hit ? `HIT ${(cache.ageMs / 1000).toFixed(0)}` : "MISS"} ${body.kind} ${meta?.index ?? "-"}`;
}

function services7(index = 7): Response {
  const meta = { index, knownLeader: true, lastContactMs: 0 };
  return { ok: true, body: { kind: "services", services: [] }, meta };
}

/** The server answers the one question that was passed on to it. @returns The question. */
function reply(desk: Desk, response: Response): ServerRequest {
  const { seq, request } = passedOn(desk);
  rpc(desk, "s1", { type: "response", seq, response });
  return request;
}

const DOWN = failed(apiError("no-leader", "No cluster leader"));

describe("what has an index is kept fresh", () => {
  test("the first waits for the servers, later ones do not; the cache's own question waits for news, of any server", () => {
    const desk = client("s1");
    const [first, second] = [cached(desk, services()), cached(desk, services())];
    expect(reply(desk, services7())).toMatchObject({ options: { consistency: "stale", minIndex: 0 } });
    expect([told(desk, first), told(desk, second)]).toEqual(["MISS services 7", "MISS services 7"]);
    pass(desk, 5_000);
    expect(told(desk, cached(desk, services()))).toBe("HIT 0 services 7");
    expect(reply(desk, services7(9))).toMatchObject({
      options: { consistency: "stale", minIndex: 7, waitMs: 600_000 },
    });
    expect(told(desk, cached(desk, services()))).toBe("HIT 0 services 9");
  });

  test("it is so at a server, too, which asks itself", () => {
    const desk = alone();
    expect(told(desk, cached(desk, services()))).toBe("MISS services 1");
    pass(desk, 0);
    http(desk, {
      kind: "catalog.register",
      ...{ id: "", node: "n", address: "10.0.0.9", taggedAddresses: null, meta: null, skipNodeUpdate: false },
      service: serviceNamed("web"),
      checks: [],
    });
    const response = desk.answers.get(cached(desk, services()));
    expect(response?.ok && response.body).toEqual({ kind: "services", services: [["web", []]] });
    expect(response?.ok && response.cache).toEqual({ hit: true, ageMs: 0 });
  });

  test("ages and revalidation mean nothing for it", () => {
    const desk = client("s1");
    cached(desk, services());
    reply(desk, services7());
    pass(desk, 60_000);
    const id = cached(desk, services(), { maxAgeMs: 1, mustRevalidate: true });
    expect(told(desk, id)).toBe("HIT 0 services 7");
  });

  test("who knows its index waits for another one, or until its time is up; who hangs up waits no more", () => {
    const desk = client("s1");
    cached(desk, services());
    reply(desk, services7());
    pass(desk, 0);
    const { seq } = passedOn(desk);
    const [news, late, gone] = [services(7, 30_000), services(7, 1_000), services(7, 30_000)].map((each) =>
      cached(desk, each),
    ) as [number, number, number];
    expect(told(desk, cached(desk, services(6)))).toBe("HIT 0 services 7");
    hangUp(desk, gone);
    pass(desk, 2_000);
    expect([news, late, gone].map((id) => told(desk, id))).toEqual(["waits", "MISS services 7", "waits"]);
    rpc(desk, "s1", { type: "response", seq, response: services7(8) });
    expect([told(desk, news), told(desk, gone)]).toEqual(["MISS services 8", "waits"]);
    // The question of the one who hung up is not there any more either: only the cache's own may be.
    pass(desk, 0);
    expect([...desk.service.asks.values()].map(({ origin }) => origin.by)).toEqual(["duty"]);
  });

  test("an answer that comes round without news wakes nobody", () => {
    const desk = client("s1");
    cached(desk, services());
    reply(desk, services7());
    pass(desk, 0);
    const waits = cached(desk, services(7, 30_000));
    reply(desk, services7());
    expect(told(desk, waits)).toBe("waits");
  });

  test("without contact it serves what it has and says how old that is; then it is fresh again", () => {
    const desk = client("s1");
    cached(desk, services());
    reply(desk, services7());
    pass(desk, 0);
    for (let tries = 0; tries < 3; tries++) {
      reply(desk, DOWN);
      pass(desk, 0);
    }
    // Three were tried again at once; the next waits for a while.
    reply(desk, DOWN);
    pass(desk, 1_000);
    expect(forwarded(desk)).toEqual([]);
    expect(told(desk, cached(desk, services()))).toBe("HIT 1 services 7");
    pass(desk, 4_000);
    expect(told(desk, cached(desk, services()))).toBe("HIT 5 services 7");
    // Who asks for news makes it ask at once, and is told of the trouble.
    pass(desk, 31_000);
    expect(told(desk, cached(desk, services()))).toMatch(/^HIT (36|0)/);
    reply(desk, services7(8));
    expect(told(desk, cached(desk, services()))).toBe("HIT 0 services 8");
  });

  test("who waits when the question fails is told why", () => {
    const desk = client("s1");
    const id = cached(desk, services());
    reply(desk, DOWN);
    expect(told(desk, id)).toBe("rpc error making call: No cluster leader");
    const again = cached(desk, services());
    pass(desk, 0);
    reply(desk, services7());
    expect(told(desk, again)).toBe("MISS services 7");
  });
});

describe("one entry for all who are told the same", () => {
  test("of whatever consistency, order of tags and choice of what passes", () => {
    const desk = client("s1");
    const of = (fields: Partial<HealthService>): HealthService => ({
      kind: "health.service",
      ...{ service: "web", connect: false, tags: ["a", "b"], nodeMeta: [], passing: false },
      options: { consistency: "default", minIndex: 0, waitMs: 0 },
      ...fields,
    });
    cached(desk, of({}));
    const row = (status: string) => ({ node: {}, service: {}, checks: [{ status }] });
    const rows = ["passing", "warning"].map(row);
    const meta = { index: 3, knownLeader: true, lastContactMs: 0 };
    reply(desk, { ok: true, body: { kind: "health", rows }, meta } as unknown as Response);
    const id = cached(desk, of({ tags: ["b", "a"], passing: true, options: services(2).options }));
    expect(told(desk, id)).toBe("HIT 0 health 3");
    expect(desk.answers.get(id)).toMatchObject({ body: { rows: [rows[0]] } });
    expect(told(desk, cached(desk, of({ service: "db" })))).toBe("waits");
  });
});

describe("what has no index is fetched when it is asked for", () => {
  function asked(): Desk {
    const desk = client("s1");
    cached(desk, DATACENTERS);
    reply(desk, { ok: true, body: { kind: "datacenters", names: ["dc1"] } });
    pass(desk, 5_000);
    expect(forwarded(desk)).toEqual([]);
    return desk;
  }

  test("and its age is that of the answer", () => {
    expect(told(asked(), cached(asked(), DATACENTERS))).toBe("waits");
    const desk = asked();
    expect(told(desk, cached(desk, DATACENTERS))).toBe("HIT 5 datacenters -");
  });

  test.each<[string, Partial<CacheDirectives>, string]>([
    ["young enough", { maxAgeMs: 5_000 }, "HIT 5 datacenters -"],
    ["too old", { maxAgeMs: 4_999 }, "waits"],
    ["to be asked for anew", { mustRevalidate: true }, "waits"],
  ])("%s", (_name, directives, answer) => {
    const desk = asked();
    expect(told(desk, cached(desk, DATACENTERS, directives))).toBe(answer);
  });

  test("one that can't be had is the old one for who says so", () => {
    const desk = asked();
    const [takes, none, short] = [10_000, 0, 4_000].map((staleIfErrorMs) =>
      cached(desk, DATACENTERS, { mustRevalidate: true, staleIfErrorMs }),
    ) as [number, number, number];
    reply(desk, DOWN);
    const why = "rpc error making call: No cluster leader";
    expect([takes, none, short].map((id) => told(desk, id))).toEqual(["HIT 5 datacenters -", why, why]);
  });
});

describe("what nobody asks for is forgotten", () => {
  test("three days after it was asked for last, and the question to the servers with it", () => {
    const desk = client("s1");
    cached(desk, services());
    reply(desk, services7());
    pass(desk, 0);
    pass(desk, 1_000);
    const { seq } = passedOn(desk);
    // What waits for news is asked again every ten minutes; that is not what is looked at here.
    const row = desk.service.asks.values().next().value;
    expect(row?.origin).toMatchObject({ by: "duty" });
    desk.nowMs += 71 * HOUR;
    cached(desk, services());
    desk.nowMs += 71 * HOUR;
    act(desk, () => undefined);
    expect(desk.service.cache.entries.size).toBe(1);
    rpc(desk, "s1", { type: "response", seq, response: services7() });
    desk.nowMs += 2 * HOUR;
    pass(desk, 0);
    pass(desk, 1);
    expect(desk.service.cache.entries.size).toBe(0);
  });

  test("or when there are too many, the one that was asked for longest ago first", () => {
    const desk = client();
    const of = (name: string): Cacheable => ({ ...services(), nodeMeta: [[name, ""]] });
    for (let at = 0; at < MAX_CACHED; at++) cached(desk, of(`${at}`));
    cached(desk, of("0"));
    cached(desk, of("new"));
    const keys = [...desk.service.cache.entries.keys()];
    expect(keys.length).toBe(MAX_CACHED);
    expect([keys[0], keys.at(-2), keys.at(-1)].map((key) => /"(\w+)", ""/.exec(key ?? "")?.[1])).toEqual([
      "2",
      "0",
      "new",
    ]);
  });
});

function serviceNamed(service: string) {
  const plain = { kind: "", tags: [], address: "", taggedAddresses: [], meta: null, port: 80, proxy: null };
  const rest = { weights: { passing: 1, warning: 1 }, enableTagOverride: false, connectNative: false };
  return { ...plain, ...rest, id: service, service };
}

describe("cache.entry_fetch_rate", () => {
  test("bounds how often an answer is asked for, however often it changes", () => {
    const desk = client("s1");
    Object.assign(desk.service.config, { cacheFetchRate: 0.5, cacheFetchBurst: 2 });
    cached(desk, services());
    reply(desk, services7());
    pass(desk, 0);
    reply(desk, services7(8));
    // Both that may come at once have come.
    pass(desk, 1_900);
    expect(forwarded(desk)).toEqual([]);
    pass(desk, 200);
    expect(reply(desk, services7(9))).toMatchObject({ options: { minIndex: 8 } });
    expect(told(desk, cached(desk, services()))).toBe("HIT 0 services 9");
  });

  test("has whoever must wait for it wait, of what is fetched once too", () => {
    const desk = client("s1");
    Object.assign(desk.service.config, { cacheFetchRate: 1, cacheFetchBurst: 1 });
    const anew = { mustRevalidate: true };
    cached(desk, DATACENTERS, anew);
    reply(desk, { ok: true, body: { kind: "datacenters", names: ["dc1"] } });
    const late = cached(desk, DATACENTERS, anew);
    expect([forwarded(desk), told(desk, late)]).toEqual([[], "waits"]);
    pass(desk, 1_000);
    reply(desk, { ok: true, body: { kind: "datacenters", names: ["dc1"] } });
    expect(told(desk, late)).toBe("MISS datacenters -");
  });
});
