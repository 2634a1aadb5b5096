// What a client makes of an answer.

import { describe, expect, test } from "vitest";
import type { ByteString } from "../../src/core/lib/bytes.ts";
import type { KvAction } from "../../src/sim/checkers/history.ts";
import { outcomeOf } from "../../src/sim/kv-client.ts";

const GET: KvAction = { kind: "get" };
const PUT: KvAction = { kind: "put", value: "v" };
const CAS: KvAction = { kind: "cas", index: 7, value: "v" };

describe("an answer to", () => {
  test.each<[string, KvAction, number, string, object]>([
    ["a read of nothing", GET, 404, "", { kind: "read", version: undefined }],
    ["a read without a leader", GET, 500, "No cluster leader", { kind: "failed" }],
    ["a write that applied", PUT, 200, "true", { kind: "applied" }],
    ["a compare-and-set that did not hold", CAS, 200, "false", { kind: "refused" }],
    ["a write that surely did not happen", PUT, 500, "No cluster leader", { kind: "failed" }],
    ["a write that may have happened", PUT, 500, "leadership lost while committing log", { kind: "unknown" }],
  ])("%s", (_what, action, status, body, outcome) => {
    expect(outcomeOf(action, { status, body: body as ByteString })).toEqual(outcome);
  });

  test("something else breaks a rule", () => {
    expect(() => outcomeOf(GET, { status: 200, body: "true" as ByteString })).toThrow(
      expect.objectContaining({ id: "strange-answer", message: "a read is answered true" }),
    );
  });
});
