// Configuration entries: what is kept once for all of the datacenter's services, by kind and name (Consul 1.8's
// agent/structs/config_entry*.go). Names are one without regard to case.

import { type Expose, expose, type MeshGateway, meshGateway } from "./proxy.ts";
import {
  bool,
  duration,
  float32,
  int,
  type JsonObject,
  jsonObject,
  list,
  map,
  type Pairs,
  pointer,
  type Shape,
  struct,
  text,
  uint32,
} from "./shape.ts";

/** In the order of their names, as Consul lists them. Numbered by their place on wires: append only. */
export const CONFIG_KINDS = [
  "ingress-gateway",
  "proxy-defaults",
  "service-defaults",
  "service-resolver",
  "service-router",
  "service-splitter",
  "terminating-gateway",
] as const;
export type ConfigKind = (typeof CONFIG_KINDS)[number];

export function isConfigKind(text: string): text is ConfigKind {
  return (CONFIG_KINDS as readonly string[]).includes(text);
}

/** The one name that defaults of all proxies can have. */
export const GLOBAL = "global";
/** In a gateway's list: every service. */
export const WILDCARD = "*";

interface Common<K extends ConfigKind> {
  readonly kind: K;
  readonly name: string;
  /** Users' own notes. */
  readonly meta: Pairs<string> | null;
}

export interface ServiceDefaults extends Common<"service-defaults"> {
  readonly protocol: string;
  readonly meshGateway: MeshGateway;
  readonly expose: Expose;
  readonly externalSni: string;
}

export interface ProxyDefaults extends Common<"proxy-defaults"> {
  readonly config: JsonObject | null;
  readonly meshGateway: MeshGateway;
  readonly expose: Expose;
}

export interface HeaderMatch {
  readonly name: string;
  readonly present: boolean;
  readonly exact: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly regex: string;
  readonly invert: boolean;
}
export interface QueryMatch {
  readonly name: string;
  readonly present: boolean;
  readonly exact: string;
  readonly regex: string;
}
export interface HttpMatch {
  readonly pathExact: string;
  readonly pathPrefix: string;
  readonly pathRegex: string;
  readonly header: readonly HeaderMatch[] | null;
  readonly queryParam: readonly QueryMatch[] | null;
  readonly methods: readonly string[] | null;
}
export interface RouteMatch {
  readonly http: HttpMatch | null;
}
export interface RouteDestination {
  /** "" for the router's own. */
  readonly service: string;
  readonly serviceSubset: string;
  readonly namespace: string;
  readonly prefixRewrite: string;
  readonly requestTimeout: number;
  readonly numRetries: number;
  readonly retryOnConnectFailure: boolean;
  readonly retryOnStatusCodes: readonly number[] | null;
}
export interface Route {
  readonly match: RouteMatch | null;
  readonly destination: RouteDestination | null;
}
export interface ServiceRouter extends Common<"service-router"> {
  readonly routes: readonly Route[] | null;
}

export interface Split {
  /** Percent, to two digits. */
  readonly weight: number;
  /** "" for the splitter's own. */
  readonly service: string;
  readonly serviceSubset: string;
  readonly namespace: string;
}
export interface ServiceSplitter extends Common<"service-splitter"> {
  readonly splits: readonly Split[] | null;
}

export interface Subset {
  readonly filter: string;
  readonly onlyPassing: boolean;
}
export interface Redirect {
  readonly service: string;
  readonly serviceSubset: string;
  readonly namespace: string;
  readonly datacenter: string;
}
export interface Failover {
  readonly service: string;
  readonly serviceSubset: string;
  readonly namespace: string;
  readonly datacenters: readonly string[] | null;
}
export interface ServiceResolver extends Common<"service-resolver"> {
  readonly defaultSubset: string;
  readonly subsets: Pairs<Subset> | null;
  readonly redirect: Redirect | null;
  /** By subset, or WILDCARD for all others. */
  readonly failover: Pairs<Failover> | null;
  readonly connectTimeout: number;
}

export interface IngressService {
  readonly name: string;
  readonly hosts: readonly string[] | null;
}
export interface IngressListener {
  readonly port: number;
  readonly protocol: string;
  readonly services: readonly IngressService[] | null;
}
export interface IngressGateway extends Common<"ingress-gateway"> {
  readonly tls: { readonly enabled: boolean };
  readonly listeners: readonly IngressListener[] | null;
}

export interface LinkedService {
  readonly name: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly sni: string;
}
export interface TerminatingGateway extends Common<"terminating-gateway"> {
  readonly services: readonly LinkedService[] | null;
}

export interface ConfigEntries {
  readonly "service-defaults": ServiceDefaults;
  readonly "proxy-defaults": ProxyDefaults;
  readonly "service-router": ServiceRouter;
  readonly "service-splitter": ServiceSplitter;
  readonly "service-resolver": ServiceResolver;
  readonly "ingress-gateway": IngressGateway;
  readonly "terminating-gateway": TerminatingGateway;
}
/** An entry as it is written. */
export type ConfigEntry = ConfigEntries[ConfigKind];

interface Indexes {
  readonly createIndex: number;
  readonly modifyIndex: number;
}
/** An entry as it is kept. */
export type KeptEntry<K extends ConfigKind = ConfigKind> = ConfigEntries[K] & Indexes;

/** The kind is one of CONFIG_KINDS wherever an entry has passed `decodeConfigEntry`. */
const head = { kind: ["Kind", text as Shape<never>], name: ["Name", text] } as const;
const meta = { meta: ["Meta", map(text), "omit"] } as const;

const http = struct<HttpMatch>({
  pathExact: ["PathExact", text, "omit", "path_exact"],
  pathPrefix: ["PathPrefix", text, "omit", "path_prefix"],
  pathRegex: ["PathRegex", text, "omit", "path_regex"],
  header: [
    "Header",
    list(
      struct<HeaderMatch>({
        name: ["Name", text],
        present: ["Present", bool, "omit"],
        exact: ["Exact", text, "omit"],
        prefix: ["Prefix", text, "omit"],
        suffix: ["Suffix", text, "omit"],
        regex: ["Regex", text, "omit"],
        invert: ["Invert", bool, "omit"],
      }),
    ),
    "omit",
  ],
  queryParam: [
    "QueryParam",
    list(
      struct<QueryMatch>({
        name: ["Name", text],
        present: ["Present", bool, "omit"],
        exact: ["Exact", text, "omit"],
        regex: ["Regex", text, "omit"],
      }),
    ),
    "omit",
    "query_param",
  ],
  methods: ["Methods", list(text), "omit"],
});

const destination = struct<RouteDestination>({
  service: ["Service", text, "omit"],
  serviceSubset: ["ServiceSubset", text, "omit", "service_subset"],
  namespace: ["Namespace", text, "omit"],
  prefixRewrite: ["PrefixRewrite", text, "omit", "prefix_rewrite"],
  requestTimeout: ["RequestTimeout", duration, "omit", "request_timeout"],
  numRetries: ["NumRetries", uint32, "omit", "num_retries"],
  retryOnConnectFailure: ["RetryOnConnectFailure", bool, "omit", "retry_on_connect_failure"],
  retryOnStatusCodes: ["RetryOnStatusCodes", list(uint32), "omit", "retry_on_status_codes"],
});

export const route: Shape<Route> = struct<Route>({
  match: ["Match", pointer(struct<RouteMatch>({ http: ["HTTP", pointer(http), "omit"] })), "omit"],
  destination: ["Destination", pointer(destination), "omit"],
});

export const subset: Shape<Subset> = struct<Subset>({
  filter: ["Filter", text, "omit"],
  onlyPassing: ["OnlyPassing", bool, "omit", "only_passing"],
});

/** What each kind is made of. Wires and logs have the fields in this order: append only. */
export const CONFIG_SHAPES: { readonly [K in ConfigKind]: Shape<ConfigEntries[K]> } = {
  "service-defaults": struct<ServiceDefaults>({
    ...head,
    protocol: ["Protocol", text],
    meshGateway: ["MeshGateway", meshGateway, "omit", "mesh_gateway"],
    expose: ["Expose", expose],
    externalSni: ["ExternalSNI", text, "omit", "external_sni"],
    ...meta,
  }),
  "proxy-defaults": struct<ProxyDefaults>({
    ...head,
    config: ["Config", jsonObject],
    meshGateway: ["MeshGateway", meshGateway, "omit", "mesh_gateway"],
    expose: ["Expose", expose],
    ...meta,
  }),
  "service-router": struct<ServiceRouter>({
    ...head,
    routes: ["Routes", list(route)],
    ...meta,
  }),
  "service-splitter": struct<ServiceSplitter>({
    ...head,
    splits: [
      "Splits",
      list(
        struct<Split>({
          weight: ["Weight", float32],
          service: ["Service", text, "omit"],
          serviceSubset: ["ServiceSubset", text, "omit", "service_subset"],
          namespace: ["Namespace", text, "omit"],
        }),
      ),
    ],
    ...meta,
  }),
  "service-resolver": struct<ServiceResolver>({
    ...head,
    defaultSubset: ["DefaultSubset", text, "omit", "default_subset"],
    subsets: ["Subsets", map(subset), "omit"],
    redirect: [
      "Redirect",
      pointer(
        struct<Redirect>({
          service: ["Service", text, "omit"],
          serviceSubset: ["ServiceSubset", text, "omit", "service_subset"],
          namespace: ["Namespace", text, "omit"],
          datacenter: ["Datacenter", text, "omit"],
        }),
      ),
      "omit",
    ],
    failover: [
      "Failover",
      map(
        struct<Failover>({
          service: ["Service", text, "omit"],
          serviceSubset: ["ServiceSubset", text, "omit", "service_subset"],
          namespace: ["Namespace", text, "omit"],
          datacenters: ["Datacenters", list(text), "omit"],
        }),
      ),
      "omit",
    ],
    connectTimeout: ["ConnectTimeout", duration, "omit", "connect_timeout"],
    ...meta,
  }),
  "ingress-gateway": struct<IngressGateway>({
    ...head,
    tls: ["TLS", struct<{ enabled: boolean }>({ enabled: ["Enabled", bool] })],
    listeners: [
      "Listeners",
      list(
        struct<IngressListener>({
          port: ["Port", int],
          protocol: ["Protocol", text],
          services: [
            "Services",
            list(struct<IngressService>({ name: ["Name", text], hosts: ["Hosts", list(text)] })),
          ],
        }),
      ),
    ],
    ...meta,
  }),
  "terminating-gateway": struct<TerminatingGateway>({
    ...head,
    services: [
      "Services",
      list(
        struct<LinkedService>({
          name: ["Name", text, "omit"],
          caFile: ["CAFile", text, "omit", "ca_file"],
          certFile: ["CertFile", text, "omit", "cert_file"],
          keyFile: ["KeyFile", text, "omit", "key_file"],
          sni: ["SNI", text, "omit"],
        }),
      ),
    ],
    ...meta,
  }),
};
