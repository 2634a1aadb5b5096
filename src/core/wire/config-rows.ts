// Configuration entries, and what follows from them, on wires and disks.

import { must } from "../lib/assert.ts";
import {
  CONFIG_KINDS,
  CONFIG_SHAPES,
  type ConfigEntry,
  type ConfigKind,
  type KeptEntry,
} from "../model/config-entry.ts";
import { type GatewayService, gatewayService } from "../model/gateway-service.ts";
import type { Shape } from "../model/shape.ts";
import { writeArrayHeader } from "./gossip/msgpack.ts";
import { nothing, readCount, skip } from "./packed.ts";
import { readPart, record, type Schema, uint, word } from "./schema.ts";
import { shapeSchema } from "./shape-schema.ts";

export const configKind: Schema<ConfigKind> = word(CONFIG_KINDS);

const schemas = new Map(
  CONFIG_KINDS.map((kind) => [kind, shapeSchema(CONFIG_SHAPES[kind] as Shape<ConfigEntry>)]),
);

function schemaOf(kind: ConfigKind): Schema<ConfigEntry> {
  return must(schemas.get(kind), "every kind has a shape");
}

/** Its kind, and then what that is made of. */
export const configEntry: Schema<ConfigEntry> = {
  write(out, value) {
    writeArrayHeader(out, 2);
    configKind.write(out, value.kind);
    schemaOf(value.kind).write(out, value);
  },
  read(from) {
    const count = readCount(from);
    const kind = readPart(configKind, count > 0 ? from : nothing(), "kind");
    const entry = schemaOf(kind).read(count > 1 ? from : nothing());
    skip(from, count - 2);
    // What is inside is what it is called.
    return { ...entry, kind } as ConfigEntry;
  },
};

const indexes = record({ createIndex: uint, modifyIndex: uint });

export const configRow: Schema<KeptEntry> = {
  write(out, value) {
    writeArrayHeader(out, 2);
    indexes.write(out, value);
    configEntry.write(out, value);
  },
  read(from) {
    const count = readCount(from);
    const its = indexes.read(count > 0 ? from : nothing());
    const entry = configEntry.read(count > 1 ? from : nothing());
    skip(from, count - 2);
    return { ...entry, ...its };
  },
};

export const gatewayServiceRow: Schema<GatewayService> = shapeSchema(gatewayService);
