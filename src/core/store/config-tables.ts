// The tables of configuration entries, by kind and name, and of what follows from those of gateways.

import type { OrderedMap } from "../lib/ordered-map.ts";
import type { ConfigKind, KeptEntry } from "../model/config-entry.ts";
import type { GatewayService } from "../model/gateway-service.ts";
import { rowKey, rowsOf } from "./catalog-keys.ts";
import { rowsUnder } from "./catalog-tables.ts";

export type ConfigTable = OrderedMap<string, KeptEntry>;

export function configKey({ kind, name }: { readonly kind: ConfigKind; readonly name: string }): string {
  return rowKey(kind, name);
}

export function gatewayServiceKey({
  gateway,
  service,
  port,
}: Pick<GatewayService, "gateway" | "service" | "port">): string {
  return rowKey(gateway, service, String(port));
}

export function entryOf<K extends ConfigKind>(
  table: ConfigTable,
  kind: K,
  name: string,
): KeptEntry<K> | undefined {
  return table.get(rowKey(kind, name)) as KeptEntry<K> | undefined;
}

/** Those of one kind, by name. */
export function entriesOf<K extends ConfigKind>(table: ConfigTable, kind: K): readonly KeptEntry<K>[] {
  return rowsUnder(table, rowsOf(kind)) as readonly unknown[] as readonly KeptEntry<K>[];
}
