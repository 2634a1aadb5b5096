// peers.json as operators write it, rightly and wrongly.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namePeers, parsePeers } from "../../../src/core/agent/peers-file.ts";

const A = { id: "aa", address: "10.0.0.1:8300", voter: true };

describe("peers.json", () => {
  test("names servers by id, address and whether they vote", () => {
    const text = `[{"id":"aa","address":"10.0.0.1:8300"},{"ID":"bb","Address":"[::1]:8300","non_voter":true,"x":1}]`;
    expect(parsePeers(text)).toEqual({
      ok: true,
      peers: [A, { id: "bb", address: "[::1]:8300", voter: false }],
    });
  });

  test("may name servers by their addresses alone, if they were known by them", () => {
    const parsed = parsePeers(`["10.0.0.1:8300"]`);
    if (!parsed.ok) throw new Error(parsed.error);
    const known = { ...A, identity: 7 };
    expect(namePeers(parsed.peers, [known])).toEqual([A]);
    expect(namePeers(parsed.peers, [{ ...known, address: "10.0.0.9:8300" }])).toContain(
      "no server is known by the address 10.0.0.1:8300",
    );
  });

  test.each([
    ["[]", "need at least one voter in configuration: {[]}"],
    ["null", "need at least one voter in configuration: {[]}"],
    [`{"id":"aa"}`, "json: cannot unmarshal object into Go value of type []raft.configEntry"],
    [`["a:1",{"id":"b"}]`, "json: cannot unmarshal string into Go value of type raft.configEntry"],
    [`[{"id":1}]`, "json: cannot unmarshal number into Go struct field configEntry.id of type string"],
    [
      `[{"id":"a","address":"h:1","non_voter":"no"}]`,
      "json: cannot unmarshal string into Go struct field configEntry.non_voter of type bool",
    ],
    [`[{"address":"h:1"}]`, "empty ID in configuration: {[{Voter  h:1}]}"],
    [`[{"id":"a"}]`, "empty address in configuration: {[{Voter a }]}"],
    [`[{"id":"a","address":"h"}]`, "address without a port in configuration: h"],
    [`[{"id":"a","address":"h:1"},{"id":"a","address":"h:2"}]`, "found duplicate ID in configuration: a"],
    [
      `[{"id":"a","address":"h:1"},{"id":"b","address":"h:1"}]`,
      "found duplicate address in configuration: h:1",
    ],
    [`["h:1","h:1"]`, "found duplicate address in configuration: h:1"],
    [
      `[{"id":"a","address":"h:1","non_voter":true}]`,
      "need at least one voter in configuration: {[{Nonvoter a h:1}]}",
    ],
    ["[{", "it is not valid JSON"],
    ["", "it is not valid JSON"],
  ])("%s is refused", (text, error) => {
    expect(parsePeers(text)).toEqual({ ok: false, error });
  });

  test("whatever it says, it is read or refused in words", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const parsed = parsePeers(text);
        expect(parsed.ok || parsed.error !== "").toBe(true);
      }),
    );
  });
});
