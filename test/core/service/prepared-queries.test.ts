// Prepared queries at a server: what may enter the log, what a query finds and in which order, and where it looks next.

import { describe, expect, test } from "vitest";
import { apiError } from "../../../src/core/api/error.ts";
import type { QueryExecute, QueryFields, QueryResult } from "../../../src/core/api/prepared-query.ts";
import type { CheckFields } from "../../../src/core/api/request.ts";
import type { Response } from "../../../src/core/api/response.ts";
import { failed } from "../../../src/core/api/response.ts";
import { registerNode } from "../store/shelf.ts";
import { LEAST_QUERY } from "../wire/query-examples.ts";
import { alone, type Desk, forwarded, hangUp, hearWan, http, isClear, losePeer, pass, rpc } from "./desk.ts";

const READ = { consistency: "default", minIndex: 0, waitMs: 0 } as const;

function set(
  desk: Desk,
  query: Partial<QueryFields>,
  service: Partial<QueryFields["service"]> = {},
): Response | undefined {
  const full = { ...LEAST_QUERY, ...query, service: { ...LEAST_QUERY.service, service: "web", ...service } };
  return desk.answers.get(http(desk, { kind: "query.set", create: full.id === "", query: full }));
}

function execute(fields: Partial<QueryExecute> = {}): QueryExecute {
  const none = { limit: 0, connect: false, near: "", ip: "", agent: "s1", options: READ };
  return { kind: "query.execute", name: "q", ...none, ...fields };
}

function result(response: Response | undefined): QueryResult {
  if (response?.ok !== true || response.body.kind !== "query-result")
    throw new Error(JSON.stringify(response));
  return response.body.result;
}
const nodes = ({ rows }: QueryResult): string[] => rows.map(({ node }) => node.node);
const run = (desk: Desk, fields: Partial<QueryExecute> = {}): string[] =>
  nodes(result(desk.answers.get(http(desk, execute(fields)))));

function register(desk: Desk, node: string, tags: readonly string[] = [], status = "passing"): void {
  const { kind: _, ...fields } = registerNode(node, { address: `10.0.1.${node.slice(1)}` });
  const service = {
    kind: "",
    id: "web",
    service: "web",
    tags,
    address: "",
    taggedAddresses: [],
    meta: null,
    port: 80,
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    connectNative: false,
    proxy: null,
  };
  const check: CheckFields = {
    node,
    checkId: "up",
    name: "up",
    status,
    notes: "",
    output: "",
    serviceId: "web",
    serviceName: "",
    serviceTags: [],
    type: "",
    definition: null,
  };
  http(desk, { kind: "catalog.register", ...fields, skipNodeUpdate: false, service, checks: [check] });
}

/** A server by itself with three webs, the third critical. */
function shop(): Desk {
  const desk = alone();
  register(desk, "n1", ["a"]);
  register(desk, "n2", ["A", "old"], "warning");
  register(desk, "n3", ["a"], "critical");
  return desk;
}

describe("a query", () => {
  test("is given its id by the leader, and replaced by it", () => {
    const desk = alone();
    const made = set(desk, { name: "q" });
    if (made?.ok !== true || made.body.kind !== "query-set") throw new Error("it is made");
    const { id } = made.body;
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(set(desk, { id, name: "other" })).toMatchObject({ ok: true, body: { id } });
    expect(set(desk, { id: id.replace(/^./, "z"), name: "x" })).toMatchObject({
      ok: false,
      error: { detail: /invalid byte/ },
    });
  });

  test("finds what is not critical, in any order", () => {
    const desk = shop();
    set(desk, { name: "q" });
    const orders = new Set(Array.from({ length: 40 }, () => run(desk).join()));
    expect([...orders].sort()).toEqual(["n1,n2", "n2,n1"]);
  });

  test.each([
    ["only passing", { onlyPassing: true }, ["n1"]],
    ["with a check ignored", { ignoreCheckIds: ["up"] }, ["n1", "n2", "n3"]],
    ["of a tag, in any case", { tags: ["A"] }, ["n1", "n2"]],
    ["without a tag", { tags: ["a", "!OLD"] }, ["n1"]],
    ["of metadata that none has", { nodeMeta: [["rack", "1"]] as const }, []],
    ["of a service's metadata that none has", { serviceMeta: [["m", "1"]] as const }, []],
  ])("%s", (_, service, expected) => {
    const desk = shop();
    set(desk, { name: "q" }, service);
    expect(run(desk).sort()).toEqual(expected);
  });

  test("puts the node first that it is near to, and no more than the limit", () => {
    const desk = shop();
    set(desk, { name: "q" });
    set(desk, { name: "agent" }, { near: "_agent" });
    set(desk, { name: "ip" }, { near: "_ip" });
    for (let times = 0; times < 10; times++) {
      expect(run(desk, { near: "n2", limit: 1 })).toEqual(["n2"]);
      expect(run(desk, { name: "agent", agent: "n2" })[0]).toBe("n2");
      expect(run(desk, { name: "ip", ip: "10.0.1.2" })[0]).toBe("n2");
      expect(run(desk, { name: "ip", ip: "10.0.1.2", near: "n1" })[0]).toBe("n1");
    }
    expect(run(desk, { name: "ip", ip: "10.9.9.9" }).sort()).toEqual(["n1", "n2"]);
  });
});

describe("a template", () => {
  const template = { type: "name_prefix_match", regexp: "^geo-(.*)$", removeEmptyTags: true };
  const hole = (inner: string): string => `$\{${inner}}`;

  test("is rendered for the name that is looked up", () => {
    const desk = shop();
    set(desk, { name: "geo-", template }, { service: hole("match(1)"), tags: [hole("match(2)"), "a"] });
    expect(run(desk, { name: "geo-web" }).sort()).toEqual(["n1", "n2"]);
    const explained = desk.answers.get(http(desk, { kind: "query.explain", name: "geo-web", options: READ }));
    expect(explained).toMatchObject({
      ok: true,
      body: { query: { service: { service: "web", tags: ["a"] } } },
    });
  });

  test("that can't be is refused before it enters the log", () => {
    const desk = alone();
    const before = desk.service.server?.store.lastApplied;
    const refused = set(desk, { name: "geo-", template }, { service: hole("bogus") });
    const text = `failed compiling template: Bad evaluation for '${hole("bogus")}' in Service.Service: 1:3: unknown variable accessed: bogus`;
    expect(refused).toEqual(failed(apiError("refused", text)));
    expect(desk.service.server?.store.lastApplied).toBe(before);
  });
});

/** Knows a server each of dc2, dc3 and dc4. */
function federated(service: Partial<QueryFields["service"]>): Desk {
  const desk = alone();
  for (const number of [2, 3, 4]) hearWan(desk, "join", `b${number}`, `dc${number}`);
  set(desk, { name: "q", dns: { ttl: "5s" } }, service);
  forwarded(desk);
  return desk;
}

/** Whose turn it is, and how that one is answered. */
function asked(desk: Desk): { readonly datacenter: string | undefined; answer(response: Response): void } {
  const [sent] = forwarded(desk);
  if (sent?.message.type !== "request") return { datacenter: undefined, answer: () => undefined };
  const { to, message } = sent;
  return {
    datacenter: message.dc,
    answer: (response) => rpc(desk, to, { type: "response", seq: message.seq, response }),
  };
}

function found(datacenter: string, service = "web"): Response {
  const desk = alone();
  register(desk, "x1");
  set(desk, { name: "q" });
  const local = result(desk.answers.get(http(desk, execute())));
  const meta = { index: 1, knownLeader: true, lastContactMs: 7 };
  return { ok: true, body: { kind: "query-result", result: { ...local, service, datacenter } }, meta };
}
function nothing(datacenter: string): Response {
  const body = { service: "web", rows: [], ttl: "5s", datacenter, failovers: 0 };
  return {
    ok: true,
    body: { kind: "query-result", result: body },
    meta: { index: 1, knownLeader: true, lastContactMs: 0 },
  };
}

describe("a query that has found nothing", () => {
  test("asks the nearest datacenters, then those that are named, until one has something", () => {
    const desk = federated({ failover: { nearestN: 1, datacenters: ["dc9", "dc1", "dc2", "dc4"] } });
    const id = http(desk, execute({ limit: 3 }));
    pass(desk, 0);
    const first = asked(desk);
    expect(first.datacenter).toBe("dc2");
    first.answer(nothing("dc2"));
    const second = asked(desk);
    expect(second.datacenter).toBe("dc4");
    second.answer(found("dc4"));
    expect(result(desk.answers.get(id))).toMatchObject({ datacenter: "dc4", failovers: 2 });
    expect(desk.answers.get(id)).toMatchObject({ meta: { lastContactMs: 7 } });
    expect(isClear(desk)).toBe(true);
  });

  test("passes on what it was asked for, and a query that is no template any more", () => {
    const desk = federated({ failover: { nearestN: 0, datacenters: ["dc3"] }, service: "db" });
    http(desk, execute({ limit: 3, connect: true, options: { ...READ, consistency: "stale" } }));
    pass(desk, 0);
    const [sent] = forwarded(desk);
    expect(sent?.message).toMatchObject({
      request: {
        kind: "query.execute-remote",
        limit: 3,
        connect: true,
        options: { consistency: "stale" },
        query: { service: { service: "db" } },
      },
    });
  });

  test("goes on where a datacenter fails, and says at the end how many it has asked", () => {
    const desk = federated({ failover: { nearestN: 3, datacenters: null } });
    const id = http(desk, execute());
    pass(desk, 0);
    asked(desk).answer(failed(apiError("no-leader", "No cluster leader")));
    expect(asked(desk).datacenter).toBe("dc3");
    losePeer(desk, "b3");
    const third = asked(desk);
    third.answer(nothing("dc4"));
    expect(result(desk.answers.get(id))).toMatchObject({ rows: [], failovers: 3 });
    expect(isClear(desk)).toBe(true);
  });

  test("asks nobody where none is known, or none is named, and never itself", () => {
    const desk = alone();
    set(desk, { name: "q" }, { failover: { nearestN: 5, datacenters: ["dc1", "dc9"] } });
    expect(result(desk.answers.get(http(desk, execute())))).toMatchObject({
      failovers: 0,
      datacenter: "dc1",
    });
  });

  test("for another datacenter asks nobody", () => {
    const desk = federated({ failover: { nearestN: 3, datacenters: null } });
    const query = { ...LEAST_QUERY, service: { ...LEAST_QUERY.service, service: "web" } };
    const failover = { nearestN: 3, datacenters: ["dc2"] };
    const remote = { ...query, service: { ...query.service, failover } };
    const ask = {
      kind: "query.execute-remote",
      query: remote,
      limit: 0,
      connect: false,
      options: READ,
    } as const;
    expect(result(desk.answers.get(http(desk, ask)))).toMatchObject({ rows: [], failovers: 0 });
  });

  test("asks on for nobody who has hung up", () => {
    const desk = federated({ failover: { nearestN: 3, datacenters: null } });
    const id = http(desk, execute());
    pass(desk, 0);
    const first = asked(desk);
    hangUp(desk, id);
    first.answer(nothing("dc2"));
    expect(asked(desk).datacenter).toBeUndefined();
    expect(isClear(desk)).toBe(true);
  });

  test("gives up after a while, with what it has", () => {
    const desk = federated({ failover: { nearestN: 0, datacenters: new Array<string>(100).fill("dc2") } });
    const id = http(desk, execute());
    pass(desk, 0);
    for (let times = 0; times < 100 && !desk.answers.has(id); times++) {
      desk.nowMs += 7_000;
      pass(desk, 0);
    }
    expect(result(desk.answers.get(id)).failovers).toBe(8);
    expect(isClear(desk)).toBe(true);
  });
});
