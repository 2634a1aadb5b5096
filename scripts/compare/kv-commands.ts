// Command lines of `kv`, and the keys that are there before each.

import { type Case, lines } from "./command-lines.ts";

export const KV_COMMANDS: readonly Case[] = [
  ...lines(`
    kv put new value
    kv put new
    kv put new ''
    kv put
    kv put a b c
    kv put '' x
    kv put /lead x
    kv put -flags=42 new x
    kv put -flags=0x10 new x
    kv put new -5
    kv put -- -x -y
    kv put new @nosuch
    kv put new @
    kv put new @/
    kv put -base64 new aGVsbG8=
    kv put -cas a/b x
    kv put -cas -modify-index=1 a/b x
    kv put -cas -modify-index={index} a/b x
    kv put -acquire a/b x
    kv put -release a/b x
    kv put -acquire -session=xx a/b x
    kv put -acquire -session={session} a/b x
    kv put -release -session={session} a/b x
    kv put -acquire -session=adf4238a-882b-9ddc-4a9d-5b6758e4159e a/b x
    kv get
    kv get a b
    kv get a/b
    kv get /a/b
    kv get /
    kv get nosuch
    kv get a/b -detailed
    kv get -detailed a/b
    kv get -detailed -base64 a/b
    kv get -base64 a/b
    kv get a/c
    kv get tabs
    kv get 'a b?c#d%'
    kv get -recurse
    kv get -recurse a
    kv get -recurse nosuch
    kv get -recurse -base64 a
    kv get -recurse -detailed
    kv get -keys
    kv get -keys a/
    kv get -keys -separator=
    kv get -keys -separator=b
    kv get -keys -recurse a
    kv get -keys nosuch
    kv get -stale a/b
    kv get -token=xx a/b
    kv get -datacenter=nope a/b
    kv delete
    kv delete /
    kv delete nosuch
    kv delete a/b
    kv delete a b
    kv delete -recurse a
    kv delete -recurse
    kv delete -cas a/b
    kv delete -modify-index=1 a/b
    kv delete -cas -recurse -modify-index=3 a
    kv delete -cas -modify-index=1 a/b
    kv delete -cas -modify-index={index} a/b
    kv export
    kv export a/c
    kv export nosuch
    kv export a b
    kv import
    kv import a b
    kv import ''
    kv import []
    kv import null
    kv import {}
    kv import x
    kv import {
    kv import '[] x'
    kv import [1]
    kv import [{}]
    kv import [{"key":"q","flags":3,"value":"aGVsbG8="},{"KEY":"/q2","value":""}]
    kv import [{"key":"q","value":"!!"}]
    kv import [{"key":5}]
    kv import [{"key":"q","flags":"x"}]
    kv import [{"key":"q","flags":1.5}]
    kv import @nosuch
  `),
  ...lines("kv put new -", { stdin: "from stdin" }),
  ...lines("kv put new @data.txt", { file: ["data.txt", "from a file\n"] }),
  ...lines("kv import -", { stdin: '[{"key":"q","value":"aGVsbG8="}]' }),
  ...lines("kv put -base64 new !!", { differs: "Consul writes what it could decode and says it is well" }),
];

const SEED: readonly (readonly [key: string, value: string, query: string])[] = [
  ["a/b", "hello", ""],
  ["a/c", "", ""],
  ["a/d/", "<&>\u2028", "?flags=18446744073709551615"],
  ["binary", "\xff\x00\x01", ""],
  ["tabs", "x\ty\nlonger\tz\t\n\t\tthird\n", ""],
  ["a b?c#d%", "odd", ""],
  ["taken/.lock", "no lock's", ""],
];

/** Puts back what a command line may have changed. */
export async function seedKeys(http: string): Promise<void> {
  await fetch(`http://${http}/v1/kv/?recurse`, { method: "DELETE" });
  for (const [key, value, query] of SEED) {
    const body = key === "binary" ? Buffer.from(value, "latin1") : value;
    await fetch(`http://${http}/v1/kv/${encodeURIComponent(key)}${query}`, { method: "PUT", body });
  }
}
