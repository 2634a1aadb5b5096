// Checks that agents make: each is registered at both, of the very same target (test/support/check-targets.ts), and must come
// to the same status with the same words.

import { startTargets, type Targets } from "../../test/support/check-targets.ts";
import { ask, type Case, type Group, get, put } from "./cases.ts";

/** A place of its own, known beforehand: cases are written down before anything listens. */
const IP = `127.${100 + (process.pid % 100)}.199.1`;
const PORTS = [7701, 7702, 7703, 7704, 7705, 7706, 7707] as const;
const [HTTP, HTTPS, GRPC, GRPC_TLS, SILENT, GREETING, CLOSING] = PORTS.map((port) => `${IP}:${port}`);

export function startCheckTargets(): Promise<Targets> {
  return startTargets(IP, PORTS);
}

interface Made {
  readonly id: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** In what it says once it has been made. */
  readonly says: string;
}

function made(id: string, fields: Made["fields"], says: string): Made {
  return { id, fields, says };
}

function http(path: string, says: string, more: Made["fields"] = {}): Made {
  const id = `http${path}${Object.keys(more).join("")}`.replace(/[^a-z0-9]+/gi, "-");
  return made(id, { HTTP: `http://${HTTP}${path}`, ...more }, says);
}

const to = encodeURIComponent;

const CONNECTIONS: readonly Made[] = [
  ...[
    "200 OK",
    "201 Created",
    "204 No Content",
    "304 Not Modified",
    "404 Not Found",
    "429 Too Many",
    "503 Service",
  ].map((line) => http(`/status/${line.slice(0, 3)}`, `: ${line}`)),
  ...[301, 302, 303, 307, 308].map((code) =>
    http(`/redirect/${code}/${to("/status/204")}`, ": 204 No Content"),
  ),
  http("/redirect/302/", "missing Location header"),
  http(`/redirect/302/${to("ftp://x/y")}`, "unsupported protocol"),
  http("/loop", "stopped after 10"),
  http("/big", "yyy"),
  http("/big", ": yyyyyyyyyy", { OutputMaxSize: 10 }),
  http("/gzip", ": zipped"),
  http("/no-reason", ": hi"),
  http("/http-1.0", ": until close"),
  http("/chunks", ": abcde"),
  http("/hang-up", ": EOF"),
  http("/slow", "context deadline exceeded", { Timeout: "300ms" }),
  http("/status/200", "HTTP PUT", { Method: "PUT", Body: "x" }),
  http("/status/200", "HTTP HEAD", { Method: "HEAD", Header: { "X-A": ["1", "2"] } }),
  made("http-method", { HTTP: `http://${HTTP}/`, Method: "bad method" }, "invalid method"),
  made("http-header", { HTTP: `http://${HTTP}/`, Header: { "A b": ["x"] } }, "invalid header field name"),
  made("http-user", { HTTP: `http://u:p@${HTTP}/status/200` }, "200 OK"),
  made("http-refused", { HTTP: `http://${IP}:1/x`, Method: "POST" }, "connection refused"),
  made("http-no-scheme", { HTTP: "nope" }, "unsupported protocol"),
  made("http-no-url", { HTTP: "http://[::1" }, "missing ']'"),
  made("http-escape", { HTTP: `http://${IP}/%zz` }, "invalid URL escape"),
  made("http-no-host", { HTTP: "http:///x" }, "no Host"),
  made("http-port", { HTTP: `http://${IP}:99999/` }, "invalid port"),
  made("https", { HTTP: `https://${HTTPS}/status/200`, TLSSkipVerify: true }, "200 OK"),
  made("https-name", { HTTP: `https://${HTTPS}/status/200` }, "x509"),
  made("https-in-the-clear", { HTTP: `https://${HTTP}/` }, "HTTP response to HTTPS"),
  made("tcp", { TCP: SILENT }, "Success"),
  made("tcp-refused", { TCP: `${IP}:1` }, "connection refused"),
  made("tcp-v6", { TCP: "[::1]:1" }, "[::1]:1"),
  ...["localhost", "a:b:c", "[::1", `${IP}:99999`, `${IP}:no-such-port`].map((address, at) =>
    made(`tcp-wrong-${at}`, { TCP: address }, "address"),
  ),
  made("grpc", { GRPC }, "success"),
  made("grpc-service", { GRPC: `${GRPC}/a/b` }, "success"),
  ...[
    "not-serving",
    "unknown",
    "missing",
    "broken",
    "strange",
    "empty",
    "html",
    "http-404",
    "http-503",
    "reset",
  ].map((service) =>
    made(`grpc-${service}`, { GRPC: `${GRPC}/${service}` }, service === "empty" ? "EOF" : "e"),
  ),
  ...["leaving", "no-status", "nonsense"].map((service) =>
    made(`grpc-${service}`, { GRPC: `${GRPC}/${service}` }, "rpc"),
  ),
  made("grpc-slow", { GRPC: `${GRPC}/slow`, Timeout: "300ms" }, "DeadlineExceeded"),
  made("grpc-refused", { GRPC: `${IP}:1` }, "connection refused"),
  made("grpc-no-port", { GRPC: IP }, "missing port"),
  made("grpc-http", { GRPC: HTTP }, "connection closed"),
  made("grpc-greeting", { GRPC: GREETING }, "connection closed"),
  made("grpc-closing", { GRPC: CLOSING }, "connection closed"),
  made("grpc-tls", { GRPC: GRPC_TLS, GRPCUseTLS: true, TLSSkipVerify: true }, "success"),
  made("grpc-tls-name", { GRPC: GRPC_TLS, GRPCUseTLS: true }, "x509"),
  made("grpc-tls-in-the-clear", { GRPC, GRPCUseTLS: true }, "does not look like"),
];

function script(id: string, line: string, says: string, more: Made["fields"] = {}): Made {
  return made(id, { Args: ["sh", "-c", line], ...more }, says);
}

function container(name: string, says: string): Made {
  return made(`docker-${name}`, { DockerContainerID: name, Args: ["check", "arg"] }, says);
}

const PROGRAMS: readonly Made[] = [
  ...[0, 1, 2, 127, 255].map((code) => script(`exit-${code}`, `echo out; echo err >&2; exit ${code}`, "err")),
  script("signal", "echo so far; kill -9 $$", "so far"),
  script("long", "head -c 6000 /dev/zero | tr '\\0' x; echo end", "end"),
  script("short", "printf 12345678900", "78900", { OutputMaxSize: 5 }),
  script("stdin", "cat; echo end", "end"),
  script("devices", "echo in > /dev/stderr; echo out > /dev/stdout", "out"),
  script("late", "echo begun; sleep 60", "Timed out", { Timeout: "300ms" }),
  script("late-quiet", "sleep 60", "Timed out", { Timeout: "1.5s" }),
  script("daemon", "sleep 60 & echo left", "Timed out", { Timeout: "300ms" }),
  made("no-file", { Args: ["/nonexistent"] }, "fork"),
  made("no-program", { Args: ["no-such-program"] }, "not found"),
  made("folder", { Args: ["/tmp"] }, "fork"),
  made("no-name", { Args: [""] }, "fork"),
  container("well", "well"),
  container("exit-1", "exit-1"),
  container("exit-2", "exit-2"),
  ...["missing", "paused", "ill", "nameless", "stopped", "unseen"].map((name) => container(name, "failed")),
];

/** All are registered first: they are made beside each other. */
function cases(all: readonly Made[]): Case[] {
  return [
    ...all.map(({ id, fields }) =>
      put(
        `a check: ${id}`,
        "/v1/agent/check/register",
        JSON.stringify({ ID: id, Name: id, Interval: "1s", ...fields }),
      ),
    ),
    ...all.map(({ id, says }) =>
      get(`made: ${id}`, `/v1/agent/checks?filter=${to(`CheckID == "${id}"`)}`, {
        awaits: says,
      }),
    ),
    ...all.map(({ id }) => ask(`PUT /v1/agent/check/deregister/${id}`, `gone: ${id}`)),
  ];
}

const OF_SERVICES: readonly Case[] = [
  put(
    "a service with checks that are made",
    "/v1/agent/service/register",
    JSON.stringify({
      Name: "made",
      Checks: [
        { HTTP: `http://${HTTP}/status/429`, Interval: "1s" },
        { TCP: SILENT, Interval: "1s", SuccessBeforePassing: 2, FailuresBeforeCritical: 2 },
      ],
    }),
  ),
  get("its health", "/v1/agent/health/service/name/made?format=text", { awaits: "warning" }),
  get("its checks in the catalog", "/v1/health/checks/made", { awaits: "Success", unindexed: true }),
  ask("PUT /v1/agent/service/deregister/made", "the service with checks that are made is gone"),
];

function exposing(checks: boolean, address = ""): Case {
  return put(
    `a proxy that ${checks ? "exposes" : "does not expose"} checks, at "${address}"`,
    "/v1/agent/service/register",
    JSON.stringify({
      Kind: "connect-proxy",
      Name: "exposing",
      Address: address,
      Port: 9999,
      Proxy: {
        DestinationServiceName: "exposed",
        DestinationServiceID: "exposed",
        Expose: { Checks: checks },
      },
    }),
  );
}

/** Where nobody listens: what is refused says where a check went. */
const BY_WAY_OF_A_PROXY: readonly Case[] = [
  put(
    "a service whose check a proxy may expose",
    "/v1/agent/service/register",
    JSON.stringify({ Name: "exposed", Check: { HTTP: `http://${IP}:1/x?y`, Interval: "1s" } }),
  ),
  exposing(true, IP),
  get("its check goes to the proxy", "/v1/agent/health/service/name/exposed", { awaits: `${IP}:21500/x?y` }),
  exposing(false, IP),
  get("its check goes to itself again", "/v1/agent/health/service/name/exposed", { awaits: `${IP}:1/x?y` }),
  ask("PUT /v1/agent/service/deregister/exposing", "the proxy is gone"),
  ask("PUT /v1/agent/service/deregister/exposed", "and its service"),
];

export const CHECKS: readonly Group[] = [
  {
    title: "checks that are made",
    kinds: ["dev"],
    cases: [...cases(CONNECTIONS), ...OF_SERVICES, ...BY_WAY_OF_A_PROXY],
  },
  { title: "checks that are programs", kinds: ["configured"], cases: cases(PROGRAMS) },
];
