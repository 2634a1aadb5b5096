// The pool's keys over Serf's queries: what each member does to its ring, and when it says that it did.

import { describe, expect, test } from "vitest";
import { keyText } from "../../../src/core/gossip/keyring.ts";
import type { GossipEffect } from "../../../src/core/gossip/ports.ts";
import { KEY_QUERIES, type KeyOperation } from "../../../src/core/gossip/serf/key-queries.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { hexOf } from "../../../src/core/lib/bytes.ts";
import {
  decodeSerf,
  encodeSerf,
  type KeyResponse,
  type Query,
} from "../../../src/core/wire/gossip/serf-messages.ts";
import { unhex, vectors } from "../wire/gossip/vectors.ts";
import { createTable, put, receiveSerf, sentSerf, type Table } from "./single.ts";

const [A, B, C] = [1, 2, 3].map((fill) => keyText(new Uint8Array(32).fill(fill))) as [string, string, string];

/** A machine with a ring, to which plain packets may still come: a test has no seals. */
function tableWith(...keys: string[]): Table {
  return createTable({ keyring: { keys, verifyIncoming: false, verifyOutgoing: true } });
}

let queries = 0;

/** Somebody's query arrives. */
function hear(table: Table, operation: KeyOperation, payload: Uint8Array): GossipEffect[] {
  queries++;
  const query: Query = {
    type: "query",
    lTime: queries,
    id: queries,
    addr: Uint8Array.of(10, 0, 0, 9),
    port: 8301,
    sourceNode: "asker",
    filters: null,
    flags: 0,
    relayFactor: 0,
    timeout: 3_200_000_000,
    name: KEY_QUERIES[operation],
    payload,
  };
  return receiveSerf(table, query);
}

function keyPayload(key: Uint8Array | string | null): Uint8Array {
  const bytes = typeof key === "string" ? Buffer.from(key, "base64") : key;
  return encodeSerf({ type: "key-request", key: bytes });
}

/** What the asker is told, if anything yet. */
function answers(effects: readonly GossipEffect[]): KeyResponse[] {
  return sentSerf(effects).flatMap(({ to, message }) => {
    if (message.type !== "query-response") return [];
    expect(to).toBe("10.0.0.9:8301");
    const decoded = decodeSerf(must(message.payload, "an answer"));
    if (!decoded.ok || decoded.value.type !== "key-response") throw new Error("no key response");
    return [decoded.value];
  });
}

/** The change that is to be kept. */
function changeOf(effects: readonly GossipEffect[]): Extract<GossipEffect, { type: "keyring" }> | undefined {
  return effects.find((effect) => effect.type === "keyring");
}

const YES = { result: true, message: "" };

describe("a change of the ring", () => {
  test("is made at once, and answered when it is kept", () => {
    const table = tableWith(A);
    const effects = hear(table, "install", keyPayload(B));
    expect(table.gossip.keyring?.keys).toEqual([A, B]);
    const change = must(changeOf(effects), "it is to be kept");
    expect(change.keys).toEqual([A, B]);
    expect(answers(effects)).toEqual([]);
    expect(answers(put(table, { type: "keyring-kept", change: change.change }))).toMatchObject([YES]);
    expect(put(table, { type: "keyring-kept", change: change.change })).toEqual([]);
  });

  test("that could not be kept says why, and is no success", () => {
    const table = tableWith(A);
    const { change } = must(changeOf(hear(table, "install", keyPayload(B))), "it is to be kept");
    const error = "Failed to write keyring file: write local.keyring: no space left on device";
    expect(answers(put(table, { type: "keyring-kept", change, error }))).toMatchObject([
      { result: false, message: error },
    ]);
  });

  test("goes the whole way from one key to another", () => {
    const table = tableWith(A);
    const steps = (["install", "use", "remove"] as const).map((operation) => {
      const effects = hear(table, operation, keyPayload(operation === "remove" ? A : B));
      const kept = put(table, { type: "keyring-kept", change: must(changeOf(effects), operation).change });
      expect(answers(kept)).toMatchObject([YES]);
      // The answer goes under the key that is the primary by then.
      expect(kept.find(({ type }) => type === "packet")).toMatchObject({
        key: operation === "install" ? A : B,
      });
      return table.gossip.keyring?.keys;
    });
    expect(steps).toEqual([[A, B], [B, A], [B]]);
  });

  test.each([
    ["install", new Uint8Array(15), "key size must be 16, 24 or 32 bytes"],
    ["install", null, "key size must be 16, 24 or 32 bytes"],
    ["use", C, "Requested key is not in the keyring"],
    ["remove", A, "Removing the primary key is not allowed"],
  ] as const)("%s of %j is refused in words, and nothing is kept", (operation, key, message) => {
    const table = tableWith(A, B);
    const effects = hear(table, operation, keyPayload(key));
    expect(answers(effects)).toMatchObject([{ result: false, message }]);
    expect(changeOf(effects)).toBeUndefined();
    expect(table.gossip.keyring?.keys).toEqual([A, B]);
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["another message", encodeSerf({ type: "join", lTime: 1, node: "x" })],
    ["garbage", Uint8Array.of(7, 0xc1, 0xff)],
  ])("with %s for a payload is refused", (_, payload) => {
    const table = tableWith(A);
    expect(answers(hear(table, "install", payload))).toMatchObject([{ result: false }]);
    expect(table.gossip.keyring?.keys).toEqual([A]);
  });

  test("of which many wait for their disk is answered for the latest, without end for none", () => {
    const table = tableWith(A);
    const changes = Array.from(
      { length: 100 },
      () => must(changeOf(hear(table, "install", keyPayload(B))), "kept").change,
    );
    expect(table.gossip.serf.keyAnswers.size).toBe(64);
    const answered = changes.filter(
      (change) => answers(put(table, { type: "keyring-kept", change })).length === 1,
    );
    expect(answered).toEqual(changes.slice(36));
  });
});

describe("a list of the keys", () => {
  test("is what Consul answers, byte for byte", () => {
    const vector = must(
      vectors.captured.find(({ name }) => name === "enc-keyresponse-list"),
      "recorded",
    );
    const { keyHex } = must(vector.encryption, "it is encrypted");
    const table = tableWith(keyText(unhex(keyHex)));
    const [response] = sentSerf(hear(table, "list", keyPayload(null))).flatMap(({ message }) =>
      message.type === "query-response" ? [message] : [],
    );
    expect(must(vector.encryption, "it is encrypted").plainHex).toContain(
      hexOf(must(must(response, "answered").payload, "keys")),
    );
  });

  test("too long for an answer is cut off, and says so", () => {
    const keys = Array.from({ length: 60 }, (_, at) => keyText(new Uint8Array(32).fill(at + 1)));
    const table = tableWith(...keys);
    const effects = hear(table, "list", keyPayload(null));
    const [listed] = answers(effects);
    const { keys: shown, message, primaryKey, result } = must(listed, "answered");
    const count = must(shown, "some").length;
    expect(count).toBeGreaterThan(10);
    expect(shown).toEqual(keys.slice(0, count));
    expect([result, primaryKey, message]).toEqual([
      true,
      keys[0],
      `truncated key list response, showing first ${count} of 60 keys`,
    ]);
    const packets = effects.filter((effect) => effect.type === "packet");
    for (const { bytes } of packets) expect(bytes.length).toBeLessThanOrEqual(1025);
  });
});

describe("a pool that is not encrypted", () => {
  test.each([
    ["list", "Keyring is empty (encryption not enabled)"],
    ["install", "No keyring to modify (encryption not enabled)"],
    ["use", "No keyring to modify (encryption not enabled)"],
    ["remove", "No keyring to modify (encryption not enabled)"],
  ] as const)("answers %s with that", (operation, message) => {
    const effects = hear(createTable(), operation, keyPayload(A));
    expect(answers(effects)).toMatchObject([{ result: false, message }]);
    expect(changeOf(effects)).toBeUndefined();
  });
});
