// Command lines of `catalog`, and the services that they list.

import { type Case, lines } from "./command-lines.ts";

export const CATALOG_COMMANDS: readonly Case[] = [
  ...lines(`
    catalog
    catalog -h
    catalog nosuch
    catalog datacenters
    catalog datacenters -h
    catalog datacenters -nosuch
    catalog datacenters x
    catalog nodes -h
    catalog nodes -nosuch
    catalog nodes x
    catalog nodes x y
    catalog nodes -service=shop
    catalog nodes -service=shop -detailed
    catalog nodes -service=SHOP
    catalog nodes -service=nosuch
    catalog nodes -service=consul-nosuch -detailed
    catalog nodes -node-meta=rack=1
    catalog nodes -node-meta=rack=1 -detailed
    catalog nodes -node-meta rack=1 -node-meta row=2
    catalog nodes -node-meta=rack=1 -node-meta=row=3
    catalog nodes -node-meta=rack
    catalog nodes -node-meta=rack=1=2
    catalog nodes -near=shop1 -node-meta=rack=1
    catalog nodes -near=_agent -service=shop
    catalog nodes -stale -service=shop
    catalog nodes -datacenter=nope
    catalog nodes -datacenter=nope -service=shop
    catalog nodes -filter= -service=shop
    catalog nodes '-filter=Meta.rack == 1'
    catalog nodes -detailed -filter 'Meta.rack == 1 and Node matches "^shop"'
    catalog nodes '-filter=Node == nosuch'
    catalog nodes '-filter=ServiceTags contains b' -service=shop
    catalog nodes '-filter=Node == shop2' -service=shop -detailed
    catalog nodes '-filter=Meta.rack == 1' -service=shop
    catalog nodes '-filter=Node =='
    catalog nodes '-filter=("x'
    catalog nodes -filter
    catalog services
    catalog services -tags
    catalog services -h
    catalog services -nosuch
    catalog services x
    catalog services -node=shop1
    catalog services -node=shop1 -tags
    catalog services -node=SHOP1
    catalog services -node=nosuch
    catalog services -node-meta=rack=1
    catalog services -node-meta=rack=1 -tags
    catalog services -node-meta=rack=1 -node-meta=row=2
    catalog services -node-meta=rack=9
    catalog services -node-meta=rack
    catalog services -datacenter=nope
    catalog services -datacenter=nope -node=shop1
    catalog services -namespace=x
    catalog services -node=shop1 -namespace=x
  `),
  ...lines(
    `
    catalog datacenters
    catalog nodes
    catalog nodes -service=shop -near=a -node-meta=b=c
    catalog services
    catalog services -node=x
  `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
];

const INSTANCES: readonly object[] = [
  {
    Node: "shop1",
    Address: "192.0.2.10",
    NodeMeta: { row: "2", rack: "1" },
    TaggedAddresses: { wan: "1.2.3.4", lan: "192.0.2.10" },
    Service: { ID: "shop-1", Service: "shop", Tags: ["b"] },
  },
  {
    Node: "shop1",
    Address: "",
    SkipNodeUpdate: true,
    Service: { ID: "shop-2", Service: "shop", Tags: ["b", "b"] },
  },
  { Node: "shop1", SkipNodeUpdate: true, Service: { Service: "a-much-longer-name" } },
  { Node: "shop2", Address: "192.0.2.200", Service: { ID: "shop-1", Service: "shop", Tags: ["b"] } },
];

/** Registers them, which is done when it is answered. */
export async function seedServices(http: string): Promise<void> {
  for (const instance of INSTANCES)
    await fetch(`http://${http}/v1/catalog/register`, { method: "PUT", body: JSON.stringify(instance) });
}
