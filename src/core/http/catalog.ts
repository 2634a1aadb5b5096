// /v1/catalog/: nodes and the services on them. Consul 1.8's agent/catalog_endpoint.go. What writes it: registration.ts.

import type { HttpResponse } from "../api/http.ts";
import type {
  CatalogRead,
  CatalogServices,
  ReadOptions,
  ServerRequest,
  ServiceSelection,
} from "../api/request.ts";
import type { QueryMeta, ServiceNodeRow } from "../api/response.ts";
import { compareStrings, textOf, utf8 } from "../lib/bytes.ts";
import type { CatalogService, Node } from "../model/catalog.ts";
import { refuse } from "./answer.ts";
import { jsonNode, jsonService, jsonServiceNode } from "./catalog-json.ts";
import { filterOf } from "./filter.ts";
import { jsonBytes, jsonList, jsonText, jsonTexts } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { allValues, type Query } from "./query.ts";
import { nearOf, parseFreshness, parseOptions, refuseNamespace } from "./read-options.ts";
import { askServer, askServerHere, jsonResponse, type ListRenderer, listResponse } from "./render.ts";

/** Of nodes Consul does not ask in which namespace they are. */
export function readCatalogNodes(call: Call): HttpPlan {
  return withPlainOptions(call, (options) => {
    const request = {
      kind: "catalog.nodes",
      nodeMeta: nodeMetaOf(call.query),
      near: nearOf(call),
      options,
    } as const;
    return askServer(call, { ...request, ...filterOf(call) }, { told: options.consistency });
  });
}

export function readCatalogServices(call: Call): HttpPlan {
  // Consul 1.8 has no filter here, and ignores one.
  const nodeMeta = nodeMetaOf(call.query);
  return readUnfiltered(call, (options) => ({ kind: "catalog.services", nodeMeta, options }));
}

export function readCatalogService(call: Call): HttpPlan {
  return readInstances(call, false);
}

export function readCatalogConnect(call: Call): HttpPlan {
  return readInstances(call, true);
}

function readInstances(call: Call, connect: boolean): HttpPlan {
  if (call.rest === "") return withOptions(call, () => refuse(call.settings, 400, "Missing service name"));
  const selection = selectionOf(call, connect);
  return readOptioned(call, (options) => ({ kind: "catalog.service-nodes", ...selection, options }));
}

export function readCatalogNode(call: Call): HttpPlan {
  return readNode(call);
}

/** The same as a list; which is null, and not empty, where there are none and no filter was asked for. */
export function readCatalogNodeServices(call: Call): HttpPlan {
  return readNode(call, { listed: true, ...filterOf(call) });
}

function readNode(call: Call, marks?: Partial<HttpView>): HttpPlan {
  if (call.rest === "") return withOptions(call, () => refuse(call.settings, 400, "Missing node name"));
  const node = textOf(call.rest);
  return readOptioned(call, (options) => ({ kind: "catalog.node", node, options }), marks);
}

/** A read that `?filter` narrows, where it is asked with one. */
export function readOptioned(
  call: Call,
  request: (options: ReadOptions) => FilteredRequest,
  marks?: Partial<HttpView>,
): HttpPlan {
  return readUnfiltered(call, (options) => ({ ...request(options), ...filterOf(call) }), marks);
}

/** Those that have a filter. */
type FilteredRequest = Exclude<CatalogRead, CatalogServices>;

function readUnfiltered(
  call: Call,
  request: (options: ReadOptions) => ServerRequest,
  marks?: Partial<HttpView>,
): HttpPlan {
  return withOptions(call, (options) =>
    askServer(call, request(options), { told: options.consistency, ...marks }),
  );
}

/** What is wrong with the options is told before anything else. */
export function withOptions(call: Call, go: (options: ReadOptions) => HttpPlan): HttpPlan {
  return refuseNamespace(call) ?? withPlainOptions(call, go);
}

/** Without a look for a namespace. */
function withPlainOptions(call: Call, go: (options: ReadOptions) => HttpPlan): HttpPlan {
  const parsed = parseOptions(call);
  return parsed.ok ? go(parsed.options) : parsed.refusal;
}

/**
 * Which instances: `?tag=` and `?node-meta=`, all of which they must have; and from where they are near or far. Consul asks
 * those for Connect for no tags.
 */
export function selectionOf(call: Call, connect: boolean): ServiceSelection {
  const { rest, query } = call;
  const tags = connect ? [] : allValues(query, "tag").map(textOf);
  return { service: textOf(rest), connect, tags, nodeMeta: nodeMetaOf(query), near: nearOf(call) };
}

/** `?node-meta=name:value`, cut at the first colon; of one name the last value counts. */
export function nodeMetaOf(query: Query): [name: string, value: string][] {
  const meta = new Map<string, string>();
  for (const pair of allValues(query, "node-meta")) {
    const text = textOf(pair);
    const colon = text.indexOf(":");
    if (colon < 0) meta.set(text, "");
    else meta.set(text.slice(0, colon), text.slice(colon + 1));
  }
  return [...meta];
}

/** Looks at `dc`, `index` and `wait` no more than Consul's does: each agent tells at once what its own servers know. */
export function readCatalogDatacenters(call: Call): HttpPlan {
  const freshness = parseFreshness(call);
  if (!freshness.ok) return freshness.refusal;
  return askServerHere(call, { kind: "catalog.datacenters" });
}

export function renderDatacenters(
  view: HttpView,
  settings: HttpSettings,
  datacenters: readonly string[],
): HttpResponse {
  return jsonResponse(view, settings, jsonList(datacenters.map(jsonText)), undefined);
}

export const renderNodes: ListRenderer<readonly Node[]> = listResponse((nodes) =>
  jsonList(nodes.map(jsonNode)),
);

export const renderServices: ListRenderer<readonly (readonly [service: string, tags: readonly string[]])[]> =
  listResponse((services) => {
    const fields = services.map(([name, tags]) => [utf8(name), jsonTexts(tags)] as const);
    fields.sort(([a], [b]) => compareStrings(a, b));
    return `{${fields.map(([name, tags]) => `${jsonBytes(name)}:${tags}`).join(",")}}`;
  });

export const renderServiceNodes: ListRenderer<readonly ServiceNodeRow[]> = listResponse((rows) =>
  jsonList(rows.map(jsonServiceNode)),
);

export function renderNodeServices(
  view: HttpView,
  settings: HttpSettings,
  node: Node | null,
  services: readonly CatalogService[],
  meta: QueryMeta | undefined,
): HttpResponse {
  return jsonResponse(view, settings, jsonNodeServices(view, node, services), meta);
}

function jsonNodeServices(view: HttpView, node: Node | null, services: readonly CatalogService[]): string {
  if (node === null) return view.listed ? '{"Node":null,"Services":null}' : "null";
  const items = services.map((service) => [utf8(service.id), jsonService(service)] as const);
  const byId = items.sort(([a], [b]) => compareStrings(a, b));
  const listed =
    services.length === 0 && view.filter === undefined ? "null" : jsonList(services.map(jsonService));
  const json = view.listed ? listed : `{${byId.map(([id, its]) => `${jsonBytes(id)}:${its}`).join(",")}}`;
  return `{"Node":${jsonNode(node)},"Services":${json}}`;
}
