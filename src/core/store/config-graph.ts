// Whether a change of a configuration entry leaves every service's requests a way that can be followed, and the gateways
// something that they can serve (validateProposedConfigEntryInGraph of agent/consul/state/config_entry.go, 1.8).

import { quoteText } from "../lib/go-quote.ts";
import {
  type ConfigEntry,
  type ConfigKind,
  GLOBAL,
  type IngressGateway,
  WILDCARD,
} from "../model/config-entry.ts";
import { serviceKey } from "./catalog-keys.ts";
import { type ConfigTable, configKey, entriesOf, entryOf } from "./config-tables.ts";
import { chainFault, type EntryLookup, protocolOf } from "./discovery-chain.ts";

/** Entries of these kinds lead requests elsewhere. */
const LEADING = ["service-router", "service-splitter", "service-resolver"] as const;

/**
 * Why the change cannot be made; undefined if it can.
 * @param entry As it shall be; undefined if it shall go.
 */
export function graphFault(
  table: ConfigTable,
  kind: ConfigKind,
  name: string,
  entry: ConfigEntry | undefined,
): string | undefined {
  const lookup = lookupWith(table, kind, name, entry);
  switch (kind) {
    case "ingress-gateway":
      return (
        gatewayClash(table, kind, "terminating-gateway", name) ??
        (entry?.kind === "ingress-gateway" ? ingressFault(entry, lookup) : undefined)
      );
    case "terminating-gateway":
      return gatewayClash(table, kind, "ingress-gateway", name) ?? chainFault(name, lookup);
    case "proxy-defaults":
      return name === GLOBAL
        ? chainsFault(
            LEADING.flatMap((each) => namesOf(table, each)),
            lookup,
          )
        : undefined;
    default:
      return chainsFault([name, ...dependents(table, name)], lookup);
  }
}

function lookupWith(
  table: ConfigTable,
  kind: ConfigKind,
  name: string,
  entry: ConfigEntry | undefined,
): EntryLookup {
  const changed = configKey({ kind, name });
  return <K extends ConfigKind>(wanted: K, its: string) =>
    (configKey({ kind: wanted, name: its }) === changed ? entry : entryOf(table, wanted, its)) as never;
}

function gatewayClash(
  table: ConfigTable,
  kind: ConfigKind,
  other: ConfigKind,
  name: string,
): string | undefined {
  return entryOf(table, other, name) === undefined
    ? undefined
    : `cannot create a ${quoteText(kind)} config entry with name ${quoteText(name)}, a ${quoteText(other)} config entry with that name already exists`;
}

function ingressFault({ listeners }: IngressGateway, lookup: EntryLookup): string | undefined {
  for (const { protocol, services } of listeners ?? [])
    for (const { name } of services ?? []) {
      const its = name === WILDCARD ? protocol : protocolOf(name, lookup);
      if (its !== protocol)
        return `service ${quoteText(name)} has protocol ${quoteText(its)}, which does not match defined listener protocol ${quoteText(protocol)}`;
    }
  return undefined;
}

function chainsFault(services: readonly string[], lookup: EntryLookup): string | undefined {
  for (const service of new Set(services)) {
    const fault = chainFault(service, lookup);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function namesOf(table: ConfigTable, kind: ConfigKind): string[] {
  return entriesOf(table, kind).map(({ name }) => name);
}

/** Services whose requests an entry of theirs leads to this one. */
function dependents(table: ConfigTable, service: string): string[] {
  return LEADING.flatMap((kind) => entriesOf(table, kind))
    .filter((entry) => relatedServices(entry).some((name) => serviceKey(name) === serviceKey(service)))
    .map(({ name }) => name);
}

function relatedServices(entry: ConfigEntry): string[] {
  switch (entry.kind) {
    case "service-router":
      return (entry.routes ?? []).map(({ destination }) => destination?.service ?? "");
    case "service-splitter":
      return (entry.splits ?? []).map(({ service }) => service);
    case "service-resolver": {
      const failovers = (entry.failover ?? []).map(([, { service }]) => service);
      return [entry.redirect?.service ?? "", ...failovers];
    }
    default:
      return [];
  }
}
