// A configuration entry as a user wrote it, read and put into its usual form (Consul's DecodeConfigEntry and Normalize).

import { errorList } from "../lib/error-list.ts";
import { quoteText } from "../lib/go-quote.ts";
import { isRawMap, type RawMap, type RawValue } from "../lib/raw-value.ts";
import {
  CONFIG_SHAPES,
  type ConfigEntry,
  type ConfigKind,
  GLOBAL,
  type IngressGateway,
  isConfigKind,
  type Route,
  type ServiceRouter,
  type ServiceSplitter,
} from "./config-entry.ts";
import { weakDecode } from "./weak-decode.ts";

export type DecodedEntry =
  | { readonly ok: true; readonly entry: ConfigEntry }
  | { readonly ok: false; readonly error: string };

function failed(error: string): DecodedEntry {
  return { ok: false, error };
}

export function decodeConfigEntry(raw: RawMap): DecodedEntry {
  const kind = raw.has("Kind") ? raw.get("Kind") : raw.get("kind");
  if (kind === undefined) return failed("Payload does not contain a kind/Kind key at the top level");
  if (typeof kind !== "string") return failed("Kind value in payload is not a string");
  if (!isConfigKind(kind)) return failed(`invalid config entry kind: ${kind}`);
  const decoded = weakDecode(
    CONFIG_SHAPES[kind] as (typeof CONFIG_SHAPES)["service-router"],
    withoutIndexes(raw),
  );
  if (!decoded.ok) return failed(decoded.error);
  const strange = decoded.unused.filter((key) => key !== "CreateIndex" && key !== "ModifyIndex");
  if (strange.length > 0) return failed(errorList(strange.map(unknownKey)));
  return { ok: true, entry: normalized({ ...decoded.value, kind } as ConfigEntry) };
}

/** A struct of Consul's in an entry holds its indexes: whoever names it names nothing that counts. */
function withoutIndexes(raw: RawMap): RawValue {
  const indexes = raw.get("RaftIndex");
  const isIgnored = typeof indexes === "object" && indexes !== null && isRawMap(indexes);
  return isIgnored ? new Map([...raw].filter(([key]) => key !== "RaftIndex")) : raw;
}

function unknownKey(key: string): string {
  const isNamespace = key.toLowerCase().endsWith("namespace");
  const more = isNamespace ? ", namespaces are a consul enterprise feature" : "";
  return `invalid config key ${quoteText(key)}${more}`;
}

/** The name under which an entry is kept that is called so. */
export function configName(kind: ConfigKind, name: string): string {
  return kind === "proxy-defaults" ? GLOBAL : name;
}

function normalized(entry: ConfigEntry): ConfigEntry {
  switch (entry.kind) {
    case "service-defaults":
      return { ...entry, protocol: entry.protocol.toLowerCase() };
    case "proxy-defaults":
      return { ...entry, name: GLOBAL };
    case "service-router":
      return normalizedRouter(entry);
    case "service-splitter":
      return normalizedSplitter(entry);
    case "ingress-gateway":
      return normalizedIngress(entry);
    default:
      return entry;
  }
}

function normalizedRouter(entry: ServiceRouter): ServiceRouter {
  return { ...entry, routes: entry.routes?.map(normalizedRoute) ?? null };
}

/** Where methods are named, the destination's namespace is too, as Consul has it. */
function normalizedRoute(route: Route): Route {
  const { match, destination } = route;
  const methods = match?.http?.methods ?? [];
  if (match === null || match.http === null || methods.length === 0) return route;
  const http = { ...match.http, methods: methods.map((method) => method.toUpperCase()) };
  const namespace = destination?.namespace || "default";
  return { match: { http }, destination: destination === null ? null : { ...destination, namespace } };
}

function normalizedSplitter(entry: ServiceSplitter): ServiceSplitter {
  const splits = entry.splits?.map((split) => ({ ...split, weight: roundedWeight(split.weight) })) ?? null;
  return { ...entry, splits };
}

/** Hundredths of a percent. */
export function scaledWeight(weight: number): number {
  const scaled = Math.fround(weight * 100);
  return Math.sign(scaled) * Math.round(Math.abs(scaled)) + 0;
}

/** To a hundredth of a percent, the least that there is. */
export function roundedWeight(weight: number): number {
  return Math.fround(scaledWeight(weight) / 100);
}

function normalizedIngress(entry: IngressGateway): IngressGateway {
  const listeners =
    entry.listeners?.map((listener) => ({
      ...listener,
      protocol: listener.protocol === "" ? "tcp" : listener.protocol.toLowerCase(),
    })) ?? null;
  return { ...entry, listeners };
}
