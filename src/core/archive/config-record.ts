// The record of a configuration entry: bytes, in them the entry's kind and then Consul's request to write it; so its codec
// knows which struct the entry is. Defaults of proxies are wrapped once more.

import { CONFIG_SHAPES, type ConfigKind, isConfigKind, type KeptEntry } from "../model/config-entry.ts";
import type { Shape } from "../model/shape.ts";
import {
  createReader,
  createWriter,
  failRead,
  type Reader,
  readBytesInPlace,
  readText,
  type Writer,
  writeBytes,
  writeText,
  written,
} from "../wire/gossip/msgpack.ts";
import { encodeKind, type Kind, size, struct, text } from "../wire/gossip/struct.ts";
import { shapeKind } from "./shape-kind.ts";

interface Request {
  readonly datacenter: string;
  readonly entry: KeptEntry | null;
  readonly op: string;
  readonly token: string;
}

function requestOf(kind: ConfigKind): Kind<Request> {
  const indexes = { createIndex: ["CreateIndex", size], modifyIndex: ["ModifyIndex", size] } as const;
  const own = shapeKind(CONFIG_SHAPES[kind] as Shape<KeptEntry>, indexes) as Kind<KeptEntry | null>;
  return struct<Request>(
    {},
    {
      datacenter: ["Datacenter", text],
      entry: ["Entry", kind === "proxy-defaults" ? wrapped(own) : own],
      op: ["Op", text],
      token: ["Token", text],
    },
  );
}

/** A value's bytes as bytes. */
function wrapped<T>(inner: Kind<T>): Kind<T> {
  return {
    zero: inner.zero,
    read: (reader) => readWithin(reader, (within) => inner.read(within), inner.zero),
    write: (writer, value) => writeBytes(writer, encodeKind(inner, value)),
  };
}

function readWithin<T>(reader: Reader, read: (within: Reader) => T, none: T): T {
  const bytes = readBytesInPlace(reader);
  if (bytes === null || reader.error !== undefined) return none;
  const within = createReader(bytes);
  const value = read(within);
  if (within.error !== undefined) failRead(reader, within.error);
  return value;
}

/** Null for an entry of a kind that we do not know. */
export const configRecord: Kind<KeptEntry | null> = {
  zero: null,
  read: (reader) => readWithin(reader, readRequest, null),
  write(writer, entry) {
    if (entry === null) return;
    writeBytes(writer, requestBytes(entry));
  },
};

function readRequest(reader: Reader): KeptEntry | null {
  const kind = readText(reader);
  if (reader.error !== undefined || !isConfigKind(kind)) return null;
  const { entry } = requestOf(kind).read(reader);
  return entry === null ? null : ({ ...entry, kind } as KeptEntry);
}

function requestBytes(entry: KeptEntry): Uint8Array {
  const writer: Writer = createWriter();
  writeText(writer, entry.kind);
  requestOf(entry.kind).write(writer, { datacenter: "", entry, op: "", token: "" });
  return written(writer);
}
