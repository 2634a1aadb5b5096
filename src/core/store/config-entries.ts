// Configuration entries: written, removed and listed. Consul's agent/consul/state/config_entry.go, 1.8.

import type { ConfigDelete, ConfigDeleteCas, ConfigSet } from "../api/request.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { CONFIG_KINDS, type ConfigKind, type KeptEntry } from "../model/config-entry.ts";
import type { ApplyConfig } from "./apply.ts";
import { graphFault } from "./config-graph.ts";
import { configKey, entriesOf, entryOf } from "./config-tables.ts";
import { removeGatewayRows, writeGatewayRows } from "./gateway-services.ts";
import { APPLIED, NOT_APPLIED, type Outcome, type Store, type Touched } from "./store.ts";

/** The same again is a new version all the same, as in Consul. */
export function applyConfigSet(
  store: Store,
  index: number,
  { entry, index: wanted }: ConfigSet,
  config: ApplyConfig,
  touched: Touched[],
): Outcome {
  const { kind, name } = entry;
  const existing = entryOf(store.configEntries, kind, name);
  const isBlind = PLANTED && planted(config, "config-cas-ignores-index");
  if (wanted !== undefined && wanted !== (existing?.modifyIndex ?? 0) && !isBlind) return NOT_APPLIED;
  const fault = graphFault(store.configEntries, kind, name, entry) ?? nameFault(name);
  if (fault !== undefined) return { ok: false, error: fault };
  if (isGateway(kind)) writeGatewayRows(store, index, entry, existing, touched);
  const createIndex = existing?.createIndex ?? index;
  store.configEntries.set(configKey(entry), { createIndex, modifyIndex: index, ...entry });
  noteChange(store, index, kind, touched);
  return APPLIED;
}

function nameFault(name: string): string | undefined {
  return name === "" ? "failed inserting config entry: object missing primary index" : undefined;
}

function isGateway(kind: ConfigKind): boolean {
  return kind === "ingress-gateway" || kind === "terminating-gateway";
}

/** Gone already is as good. */
export function applyConfigDelete(
  store: Store,
  index: number,
  { entryKind: kind, name }: Omit<ConfigDelete, "kind">,
  touched: Touched[],
): Outcome {
  const existing = entryOf(store.configEntries, kind, name);
  if (existing === undefined) return APPLIED;
  const fault = graphFault(store.configEntries, kind, name, undefined);
  if (fault !== undefined) return { ok: false, error: fault };
  if (isGateway(kind)) removeGatewayRows(store, index, existing.name, touched);
  store.configEntries.delete(configKey(existing));
  noteChange(store, index, kind, touched);
  return APPLIED;
}

/** What is not there has no index that could be asked for. */
export function applyConfigDeleteCas(
  store: Store,
  index: number,
  request: ConfigDeleteCas,
  touched: Touched[],
): Outcome {
  const existing = entryOf(store.configEntries, request.entryKind, request.name);
  if (existing?.modifyIndex !== request.index) return NOT_APPLIED;
  return applyConfigDelete(store, index, request, touched);
}

/** Which services an ingress gateway's wildcard means depends on what they speak. */
function noteChange(store: Store, index: number, kind: ConfigKind, touched: Touched[]): void {
  store.tableIndexes.configEntries = index;
  touched.push({ table: "config-entries" });
  if (kind === "service-defaults" || kind === "proxy-defaults") touched.push({ table: "gateway-services" });
}

/** Of one kind, or of all; of one name, or of all. */
export function listConfigEntries(
  store: Store,
  kind: ConfigKind | "",
  name: string | undefined,
): readonly KeptEntry[] {
  if (kind === "")
    return CONFIG_KINDS.flatMap((each): readonly KeptEntry[] => entriesOf(store.configEntries, each));
  if (name === undefined) return entriesOf<ConfigKind>(store.configEntries, kind);
  const entry = entryOf<ConfigKind>(store.configEntries, kind, name);
  return entry === undefined ? [] : [entry];
}
