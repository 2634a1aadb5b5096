// What makes sense in a configuration entry, judged from it alone; in Consul's words and order (the Validate methods of
// agent/structs/config_entry*.go, 1.8). What several entries must agree upon: store/config-graph.ts.

import { unreachable } from "../lib/assert.ts";
import { utf8 } from "../lib/bytes.ts";
import { printDuration } from "../lib/duration.ts";
import { quoteText } from "../lib/go-quote.ts";
import { scaledWeight } from "./config-decode.ts";
import {
  type ConfigEntry,
  type Failover,
  type HttpMatch,
  type IngressGateway,
  type IngressListener,
  type Redirect,
  type Route,
  type ServiceResolver,
  type ServiceSplitter,
  type TerminatingGateway,
  WILDCARD,
} from "./config-entry.ts";

/** The first thing that is wrong; undefined if nothing is. */
export function configFault(entry: ConfigEntry): string | undefined {
  switch (entry.kind) {
    case "service-defaults":
    case "proxy-defaults":
      return undefined;
    case "service-router":
      if (entry.name === "") return "Name is required";
      return first(entry.routes, routeFault);
    case "service-splitter":
      return splitterFault(entry);
    case "service-resolver":
      return resolverFault(entry);
    case "ingress-gateway":
      return ingressFault(entry);
    case "terminating-gateway":
      return terminatingFault(entry);
    default:
      return unreachable(entry);
  }
}

function first<T>(
  items: readonly T[] | null,
  faultOf: (item: T, at: number) => string | undefined,
): string | undefined {
  for (const [at, item] of (items ?? []).entries()) {
    const fault = faultOf(item, at);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function routeFault({ match, destination }: Route, at: number): string | undefined {
  const http = match?.http ?? undefined;
  const fault = http === undefined ? undefined : matchFault(http);
  if (fault !== undefined) return `Route[${at}] ${fault}`;
  const hasPath = http !== undefined && (http.pathExact !== "" || http.pathPrefix !== "");
  return (destination?.prefixRewrite ?? "") !== "" && !hasPath
    ? `Route[${at}] cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix`
    : undefined;
}

function matchFault(http: HttpMatch): string | undefined {
  const { pathExact, pathPrefix, pathRegex } = http;
  if (pathExact !== "" && !pathExact.startsWith("/"))
    return `PathExact doesn't start with '/': ${quoteText(pathExact)}`;
  if (pathPrefix !== "" && !pathPrefix.startsWith("/"))
    return `PathPrefix doesn't start with '/': ${quoteText(pathPrefix)}`;
  if (count(pathExact, pathPrefix, pathRegex) > 1)
    return "should only contain at most one of PathExact, PathPrefix, or PathRegex";
  return headerFault(http) ?? queryFault(http) ?? methodsFault(http);
}

/** How many of them say something. */
function count(...values: readonly (string | boolean)[]): number {
  return values.filter((value) => value !== "" && value !== false).length;
}

function headerFault({ header }: HttpMatch): string | undefined {
  return first(header, ({ name, present, exact, regex, prefix, suffix }, at) => {
    if (name === "") return `Header[${at}] missing required Name field`;
    return count(present, exact, regex, prefix, suffix) === 1
      ? undefined
      : `Header[${at}] should only contain one of Present, Exact, Prefix, Suffix, or Regex`;
  });
}

function queryFault({ queryParam }: HttpMatch): string | undefined {
  return first(queryParam, ({ name, present, exact, regex }, at) => {
    if (name === "") return `QueryParam[${at}] missing required Name field`;
    return count(present, exact, regex) === 1
      ? undefined
      : `QueryParam[${at}] should only contain one of Present, Exact, or Regex`;
  });
}

function methodsFault({ methods }: HttpMatch): string | undefined {
  const seen = new Set<string>();
  return first(methods, (method) => {
    if (seen.has(method)) return `Methods contains ${quoteText(method)} more than once`;
    seen.add(method);
    return undefined;
  });
}

/** 100 percent in hundredths. */
const WHOLE = 10_000;

function splitterFault({ name, splits }: ServiceSplitter): string | undefined {
  if (name === "") return "Name is required";
  if (splits === null || splits.length === 0) return "no splits configured";
  const seen = new Set<string>();
  for (const { service, serviceSubset, namespace } of splits) {
    const [s, u, n] = [service === "" ? name : service, serviceSubset, namespace].map(quoteText);
    const key = `service=${s}, subset=${u}, namespace=${n}`;
    if (seen.has(key)) return `split destination occurs more than once: ${key}`;
    seen.add(key);
  }
  const sum = splits.reduce((total, { weight }) => total + scaledWeight(weight), 0);
  return sum === WHOLE
    ? undefined
    : `the sum of all split weights must be 100, not ${Math.fround(sum / 100).toFixed(6)}`;
}

const SUBSET = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const MAX_SUBSET = 63;

function resolverFault(entry: ServiceResolver): string | undefined {
  const { name, subsets, defaultSubset, connectTimeout } = entry;
  if (name === "") return "Name is required";
  for (const [subset] of subsets ?? []) {
    if (subset === "") return "Subset defined with empty name";
    if (utf8(subset).length > MAX_SUBSET)
      return `Subset ${quoteText(subset)} is invalid: must be non-empty and ${MAX_SUBSET} characters or fewer`;
    if (!SUBSET.test(subset))
      return `Subset ${quoteText(subset)} is invalid: must be 63 characters or fewer, begin or end with lower case alphanumeric characters, and contain lower case alphanumeric characters or '-' in between`;
  }
  if (defaultSubset !== "" && !hasSubset(entry, defaultSubset))
    return `DefaultSubset ${quoteText(defaultSubset)} is not a valid subset`;
  const fault =
    (entry.redirect === null ? undefined : redirectFault(entry, entry.redirect)) ??
    first(entry.failover, ([subset, failover]) => failoverFault(entry, subset, failover));
  if (fault !== undefined) return fault;
  return connectTimeout < 0
    ? `Bad ConnectTimeout '${printDuration(connectTimeout)}', must be >= 0`
    : undefined;
}

export function hasSubset({ subsets }: ServiceResolver, subset: string): boolean {
  return (subsets ?? []).some(([name]) => name === subset);
}

function redirectFault(entry: ServiceResolver, redirect: Redirect): string | undefined {
  const { service, serviceSubset, namespace, datacenter } = redirect;
  if ((entry.failover ?? []).length > 0) return "Redirect and Failover cannot both be set";
  if (count(service, serviceSubset, namespace, datacenter) === 0) return "Redirect is empty";
  if (service === "") {
    if (serviceSubset !== "") return "Redirect.ServiceSubset defined without Redirect.Service";
    return namespace === "" ? undefined : "Redirect.Namespace defined without Redirect.Service";
  }
  return service === entry.name && serviceSubset !== "" && !hasSubset(entry, serviceSubset)
    ? `Redirect.ServiceSubset ${quoteText(serviceSubset)} is not a valid subset of ${quoteText(service)}`
    : undefined;
}

function failoverFault(entry: ServiceResolver, subset: string, failover: Failover): string | undefined {
  const { service, serviceSubset, namespace, datacenters } = failover;
  const where = `Bad Failover[${quoteText(subset)}]`;
  if (subset !== WILDCARD && !hasSubset(entry, subset)) return `${where}: not a valid subset`;
  if (count(service, serviceSubset, namespace) === 0 && (datacenters ?? []).length === 0)
    return `${where} one of Service, ServiceSubset, Namespace, or Datacenters is required`;
  const isOwn = service === "" || service === entry.name;
  if (serviceSubset !== "" && isOwn && !hasSubset(entry, serviceSubset))
    return `${where}.ServiceSubset ${quoteText(serviceSubset)} is not a valid subset of ${quoteText(service)}`;
  return (datacenters ?? []).includes("") ? `${where}.Datacenters: found empty datacenter` : undefined;
}

const PROTOCOLS: readonly string[] = ["tcp", "http", "http2", "grpc"];

function ingressFault({ listeners, tls }: IngressGateway): string | undefined {
  const ports = new Set<number>();
  return first(listeners, (listener) => {
    const { port, protocol, services } = listener;
    if (ports.has(port)) return `port ${port} declared on two listeners`;
    ports.add(port);
    if (!PROTOCOLS.includes(protocol))
      return `protocol must be 'tcp', 'http', 'http2', or 'grpc'. '${protocol}' is an unsupported protocol`;
    if (protocol !== "http" && (services ?? []).length > 1)
      return `Multiple services per listener are only supported for protocol = 'http' (listener on port ${port})`;
    const hosts = new Set<string>();
    const fault = first(services, (service) => {
      const wrong = ingressServiceFault(listener, service.name, service.hosts ?? []);
      return wrong ?? first(service.hosts, (host) => hostFault(host, port, hosts, tls.enabled));
    });
    if (fault !== undefined) return fault;
    return services === null || services.length === 0
      ? `No service declared for listener with port ${port}`
      : undefined;
  });
}

function ingressServiceFault(
  { port, protocol }: IngressListener,
  name: string,
  hosts: readonly string[],
): string | undefined {
  const where = `(listener on port ${port})`;
  if (name === WILDCARD && protocol === "tcp")
    return `Wildcard service name is only valid for protocol = 'http' ${where}`;
  if (protocol === "tcp" && hosts.length > 0)
    return `Associating hosts to a service is not supported for the tcp protocol ${where}`;
  if (name === WILDCARD && hosts.length > 0)
    return `Associating hosts to a wildcard service is not supported ${where}`;
  return name === "" ? `Service name cannot be blank ${where}` : undefined;
}

function hostFault(host: string, port: number, seen: Set<string>, secured: boolean): string | undefined {
  if (seen.has(host)) return `Hosts must be unique within a specific listener (listener on port ${port})`;
  seen.add(host);
  if (host === WILDCARD)
    return secured
      ? "Host '*' is not allowed when TLS is enabled, all hosts must be valid DNS records to add as a DNSSAN"
      : undefined;
  if (!isDomainName(host)) return `Host ${quoteText(host)} must be a valid DNS hostname`;
  return host.replace(/^\*\./, "").includes("*")
    ? `Host ${quoteText(host)} is not valid, a wildcard specifier is only allowed as the leftmost label`
    : undefined;
}

/** Labels of 1 to 63 bytes, 255 with their lengths; a dot may end it. */
function isDomainName(host: string): boolean {
  if (host === ".") return true;
  const labels = utf8(host.replace(/\.$/, "")).split(".");
  const bytes = labels.reduce((sum, label) => sum + label.length + 1, 1);
  return bytes <= 255 && labels.every((label) => label.length > 0 && label.length <= 63);
}

function terminatingFault({ services }: TerminatingGateway): string | undefined {
  const seen = new Set<string>();
  return first(services, ({ name, caFile, certFile, keyFile }) => {
    if (name === "") return "Service name cannot be blank.";
    if (seen.has(name)) return `Service ${quoteText(name)} was specified more than once within a namespace`;
    seen.add(name);
    const client = certFile !== "" || keyFile !== "";
    return client && count(caFile, certFile, keyFile) < 3
      ? `Service ${quoteText(name)} must have a CertFile, CAFile, and KeyFile specified for TLS origination`
      : undefined;
  });
}
