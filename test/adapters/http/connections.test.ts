import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { HttpServerOptions } from "../../../src/adapters/http/server.ts";
import type { HttpRequest, HttpResponse } from "../../../src/core/api/http.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import { readRecorded } from "../../core/http/recorded.ts";
import { exchange, hasMessages, type Served, serve, takeMessage } from "./wire.ts";

const OPEN: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of OPEN.splice(0).reverse()) await close();
});

interface Held extends Served {
  /** Requests that were put and are not answered yet, in order. */
  readonly asked: { readonly id: number; readonly request: HttpRequest }[];
}

/** A server whose requests the test answers. */
async function hold(options: Partial<HttpServerOptions> = {}): Promise<Held> {
  const asked: Held["asked"] = [];
  const served = await serve((_, id, request) => asked.push({ id, request }), options);
  OPEN.push(() => served.server.close());
  return { ...served, asked };
}

/** A server that answers every request with its target. */
async function echo(options: Partial<HttpServerOptions> = {}): Promise<Served> {
  const served = await serve((server, id, { target }) => server().respond(id, text(target)), options);
  OPEN.push(() => served.server.close());
  return served;
}

function text(body: string, more: Partial<HttpResponse> = {}): HttpResponse {
  return { status: 200, headers: ["Content-Type", "text/plain"], body: body as ByteString, ...more };
}

function get(target: string, headers = ""): string {
  return `GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
}

function put(target: string, body: string, headers = `Content-Length: ${body.length}\r\n`): string {
  return `PUT ${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;
}

interface Client {
  readonly socket: Socket;
  receive: string;
  ended: boolean;
}

async function client(port: number, send = ""): Promise<Client> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const state: Client = { socket, receive: "", ended: false };
  socket.on("data", (chunk) => {
    state.receive += chunk.toString("latin1");
  });
  socket.on("end", () => {
    state.ended = true;
  });
  socket.on("error", () => {});
  OPEN.push(() => socket.destroy());
  await once(socket, "connect");
  socket.write(send, "latin1");
  return state;
}

function until(condition: () => boolean): Promise<void> {
  return vi.waitUntil(condition, { timeout: 60_000, interval: 2 }) as unknown as Promise<void>;
}

/** Long enough for anything that is on its way to arrive. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

describe("requests of one connection", () => {
  test("are asked one after the other, and answered in their order", async () => {
    const { port, asked, server } = await hold();
    const me = await client(port, get("/a") + put("/b", "body") + get("/c"));
    for (const [at, target] of ["/a", "/b", "/c"].entries()) {
      await until(() => asked.length === at + 1);
      await settled();
      expect(asked.map(({ request }) => request.target)).toEqual(["/a", "/b", "/c"].slice(0, at + 1));
      server.respond(asked[at]?.id ?? 0, text(target));
    }
    await until(() => hasMessages(me.receive, 3));
    expect(me.receive.match(/\/[abc]/g)).toEqual(["/a", "/b", "/c"]);
    expect(Buffer.from(asked[1]?.request.body ?? []).toString()).toBe("body");
  });

  test("are never asked from within an answer", async () => {
    let answering = false;
    const targets: string[] = [];
    const served = await serve((server, id, { target }) => {
      expect(answering).toBe(false);
      targets.push(target);
      setImmediate(() => {
        answering = true;
        server().respond(id, text(target));
        answering = false;
      });
    });
    OPEN.push(() => served.server.close());
    const me = await client(served.port, [1, 2, 3, 4].map((at) => get(`/${at}`)).join(""));
    await until(() => hasMessages(me.receive, 4));
    expect(targets).toEqual(["/1", "/2", "/3", "/4"]);
  });

  test("may come byte by byte", async () => {
    const { port } = await echo();
    const pieces = [...(get("/slow") + put("/slow/too", "body"))];
    const { receive } = await exchange(port, pieces, (told) => hasMessages(told, 2));
    expect(receive).toContain("/slow/too");
  });

  test("may come in any pieces", async () => {
    const { port } = await echo();
    const all =
      get("/1") + put("/2", "x".repeat(5000)) + get("/3", "X: y\r\n z\r\n") + put("/4", "") + get("/5");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(all.length), { maxLength: 6 }), async (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), all.length];
        const pieces = edges.slice(1).map((edge, at) => all.slice(edges[at], edge));
        const { receive } = await exchange(port, pieces, (told) => hasMessages(told, 5));
        expect(receive.match(/\/\d(?=HTTP|$)/g)).toEqual(["/1", "/2", "/3", "/4", "/5"]);
      }),
      { numRuns: 50 },
    );
  });

  test("are carried on after a body that nobody looked for", async () => {
    const { port } = await echo();
    const send = `${get("/a", "Content-Length: 3\r\n")}xyz${get("/b")}`;
    const { receive } = await exchange(port, [send], (told) => hasMessages(told, 2));
    expect(takeMessage(takeMessage(receive)?.rest ?? "")?.body).toBe("/b");
  });
});

describe("bodies", () => {
  const limit = { maxBodyBytes: (): number => 1000 };

  test("of the greatest length are read whole, in many pieces", async () => {
    const { port, asked } = await hold(limit);
    const body = Array.from({ length: 1000 }, (_, at) => String(at % 10)).join("");
    const me = await client(port, put("/a", "", "Content-Length: 1000\r\n"));
    for (let at = 0; at < 1000; at += 250) {
      me.socket.write(body.slice(at, at + 250));
      await settled();
    }
    await until(() => asked.length === 1);
    expect(Buffer.from(asked[0]?.request.body ?? []).toString()).toBe(body);
    expect(asked[0]?.request.headers.get("content-length")).toBeUndefined();
  });

  test("that are longer are not read: the request says how long, and the connection ends with its answer", async () => {
    const { port, asked, server } = await hold(limit);
    const me = await client(port, put("/a", "", "Content-Length: 001001\r\n"));
    await until(() => asked.length === 1);
    expect(asked[0]?.request.headers.get("content-length")).toBe("1001");
    expect(asked[0]?.request.body).toHaveLength(0);
    server.respond(asked[0]?.id ?? 0, text("too long"));
    // The client goes on sending for a while, and can still read what it was told.
    for (let at = 0; at < 20 && !me.ended; at++) me.socket.write("x".repeat(50_000));
    await until(() => me.ended);
    expect(takeMessage(me.receive)).toMatchObject({
      body: "too long",
      headers: expect.arrayContaining(["close"]),
    });
  });

  test("in chunks are read up to the limit, and one byte more to tell that there is more", async () => {
    const { port, asked, server } = await hold(limit);
    const chunked = "Transfer-Encoding: chunked\r\n";
    const me = await client(port, put("/a", `3e8\r\n${"x".repeat(1000)}\r\n0\r\n\r\n`, chunked));
    await until(() => asked.length === 1);
    expect(asked[0]?.request.body).toHaveLength(1000);
    server.respond(asked[0]?.id ?? 0, text("fits"));
    me.socket.write(put("/b", `fffff\r\n${"x".repeat(5000)}`, chunked));
    await until(() => asked.length === 2);
    expect(asked[1]?.request.body).toHaveLength(1001);
    server.respond(asked[1]?.id ?? 0, text("does not fit"));
    await until(() => me.ended);
    expect(me.receive).toContain("does not fit");
  });

  test("that break off are no requests", async () => {
    const { port, asked, cancelled } = await hold(limit);
    for (const send of [
      put("/a", "half", "Content-Length: 10\r\n"),
      put("/a", "5\r\nhal", "Transfer-Encoding: chunked\r\n"),
    ]) {
      const me = await client(port, send);
      await settled();
      me.socket.destroy();
      await settled();
    }
    expect(asked).toEqual([]);
    expect(cancelled).toEqual([]);
  });

  test("whose chunks are none are refused", async () => {
    const { port } = await echo();
    const send = put("/a", "zz\r\nabc\r\n", "Transfer-Encoding: chunked\r\n");
    const { receive, closed } = await exchange(port, [send], () => false);
    expect(takeMessage(receive)).toMatchObject({ status: 400, body: "400 Bad Request" });
    expect(closed).toBe(true);
  });
});

describe("a caller that hangs up", () => {
  for (const [road, headers] of [
    ["fast", ""],
    ["koa", "Upgrade: x\r\n"],
  ] as const) {
    test(`is told to the agent, and a late answer finds nobody (${road} road)`, async () => {
      const { port, asked, server, cancelled } = await hold();
      const me = await client(port, get("/a", headers));
      await until(() => asked.length === 1);
      me.socket.resetAndDestroy();
      await until(() => cancelled.length === 1);
      expect(cancelled).toEqual([asked[0]?.id]);
      server.respond(asked[0]?.id ?? 0, text("late"));
      await until(() => server.connections() === 0);
    });
  }

  test("but only half may still get its answer", async () => {
    const { port, asked, server, cancelled } = await hold();
    const me = await client(port, get("/a") + get("/b"));
    me.socket.end();
    for (const at of [0, 1]) {
      await until(() => asked.length === at + 1);
      await settled();
      server.respond(asked[at]?.id ?? 0, text("here"));
    }
    await until(() => me.ended);
    expect(hasMessages(me.receive, 2)).toBe(true);
    expect(cancelled).toEqual([]);
  });

  test("half, and is not answered in time, is given up", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { port, asked, cancelled } = await hold();
    const me = await client(port, get("/a"));
    await until(() => asked.length === 1);
    me.socket.end();
    await settled();
    vi.advanceTimersByTime(9_000);
    await settled();
    expect(cancelled).toEqual([]);
    vi.advanceTimersByTime(2_000);
    await until(() => cancelled.length === 1);
  });

  test("in the middle of a request is told that it was none", async () => {
    const { port } = await echo();
    const me = await client(port, "GET /a HT");
    me.socket.end();
    await until(() => me.ended);
    expect(me.receive).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });
});

describe("a server defends itself", () => {
  test("against more connections of one client than it may have: they are told so and closed", async () => {
    const { port, server } = await echo({ maxConnectionsPerClient: 2 });
    const [first, second] = [await client(port), await client(port)];
    const third = await client(port, get("/a"));
    await until(() => third.socket.destroyed || third.ended);
    expect(third.receive).toMatch(
      /^HTTP\/1\.1 429 Too Many Requests\r\n(.*\r\n)*Connection: close\r\n\r\nYour IP is/,
    );
    first.socket.destroy();
    await until(() => server.connections() === 1);
    const fourth = await client(port, get("/a"));
    second.socket.write(get("/b"));
    await until(() => hasMessages(fourth.receive, 1) && hasMessages(second.receive, 1));
  });

  test("against a client that asks and asks and never reads", async () => {
    let asked = 0;
    const { port } = await serve((server, id) => {
      asked++;
      server().respond(id, text("x".repeat(100_000)));
    }).then((served) => {
      OPEN.push(() => served.server.close());
      return served;
    });
    const me = await client(port);
    me.socket.pause();
    const requests = get("/a").repeat(100);
    for (let at = 0; at < 500; at++) me.socket.write(requests);
    let before = -1;
    while (asked !== before) {
      before = asked;
      await settled();
    }
    // 50,000 requests were sent; what was answered is what the sockets' buffers hold.
    expect(asked).toBeLessThan(1_000);
    me.socket.resume();
    await until(() => asked > before);
  });

  test("against a client that sends ahead while it waits for an answer", async () => {
    const { port, asked } = await hold();
    const me = await client(port, get("/a"));
    await until(() => asked.length === 1);
    let refused = false;
    for (let at = 0; at < 400 && !refused; at++) {
      refused = !me.socket.write("x".repeat(65_536));
      if (refused)
        refused = !(await Promise.race([
          once(me.socket, "drain").then(() => true),
          settled().then(() => false),
        ]));
    }
    // The socket takes no more: our side has stopped reading.
    expect(refused).toBe(true);
  });

  test("against a head without an end", async () => {
    const { port } = await echo();
    const me = await client(port, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (let at = 0; at < 40 && !me.ended; at++) {
      me.socket.write(`X: ${"y".repeat(32_000)}\r\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => me.ended);
    expect(me.receive).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("against a connection that says nothing for a quarter of an hour", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { port, asked, server } = await hold();
    const idle = await client(port);
    const busy = await client(port, get("/a"));
    await until(() => asked.length === 1);
    vi.advanceTimersByTime(899_000);
    await settled();
    expect(server.connections()).toBe(2);
    vi.advanceTimersByTime(2_000);
    await until(() => idle.ended);
    // Who waits for an answer may wait.
    expect(server.connections()).toBe(1);
    server.respond(asked[0]?.id ?? 0, text("at last"));
    await until(() => hasMessages(busy.receive, 1));
  });

  test("against anything at all: bytes of every kind crash nothing and leave nothing behind", async () => {
    const { port, server } = await echo();
    const seeds = readRecorded("http-wire.json").map(({ send }) => send);
    const edit = fc.record({
      where: fc.double({ min: 0, max: 1, noNaN: true }),
      byte: fc.nat(255),
      drop: fc.nat(5),
    });
    const bytes = fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 })).map(([seed, edits]) =>
      edits.reduce((sent, { where, byte, drop }) => {
        const at = Math.floor(where * sent.length);
        return sent.slice(0, at) + String.fromCharCode(byte) + sent.slice(at + drop);
      }, seed),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const me = await client(port, sent);
        me.socket.end();
        await Promise.race([until(() => me.ended), settled()]);
        me.socket.destroy();
      }),
      { numRuns: 400 },
    );
    await until(() => server.connections() === 0);
    const { receive } = await exchange(port, [get("/alive")], (told) => hasMessages(told, 1));
    expect(takeMessage(receive)?.body).toBe("/alive");
  });
});

describe("a server that closes", () => {
  test("cancels what is open, lets out what was answered, and listens no more", async () => {
    const { port, asked, server, cancelled } = await hold();
    const open = await client(port, get("/open"));
    const idle = await client(port);
    const answered = await client(port, get("/answered"));
    await until(() => asked.length === 2);
    const other = asked.find(({ request }) => request.target === "/answered");
    server.respond(other?.id ?? 0, text("x".repeat(200_000)));
    await server.close();
    expect(cancelled).toEqual([asked.find(({ request }) => request.target === "/open")?.id]);
    await until(() => hasMessages(answered.receive, 1));
    await until(() => open.ended && idle.ended);
    const late = connect(port, "127.0.0.1");
    await expect(once(late, "connect")).rejects.toThrow("ECONNREFUSED");
  });

  test("that cannot listen says why, and leaves nothing open", async () => {
    const { port } = await echo();
    const both = [
      { secure: false, host: "127.0.0.1", port: 0 },
      { secure: false, host: "127.0.0.1", port },
    ];
    await expect(echo({ listen: both })).rejects.toThrow("EADDRINUSE");
  });
});
