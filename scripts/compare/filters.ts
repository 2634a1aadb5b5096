// `?filter=`: on every endpoint that has it, on some that have not, right and wrong. What the language is in all its corners,
// the recorded filters tell (record-bexpr.ts).

import { ask, type Case, type Group, get, PLAIN, put, woken } from "./cases.ts";

const REGISTER = "/v1/catalog/register";

const CATALOG: readonly Case[] = [
  '{"Node":"f1","Address":"10.9.0.1","NodeMeta":{"rack":"a","a b":"c"},"TaggedAddresses":{"lan":"1"},"Service":{"ID":"s1","Service":"flt","Tags":["v1","x"],"Port":80,"Meta":{"m":"1"}},"Checks":[{"CheckID":"n","Name":"n","Status":"passing"},{"CheckID":"s","Name":"s","Status":"critical","ServiceID":"s1"}]}',
  '{"Node":"f2","Address":"10.9.0.2","NodeMeta":{"rack":"b"},"Service":{"Kind":"connect-proxy","ID":"p","Service":"flt-proxy","Port":9,"Proxy":{"DestinationServiceName":"flt","Upstreams":[{"DestinationName":"db","LocalBindPort":91},{"DestinationName":"mq","LocalBindPort":92}],"Expose":{"Checks":true,"Paths":[{"Path":"/h","ListenerPort":99}]}}}}',
  '{"Node":"f2","Address":"10.9.0.2","NodeMeta":{"rack":"b"},"Service":{"ID":"s2","Service":"flt","Tags":["v2"],"Port":81,"Connect":{"Native":true}},"Check":{"CheckID":"s","Name":"s","Status":"passing","ServiceID":"s2"}}',
].map((body, at) => put(`what filters are run over, ${at}`, REGISTER, body));

/** What the agent itself has. */
const OWN: readonly Case[] = [
  put(
    "an agent's service to be filtered",
    "/v1/agent/service/register",
    '{"Name":"flt-own","Tags":["v1"],"Port":70,"Meta":{"m":"1"},"Check":{"TTL":"1h","Status":"passing"}}',
  ),
  put(
    "an agent's check to be filtered",
    "/v1/agent/check/register",
    '{"Name":"flt-check","TTL":"1h","Notes":"n"}',
  ),
];
const NOT_OWN: readonly Case[] = [
  ask("PUT /v1/agent/service/deregister/flt-own", "an agent's service that was filtered"),
  ask("PUT /v1/agent/check/deregister/flt-check", "an agent's check that was filtered"),
];

/** Of each endpoint: filters that let through some, all, nobody. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  "catalog/nodes": [
    "Node == f1",
    "Meta.rack == b or Node == f1",
    "Meta contains rack",
    'Meta["a b"] == c',
    "Node == nope",
  ],
  "catalog/service/flt": [
    "ServiceTags contains v1",
    "ServicePort != 81",
    "NodeMeta.rack == a",
    "ServiceName == nope",
  ],
  "catalog/connect/flt": [
    "ServiceKind == `connect-proxy`",
    "ServiceProxy.Upstreams.DestinationName == mq",
    "ServiceProxy.Upstreams.LocalBindPort == 0x5b",
    "ServiceProxy.Upstreams is empty",
    "ServiceProxy.Expose.Paths.Path == `/h`",
    "ServiceProxy.DestinationServiceName == flt",
    "ServiceConnect.Native == true",
  ],
  "catalog/node/f2": ["Kind == ``", "Service == nope", "Proxy.Expose.Checks == true"],
  "catalog/node-services/f2": ["Kind == ``", "Service == nope"],
  "catalog/node/nope": ["Kind == ``"],
  "catalog/node-services/nope": ["Kind == ``"],
  "health/node/f1": ["Status == passing", "Status == nope", "ServiceTags is empty"],
  "health/checks/flt": ["Status == passing", "Node == f1 and ServiceID == s1"],
  "health/state/any": ["Node matches `^f[0-9]$`", "Node == f2"],
  "health/service/flt": [
    "Checks.Status == critical",
    "not Checks.Status != passing",
    "Service.Port == 81",
    "Node.Node == nope",
  ],
  "agent/services": [
    "Service == `flt-own`",
    "Tags contains v1 and Port == 70",
    "Meta.m != 1",
    "Service == nope",
  ],
  "agent/checks": [
    "Name == `flt-check`",
    "ServiceTags contains v1",
    "Status == critical and Notes == n",
    "Name == nope",
  ],
  "internal/ui/nodes": [
    "Node == f1",
    "Services.Service == flt",
    "Checks.Status == critical",
    "Datacenter == dc1",
  ],
  "internal/ui/services": ["Service.Service == flt", "Checks.Status == critical", "Node.Node == nope"],
  "health/connect/flt": ["Service.Kind == `connect-proxy`", "Service.Connect.Native == true"],
};

const WRONG: readonly string[] = [
  "Nope == 1",
  "Nope",
  "((",
  "Node matches `(`",
  'Port == "x',
  "Checks is empty",
];

/** Some of the endpoints that look at no filter. */
const WITHOUT: readonly string[] = [
  ...[
    "catalog/datacenters",
    "session/list",
    "coordinate/node/nope",
    "event/list",
    "status/leader",
    "kv/nope",
  ],
];

/** Coordinates change when agents have moved, and an agent's own node is written once or twice. */
const UNINDEXED: readonly string[] = ["coordinate/node/nope", "internal/ui/nodes"];

function unindexed(path: string): { unindexed?: true } {
  return UNINDEXED.includes(path) ? { unindexed: true } : {};
}

function target(path: string, filter: string, more = ""): string {
  return `/v1/${path}?filter=${encodeURIComponent(filter)}${more}`;
}

const NODES = "catalog/nodes";
const HEALTH = "health/service/flt";

const COMMON: readonly Case[] = [
  ...[
    "&pretty",
    "&stale",
    "&consistent",
    "&dc=dc1",
    "&dc=nope",
    "&ns=a",
    "&near=f2",
    "&node-meta=rack:a",
    "&index=x",
  ],
  ...["&filter=Node%20==%20f2", "&tag=v1", "&passing"],
].flatMap((more) => [
  get(`nodes, filtered${more}`, target(NODES, "Node == f1", more)),
  get(`health, filtered${more}`, target(HEALTH, "Node.Node == f1", more)),
  get(`health, filtered by nonsense${more}`, target(HEALTH, "Node.Node ==", more)),
]);

const WAITS: readonly Case[] = [
  woken(
    "who waits for instances is woken by one that the filter does not let through",
    target(HEALTH, "Node.Node == f1", "&index={service flt}&wait=20s"),
    `PUT ${REGISTER}`,
    '{"Node":"f2","SkipNodeUpdate":true,"Check":{"CheckID":"s","Name":"s","Status":"warning","ServiceID":"s2"}}',
  ),
  get(
    "who waits with a filter is answered when the time is up",
    target(HEALTH, "Node.Node == f1", "&index={service flt}&wait=200ms"),
    {
      waitMs: 200,
    },
  ),
  get(
    "who waits with a filter that is none does not wait",
    target(HEALTH, "Node.Node ==", "&index={service flt}&wait=20s"),
  ),
];

/** Played while there is a client agent to pass them on. */
export const FILTERS_PASSED_ON: readonly Case[] = [
  NODES,
  "catalog/service/flt",
  HEALTH,
  "health/state/any",
].flatMap((path) =>
  ["Node == f1", "Node.Node == f1", "Nope"].map((filter) =>
    get(`passed on: ${path} by ${filter}`, target(path, filter), { via: "client" }),
  ),
);

export const FILTERS: readonly Group[] = [
  {
    title: "filters",
    kinds: PLAIN,
    cases: [
      ...CATALOG,
      ...OWN,
      ...Object.entries(ASKED).flatMap(([path, filters]) =>
        [...filters, ...WRONG].map((filter) =>
          get(`${path} by ${filter}`, target(path, filter), unindexed(path)),
        ),
      ),
      ...WITHOUT.map((path) => get(`${path} has no filter`, target(path, "(("), unindexed(path))),
      // Tags of a service have no order there: none is listed.
      get("catalog/services has no filter", target("catalog/services", "((", "&node-meta=rack:nope")),
      ...COMMON,
      ...WAITS,
      ...NOT_OWN,
      ask(`DELETE ${target(NODES, "((")}`, "a filter with another method"),
    ],
  },
];
