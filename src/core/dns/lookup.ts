// What a name in our zones asks for: the keyword farthest to the right parts it into what is looked for and where. Consul's
// grammar, 1.8: nothing to the right of the keyword but the name of a datacenter.

import { type ByteString, bytesOf } from "../lib/bytes.ts";
import { ipText } from "../model/address.ts";
import { RECORD } from "./message.ts";
import { type DnsName, isWithin, labelsOf, labelText, lowerName, nameOfText } from "./name.ts";
import type { DnsSettings } from "./settings.ts";

export type Lookup =
  | {
      readonly kind: "service";
      readonly service: string;
      /** "" for any. */
      readonly tag: string;
      /** The service itself, what takes Connect's connections for it, or the ingress gateways that serve it. */
      readonly of: "service" | "connect" | "ingress";
      readonly datacenter: string;
    }
  | { readonly kind: "node"; readonly node: string; readonly datacenter: string }
  | { readonly kind: "query"; readonly name: string; readonly datacenter: string }
  /** An address that is its own name. */
  | { readonly kind: "address"; readonly hex: string; readonly labels: readonly string[] }
  /** No name of anything. */
  | { readonly kind: "nothing" };

const NOTHING: Lookup = { kind: "nothing" };

type Keyword = "service" | "connect" | "ingress" | "node" | "query" | "addr";
const KEYWORDS: ReadonlySet<string> = new Set(["service", "connect", "ingress", "node", "query", "addr"]);

const ARPA: DnsName = nameOfText("arpa") ?? ("\0" as DnsName);

/** Whose business a name is: ours, that of addresses, or others'. @param name In lower case. */
export function zoneOf(name: DnsName, { domain, altDomain }: DnsSettings): "own" | "reverse" | "other" {
  if (isWithin(name, domain) || (altDomain !== undefined && isWithin(name, altDomain))) return "own";
  return isWithin(name, ARPA) ? "reverse" : "other";
}

/** @param asked A name in one of our zones. @param own The datacenter where none is named. */
export function lookupOf(asked: DnsName, type: number, settings: DnsSettings, own: string): Lookup {
  const labels = labelsOf(withoutDomain(lowerName(asked), settings)).map(labelText);
  const place = keywordPlace(labels, type);
  if (place === undefined) return NOTHING;
  const { keyword, at, parts } = place;
  const places = labels.slice(at + 1);
  if (keyword === "addr") {
    const [hex = ""] = parts;
    return parts.length === 1 ? { kind: "address", hex, labels } : NOTHING;
  }
  if (parts.length === 0 || places.length > 1) return NOTHING;
  const datacenter = places[0] ?? own;
  const last = parts.at(-1) ?? "";
  switch (keyword) {
    case "service":
      return { kind: "service", ...serviceAndTag(parts), of: "service", datacenter };
    case "connect":
    case "ingress":
      return { kind: "service", service: last, tag: "", of: keyword, datacenter };
    case "node":
      return { kind: "node", node: parts.join("."), datacenter };
    case "query":
      return { kind: "query", name: parts.join("."), datacenter };
  }
}

/** One zone may be within the other: the longer one goes first. */
function withoutDomain(name: DnsName, { domain, altDomain }: DnsSettings): DnsName {
  const zones = [domain, ...(altDomain === undefined ? [] : [altDomain])];
  const [zone = domain] = zones.sort((a, b) => b.length - a.length).filter((each) => isWithin(name, each));
  return `${name.slice(0, name.length - zone.length)}\0` as DnsName;
}

interface Place {
  readonly keyword: Keyword;
  readonly at: number;
  readonly parts: readonly string[];
}

/** In questions for SRV the word "service" may be missing behind a label with an underscore. */
function keywordPlace(labels: readonly string[], type: number): Place | undefined {
  for (let at = labels.length - 1; at >= 0; at--) {
    const label = labels[at] ?? "";
    if (KEYWORDS.has(label)) return { keyword: label as Keyword, at, parts: labels.slice(0, at) };
    if (type === RECORD.SRV && label.startsWith("_"))
      return { keyword: "service", at, parts: labels.slice(0, at + 1) };
  }
  return undefined;
}

/** `_web._tag` (RFC 2782, where `_tcp` is no tag), or `tag.web` with a tag that may have dots. */
function serviceAndTag(parts: readonly string[]): { readonly service: string; readonly tag: string } {
  const [first = "", second = ""] = parts;
  if (parts.length === 2 && first.startsWith("_") && second.startsWith("_")) {
    const tag = second.slice(1);
    return { service: first.slice(1), tag: tag === "tcp" ? "" : tag };
  }
  return { service: parts.at(-1) ?? "", tag: parts.slice(0, -1).join(".") };
}

/** The address that a name below arpa turns around; undefined where it is none. @param name In lower case. */
export function reversedAddress(name: DnsName): string | undefined {
  const labels = labelsOf(name).map(labelText).reverse();
  const [, family, ...rest] = labels;
  if (family === "in-addr" && rest.length === 4) {
    const bytes = rest.map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
    return bytes.every((byte) => byte < 256) ? bytes.join(".") : undefined;
  }
  if (family !== "ip6" || rest.length !== 32 || !rest.every((digit) => /^[0-9a-f]$/.test(digit)))
    return undefined;
  const bytes = hexBytes(rest.join(""));
  return bytes && ipText(bytesOf(bytes));
}

/** The bytes that 8 or 32 hexadecimal digits in lower case are; undefined for any other text. */
export function hexBytes(hex: string): ByteString | undefined {
  if (!/^(?:[0-9a-f]{8}|[0-9a-f]{32})$/.test(hex)) return undefined;
  return hex.replace(/../g, (digits) => String.fromCharCode(Number.parseInt(digits, 16))) as ByteString;
}
