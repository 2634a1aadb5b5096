// Checks that connect and say little: TCP, UDP, gRPC and HTTP/2 pings; the texts of TCP and gRPC are those of Consul 1.8.7.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTargets, type Targets } from "../../support/check-targets.ts";
import { make } from "./support.ts";

let targets: Targets;
beforeAll(async () => {
  targets = await startTargets();
});
afterAll(() => targets.close());

const SOON = { timeoutNs: 1e9 };
const ANY_CERTIFICATE = { tlsSkipVerify: true };

describe("TCP", () => {
  test("passes when it can connect, by number or by name", async () => {
    expect(await make({ tcp: targets.silent })).toBe(`passing TCP connect ${targets.silent}: Success`);
    const byName = `localhost:${targets.silent.split(":")[1]}`;
    expect(await make({ tcp: byName })).toBe(`passing TCP connect ${byName}: Success`);
  });

  test("tries the other family where nobody answers in the first", async () => {
    const server = createServer().listen(0, "::1");
    await Promise.race([once(server, "listening"), once(server, "error")]);
    const address = server.address();
    // A machine without IPv6 has nothing to show.
    if (address === null || typeof address === "string") return;
    expect(await make({ tcp: `localhost:${address.port}` })).toContain("passing");
    expect(await make({ tcp: `[::1]:${address.port}` })).toContain("passing");
    server.close();
  });

  test.each([
    ["127.0.0.1:1", "dial tcp 127.0.0.1:1: connect: connection refused"],
    ["[::1]:1", /^critical dial tcp \[::1\]:1: connect: /],
    ["localhost", "dial tcp: address localhost: missing port in address"],
    ["a:b:c", "dial tcp: address a:b:c: too many colons in address"],
    ["[::1", "dial tcp: address [::1: missing ']' in address"],
    ["127.0.0.1:99999", "dial tcp: address 99999: invalid port"],
    ["127.0.0.1:no-such-port", "dial tcp: address tcp/no-such-port: unknown port"],
    ["no-such-name.invalid:80", /^critical dial tcp: lookup no-such-name\.invalid/],
  ])("is critical for %s", async (tcp, why) => {
    const made = await make({ tcp });
    if (typeof why === "string") expect(made).toBe(`critical ${why}`);
    else expect(made).toMatch(why);
  });

  test("passes over TLS when the handshake does", async () => {
    const tls = { tcpUseTls: true };
    expect(await make({ tcp: targets.https, ...tls, ...ANY_CERTIFICATE })).toBe(
      `passing TCP+TLS connect ${targets.https}: Success`,
    );
    expect(await make({ tcp: targets.https, ...tls })).toBe(
      "critical x509: certificate signed by unknown authority",
    );
    expect(await make({ tcp: targets.greeting, ...tls })).toBe(
      "critical tls: first record does not look like a TLS handshake",
    );
    expect(await make({ tcp: targets.silent, ...tls, ...SOON })).toBe("critical context deadline exceeded");
  });
});

describe("UDP", () => {
  test("passes when something comes back, or nothing in time", async () => {
    const echo = createSocket("udp4", (_, from) => echo.send("x", from.port, from.address));
    const quiet = createSocket("udp4");
    for (const socket of [echo, quiet]) {
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
    }
    const at = (socket: typeof echo): string => `127.0.0.1:${socket.address().port}`;
    expect(await make({ udp: at(echo), timeoutNs: 60e9 })).toBe(`passing UDP connect ${at(echo)}: Success`);
    expect(await make({ udp: at(quiet), timeoutNs: 2e8 })).toBe(`passing UDP connect ${at(quiet)}: Success`);
    const gone = at(quiet);
    quiet.close();
    expect(await make({ udp: gone, timeoutNs: 60e9 })).toBe(
      `critical read udp ${gone}: read: connection refused`,
    );
    echo.close();
  });
});

describe("gRPC", () => {
  const ask = (service: string): Promise<string> =>
    make({ grpc: `${targets.grpc}/${service}`, timeoutNs: 60e9 });

  test("passes when the server, or the service, serves", async () => {
    expect(await make({ grpc: targets.grpc })).toBe(`passing gRPC check ${targets.grpc}: success`);
    expect(await ask("a/b")).toBe(`passing gRPC check ${targets.grpc}/a/b: success`);
    expect(await make({ grpc: targets.grpcTls, grpcUseTls: true, ...ANY_CERTIFICATE })).toContain("passing");
  });

  test.each([
    ["not-serving", "gRPC application didn't report service healthy"],
    ["unknown", "gRPC application didn't report service healthy"],
    ["missing", "rpc error: code = NotFound desc = unknown service A"],
    ["broken", "rpc error: code = Internal desc = boom"],
    ["strange", "rpc error: code = Code(99) desc = x"],
    ["empty", "EOF"],
    [
      "html",
      'rpc error: code = Unknown desc = OK: HTTP status code 200; transport: received the unexpected content-type "text/html"',
    ],
    [
      "http-404",
      'rpc error: code = Unimplemented desc = Not Found: HTTP status code 404; transport: received the unexpected content-type "text/html"',
    ],
    [
      "http-503",
      'rpc error: code = Unavailable desc = Service Unavailable: HTTP status code 503; transport: received the unexpected content-type "text/plain"',
    ],
    [
      "reset",
      "rpc error: code = Internal desc = stream terminated by RST_STREAM with error code: INTERNAL_ERROR",
    ],
    ["leaving", "rpc error: code = Unavailable desc = transport is closing"],
    ["no-status", "rpc error: code = Internal desc = server closed the stream without sending trailers"],
    [
      "nonsense",
      "rpc error: code = Internal desc = grpc: failed to unmarshal the received message unexpected EOF",
    ],
  ])("is critical for a service that is %s", async (service, why) => {
    expect(await ask(service)).toBe(`critical ${why}`);
  });

  test("is critical for who does not answer in time, and for who is no gRPC server", async () => {
    const late = "critical rpc error: code = DeadlineExceeded desc = context deadline exceeded";
    expect(await make({ grpc: `${targets.grpc}/slow`, ...SOON })).toBe(late);
    expect(await make({ grpc: targets.silent, ...SOON })).toBe(late);
    const closed = "critical rpc error: code = Unavailable desc = connection closed";
    for (const grpc of [targets.http, targets.greeting, targets.closing])
      expect(await make({ grpc })).toBe(closed);
    const connecting = "critical rpc error: code = Unavailable desc = connection error: desc =";
    expect(await make({ grpc: "127.0.0.1:1" })).toBe(
      `${connecting} "transport: Error while dialing dial tcp 127.0.0.1:1: connect: connection refused"`,
    );
    expect(await make({ grpc: targets.grpcTls, grpcUseTls: true })).toBe(
      `${connecting} "transport: authentication handshake failed: x509: certificate signed by unknown authority"`,
    );
  });
});

describe("a ping of HTTP/2", () => {
  test("passes when it is acknowledged, over TLS unless that is not wanted", async () => {
    const well = "passing HTTP2 ping was successful";
    expect(await make({ h2ping: targets.grpcTls, ...ANY_CERTIFICATE })).toBe(well);
    expect(await make({ h2ping: targets.grpc, h2pingUseTls: false })).toBe(well);
  });

  test("is critical when it is not", async () => {
    expect(await make({ h2ping: "127.0.0.1:1" })).toBe(
      "critical Failed to dial to 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused",
    );
    expect(await make({ h2ping: targets.grpcTls })).toBe(
      `critical Failed to dial to ${targets.grpcTls}: x509: certificate signed by unknown authority`,
    );
    expect(await make({ h2ping: targets.silent, h2pingUseTls: false, ...SOON })).toBe(
      "critical HTTP2 ping failed: context deadline exceeded",
    );
    expect(await make({ h2ping: targets.closing, h2pingUseTls: false })).toBe(
      "critical HTTP2 ping failed: http2: client connection lost",
    );
  });
});
