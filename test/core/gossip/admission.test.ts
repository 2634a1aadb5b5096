// Joining, and who is let in.

import { describe, expect, test } from "vitest";
import type { GossipConfig } from "../../../src/core/gossip/config.ts";
import { CONSUL_GOSSIP_VERSIONS } from "../../../src/core/gossip/config.ts";
import type { GossipEffect } from "../../../src/core/gossip/ports.ts";
import { type Candidate, vetoCandidates } from "../../../src/core/gossip/veto.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { encodeSerf } from "../../../src/core/wire/gossip/serf-messages.ts";
import { encodeStream, type PushPullNode } from "../../../src/core/wire/gossip/stream-messages.ts";
import { encodeTags } from "../../../src/core/wire/gossip/tags.ts";
import {
  answerTo,
  createTable,
  line,
  nodeOf,
  opened,
  put,
  sentSerf,
  type Table,
  tagsOf,
  wait,
} from "./single.ts";

function startJoin(table: Table, ...addresses: string[]): ReturnType<typeof opened> {
  return opened(put(table, { type: "join", op: 4, addresses }));
}

/** The seed answers with these nodes. */
function answer(
  table: Table,
  stream: number,
  nodes: readonly PushPullNode[],
  lTime: number = 9,
): GossipEffect[] {
  const userState = encodeSerf({
    type: "push-pull",
    lTime,
    statusLTimes: new Map(nodes.map(({ name }) => [name, 3])),
    leftMembers: [],
    eventLTime: 1,
    events: null,
    queryLTime: 1,
  });
  const bytes = encodeStream({ type: "push-pull", join: true, nodes, userState }, true);
  return put(table, { type: "stream-answer", stream, bytes });
}

function joined(effects: readonly GossipEffect[]): Extract<GossipEffect, { type: "joined" }> {
  return must(
    effects.find((effect) => effect.type === "joined"),
    "the join is over",
  );
}

describe("a join", () => {
  test("tells each seed everything, with the mark of a join, and takes over what it answers", () => {
    const table = createTable();
    const [first, second] = startJoin(table, "10.0.0.2:8301", "10.0.0.3:8301");
    for (const each of [first, second])
      expect(each?.message).toMatchObject({
        type: "push-pull",
        join: true,
        nodes: [{ name: "me", state: 0 }],
      });
    const before = answer(table, must(first, "one").stream, [line("p2", 5, 2, 0), line("p4", 1, 4, 0)]);
    expect(before.some(({ type }) => type === "joined")).toBe(false);
    expect(nodeOf(table, "p4").state).toBe("alive");
    const effects = answer(table, must(second, "two").stream, [line("p3", 5, 3, 0)]);
    expect(joined(effects)).toEqual({ type: "joined", op: 4, joined: 2, errors: [] });
  });

  test("ends with a join intent that is later than all that the seeds knew", () => {
    const table = createTable();
    const [seed] = startJoin(table, "10.0.0.2:8301");
    answer(table, must(seed, "one").stream, [line("p2", 5, 2, 0)], 40);
    const intents = sentSerf(wait(table, 300)).filter(({ message }) => message.type === "join");
    expect(must(intents[0], "sent").message).toEqual({ type: "join", lTime: 40, node: "me" });
    expect(table.gossip.serf.clocks.member).toBe(41);
  });

  test("reports each address that could not be reached, in the original's words", () => {
    const table = createTable();
    const streams = startJoin(table, "10.0.0.2:8301", "10.0.0.3:8301", "[fd00::1]:8301");
    const effects = streams.flatMap(({ stream }, at) =>
      at === 1
        ? answer(table, stream, [line("p3", 5, 3, 0)])
        : put(table, { type: "stream-failed", stream, error: "dial tcp: connection refused" }),
    );
    expect(joined(effects)).toEqual({
      type: "joined",
      op: 4,
      joined: 1,
      errors: [
        { address: "10.0.0.2:8301", error: "Failed to join 10.0.0.2: dial tcp: connection refused" },
        { address: "[fd00::1]:8301", error: "Failed to join fd00::1: dial tcp: connection refused" },
      ],
    });
  });

  test("with nobody to join is over at once", () => {
    const effects = put(createTable(), { type: "join", op: 1, addresses: [] });
    expect(effects).toEqual([{ type: "joined", op: 1, joined: 0, errors: [] }]);
  });

  test("is refused once we leave", () => {
    const table = createTable();
    put(table, { type: "leave" });
    const effects = put(table, { type: "join", op: 1, addresses: ["10.0.0.2:8301"] });
    expect(joined(effects)).toMatchObject({ joined: 0, errors: [{ address: "10.0.0.2:8301" }] });
  });

  test.each([
    ["the seed's error", { type: "err", error: "unwilling" } as const, "remote error: unwilling"],
    [
      "an answer to something else",
      { type: "ack", seqNo: 1, payload: null } as const,
      "received invalid msgType",
    ],
  ])("reports %s", (_name, message, want) => {
    const table = createTable();
    const [seed] = startJoin(table, "10.0.0.2:8301");
    const stream = must(seed, "one").stream;
    const effects = put(table, { type: "stream-answer", stream, bytes: encodeStream(message, false) });
    expect(joined(effects).errors[0]?.error).toContain(want);
  });

  test("an answer that cannot be read is an error, and answers nothing else", () => {
    const table = createTable();
    const [seed] = startJoin(table, "10.0.0.2:8301");
    const stream = must(seed, "one").stream;
    expect(joined(put(table, { type: "stream-answer", stream, bytes: new Uint8Array(3) })).joined).toBe(0);
    expect(put(table, { type: "stream-answer", stream, bytes: new Uint8Array(3) })).toEqual([]);
    expect(put(table, { type: "stream-failed", stream: 12_345, error: "?" })).toEqual([]);
  });
});

describe("a push-pull from somebody", () => {
  const pushPull = (nodes: readonly PushPullNode[], join: boolean): Parameters<typeof answerTo>[1] => ({
    type: "push-pull",
    join,
    nodes,
    userState: new Uint8Array(),
  });

  test.each([true, false])(
    "is answered with what we knew before it, and its own mark of a join: %s",
    (join) => {
      const table = createTable();
      const { answer: ours } = answerTo(table, pushPull([line("p2", 5, 2, 0)], join));
      expect(ours).toMatchObject({ type: "push-pull", join, nodes: [{ name: "me" }] });
      expect(table.gossip.nodes.has("p2")).toBe(true);
    },
  );

  test("that cannot be read is answered with the error", () => {
    const effects = put(createTable(), {
      type: "stream",
      stream: 2,
      from: "10.0.0.9:1",
      bytes: Uint8Array.of(6, 0xc1),
    });
    const [reply] = effects.filter(({ type }) => type === "stream-answer");
    expect(reply).toMatchObject({ type: "stream-answer", stream: 2 });
    if (reply?.type === "stream-answer") expect(reply.bytes[0]).toBe(13);
  });

  test("whose nodes speak versions that some of us do not understand is not merged", () => {
    const table = createTable();
    const vsn = Uint8Array.of(3, 5, 3, 2, 5, 4);
    answerTo(table, pushPull([{ ...line("p2", 5, 2, 0), vsn }], false));
    expect(table.gossip.nodes.has("p2")).toBe(false);
    const delegate = Uint8Array.of(1, 5, 2, 5, 5, 5);
    answerTo(table, pushPull([{ ...line("p2", 5, 2, 0), vsn: delegate }], false));
    expect(table.gossip.nodes.has("p2")).toBe(false);
    // Of the dead it does not matter what they spoke.
    answerTo(table, pushPull([{ ...line("p3", 5, 3, 2), vsn }, line("p2", 5, 2, 0)], false));
    expect(table.gossip.nodes.has("p2")).toBe(true);
  });

  test("to join, with one stranger among its nodes, is not merged at all", () => {
    const table = createTable();
    const foreign = { ...line("p3", 5, 3, 0), meta: encodeTags(new Map([...tagsOf("p3"), ["dc", "dc2"]])) };
    const { effects } = answerTo(table, pushPull([line("p2", 5, 2, 0), foreign], true));
    expect(table.gossip.nodes.size).toBe(1);
    expect(JSON.stringify(effects)).toContain("Member 'p3' part of wrong datacenter 'dc2'");
    // Without the mark of a join everybody is judged for himself.
    answerTo(table, pushPull([line("p2", 5, 2, 0), foreign], false));
    expect([...table.gossip.nodes.keys()]).toEqual(["me", "p2"]);
  });
});

describe("Consul's rules of admission", () => {
  const candidate = (name: string, tags: Record<string, string>, left: boolean = false): Candidate => ({
    name,
    ip: "10.0.0.2",
    port: 8301,
    tags: new Map([...tagsOf(name), ...Object.entries(tags)]),
    versions: CONSUL_GOSSIP_VERSIONS,
    left,
  });
  const ownTags = tagsOf("me");
  const lan = (...candidates: Candidate[]): string | undefined =>
    vetoCandidates({ pool: "lan", ownName: "me", ownTags }, candidates);
  const wan = (...candidates: Candidate[]): string | undefined =>
    vetoCandidates({ pool: "wan", ownName: "me", ownTags }, candidates);
  const server = { role: "consul", port: "8300", vsn: "2", raft_vsn: "3" };

  test.each([
    ["an agent of our datacenter", candidate("a", {}), undefined],
    ["a client of another", candidate("a", { dc: "dc2" }), "Member 'a' part of wrong datacenter 'dc2'"],
    [
      "a server of another",
      candidate("a", { ...server, dc: "dc2" }),
      "Member 'a' part of wrong datacenter 'dc2'",
    ],
    ["what is no agent of Consul's", candidate("a", { role: "web", dc: "dc2" }), undefined],
    [
      "another segment",
      candidate("a", { segment: "x" }),
      "Member 'a' part of wrong segment 'x' (expected '')",
    ],
    [
      "our own id under another name",
      candidate("a", { id: "id-of-me" }),
      "Member 'a' has conflicting node ID 'id-of-me' with this agent's ID",
    ],
    ["ourselves", candidate("me", {}), undefined],
    ["our own id, of one that left", candidate("a", { id: "id-of-me" }, true), undefined],
    ["one without an id", candidate("a", { id: "" }), undefined],
  ])("in a LAN: %s", (_name, one, want) => {
    expect(lan(one)).toBe(want);
  });

  test("two with one id are refused together, unless they are of a time when ids were not unique", () => {
    const twins = (build: string): string | undefined =>
      lan(candidate("a", { id: "same", build }), candidate("b", { id: "same", build }));
    expect(twins("1.8.7:ab12cd34")).toBe("Member 'b' has conflicting node ID 'same' with member 'a'");
    expect(twins("0.8.5")).toBe("Member 'b' has conflicting node ID 'same' with member 'a'");
    expect(twins("0.8.4")).toBeUndefined();
    expect(twins("unknown")).toBeUndefined();
  });

  test("in a WAN only servers are let in, of any datacenter", () => {
    expect(wan(candidate("a", { ...server, dc: "dc9" }))).toBeUndefined();
    expect(wan(candidate("a", {}))).toBe("Member 'a' is not a server");
    expect(wan(candidate("a", { ...server, port: "?" }))).toBe("Member 'a' is not a server");
  });

  test("a pool of plain Serf agents lets in whom it likes", () => {
    const overrides: Partial<GossipConfig> = { tags: new Map([["role", "db"]]) };
    const table = createTable(overrides);
    const [seed] = startJoin(table, "10.0.0.2:8301");
    answer(table, must(seed, "one").stream, [line("p2", 5, 2, 0)]);
    expect(nodeOf(table, "p2").state).toBe("alive");
  });
});
