import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KvEntry } from "../../../src/adapters/cli/kv-pairs.ts";
import { decodeRecord, encodeRecord, recordIn } from "../../../src/adapters/cli/lock/semaphore-record.ts";
import { type ByteString, utf8 } from "../../../src/core/lib/bytes.ts";

function entry(key: string, session: string, value = ""): KvEntry {
  return {
    key,
    value: value as ByteString,
    flags: "0",
    session,
    lockIndex: "0",
    createIndex: "1",
    modifyIndex: "1",
  };
}

describe("what names a semaphore's holders", () => {
  test("is written as Consul's clients write it", () => {
    const record = { limit: 3, holders: new Set(["b", "a"]) };
    expect(Buffer.from(encodeRecord(record)).toString()).toBe('{"Limit":3,"Holders":{"a":true,"b":true}}');
  });

  test("comes back as it was written", () => {
    fc.assert(
      fc.property(fc.nat(), fc.uniqueArray(fc.uuid()), (limit, ids) => {
        const record = { limit, holders: new Set(ids) };
        expect(decodeRecord(Buffer.from(encodeRecord(record)).toString())).toEqual(record);
      }),
    );
  });

  test.each(["", "x", "[]", "null", '{"Limit":"3"}', '{"Holders":{}}'])("is not %j", (text) => {
    expect(decodeRecord(text)).toBeUndefined();
  });

  test("is none where a key is empty or missing: then nobody holds it", () => {
    const fresh = { limit: 2, holders: new Set() };
    expect(recordIn(undefined, [], 2)).toEqual(fresh);
    expect(recordIn(entry("p/.lock", ""), [], 2)).toEqual(fresh);
  });

  test("leaves out holders whose session has ended, who have no key that a session holds", () => {
    const value = utf8('{"Limit":2,"Holders":{"dead":true,"lives":true}}');
    const lock = entry("p/.lock", "", value);
    const entries = [lock, entry("p/dead", ""), entry("p/lives", "lives"), entry("p/waits", "waits")];
    expect(recordIn(lock, entries, 2)).toEqual({ limit: 2, holders: new Set(["lives"]) });
  });
});
