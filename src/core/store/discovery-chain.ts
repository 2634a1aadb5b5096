// How requests for a service find instances: a router sends them on by what they are, splitters by weight, resolvers to a
// subset, another service or elsewhere. Followed here as Consul compiles it (agent/consul/discoverychain/compile.go, 1.8),
// as far as it takes to find out whether it can be followed at all.

import { quoteText } from "../lib/go-quote.ts";
import {
  type ConfigEntries,
  type ConfigKind,
  GLOBAL,
  type ProxyDefaults,
  type ServiceResolver,
} from "../model/config-entry.ts";
import { hasSubset } from "../model/config-rules.ts";

/** Looks up an entry, as it would be if the change that is judged were made. */
export type EntryLookup = <K extends ConfigKind>(kind: K, name: string) => ConfigEntries[K] | undefined;

interface Target {
  readonly service: string;
  readonly subset: string;
  readonly namespace: string;
  readonly datacenter: string;
}

interface Chain {
  readonly service: string;
  readonly lookup: EntryLookup;
  /** "" until the first service has said which. */
  protocol: string;
  /** Whether it routes or splits, which takes a protocol that has requests. */
  routes: boolean;
  /** Where each node that has been made leads to: of routers and splitters. */
  readonly next: Map<string, string[]>;
  /** Nodes of resolvers, by their target. */
  readonly resolved: Map<string, string>;
}

/** Consul's: what it calls the datacenter of a chain that is only tried. */
const SOME_DATACENTER = "dc1";
const DEFAULT_NAMESPACE = "default";

/** What is found out by following a service's requests. */
export type ChainVerdict =
  | {
      readonly ok: true;
      /** What those speak whom they come to. */
      readonly protocol: string;
      /** Whether a router or a splitter stands at its beginning. */
      readonly routed: boolean;
    }
  /** Why they cannot be followed. */
  | { readonly ok: false; readonly error: string };

export function followChain(service: string, lookup: EntryLookup): ChainVerdict {
  if (service === "") return { ok: false, error: "serviceName is required" };
  const chain: Chain = { service, lookup, protocol: "", routes: false, next: new Map(), resolved: new Map() };
  try {
    const start = assemble(chain);
    checkCircles(chain, start);
    if (chain.routes && !ROUTABLE.includes(chain.protocol))
      fail(
        `discovery chain ${quoteText(service)} uses a protocol ${quoteText(chain.protocol)} that does not permit advanced routing or splitting behavior`,
      );
    // Only routers and splitters lead anywhere.
    return { ok: true, protocol: chain.protocol, routed: chain.next.has(start) };
  } catch (fault) {
    if (fault instanceof ChainFault) return { ok: false, error: fault.message };
    throw fault;
  }
}

/** Protocols with requests that can be told apart. */
const ROUTABLE: readonly string[] = ["http", "http2", "grpc"];

/** One behind the other: so many that nobody has them, and few enough to be followed by functions that call themselves. */
const MAX_SPLITTERS = 500;

/** Carries what is wrong from the depth of a chain to `followChain`, which alone catches it. */
class ChainFault extends Error {}

function fail(text: string): never {
  throw new ChainFault(text);
}

/** What a service speaks: as its defaults say, or those of all proxies. */
export function protocolOf(service: string, lookup: EntryLookup): string {
  const defaults = lookup("service-defaults", service);
  const of = defaults === undefined ? proxyProtocol(lookup("proxy-defaults", GLOBAL)) : defaults.protocol;
  return of === "" ? "tcp" : of.toLowerCase();
}

function proxyProtocol(defaults: ProxyDefaults | undefined): string {
  for (const [name, value] of defaults?.config ?? [])
    if (name.toLowerCase() === "protocol" && (typeof value === "string" || typeof value === "number"))
      return String(value);
  return "";
}

function noteProtocol(chain: Chain, service: string): void {
  const protocol = protocolOf(service, chain.lookup);
  if (chain.protocol === "") chain.protocol = protocol;
  else if (chain.protocol !== protocol)
    fail(
      `discovery chain ${quoteText(chain.service)} uses inconsistent protocols; service ${quoteText(service)} has ${quoteText(protocol)} which is not ${quoteText(chain.protocol)}`,
    );
}

function targetOf(service: string, subset = "", namespace = ""): Target {
  return { service, subset, namespace: namespace || DEFAULT_NAMESPACE, datacenter: SOME_DATACENTER };
}

function targetId({ service, subset, namespace, datacenter }: Target): string {
  const ofService = `${service}.${namespace}.${datacenter}`;
  return subset === "" ? ofService : `${subset}.${ofService}`;
}

/** @returns The node where it begins. */
function assemble(chain: Chain): string {
  const router = chain.lookup("service-router", chain.service);
  if (router === undefined) return splitterOrResolver(chain, targetOf(chain.service));
  chain.routes = true;
  noteProtocol(chain, router.name);
  const next: string[] = [];
  for (const { destination } of router.routes ?? []) {
    const service = destination?.service || chain.service;
    const target = targetOf(service, destination?.serviceSubset, destination?.namespace);
    next.push(target.subset === "" ? splitterOrResolver(chain, target) : resolver(chain, target));
  }
  // What no route takes goes to the service itself.
  next.push(splitterOrResolver(chain, targetOf(router.name)));
  const node = `router:${router.name}.${DEFAULT_NAMESPACE}`;
  chain.next.set(node, next);
  return node;
}

function splitterOrResolver(chain: Chain, target: Target): string {
  return splitter(chain, target.service) ?? resolver(chain, target);
}

/** @returns Undefined for a service that is not split. */
function splitter(chain: Chain, service: string): string | undefined {
  const node = `splitter:${service}.${DEFAULT_NAMESPACE}`;
  if (chain.next.has(node)) return node;
  const entry = chain.lookup("service-splitter", service);
  if (entry === undefined) return undefined;
  if (chain.next.size >= MAX_SPLITTERS)
    fail(`discovery chain ${quoteText(chain.service)} has more than ${MAX_SPLITTERS} splitters`);
  const next: string[] = [];
  // Before what follows it: where that leads back here, the circle is found afterwards.
  chain.next.set(node, next);
  for (const split of entry.splits ?? []) {
    const to = split.service || service;
    const further = to !== service && split.serviceSubset === "" ? splitter(chain, to) : undefined;
    next.push(further ?? resolver(chain, targetOf(to, split.serviceSubset, split.namespace)));
  }
  chain.routes = true;
  return node;
}

/** A resolver's part that is empty says nothing; another service than before begins without a subset. */
function rewritten(target: Target, by: Partial<Target>): Target {
  const service = by.service || target.service;
  const subset = service === target.service ? target.subset : "";
  return {
    service,
    subset: by.subset || subset,
    namespace: by.namespace || target.namespace,
    datacenter: by.datacenter || target.datacenter,
  };
}

function resolver(chain: Chain, from: Target, isFailover = false): string {
  const seen: string[] = [];
  let target = from;
  for (;;) {
    const id = targetId(target);
    const known = chain.resolved.get(id);
    if (known !== undefined) return known;
    noteProtocol(chain, target.service);
    if (seen.includes(id)) fail(`detected circular resolver redirect: [${[...seen, id].join(" -> ")}]`);
    seen.push(id);
    const entry = chain.lookup("service-resolver", target.service);
    const to = entry === undefined ? target : sentOn(entry, target);
    if (targetId(to) === id) return resolvedNode(chain, entry, target, isFailover);
    target = to;
  }
}

/** Where a resolver sends what is for this target: to itself if it stays. */
function sentOn({ redirect, defaultSubset }: ServiceResolver, target: Target): Target {
  if (redirect !== null) {
    const { service, serviceSubset: subset, namespace, datacenter } = redirect;
    const to = rewritten(target, { service, subset, namespace, datacenter });
    if (targetId(to) !== targetId(target)) return to;
  }
  return target.subset === "" && defaultSubset !== "" ? rewritten(target, { subset: defaultSubset }) : target;
}

function resolvedNode(
  chain: Chain,
  entry: ServiceResolver | undefined,
  target: Target,
  isFailover: boolean,
): string {
  const { service, subset } = target;
  if (subset !== "" && (entry === undefined || !hasSubset(entry, subset)))
    fail(`service ${quoteText(service)} does not have a subset named ${quoteText(subset)}`);
  if (entry !== undefined && (chain.lookup("service-defaults", service)?.externalSni ?? "") !== "")
    checkExternal(entry, service);
  const id = targetId(target);
  const node = `resolver:${id}`;
  if (isFailover) return node;
  chain.resolved.set(id, node);
  for (const to of failoverTargets(entry, target)) if (targetId(to) !== id) resolver(chain, to, true);
  return node;
}

function checkExternal({ redirect, subsets, failover }: ServiceResolver, service: string): void {
  const set =
    (redirect === null ? undefined : "redirects") ??
    ((subsets ?? []).length === 0 ? undefined : "subsets") ??
    ((failover ?? []).length === 0 ? undefined : "failover");
  if (set !== undefined)
    fail(`service ${quoteText(service)} has an external SNI set; cannot define ${set} for external services`);
}

function failoverTargets(entry: ServiceResolver | undefined, target: Target): Target[] {
  const all = entry?.failover ?? [];
  const failover = (all.find(([subset]) => subset === target.subset) ??
    all.find(([subset]) => subset === "*"))?.[1];
  if (failover === undefined) return [];
  const { service, serviceSubset: subset, namespace } = failover;
  const datacenters = (failover.datacenters ?? []).length === 0 ? [""] : (failover.datacenters ?? []);
  return datacenters.map((datacenter) => rewritten(target, { service, subset, namespace, datacenter }));
}

/** A splitter that leads back to itself, told with the way there, in the order in which Consul walks. */
function checkCircles(chain: Chain, start: string): void {
  const sound = new Set<string>();
  const path: string[] = [];
  const walk = (node: string): void => {
    if (path.includes(node)) fail(`detected circular reference: [${[...path, node].join(" -> ")}]`);
    if (sound.has(node)) return;
    path.push(node);
    // The last first: there a stack is emptied from its top.
    for (const next of [...(chain.next.get(node) ?? [])].reverse()) walk(next);
    path.pop();
    sound.add(node);
  };
  walk(start);
}
