// The key/value store the way Consul's tutorials use it with curl, in their order.

import { ask, type Case, type Group, get, PAUSE, PLAIN, put, request } from "./cases.ts";

/** curl waits to be told to go on before it sends a large body. */
function patientPut(name: string, target: string, body: string): Case {
  return { name, requests: [`${request(`PUT ${target}`, patience(body.length))}${PAUSE}${body}`] };
}

function patience(length: number): string {
  return `Content-Length: ${length}\r\nExpect: 100-continue\r\n`;
}

const ALL_BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
const LIMIT = 524_288;

const BASICS: readonly Case[] = [
  get("the whole store, before anything is in it", "/v1/kv/?recurse"),
  get("its keys", "/v1/kv/?keys"),
  get("a key before it is there", "/v1/kv/redis/config/minconns"),
  put("a first key", "/v1/kv/redis/config/minconns", "1"),
  put("a second key", "/v1/kv/redis/config/maxconns", "25"),
  put("a key with flags", "/v1/kv/redis/config/users/admin?flags=42", "abcd1234"),
  get("a key", "/v1/kv/redis/config/minconns"),
  get("a key, for people to read", "/v1/kv/redis/config/minconns?pretty"),
  get("a key's value alone", "/v1/kv/redis/config/minconns?raw"),
  get("a key with flags, read", "/v1/kv/redis/config/users/admin"),
  get("everything below a prefix", "/v1/kv/redis/?recurse"),
  get("everything below a prefix, for people to read", "/v1/kv/redis/?recurse&pretty"),
  get("the whole store", "/v1/kv/?recurse=true"),
  get("the keys below a prefix", "/v1/kv/redis?keys"),
  get("the keys of one level", "/v1/kv/redis/config/?keys&separator=/"),
  get("the keys of the first level", "/v1/kv/?keys&separator=/"),
  get("keys cut at something longer", "/v1/kv/redis?keys&separator=config/"),
  get("keys cut at what none has", "/v1/kv/redis?keys&separator=%7c"),
  put("a key again, with another value", "/v1/kv/redis/config/minconns", "2"),
  get("the key has kept its first index", "/v1/kv/redis/config/minconns"),
  put("a key again, with the same value", "/v1/kv/redis/config/minconns", "2"),
  get("nothing has become newer", "/v1/kv/redis/config/minconns"),
  get("nor has the whole store", "/v1/kv/?keys"),
  put("the same value with other flags", "/v1/kv/redis/config/minconns?flags=7", "2"),
  get("that is another pair", "/v1/kv/redis/config/minconns"),
  put("flags are forgotten when they are not said", "/v1/kv/redis/config/minconns", "2"),
  get("a pair without its flags", "/v1/kv/redis/config/minconns"),
];

const CHECK_AND_SET: readonly Case[] = [
  put("cas: only if it is not there yet", "/v1/kv/lock?cas=0", "one"),
  put("cas: it is there now", "/v1/kv/lock?cas=0", "two"),
  get("cas: the first value has stayed", "/v1/kv/lock"),
  put("cas: with its index", "/v1/kv/lock?cas={index lock}", "three"),
  put("cas: with an index that it had", "/v1/kv/lock?cas=2", "four"),
  put("cas: with an index to come", "/v1/kv/lock?cas=99999999", "four"),
  put("cas: of what is not there, with an index", "/v1/kv/lock2?cas=7", "five"),
  put("cas: with its index and the same value", "/v1/kv/lock?cas={index lock}", "three"),
  put("cas: with flags", "/v1/kv/lock?cas={index lock}&flags=9", "three"),
  get("cas: what has become of it", "/v1/kv/lock"),
  ask("DELETE /v1/kv/lock?cas=2", "delete with an index that it had"),
  ask("DELETE /v1/kv/lock?cas=0", "delete with an index of nothing"),
  ask("DELETE /v1/kv/lock?cas={index lock}", "delete with its index"),
  get("what was deleted is gone", "/v1/kv/lock"),
  ask("DELETE /v1/kv/lock?cas=2", "delete with an index what is not there"),
  ask("DELETE /v1/kv/lock?cas=0", "delete with no index what is not there"),
  put("a key comes back", "/v1/kv/lock", "six"),
  get("with an index of its own", "/v1/kv/lock"),
];

const DELETING: readonly Case[] = [
  ask("DELETE /v1/kv/lock", "delete"),
  ask("DELETE /v1/kv/lock", "delete again"),
  get("a deleted key", "/v1/kv/lock"),
  get("a deleted key, raw", "/v1/kv/lock?raw"),
  get("a deleted key, as a prefix", "/v1/kv/lock?recurse"),
  get("a prefix that none ever had", "/v1/kv/never?recurse"),
  put("a tree: a", "/v1/kv/tree/a", "1"),
  put("a tree: b", "/v1/kv/tree/b", "2"),
  put("a tree: b/c", "/v1/kv/tree/b/c", "3"),
  put("beside the tree", "/v1/kv/treetop", "4"),
  ask("DELETE /v1/kv/tree/b?recurse", "delete a part of the tree"),
  get("the rest of the tree", "/v1/kv/tree?keys"),
  get("its index is that of the deletion", "/v1/kv/tree/?recurse"),
  get("so is that of what was deleted", "/v1/kv/tree/b?keys"),
  get("not that of one beside it", "/v1/kv/treetop?recurse"),
  get("one below a deleted prefix has the whole store's", "/v1/kv/tree/b/c/d?keys"),
  ask("DELETE /v1/kv/tree/?recurse", "delete the rest of the tree"),
  ask("DELETE /v1/kv/tree/?recurse", "delete a tree that is not there"),
  get("what is left", "/v1/kv/tree?keys"),
  get("nothing is below", "/v1/kv/tree/?keys"),
];

const VALUES: readonly Case[] = [
  put("an empty value", "/v1/kv/empty", ""),
  get("an empty value is null", "/v1/kv/empty"),
  get("an empty value, raw", "/v1/kv/empty?raw"),
  ask("PUT /v1/kv/empty?flags=1", "no value at all"),
  get("no value, read", "/v1/kv/empty?pretty"),
  put("every byte there is", "/v1/kv/bytes", ALL_BYTES),
  get("every byte, in base64", "/v1/kv/bytes"),
  get("every byte, raw", "/v1/kv/bytes?raw"),
  put(
    "text that is not English",
    "/v1/kv/text",
    "\xc3\xa4\xc3\xb6\xc3\xbc \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
  ),
  get("text, raw", "/v1/kv/text?raw"),
  put("a web page", "/v1/kv/page", "<html><script>alert(1)</script></html>"),
  get("a web page is no web page", "/v1/kv/page?raw"),
  patientPut("a large value, sent when told to", "/v1/kv/large", "x".repeat(100_000)),
  get("a large value", "/v1/kv/large"),
  get("a large value, raw", "/v1/kv/large?raw"),
  patientPut("the largest value", "/v1/kv/largest", "y".repeat(LIMIT)),
  get("the largest value, raw", "/v1/kv/largest?raw"),
  get("the largest value", "/v1/kv/largest"),
  put("the largest value, sent at once", "/v1/kv/largest2", "z".repeat(LIMIT)),
  put("a value too large", "/v1/kv/largest", "y".repeat(LIMIT + 1)),
  ask("PUT /v1/kv/largest", "a value too large, not sent", { headers: patience(LIMIT + 1) }),
  put("a value far too large", "/v1/kv/largest", "y".repeat(3 * LIMIT)),
  get("the largest value has stayed", "/v1/kv/largest?keys"),
  ask("DELETE /v1/kv/largest?recurse", "the largest values go"),
];

const KEYS: readonly Case[] = [
  put("a key with a slash at its end", "/v1/kv/folder/", ""),
  put("a key in the folder", "/v1/kv/folder/a", "1"),
  get("a folder is a key", "/v1/kv/folder/"),
  get("the folder without its slash is none", "/v1/kv/folder"),
  get("the keys in the folder", "/v1/kv/folder/?keys&separator=/"),
  put("a key with an escaped slash", "/v1/kv/folder%2Fb", "2"),
  get("it is the same as with a slash", "/v1/kv/folder/b"),
  put("a key with a blank and a plus", "/v1/kv/a%20b+c", "3"),
  get("a plus in a path is a plus", "/v1/kv/a%20b%2Bc"),
  put("a key of umlauts", "/v1/kv/gr%C3%BC%C3%9Fe", "4"),
  get("umlauts sent as they are", "/v1/kv/gr\xc3\xbc\xc3\x9fe"),
  put("a key of another alphabet", "/v1/kv/%E6%97%A5%E6%9C%AC/%F0%9F%98%80", "5"),
  get("keys of all alphabets, sorted by their bytes", "/v1/kv/?keys"),
  put("a key of everything that URLs allow", "/v1/kv/!$&'()*+,;=:@-._~", "6"),
  get("a key of everything that URLs allow", "/v1/kv/!$&'()*+,;=:@-._~"),
  put("a key of everything that they do not", "/v1/kv/%22%3C%3E%5C%5E%60%7B%7C%7D%23%3F%5B%5D", "7"),
  get("a key of everything that they do not", "/v1/kv/%22%3C%3E%5C%5E%60%7B%7C%7D%23%3F%5B%5D"),
  put("a key of bytes that are no text", "/v1/kv/%ff%fe%80", "8"),
  get("a key of bytes that are no text", "/v1/kv/%ff%fe%80"),
  put("a key with capitals", "/v1/kv/Folder/A", "9"),
  get("capitals are other letters", "/v1/kv/folder/A"),
  put("a long key", `/v1/kv/${"k".repeat(3000)}`, "10"),
  get("a long key", `/v1/kv/${"k".repeat(3000)}`),
  put("a key that is a parameter elsewhere", "/v1/kv/recurse", "11"),
  get("a key that is a parameter elsewhere", "/v1/kv/recurse"),
  put("a key of percent signs", "/v1/kv/100%25", "12"),
  get("a key of percent signs", "/v1/kv/100%25?raw"),
  get("all of it", "/v1/kv/?recurse&separator=/"),
];

export const KV_TUTORIAL: readonly Group[] = [
  { title: "first steps", kinds: PLAIN, cases: BASICS },
  { title: "check and set", kinds: PLAIN, cases: CHECK_AND_SET },
  { title: "deleting", kinds: PLAIN, cases: DELETING },
  { title: "values", kinds: PLAIN, cases: VALUES },
  { title: "keys", kinds: PLAIN, cases: KEYS },
];
