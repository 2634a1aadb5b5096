// The catalog and the health of services: what registrations are taken and refused, and how everything reads afterwards.
// Played last but for the farewell, since it leaves nodes behind.

import { ask, type Case, type Group, get, PLAIN, put, woken } from "./cases.ts";

const REGISTER = "/v1/catalog/register";
const DEREGISTER = "/v1/catalog/deregister";
const ID = "11111111-2222-3333-4444-55555555555";

/** Bodies, each its own name. */
function bodies(path: string, all: readonly string[]): Case[] {
  return all.map((body) => put(`${path.slice(12)} ${body}`, path, body));
}

const NODES: readonly Case[] = bodies(REGISTER, [
  `{"Node":"r1","Address":"1.1.1.1","ID":"${ID}5","Check":{"CheckID":"serfHealth","Name":"s","Status":"passing"}}`,
  `{"Node":"r1","Address":"1.1.1.1","ID":"${ID}6"}`,
  `{"Node":"r2","Address":"1.1.1.2","ID":"${ID}7"}`,
  `{"Node":"r1","Address":"1.1.1.3","ID":"${ID}7"}`,
  `{"Node":"R1","Address":"1.1.1.3","ID":"${ID}5"}`,
  '{"Node":"r9","Address":"1.1.1.3","ID":"zzzz"}',
  '{"Node":"r9","Address":"1.1.1.3","ID":"11111111-2222-3333-4444+555555555555"}',
  '{"Node":"r9","Address":"1.1.1.3","ID":"g1111111-2222-3333-4444-555555555555"}',
  '{"Node":"r2"}',
  "{}",
  "null",
  "[]",
  '"x"',
  "3",
  "",
  "{",
  '{"Node":"r2","Address":"1.1.1.2"} and more',
  '{"Node":1}',
  '{"node":"r7","ADDRESS":"1.2.3.4"}',
  '{"Node":"r2","Address":"1.1.1.2","Namespace":"x"}',
  '{"Node":"r2","Address":"1.1.1.2","Datacenter":"dc9"}',
  '{"Node":"r2","Address":"1.1.1.2","Bogus":1}',
  '{"Node":"r2","Address":"1.1.1.2","CreateIndex":5,"Token":"x"}',
  '{"Node":"r2","Address":"1.1.1.2","CreateIndex":-5}',
  '{"Node":"r2","Address":"1.1.1.2","SkipNodeUpdate":"x"}',
  '{"Node":"r2","Address":"1.1.1.2","TaggedAddresses":{"lan":3}}',
  '{"Node":"r2","Address":"1.1.1.2","TaggedAddresses":{"lan":"x","b":"<&>"},"NodeMeta":{"z":"1","a":"2"}}',
  '{"Node":"r2","Address":"1.1.1.2","NodeMeta":{"bad key":"x"}}',
  '{"Node":"r3","SkipNodeUpdate":true,"NodeMeta":{"a":"x"},"Service":{"Service":"w","Weights":{}}}',
]);

const SERVICES: readonly Case[] = bodies(
  REGISTER,
  [
    "{}",
    '{"ID":"x"}',
    '{"Service":"x","Address":"0.0.0.0"}',
    '{"Service":"x","Address":"::"}',
    '{"Service":"x","Port":"a"}',
    '{"Service":"x","Port":1.5}',
    '{"Service":"x","Port":1e3}',
    '{"Service":"x","Port":-1}',
    '{"Service":"x","Tags":"a"}',
    '{"Service":"x","Tags":[1]}',
    '{"Service":"x","Tags":[null]}',
    '{"Service":"x","Meta":{"a":1}}',
    '{"Service":"x","Meta":3}',
    '{"Service":"x","Weights":{"Passing":"a"}}',
    '{"Service":"x","Weights":3}',
    '{"Service":"x","TaggedAddresses":{"lan":"a"}}',
    '{"Service":"x","TaggedAddresses":{"lan":{"Port":"a"}}}',
    '{"Service":"x","TaggedAddresses":{"lan":{"Bogus":"a"}}}',
    '{"Service":"x","Bogus":1}',
    '{"Service":3}',
    "3",
    "[]",
    "null",
    '{"Service":"x","Kind":3}',
    '{"Service":"x","EnableTagOverride":3}',
    '{"Service":"x","Connect":3}',
    '{"Service":"x","Connect":{"Native":3}}',
    '{"Service":"x","Connect":{"x":3}}',
    '{"Service":"x","Kind":"odd"}',
    '{"Service":"x","Meta":{"bad key":"x"}}',
    '{"Service":"x","Meta":{"consul-x":"x"}}',
    '{"Service":"x","Meta":{"":"x"}}',
    `{"Service":"x","Meta":{"${"k".repeat(129)}":"x"}}`,
    `{"Service":"x","Meta":{"k":"${"v".repeat(513)}"}}`,
    `{"Service":"x","Meta":{${Array.from({ length: 65 }, (_, at) => `"k${at}":"v"`).join(",")}}}`,
    '{"Service":"x","Meta":{},"TaggedAddresses":{}}',
  ].map((service) => `{"Node":"r8","Address":"8","Service":${service}}`),
);

const CHECKS: readonly Case[] = bodies(REGISTER, [
  ...[
    "{}",
    '{"Name":"x","ServiceID":"nope"}',
    '{"Node":"other","Name":"x"}',
    '{"Node":"R8","Name":"x"}',
    '{"Name":"x","Status":3}',
    '{"CheckID":3}',
    '{"Name":"x","Bogus":3}',
    '{"Name":"d","Definition":{"HTTP":"http://x","Interval":"10s","Timeout":5000000000,"TTL":"3s","Bogus":3,"Header":{"a":["b"]},"OutputMaxSize":5}}',
    '{"Name":"e","Definition":{"Interval":"10"}}',
    '{"Name":"e","Definition":{"Interval":"abc"}}',
    '{"Name":"e","Definition":{"Interval":"1x"}}',
    '{"Name":"e","Definition":{"Interval":true}}',
    '{"Name":"e","Definition":{"HTTP":3}}',
    '{"Name":"e","Definition":"x"}',
    '{"Name":"e","Definition":{}}',
    '{"Name":"e","Definition":{"OutputMaxSize":-1}}',
    '{"Name":"e","Definition":{"Header":3}}',
    '{"Name":"t1","Definition":{"TCP":"x","Interval":"1s"}}',
    '{"Name":"t2","Definition":{"TCP":"x"}}',
    '{"Name":"t3","Definition":{"TTL":"10s"}}',
    '{"Name":"t4","Definition":{"ScriptArgs":["x"],"Interval":"1s"}}',
    '{"Name":"t5","Definition":{"ScriptArgs":["x"],"DockerContainerID":"d","Interval":"1s"}}',
    '{"Name":"t6","Definition":{"GRPC":"x","Interval":"1s","GRPCUseTLS":true}}',
    '{"Name":"t7","Definition":{"AliasNode":"x"}}',
    '{"Name":"t8","Definition":{"AliasService":"x","TLSSkipVerify":true,"Method":"m","Body":"b","Shell":"s","DeregisterCriticalServiceAfter":"90s"}}',
    '{"Name":"t9","Definition":{"HTTP":"x"}}',
    '{"Name":"t10","Type":"mine","Definition":{"TTL":1.5}}',
    "[]",
    "null",
  ].map((check) => `{"Node":"r8","Address":"8","Check":${check}}`),
  '{"Node":"r8","Address":"8","Checks":{}}',
  '{"Node":"r8","Address":"8","Checks":[{"Name":"a"},{"Name":3}]}',
]);

/** What the reads below find. */
const SET: readonly Case[] = bodies(REGISTER, [
  '{"Node":"r4","Address":"4","Service":{"ID":"web1","Service":"Web","Tags":["b","a","b"],"Address":"9.9.9.9","Port":80,"Meta":{"v":"1"},"TaggedAddresses":{"wan":{"Address":"8.8.8.8","Port":81},"lan":{"address":"7","port":82}},"Weights":{"Passing":5,"Warning":0},"EnableTagOverride":true,"Connect":{"Native":true}},"Check":{"Name":"alive","ServiceID":"web1","Status":"passing","Notes":"n","Output":"o"},"Checks":[{"Name":"nodecheck","Status":"warning"}]}',
  '{"Node":"r5","Address":"5","Service":{"ID":"web1","Service":"web","Tags":["c"],"Weights":{"Passing":70000,"Warning":1}},"Checks":[{"Name":"x","ServiceID":"WEB1"},{"CheckID":"y","ServiceID":"web1","Status":"odd"}]}',
  '{"Node":"r6","Address":"6","Check":{"Name":"only","ServiceName":"web","ServiceTags":["q"],"Status":"passing"}}',
]);

const READ: readonly string[] = [
  "catalog/service/w",
  "catalog/service/web",
  "catalog/service/nope",
  "catalog/service/",
  "catalog/connect/web",
  "catalog/connect/nope",
  "catalog/node/r4",
  "catalog/node/R4",
  "catalog/node/nope",
  "catalog/node/",
  `catalog/node/${ID}7`,
  `catalog/node/${ID.slice(0, 9)}`,
  "catalog/node/1",
  "catalog/node-services/r4",
  "catalog/node-services/nope",
  "catalog/node-services/",
  "health/node/r8",
  "health/node/nope",
  "health/node/",
  "health/checks/web",
  "health/checks/Web",
  "health/checks/nope",
  "health/checks/",
  "health/state/Critical",
  "health/state/critical",
  "health/state/odd",
  "health/state/nope",
  "health/state/",
  "health/service/web",
  "health/service/nope",
  "health/service/",
  "health/connect/web",
  "health/connect/",
];
const SELECTING: readonly string[] = [
  ...["tag=b", "tag=B&tag=a", "tag=", "tag=zz", "node-meta=a:x", "node-meta=a", "near=r4", "near=_agent"],
  ...["passing", "passing=1", "passing=0", "passing=x", "passing=x&index=z", "index=1"],
];
const COMMON: readonly string[] = [
  ...["pretty", "stale", "consistent", "stale&consistent", "index=x", "wait=5", "ns=a", "dc=zz", "dc=dc1"],
  "max_stale=1s",
];
const SELECTED: readonly string[] = ["catalog/service/web", "catalog/connect/web", "health/service/web"];
const COMMONLY: readonly string[] = [
  ...["catalog/service/web", "catalog/node/r4", "catalog/node-services/r4", "health/node/r8"],
  ...["health/checks/web", "health/state/critical", "health/service/web"],
];

function reads(paths: readonly string[], queries: readonly string[]): Case[] {
  return paths
    .flatMap((path) => queries.map((query) => `/v1/${path}${query === "" ? "" : `?${query}`}`))
    .map((target) => get(target, target));
}

const DATACENTERS: readonly Case[] = reads(
  ["catalog/datacenters"],
  ["", "pretty", "index=x", "dc=zz", "ns=a", "stale"],
);

const PATHS: readonly Case[] = [
  ...["catalog/services", "catalog/service/w", "catalog/node/r4", "health/service/web", "health/state/any"],
  ...["catalog/register", "catalog/deregister"],
].flatMap((path) => [
  ask(`OPTIONS /v1/${path}`, `options of ${path}`),
  ask(`DELETE /v1/${path}`, `${path} is not deleted`),
  ask(`POST /v1/${path}`, `${path} is not posted`),
]);
const SLASHES: readonly Case[] = reads(
  [
    "catalog/service",
    "catalog/node",
    "health/node",
    "health/service",
    "catalog/services/x",
    "catalog//services",
  ],
  [""],
);

const WAITS: readonly Case[] = [
  woken(
    "instances of a service wait for a check",
    "/v1/health/service/web?index={service web}&wait=20s",
    `PUT ${REGISTER}`,
    '{"Node":"r5","Address":"5","Check":{"CheckID":"y","Name":"","ServiceID":"web1","Status":"warning"}}',
  ),
  woken(
    "instances of a service wait for one more",
    "/v1/catalog/service/web?index={service web}&wait=20s",
    `PUT ${REGISTER}`,
    '{"Node":"r6","Address":"6","Service":{"Service":"web"}}',
  ),
  woken(
    "instances of a service wait for a node's address",
    "/v1/catalog/service/web?index={service web}&wait=20s",
    `PUT ${REGISTER}`,
    '{"Node":"r6","Address":"66"}',
  ),
  woken(
    "instances of a service wait for the last to go",
    "/v1/health/service/w?index={service w}&wait=20s",
    `PUT ${DEREGISTER}`,
    '{"Node":"r3","ServiceID":"w"}',
  ),
  get("a service that is gone", "/v1/catalog/service/w"),
  get("the health of a service that is gone", "/v1/health/service/w"),
  get("the health of a service that never was", "/v1/health/service/never"),
  get("instances do not wait for another service", "/v1/catalog/service/web?index={service web}&wait=200ms", {
    waitMs: 200,
  }),
];

const GONE: readonly Case[] = [
  "",
  "{}",
  "null",
  "[]",
  '{"Node":"nope"}',
  '{"Node":"r2","Bogus":1}',
  '{"Node":"r4","ServiceID":"nope","CheckID":"y"}',
  '{"Node":"r2","ServiceID":3}',
  '{"Node":3}',
  '{"Node":"r2","Datacenter":"dc9"}',
  '{"Node":"r2","Namespace":"x"}',
  '{"Node":"r4","Address":"x","CheckID":"nodecheck"}',
  '{"Node":"r4","ServiceID":"WEB1"}',
  '{"Node":"r5","CheckID":"Y"}',
  '{"Node":"R5"}',
  '{"node":"r6","serviceid":"web"}',
].flatMap((body) => [
  ...bodies(DEREGISTER, [body]),
  ...reads(["catalog/node/r4", "health/node/r4", "health/service/web"], [""]).map((each) => ({
    ...each,
    name: `${each.name} after ${body}`,
  })),
]);

export const CATALOG: readonly Group[] = [
  { title: "catalog: registrations", kinds: PLAIN, cases: [...NODES, ...SERVICES, ...CHECKS, ...SET] },
  {
    title: "catalog: reads",
    kinds: PLAIN,
    cases: [...reads(READ, [""]), ...reads(SELECTED, SELECTING), ...reads(COMMONLY, COMMON), ...DATACENTERS],
  },
  { title: "catalog: paths", kinds: PLAIN, cases: [...PATHS, ...SLASHES] },
  { title: "catalog: waits", kinds: PLAIN, cases: WAITS },
  { title: "catalog: deregistrations", kinds: PLAIN, cases: GONE },
];
