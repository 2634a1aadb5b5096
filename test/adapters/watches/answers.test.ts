import { describe, expect, test } from "vitest";
import { eventIndex, readAnswer } from "../../../src/adapters/watches/answers.ts";
import { indentJson } from "../../../src/adapters/watches/go-shape.ts";

/** What a handler would read. */
function read(kind: Parameters<typeof readAnswer>[0], body: string, seen?: string): string {
  const answer = readAnswer(kind, 200, Buffer.from(body), seen);
  return answer.ok ? answer.found.json : `! ${answer.error}`;
}

describe("a handler reads what Consul's client would give it", () => {
  test("a pair in the client's order, with all 64 bits of its flags", () => {
    const body =
      '[{"LockIndex":1,"Key":"a<b","Flags":18446744073709551615,"Value":null,"CreateIndex":7,"ModifyIndex":9}]';
    expect(read("key", body)).toBe(
      '{"Key":"a\\u003cb","CreateIndex":7,"ModifyIndex":9,"LockIndex":1,"Flags":18446744073709551615,"Value":null,"Session":""}',
    );
  });

  test("null for a key that is not there", () => {
    expect(readAnswer("key", 404, Buffer.from(""), undefined)).toMatchObject({ found: { json: "null" } });
    expect(readAnswer("keys", 404, Buffer.from(""), undefined)).toMatchObject({ found: { json: "null" } });
  });

  test("services by name", () => {
    expect(read("services", '{"web":["b","a"],"consul":[],"db":null}')).toBe(
      '{"consul":[],"db":null,"web":["b","a"]}',
    );
  });

  test("an instance without what is zero and may be missing, and without what the client does not know", () => {
    const service =
      '{"ID":"w","Service":"web","Tags":["v1"],"Port":80,"Proxy":{"Mode":"","Config":{"b":1.50,"a":[]}},"New":1}';
    expect(
      read(
        "instances",
        `[{"Node":{"Node":"n"},"Service":${service},"Checks":[{"Definition":{"Interval":"5s"}}]}]`,
      ),
    ).toBe(
      '[{"Node":{"ID":"","Node":"n","Address":"","Datacenter":"","TaggedAddresses":null,"Meta":null,"CreateIndex":0,"ModifyIndex":0},' +
        '"Service":{"ID":"w","Service":"web","Tags":["v1"],"Meta":null,"Port":80,"Address":"","Weights":{"Passing":0,"Warning":0},"EnableTagOverride":false,' +
        '"Proxy":{"Config":{"a":[],"b":1.5},"MeshGateway":{},"Expose":{}}},' +
        '"Checks":[{"Node":"","CheckID":"","Name":"","Status":"","Notes":"","Output":"","ServiceID":"","ServiceName":"","ServiceTags":null,"Type":"",' +
        '"Definition":{"Interval":"5s","Timeout":"0s","DeregisterCriticalServiceAfter":"0s","HTTP":"","Header":null,"Method":"","Body":"","TLSSkipVerify":false,"TCP":""},' +
        '"CreateIndex":0,"ModifyIndex":0}]}]',
    );
  });

  test("of events those that come after the one that was seen last", () => {
    const ids = ["cb8bf883-7dd5-c8e0-3ec8-10b8aae23040", "13c36039-2271-de12-a5ef-31c24f6a7737"];
    const body = JSON.stringify(ids.map((ID) => ({ ID, Name: "x", Payload: null, Version: 1, LTime: 2 })));
    expect(read("events", body, eventIndex(ids[0] ?? ""))).toBe(
      `[{"ID":"${ids[1]}","Name":"x","Payload":null,"NodeFilter":"","ServiceFilter":"","TagFilter":"","Version":1,"LTime":2}]`,
    );
    expect(JSON.parse(read("events", body, "1"))).toHaveLength(2);
  });

  test("nothing of a refusal", () => {
    const refused = { status: 500, body: Buffer.from("No cluster leader") };
    expect(readAnswer("nodes", refused.status, refused.body, undefined)).toEqual({
      ok: false,
      error: "Unexpected response code: 500 (No cluster leader)",
    });
    expect(readAnswer("key", 500, refused.body, undefined)).toEqual({
      ok: false,
      error: "Unexpected response code: 500",
    });
    expect(read("nodes", "<html>")).toBe("! invalid character '<' looking for beginning of value");
  });
});

test("printed for people, each field has a line of its own, and text that looks like JSON stays text", () => {
  const value = { a: ["x{,:]", '\\"'], b: {}, c: [], d: null, e: [{ f: 1 }] };
  expect(indentJson(JSON.stringify(value), "    ")).toBe(JSON.stringify(value, undefined, 4));
});
