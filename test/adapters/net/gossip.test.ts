// A gossip pool's sockets against senders of every sort. The bytes are recorded ones of Consul agents.

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GossipSockets, openGossipSockets } from "../../../src/adapters/net/gossip.ts";
import { gatherMessage } from "../../../src/adapters/net/gossip-stream.ts";
import type { Input } from "../../../src/core/agent/ports.ts";
import { keyText } from "../../../src/core/gossip/keyring.ts";
import { MESSAGE_TYPE } from "../../../src/core/wire/gossip/messages.ts";
import { isStream, largeStream, unhex, vectors } from "../../core/wire/gossip/vectors.ts";
import { until } from "../../support/until.ts";
import { dialRaw, freePlace, listenRaw, onEnd, type Place, type Raw } from "./peers.ts";

interface Pool extends Place {
  readonly sockets: GossipSockets;
  readonly inputs: Input[];
}

async function openPool({
  streamTimeoutMs = 10_000,
  at,
  keys = [],
}: {
  streamTimeoutMs?: number;
  at?: Place;
  keys?: string[];
} = {}): Promise<Pool> {
  const place = at ?? (await freePlace());
  const inputs: Input[] = [];
  const feed = (input: Input): void => void inputs.push(input);
  const sockets = await openGossipSockets({
    pool: "lan",
    ip: place.ip,
    port: place.port,
    streamTimeoutMs,
    keys: () => keys,
    feed,
  });
  let open = true;
  const close = (): Promise<void> => {
    const ended = open ? sockets.close() : Promise.resolve();
    open = false;
    return ended;
  };
  onEnd(close);
  return { ...place, sockets: { ...sockets, close }, inputs };
}

/** The n-th input, once it is there. */
async function nth(pool: Pool, n: number): Promise<Input> {
  await until(`input ${n} comes`, () => pool.inputs.length > n);
  return pool.inputs[n] as Input;
}

/** A UDP socket of nobody's. */
async function openUdp(ip: string): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  socket.bind(0, ip);
  await once(socket, "listening");
  onEnd(() => void socket.close());
  return socket;
}

const STREAMS: readonly (readonly [name: string, bytes: Buffer])[] = vectors.captured
  .filter(isStream)
  .map(({ name, hex }) => [name, Buffer.from(unhex(hex))]);
const LARGE = Buffer.from(unhex(largeStream.hex));
const [, PUSH_PULL = Buffer.alloc(0)] = STREAMS.find(([name]) => name === "tcp-pushpull-join-request") ?? [];
const ANSWER = Buffer.from("an answer");

describe("datagrams", () => {
  test("arrive with the address that they came from, byte for byte", async () => {
    const [a, b] = [await openPool(), await openPool()];
    a.sockets.sendPacket(b.address, Uint8Array.of(1, 2, 3));
    expect(await nth(b, 0)).toEqual({
      type: "packet",
      pool: "lan",
      from: a.address,
      bytes: Buffer.from([1, 2, 3]),
    });
  });

  test.each(["127.0.0.1:0", "127.0.0.1", "", "nonsense:99999", "[fd00::1]:8301", "255.255.255.255:9"])(
    "to %j are lost, and nothing else happens",
    async (address) => {
      const [a, b] = [await openPool(), await openPool()];
      a.sockets.sendPacket(address, Uint8Array.of(1));
      a.sockets.sendPacket(b.address, Uint8Array.of(2));
      expect(await nth(b, 0)).toMatchObject({ type: "packet", bytes: Buffer.from([2]) });
    },
  );

  test("too long for UDP are lost, and nothing else happens", async () => {
    const [a, b] = [await openPool(), await openPool()];
    a.sockets.sendPacket(b.address, new Uint8Array(70_000));
    a.sockets.sendPacket(b.address, Uint8Array.of(2));
    expect(await nth(b, 0)).toMatchObject({ bytes: Buffer.from([2]) });
  });

  test("to a port where nobody listens do not disturb those that come after", async () => {
    const [a, b, gone] = [await openPool(), await openPool(), await freePlace()];
    for (let k = 0; k < 50; k++) a.sockets.sendPacket(gone.address, Uint8Array.of(1));
    b.sockets.sendPacket(a.address, Uint8Array.of(9));
    expect(await nth(a, 0)).toMatchObject({ type: "packet", from: b.address });
  });

  test("of no bytes and of the most there can be are handed over", async () => {
    const pool = await openPool();
    const udp = await openUdp(pool.ip);
    udp.send(Buffer.alloc(0), pool.port, pool.ip);
    udp.send(Buffer.alloc(65_507, 7), pool.port, pool.ip);
    expect(await nth(pool, 1)).toMatchObject({ type: "packet" });
    expect(pool.inputs.map((input) => (input.type === "packet" ? input.bytes.length : -1))).toEqual([
      0, 65_507,
    ]);
  });
});

describe("under a seal", () => {
  const [key = "", other = ""] = [1, 2].map((fill) => keyText(new Uint8Array(32).fill(fill)));

  test("datagrams and streams say on the wire nothing of what they hold, and open where the key is", async () => {
    const [a, b, stranger] = [
      await openPool(),
      await openPool({ keys: [other, key] }),
      await openUdp("127.0.0.1"),
    ];
    const secret = Buffer.from("nobody reads this");
    a.sockets.sendPacket(b.address, secret, key);
    expect(await nth(b, 0)).toEqual({
      type: "packet",
      pool: "lan",
      from: a.address,
      bytes: secret,
      seal: "opened",
    });
    const heard = once(stranger, "message");
    a.sockets.sendPacket(`127.0.0.1:${stranger.address().port}`, secret, key);
    const [datagram] = (await heard) as [Buffer];
    expect(datagram.length).toBe(secret.length + 29);
    expect(datagram.includes("read")).toBe(false);
    a.sockets.openStream(7, b.address, PUSH_PULL, 10_000, key);
    expect(await nth(b, 1)).toMatchObject({ type: "stream", bytes: PUSH_PULL, seal: "opened" });
    b.sockets.answerStream(1, PUSH_PULL, key);
    expect(await nth(a, 0)).toMatchObject({ type: "stream-answer", seal: "closed" });
  });

  test("the keys are those of the moment at which something arrives", async () => {
    const keys: string[] = [other];
    const [a, b] = [await openPool(), await openPool({ keys })];
    a.sockets.sendPacket(b.address, Uint8Array.of(1), key);
    const closed = await nth(b, 0);
    expect(closed.type === "packet" && closed.seal).toBeUndefined();
    keys.push(key);
    a.sockets.sendPacket(b.address, Uint8Array.of(1), key);
    expect(await nth(b, 1)).toMatchObject({ bytes: Buffer.of(1), seal: "opened" });
  });
});

describe("a stream", () => {
  test.each([...STREAMS, ["one of many kilobytes", LARGE] as const])(
    "with %s is one message there and one answer back, and closed",
    async (_, bytes) => {
      const [a, b] = [await openPool(), await openPool()];
      // Nobody here has keys.
      const closed = bytes[0] === MESSAGE_TYPE.encrypt ? { seal: "closed" } : {};
      a.sockets.openStream(7, b.address, bytes, 10_000);
      const asked = await nth(b, 0);
      expect(asked).toEqual({
        type: "stream",
        pool: "lan",
        stream: 1,
        from: expect.stringMatching(/^127\./),
        bytes,
        ...closed,
      });
      b.sockets.answerStream(1, bytes);
      expect(await nth(a, 0)).toEqual({ type: "stream-answer", pool: "lan", stream: 7, bytes, ...closed });
    },
  );

  test("cut into pieces anywhere is the same message", async () => {
    const pool = await openPool();
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...STREAMS.map(([, bytes]) => bytes), LARGE),
        sizes,
        async (bytes, cuts) => {
          pool.inputs.length = 0;
          const raw = await dialRaw(pool);
          raw.socket.setNoDelay(true);
          let at = 0;
          for (const size of [...cuts, bytes.length]) {
            raw.socket.write(bytes.subarray(at, at + size));
            at += size;
            await new Promise((done) => setImmediate(done));
          }
          const input = await nth(pool, 0);
          expect(input).toMatchObject({ type: "stream", bytes });
          if (input.type === "stream") pool.sockets.answerStream(input.stream, ANSWER);
          await until("it is closed", () => raw.closed);
          expect(raw.received).toEqual(ANSWER);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("with more behind its message is answered all the same", async () => {
    const pool = await openPool();
    const raw = await dialRaw(pool, Buffer.concat([PUSH_PULL, PUSH_PULL]));
    expect(await nth(pool, 0)).toMatchObject({ type: "stream", bytes: PUSH_PULL });
    pool.sockets.answerStream(1, Buffer.alloc(0));
    await until("it is closed", () => raw.closed);
    expect(pool.inputs).toHaveLength(1);
  });

  test("that gets no words for an answer is closed", async () => {
    const pool = await openPool();
    const raw = await dialRaw(pool, PUSH_PULL);
    await nth(pool, 0);
    pool.sockets.answerStream(1, new Uint8Array(0));
    await until("it is closed", () => raw.closed);
    expect(raw.received).toHaveLength(0);
  });

  test("whose opener is gone is answered into the void", async () => {
    const pool = await openPool();
    const raw = await dialRaw(pool, PUSH_PULL);
    await nth(pool, 0);
    raw.socket.resetAndDestroy();
    await until("it is gone", () => raw.closed);
    pool.sockets.answerStream(1, PUSH_PULL);
    pool.sockets.answerStream(99, PUSH_PULL);
    pool.sockets.sendPacket(pool.address, Uint8Array.of(1));
    expect(await nth(pool, 1)).toMatchObject({ type: "packet" });
  });
});

describe("a stream that we opened fails", () => {
  const failure = async (pool: Pool): Promise<string> => {
    const input = await nth(pool, 0);
    expect(input).toMatchObject({ type: "stream-failed", pool: "lan", stream: 3 });
    await new Promise((done) => setTimeout(done, 50));
    expect(pool.inputs).toHaveLength(1);
    return input.type === "stream-failed" ? input.error : "";
  };

  test("when nobody listens, in Go's words", async () => {
    const [pool, gone] = [await openPool(), await freePlace()];
    pool.sockets.openStream(3, gone.address, PUSH_PULL, 10_000);
    expect(await failure(pool)).toBe(`dial tcp ${gone.address}: connect: connection refused`);
  });

  test("when no answer comes in time", async () => {
    const [pool, fake] = [await openPool(), await listenRaw(() => undefined)];
    pool.sockets.openStream(3, fake.address, PUSH_PULL, 200);
    expect(await failure(pool)).toBe(`dial tcp ${fake.address}: i/o timeout`);
    await until("it is closed", () => fake.connections[0]?.closed);
  });

  test("when it is closed without an answer, or with half of one", async () => {
    for (const answer of [Buffer.alloc(0), PUSH_PULL.subarray(0, 50)]) {
      const [pool, fake] = [await openPool(), await listenRaw((raw) => raw.socket.end(answer))];
      pool.sockets.openStream(3, fake.address, PUSH_PULL, 10_000);
      expect(await failure(pool)).toBe("EOF");
    }
  });

  test("when the answer is no gossip", async () => {
    const [pool, fake] = [
      await openPool(),
      await listenRaw((raw) => raw.socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")),
    ];
    pool.sockets.openStream(3, fake.address, PUSH_PULL, 10_000);
    expect(await failure(pool)).toBe("EOF");
    expect(pool.sockets.counters.badStreams).toBe(1);
  });

  test("when the address is none, and not from within the call", async () => {
    const pool = await openPool();
    pool.sockets.openStream(3, "10.0.0.1", PUSH_PULL, 10_000);
    expect(pool.inputs).toEqual([]);
    expect(await failure(pool)).toBe("dial tcp 10.0.0.1: missing port in address");
  });
});

describe("strangers cannot occupy more than their share:", () => {
  test.each<[string, string | Buffer]>([
    ["HTTP", "GET / HTTP/1.1\r\n\r\n"],
    ["a TLS ClientHello", Buffer.from("16030100a5010000a10303", "hex")],
    ["our RPC's first byte", Buffer.from([0x51, 0, 0, 0, 1])],
    ["an encrypted frame longer than any", Buffer.from([10, 0xff, 0xff, 0xff, 0xff])],
    ["a user message longer than any", Buffer.from("0881aa557365724d73674c656ece7fffffff", "hex")],
    ["a compressed message longer than any", Buffer.from("0982a4416c676f00a3427566db7fffffff", "hex")],
  ])("%s on a stream is closed at once, and counted", async (_, bytes) => {
    const pool = await openPool();
    const raw = await dialRaw(pool, bytes);
    await until("it is closed", () => raw.closed);
    expect(pool.inputs).toEqual([]);
    expect(pool.sockets.counters.badStreams).toBe(1);
  });

  test("a stream that drips a byte at a time is closed when its time is up", async () => {
    const pool = await openPool({ streamTimeoutMs: 400 });
    const raw = await dialRaw(pool);
    raw.socket.setNoDelay(true);
    let at = 0;
    const drip = setInterval(() => raw.socket.write(PUSH_PULL.subarray(at, ++at)), 20);
    onEnd(() => clearInterval(drip));
    await until("it is closed", () => raw.closed);
    expect(at).toBeLessThan(PUSH_PULL.length);
    expect(pool.inputs).toEqual([]);
  });

  test("a stream that was answered is closed, though the other side keeps it open", async () => {
    const pool = await openPool();
    const raw = await dialRaw(pool, PUSH_PULL);
    raw.socket.allowHalfOpen = true;
    await nth(pool, 0);
    pool.sockets.answerStream(1, ANSWER);
    await until(
      "the answer and the end arrive",
      () => raw.received.length === ANSWER.length && raw.socket.readableEnded,
    );
    // What we had of it is free: the opener hears so when it writes on.
    await until("the connection is gone", () => {
      raw.socket.write("x");
      return raw.closed;
    });
  });

  test("of the open streams one client has at most half, and all of them together the rest", async () => {
    const pool = await openPool();
    const host = (n: number): string => pool.ip.replace(/\d+$/, `${n}`);
    const dial = (count: number, from: string): Promise<Raw[]> =>
      Promise.all(Array.from({ length: count }, () => dialRaw(pool, Buffer.of(6), from)));
    const first = await dial(129, host(11));
    await until("one too many is closed", () => first.filter(({ closed }) => closed).length === 1);
    const second = await dial(128, host(12));
    const third = await dial(1, host(13));
    await until("the last is closed", () => third[0]?.closed);
    expect(second.filter(({ closed }) => closed)).toHaveLength(0);
    expect(pool.sockets.counters.refusedStreams).toBe(2);
    second[0]?.socket.destroy();
    await until("a place is free", async () => {
      const [raw] = await dial(1, host(13));
      raw?.socket.write(PUSH_PULL.subarray(1));
      await new Promise((done) => setTimeout(done, 20));
      return pool.inputs.length > 0;
    });
  });

  test("what is answered to those who do not read, all of them together, is bounded", async () => {
    const pool = await openPool();
    const huge = Buffer.alloc(60 << 20);
    const raws: Raw[] = [];
    for (let k = 0; k < 3; k++) {
      const raw = await dialRaw(pool, PUSH_PULL);
      raw.socket.pause();
      raws.push(raw);
      const input = await nth(pool, k);
      if (input.type !== "stream") throw new Error("a stream came");
      pool.sockets.answerStream(input.stream, huge);
    }
    expect(pool.sockets.counters.refusedStreams).toBe(1);
    for (const { socket } of raws) socket.resume();
    await until("all are closed", () => raws.every(({ closed }) => closed));
    const late = await dialRaw(pool, PUSH_PULL);
    const input = await nth(pool, 3);
    if (input.type === "stream") pool.sockets.answerStream(input.stream, ANSWER);
    await until("there is room again", () => late.closed);
    expect(pool.sockets.counters.refusedStreams).toBe(1);
  });

  test("what is gathered of unfinished messages, all of them together, is bounded", async () => {
    const gathered = { bytes: (128 << 20) - 100 };
    const bad: number[] = [];
    const fake = await listenRaw(({ socket }, count) => {
      gatherMessage(
        socket,
        gathered,
        () => undefined,
        () => bad.push(count),
      );
    });
    const claim = Buffer.from("0982a4416c676f00a3427566db00ffffff", "hex");
    const raw = await dialRaw(fake, Buffer.concat([claim, Buffer.alloc(100 - claim.length)]));
    await until("it is received", () => gathered.bytes === 128 << 20);
    expect(bad).toEqual([]);
    raw.socket.write(Buffer.alloc(1));
    await until("it is too much", () => bad.length > 0);
    expect(gathered.bytes).toBe((128 << 20) - 100);
  });
});

describe("closing", () => {
  test("ends every stream at once and leaves the ports free", async () => {
    const pool = await openPool();
    const fake = await listenRaw(() => undefined);
    const answered = await dialRaw(pool, PUSH_PULL);
    await nth(pool, 0);
    pool.sockets.answerStream(1, ANSWER);
    const waiting = await dialRaw(pool, PUSH_PULL.subarray(0, 9));
    pool.sockets.openStream(3, fake.address, PUSH_PULL, 60_000);
    await until("it is dialled", () => fake.connections.length === 1);
    await pool.sockets.close();
    await until("all are closed", () =>
      [answered, waiting, ...fake.connections].every(({ closed }) => closed),
    );
    expect(await openPool({ at: pool })).toMatchObject({ port: pool.port });
  });

  test("an address that is taken is told in Go's words, for UDP and for TCP", async () => {
    const pool = await openPool();
    await expect(openPool({ at: pool })).rejects.toThrow(
      `listen udp ${pool.address}: bind: address already in use`,
    );
    const fake = await listenRaw(() => undefined);
    await expect(openPool({ at: fake })).rejects.toThrow(
      `listen tcp ${fake.address}: bind: address already in use`,
    );
    // The UDP port, which could be had, was given back.
    await openUdp(fake.ip).then((udp) => udp.send(Buffer.alloc(1), fake.port, fake.ip));
    await fake.close();
    expect(await openPool({ at: fake })).toMatchObject({ port: fake.port });
  });
});
