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
import { type ChainVerdict, type EntryLookup, followChain } from "./discovery-chain.ts";

/** Entries of these kinds lead requests elsewhere. */
const LEADING = ["service-router", "service-splitter", "service-resolver"] as const;

/** What a change may break: the ways of these services, and what these gateways serve. */
interface Affected {
  readonly services: readonly string[];
  readonly gateways: readonly IngressGateway[];
  /** The gateway itself changes: it may not serve as TCP what speaks anything else. */
  readonly strict?: true;
}

const NOTHING: Affected = { services: [], gateways: [] };

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
  return (
    clashOf(table, kind, name) ??
    faultOf(affectedBy(table, kind, name, entry), lookupWith(table, kind, name, entry))
  );
}

function affectedBy(
  table: ConfigTable,
  kind: ConfigKind,
  name: string,
  entry: ConfigEntry | undefined,
): Affected {
  const gateways = entriesOf(table, "ingress-gateway");
  if (kind === "proxy-defaults")
    return name === GLOBAL
      ? { services: LEADING.flatMap((each) => namesOf(table, each)), gateways }
      : NOTHING;
  if (kind === "ingress-gateway")
    return entry?.kind === kind ? { services: [], gateways: [entry], strict: true } : NOTHING;
  return {
    services: [name, ...dependents(table, name)],
    gateways: gateways.filter((each) => servedBy(each).some((its) => serviceKey(its) === serviceKey(name))),
  };
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

/** No two gateways of different kinds have one name. */
function clashOf(table: ConfigTable, kind: ConfigKind, name: string): string | undefined {
  if (kind !== "ingress-gateway" && kind !== "terminating-gateway") return undefined;
  const other = kind === "ingress-gateway" ? "terminating-gateway" : "ingress-gateway";
  return entryOf(table, other, name) === undefined
    ? undefined
    : `cannot create a ${quoteText(kind)} config entry with name ${quoteText(name)}, a ${quoteText(other)} config entry with that name already exists`;
}

function faultOf({ services, gateways, strict }: Affected, lookup: EntryLookup): string | undefined {
  const chains = new Map<string, ChainVerdict>();
  for (const service of new Set([...services, ...gateways.flatMap(servedBy)])) {
    const chain = followChain(service, lookup);
    if (!chain.ok) return chain.error;
    chains.set(service, chain);
  }
  for (const { listeners } of gateways)
    for (const { protocol, services: served } of listeners ?? [])
      for (const { name } of served ?? []) {
        const chain = chains.get(name);
        if (chain?.ok !== true || chain.protocol === protocol) continue;
        // To what is not told apart by its requests whoever speaks TCP can be led.
        if (protocol === "tcp" && !chain.routed && strict !== true) continue;
        return `service ${quoteText(name)} has protocol ${quoteText(chain.protocol)}, which does not match defined listener protocol ${quoteText(protocol)}`;
      }
  return undefined;
}

/** The services that a gateway's entry names. */
function servedBy({ listeners }: IngressGateway): string[] {
  return (listeners ?? [])
    .flatMap(({ services }) => (services ?? []).map(({ name }) => name))
    .filter((name) => name !== WILDCARD);
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
