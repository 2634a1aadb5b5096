// Keys, sessions and transactions over keys: few keys, near each other in the tree, so that requests meet.

import type { Draw } from "./draw.ts";
import { readParameters, writeParameters } from "./parameters.ts";
import { type Family, fields, type Json, type Request, read, write } from "./request.ts";

const KEYS: readonly string[] = ["a", "a/", "a/b", "a/b/c", "a/c", "b", "a%20b", "%c3%bc", ""];
const PREFIXES: readonly string[] = ["a", "a/", "a/b", "b", "", "zz"];
const SESSIONS: readonly string[] = ["s1", "s2", "s3"];
const VALUES: readonly string[] = ["", "1", "hello", '{"a":1}', "<&>"];
const INDEXES: readonly string[] = ["0", "1", "2", "99999999", "-1", "x", "", "18446744073709551616"];

const key = (draw: Draw): string => `{p}/${draw.one(KEYS)}`;
const session = (draw: Draw): string =>
  draw.weighted([
    [9, () => `{session {p}${draw.one(SESSIONS)}}`],
    [1, () => draw.one(["abc", "11111111-2222-3333-4444-555555555555", ""])],
  ]);

function casOf(draw: Draw, its: string): string {
  return draw.weighted([
    [3, () => `{index ${its}}`],
    [2, () => "0"],
    [1, () => draw.one(INDEXES)],
  ]);
}

function putKey(draw: Draw): Request {
  const its = key(draw);
  const query = writeParameters(draw);
  if (draw.oneIn(4)) query.push(`cas=${casOf(draw, its)}`);
  if (draw.oneIn(6)) query.push(`flags=${draw.one(["0", "42", "18446744073709551615", "-1", "x", "1.5"])}`);
  if (draw.oneIn(3)) query.push(`acquire=${session(draw)}`);
  if (draw.oneIn(8)) query.push(`release=${session(draw)}`);
  return { method: "PUT", path: `kv/${its}`, query, body: { text: draw.one(VALUES) } };
}

function getKeys(draw: Draw): Request {
  const prefix = `{p}/${draw.one(PREFIXES)}`;
  const how = draw.weighted<string[]>([
    [3, () => ["recurse"]],
    [2, () => ["keys"]],
    [2, () => ["keys", `separator=${draw.one(["/", "b", "%2f", "//", ""])}`]],
    [1, () => ["recurse", "keys"]],
    [1, () => ["recurse", "raw"]],
    [1, () => ["separator=/"]],
  ]);
  return read(`kv/${prefix}`, [...how, ...readParameters(draw, "{kv}")]);
}

function getKey(draw: Draw): Request {
  const its = key(draw);
  return read(`kv/${its}`, [...(draw.oneIn(5) ? ["raw"] : []), ...readParameters(draw, `{index ${its}}`)]);
}

function deleteKey(draw: Draw): Request {
  if (draw.oneIn(3))
    return write("DELETE", `kv/{p}/${draw.one(PREFIXES)}`, ["recurse", ...writeParameters(draw)]);
  const its = key(draw);
  return write("DELETE", `kv/${its}`, [
    ...(draw.oneIn(2) ? [`cas=${casOf(draw, its)}`] : []),
    ...writeParameters(draw),
  ]);
}

export const KEY_VALUES: Family = {
  name: "kv",
  exam: [read("kv/{p}/", ["recurse"])],
  draw: (from) =>
    from.weighted([
      [6, () => putKey(from)],
      [4, () => getKey(from)],
      [4, () => getKeys(from)],
      [3, () => deleteKey(from)],
    ]),
};

function createSession(draw: Draw): Request {
  const body = {
    Name: `{p}${draw.one(SESSIONS)}`,
    ...(draw.oneIn(3) ? {} : { Node: draw.one(["{p}n1", "{p}n2", "{p}N1"]), Checks: [] }),
    ...fields(draw, {
      Behavior: [2, ["delete", "release", "delete", "x"]],
      LockDelay: [2, ["0s", "15s", 0, "1ms", 5, "x", "-1s"]],
      TTL: [4, ["3600s", "1h", "5s", "25h", "", "x"]],
      NodeChecks: [4, [["{p}c1"], [], ["serfHealth"], ["nope"]]],
      ServiceChecks: [5, [[{ ID: "{p}c2" }], [], [{ ID: "nope" }], [{}]]],
    }),
  };
  return write("PUT", "session/create", writeParameters(draw), body);
}

const madeSession = (draw: Draw): string => `{session {p}${draw.one(SESSIONS)}}`;

export const SESSIONS_FAMILY: Family = {
  name: "sessions",
  exam: [read("session/list")],
  draw: (from) =>
    from.weighted([
      [5, () => createSession(from)],
      [2, () => write("PUT", `session/destroy/${madeSession(from)}`, writeParameters(from))],
      [1, () => write("PUT", `session/renew/${madeSession(from)}`, writeParameters(from))],
      [1, () => read(`session/info/${madeSession(from)}`, readParameters(from, "{sessions}"))],
      [1, () => read("session/list", readParameters(from, "{sessions}"))],
      [
        1,
        () => read(`session/node/${from.one(["{p}n1", "{p}N2", "n1"])}`, readParameters(from, "{sessions}")),
      ],
      [1, () => read(`session/${from.one(["info/abc", "renew/x", "info/", "node/"])}`)],
    ]),
};

const VERBS: readonly string[] =
  "set set cas lock unlock get get-tree check-index check-session check-not-exists delete delete-tree delete-cas get-or-empty bogus".split(
    " ",
  );

function keyOperation(draw: Draw): Json {
  return {
    KV: {
      Verb: draw.one(VERBS),
      Key: `{p}/${draw.one(["a", "a/b", "b", "a/", ""])}`,
      ...fields(draw, {
        Value: [2, ["aGk=", "", "MQ==", null, "!"]],
        Flags: [4, [0, 7, 42]],
        Index: [3, [0, 1, 99_999_999]],
      }),
      ...(draw.oneIn(3) ? { Session: session(draw) } : {}),
    },
  };
}

export const TRANSACTIONS: Family = {
  name: "txn",
  exam: [],
  draw: (from) =>
    write(
      "PUT",
      "txn",
      from.oneIn(12) ? [from.one(["stale", "consistent", "dc=nope", "pretty"])] : [],
      from.many(1, 4, () => keyOperation(from)),
    ),
};
