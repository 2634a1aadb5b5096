// The table of configuration entries, by kind and name.

import type { ConfigKind, KeptEntry } from "../model/config-entry.ts";
import type { OrderedMap } from "../lib/ordered-map.ts";
import { rowKey, rowsOf } from "./catalog-keys.ts";
import { rowsUnder } from "./catalog-tables.ts";

export type ConfigTable = OrderedMap<string, KeptEntry>;

export function configKey({ kind, name }: { readonly kind: ConfigKind; readonly name: string }): string {
  return rowKey(kind, name);
}

export function entryOf<K extends ConfigKind>(table: ConfigTable, kind: K, name: string): KeptEntry<K> | undefined {
  return table.get(rowKey(kind, name)) as KeptEntry<K> | undefined;
}

/** Those of one kind, by name. */
export function entriesOf<K extends ConfigKind>(table: ConfigTable, kind: K): readonly KeptEntry<K>[] {
  return rowsUnder(table, rowsOf(kind)) as KeptEntry[] as KeptEntry<K>[];
}
