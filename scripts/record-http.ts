// Records what the original answers, byte for byte, into test/vectors: the judge of test/core/http and test/adapters/http.
// Every case is one connection. All dates become one, since they alone differ from run to run.
//
//   tsx scripts/record-http.ts [PATH-OF-CONSUL]      writes test/vectors/http-kv.json and http-wire.json

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endsWithUs } from "../test/support/children.ts";
import { freePort } from "../test/support/loopback.ts";

interface Recorded {
  readonly name: string;
  /** One character a byte. */
  readonly send: string;
  readonly receive: string;
  /** Whether the server closed the connection. */
  readonly closed: boolean;
  /** The index of the key/value table afterwards. */
  readonly kvIndex: number;
  /** The session that this request made. */
  readonly session?: string;
}

const HOST = "127.0.0.1";
const SESSION = "%SESSION%";

/** [name, request line without version, headers, body] */
type Case = readonly [name: string, line: string, headers?: string, body?: string];

const put = (name: string, target: string, body: string, headers = ""): Case => [
  name,
  `PUT ${target}`,
  `Content-Length: ${body.length}\r\n${headers}`,
  body,
];
const get = (name: string, target: string, headers = ""): Case => [name, `GET ${target}`, headers];

const KV_CASES: readonly Case[] = [
  get("a key before any is written", "/v1/kv/nope"),
  get("all keys of an empty store", "/v1/kv/?keys"),
  get("keys under a prefix of an empty store", "/v1/kv/a?keys"),
  get("recurse over an empty store", "/v1/kv/?recurse"),
  put("a key with flags", "/v1/kv/foo?flags=42", "hello"),
  get("a key", "/v1/kv/foo"),
  get("a key, pretty", "/v1/kv/foo?pretty=false"),
  get("a key, raw", "/v1/kv/foo?raw"),
  get("raw wins over pretty", "/v1/kv/foo?pretty&raw"),
  get("a key that is not there", "/v1/kv/nope"),
  get("a key that is not there, raw", "/v1/kv/nope?raw"),
  put("an empty value", "/v1/kv/empty", ""),
  get("an empty value is null", "/v1/kv/empty"),
  get("an empty value, raw", "/v1/kv/empty?raw"),
  put("bytes that are no text", "/v1/kv/bytes", "\0\x01\x7f\x80\xff\xfe\r\n"),
  get("bytes in base64", "/v1/kv/bytes"),
  get("bytes, raw", "/v1/kv/bytes?raw"),
  put("the greatest flags", "/v1/kv/flags?flags=18446744073709551615", "x"),
  get("flags past 2^53", "/v1/kv/flags"),
  put("flags out of range", "/v1/kv/flags?flags=18446744073709551616", "x"),
  put("flags that are no number", "/v1/kv/flags?flags=abc", "x"),
  put("flags that are nothing", "/v1/kv/flags?flags=", "x"),
  put("flags that need quoting", "/v1/kv/flags?flags=%01%22%ff%c3%a9%7f", "x"),
  put("a key with spaces, slashes and signs", "/v1/kv/a%20b%2Fc+d&e;f", "x"),
  get("a key with spaces, slashes and signs", "/v1/kv/a%20b/c+d&e;f"),
  put("a key with what JSON and HTML escape", "/v1/kv/%22%5c%3c%3e%26'", "x"),
  get("a key with what JSON and HTML escape", "/v1/kv/%22%5c%3c%3e%26'"),
  put("a key in UTF-8", "/v1/kv/caf%c3%a9/%f0%9f%98%80", "x"),
  get("a key in UTF-8, sent as bytes", "/v1/kv/caf\xc3\xa9/\xf0\x9f\x98\x80"),
  put("a key that is no UTF-8", "/v1/kv/%ff%c3z", "x"),
  get("a key that is no UTF-8", "/v1/kv/%ff%c3z"),
  get("line separators are not printable", "/v1/kv/%e2%80%a8"),
  get("control characters are not printable", "/v1/kv/a%0ab"),
  get("a non-breaking space is not printable", "/v1/kv/%c2%a0"),
  put("dir/a", "/v1/kv/dir/a", "1"),
  put("dir/b/c", "/v1/kv/dir/b/c", "2"),
  put("dir/b/d", "/v1/kv/dir/b/d", "3"),
  put("dirx", "/v1/kv/dirx", "4"),
  get("recurse", "/v1/kv/dir?recurse"),
  get("recurse ignores raw", "/v1/kv/dir/b/?recurse&raw"),
  get("recurse finds nothing", "/v1/kv/zzz?recurse"),
  get("keys", "/v1/kv/dir?keys"),
  get("keys with a separator", "/v1/kv/dir?keys&separator=/"),
  get("keys with the old spelling", "/v1/kv/dir?keys&seperator=/"),
  get("the right spelling wins", "/v1/kv/dir?keys&seperator=/&separator="),
  get("keys below the separator", "/v1/kv/dir/?keys&separator=/"),
  get("keys win over recurse and raw", "/v1/kv/dir/b?recurse&keys&raw"),
  get("keys find nothing", "/v1/kv/zzz?keys"),
  get("keys, pretty", "/v1/kv/dir/?keys&pretty"),
  put("cas that fits", "/v1/kv/cas?cas=0", "1"),
  put("cas that does not fit", "/v1/kv/cas?cas=0", "2"),
  put("cas that is no number", "/v1/kv/cas?cas=x", "2"),
  put("cas that is nothing", "/v1/kv/cas?cas=", "2"),
  put("cas with acquire", "/v1/kv/foo?cas=1&acquire=foo&b=%20%26&a", "x"),
  put("acquire with release", "/v1/kv/foo?release=1;acquire=%ff", "x"),
  ["cas with recurse", "DELETE /v1/kv/foo?recurse&cas=1"],
  ["delete with a cas that does not fit", "DELETE /v1/kv/cas?cas=1"],
  ["delete with a cas that is no number", "DELETE /v1/kv/cas?cas=x"],
  ["delete", "DELETE /v1/kv/cas"],
  ["delete what is not there", "DELETE /v1/kv/cas"],
  get("a deleted key", "/v1/kv/cas"),
  ["delete ignores acquire and release", "DELETE /v1/kv/cas?acquire=a&release=b"],
  ["delete a tree", "DELETE /v1/kv/dir/?recurse"],
  get("what a deleted tree leaves", "/v1/kv/dir?keys"),
  ["a session", "PUT /v1/session/create"],
  put("a lock", `/v1/kv/lock?acquire=${SESSION}`, "me"),
  get("a locked key", "/v1/kv/lock"),
  put("a write keeps the lock", "/v1/kv/lock", "you"),
  put("a lock again by its holder", `/v1/kv/lock?acquire=${SESSION}&flags=7`, "me again"),
  get("a key locked again", "/v1/kv/lock?pretty"),
  put("unlock", `/v1/kv/lock?release=${SESSION}`, "free"),
  put("unlock what is not locked", `/v1/kv/lock?release=${SESSION}`, "free"),
  get("an unlocked key", "/v1/kv/lock"),
  put("a lock without a session", "/v1/kv/lock?acquire=", "x"),
  put("an unlock without a session", "/v1/kv/lock?release=", "x"),
  put("a lock of a session that is no UUID", "/v1/kv/lock?acquire=zz", "x"),
  put("a lock of an unknown session", "/v1/kv/lock?acquire=11111111-2222-3333-4444-555555555555", "x"),
  get("get without a key", "/v1/kv/"),
  put("put without a key", "/v1/kv/", "x"),
  ["delete without a key", "DELETE /v1/kv/"],
  ["delete without a key but with cas", "DELETE /v1/kv/?cas=1"],
  ["a value that declares too much", "PUT /v1/kv/foo", "Content-Length: 524289\r\n"],
  ["too much, and flags that are no number", "PUT /v1/kv/foo?flags=x", "Content-Length: 524289\r\n"],
  put("a value that makes the answer a long one", "/v1/kv/long", "x".repeat(1500)),
  get("an answer past 2048 bytes is chunked", "/v1/kv/long"),
  put("a value past 2048 bytes", "/v1/kv/long", "x".repeat(2100)),
  get("a raw answer is never chunked", "/v1/kv/long?raw"),
  get("stale", "/v1/kv/foo?stale"),
  get("consistent", "/v1/kv/foo?consistent=false"),
  get("stale and consistent", "/v1/kv/foo?stale=false&consistent=false"),
  get("cached and consistent", "/v1/kv/foo?cached&consistent"),
  get("bounded stale and consistent", "/v1/kv/foo?max_stale=1s&consistent"),
  get("a bound of nothing and consistent", "/v1/kv/foo?max_stale=0s&consistent"),
  get("a bound that is no duration", "/v1/kv/foo?max_stale=a%01%ff%c3%a9%e2%80%8b%22%5c%0a&wait=x"),
  get("an index that is no number", "/v1/kv/foo?index=abc"),
  get("an index below the current one", "/v1/kv/foo?index=1&wait=1s"),
  get("an empty index and an empty wait", "/v1/kv/foo?index=&wait="),
  get("a wait without a unit", "/v1/kv/foo?wait=5&index=x"),
  put("a put with a bad wait", "/v1/kv/foo?wait=x", "x"),
  get("a bad Cache-Control", "/v1/kv/foo", "Cache-Control: max-age=x\r\n"),
  get("Cache-Control is judged after max_stale", "/v1/kv/foo?max_stale=z", "Cache-Control: max-age=x\r\n"),
  get("Cache-Control is judged before wait", "/v1/kv/foo?wait=z", "Cache-Control: stale-if-error=1.5\r\n"),
  get("a Cache-Control that says nothing to us", "/v1/kv/foo", "Cache-Control: no-store, MAX-AGE=-1\r\n"),
  get("another datacenter", "/v1/kv/foo?dc=zz"),
  get("our own datacenter", "/v1/kv/foo?dc=dc1"),
  get("an empty datacenter", "/v1/kv/foo?dc="),
  get("a datacenter is looked for last", "/v1/kv/?dc=zz"),
  put("a put to another datacenter", "/v1/kv/foo?dc=DC1", "x"),
  get("a namespace", "/v1/kv/foo?ns=a"),
  get("a namespace in a header", "/v1/kv/foo?ns=a", "X-Consul-Namespace: b\r\n"),
  get("a namespace without a key", "/v1/kv/?ns=a"),
  put("put: a namespace without a key", "/v1/kv/?ns=a", "x"),
  get("an unknown parameter", "/v1/kv/foo?partition=a&token=b"),
  get("parameters of nothing", "/v1/kv/foo?&&;&=x"),
  get("semicolons separate", "/v1/kv/foo?a=b;raw"),
  get("names of parameters are decoded", "/v1/kv/foo?%72aw"),
  get("names of parameters know their case", "/v1/kv/foo?RAW"),
  get("a query that can't be decoded", "/v1/kv/foo?x=%zz"),
  ["a query that can't be decoded, for its options", "OPTIONS /v1/kv/foo?x=%z"],
  get("a path that can't be decoded", "/v1/kv/a%"),
  get("a path that does not begin with a slash", "v1/kv/foo"),
  get("an absolute target", "http://example.com/v1/kv/foo?raw"),
  ["options", "OPTIONS /v1/kv/foo"],
  ["head", "HEAD /v1/kv/foo"],
  ["post", "POST /v1/kv/foo"],
  ["a method of one's own", "FROB /v1/kv/foo"],
  get("double slashes", "/v1/kv//foo?a=b"),
  put("double slashes, put", "/v1/kv//foo?a=b", "x"),
  ["double slashes, head", "HEAD /v1/kv//foo"],
  get("escaped double slashes", "/v1/kv/a%2f%2fb"),
  get("dots", "/v1/kv/a/../b/./c/"),
  get("dots past the root", "/v1/../../x"),
  get("dots that are names", "/v1/kv/.a/..b/..."),
  get("what a redirect escapes", "/v1/kv//a%20b!*'()[]@:;=,$&+~%22%3c#%c3%a9?x=<a>&y=\"'\xc3\xa9"),
  get("a redirect of nothing known", "/nope//x"),
  get("no slash at the end", "/v1/kv"),
  get("no slash at the end, with parameters", "/v1//kv?a=b"),
  put("no slash at the end, put", "/v1/kv", "x"),
  get("an unknown path", "/v1/nope"),
  get("an unknown path below a known one", "/v1/status/leader/"),
  get("an unknown path is not checked for its query", "/v1/nope?x=%zz"),
  get("the root", "/"),
  ["the root, head", "HEAD /"],
  get("the leader", "/v1/status/leader"),
  get("the leader, pretty", "/v1/status/leader?pretty"),
  get("the leader of another datacenter", "/v1/status/leader?dc=zz"),
  get("the leader, of a bad index", "/v1/status/leader?index=a"),
  get("the leader knows no namespace", "/v1/status/leader?ns=a"),
  ["the leader can't be deleted", "DELETE /v1/status/leader"],
  get("the peers", "/v1/status/peers"),
  get("nodes", "/v1/catalog/nodes"),
  get("nodes, stale and pretty", "/v1/catalog/nodes?stale&pretty"),
  get("nodes, consistent", "/v1/catalog/nodes?consistent"),
  get("nodes, bounded stale", "/v1/catalog/nodes?max_stale=10s"),
  get("nodes with metadata", "/v1/catalog/nodes?node-meta=consul-network-segment:"),
  get(
    "nodes with metadata that none has",
    "/v1/catalog/nodes?node-meta=a:b&node-meta=consul-network-segment",
  ),
  get("nodes of another datacenter", "/v1/catalog/nodes?dc=zz"),
  get("nodes, of a bad wait", "/v1/catalog/nodes?wait=x"),
  get("nodes know no namespace and no nearness to nobody", "/v1/catalog/nodes?ns=a&near=nobody"),
  ["options of nodes", "OPTIONS /v1/catalog/nodes"],
  get("members", "/v1/agent/members"),
  get("members of the WAN", "/v1/agent/members?wan=1"),
  get("a wan that is nothing is the LAN", "/v1/agent/members?wan"),
  get("members of all segments", "/v1/agent/members?segment=_all"),
  get("members of a segment", "/v1/agent/members?segment=x"),
  get("members of a segment of the WAN", "/v1/agent/members?segment=x&wan=1"),
  get("members look at no common parameters", "/v1/agent/members?index=x&ns=a&dc=zz"),
  get("self", "/v1/agent/self"),
  get("join is a put", "/v1/agent/join/x"),
  get("join without its slash", "/v1/agent/join"),
  ["join ourselves", "PUT /v1/agent/join/%SERF%"],
  ["join nobody", "PUT /v1/agent/join/127.0.0.1:1"],
  ["force an unknown node to leave", "PUT /v1/agent/force-leave/nope"],
  ["force nobody to leave", "PUT /v1/agent/force-leave/"],
  get("leave is a put", "/v1/agent/leave"),
  get("the raft configuration", "/v1/operator/raft/configuration?stale"),
  get("the raft configuration, of a bad index", "/v1/operator/raft/configuration?index=x"),
];

const DEV_CASES: readonly Case[] = [
  get("dev: a key that is not there", "/v1/kv/nope"),
  put("dev: a key", "/v1/kv/foo?flags=1", "bar"),
  get("dev: a key is indented", "/v1/kv/foo"),
  get("dev: pretty changes nothing", "/v1/kv/foo?pretty"),
  get("dev: raw is raw", "/v1/kv/foo?raw"),
  get("dev: keys", "/v1/kv/?keys"),
  ["dev: a tree", "DELETE /v1/kv/?recurse"],
  get("dev: an empty list stays closed", "/v1/kv/?keys"),
  get("dev: the leader", "/v1/status/leader"),
];

const H = "GET /v1/status/leader HTTP/1.1\r\n";
const P = "PUT /v1/kv/wire HTTP/1.1\r\nHost: x\r\n";

/** [name, bytes]: framing and what is malformed; played against sockets only. */
const WIRE_CASES: readonly (readonly [name: string, bytes: string])[] = [
  ["a plain request", `${H}Host: x\r\n\r\n`],
  ["bare line feeds", "GET /v1/status/leader HTTP/1.1\nHost: x\n\n"],
  ["HTTP/1.0", "GET /v1/status/leader HTTP/1.0\r\n\r\n"],
  ["HTTP/1.0, kept alive", "GET /v1/status/leader HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"],
  ["HTTP/1.0, closed", "GET /v1/status/leader HTTP/1.0\r\nConnection: close\r\n\r\n"],
  ["HTTP/1.0, kept alive, a long answer", "GET /v1/kv/long HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"],
  [
    "HTTP/1.0, kept alive, a long raw answer",
    "GET /v1/kv/long?raw HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  ],
  ["a minor version to come", "GET /v1/status/leader HTTP/1.2\r\nHost: x\r\n\r\n"],
  ["asked to close", `${H}Host: x\r\nConnection: close\r\n\r\n`],
  ["asked to close among others", `${H}Host: x\r\nConnection: keep-alive, Close\r\n\r\n`],
  [
    "asked to close by the second header",
    `${H}Host: x\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n`,
  ],
  ["an upgrade to nothing known", `${H}Host: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`],
  ["head of a long answer", "HEAD /v1/kv//x HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["an empty host", `${H}Host: \r\n\r\n`],
  ["no host", `${H}\r\n`],
  ["two hosts", `${H}Host: x\r\nHost: y\r\n\r\n`],
  ["a host with a slash", `${H}Host: a/b\r\n\r\n`],
  ["a host with a space", `${H}Host: a b\r\n\r\n`],
  ["a host with its port", `${H}Host: [::1]:8500\r\n\r\n`],
  ["a header whose name has a space", `${H}Host: x\r\nA B: c\r\n\r\n`],
  ["a space before the colon", `${H}Host: x\r\nA : c\r\n\r\n`],
  ["a header without a name", `${H}Host: x\r\n: c\r\n\r\n`],
  ["a header without a colon", `${H}Host: x\r\nA\r\n\r\n`],
  ["a header with a control character", `${H}Host: x\r\nA: \x01\r\n\r\n`],
  ["a header with a tab and high bytes", `${H}Host: x\r\nA: \tb\t\x80\xff \r\n\r\n`],
  ["a name with a bad character", `${H}Host: x\r\nA(: c\r\n\r\n`],
  ["a folded header", `${H}Host: x\r\nA: b\r\n c\r\n\r\n`],
  ["nonsense", "garbage\r\n\r\n"],
  ["nonsense is refused at its first line", "garbage\r\n"],
  ["an empty line", "\r\n"],
  ["a request without its version", "GET /v1/status/leader\r\nHost: x\r\n\r\n"],
  ["a version that is none", "GET /v1/status/leader HTTP/x.1\r\nHost: x\r\n\r\n"],
  ["a version in lower case", "GET /v1/status/leader http/1.1\r\nHost: x\r\n\r\n"],
  ["a version to come", "GET /v1/status/leader HTTP/2.0\r\nHost: x\r\n\r\n"],
  ["two spaces", "GET  /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a space in the target", "GET /v1/kv/a b HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a control character in the target", "GET /v1/kv/a\x01b HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a method that is no token", "G@T /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a target that is an asterisk", "GET * HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["the options of the server", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a target that can't be decoded", "GET /v1/kv/%zz HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a body", `${P}Content-Length: 3\r\n\r\nabc`],
  ["a length with spaces", `${P}Content-Length:  03 \r\n\r\nabc`],
  ["a length of nothing", `${P}Content-Length: \r\n\r\n`],
  ["a length twice", `${P}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`],
  ["two lengths", `${P}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
  ["a list of lengths", `${P}Content-Length: 3, 3\r\n\r\nabc`],
  ["a length that is no number", `${P}Content-Length: abc\r\n\r\n`],
  ["a negative length", `${P}Content-Length: -1\r\n\r\n`],
  ["a signed length", `${P}Content-Length: +3\r\n\r\nabc`],
  ["a length past 64 bits", `${P}Content-Length: 99999999999999999999\r\n\r\n`],
  ["the greatest length", `${P}Content-Length: 9223372036854775807\r\n\r\n`],
  ["a chunked body", `${P}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: z\r\n\r\n`],
  ["a body in an unknown coding", `${P}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ["a body by its identity", `${P}Transfer-Encoding: identity\r\n\r\n`],
  ["continue", `${P}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`],
  ["continue without a body", `${H}Host: x\r\nExpect: 100-continue\r\n\r\n`],
  ["an expectation of something else", `${P}Expect: banana\r\nContent-Length: 3\r\n\r\nabc`],
  [
    "three requests at once",
    `GET /v1/kv/wire?raw HTTP/1.1\r\nHost: x\r\n\r\n${P}Content-Length: 2\r\n\r\nhiGET /v1/kv/wire?raw HTTP/1.1\r\nHost: x\r\n\r\n`,
  ],
  ["a request, then nonsense", `${H}Host: x\r\n\r\ngarbage\r\n\r\n`],
  ["a body where none is looked for", `${H}Host: x\r\nContent-Length: 4\r\n\r\nabcd${H}Host: x\r\n\r\n`],
  ["gzip of an error", "POST /v1/status/leader HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"],
  ["gzip of JSON", `${H}Host: x\r\nAccept-Encoding: deflate, gzip;q=0.5\r\n\r\n`],
  ["gzip in capitals", `${H}Host: x\r\nAccept-Encoding: GZIP\r\n\r\n`],
  ["gzip of what was never meant to be", "GET /v1/kv HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"],
  ["gzip of nothing", "GET /v1/kv/nope HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"],
  ["gzip of a raw value", "GET /v1/kv/long?raw HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"],
  ["gzip refused", `${H}Host: x\r\nAccept-Encoding: gzip;q=0, *\r\n\r\n`],
  ["gzip with a weight that is none", `${H}Host: x\r\nAccept-Encoding: gzip;q=x\r\n\r\n`],
  ["gzip in the second header", `${H}Host: x\r\nAccept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n`],
];

interface Agent {
  readonly process: ChildProcess;
  readonly port: number;
  readonly serfPort: number;
}

async function startAgent(binary: string, directory: string, dev: boolean): Promise<Agent> {
  const [http, server, serfLan, serfWan] = [
    await freePort(HOST),
    await freePort(HOST),
    await freePort(HOST),
    await freePort(HOST),
  ];
  const config = {
    node_name: "n1",
    node_id: "6c1a8b1e-5a1f-4a8e-9b7e-0d5c3f2a1b00",
    bind_addr: HOST,
    ports: { http, dns: -1, grpc: -1, server, serf_lan: serfLan, serf_wan: serfWan },
    ui: false,
    ...(dev ? {} : { server: true, bootstrap: true, data_dir: join(directory, "data") }),
  };
  const file = join(directory, dev ? "dev.json" : "server.json");
  writeFileSync(file, JSON.stringify(config));
  const child = endsWithUs(
    spawn(binary, ["agent", ...(dev ? ["-dev"] : []), "-config-file", file], { stdio: "ignore" }),
  );
  const leader = `GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n`;
  for (let tries = 0; tries < 100; tries++) {
    const answer = await exchange(http, leader, 100).catch(() => undefined);
    if (answer?.receive.includes(`${HOST}:${server}`) === true)
      return { process: child, port: http, serfPort: serfLan };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the agent has found no leader");
}

/** Sends, then reads until the server closes or says nothing more for `quietMs`. */
function exchange(
  port: number,
  send: string,
  quietMs: number,
): Promise<{ receive: string; closed: boolean }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST);
    let receive = "";
    let quiet: NodeJS.Timeout | undefined;
    const finish = (closed: boolean): void => {
      clearTimeout(quiet);
      socket.destroy();
      resolve({ receive, closed });
    };
    socket.on("error", reject);
    socket.on("connect", () => {
      socket.write(send, "latin1");
      quiet = setTimeout(() => finish(false), quietMs);
    });
    socket.on("data", (chunk) => {
      receive += chunk.toString("latin1");
      quiet?.refresh();
    });
    socket.on("end", () => finish(true));
  });
}

function requestOf([, line, headers = "", body = ""]: Case): string {
  return `${line} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;
}

async function record(agent: Agent, cases: readonly (readonly [string, string])[]): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  let session = "";
  for (const [name, template] of cases) {
    const send = template.replace(SESSION, session).replace("%SERF%", `${HOST}:${agent.serfPort}`);
    const { receive, closed } = await exchange(agent.port, send, 250);
    const probe = await exchange(agent.port, "GET /v1/kv/%3fprobe HTTP/1.1\r\nHost: x\r\n\r\n", 100);
    const kvIndex = Number(/X-Consul-Index: (\d+)/.exec(probe.receive)?.[1]);
    const made = /^PUT \/v1\/session\/create/.test(send) ? /"ID":"([^"]+)"/.exec(receive)?.[1] : undefined;
    if (made !== undefined) session = made;
    const told = receive.replace(/Date: [^\r]*/g, "Date: Thu, 01 Jan 1970 00:00:00 GMT");
    recorded.push({
      name,
      send,
      receive: told,
      closed,
      kvIndex,
      ...(made === undefined ? {} : { session: made }),
    });
  }
  return recorded;
}

function save(name: string, recorded: readonly Recorded[]): void {
  const file = join(import.meta.dirname, "../test/vectors", name);
  writeFileSync(file, `[\n${recorded.map((each) => JSON.stringify(each)).join(",\n")}\n]\n`, "utf8");
  console.log(`${recorded.length} answers in ${file}`);
}

const binary = process.argv[2] ?? "consul";
const directory = mkdtempSync(join(tmpdir(), "record-http-"));
const agents: Agent[] = [];
try {
  const server = await startAgent(binary, directory, false);
  agents.push(server);
  const kv = await record(
    server,
    KV_CASES.map((each) => [each[0], requestOf(each)] as const),
  );
  const wire = await record(server, WIRE_CASES);
  const dev = await startAgent(binary, directory, true);
  agents.push(dev);
  save("http-kv.json", [
    ...kv,
    ...(await record(
      dev,
      DEV_CASES.map((each) => [each[0], requestOf(each)] as const),
    )),
  ]);
  save("http-wire.json", wire);
} finally {
  for (const agent of agents) {
    agent.process.kill("SIGKILL");
    await new Promise((resolve) => agent.process.once("close", resolve));
  }
  rmSync(directory, { recursive: true, force: true });
}
