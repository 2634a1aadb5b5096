// Configuration entries, and what follows from them, on wires and disks.

import {
  CONFIG_KINDS,
  CONFIG_SHAPES,
  type ConfigEntry,
  type ConfigKind,
  type KeptEntry,
} from "../model/config-entry.ts";
import { type GatewayService, gatewayService } from "../model/gateway-service.ts";
import type { Shape } from "../model/shape.ts";
import { record, type Schema, uint, word } from "./schema.ts";
import { shapeSchema } from "./shape-schema.ts";

export const configKind: Schema<ConfigKind> = word(CONFIG_KINDS);

const schemas = new Map(
  CONFIG_KINDS.map((kind) => [kind, shapeSchema(CONFIG_SHAPES[kind] as Shape<ConfigEntry>)]),
);

/** Its kind, and then what that is made of. */
export const configEntry: Schema<ConfigEntry> = {
  pack: (value) => [
    configKind.pack(value.kind),
    (schemas.get(value.kind) as Schema<ConfigEntry>).pack(value),
  ],
  unpack(packed, path) {
    const [first, rest] = Array.isArray(packed) ? (packed as unknown[]) : [];
    const kind = configKind.unpack(first, `${path}.kind`);
    const entry = (schemas.get(kind) as Schema<ConfigEntry>).unpack(rest, path);
    // What is inside is what it is called.
    return { ...entry, kind } as ConfigEntry;
  },
};

const indexes = record({ createIndex: uint, modifyIndex: uint });

export const configRow: Schema<KeptEntry> = {
  pack: (value) => [indexes.pack(value), configEntry.pack(value)],
  unpack(packed, path) {
    const [first, rest] = Array.isArray(packed) ? (packed as unknown[]) : [];
    return { ...configEntry.unpack(rest, path), ...indexes.unpack(first, path) };
  },
};

export const gatewayServiceRow: Schema<GatewayService> = shapeSchema(gatewayService);
