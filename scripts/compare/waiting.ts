// Blocking queries: which ones answer at once, which time out, and which write wakes whom.

import { type Case, type Group, get, PLAIN, woken } from "./cases.ts";

const AT_ONCE: readonly Case[] = [
  get("an index of nothing does not wait", "/v1/kv/flags?index=0&wait=10s"),
  get("an old index does not wait", "/v1/kv/flags?index=2&wait=10s"),
  get("nor for what is not there", "/v1/kv/nothing?index=2&wait=10s"),
  get("a write does not wait", "/v1/kv/?keys&index=2&wait=10s"),
];

const IN_TIME: readonly Case[] = [
  get("the present index waits", "/v1/kv/flags?index={index flags}&wait=400ms", { waitMs: 400 }),
  get("of what is not there", "/v1/kv/nothing?index={index nothing}&wait=400ms", { waitMs: 400 }),
  get("of a prefix", "/v1/kv/redis/?recurse&index={kv}&wait=400ms", { waitMs: 400 }),
  get("of keys", "/v1/kv/redis/?keys&index={kv}&wait=400ms", { waitMs: 400 }),
  get("of a value, raw", "/v1/kv/flags?raw&index={index flags}&wait=400ms", { waitMs: 400 }),
  get("an index to come waits", "/v1/kv/flags?index=99999999&wait=400ms", { waitMs: 400 }),
  get("the greatest index waits", "/v1/kv/flags?index=18446744073709551615&wait=400ms", { waitMs: 400 }),
  get("the nodes wait", "/v1/catalog/nodes?index={nodes}&wait=400ms", { waitMs: 400 }),
  get("stale reads wait", "/v1/kv/flags?stale&index={index flags}&wait=400ms", { waitMs: 400 }),
  get("consistent reads wait", "/v1/kv/flags?consistent&index={index flags}&wait=400ms", { waitMs: 400 }),
  get("in fractions of a second", "/v1/kv/flags?index={index flags}&wait=0.3s", { waitMs: 300 }),
  get("in all units", "/v1/kv/flags?index={index flags}&wait=0h0m0s300ms1us1ns", { waitMs: 300 }),
];

const WOKEN: readonly Case[] = [
  woken("by a write of the key", "/v1/kv/flags?index={index flags}", "PUT /v1/kv/flags", "woken"),
  woken("raw, by a write", "/v1/kv/flags?raw&index={index flags}", "PUT /v1/kv/flags", "raw"),
  woken("by a deletion", "/v1/kv/flags?index={index flags}", "DELETE /v1/kv/flags"),
  woken("by a key that comes", "/v1/kv/flags?index={index flags}", "PUT /v1/kv/flags", "back"),
  woken("by a cas", "/v1/kv/flags?index={index flags}", "PUT /v1/kv/flags?cas={index flags}", "cas"),
  woken("below a prefix", "/v1/kv/redis/?recurse&index={kv}", "PUT /v1/kv/redis/new", "1"),
  woken("keys, by a new one", "/v1/kv/redis/?keys&index={kv}", "PUT /v1/kv/redis/newer", "2"),
  woken("keys, by another value", "/v1/kv/redis/?keys&index={kv}", "PUT /v1/kv/redis/newer", "3"),
  woken("below a prefix, by a deletion", "/v1/kv/redis/?recurse&index={kv}", "DELETE /v1/kv/redis/new"),
  woken(
    "by the deletion of a tree around it",
    "/v1/kv/redis/newer?index={index redis/newer}",
    "DELETE /v1/kv/redis/n?recurse",
  ),
  woken("the whole store, by any write", "/v1/kv/?recurse&keys&index={kv}", "PUT /v1/kv/any", "any"),
  woken("stale, by a write", "/v1/kv/any?stale&index={index any}", "PUT /v1/kv/any", "stale"),
  woken("consistent, by a write", "/v1/kv/any?consistent&index={index any}", "PUT /v1/kv/any", "consistent"),
  woken(
    "by a write in the same connection's shadow",
    "/v1/kv/any?index={index any}&wait=10m",
    "PUT /v1/kv/any?flags=3",
    "consistent",
  ),
];

// Long enough that a busy machine has made the write before the wait is over.
const NOT_WOKEN: readonly Case[] = [
  woken(
    "not by a write that changes nothing",
    "/v1/kv/any?index={index any}&wait=2s",
    "PUT /v1/kv/any?flags=3",
    "consistent",
    { waitMs: 2000 },
  ),
  woken("not by a cas that fails", "/v1/kv/any?index={index any}&wait=2s", "PUT /v1/kv/any?cas=2", "no", {
    waitMs: 2000,
  }),
  woken("not by a write of another key", "/v1/kv/any?index={index any}&wait=2s", "PUT /v1/kv/any2", "x", {
    waitMs: 2000,
  }),
  woken(
    "not by a write beside the prefix",
    "/v1/kv/redis/?recurse&index={kv}&wait=2s",
    "PUT /v1/kv/redisx",
    "x",
    { waitMs: 2000 },
  ),
  woken(
    "not by the deletion of what is not there",
    "/v1/kv/?keys&index={kv}&wait=2s",
    "DELETE /v1/kv/nothing/at/all",
    undefined,
    { waitMs: 2000 },
  ),
  woken("what is not there, by another key", "/v1/kv/nothing?index={kv}&wait=2s", "PUT /v1/kv/zebra", "x", {
    waitMs: 2000,
  }),
  woken(
    "what is not there, by a key beside it",
    "/v1/kv/nothing?index={kv}&wait=2s",
    "PUT /v1/kv/nothin",
    "x",
    { waitMs: 2000 },
  ),
  woken(
    "below a deleted tree, by the deletion",
    "/v1/kv/redis/config/?keys&index={kv}&wait=2s",
    "DELETE /v1/kv/redis?recurse",
    undefined,
    { waitMs: 2000 },
  ),
];

export const WAITING: readonly Group[] = [
  { title: "reads that need not wait", kinds: PLAIN, cases: AT_ONCE },
  { title: "reads that wait in vain", kinds: PLAIN, cases: IN_TIME },
  { title: "reads that are woken", kinds: PLAIN, cases: WOKEN },
  { title: "reads that sleep on", kinds: PLAIN, cases: NOT_WOKEN },
];
