// What is read: which services are looked for, and whether there are any, by the service's name; how long some reads take.
// Measured by the server that answers. Consul's
// agent/consul/catalog_endpoint.go and health_endpoint.go, 1.8.

import type { ReadRequest } from "../api/request.ts";
import type { ResponseBody } from "../api/response.ts";
import { compareStrings } from "../lib/bytes.ts";
import { metricKey } from "../lib/metric-key.ts";
import { countMetric, type Metrics, taskMetric } from "../lib/metrics.ts";

export function noteLookup(telemetry: Metrics | undefined, request: ReadRequest, body: ResponseBody): void {
  if (telemetry === undefined || (body.kind !== "service-nodes" && body.kind !== "health")) return;
  const family = familyOf(request);
  if (family === undefined || !("service" in request)) return;
  const { service } = request;
  countMetric(telemetry, metricKey(`${family}.query`, "service", service));
  const tags = "tags" in request ? request.tags : [];
  if (tags.length > 0) {
    const sorted = [...tags].sort(compareStrings).join(",");
    countMetric(telemetry, metricKey(`${family}.query-tags`, "service", service, "tag", sorted));
  }
  if (body.rows.length === 0) countMetric(telemetry, metricKey(`${family}.not-found`, "service", service));
}

/** What Consul's servers measure of reads: how long some kinds take to be answered, once that may begin. */
export function noteRead(telemetry: Metrics | undefined, request: ReadRequest): void {
  switch (request.kind) {
    case "config.list":
      return taskMetric(telemetry, request.name === undefined ? "config_entry.list" : "config_entry.get");
    case "query.execute":
      return taskMetric(telemetry, "prepared-query.execute");
    case "query.explain":
      return taskMetric(telemetry, "prepared-query.explain");
    case "session.renew":
      return taskMetric(telemetry, "session.renew");
    case "txn.read":
      return taskMetric(telemetry, "txn.read");
    default:
  }
}

function familyOf(request: ReadRequest): string | undefined {
  if (request.kind === "health.ingress") return "health.ingress";
  if (request.kind === "health.service") return request.connect ? "health.connect" : "health.service";
  if (request.kind === "catalog.service-nodes")
    return request.connect ? "catalog.connect" : "catalog.service";
  return undefined;
}
