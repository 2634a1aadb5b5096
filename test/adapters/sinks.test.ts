// Measurements on their way to statsd, statsite and DogStatsD, over real sockets of this machine.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Say } from "../../src/adapters/agent-http.ts";
import { dogstatsdLine, packets, statsdLine } from "../../src/adapters/sinks/lines.ts";
import { type Measured, openSinks, type Sinks } from "../../src/adapters/sinks/sinks.ts";
import type { TelemetrySettings } from "../../src/core/api/telemetry.ts";
import { metricKey } from "../../src/core/lib/metric-key.ts";
import { countMetric, createMetrics, type Metrics, sampleMetric } from "../../src/core/lib/metrics.ts";

const TELEMETRY: TelemetrySettings = {
  prefix: "consul",
  hostname: "host1",
  prometheusRetentionMs: 0,
  filters: [{ prefix: "consul.raft", shown: false }],
  shownByDefault: true,
  forwards: true,
};
const NOWHERE = { statsd: "", statsite: "", dogstatsd: "", dogstatsdTags: [] } as const;

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function measuring(
  gauges: readonly (readonly [string, number])[] = [],
): Measured & { readonly own: Metrics } {
  const own = createMetrics(0, 0, false, true);
  return { own, metrics: [own], telemetry: () => TELEMETRY, gauges: () => gauges };
}

function start(settings: Partial<typeof NOWHERE> | object, measured: Measured, said: string[] = []): Sinks {
  const say: Say = (level, message, fields) =>
    said.push(`${level} ${message} ${Object.values(fields ?? {})[0]}`);
  const sinks = openSinks({ ...NOWHERE, ...settings }, say, measured);
  ends.push(() => sinks.close());
  return sinks;
}

async function datagrams(): Promise<{ readonly socket: Socket; readonly address: string }> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  ends.push(() => socket.close());
  return { socket, address: `127.0.0.1:${socket.address().port}` };
}

/** All lines until one of them is the one that is waited for. */
async function linesUntil(socket: Socket, last: string): Promise<string[]> {
  const lines: string[] = [];
  while (!lines.includes(last)) {
    const [packet] = (await once(socket, "message")) as [Buffer];
    lines.push(...packet.toString().split("\n"));
  }
  return lines;
}

describe("measurements", () => {
  test("go to statsd by Consul's names: counts added up, each sample, states with the host in their name", async () => {
    const { socket, address } = await datagrams();
    const measured = measuring([["runtime.sys_bytes", 12]]);
    countMetric(measured.own, "client.rpc");
    countMetric(measured.own, "client.rpc", 2);
    countMetric(measured.own, "raft.apply");
    sampleMetric(measured.own, "kvs.apply", 0.5);
    sampleMetric(measured.own, "kvs.apply", 0.25);
    sampleMetric(measured.own, metricKey("dns.domain_query", "node", "n 1"), 2);
    start({ statsd: address }, measured);
    expect(await linesUntil(socket, "consul.host1.runtime.sys_bytes:12.000000|g")).toEqual([
      "consul.client.rpc:3.000000|c",
      "consul.kvs.apply:0.500000|ms",
      "consul.kvs.apply:0.250000|ms",
      "consul.dns.domain_query.n_1:2.000000|ms",
      "consul.host1.runtime.sys_bytes:12.000000|g",
    ]);
    countMetric(measured.own, "client.rpc");
    await linesUntil(socket, "consul.client.rpc:1.000000|c");
  });

  test("go to DogStatsD with its tags and without the host in any name", async () => {
    const { socket, address } = await datagrams();
    const measured = measuring([["runtime.sys_bytes", 12]]);
    countMetric(measured.own, "client.rpc");
    countMetric(measured.own, metricKey("health.service.query", "service", "web"));
    start({ dogstatsd: address, dogstatsdTags: ["team:a", "b"] }, measured);
    expect(await linesUntil(socket, "consul.runtime.sys_bytes:12.000000|g|#team:a,b")).toEqual([
      "consul.client.rpc:1|c|#team:a,b",
      "consul.health.service.query:1|c|#team:a,b,service:web",
      "consul.runtime.sys_bytes:12.000000|g|#team:a,b",
    ]);
  });

  test("go to statsite over one connection", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => server.close());
    const measured = measuring();
    countMetric(measured.own, "client.rpc");
    start({ statsite: `127.0.0.1:${(server.address() as AddressInfo).port}` }, measured);
    const [connection] = (await once(server, "connection")) as [import("node:net").Socket];
    ends.push(() => connection.destroy());
    const [bytes] = (await once(connection, "data")) as [Buffer];
    expect(bytes.toString()).toBe("consul.client.rpc:1.000000|c\n");
  });

  test("are lost where nobody gathers them, which the log is told once", async () => {
    const { socket, address } = await datagrams();
    const measured = measuring([["a", 1]]);
    const said: string[] = [];
    start({ statsd: address, statsite: "127.0.0.1:1", dogstatsd: "nonsense" }, measured, said);
    await linesUntil(socket, "consul.host1.a:1.000000|g");
    for (let rounds = 0; rounds < 3; rounds++) {
      countMetric(measured.own, "client.rpc");
      await linesUntil(socket, "consul.client.rpc:1.000000|c");
    }
    expect(said).toEqual([
      "error Error sending to dogstatsd nonsense",
      "error Error sending to statsite 127.0.0.1:1",
    ]);
  });
});

describe("lines", () => {
  test("keep what the protocol uses itself out of names", () => {
    expect(statsdLine("a b:c|d", 1, "g")).toBe("a_b_c_d:1.000000|g\n");
    expect(dogstatsdLine("a", 2.5, "ms", [])).toBe("a:2.500000|ms\n");
  });

  test("go together as long as they fit into a packet", () => {
    expect(packets(["aa\n", "bb\n", "cc\n", `${"d".repeat(9)}\n`], 5)).toEqual(["aa\nbb", "cc", "ddddddddd"]);
  });
});
