// What filters can ask of the rows that answers are made of, by Consul 1.8's names. Of nodes, services and checks alone:
// model/filter-fields.ts.

import { type Fields, fields, flattened, row, rows } from "../lib/bexpr/fields.ts";
import type { CatalogService, Check, Node } from "../model/catalog.ts";
import { CHECK_FIELDS, NODE_FIELDS, SERVICE_FIELDS } from "../model/filter-fields.ts";
import type { HealthRow, ServiceNodeRow } from "./response.ts";

/** A service's instances with their health; the services of /v1/internal/ui/services are made of these. */
export const HEALTH_FIELDS: Fields<HealthRow> = fields({
  Node: row(({ node }) => node, NODE_FIELDS),
  Service: row(({ service }) => service, SERVICE_FIELDS),
  Checks: rows(({ checks }) => checks, CHECK_FIELDS),
});

/** A node and a service in one: the node's fields as they are, but for its metadata, and the service's after "Service". */
export const SERVICE_NODE_FIELDS: Fields<ServiceNodeRow> = new Map([
  ...flattened(
    ({ node }: ServiceNodeRow) => node,
    NODE_FIELDS,
    (name) => (name === "Meta" ? "NodeMeta" : name),
  ),
  ...flattened(
    ({ service }: ServiceNodeRow) => service,
    SERVICE_FIELDS,
    (name) => (name === "Service" ? "ServiceName" : `Service${name}`),
  ),
]);

/** A node with all that is on it, as /v1/internal/ui/nodes lists them. */
export interface NodeInfo {
  readonly node: Node;
  readonly services: readonly CatalogService[];
  readonly checks: readonly Check[];
}

/** In which datacenter a node is cannot be asked here. */
export const NODE_INFO_FIELDS: Fields<NodeInfo> = new Map([
  ...flattened(
    ({ node }: NodeInfo) => node,
    NODE_FIELDS,
    (name) => name,
  ).filter(([name]) => name !== "Datacenter"),
  ...fields<NodeInfo>({
    Services: rows(({ services }) => services, SERVICE_FIELDS),
    Checks: rows(({ checks }) => checks, CHECK_FIELDS),
  }),
]);
