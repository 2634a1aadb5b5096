// `translate_wan_addrs`: in what another datacenter answers, nodes and services have the addresses at which other
// datacenters reach them, where they tell any (Consul's agent/translate_addr.go).

import type { HealthRow, ResponseBody, ServiceNodeRow } from "../api/response.ts";
import type { CatalogService, Node } from "../model/catalog.ts";

/** The tag of the address for other datacenters. */
const WAN = "wan";

export function translateAddresses(body: ResponseBody): ResponseBody {
  switch (body.kind) {
    case "nodes":
      return { ...body, nodes: body.nodes.map(translateNode) };
    case "service-nodes":
      return { ...body, rows: body.rows.map((row: ServiceNodeRow) => translateRow(row)) };
    case "node-services":
      return {
        ...body,
        node: body.node && translateNode(body.node),
        services: body.services.map(translateService),
      };
    case "health":
      return { ...body, rows: body.rows.map((row: HealthRow) => translateRow(row)) };
    case "query-result": {
      const rows = body.result.rows.map((row: HealthRow) => translateRow(row));
      return { ...body, result: { ...body.result, rows } };
    }
    default:
      return body;
  }
}

function translateRow<T extends ServiceNodeRow>(row: T): T {
  return { ...row, node: translateNode(row.node), service: translateService(row.service) };
}

function translateNode(node: Node): Node {
  const wan = node.taggedAddresses?.find(([name]) => name === WAN)?.[1] ?? "";
  return wan === "" ? node : { ...node, address: wan };
}

/** A tag with an address alone leaves the port as it is. */
function translateService(service: CatalogService): CatalogService {
  const wan = service.taggedAddresses.find(([name]) => name === WAN)?.[1];
  if (wan === undefined) return service;
  const { address = "", port = 0 } = wan;
  return { ...service, address: address || service.address, port: port > 0 ? port : service.port };
}
