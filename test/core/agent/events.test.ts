// User events at a whole agent: fired and listed over HTTP, judged by their filters, remembered up to a bound.

import { beforeEach, describe, expect, test } from "vitest";
import { toGossip } from "../../../src/core/agent/arrows.ts";
import { dumpAgent, loadAgent } from "../../../src/core/agent/checkpoint.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { compileRe2 } from "../../../src/core/lib/re2/re2.ts";
import { filterFault, passesFilters } from "../../../src/core/model/user-event.ts";
import { encodeUserEvent, serfEventName } from "../../../src/core/wire/gossip/consul-events.ts";
import { answerTo, askOverHttp, feed, layTable, noticesOf, pass, type Table } from "./table.ts";

interface Event {
  readonly ID: string;
  readonly Name: string;
  readonly Payload: string | null;
  readonly LTime: number;
}

let table: Table;

function start(server: boolean): void {
  table = layTable(server ? { servers: ["s1"] } : { servers: [], clients: ["s1"] }, "events");
}

/** @returns The request's number. */
const ask = (method: string, target: string, body = ""): number => askOverHttp(table, method, target, body);

function fire(target: string, body = ""): Event {
  return JSON.parse(must(answerTo(table, ask("PUT", `/v1/event/fire/${target}`, body)), "fired").body);
}

function list(query = ""): { events: Event[]; index: string } {
  return listed(ask("GET", `/v1/event/list${query}`));
}

function listed(id: number): { events: Event[]; index: string } {
  const { headers, body } = must(answerTo(table, id), "answered at once");
  return { events: JSON.parse(body), index: must(headers[headers.indexOf("X-Consul-Index") + 1], "told") };
}

/** An event comes by gossip, from elsewhere. */
function hear(name: string, payload: Uint8Array): void {
  toGossip(
    table.agent,
    "lan",
    { type: "user-event", name, payload, coalesce: false },
    table.nowMs,
    table.out,
  );
}

beforeEach(() => start(true));

describe("firing", () => {
  test("tells all, and what was told comes back with an id", () => {
    const event = fire("deploy?node=%5Es", "1.4.2");
    expect(event).toMatchObject({
      Name: "deploy",
      Payload: "MS40LjI=",
      LTime: 0,
      NodeFilter: "^s",
      Version: 1,
    });
    expect(event.ID).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const { events } = list();
    expect(events).toEqual([{ ...event, LTime: expect.any(Number) }]);
    expect(events[0]?.LTime).toBeGreaterThan(0);
  });

  test("an event of nothing has no payload", () => {
    expect(fire("ping").Payload).toBeNull();
    expect(list("?name=ping").events[0]?.Payload).toBeNull();
  });

  test.each([
    ["", "x", 400, "Missing name"],
    ["x?tag=a", "", 500, "Cannot provide tag filter without service filter"],
    ["x?node=(", "", 500, "Invalid node filter: error parsing regexp: missing closing ): `(`"],
    [
      "x?service=*",
      "",
      500,
      "Invalid service filter: error parsing regexp: missing argument to repetition operator: `*`",
    ],
    ["x?service=a&tag=%5B", "", 500, "Invalid tag filter: error parsing regexp: missing closing ]: `[`"],
    ["x?dc=dc2", "", 500, "No path to datacenter"],
    [
      "x",
      "y".repeat(500),
      500,
      '1 error occurred:\n\t* error broadcasting event to segment "": user event exceeds configured limit of 512 bytes before encoding\n\n',
    ],
    [
      "x",
      "y".repeat(420),
      500,
      '1 error occurred:\n\t* error broadcasting event to segment "": encoded user event exceeds configured limit of 512 bytes after encoding\n\n',
    ],
  ])("%s with %s is refused", (target, body, status, text) => {
    const response = answerTo(table, ask("PUT", `/v1/event/fire/${target}`, body));
    expect(response).toMatchObject({ status, body: text });
    expect(list().events).toEqual([]);
  });

  test("goes by way of a server; a client agent that knows none says so", () => {
    start(false);
    expect(answerTo(table, ask("PUT", "/v1/event/fire/x"))).toMatchObject({
      status: 500,
      body: "No known Consul servers",
    });
  });
});

describe("listing", () => {
  test("has the events of a name, oldest first, with an index that is the latest's id, folded", () => {
    fire("a", "1");
    fire("b", "2");
    const { ID } = fire("a", "3");
    const { events, index } = list("?name=a");
    expect(events.map(({ Payload }) => atob(Payload ?? ""))).toEqual(["1", "3"]);
    const hex = ID.replaceAll("-", "");
    expect(BigInt(index)).toBe(BigInt(`0x${hex.slice(0, 16)}`) ^ BigInt(`0x${hex.slice(16)}`));
    expect(list("?name=c")).toEqual({ events: [], index: "1" });
  });

  test("remembers 256", () => {
    for (let k = 0; k < 300; k++) fire("many", `${k}`);
    const { events } = list();
    expect(events).toHaveLength(256);
    expect(atob(events[0]?.Payload ?? "")).toBe("44");
  });

  test("waits while the index is the one that was asked for, and for no other event", () => {
    fire("a");
    const { index } = list("?name=a");
    const id = ask("GET", `/v1/event/list?name=a&index=${index}`);
    fire("b");
    expect(answerTo(table, id)).toBeUndefined();
    fire("a");
    expect(listed(id).events).toHaveLength(2);
    expect(answerTo(table, ask("GET", "/v1/event/list?name=a&index=5&wait=1m"))).toBeDefined();
  });

  test("waits for as long as it is told, ten minutes at most", () => {
    const short = ask("GET", "/v1/event/list?index=1&wait=2s");
    const long = ask("GET", "/v1/event/list?index=1&wait=1h");
    pass(table, 1999);
    expect(answerTo(table, short)).toBeUndefined();
    pass(table, 1);
    expect(listed(short)).toEqual({ events: [], index: "1" });
    pass(table, 597_000);
    expect(answerTo(table, long)).toBeUndefined();
    pass(table, 1000);
    expect(listed(long).events).toEqual([]);
  });

  test("forgets who hung up", () => {
    const id = ask("GET", "/v1/event/list?index=1");
    feed(table, { type: "cancel", id });
    expect(table.agent.events).toMatchObject({ waiting: new Map(), deadlines: { slots: [] } });
    fire("a");
    expect(answerTo(table, id)).toBeUndefined();
  });

  test("goes on waiting when the agent is taken out of its state", () => {
    const id = ask("GET", "/v1/event/list?index=1");
    table.agent = loadAgent(dumpAgent(table.agent), seededChance("another"));
    fire("a");
    expect(listed(id).events).toHaveLength(1);
  });
});

describe("what comes by gossip", () => {
  const event = (extra: object): Uint8Array =>
    encodeUserEvent({
      id: "eb2ccfea-211b-40fd-2e68-d146fed11b29",
      name: "x",
      payload: null,
      nodeFilter: "",
      serviceFilter: "",
      tagFilter: "",
      version: 1,
      ...extra,
    });
  const heard = (extra: object): number => {
    hear(serfEventName("x"), event(extra));
    return list().events.length;
  };

  test("is remembered if its filters let this agent through, which has no services", () => {
    expect(heard({ nodeFilter: "^s1$" })).toBe(1);
    expect(heard({ nodeFilter: "^S1$" })).toBe(1);
    expect(heard({ nodeFilter: "(?i)^S1$" })).toBe(2);
    expect(heard({ serviceFilter: "" })).toBe(3);
    expect(heard({ serviceFilter: "." })).toBe(3);
  });

  test.each([
    ["node", "filter"],
    ["service", "filter"],
    ["tag", "filter"],
  ])("with a %s filter that is no expression is for nobody", (which) => {
    expect(heard({ serviceFilter: "a", [`${which}Filter`]: "(" })).toBe(0);
    expect(noticesOf(table)).toContain(`Failed to parse ${which} filter for event`);
  });

  test("of a later version is taken with a warning", () => {
    expect(heard({ version: 2 })).toBe(1);
    expect(noticesOf(table)).toContain("Event version may have unsupported features");
  });

  test("that asks to run a command is not obeyed", () => {
    expect(heard({ name: "_rexec" })).toBe(0);
    expect(noticesOf(table)).toContain("ignoring remote exec event, disabled.");
  });

  test("that is none of Consul's is passed over, one that cannot be read is noted", () => {
    hear("deploy", utf8Bytes("of Serf's"));
    hear(serfEventName("x"), utf8Bytes("no map"));
    hear("consul:what", utf8Bytes(""));
    expect(list().events).toEqual([]);
    expect(noticesOf(table)).toEqual(
      expect.arrayContaining(["Failed to decode event", "Unhandled local event"]),
    );
  });

  test("with an id that is none has an index all the same", () => {
    expect(heard({ id: "short" })).toBe(1);
    expect(list().index).toBe("1");
  });

  test("the word of a new leader is for the log; a server that begins to lead says it", () => {
    expect(noticesOf(table).filter((each) => each === "New leader elected")).toHaveLength(1);
    hear("consul:new-leader", utf8Bytes("s7"));
    expect(table.out).toContainEqual({
      type: "notice",
      level: "info",
      logger: "server",
      message: "New leader elected",
      fields: { payload: "s7" },
    });
  });
});

describe("filters", () => {
  const services = new Map([
    ["web-1", ["eu", "v2"]],
    ["db", []],
  ]);
  const none = { nodeFilter: "", serviceFilter: "", tagFilter: "" };

  test.each([
    [{}, true],
    [{ nodeFilter: "n" }, true],
    [{ nodeFilter: "^1" }, false],
    [{ serviceFilter: "^web" }, true],
    [{ serviceFilter: "^api" }, false],
    [{ serviceFilter: "^web", tagFilter: "^v" }, true],
    [{ serviceFilter: "^db", tagFilter: "^v" }, false],
    [{ serviceFilter: ".", tagFilter: "^v" }, true],
    [{ nodeFilter: "^1", serviceFilter: "^web" }, false],
  ])("%o", (given, passes) => {
    expect(passesFilters({ ...none, ...given }, "n1", services)).toEqual({ ok: true, passes });
  });

  test("that are refused where they are given are refused where they arrive", () => {
    for (const expression of ["(", "a**", "\\8", "x{1001}", ""]) {
      const filters = { ...none, nodeFilter: expression };
      expect(filterFault(filters) === undefined).toBe(passesFilters(filters, "n1", services).ok);
      expect(filterFault(filters) === undefined).toBe(compileRe2(expression).ok);
    }
  });
});
