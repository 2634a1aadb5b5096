// What is registered with the agents whose DNS is compared.

import type { Setup } from "./dns-agents.ts";

export interface Registration {
  readonly path: string;
  readonly method?: "PUT" | "POST";
  readonly body: unknown;
}

const service = (body: object): Registration => ({ path: "agent/service/register", body });
const external = (body: object): Registration => ({ path: "catalog/register", body });
const query = (body: object): Registration => ({ path: "query", method: "POST", body });

/** So many instances that hardly any answer has all of them. */
function many(name: string, count: number, network: string): Registration[] {
  return Array.from({ length: count }, (_, at) =>
    external({
      Node: `${name}-${String(at).padStart(3, "0")}`,
      Address: `10.9.0.${at}`,
      Service: { Service: name, Address: `${network}.${at}`, Port: 5000 },
    }),
  );
}

const EAST: readonly Registration[] = [
  service({
    ID: "web1",
    Name: "web",
    Address: "10.1.1.1",
    Port: 8080,
    Tags: ["v1", "primary"],
    Weights: { Passing: 10, Warning: 2 },
  }),
  service({ ID: "web2", Name: "web", Address: "10.1.1.2", Port: 8081, Tags: ["v2", "a.dotted.tag"] }),
  service({
    ID: "web3",
    Name: "web",
    Address: "10.1.1.3",
    Port: 8082,
    Check: { TTL: "1h", Status: "critical" },
  }),
  service({
    ID: "warm",
    Name: "warm",
    Address: "10.1.1.4",
    Port: 8083,
    Weights: { Passing: 10, Warning: 3 },
    Check: { TTL: "1h", Status: "warning" },
  }),
  service({
    ID: "onlycrit",
    Name: "onlycrit",
    Address: "10.1.1.5",
    Port: 1,
    Check: { TTL: "1h", Status: "critical" },
  }),
  service({ ID: "noaddr", Name: "noaddr", Port: 9 }),
  service({ ID: "v6", Name: "v6", Address: "2001:db8::1", Port: 9 }),
  service({
    ID: "mix",
    Name: "mix",
    Address: "10.9.9.9",
    Port: 5,
    TaggedAddresses: {
      lan_ipv4: { Address: "10.9.9.9", Port: 5 },
      lan_ipv6: { Address: "2001:db8::99", Port: 6 },
      wan: { Address: "198.51.100.1", Port: 2 },
    },
  }),
  service({ ID: "ext", Name: "ext", Address: "chain.example.com", Port: 443 }),
  service({ ID: "silent", Name: "silent", Address: "silent.example.com", Port: 443 }),
  service({ ID: "gone", Name: "gone", Address: "nx.example.com", Port: 443 }),
  service({ ID: "extc", Name: "extc", Address: "noaddr.service.consul", Port: 80 }),
  service({ ID: "itself", Name: "itself", Address: "itself.service.consul", Port: 80 }),
  service({ ID: "loop1", Name: "loop1", Address: "loop2.service.consul", Port: 80 }),
  service({ ID: "loop2", Name: "loop2", Address: "loop1.service.consul", Port: 80 }),
  service({ ID: "bad_name", Name: "bad_name", Address: "10.1.1.6", Port: 80 }),
  service({ ID: "Mixed", Name: "MixedCase", Address: "10.1.1.7", Port: 80, Tags: ["TaG"] }),
  service({ ID: "native", Name: "native", Address: "10.1.1.8", Port: 77, Connect: { Native: true } }),
  service({ ID: "side", Name: "side", Port: 78 }),
  service({
    ID: "side-proxy",
    Name: "side-proxy",
    Kind: "connect-proxy",
    Port: 79,
    Proxy: { DestinationServiceName: "side" },
  }),
  service({ ID: "twice1", Name: "twice", Address: "10.1.1.9", Port: 1 }),
  service({ ID: "twice2", Name: "twice", Address: "10.1.1.9", Port: 2 }),
  external({ Node: "named", Address: "chain.example.com", Service: { Service: "on-named", Port: 7 } }),
  external({
    Node: "six",
    Address: "2001:db8::6",
    NodeMeta: { a: "1", "=b": " c " },
    Service: { Service: "on-six", Port: 7 },
  }),
  external({ Node: "dotted.node", Address: "10.3.0.1" }),
  external({ Node: "under_score", Address: "10.3.0.2", Service: { Service: "on-under", Port: 3 } }),
  external({
    Node: "UPPER",
    Address: "10.3.0.3",
    TaggedAddresses: { wan: "198.51.100.9", wan_ipv4: "198.51.100.9" },
  }),
  external({
    Node: "sick",
    Address: "10.3.0.4",
    Service: { Service: "on-sick", Port: 3 },
    Check: { CheckID: "c", Name: "c", Status: "critical" },
  }),
  external({
    Node: "odd",
    Address: "10.3.0.5",
    Service: { Service: "on-odd", Port: 3 },
    Check: { CheckID: "c", Name: "c", Status: "strange" },
  }),
  external({ Node: "nested", Address: "node1.node.consul" }),
  ...many("big", 30, "10.2.0"),
  query({ Name: "pq1", Service: { Service: "web", Tags: ["primary"] }, DNS: { TTL: "11s" } }),
  query({ Name: "pq-plain", Service: { Service: "noaddr" } }),
  query({ Name: "pq.dotted", Service: { Service: "noaddr" } }),
  query({ Name: "pq-empty", Service: { Service: "onlycrit" } }),
  query({ Name: "pq-warm", Service: { Service: "warm", OnlyPassing: true } }),
  query({ Name: "pq-over", Service: { Service: "only-west", Failover: { Datacenters: ["dc2"] } } }),
  query({
    Name: "tpl-",
    Template: { Type: "name_prefix_match", Regexp: "^tpl-(.*)$" },
    Service: { Service: "$".concat("{match(1)}") },
  }),
];

const WEST: readonly Registration[] = [
  service({ ID: "a1", Name: "a", Address: "10.0.0.1", Port: 71 }),
  service({
    ID: "warn",
    Name: "warn",
    Address: "10.0.0.4",
    Port: 72,
    Check: { TTL: "1h", Status: "warning" },
  }),
  service({
    ID: "wan",
    Name: "wan",
    Address: "10.5.5.5",
    Port: 79,
    TaggedAddresses: { wan: { Address: "198.51.100.2", Port: 80 } },
  }),
  service({ ID: "only-west", Name: "only-west", Address: "10.0.0.7", Port: 73 }),
  service({ ID: "bare", Name: "bare", Port: 74 }),
  external({
    Node: "far",
    Address: "10.6.0.1",
    TaggedAddresses: { wan: "198.51.100.3" },
    Service: { Service: "on-far", Port: 75 },
  }),
  external({
    Node: "far2",
    Address: "10.6.0.2",
    Service: {
      Service: "tagged",
      Address: "10.6.1.1",
      Port: 76,
      TaggedAddresses: { wan: { Address: "198.51.100.4", Port: 81 } },
    },
  }),
  ...many("big", 30, "10.2.1"),
];

const ALONE: readonly Registration[] = [
  service({ ID: "web", Name: "web", Address: "10.7.0.1", Port: 80 }),
  service({ ID: "host", Name: "host", Address: "elsewhere.example.com", Port: 80 }),
  service({ ID: "inner", Name: "inner", Address: "web.service.alt.consul", Port: 80 }),
  ...many("big", 12, "10.2.2"),
  query({ Name: "pq", Service: { Service: "web" } }),
];

export const CATALOG: Readonly<Record<Setup, readonly Registration[]>> = {
  east: EAST,
  west: WEST,
  alone: ALONE,
};
