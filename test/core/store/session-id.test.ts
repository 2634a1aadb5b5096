// What is said of ids that no session can have: the words of Consul 1.8.7, asked of it one by one.

import { expect, test } from "vitest";
import type { KvWrite } from "../../../src/core/api/request.ts";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { applyKvWrite } from "../../../src/core/store/kv.ts";
import { createStore } from "../../../src/core/store/store.ts";

function lockBy(session: string): unknown {
  const write: KvWrite = {
    kind: "kv.write",
    verb: "lock",
    key: utf8("k"),
    value: new Uint8Array(0),
    flags: 0,
    index: 0,
    session,
  };
  const store = createStore();
  const outcome = applyKvWrite(store, 5, write, [], {});
  expect(store.kv.size).toBe(0);
  return outcome;
}

const LOOKUP = "failed session lookup: index error: ";

test.each([
  ["", "missing session"],
  ["abc", `${LOOKUP}UUID must be 36 characters`],
  ["\u00e9".repeat(36), `${LOOKUP}UUID must be 36 characters`],
  [`${"-".repeat(32)}aaaa`, `${LOOKUP}UUID should have maximum of 4 "-"; got 32`],
  [`${"a".repeat(15)}-${"a".repeat(20)}`, `${LOOKUP}Input (without hyphens) must be even length`],
  [`z${"a".repeat(35)}`, `${LOOKUP}Invalid UUID: encoding/hex: invalid byte: U+007A 'z'`],
  [`'${"a".repeat(35)}`, `${LOOKUP}Invalid UUID: encoding/hex: invalid byte: U+0027 '''`],
  [`\u0001${"a".repeat(35)}`, `${LOOKUP}Invalid UUID: encoding/hex: invalid byte: U+0001`],
  [`\x7f${"a".repeat(35)}`, `${LOOKUP}Invalid UUID: encoding/hex: invalid byte: U+007F`],
  [`\u00e9${"a".repeat(34)}`, `${LOOKUP}Invalid UUID: encoding/hex: invalid byte: U+00C3 '\u00c3'`],
  ["11111111-2222-3333-4444-555555555555", 'invalid session "11111111-2222-3333-4444-555555555555"'],
  ["AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE", 'invalid session "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE"'],
])("a lock by session %j is refused: %s", (session, error) => {
  expect(lockBy(session)).toEqual({ ok: false, error });
});
