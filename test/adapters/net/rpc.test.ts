// RPC sockets against peers of every sort. What they promise on any network is in test/contract/network.test.ts.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frame } from "../../../src/adapters/net/frames.ts";
import { createConnection, readFrames } from "../../../src/adapters/net/rpc-connection.ts";
import type { Response } from "../../../src/core/api/response.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import {
  encodeHello,
  RPC_MAX_FRAME_BYTES,
  RPC_VERSION,
  type RpcMessage,
} from "../../../src/core/wire/rpc.ts";
import { until } from "../../support/until.ts";
import {
  dialAs,
  dialRaw,
  frameOf,
  freePlace,
  helloOf,
  listenRaw,
  lossesOf,
  numbered,
  numbersIn,
  numbersOf,
  openNode,
  PROTOCOL,
  type Raw,
  type RpcNode,
} from "./peers.ts";

function send(from: RpcNode, to: string, address: string | undefined, ...numbers: readonly number[]): void {
  for (const number of numbers) from.sockets.send(to, address, numbered(number));
  from.sockets.flush();
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe("messages", () => {
  test("that were sent before the hello arrive after it, in order, with those that came later", async () => {
    const [a, b] = [await openNode("a"), await openNode("b")];
    send(a, "b", b.address, ...upTo(500));
    await until("the first arrive", () => numbersOf(b).length > 0);
    send(a, "b", b.address, 500, 501);
    await until("all arrive", () => numbersOf(b).length >= 502);
    expect(numbersOf(b, "a")).toEqual(upTo(502));
  });

  test("leave with the next flush, and not before", async () => {
    const [a, b] = [await openNode("a"), await openNode("b")];
    send(a, "b", b.address, 0);
    await until("the connection stands", () => numbersOf(b).length === 1);
    a.sockets.send("b", b.address, numbered(1));
    a.sockets.send("b", b.address, numbered(2));
    send(b, "a", undefined, 9);
    await until("the other way works meanwhile", () => numbersOf(a).length === 1);
    expect(numbersOf(b)).toEqual([0]);
    a.sockets.flush();
    await until("they arrive", () => numbersOf(b).length === 3);
  });

  test("without an address go back over the connection that the peer opened", async () => {
    const [server, client] = [await openNode("s"), await openNode("c")];
    send(client, "s", server.address, 1);
    await until("the question arrives", () => numbersOf(server).length === 1);
    send(server, "c", undefined, 2, 3);
    await until("the answers arrive", () => numbersOf(client, "s").length === 2);
    expect(numbersOf(client)).toEqual([2, 3]);
  });

  test("to nobody are counted, and their loss is told unless it was before", async () => {
    const a = await openNode("a");
    send(a, "gone", undefined, 1);
    send(a, "nowhere", "10.0.0.1:99999", 2);
    expect(a.inputs).toEqual([]);
    await until("the loss is told", () => lossesOf(a).length > 0);
    expect(lossesOf(a)).toEqual(["nowhere"]);
    expect(a.sockets.counters.dropped).toBe(2);
  });

  test("arrive whole from a peer that sends them in pieces", async () => {
    const node = await openNode("n");
    const stream = Buffer.concat([
      PROTOCOL,
      helloOf("p"),
      ...upTo(20).map((number) => frameOf(numbered(number))),
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }), async (sizes) => {
        node.inputs.length = 0;
        const raw = await dialRaw(node);
        raw.socket.setNoDelay(true);
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          raw.socket.write(stream.subarray(at, at + size));
          at += size;
          await new Promise((done) => setImmediate(done));
        }
        await until("all arrive", () => numbersOf(node, "p").length === 20);
        expect(numbersOf(node, "p")).toEqual(upTo(20));
        raw.socket.destroy();
        await until("it is gone", () => lossesOf(node).length === 1);
      }),
      { numRuns: 15 },
    );
  });

  test("too long to be an answer become one that says so", async () => {
    const [a, b] = [await openNode("a"), await openNode("b")];
    send(a, "b", b.address, 1);
    await until("the connection stands", () => numbersOf(b).length === 1);
    const half = "x".repeat(33 << 20) as ByteString;
    const response: Response = { ok: true, body: { kind: "kv.keys", keys: [half, half] } };
    b.sockets.send("a", undefined, { type: "response", seq: 7, response });
    b.sockets.flush();
    await until("an answer arrives", () => a.inputs.length > 0);
    expect(a.inputs).toEqual([
      {
        type: "message",
        from: "b",
        message: {
          type: "response",
          seq: 7,
          response: {
            ok: false,
            error: { code: "refused", detail: expect.stringMatching(/too long to be passed/) },
          },
        },
      },
    ]);
  });
});

describe("a hello", () => {
  const OTHERS: readonly [string, Buffer][] = [
    ["of another version", helloOf("p", { version: RPC_VERSION + 1 })],
    ["in our own name", helloOf("n")],
    ["without a name", helloOf("")],
    ["with a name too long for one", helloOf("p".repeat(256))],
    ["that is garbage", frame(Buffer.from("hello"))],
    ["that is a message", frameOf(numbered(1))],
  ];

  test.each(OTHERS)("%s closes the connection and is counted", async (_, hello) => {
    const node = await openNode("n");
    const raw = await dialRaw(node, Buffer.concat([PROTOCOL, hello, frameOf(numbered(1))]));
    await until("it is closed", () => raw.closed);
    expect(node.sockets.counters).toMatchObject({ badHellos: 1, badFrames: 0, foreignProtocols: 0 });
    expect(node.warnings).toHaveLength(1);
    expect(node.inputs).toEqual([]);
    expect(raw.received).toHaveLength(0);
  });

  test.each([...OTHERS, ["of somebody else", helloOf("q")] as const])(
    "%s, where a peer was dialled, loses that peer",
    async (_, hello) => {
      const node = await openNode("n");
      const fake = await listenRaw((raw) => raw.socket.write(hello));
      send(node, "p", fake.address, 1);
      await until("the loss is told", () => lossesOf(node).length > 0);
      expect(lossesOf(node)).toEqual(["p"]);
      expect(node.sockets.counters).toMatchObject({ badHellos: 1 });
      // Nothing meant for the peer went to whoever is there.
      await until("it is closed", () => fake.connections[0]?.closed);
      expect(numbersIn(fake.connections[0] as Raw, true)).toEqual([]);
    },
  );

  test("that claims to be longer than any is refused before it is received", async () => {
    const node = await openNode("n");
    const raw = await dialRaw(node, Buffer.concat([PROTOCOL, Buffer.from([0, 0, 0x10, 1])]));
    await until("it is closed", () => raw.closed);
    expect(node.sockets.counters).toMatchObject({ badHellos: 0, badFrames: 1 });
  });

  test("of the longest names there are fits", async () => {
    const name = "ü".repeat(255);
    expect(
      encodeHello({ version: RPC_VERSION, nodeId: name, nodeName: name, datacenter: name }).length,
    ).toBeLessThan(4096);
    const node = await openNode("n");
    expect((await dialAs(name, node)).closed).toBe(false);
  });

  test("that does not come within five seconds is not waited for, on either side", async () => {
    const node = await openNode("n");
    const fake = await listenRaw(() => undefined);
    const silent = await dialRaw(node);
    const halfway = await dialRaw(node, Buffer.concat([PROTOCOL, helloOf("p").subarray(0, 9)]));
    send(node, "p", fake.address, 1);
    await until("all are given up", () => silent.closed && halfway.closed && lossesOf(node).length === 1);
    expect(lossesOf(node)).toEqual(["p"]);
  });
});

describe("a connection that begins with", () => {
  test.each<[string, Buffer, "foreignProtocols" | "badFrames"]>([
    ...upTo(10).map((byte): [string, Buffer, "foreignProtocols"] => [
      `byte ${byte}, as Consul's do,`,
      Buffer.from([byte, 0, 0, 0, 1]),
      "foreignProtocols",
    ]),
    ["a TLS ClientHello", Buffer.from("16030100a5010000a10303", "hex"), "foreignProtocols"],
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "foreignProtocols"],
    ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.6\r\n"), "foreignProtocols"],
    ["the one HTTP method that starts as we do", Buffer.from("QUERY / HTTP/1.1\r\n\r\n"), "badFrames"],
  ])("%s is closed, counted and noted once", async (_, bytes, counter) => {
    const node = await openNode("n");
    const raw = await dialRaw(node, bytes);
    await until("it is closed", () => raw.closed);
    expect(node.sockets.counters[counter]).toBe(1);
    expect(node.warnings).toHaveLength(1);
    expect(node.inputs).toEqual([]);
    expect(raw.received).toHaveLength(0);
  });
});

describe("after the hello", () => {
  test.each<[string, Buffer]>([
    ["a frame longer than any", Buffer.from([4, 0, 0, 1])],
    ["a message that says nothing", frame(Buffer.from([0x90]))],
    ["an empty frame", frame(Buffer.alloc(0))],
    ["MessagePack with more behind it", frame(Buffer.concat([Buffer.from([0x92, 9, 1]), Buffer.from([0])]))],
  ])("%s loses the peer; what came before it counts", async (_, bytes) => {
    const node = await openNode("n");
    const raw = await dialAs("p", node);
    raw.socket.write(
      Buffer.concat([frameOf(numbered(1)), frameOf(numbered(2)), bytes, frameOf(numbered(3))]),
    );
    await until("the loss is told", () => lossesOf(node).length > 0);
    expect(numbersOf(node, "p")).toEqual([1, 2]);
    expect(node.inputs.at(-1)).toEqual({ type: "peer-lost", peer: "p", refused: false });
    expect(node.sockets.counters.badFrames).toBe(1);
    await until("it is closed", () => raw.closed);
  });

  test("a frame of the greatest length is read", async () => {
    const [a, b] = [await openNode("a"), await openNode("b")];
    const request = (bytes: number): RpcMessage => ({
      type: "request",
      seq: 1,
      request: {
        kind: "kv.write",
        verb: "set",
        key: "k" as ByteString,
        value: new Uint8Array(bytes),
        flags: 0,
        index: 0,
        session: "",
      },
    });
    const overhead = frameOf(request(1 << 20)).length - (1 << 20) - 4;
    a.sockets.send("b", b.address, request(RPC_MAX_FRAME_BYTES - overhead));
    a.sockets.flush();
    await until("it arrives", () => b.inputs.length === 1);
    expect(b.inputs[0]).toMatchObject({ type: "message", from: "a" });
  });
});

describe("a lost peer is refused", () => {
  test("when nobody listens at its address", async () => {
    const node = await openNode("n");
    const { address } = await freePlace();
    send(node, "p", address, 1);
    await until("the loss is told", () => lossesOf(node).length > 0);
    expect(lossesOf(node)).toEqual(["p refused"]);
  });

  test("when its process ends, as soon as an attempt shows it", async () => {
    const node = await openNode("n");
    const fake = await listenRaw((raw) => raw.socket.write(helloOf("p")));
    send(node, "p", fake.address, 1);
    await until("the connection stands", () => numbersIn(fake.connections[0] as Raw, true).length === 1);
    await fake.close();
    await until("both losses are told", () => lossesOf(node).length >= 2);
    expect(lossesOf(node)).toEqual(["p", "p refused"]);
  });

  test("and not when only the connection was reset: then it stands again at once", async () => {
    const node = await openNode("n");
    const fake = await listenRaw((raw) => raw.socket.write(helloOf("p")));
    send(node, "p", fake.address, 1);
    await until("the connection stands", () => numbersIn(fake.connections[0] as Raw, true).length === 1);
    fake.connections[0]?.socket.resetAndDestroy();
    await until("it stands again", () => (fake.connections[1]?.received.length ?? 0) > 0);
    send(node, "p", fake.address, 2);
    await until("it is used", () => numbersIn(fake.connections[1] as Raw, true).length === 1);
    expect(lossesOf(node)).toEqual(["p"]);
    expect(numbersIn(fake.connections[1] as Raw, true)).toEqual([2]);
    expect(fake.connections).toHaveLength(2);
  });

  test("and not while it has a connection to us, whatever happens at its address", async () => {
    const node = await openNode("n");
    const { address } = await freePlace();
    await dialAs("p", node);
    send(node, "p", address, 1);
    await until("the loss is told", () => lossesOf(node).length > 0);
    expect(lossesOf(node)).toEqual(["p"]);
  });

  test("once for each break, though two connections end with it", async () => {
    const [a, b] = [await openNode("a"), await openNode("b")];
    send(a, "b", b.address, 1);
    send(b, "a", a.address, 2);
    await until("both ways stand", () => numbersOf(a).length === 1 && numbersOf(b).length === 1);
    await b.sockets.close();
    await until("its end is certain", () => lossesOf(a).includes("b refused"));
    expect(lossesOf(a)).toEqual(["b", "b refused"]);
    expect(lossesOf(b)).toEqual([]);
  });

  test("by a client agent too, which nobody can dial", async () => {
    const node = await openNode("n");
    const raw = await dialAs("c", node);
    raw.socket.destroy();
    await until("the loss is told", () => lossesOf(node).length > 0);
    expect(lossesOf(node)).toEqual(["c"]);
  });
});

describe("a peer that comes back", () => {
  test("is lost first: its questions begin at the same numbers again", async () => {
    const node = await openNode("n");
    const old = await dialAs("p", node);
    old.socket.write(frameOf(numbered(1)));
    await until("the old one asks", () => numbersOf(node, "p").length === 1);
    const fresh = await dialAs("p", node);
    fresh.socket.write(frameOf(numbered(1)));
    await until("the new one asks", () => numbersOf(node, "p").length === 2);
    expect(node.inputs.map(({ type }) => type)).toEqual(["message", "peer-lost", "message"]);
    await until("the old one is closed", () => old.closed);
    send(node, "p", undefined, 5);
    await until("the new one is answered", () => numbersIn(fresh, false).length === 1);
    expect(lossesOf(node)).toEqual(["p"]);
  });

  test("at its old address finds the questions that were sent after the loss", async () => {
    const node = await openNode("n");
    const place = await freePlace();
    const first = await openNode("p", place);
    send(node, "p", place.address, 1);
    await until("the first life hears", () => numbersOf(first).length === 1);
    await first.sockets.close();
    await until("its end is certain", () => lossesOf(node).includes("p refused"));
    const second = await openNode("p", place);
    send(node, "p", place.address, 2);
    await until("the second life hears", () => numbersOf(second).length === 1);
    expect(numbersOf(second)).toEqual([2]);
  });
});

describe("strangers cannot occupy more than their share", () => {
  test("of what waits to be read by them: a peer that does not read is cut off", async () => {
    const node = await openNode("n");
    const fake = await listenRaw((raw) => {
      raw.socket.pause();
      raw.socket.write(helloOf("p"));
    });
    const value = new Uint8Array(16 << 20);
    const message: RpcMessage = {
      type: "request",
      seq: 1,
      request: {
        kind: "kv.write",
        verb: "set",
        key: "k" as ByteString,
        value,
        flags: 0,
        index: 0,
        session: "",
      },
    };
    node.sockets.send("p", fake.address, message);
    await until("it stands", () => fake.connections.length === 1);
    for (let sent = 0; sent < 40 && lossesOf(node).length === 0; sent++) {
      node.sockets.send("p", fake.address, message);
      node.sockets.flush();
      await new Promise((done) => setTimeout(done, 5));
    }
    await until("the loss is told", () => lossesOf(node).length > 0);
    expect(lossesOf(node)).toEqual(["p"]);
  });

  test("of what waits for a hello", async () => {
    const node = await openNode("n");
    const fake = await listenRaw(() => undefined);
    const value = new Uint8Array(16 << 20);
    const message: RpcMessage = {
      type: "request",
      seq: 1,
      request: {
        kind: "kv.write",
        verb: "set",
        key: "k" as ByteString,
        value,
        flags: 0,
        index: 0,
        session: "",
      },
    };
    for (let sent = 0; sent < 9; sent++) node.sockets.send("p", fake.address, message);
    await until("the loss is told", () => lossesOf(node).length > 0);
    expect(lossesOf(node)).toEqual(["p"]);
  });

  test("of what is gathered of unfinished frames, all of them together", async () => {
    const broken: string[] = [];
    const unfinished = { bytes: 4 * RPC_MAX_FRAME_BYTES - 100 };
    const fake = await listenRaw(({ socket }) => {
      const connection = { ...createConnection(socket, "p", undefined), ready: true };
      readFrames(
        connection,
        unfinished,
        () => undefined,
        (reason) => broken.push(reason),
      );
    });
    const raw = await dialRaw(fake, Buffer.concat([Buffer.from([0, 1, 0, 0]), Buffer.alloc(96)]));
    await until("it is received", () => unfinished.bytes === 4 * RPC_MAX_FRAME_BYTES);
    expect(broken).toEqual([]);
    raw.socket.write(Buffer.alloc(1));
    await until("it is too much", () => broken.length > 0);
    expect(broken).toEqual(["too many unfinished frames"]);
    raw.socket.destroy();
    await until("what it held is free", () => unfinished.bytes === 4 * RPC_MAX_FRAME_BYTES - 100);
  });

  test("of connections: as many as it is told, and at another time another number", async () => {
    const node = await openNode("n", { maxConnectionsPerClient: 1 });
    expect((await dialAs("p", node)).closed).toBe(false);
    const second = await dialRaw(node, Buffer.concat([PROTOCOL, helloOf("q")]));
    await until("it is closed", () => second.closed);
    node.sockets.setMaxConnectionsPerClient(2);
    expect((await dialAs("r", node)).closed).toBe(false);
  });

  test("of lines in the log about strangers: twenty in a second", async () => {
    const node = await openNode("n");
    const raws = await Promise.all(upTo(40).map(() => dialRaw(node, Buffer.from([0]))));
    await until("all are closed", () => raws.every(({ closed }) => closed));
    expect(node.sockets.counters.foreignProtocols).toBe(40);
    expect(node.warnings.length).toBeLessThan(40);
  });

  test("of connections: the hundred and first of one client is closed, until another ends", async () => {
    const node = await openNode("n");
    const [elsewhere] = [node.ip.replace(/\.\d+$/, ".77")];
    const raws = await Promise.all(upTo(100).map((at) => dialAs(`p${at}`, node)));
    expect(raws.filter(({ closed }) => closed)).toHaveLength(0);
    const extra = await dialRaw(node, Buffer.concat([PROTOCOL, helloOf("q")]));
    await until("it is closed", () => extra.closed);
    expect(node.sockets.counters.refusedClients).toBe(1);
    expect((await dialAs("r", node, elsewhere)).closed).toBe(false);
    raws[0]?.socket.destroy();
    await until("its end is noticed", () => lossesOf(node).includes("p0"));
    expect((await dialAs("q", node)).closed).toBe(false);
  });
});

describe("closing", () => {
  test("ends every connection, tells the agent nothing, and leaves the port free", async () => {
    const node = await openNode("n");
    const fake = await listenRaw((raw) => raw.socket.write(helloOf("q")));
    const raws = [await dialAs("p", node), await dialRaw(node)];
    send(node, "q", fake.address, 1);
    await until("the dialled one stands", () => numbersIn(fake.connections[0] as Raw, true).length === 1);
    await node.sockets.close();
    await until("all are closed", () => [...raws, ...fake.connections].every(({ closed }) => closed));
    expect(lossesOf(node)).toEqual([]);
    send(node, "q", fake.address, 2);
    expect(await openNode("n", node)).toMatchObject({ port: node.port });
    expect(fake.connections).toHaveLength(1);
  });

  test("an address that is taken is told in Go's words", async () => {
    const node = await openNode("n");
    await expect(openNode("m", node)).rejects.toThrow(
      `listen tcp ${node.address}: bind: address already in use`,
    );
  });
});
