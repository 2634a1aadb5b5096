// The map inside Consul's user events, against a recorded one and against what others may send.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../../../src/core/lib/assert.ts";
import { byteStringOf, hexOf, utf8Bytes } from "../../../../src/core/lib/bytes.ts";
import {
  decodeUserEvent,
  encodeUserEvent,
  serfEventName,
  userEventName,
} from "../../../../src/core/wire/gossip/consul-events.ts";
import { decodePacket } from "../../../../src/core/wire/gossip/packet.ts";
import { decodeSerf } from "../../../../src/core/wire/gossip/serf-messages.ts";
import { vectors } from "./vectors.ts";

function recorded(): Uint8Array {
  const vector = must(
    vectors.captured.find(({ name }) => name === "user-event-consul-event"),
    "it was recorded",
  );
  const [message] = decodePacket(new Uint8Array(Buffer.from(vector.hex, "hex"))).messages;
  const serf = message?.type === "user" ? decodeSerf(message.bytes) : undefined;
  if (serf?.ok !== true || serf.value.type !== "user-event") throw new Error("no user event");
  return must(serf.value.payload, "it has one");
}

const EVENT = {
  id: "eb2ccfea-211b-40fd-2e68-d146fed11b29",
  name: "deploy",
  payload: utf8Bytes("payload-123"),
  nodeFilter: "c1",
  serviceFilter: "",
  tagFilter: "",
  version: 1,
  lTime: 2,
};

describe("Consul's own", () => {
  test("is read", () => {
    expect(decodeUserEvent(recorded(), 2)).toEqual({ ok: true, value: EVENT });
  });

  test("is written to the byte", () => {
    expect(hexOf(encodeUserEvent(EVENT))).toBe(hexOf(recorded()));
  });
});

describe("any other", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 300 });
  const event = fc.record({
    id: fc.uuid(),
    name: text,
    payload: fc.option(fc.uint8Array({ minLength: 1, maxLength: 70_000 })),
    nodeFilter: text,
    serviceFilter: text,
    tagFilter: text,
    version: fc.nat(),
    lTime: fc.nat(),
  });

  test("is read as it was written", () => {
    fc.assert(
      fc.property(event, (given) => {
        expect(decodeUserEvent(encodeUserEvent(given), given.lTime)).toEqual({ ok: true, value: given });
      }),
    );
  });

  test("may be of the MessagePack of old, where all is raw", () => {
    const old = "\x83\xa2ID\xda\x00\x24eb2ccfea-211b-40fd-2e68-d146fed11b29\xa1n\xa1x\xa1p\xa2hi";
    const bytes = Uint8Array.from(old, (each) => each.charCodeAt(0));
    expect(decodeUserEvent(bytes, 7)).toMatchObject({
      ok: true,
      value: { id: EVENT.id, name: "x", payload: utf8Bytes("hi"), version: 0, lTime: 7 },
    });
  });

  test("is refused when it is no map, and never throws", () => {
    expect(decodeUserEvent(utf8Bytes("hello"), 1).ok).toBe(false);
    expect(decodeUserEvent(new Uint8Array(0), 1).ok).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodeUserEvent(bytes, 1);
      }),
    );
  });
});

test("names of users' events are told from Consul's own", () => {
  expect(userEventName(serfEventName("deploy"))).toBe("deploy");
  expect(userEventName(serfEventName(""))).toBe("");
  expect(userEventName("consul:new-leader")).toBeUndefined();
  expect(userEventName("deploy")).toBeUndefined();
  expect(byteStringOf(utf8Bytes(serfEventName("é")))).toBe("consul:event:\xc3\xa9");
});
