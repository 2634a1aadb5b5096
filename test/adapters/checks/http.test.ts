// HTTP checks against a server that does as its paths say; the texts are those that Consul 1.8.7 has for it.

import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSpec } from "../../../src/core/model/local.ts";
import { startTargets, type Targets } from "../../support/check-targets.ts";
import { type Around, make } from "./support.ts";

let targets: Targets;
beforeAll(async () => {
  targets = await startTargets();
});
afterAll(() => targets.close());

const SOON = { timeoutNs: 1e9 };

/** Makes it, and shows addresses by their names. */
async function get(
  path: string,
  spec: Partial<CheckSpec> = {},
  around: Partial<Around> = {},
): Promise<string> {
  const made = await make({ http: `http://${targets.http}${path}`, ...spec }, around);
  return made.replaceAll(targets.http, "TARGET").replaceAll(targets.https, "SECURE");
}

function lastAsked(): Targets["asked"][number] | undefined {
  return targets.asked.at(-1);
}

test.each([
  ["/status/200", "passing", "200 OK Output: body of 200\n"],
  ["/status/204", "passing", "204 No Content Output: "],
  ["/status/299", "passing", "299 unknown Output: body of 299\n"],
  ["/status/429", "warning", "429 Too Many Requests Output: body of 429\n"],
  ["/status/304", "critical", "304 Not Modified Output: "],
  ["/status/404", "critical", "404 Not Found Output: body of 404\n"],
  ["/status/500", "critical", "500 Internal Server Error Output: body of 500\n"],
  ["/no-reason", "passing", "200 Output: hi"],
  ["/http-1.0", "passing", "200 Fine Output: until close"],
  ["/chunks", "passing", "200 OK Output: abcde"],
  ["/gzip", "passing", "200 OK Output: zipped"],
  ["/bytes", "passing", "200 OK Output: h\ufffd\ufffdé"],
])("%s is %s", async (path, status, said) => {
  expect(await get(path)).toBe(`${status} HTTP GET http://TARGET${path}: ${said}`);
});

test.each([
  ["/slow-body", "200 OK Output: first"],
  ["/cut-short", "200 OK Output: hi"],
  ["/no-gzip", "200 OK Output: "],
])("%s is judged by its status, with so much of the body as came", async (path, said) => {
  expect(await get(path, SOON)).toBe(`passing HTTP GET http://TARGET${path}: ${said}`);
});

test("of a long body the end is kept, without a word about it", async () => {
  const made = await make({ http: `http://${targets.http}/big` }, {}, 10);
  expect(made).toMatch(/: 200 OK Output: yyyyyyyyyy$/);
});

describe("a redirect", () => {
  test.each([301, 302, 303, 307, 308])("%i is followed, and the first address is shown", async (code) => {
    const path = `/redirect/${code}/%2Fstatus%2F204`;
    expect(await get(path)).toBe(`passing HTTP GET http://TARGET${path}: 204 No Content Output: `);
  });

  test.each([
    [302, "GET", ""],
    [307, "POST", "abc"],
  ])("%i of a POST asks with %s", async (code, method, body) => {
    await get(`/redirect/${code}/%2Fstatus%2F200`, { method: "POST", body: "abc", header: [["X-A", ["1"]]] });
    expect(lastAsked()).toMatchObject({ method, body, path: "/status/200" });
    expect(lastAsked()?.headers).toContain("X-A");
  });

  test("to another machine does not tell it the secrets that were for the first", async () => {
    const there = encodeURIComponent(`http://localhost:${targets.http.split(":")[1]}/status/200`);
    const header = [
      ["Authorization", ["secret"]],
      ["X-B", ["b"]],
    ] as const;
    expect(await get(`/redirect/302/${there}`, { header })).toContain("200 OK");
    expect(lastAsked()?.headers).not.toContain("secret");
    expect(lastAsked()?.headers).toEqual(expect.arrayContaining(["X-B", "Referer"]));
  });

  test("is critical where it leads nowhere, for ever, or to what is not HTTP", async () => {
    expect(await get("/redirect/302/")).toBe(
      'critical Get "http://TARGET/redirect/302/": 302 response missing Location header',
    );
    expect(await get("/loop")).toBe('critical Get "/loop": stopped after 10 redirects');
    expect(await get(`/redirect/302/${encodeURIComponent("ftp://x/y")}`)).toBe(
      'critical Get "ftp://x/y": unsupported protocol scheme "ftp"',
    );
  });

  test("is judged as it is where that is wanted", async () => {
    expect(await get("/redirect/302/%2Fstatus%2F200", { disableRedirects: true })).toBe(
      "critical HTTP GET http://TARGET/redirect/302/%2Fstatus%2F200: 302 Found Output: moved",
    );
  });
});

describe("what is asked", () => {
  test.each<[string, Partial<CheckSpec>, readonly string[], string]>([
    ["of a GET", {}, ["Accept", "text/plain, text/*, */*", "Accept-Encoding", "gzip"], ""],
    ["of a HEAD", { method: "HEAD" }, ["Accept", "text/plain, text/*, */*"], ""],
    [
      "of a PUT with a body",
      { method: "PUT", body: "abc" },
      ["Content-Length", "3", "Accept", "text/plain, text/*, */*", "Accept-Encoding", "gzip"],
      "abc",
    ],
    [
      "of a POST without one",
      { method: "POST" },
      ["Content-Length", "0", "Accept", "text/plain, text/*, */*", "Accept-Encoding", "gzip"],
      "",
    ],
  ])("%s is what Consul asks", async (_name, spec, middle, body) => {
    await get("/status/200", spec);
    const { headers, body: sent } = lastAsked() ?? {};
    expect([headers, sent]).toEqual([
      ["Host", targets.http, "User-Agent", "Consul Health Check", ...middle, "Connection", "close"],
      body,
    ]);
  });

  test("has the definition's headers as they are written, which replace defaults of the very same name", async () => {
    await get("/status/200", {
      header: [
        ["Accept", ["a", "b"]],
        ["Host", ["my.host"]],
        ["User-Agent", ["me"]],
        ["host", ["low.host"]],
        ["x-low", ["1"]],
      ],
    });
    expect(lastAsked()?.headers).toEqual([
      ...[
        "Host",
        "my.host",
        "User-Agent",
        "me",
        "Accept",
        "a",
        "Accept",
        "b",
        "host",
        "low.host",
        "x-low",
        "1",
      ],
      ...["Accept-Encoding", "gzip", "Connection", "close"],
    ]);
  });

  test("by a URL with a user is that, with a password", async () => {
    expect(await make({ http: `http://u:p@${targets.http}/status/200#part` })).toContain("200 OK");
    expect(lastAsked()).toMatchObject({ path: "/status/200" });
    expect(lastAsked()?.headers).toContain(`Basic ${Buffer.from("u:p").toString("base64")}`);
  });
});

describe("is critical", () => {
  test.each<[string, Partial<CheckSpec>, string]>([
    [
      "nobody listens",
      { http: "http://127.0.0.1:1/x" },
      'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    ["the method is none", { method: "bad method" }, 'net/http: invalid method "bad method"'],
    [
      "a header's name is none",
      { header: [["A b", ["x"]]] },
      'Get "http://TARGET": net/http: invalid header field name "A b"',
    ],
    [
      "a header's value is none",
      { header: [["X", ["a\nb"]]] },
      'Get "http://TARGET": net/http: invalid header field value "a\\nb" for key X',
    ],
    ["it says no scheme", { http: "nope" }, 'Get "nope": unsupported protocol scheme ""'],
    ["it is no URL", { http: "http://[::1" }, `parse "http://[::1": missing ']' in host`],
    [
      "of a wrong escape",
      { http: "http://127.0.0.1/%zz" },
      'parse "http://127.0.0.1/%zz": invalid URL escape "%zz"',
    ],
    [
      "of a control character",
      { http: "http://x/\u0001" },
      'parse "http://x/\\x01": net/url: invalid control character in URL',
    ],
    ["it names no host", { http: "http:///x" }, 'Get "http:///x": http: no Host in request URL'],
    [
      "the port is none",
      { http: "http://127.0.0.1:99999/" },
      'Get "http://127.0.0.1:99999/": dial tcp: address 99999: invalid port',
    ],
  ])("when %s", async (_name, spec, why) => {
    expect(await get("", spec)).toBe(`critical ${why}`);
  });

  test("when no answer comes in time", async () => {
    expect(await get("/slow", SOON)).toBe(
      'critical Get "http://TARGET/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    );
  });

  test("when what comes is no answer", async () => {
    expect(await get("/hang-up")).toBe('critical Get "http://TARGET/hang-up": EOF');
    expect(await get("/no-http")).toBe(
      'critical Get "http://TARGET/no-http": net/http: HTTP/1.x transport connection broken: malformed HTTP status code "here"',
    );
  });
});

describe("over TLS", () => {
  const secure = (spec: Partial<CheckSpec> = {}, around: Partial<Around> = {}): Promise<string> =>
    get("", { http: `https://${targets.https}/status/200`, ...spec }, around);

  test("a server whose certificate nobody vouches for is critical, unless that is not looked at", async () => {
    expect(await secure()).toBe(
      'critical Get "https://SECURE/status/200": x509: certificate signed by unknown authority',
    );
    expect(await secure({ tlsSkipVerify: true })).toContain(
      "passing HTTP GET https://SECURE/status/200: 200 OK",
    );
  });

  test("the agent's authorities vouch for it, for the names that are in it", async () => {
    const settings = { ca: [targets.authority] };
    const tls = { tls: () => settings };
    expect(await secure({}, tls)).toContain("passing HTTP GET");
    expect(await secure({ tlsServerName: "localhost" }, tls)).toContain("passing HTTP GET");
    expect(await secure({ tlsServerName: "other.name" }, tls)).toBe(
      'critical Get "https://SECURE/status/200": x509: certificate is valid for localhost, not other.name',
    );
  });

  test("what speaks in the clear is told apart", async () => {
    expect(await secure({ http: `https://${targets.http}/` })).toBe(
      'critical Get "https://TARGET/": http: server gave HTTP response to HTTPS client',
    );
  });
});

test("a proxy of the environment is asked for what is not on this machine, by CONNECT for TLS", async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end("by proxy");
  });
  proxy.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    const [ip = "", port] = targets.https.split(":");
    const there = connect(Number(port), ip, () => socket.write("HTTP/1.1 200 Connected\r\n\r\n"));
    there
      .on("error", () => {})
      .pipe(socket)
      .on("error", () => {})
      .pipe(there);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const env = { HTTP_PROXY: `http://${address}`, https_proxy: address, NO_PROXY: "10.1.0.0/16,.inside" };
  expect(await make({ http: "http://far.invalid/x?y" }, { env })).toContain("200 OK Output: by proxy");
  expect(await make({ http: "https://far.invalid/status/200", tlsSkipVerify: true }, { env })).toContain(
    "body of 200",
  );
  expect(await make({ http: "http://a.inside:1/" }, { env })).toContain("lookup a.inside");
  expect(await get("/status/200", {}, { env })).toContain("body of 200");
  expect(asked).toEqual(["GET http://far.invalid/x?y", "CONNECT far.invalid:443"]);
  proxy.closeAllConnections();
  proxy.close();
});
