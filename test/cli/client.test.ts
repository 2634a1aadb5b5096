import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Asked, answering, inDirectory, listen, run, runAgainst } from "./support.ts";

const RELOAD = { "PUT /v1/agent/reload": "" };
const RELOADED = { code: 0, stdout: "Configuration reload triggered\n", stderr: "" };

function vector(name: string): string {
  return join(import.meta.dirname, "../vectors/tls", name);
}

describe("where the agent is", () => {
  test.each([
    ["a flag", (address: string) => ["reload", "-http-addr", address]],
    ["with a scheme", (address: string) => ["reload", `-http-addr=http://${address}`]],
  ])("%s says it", async (_, argv) => {
    const asked: Asked[] = [];
    const server = createServer(answering(RELOAD, asked));
    const close = await listen(server);
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ran = await run(argv(address), { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } });
    await close();
    expect(ran).toMatchObject(RELOADED);
    expect(asked[0]?.headers.host).toBe(address);
  });

  test("the environment says it when no flag does", async () => {
    expect(await runAgainst(RELOAD, ["reload"])).toMatchObject(RELOADED);
  });

  test("a path after the address goes before every path", async () => {
    const asked: Asked[] = [];
    const server = createServer(answering({ "PUT /consul/v1/agent/reload": "" }, asked));
    const close = await listen(server);
    const { port } = server.address() as AddressInfo;
    const ran = await run(["reload", `-http-addr=http://127.0.0.1:${port}/consul/`]);
    await close();
    expect(ran).toMatchObject(RELOADED);
  });

  test("it may be a unix socket", () =>
    inDirectory(async (directory) => {
      const path = join(directory, "http.sock");
      const close = await listen(createServer(answering(RELOAD, [])), path);
      const ran = await run(["reload", `-http-addr=unix://${path}`]);
      await close();
      expect(ran).toMatchObject(RELOADED);
    }));

  test.each<[string, string[], Record<string, string>, string]>([
    [
      "nobody listens",
      ["-http-addr=127.0.0.1:1"],
      {},
      'Error reloading: Put "http://127.0.0.1:1/v1/agent/reload": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    [
      "nobody listens on IPv6",
      ["-http-addr=[::1]:1"],
      {},
      'Error reloading: Put "http://[::1]:1/v1/agent/reload": dial tcp [::1]:1: connect: connection refused',
    ],
    [
      "an address without a host is this machine",
      ["-http-addr=:1"],
      {},
      'Error reloading: Put "http://:1/v1/agent/reload": dial tcp :1: connect: connection refused',
    ],
    [
      "a port that cannot be",
      ["-http-addr=127.0.0.1:99999"],
      {},
      'Error reloading: Put "http://127.0.0.1:99999/v1/agent/reload": dial tcp: address 99999: invalid port',
    ],
    [
      "an address with too many colons",
      ["-http-addr=a:b:c"],
      {},
      'Error reloading: Put "http://a:b:c/v1/agent/reload": dial tcp: lookup a:b:c: no such host',
    ],
    [
      "a socket that is not there",
      ["-http-addr=unix:///no/such.sock"],
      {},
      'Error reloading: Put "http://%2Fno%2Fsuch.sock/v1/agent/reload": dial unix /no/such.sock: connect: no such file or directory',
    ],
    [
      "a scheme that nobody speaks",
      ["-http-addr=ftp://x"],
      {},
      "Error connecting to Consul agent: Unknown protocol scheme: ftp",
    ],
    [
      "http:// does not take TLS back",
      ["-http-addr=http://127.0.0.1:1"],
      { CONSUL_HTTP_SSL: "1" },
      'Error reloading: Put "https://127.0.0.1:1/v1/agent/reload": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    [
      "a token file that is not there",
      ["-token-file=/no/such"],
      {},
      "Error connecting to Consul agent: Error loading token file: open /no/such: no such file or directory",
    ],
    [
      "half a pair of certificate and key",
      ["-client-cert=/no/such"],
      {},
      "Error connecting to Consul agent: both client cert and client key must be provided",
    ],
    [
      "a certificate that is not there",
      ["-client-cert=/no/such", "-client-key=/no/such"],
      {},
      "Error connecting to Consul agent: open /no/such: no such file or directory",
    ],
    [
      "authorities that are not there",
      ["-ca-file=/no/such"],
      {},
      "Error connecting to Consul agent: Error loading CA File: open /no/such: no such file or directory",
    ],
    [
      "a directory that is not there",
      ["-ca-path=/no/such"],
      {},
      "Error connecting to Consul agent: lstat /no/such: no such file or directory",
    ],
  ])("%s", async (_, flags, env, text) => {
    expect(await run(["reload", ...flags], { env })).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `${text}\n`,
    });
  });

  test("an environment variable that is no boolean is told of and passed over", async () => {
    const ran = await runAgainst(RELOAD, ["reload"], { env: { CONSUL_HTTP_SSL: "maybe" } });
    expect(ran).toMatchObject({ code: 0, stdout: RELOADED.stdout });
    expect(ran.stderr).toMatch(
      /^\S+Z \[WARN\] {2}consul-api: could not parse CONSUL_HTTP_SSL: error="strconv\.ParseBool: parsing "maybe": invalid syntax"\n$/,
    );
  });

  test("an agent that hangs up is told of", async () => {
    const server = createTcpServer((socket) => socket.destroy());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const ran = await run(["reload", `-http-addr=127.0.0.1:${port}`]);
    await new Promise((done) => server.close(done));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(
      /^Error reloading: Put "http:\S+": (EOF|read tcp .*connection reset by peer)\n$/,
    );
  });
});

describe("who asks", () => {
  async function tokenFor(flags: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> {
    const { asked } = await runAgainst(RELOAD, ["reload", ...flags], { env });
    return asked[0]?.headers["x-consul-token"];
  }

  test("the token comes from the nearest place that has one", () =>
    inDirectory(async (directory) => {
      const file = join(directory, "token");
      writeFileSync(file, " from-file\n");
      const env = { CONSUL_HTTP_TOKEN: "from-env" };
      expect(await tokenFor([], {})).toBeUndefined();
      expect(await tokenFor([], env)).toBe("from-env");
      expect(await tokenFor([], { ...env, CONSUL_HTTP_TOKEN_FILE: file })).toBe("from-file");
      expect(await tokenFor(["-token=from-flag"], { ...env, CONSUL_HTTP_TOKEN_FILE: file })).toBe(
        "from-flag",
      );
      expect(await tokenFor(["-token=from-flag", `-token-file=${file}`], env)).toBe("from-file");
    }));

  test.each([
    ["user:password", "user:password"],
    ["user", "user:"],
  ])("basic authentication as %s", async (given, sent) => {
    const { asked } = await runAgainst(RELOAD, ["reload"], { env: { CONSUL_HTTP_AUTH: given } });
    expect(asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from(sent).toString("base64")}`);
  });
});

describe("TLS", () => {
  async function againstTls(
    flags: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const server = createTlsServer(
      { cert: readFileSync(vector("server.pem")), key: readFileSync(vector("server-key.pem")) },
      answering(RELOAD, []),
    );
    const close = await listen(server);
    const { port } = server.address() as AddressInfo;
    const ran = await run(["reload", `-http-addr=https://127.0.0.1:${port}`, ...flags], { env });
    await close();
    return ran.code === 0 ? "reloaded" : ran.stderr.replace(/.*": /, "");
  }

  test.each<[string, string[], Record<string, string>, string]>([
    ["a certificate of a known authority is taken", [`-ca-file=${vector("ca.pem")}`], {}, "reloaded"],
    ["known from the environment", [], { CONSUL_CACERT: vector("ca.pem") }, "reloaded"],
    ["one of an unknown authority is not", [], {}, "x509: certificate signed by unknown authority\n"],
    ["unless nobody is to look", [], { CONSUL_HTTP_SSL_VERIFY: "false" }, "reloaded"],
    [
      "the name to expect can be said",
      [`-ca-file=${vector("ca.pem")}`, "-tls-server-name=server.dc1.consul"],
      {},
      "reloaded",
    ],
  ])("%s", async (_, flags, env, outcome) => {
    expect(await againstTls(flags, env)).toBe(outcome);
  });

  test("authorities may lie in a directory", () =>
    inDirectory(async (directory) => {
      writeFileSync(join(directory, "ca.pem"), readFileSync(vector("ca.pem")));
      expect(await againstTls([`-ca-path=${directory}`])).toBe("reloaded");
    }));

  test("a wrong name is told of", async () => {
    const flags = [`-ca-file=${vector("ca.pem")}`, "-tls-server-name=elsewhere.example"];
    expect(await againstTls(flags)).toMatch(/^x509: /);
  });

  test("an agent that does not speak it is told of", async () => {
    const ran = await runAgainst({}, ["reload"], { env: { CONSUL_HTTP_SSL: "true" } });
    expect(ran.stderr).toMatch(/: http: server gave HTTP response to HTTPS client\n$/);
  });
});
