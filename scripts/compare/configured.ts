// What the configuration changes of HTTP: headers of one's own, the limit of values, how long reads wait, the name of the
// datacenter; and what comes back when a server is killed and started again.

import { MAX_CONNECTIONS } from "./agents.ts";
import { ask, type Case, type Group, get, put, raw } from "./cases.ts";

const CONFIGURED: readonly Case[] = [
  put("headers of one's own: a write", "/v1/kv/a", "1"),
  get("headers of one's own: a key", "/v1/kv/a"),
  get("headers of one's own: a raw value", "/v1/kv/a?raw"),
  get("headers of one's own: what is not there", "/v1/kv/b"),
  get("headers of one's own: an error", "/v1/kv/"),
  get("headers of one's own: a query that is none", "/v1/kv/a?%"),
  get("headers of one's own: another datacenter", "/v1/kv/a?dc=dc1"),
  get("headers of one's own: the leader", "/v1/status/leader"),
  get("headers of one's own: gzip", "/v1/kv/a", { headers: "Accept-Encoding: gzip\r\n" }),
  ask("OPTIONS /v1/kv/a", "headers of one's own: options"),
  ask("POST /v1/kv/a", "headers of one's own: what is not allowed"),
  get("headers of one's own: not on a redirect", "/v1/kv"),
  get("headers of one's own: not on what is unknown", "/v1/nope"),
  get("headers of one's own: not on the root", "/"),
  raw("headers of one's own: not on what is malformed", "GET / HTTP/1.1\r\n\r\n"),
  put("join nobody, with headers of one's own", "/v1/agent/join/127.0.0.1:1", ""),
  put("a value of the limit", "/v1/kv/limit", "x".repeat(1000)),
  put("a value past the limit", "/v1/kv/limit", "x".repeat(1001)),
  put("a value far past the limit", "/v1/kv/limit", "x".repeat(600_000)),
  get("the value of the limit", "/v1/kv/limit?raw"),
  get("our datacenter by its name", "/v1/kv/a?dc=east-1"),
  get("nodes with metadata of one's own", "/v1/catalog/nodes?node-meta=rack:%3ca%26b%3e"),
  get("nodes with other metadata", "/v1/catalog/nodes?node-meta=rack:b"),
  get("a wait past the longest", "/v1/kv/a?index={index a}&wait=10m", { waitMs: 500 }),
  get("a wait that is not said", "/v1/kv/a?index={index a}", { waitMs: 300 }),
  get("a wait of nothing", "/v1/kv/a?index={index a}&wait=0s", { waitMs: 300 }),
  get("a wait below zero", "/v1/kv/a?index={index a}&wait=-5s", { waitMs: 300 }),
];

const STRANGER = { from: "127.99.0.1" };

const GUARDED: readonly Case[] = [
  get("blocked", "/v1/coordinate/nodes"),
  get("blocked below", "/v1/coordinate/node/n1"),
  get("blocked in other letters", "/v1/coordinate/%6eodes"),
  ask("OPTIONS /v1/coordinate/nodes", "blocked options"),
  ask("POST /v1/coordinate/nodes", "blocked, and not allowed"),
  get("blocked, and malformed", "/v1/coordinate/nodes?%"),
  get("blocked, and unclean", "/v1/coordinate//nodes"),
  get("what is beside it is not blocked", "/v1/coordinate/datacenters", { leaves: ["Coord"] }),
  get("the part of a name that blocks is nothing itself", "/v1/coordinate/nod"),
  put("a write from elsewhere", "/v1/kv/a", "2", STRANGER),
  ask("DELETE /v1/kv/a", "a delete from elsewhere", STRANGER),
  get("a read from elsewhere", "/v1/kv/a?raw", STRANGER),
  ask("OPTIONS /v1/kv/a", "options from elsewhere", STRANGER),
  ask("POST /v1/kv/a", "what is not allowed, from elsewhere", STRANGER),
  ask("HEAD /v1/kv/a", "HEAD from elsewhere", STRANGER),
  put("a reload from elsewhere", "/v1/agent/reload", "", STRANGER),
  put("blocked, from elsewhere", "/v1/coordinate/nodes", "", STRANGER),
  get("a key that can't be printed", "/v1/kv/a%01b"),
];

const CROWDED: readonly Case[] = [
  get("a connection of an address that has one less than it may", "/v1/status/leader", {
    from: "127.99.0.2",
    crowd: MAX_CONNECTIONS - 1,
  }),
  get("a connection of an address that has all it may", "/v1/status/leader", {
    from: "127.99.0.3",
    crowd: MAX_CONNECTIONS,
  }),
  get("a connection of another address meanwhile", "/v1/status/leader", { from: "127.99.0.4" }),
];

const RESTARTED: readonly Case[] = [
  get("a key after a restart", "/v1/kv/wire", { restarts: true }),
  get("the whole store after a restart", "/v1/kv/?recurse"),
  get("what is not there after a restart", "/v1/kv/nothing"),
  get("what was deleted before a restart", "/v1/kv/tree/?keys"),
  get("a part of a deleted tree after a restart", "/v1/kv/redis/config/?recurse"),
  get("the nodes after a restart", "/v1/catalog/nodes"),
  get("the leader after a restart", "/v1/status/leader"),
  put("cas with an index from before a restart", "/v1/kv/wire?cas={index wire}", "restarted"),
  get("a new index is greater than all before", "/v1/kv/wire"),
  put("a new key after a restart", "/v1/kv/new", "1"),
  get("a new key after a restart, read", "/v1/kv/new"),
];

export const CONFIGURED_GROUPS: readonly Group[] = [
  { title: "configured", kinds: ["configured"], cases: CONFIGURED },
  { title: "who may do what", kinds: ["configured"], cases: GUARDED },
  { title: "crowds", kinds: ["configured"], cases: CROWDED },
  { title: "after a restart", kinds: ["server"], cases: RESTARTED },
];
