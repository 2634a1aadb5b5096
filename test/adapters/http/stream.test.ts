import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { AnswerStream } from "../../../src/adapters/http/desk.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import { until } from "../../support/until.ts";
import { serve } from "./wire.ts";

const OPEN: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of OPEN.splice(0)) await close();
});

/** A server whose every answer goes on, and a client of it that has asked. */
async function streaming(road: "fast" | "koa", head: string) {
  const streams: (AnswerStream | undefined)[] = [];
  const { server, port, cancelled } = await serve(
    (self, id) =>
      streams.push(self().stream(id, { status: 200, headers: ["X-A", "b"], body: "" as ByteString })),
    { road },
  );
  OPEN.push(() => server.close());
  const client = { socket: connect(port, "127.0.0.1"), received: "", ended: false };
  client.socket.setEncoding("latin1");
  client.socket.on("data", (chunk: string) => {
    client.received += chunk;
  });
  client.socket.on("end", () => {
    client.ended = true;
  });
  client.socket.write(head);
  const stream = await until("it is asked", () => streams[0]);
  return { client, stream, cancelled };
}

const HTTP_1_1 = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

describe.each(["fast", "koa"] as const)("an answer that goes on, on the %s road", (road) => {
  test("has its head at once, then a chunk for each piece, and an end", async () => {
    const { client, stream } = await streaming(road, HTTP_1_1);
    await until("the head comes", () => client.received.endsWith("\r\n\r\n"));
    expect(client.received).toMatch(/^HTTP\/1\.1 200 OK\r\nX-A: b\r\nDate: .*\r\n/);
    expect(client.received).toContain("\r\nTransfer-Encoding: chunked\r\n");
    stream.write("a line\n" as ByteString);
    await until("a line comes", () => client.received.endsWith("\r\n\r\n7\r\na line\n\r\n"));
    stream.end();
    await until("it ends", () => client.ended);
    expect(client.received).toMatch(/\r\n0\r\n\r\n$/);
  });

  test("is over when the client hangs up: then nothing is written any more", async () => {
    const { client, stream, cancelled } = await streaming(road, HTTP_1_1);
    client.socket.resetAndDestroy();
    await until("it is cancelled", () => cancelled.length === 1);
    stream.write("to nobody" as ByteString);
    stream.end();
    expect(cancelled).toEqual([1]);
  });
});

test("in HTTP/1.0 it has no chunks, and ends with the connection", async () => {
  const { client, stream } = await streaming("fast", "GET /a HTTP/1.0\r\n\r\n");
  stream.write("a line\n" as ByteString);
  await until("a line comes", () => client.received.endsWith("a line\n"));
  stream.end();
  await until("it ends", () => client.ended);
  expect(client.received).toMatch(/^HTTP\/1\.0 200 OK\r\nX-A: b\r\nDate: [^\r]*\r\n\r\na line\n$/);
});

test("a request behind it waits for its end", async () => {
  const { client, stream } = await streaming("fast", HTTP_1_1 + HTTP_1_1);
  stream.write("1" as ByteString);
  await until("it comes", () => client.received.endsWith("\r\n1\r\n1\r\n"));
  expect(client.received.split("HTTP/1.1")).toHaveLength(2);
});
