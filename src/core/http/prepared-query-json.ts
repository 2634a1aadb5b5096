// Prepared queries and what comes of running them, as Consul 1.8 prints them.

import type { HttpResponse } from "../api/http.ts";
import type { QueryResult } from "../api/prepared-query.ts";
import type { HealthRow, QueryMeta } from "../api/response.ts";
import type { PreparedQuery } from "../model/prepared-query.ts";
import { jsonCheckAsStored, jsonNode, jsonServiceAsStored } from "./catalog-json.ts";
import { jsonLabels, jsonList, jsonObject, jsonText, jsonTexts } from "./json.ts";
import type { HttpSettings, HttpView } from "./plan.ts";
import { doneResponse, jsonResponse } from "./render.ts";

export function renderQueries(
  view: HttpView,
  settings: HttpSettings,
  queries: readonly PreparedQuery[],
  meta: QueryMeta | undefined,
): HttpResponse {
  return jsonResponse(view, settings, jsonList(queries.map(jsonQuery)), meta);
}

/** Of one that was replaced nothing is said. */
export function renderQuerySet(view: HttpView, settings: HttpSettings, id: string): HttpResponse {
  if (view.silent) return doneResponse(settings);
  return jsonResponse(view, settings, jsonObject([["ID", jsonText(id)]]), undefined);
}

export function renderExplained(
  view: HttpView,
  settings: HttpSettings,
  query: PreparedQuery,
  meta: QueryMeta | undefined,
): HttpResponse {
  const json = jsonObject([["Query", jsonQuery(query)], ...metaFields(view, meta)]);
  return jsonResponse(view, settings, json, meta);
}

export function renderQueryResult(
  view: HttpView,
  settings: HttpSettings,
  { service, rows, ttl, datacenter, failovers }: QueryResult,
  meta: QueryMeta | undefined,
): HttpResponse {
  const json = jsonObject([
    ["Service", jsonText(service)],
    ["Nodes", jsonList(rows.map(jsonRow))],
    ["DNS", jsonObject([["TTL", jsonText(ttl)]])],
    ["Datacenter", jsonText(datacenter)],
    ["Failovers", String(failovers)],
    ...metaFields(view, meta),
  ]);
  return jsonResponse(view, settings, json, meta);
}

/** These answers say in their body too what their headers say, and of the index nothing. */
function metaFields(view: HttpView, meta: QueryMeta | undefined): [name: string, json: string][] {
  return [
    ["Index", "0"],
    ["LastContact", String(Math.floor(meta?.lastContactMs ?? 0) * 1_000_000)],
    ["KnownLeader", String(meta?.knownLeader ?? false)],
    ["ConsistencyLevel", jsonText(view.told === undefined || view.told === "default" ? "leader" : view.told)],
  ];
}

/** Unlike elsewhere Consul prints no list where there is nothing in it. */
function jsonRow({ node, service, checks }: HealthRow): string {
  return jsonObject([
    ["Node", jsonNode(node)],
    ["Service", jsonServiceAsStored(service)],
    ["Checks", checks.length === 0 ? "null" : jsonList(checks.map(jsonCheckAsStored))],
  ]);
}

function jsonQuery(query: PreparedQuery): string {
  const { template, service, dns } = query;
  const { failover } = service;
  return jsonObject([
    ["ID", jsonText(query.id)],
    ["Name", jsonText(query.name)],
    ["Session", jsonText(query.session)],
    ["Token", jsonText(query.token)],
    [
      "Template",
      jsonObject([
        ["Type", jsonText(template.type)],
        ["Regexp", jsonText(template.regexp)],
        ["RemoveEmptyTags", String(template.removeEmptyTags)],
      ]),
    ],
    [
      "Service",
      jsonObject([
        ["Service", jsonText(service.service)],
        [
          "Failover",
          jsonObject([
            ["NearestN", String(failover.nearestN)],
            ["Datacenters", orNull(failover.datacenters)],
          ]),
        ],
        ["OnlyPassing", String(service.onlyPassing)],
        ["IgnoreCheckIDs", orNull(service.ignoreCheckIds)],
        ["Near", jsonText(service.near)],
        ["Tags", orNull(service.tags)],
        ["NodeMeta", jsonLabels(service.nodeMeta)],
        ["ServiceMeta", jsonLabels(service.serviceMeta)],
        ["Connect", String(service.connect)],
      ]),
    ],
    ["DNS", jsonObject([["TTL", jsonText(dns.ttl)]])],
    ["CreateIndex", String(query.createIndex)],
    ["ModifyIndex", String(query.modifyIndex)],
  ]);
}

function orNull(list: readonly string[] | null): string {
  return list === null ? "null" : jsonTexts(list);
}
