// /v1/catalog/gateway-services/: what a gateway serves. Consul 1.8's agent/catalog_endpoint.go.

import type { HttpResponse } from "../api/http.ts";
import type { QueryMeta } from "../api/response.ts";
import { textOf } from "../lib/bytes.ts";
import type { GatewayService } from "../model/gateway-service.ts";
import { refuse } from "./answer.ts";
import { withOptions } from "./catalog.ts";
import { jsonList, jsonObject, jsonText, jsonTexts } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { askServer, jsonResponse } from "./render.ts";

export function readGatewayServices(call: Call): HttpPlan {
  return withOptions(call, (options) => {
    if (call.rest === "") return refuse(call.settings, 400, "Missing gateway name");
    const request = { kind: "catalog.gateway-services", gateway: textOf(call.rest), options } as const;
    return askServer(call, request, { told: options.consistency });
  });
}

export function renderGatewayServices(
  view: HttpView,
  settings: HttpSettings,
  rows: readonly GatewayService[],
  meta: QueryMeta | undefined,
): HttpResponse {
  return jsonResponse(view, settings, rows.length === 0 ? "null" : jsonList(rows.map(jsonRow)), meta);
}

function jsonRow(row: GatewayService): string {
  const said = (text: string): string | undefined => (text === "" ? undefined : jsonText(text));
  return jsonObject([
    ["Gateway", jsonObject([["Name", jsonText(row.gateway)]])],
    ["Service", jsonObject([["Name", jsonText(row.service)]])],
    ["GatewayKind", said(row.gatewayKind)],
    ["Port", row.port === 0 ? undefined : String(row.port)],
    ["Protocol", said(row.protocol)],
    ["Hosts", row.hosts === null || row.hosts.length === 0 ? undefined : jsonTexts(row.hosts)],
    ["CAFile", said(row.caFile)],
    ["CertFile", said(row.certFile)],
    ["KeyFile", said(row.keyFile)],
    ["SNI", said(row.sni)],
    ["FromWildcard", row.fromWildcard ? "true" : undefined],
    ["CreateIndex", String(row.createIndex)],
    ["ModifyIndex", String(row.modifyIndex)],
  ]);
}
