// Paths and methods: what is redirected, refused or unknown before any endpoint is reached.

import { ask, type Case, type Group, get, PLAIN, put } from "./cases.ts";

const PATHS: readonly Case[] = [
  get("the root", "/"),
  get("the root with parameters", "/?pretty"),
  ask("HEAD /", "the root, head"),
  put("the root, put", "/", "x"),
  get("the web interface", "/ui/"),
  get("the web interface without its slash", "/ui"),
  get("an unknown path", "/v1/nope"),
  get("an unknown path at the root", "/nope"),
  get("an unknown path with a query that is none", "/v1/nope?x=%zz"),
  put("an unknown path, put", "/v1/nope", "x"),
  get("the version alone", "/v1/"),
  get("the version without its slash", "/v1"),
  get("another version", "/v2/kv/a"),
  get("capitals in a path", "/V1/KV/a"),
  get("a slash too many at the end", "/v1/status/leader/"),
  get("more than a path has", "/v1/agent/self/x"),
  get("less than a path has", "/v1/stat"),
  get("a group alone", "/v1/agent/"),
  get("keys without a slash", "/v1/kv"),
  get("keys without a slash, with parameters", "/v1/kv?recurse&a=b"),
  put("keys without a slash, put", "/v1/kv", "x"),
  ask("DELETE /v1/kv", "keys without a slash, delete"),
  get("two slashes", "/v1/kv//a"),
  get("two slashes in front", "//v1/kv/a?raw"),
  get("two escaped slashes", "/v1/kv/a%2f%2Fb"),
  put("two slashes, put", "/v1/kv//a", "x"),
  ask("HEAD /v1/kv//a", "two slashes, head"),
  get("dots", "/v1/kv/./a/../b"),
  get("dots at the end", "/v1/kv/a/.."),
  get("dots that lead out", "/v1/kv/../../../etc/passwd"),
  get("escaped dots", "/v1/kv/%2e%2e/status/leader"),
  get("dots that are names", "/v1/kv/.../..a/.b"),
  get("what a redirect escapes", "/v1//kv/a%20b!*'()[]@:;=,$&+~%22%3c#%c3%a9?x=<a>&y=\"'\xc3\xa9"),
  get("what a redirect leaves", "/v1//kv/%41%2d%7e%25"),
  get("a control character", "/v1/kv/a%00b"),
  get("a line end", "/v1/kv/a%0d%0ab"),
  get("a character without width", "/v1/kv/%e2%80%8b"),
  get("a line separator", "/v1/kv/%e2%80%a8"),
  get("a blank that does not break", "/v1/kv/%c2%a0"),
  get("a character of private use", "/v1/kv/%ee%80%80"),
  get("a character that is none", "/v1/kv/%ef%bf%bf"),
  get("half of a pair of surrogates", "/v1/kv/%ed%a0%80"),
  get("more bytes than a character needs", "/v1/kv/%c0%af"),
  get("a control character before an unknown path", "/nope%01"),
  get("a control character in the query", "/v1/kv/flags?x=%01%0a&raw"),
  get("an escape that is none", "/v1/kv/%zz"),
  get("an escape cut off", "/v1/kv/a%4"),
  get("a percent sign at the end", "/v1/kv/a%"),
  get("an escape that is none, in the query", "/v1/kv/flags?x=%zz"),
  get("an escape cut off, in the name of a parameter", "/v1/kv/flags?%=1"),
  get("a query that is none, of self", "/v1/agent/self?%"),
  get("a query of separators", "/v1/kv/flags?&;&&;raw"),
  get("a query of equals signs", "/v1/kv/flags?=&==raw&raw=="),
  get("two question marks", "/v1/kv/flags??raw"),
  get("a plus in a parameter", "/v1/kv/redis?keys&separator=+"),
  get("bytes that are no text, in a parameter", "/v1/kv/flags?keys&separator=\xff\xfe"),
  get("a fragment is a part of the path", "/v1/kv/flags#raw"),
  get("an absolute target", "http://example.com/v1/kv/flags?raw"),
  get("an absolute target in capitals", "HTTP://EXAMPLE.COM:80/v1/kv/flags?raw"),
  get("an absolute target of https", "https://u:p@example.com/v1/kv/flags?raw"),
  get("an absolute target without a path", "http://example.com"),
  get("an absolute target of another scheme", "ftp://example.com/v1/kv/flags"),
  get("a target without a slash", "v1/kv/flags"),
  get("a target of two slashes and a host", "//example.com/v1/kv/flags"),
  ask("GET *", "an asterisk"),
  ask("OPTIONS *", "the options of the server"),
  ask("CONNECT example.com:443", "connect"),
  ask("CONNECT /v1/kv/a", "connect to a path"),
];

const METHODS: readonly Case[] = [
  ...["/v1/kv/flags", "/v1/status/leader", "/v1/status/peers", "/v1/catalog/nodes", "/v1/agent/self"].flatMap(
    methodsOf,
  ),
  ...["/v1/agent/members", "/v1/agent/join/x", "/v1/agent/leave", "/v1/agent/force-leave/x"].flatMap(
    methodsOf,
  ),
  ...methodsOf("/v1/operator/raft/configuration"),
  ask("get /v1/kv/flags", "a method in small letters"),
  ask("FROB /v1/kv/flags", "a method of one's own"),
  ask("PATCH /v1/kv/flags", "patch"),
  ask("TRACE /v1/kv/flags", "trace"),
  ask("M-SEARCH /v1/kv/flags", "a method with a hyphen"),
  ask("PRI *", "the beginning of HTTP/2"),
  ask("POST /v1/kv/", "a wrong method and no key"),
  ask("POST /v1/kv/flags?x=%zz", "a wrong method and a query that is none"),
  ask("OPTIONS /v1/kv/flags?x=%zz", "options and a query that is none"),
  ask("OPTIONS /v1/kv", "options without a slash"),
  ask("OPTIONS /", "options of the root"),
];

/** Methods that change nothing where they are refused. */
function methodsOf(path: string): Case[] {
  const [, , group = "", ...rest] = path.split("/");
  const name = [group, ...rest].join(" ");
  return ["OPTIONS", "HEAD", "POST"].map((method) =>
    ask(`${method} ${path}`, `${method.toLowerCase()}: ${name}`),
  );
}

export const PATHS_AND_METHODS: readonly Group[] = [
  { title: "paths", kinds: PLAIN, cases: PATHS },
  { title: "methods", kinds: PLAIN, cases: METHODS },
];
