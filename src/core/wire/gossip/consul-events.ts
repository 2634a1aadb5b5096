// What Consul puts into Serf's user events: their names, and the map inside. Unlike all else in gossip that map is of
// today's MessagePack, where texts and bytes are two kinds (recorded from Consul 1.8.7).

import { utf8Bytes } from "../../lib/bytes.ts";
import type { UserEvent } from "../../model/user-event.ts";
import type { Decoded } from "../schema.ts";
import { readBytes, readText, type Writer, writeByte, writeRest } from "./msgpack.ts";
import { decodeKind, encodeKind, type Kind, size, struct } from "./struct.ts";

/** Fired by a server that begins to lead; its payload is the node's name. */
export const NEW_LEADER_EVENT = "consul:new-leader";
/** What the names of users' events begin with. */
const USER_EVENT_PREFIX = "consul:event:";

export function serfEventName(name: string): string {
  return USER_EVENT_PREFIX + name;
}

/** The name that a user gave; undefined when it is no user's event. */
export function userEventName(serfName: string): string | undefined {
  return serfName.startsWith(USER_EVENT_PREFIX) ? serfName.slice(USER_EVENT_PREFIX.length) : undefined;
}

/** What of an event is in the map: its Lamport time is Serf's to say. */
type Content = Omit<UserEvent, "lTime">;

function writeLength(writer: Writer, length: number, codes: readonly [number, number, number]): void {
  const width = length < 0x100 ? 1 : length < 0x10000 ? 2 : 4;
  writeByte(writer, codes[width === 4 ? 2 : ((width - 1) as 0 | 1)]);
  for (let shift = 8 * (width - 1); shift >= 0; shift -= 8) writeByte(writer, (length >>> shift) & 0xff);
}

const text: Kind<string> = {
  zero: "",
  read: readText,
  write(writer, value) {
    const bytes = utf8Bytes(value);
    if (bytes.length < 32) writeByte(writer, 0xa0 | bytes.length);
    else writeLength(writer, bytes.length, [0xd9, 0xda, 0xdb]);
    writeRest(writer, bytes);
  },
};

const bytes: Kind<Uint8Array | null> = {
  zero: null,
  read: readBytes,
  write(writer, value) {
    if (value === null) return writeByte(writer, 0xc0);
    writeLength(writer, value.length, [0xc4, 0xc5, 0xc6]);
    writeRest(writer, value);
  },
};

const CONTENT: Kind<Content> = struct<Content>(
  {},
  {
    id: ["ID", text],
    name: ["n", text],
    payload: ["p", bytes, "omitempty"],
    nodeFilter: ["nf", text, "omitempty"],
    serviceFilter: ["sf", text, "omitempty"],
    tagFilter: ["tf", text, "omitempty"],
    version: ["v", size],
  },
);

/** The payload of the Serf event that carries a user's event. */
export function encodeUserEvent(event: Content): Uint8Array {
  return encodeKind(CONTENT, event);
}

export function decodeUserEvent(payload: Uint8Array, lTime: number): Decoded<UserEvent> {
  const content = decodeKind(CONTENT, payload);
  return content.ok ? { ok: true, value: { ...content.value, lTime } } : content;
}
