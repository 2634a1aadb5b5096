// The address templates of Consul's configuration, `{{ GetPrivateIP }}` and short pipes such as
// `{{ GetAllInterfaces | include "network" "10.0.0.0/8" | attr "address" }}` (go-sockaddr). Anything of that language
// beyond the functions listed here is refused by name: an address chosen wrongly is worse than none.

import { compareStrings } from "../../core/lib/bytes.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { inBlock } from "../../core/model/network-block.ts";
import type { InterfaceAddress } from "./interfaces.ts";
import { isForwardable, isPrivate, isV4 } from "./network-blocks.ts";

export type Expanded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: string };

/** Carries a template's fault to `expandTemplate`, which alone catches it. */
class TemplateFault extends Error {}

/** The text with every `{{ … }}` replaced; a text without them is returned as it is. */
export function expandTemplate(text: string, interfaces: readonly InterfaceAddress[]): Expanded {
  try {
    const expanded = text.replace(/\{\{(.*?)\}\}/gs, (_, pipe: string) => evaluate(pipe, interfaces));
    if (/\{\{|\}\}/.test(expanded)) throw new TemplateFault("unclosed action");
    return { ok: true, text: expanded };
  } catch (fault) {
    if (!(fault instanceof TemplateFault)) throw fault;
    const quoted = quoteText(text);
    const reason = `template: sockaddr.Parse:1: ${fault.message}`;
    return { ok: false, error: `error parsing ${quoted}: unable to parse template ${quoted}: ${reason}` };
  }
}

interface Call {
  readonly name: string;
  readonly args: readonly string[];
}

function evaluate(pipe: string, interfaces: readonly InterfaceAddress[]): string {
  const [source, ...stages] = splitPipe(pipe).map(parseCall);
  if (source === undefined) throw new TemplateFault("missing value for command");
  const rendered = renderSource(source, interfaces);
  if (rendered !== undefined) {
    if (stages.length > 0) throw new TemplateFault(`${quoteText(source.name)} cannot be piped on`);
    return rendered;
  }
  let list = listSource(source, interfaces);
  for (const [at, stage] of stages.entries()) {
    const text = renderStage(stage, list);
    if (text === undefined) list = filterStage(stage, list);
    else if (at === stages.length - 1) return text;
    else throw new TemplateFault(`${quoteText(stage.name)} must come last`);
  }
  throw new TemplateFault("a list of interfaces is no address: end with attr or join");
}

/** Splits at bars outside of quotes. */
function splitPipe(pipe: string): string[] {
  return (pipe.match(/(?:"[^"]*"|`[^`]*`|[^|])+/g) ?? []).map((part) => part.trim());
}

function parseCall(text: string): Call {
  const [name = "", ...args] = text.match(/"[^"]*"|`[^`]*`|\S+/g) ?? [];
  return { name, args: args.map((arg) => arg.replace(/^(["`])(.*)\1$/, "$2")) };
}

/** Sources that are text at once. */
function renderSource({ name, args }: Call, all: readonly InterfaceAddress[]): string | undefined {
  const ips = (list: readonly InterfaceAddress[]): string[] => list.map(({ ip }) => ip);
  switch (name) {
    case "GetPrivateIP":
      return ips(privateInterfaces(all).filter((each) => each.default))[0] ?? "";
    case "GetPrivateIPs":
      return ips(privateInterfaces(all)).join(" ");
    case "GetPublicIP":
      return ips(publicInterfaces(all).filter((each) => each.default))[0] ?? "";
    case "GetPublicIPs":
      return ips(publicInterfaces(all)).join(" ");
    case "GetInterfaceIP":
      return ips(named(all, args[0]).filter(({ ip }) => isForwardable(ip)))[0] ?? "";
    case "GetInterfaceIPs":
      return ips(named(all, args[0])).join(" ");
    default:
      return undefined;
  }
}

function listSource({ name }: Call, all: readonly InterfaceAddress[]): readonly InterfaceAddress[] {
  switch (name) {
    case "GetAllInterfaces":
      return all;
    case "GetDefaultInterfaces":
      return all.filter((each) => each.default);
    case "GetPrivateInterfaces":
      return privateInterfaces(all);
    case "GetPublicInterfaces":
      return publicInterfaces(all);
    default:
      throw new TemplateFault(`function ${quoteText(name)} not defined`);
  }
}

/** The default route's first, then IPv4, then small networks: whoever takes only one takes the likeliest. */
function preferred(list: readonly InterfaceAddress[]): InterfaceAddress[] {
  const rank = (each: InterfaceAddress): string =>
    [each.default ? 0 : 1, isV4(each.ip) ? 0 : 1, String(128 - each.prefixBits).padStart(3, "0")].join(" ");
  return [...list].sort((a, b) => compareStrings(rank(a), rank(b)));
}

function privateInterfaces(all: readonly InterfaceAddress[]): InterfaceAddress[] {
  return preferred(all.filter(({ ip }) => isForwardable(ip) && isPrivate(ip)));
}

function publicInterfaces(all: readonly InterfaceAddress[]): InterfaceAddress[] {
  return preferred(all.filter(({ ip }) => isForwardable(ip) && !isPrivate(ip)));
}

function named(all: readonly InterfaceAddress[], pattern: string | undefined): InterfaceAddress[] {
  const matches = regexp(pattern);
  return preferred(all.filter(({ name }) => matches.test(name)));
}

function regexp(pattern: string | undefined): RegExp {
  try {
    return new RegExp(pattern ?? "");
  } catch {
    throw new TemplateFault(`invalid regular expression ${quoteText(pattern ?? "")}`);
  }
}

/** Stages that make text of a list. */
function renderStage({ name, args }: Call, list: readonly InterfaceAddress[]): string | undefined {
  if (name !== "attr" && name !== "join") return undefined;
  const fields = list.map((each) => attribute(each, args[0]));
  return name === "attr" ? (fields[0] ?? "") : fields.join(args[1] ?? " ");
}

function attribute(each: InterfaceAddress, name: string | undefined): string {
  if (name === "address") return each.ip;
  if (name === "name") return each.name;
  throw new TemplateFault(`attribute ${quoteText(name ?? "")} is not supported`);
}

function filterStage({ name, args }: Call, list: readonly InterfaceAddress[]): readonly InterfaceAddress[] {
  switch (name) {
    case "include":
      return list.filter((each) => selects(each, args));
    case "exclude":
      return list.filter((each) => !selects(each, args));
    case "limit":
      return list.slice(0, count(args[0]));
    case "offset":
      return list.slice(count(args[0]));
    default:
      throw new TemplateFault(`function ${quoteText(name)} not defined`);
  }
}

function count(text: string | undefined): number {
  if (!/^\d{1,6}$/.test(text ?? "")) throw new TemplateFault(`${quoteText(text ?? "")} is no count`);
  return Number(text);
}

function selects(each: InterfaceAddress, [field, value = ""]: readonly string[]): boolean {
  switch (field) {
    case "name":
      return regexp(value).test(each.name);
    case "address":
      return regexp(value).test(each.ip);
    case "type":
      return alternatives(value).some((type) => hasType(each, type));
    case "flags":
      return alternatives(value).every((flag) => hasFlag(each, flag));
    case "network":
      return alternatives(value).some((cidr) => isInside(each, cidr));
    default:
      throw new TemplateFault(`selecting by ${quoteText(field ?? "")} is not supported`);
  }
}

function alternatives(value: string): string[] {
  return value.split("|").map((each) => each.trim());
}

function hasType(each: InterfaceAddress, type: string): boolean {
  switch (type.toLowerCase()) {
    case "ip":
      return true;
    case "ipv4":
      return isV4(each.ip);
    case "ipv6":
      return !isV4(each.ip);
    default:
      throw new TemplateFault(`unsupported address type ${quoteText(type)}`);
  }
}

function hasFlag(each: InterfaceAddress, flag: string): boolean {
  switch (flag.toLowerCase()) {
    case "up":
      return true;
    case "loopback":
      return each.loopback;
    case "forwardable":
      return isForwardable(each.ip);
    default:
      throw new TemplateFault(`unsupported interface flag ${quoteText(flag)}`);
  }
}

function isInside(each: InterfaceAddress, cidr: string): boolean {
  const inside = inBlock(each.ip, cidr);
  if (inside === undefined) throw new TemplateFault(`invalid network ${quoteText(cidr)}`);
  return inside;
}
