// The configuration entries that a server brings along, config_entries.bootstrap: read and judged as if somebody wrote them.

import type { RawValue } from "../../core/lib/raw-value.ts";
import { decodeConfigEntry } from "../../core/model/config-decode.ts";
import type { ConfigEntry } from "../../core/model/config-entry.ts";
import { configFault } from "../../core/model/config-rules.ts";
import { ConfigFault } from "./config-fault.ts";
import { type ConfigMap, type ConfigValue, configAt, isConfigMap } from "./values.ts";

const PATH = "config_entries.bootstrap";

/** @throws ConfigFault for the first that can't be. */
export function configEntriesOf(config: ConfigMap): readonly ConfigEntry[] {
  const given = configAt(config, PATH);
  if (!Array.isArray(given)) return [];
  const entries: ConfigEntry[] = [];
  for (const [at, value] of (given as readonly ConfigValue[]).entries()) {
    const read = decodeConfigEntry(isConfigMap(value) ? rawOf(value) : new Map());
    const fault = read.ok ? configFault(read.entry) : read.error;
    if (fault !== undefined) throw new ConfigFault(`${PATH}[${at}]: ${fault}`);
    if (read.ok) entries.push(read.entry);
  }
  return entries;
}

function rawOf(entry: ConfigMap): ReadonlyMap<string, RawValue> {
  const raw = new Map<string, RawValue>();
  for (const [name, value] of entry)
    if (typeof value === "object" && "opaque" in value) raw.set(name, value.opaque);
  return raw;
}
