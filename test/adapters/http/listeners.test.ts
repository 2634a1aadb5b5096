import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as overHttp } from "node:http";
import { request as overHttps, type RequestOptions } from "node:https";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type PeerCertificate, TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import type { HttpServer, HttpServerOptions } from "../../../src/adapters/http/server.ts";
import { type LoadedCertificates, loadCertificates } from "../../../src/adapters/http/tls-files.ts";
import { type HttpRequest, UNIX_CLIENT } from "../../../src/core/api/http.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import { until } from "../../support/until.ts";
import { serve } from "./wire.ts";

const CERTIFICATES = join(import.meta.dirname, "certificates");
const HTTPS = {
  caFile: "ca.pem",
  caPath: "",
  certFile: "server.pem",
  keyFile: "server.key",
  verifyIncoming: false,
  minVersion: "",
  cipherSuites: "",
  handshakeTimeoutMs: 5_000,
};

const OPEN: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of OPEN.splice(0).reverse()) await close();
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "listeners-"));
  OPEN.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function pem(name: string): string {
  return readFileSync(join(CERTIFICATES, name), "utf8");
}

function secure(more: Partial<typeof HTTPS> = {}): Extract<LoadedCertificates, { ok: true }>["secure"] {
  const loaded = loadCertificates({ ...HTTPS, ...more }, CERTIFICATES);
  if (!loaded.ok) throw new Error(loaded.error);
  return loaded.secure;
}

interface Echo {
  readonly server: HttpServer;
  readonly port: number;
  readonly asked: HttpRequest[];
}

/** Answers every request with its target. */
async function echo(options: Partial<HttpServerOptions>): Promise<Echo> {
  const asked: HttpRequest[] = [];
  const { server, port } = await serve((self, id, request) => {
    asked.push(request);
    self().respond(id, { status: 200, headers: [], body: request.target as ByteString });
  }, options);
  OPEN.push(() => server.close());
  return { server, port, asked };
}

function httpsEcho(verifiesClients = false, more: Partial<HttpServerOptions> = {}): Promise<Echo> {
  return echo({
    listen: [{ secure: true, host: "127.0.0.1", port: 0 }],
    tls: { secure: secure({ verifyIncoming: verifiesClients }), verifiesClients, handshakeTimeoutMs: 5_000 },
    ...more,
  });
}

interface Got {
  readonly body: string;
  readonly certificate: PeerCertificate | undefined;
}

function ask(options: RequestOptions, tls = true): Promise<Got> {
  return new Promise((resolve, reject) => {
    const send = tls ? overHttps : overHttp;
    const ca = pem("ca.pem");
    const sent = send({ ca, host: "127.0.0.1", path: "/hello", agent: false, ...options }, (answer) => {
      const { socket } = answer;
      const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
      let body = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      answer.on("end", () => resolve({ body, certificate }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("a unix socket", () => {
  test("is listened on beside an address, has the mode that was asked for, and is gone at the end", async () => {
    const path = join(directory(), "a.sock");
    const { server, port, asked } = await echo({
      listen: [
        { secure: false, host: "127.0.0.1", port: 0 },
        { secure: false, path },
      ],
      unixSockets: { user: "", group: "", mode: "0620" },
    });
    expect((await ask({ socketPath: path }, false)).body).toBe("/hello");
    expect((await ask({ port }, false)).body).toBe("/hello");
    expect(asked.map(({ remote }) => remote)).toEqual([UNIX_CLIENT, "127.0.0.1"]);
    expect(statSync(path).mode & 0o777).toBe(0o620);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test("is where a client comes from whatever its request looks like", async () => {
    const path = join(directory(), "a.sock");
    const { asked } = await echo({ listen: [{ secure: false, path }], road: "koa" });
    await ask({ socketPath: path }, false);
    expect(asked[0]?.remote).toBe(UNIX_CLIENT);
  });

  test("takes the place of one that a dead agent left behind", async () => {
    const path = join(directory(), "a.sock");
    await leaveSocketBehind(path);
    const replaced: string[] = [];
    await echo({ listen: [{ secure: false, path }], onReplaced: (each) => replaced.push(each) });
    expect(replaced).toEqual([path]);
    expect((await ask({ socketPath: path }, false)).body).toBe("/hello");
  });

  test("does not take the place of one that is listened on, nor of a file", async () => {
    const folder = directory();
    const [taken, file] = [join(folder, "a.sock"), join(folder, "file")];
    await echo({ listen: [{ secure: false, path: taken }] });
    await expect(echo({ listen: [{ secure: false, path: taken }] })).rejects.toThrow("EADDRINUSE");
    writeFileSync(file, "precious");
    await expect(echo({ listen: [{ secure: false, path: file }] })).rejects.toThrow("EADDRINUSE");
    expect(readFileSync(file, "utf8")).toBe("precious");
    expect((await ask({ socketPath: taken }, false)).body).toBe("/hello");
  });

  test.each([
    [{ user: "no-such-user" }, "failed to look up user no-such-user: user: unknown user no-such-user"],
    [{ group: "staff" }, "invalid group specified: staff"],
    [{ mode: "abc" }, "invalid mode specified: 0"],
    [{ mode: "0999" }, "invalid mode specified: 0"],
  ])("of %o cannot be", async (more, fault) => {
    const path = join(directory(), "a.sock");
    const unixSockets = { user: "", group: "", mode: "", ...more };
    await expect(echo({ listen: [{ secure: false, path }], unixSockets })).rejects.toThrow(
      `Failed setting up socket: ${fault}`,
    );
    expect(existsSync(path)).toBe(false);
  });
});

/** A socket without anybody behind it: Node removes those that it closes, so it is another one's name. */
async function leaveSocketBehind(path: string): Promise<void> {
  const { renameSync } = await import("node:fs");
  const server = createServer().listen(`${path}.was`);
  await once(server, "listening");
  renameSync(`${path}.was`, path);
  server.close();
  await once(server, "close");
}

describe("HTTPS", () => {
  test("answers as HTTP does, on a unix socket too", async () => {
    const path = join(directory(), "a.sock");
    const { port } = await httpsEcho(false, {
      listen: [
        { secure: true, host: "127.0.0.1", port: 0 },
        { secure: true, path },
      ],
    });
    expect((await ask({ port })).body).toBe("/hello");
    expect((await ask({ socketPath: path, servername: "localhost" })).body).toBe("/hello");
  });

  test("takes what comes in chunks, and whole bodies, over one connection", async () => {
    const { port, asked } = await httpsEcho();
    const socket = connectTls({ host: "127.0.0.1", port, ca: pem("ca.pem") });
    let told = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      told += chunk;
    });
    const head = "PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\n";
    socket.write(
      `${head}Content-Length: 2\r\n\r\nhi${head}Transfer-Encoding: chunked\r\n\r\n3\r\nyou\r\n0\r\n\r\n`,
    );
    await until("both are answered", () => told.split("HTTP/1.1 200 OK").length === 3);
    expect(asked.map(({ body }) => Buffer.from(body).toString())).toEqual(["hi", "you"]);
    expect(asked.map(({ remote }) => remote)).toEqual(["127.0.0.1", "127.0.0.1"]);
    socket.destroy();
  });

  test("wants a certificate of its authorities where that is configured", async () => {
    const { port } = await httpsEcho(true);
    await expect(ask({ port })).rejects.toThrow();
    const { body } = await ask({ port, cert: pem("client.pem"), key: pem("client.key") });
    expect(body).toBe("/hello");
  });

  test("shows new certificates to new connections", async () => {
    const { port, server } = await httpsEcho();
    expect((await ask({ port })).certificate?.subject.CN).toBe("server.dc1.consul");
    server.setCertificates(secure({ certFile: "other.pem", keyFile: "other.key" }));
    expect((await ask({ port })).certificate?.subject.CN).toBe("other.dc1.consul");
  });

  test("tells who speaks HTTP that this is HTTPS", async () => {
    const { port } = await httpsEcho();
    const socket = connect(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let told = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      told += chunk;
    });
    await once(socket, "close");
    expect(told).toBe("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
  });

  test("ends connections that never begin, and those that are no TLS", async () => {
    const failed: string[] = [];
    const { port } = await httpsEcho(false, {
      tls: { secure: secure(), verifiesClients: false, handshakeTimeoutMs: 50 },
      onHandshakeFailed: ({ message }) => failed.push(message),
    });
    const silent = connect(port, "127.0.0.1").resume();
    const noise = connect(port, "127.0.0.1").resume();
    noise.on("error", () => {});
    noise.write(Buffer.from([22, 3, 1, 255, 255, 9, 9, 9, 9, 9, 9]));
    await Promise.all([once(silent, "close"), once(noise, "close")]);
    expect(failed).toHaveLength(1);
  });

  test("closes with connections whose handshake is not done", async () => {
    const { port, server } = await httpsEcho();
    const silent = connect(port, "127.0.0.1").resume();
    await once(silent, "connect");
    const closed = once(silent, "close");
    silent.on("error", () => {});
    await server.close();
    await closed;
  });
});

describe("certificates", () => {
  test.each([
    [{ verifyIncoming: true, caFile: "" }, "VerifyIncoming set but no CA certificates were provided"],
    [
      { verifyIncoming: true, certFile: "" },
      "VerifyIncoming requires either a Cert and Key pair in the configuration file, or auto_encrypt/auto_config be enabled",
    ],
    [{ keyFile: "client.key" }, "Failed to load cert/key pair: tls: private key does not match public key"],
    [{ certFile: "nope.pem" }, "Failed to load cert/key pair: open nope.pem: no such file or directory"],
    [
      { certFile: "make.sh" },
      "Failed to load cert/key pair: tls: failed to find any PEM data in certificate input",
    ],
    [{ caFile: "nope.pem" }, "Error loading from nope.pem: open nope.pem: no such file or directory"],
    [{ caFile: "server.key" }, "Error loading from server.key: it holds no certificate"],
    [
      { minVersion: "tls99" },
      "TLSMinVersion: value tls99 not supported, please specify one of [tls10, tls11, tls12, tls13]",
    ],
  ])("of %o cannot be", (more, error) => {
    expect(loadCertificates({ ...HTTPS, ...more }, CERTIFICATES)).toEqual({ ok: false, error });
  });

  test("of ciphers by Go's names keep those of TLS 1.3", () => {
    expect(secure({ cipherSuites: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" }).ciphers).toBe(
      "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256",
    );
  });

  test("are none where none are configured", () => {
    expect(secure({ certFile: "", keyFile: "", caFile: "" })).toEqual({ minVersion: "TLSv1.2" });
  });
});

test("the limit of connections can be raised while it serves", async () => {
  const { port, server } = await echo({ maxConnectionsPerClient: 1 });
  const first = connect(port, "127.0.0.1").resume();
  await once(first, "connect");
  await expect(ask({ port }, false).then(({ body }) => body)).resolves.toMatch(/too many/);
  server.setMaxConnectionsPerClient(2);
  expect((await ask({ port }, false)).body).toBe("/hello");
  first.destroy();
});
