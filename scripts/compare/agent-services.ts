// /v1/agent/service, /v1/agent/check, /v1/agent/health and maintenance: what an agent looks after itself, and what the
// catalog then says of it. All of it is deregistered in the end.

import { ask, type Case, type Group, get, PLAIN, put, raw, woken } from "./cases.ts";

const SERVICE = "/v1/agent/service";
const CHECK = "/v1/agent/check";
const HEALTH = "/v1/agent/health/service";

function services(bodies: readonly string[]): Case[] {
  return bodies.map((body) => put(`a service of ${body}`, `${SERVICE}/register`, body));
}

function checks(bodies: readonly string[]): Case[] {
  return bodies.map((body) => put(`a check of ${body}`, `${CHECK}/register`, body));
}

/** What can't be read. */
const UNREADABLE = [
  "",
  "5",
  '"x"',
  "[]",
  "{bad",
  "true",
  "{",
  '{"Name":"a"',
  '{"foo":1}',
  '{"Namespace":"x"}',
];

function each(names: readonly string[], value: string): string[] {
  return names.map((name) => `"${name}":${value}`);
}

const TEXTS = ["Kind", "ID", "Name", "Address", "Token"];
const SERVICE_FIELDS: readonly string[] = [
  ...each([...TEXTS, "Port", "EnableTagOverride", "enable_tag_override"], "{}"),
  ...each(["Tags", "Meta", "TaggedAddresses", "tagged_addresses", "Weights"], "5"),
  ...[
    '"Tags":[5]',
    '"Meta":{"a":5}',
    '"TaggedAddresses":{"a":5}',
    '"Port":1.5',
    '"Port":99999999999999999999',
  ],
  ...['"tagged_addresses":{"a":{"Port":"x"}}', '"TaggedAddresses":{"a":{"foo":1}}', '"Weights":{"foo":1}'],
  ...['"Weights":{"Passing":"a"}', '"Check":5', '"Check":{"foo":1}', '"Check":{"ID":"x"}', '"Checks":5'],
  ...[
    '"Checks":[5]',
    '"Checks":{}',
    '"Checks":[{"foo":1}]',
    '"Check":{"TTL":"x"}',
    '"Checks":[{"Interval":""}]',
  ],
  '"Check":{"TTL":"a","DeregisterCriticalServiceAfter":"b","Timeout":"c","Interval":"d"}',
  '"Check":{"TTL":"a","DeregisterCriticalServiceAfter":"b"}',
  '"Check":{"TTL":"1h","DeregisterCriticalServiceAfter":"b"}',
  ...['"Connect":5', '"Connect":{"Native":5}', '"Connect":{"SidecarService":5}', '"Proxy":5'],
  ...['"Connect":{"SidecarService":{"foo":5}}', '"Connect":{"sidecar_service":{"Port":"x"}}'],
  ...['"Proxy":{"foo":1}', '"Proxy":{"Config":5}', '"Proxy":{"Upstreams":5}', '"Proxy":{"Upstreams":[5]}'],
  ...['"Proxy":{"Upstreams":[{"foo":1}]}', '"Proxy":{"Upstreams":[{"LocalBindPort":"x"}]}'],
  ...['"Proxy":{"MeshGateway":{"foo":1}}', '"Proxy":{"MeshGateway":{"Mode":5}}', '"Proxy":{"Expose":5}'],
  ...[
    '"Proxy":{"Expose":{"Paths":5}}',
    '"Proxy":{"Expose":{"Paths":[5]}}',
    '"Proxy":{"local_service_port":"x"}',
  ],
  '"Name":5,"Port":"x"',
].map((field) => `{"Name":"a",${field}}`);

const CHECK_FIELDS = [
  ...each(
    ["CheckID", "Name", "Status", "Notes", "HTTP", "Method", "Body", "TCP", "AliasNode", "AliasService"],
    "{}",
  ),
  ...each(["DockerContainerID", "Shell", "GRPC", "GRPCUseTLS", "TLSSkipVerify", "ScriptArgs", "Args"], "{}"),
  ...each(
    ["SuccessBeforePassing", "FailuresBeforeCritical", "ProxyHTTP", "OutputMaxSize", "ServiceID"],
    "{}",
  ),
  ...each(
    ["ID", "Token", "script_args", "docker_container_id", "tls_skip_verify", "service_id", "Type"],
    "{}",
  ),
  ...[
    '"Header":5',
    '"Header":{"a":"b"}',
    '"Header":{"a":[5]}',
    '"Interval":"x"',
    '"Timeout":"-"',
    '"TTL":"5"',
  ],
];
const TYPES = [
  ...['"Header":{}', '"Args":[]', '"script_args":[]', '"Interval":{}', '"TTL":0', '"TTL":"0s"', '"TTL":-1'],
  ...['"Args":["x"]', '"Args":["x"],"Interval":"1s"', '"ScriptArgs":["x"],"Interval":"1h"', '"GRPC":"x"'],
  ...[
    '"DockerContainerID":"x","Interval":"1s"',
    '"HTTP":"x"',
    '"TCP":"x","Interval":0',
    '"HTTP":"x","Interval":"-1s"',
  ],
  ...['"AliasService":"x","TTL":"1s"', '"AliasService":"x","HTTP":"x","Interval":"1s"'],
  ...['"TTL":"1s","OutputMaxSize":-1', '"TTL":"1s","Interval":"1s"', '"TTL":"1h","Status":"bad"'],
];

const REFUSED: readonly Case[] = [
  ...services([...UNREADABLE, "null", "{}", '{"Name":""}', ...SERVICE_FIELDS]),
  ...services(CHECK_FIELDS.map((field) => `{"Name":"a","Check":{${field}}}`)),
  ...services(TYPES.map((field) => `{"Name":"empty","Check":{${field}}}`)),
  ...services([
    ...['"0.0.0.0"', '"::"', '"[::]"'].map((address) => `{"Name":"a","Address":${address}}`),
    ...[
      '{"Passing":-1}',
      "{}",
      '{"Passing":1,"Warning":-1}',
      '{"Passing":70000}',
      '{"Passing":1,"Warning":70000}',
    ].map((weights) => `{"Name":"a","Weights":${weights}}`),
    ...[
      '{"consul-x":"y"}',
      '{"a b":"y"}',
      '{"":"y"}',
      `{"${"k".repeat(129)}":""}`,
      `{"k":"${"v".repeat(513)}"}`,
    ].map((meta) => `{"Name":"a","Meta":${meta}}`),
    `{"Name":"a","Meta":{${Array.from({ length: 65 }, (_, at) => `"k${at}":""`).join(",")}}}`,
    '{"Name":"a","TaggedAddresses":{"lan_ipv4":{"Address":"x"}}}',
    '{"Name":"a","TaggedAddresses":{"lan_ipv6":{"Address":"1.2.3.4"},"wan_ipv4":{"Address":"::1"}}}',
    '{"Name":"a","TaggedAddresses":{"wan_ipv6":{"Address":"::ffff:1.2.3.4"}}}',
    '{"Name":"a","Checks":[{"TTL":"1h"},{}]}',
    '{"Name":"a","Checks":[{"TTL":"1h","Status":"bad"}]}',
  ]),
  ...checks([...UNREADABLE, "null", "{}", '{"ID":"x"}', '{"Name":"a","Status":"bad"}', '{"Name":"a"}']),
  ...checks([...CHECK_FIELDS, ...TYPES].map((field) => `{"Name":"a",${field}}`)),
  ...checks(['{"Name":"x","TTL":"1h","ServiceID":"nosuch"}']),
];

const PROXY = '"Name":"p","Kind":"connect-proxy","Port":80';
const CONNECT: readonly Case[] = services([
  '{"Name":"p","Kind":"connect-proxy"}',
  '{"Name":"p","Kind":"connect-proxy","Proxy":{"DestinationServiceName":"a"}}',
  ...[
    '"Proxy":{"DestinationServiceName":" "}',
    '"Proxy":{"DestinationServiceName":"a"},"Connect":{"Native":true}',
    '"Proxy":{"DestinationServiceName":"a","Upstreams":[{}]}',
    '"Proxy":{"DestinationServiceName":"a","Upstreams":[{"DestinationType":"foo\\"\\n"}]}',
    '"Proxy":{"DestinationServiceName":"a","Upstreams":[{"DestinationName":"x"}]}',
    '"Proxy":{"DestinationServiceName":"a","Upstreams":[{"DestinationName":"x","LocalBindPort":1},{"DestinationName":"x","LocalBindPort":2},{"destination_name":"y","local_bind_port":2}]}',
    '"Proxy":{"DestinationServiceName":"a","Upstreams":[{"DestinationName":"x","LocalBindPort":1},{"DestinationName":"y","LocalBindPort":1}]}',
    '"Proxy":{"DestinationServiceName":"a","Upstreams":[{"DestinationType":"prepared_query","DestinationName":"q","LocalBindPort":5,"LocalBindAddress":"::1","Datacenter":"d","destination_namespace":"n"},{"DestinationName":"x","LocalBindPort":5,"LocalBindAddress":"::1"}]}',
    '"Proxy":{"DestinationServiceName":"a","Expose":{"Paths":[{"Path":"","ListenerPort":70000,"Protocol":"HTTP"},{"Path":"","ListenerPort":70000}]}}',
  ].map((more) => `{${PROXY},${more}}`),
  ...["mesh-gateway", "terminating-gateway", "ingress-gateway"].map(
    (kind) =>
      `{"Name":"g","Kind":"${kind}","Proxy":{"DestinationServiceName":"a","DestinationServiceID":"b","LocalServiceAddress":"c","LocalServicePort":5,"Upstreams":[{}]},"Connect":{"Native":true,"SidecarService":{"ID":"x"}}}`,
  ),
  ...[
    '{"ID":"x"}',
    '{"Connect":{"SidecarService":{}}}',
    '{"Check":{"HTTP":"x"}}',
    '{"Check":{"TTL":"1s","Status":"x"}}',
    '{"Meta":{"consul-x":"y"}}',
  ].map((sidecar) => `{"Name":"s","Connect":{"SidecarService":${sidecar}}}`),
  // These are good, and stay.
  `{${PROXY},"Proxy":{"DestinationServiceName":"*"}}`,
  '{"Name":"mg","Kind":"mesh-gateway","Port":5}',
  '{"Name":"odd","Kind":"foo","Proxy":{"local_service_port":7}}',
  '{"Name":"native","Connect":{"Native":true,"foo":1}}',
  '{"Name":"side","ID":"side1","Port":80,"Tags":["t"],"Meta":{"k":"v"},"Address":"1.2.3.4","Connect":{"SidecarService":{"Check":{"TTL":"1h"}}}}',
  '{"Name":"other","Port":80,"Connect":{"sidecar_service":{"Port":21000,"Name":"mine","Tags":["u"],"Meta":{"w":"x"},"Address":"::1","Checks":[{"TTL":"1h"},{"TTL":"2h"}],"Proxy":{"local_service_address":"9.9.9.9","Config":{}}}}}',
  '{"Name":"third","Connect":{"SidecarService":{"Check":{"TTL":"1h"}}}}',
  '{"Name":"side","ID":"side1","Port":82,"Connect":{"SidecarService":{"Check":{"TTL":"1h"}}}}',
]);

const GOOD: readonly Case[] = [
  ...services([
    '{"Name":"web","ID":"web1","Tags":["b","a","b"],"Address":"1.2.3.4","Port":80,"Meta":{"k":"v"},"Weights":{"Passing":10,"Warning":1},"EnableTagOverride":true,"Check":{"TTL":"1h"},"Checks":[{"TTL":"2h","Name":"second","CheckID":"c2","Notes":"n","Status":"passing"},{"HTTP":"http://x.invalid","Interval":"90h","Header":{"a":["b"]},"DeregisterCriticalServiceAfter":"90h"}]}',
    '{"Name":"web","ID":"web2","Check":{"tcp":"127.0.0.1:1","interval":"90h","Status":"warning"}}',
    '{"NAME":"case","tagged_addresses":{"x":{"Address":"y"}},"enable_tag_override":true,"port":-5,"Address":"::ffff:1.2.3.4"}',
    '{"Name":"six","Address":"fe80::1","Port":6,"TaggedAddresses":{"lan":{"address":"1.2.3.4","port":8},"wan_ipv6":{"Address":"::2"}},"tagged_addresses":{"z":{}}}',
    '{"Name":"a b","Tags":["a b"],"Kind":"typical","Weights":{"Passing":5},"Check":{},"Checks":[]}',
    '{"Name":"none","Check":null,"Checks":null,"Tags":null,"Meta":null,"Weights":null,"Proxy":null,"Connect":null}',
    '{"Name":"empty","ID":"","Check":{"Args":[],"TTL":0}} and more',
    '{"Name":"<&>\\u00f6\\u2028","ID":"odd id/é"}',
  ]),
];

/** Go's map of a service's checks has no order: looked at while there is one at most. */
const FEW: readonly Case[] = ["case", "web2", "none"].flatMap((id) =>
  ["", "?format=json", "?pretty"].map((query) =>
    get(`the health of ${id} ${query}`, `${HEALTH}/id/${id}${query}`),
  ),
);

const OWN_CHECKS: readonly Case[] = checks([
  '{"Name":"node check","ID":"node1","TTL":"1h","Notes":"n"}',
  '{"Name":"by name","TTL":3600000000000,"Status":"passing"}',
  '{"Name":"of web2","ID":"of-web2","TTL":"1h","ServiceID":"web2","Status":"passing"}',
  '{"Name":"snake","service_id":"web2","docker_container_id":"","tls_skip_verify":true,"deregister_critical_service_after":"90h","grpc":"127.0.0.1:1","interval":"90h"}',
  '{"Name":"short","ID":"short","TTL":"1h","OutputMaxSize":5}',
]);

const TARGETS: readonly string[] = [
  "/v1/agent/services",
  "/v1/agent/checks",
  ...["web1", "web2", "case", "six", "nosuch", "", "odd%20id%2F%C3%A9", "mg", "side1-sidecar-proxy"].map(
    (id) => `${SERVICE}/${id}`,
  ),
  ...["id/", "name/"].flatMap((by) => [
    ...["nosuch", "", "Case"].flatMap((of) =>
      ["", "?format=text", "?format=json"].map((format) => `${HEALTH}/${by}${of}${format}`),
    ),
    ...["web1", "web2", "six", "web", "case"].map((of) => `${HEALTH}/${by}${of}?format=text`),
  ]),
];
const COMMON: readonly string[] = [
  "pretty",
  "ns=x",
  "dc=dc9",
  "stale",
  "index=5",
  "wait=x",
  "index=x",
  "consistent&stale",
];

const READS: readonly Case[] = [
  ...TARGETS.map((target) => get(target, target)),
  get(`${HEALTH}/id/of-one`, `${HEALTH}/id/side1-sidecar-proxy`, { leaves: ["Checks"] }),
  ...[
    "/v1/agent/services",
    "/v1/agent/checks",
    `${SERVICE}/web1`,
    `${HEALTH}/id/nosuch`,
    `${HEALTH}/name/nosuch`,
  ].flatMap((target) => COMMON.map((query) => get(`${target}?${query}`, `${target}?${query}`))),
  ...["text/plain, */*", "*/*, text/plain", "text/plain;q=0", ""].map((accept) =>
    raw(
      `accepted: ${accept}`,
      `GET ${HEALTH}/id/nosuch HTTP/1.1\r\nHost: {http}\r\nAccept: ${accept}\r\n\r\n`,
    ),
  ),
  raw(
    "text accepted of a service",
    `GET ${HEALTH}/id/web1?format=json HTTP/1.1\r\nHost: x\r\nAccept: text/plain\r\n\r\n`,
  ),
];

const CATALOG: readonly string[] = [
  ...["web", "case", "six", "a%20b", "side", "mine", "side-sidecar-proxy", "p", "mg", "native"].flatMap(
    (name) => [`/v1/catalog/service/${name}`, `/v1/health/checks/${name}`],
  ),
  ...["web", "side", "native", "*"].map((name) => `/v1/catalog/connect/${name}`),
  "/v1/health/state/critical",
  "/v1/health/service/web",
  "/v1/health/connect/web",
];

const FILTERS: readonly Case[] = [
  "Service==web",
  'Service == "web" and "b" in Tags',
  "Service!=web",
  "ID matches `^w`",
  "Meta.k==v",
  "Port==80",
  "Weights.Passing==10",
  "Kind==`connect-proxy`",
  "Tags is empty",
  "Status==critical",
  'ServiceName=="web" and Status != critical',
  "CheckID==node1",
  "nosuch==1",
  "x",
  "",
].flatMap((filter) =>
  ["services", "checks"].map((of) =>
    get(`${of} where ${filter}`, `/v1/agent/${of}?filter=${encodeURIComponent(filter)}`),
  ),
);

/** All of them, once the agents have told the catalog; a service and the proxy beside it, one before the other or after. */
const TOLD: readonly Case[] = CATALOG.map((target) => get(`then ${target}`, target, { unindexed: true }));

const UPDATES: readonly Case[] = [
  ask(`PUT ${CHECK}/pass/service:web1:1?note=hi`, "a check passes with a note"),
  ask(`PUT ${CHECK}/warn/c2?note=%C3%A9+x`, "a check warns with a note"),
  ask(`PUT ${CHECK}/fail/node1`, "a check fails"),
  ask(`PUT ${CHECK}/pass/node1`, "a check passes"),
  ask(`PUT ${CHECK}/pass/short?note=1234567890`, "a check says too much"),
  ask(`PUT ${CHECK}/fail/nosuch`, "a check fails that is not there"),
  ask(`PUT ${CHECK}/fail/`, "a check of no id fails"),
  ask(`PUT ${CHECK}/pass/service:web1:3`, "a check passes that is made otherwise"),
  ask(`PUT ${CHECK}/warn/_node_maintenance`, "maintenance warns"),
  ask(`PUT ${CHECK}/pass/c2?ns=x`, "a check passes in a namespace"),
  ...[
    ...["", "{}", "5", "null", "[]", "{bad", '{"Status":"bad"}', '{"Status":"<b>\\u00f6"}', '{"Status":5}'],
    ...[
      '{"status":"warning","foo":1}',
      '{"Output":5,"Status":"passing"}',
      '{"STATUS":"warning","output":"o"}',
    ],
    '{"Status":"passing","Output":"ok"}',
  ].map((body) => put(`a check told ${body}`, `${CHECK}/update/of-web2`, body)),
  put("a check told that is not there", `${CHECK}/update/nosuch`, '{"Status":"passing"}'),
  ...["/v1/agent/checks", `${HEALTH}/id/web1?format=text`, `${HEALTH}/name/web?format=text`].map((target) =>
    get(`${target}, once told`, target),
  ),
  get("the catalog, once told", "/v1/health/checks/web", { unindexed: true }),
];

const AGAIN: readonly Case[] = [
  put(
    "a check again keeps its status",
    `${CHECK}/register`,
    '{"Name":"node check","ID":"node1","TTL":"2h","Notes":"m","Status":"warning"}',
  ),
  put(
    "a service again keeps its checks",
    `${SERVICE}/register`,
    '{"Name":"web","ID":"web1","Port":81,"Check":{"TTL":"1h","Status":"critical","CheckID":"c2"}}',
  ),
  get("checks of a service again", "/v1/agent/checks"),
  put(
    "a service again without its checks",
    `${SERVICE}/register?replace-existing-checks`,
    '{"Name":"web","ID":"web1","Port":81,"Check":{"TTL":"1h","CheckID":"c2"}}',
  ),
  get("checks of a service without its checks", "/v1/agent/checks"),
  put(
    "a service again with false",
    `${SERVICE}/register?replace-existing-checks=false`,
    '{"Name":"web","ID":"web1","Port":81,"Check":{"TTL":"1h","CheckID":"c3"}}',
  ),
  put(
    "a service again with true",
    `${SERVICE}/register?replace-existing-checks=true`,
    '{"Name":"web","ID":"web1","Port":82,"Checks":[{"TTL":"1h","CheckID":"c4"}]}',
  ),
  put("a service under a new name", `${SERVICE}/register`, '{"Name":"Webb","ID":"web2"}'),
  get("checks of a service under a new name", "/v1/agent/checks"),
  get("the catalog of a service under a new name", "/v1/health/checks/Webb"),
  get("the catalog of its old name", "/v1/catalog/service/web", { unindexed: true }),
  put("a check becomes a service's", `${CHECK}/register`, '{"Name":"short","TTL":"1h","ServiceID":"web1"}'),
  get("a check that became a service's", "/v1/agent/checks"),
];

const MAINTENANCE: readonly Case[] = [
  ...["", "?enable", "?enable=", "?enable=foo", "?enable=true&ns=x"].flatMap((query) => [
    ask(`PUT ${SERVICE}/maintenance/web1${query}`, `maintenance of a service ${query}`),
    ask(`PUT /v1/agent/maintenance${query}`, `maintenance ${query}`),
  ]),
  ask("PUT /v1/agent/maintenance?enable=0", "no maintenance, whatever was asked before"),
  ask(`PUT ${SERVICE}/maintenance/web1?enable=F`, "no maintenance of the service"),
  ask(`PUT ${SERVICE}/maintenance/?enable=true`, "maintenance of no service"),
  ask(`PUT ${SERVICE}/maintenance/`, "maintenance of no service, whatever it is"),
  ask(`PUT ${SERVICE}/maintenance/nosuch?enable=true`, "maintenance of a service that is not there"),
  ask(`PUT ${SERVICE}/maintenance/nosuch?enable=false`, "no maintenance of a service that is not there"),
  ask(`PUT ${SERVICE}/maintenance/web1?enable=true&reason=why+not`, "maintenance of a service"),
  ask(`PUT ${SERVICE}/maintenance/web1?enable=1&reason=other`, "maintenance of a service again"),
  get("the health of a service in maintenance", `${HEALTH}/id/web1?format=text`),
  get("checks of a service in maintenance", "/v1/agent/checks"),
  get("the catalog of a service in maintenance", "/v1/health/checks/web", { unindexed: true }),
  ask(`PUT ${SERVICE}/maintenance/web2?enable=true`, "maintenance of a service without a reason"),
  ask("PUT /v1/agent/maintenance?enable=true", "maintenance of the node without a reason"),
  get("checks of a node in maintenance", "/v1/agent/checks"),
  get("the health of a service on a node in maintenance", `${HEALTH}/id/case`, { leaves: ["Checks"] }),
  ask(`PUT ${SERVICE}/maintenance/web1?enable=false`, "no maintenance of a service any more"),
  ask(`PUT ${SERVICE}/maintenance/web2?enable=false`, "no maintenance of the other service any more"),
  ask("PUT /v1/agent/maintenance?enable=false", "no maintenance of the node any more"),
  ask("PUT /v1/agent/maintenance?enable=false&reason=x", "no maintenance of the node again"),
  get("checks without maintenance", "/v1/agent/checks"),
];

const WAITS: readonly Case[] = [
  woken(
    "a service waits for another definition",
    `${SERVICE}/web1?hash={hash web1}&wait=20s`,
    `PUT ${SERVICE}/register`,
    '{"Name":"web","ID":"web1","Port":83}',
  ),
  woken(
    "a service waits for its end",
    `${SERVICE}/six?hash={hash six}&wait=20s`,
    `PUT ${SERVICE}/deregister/six`,
  ),
  get("a service waits in vain", `${SERVICE}/web1?hash={hash web1}&wait=300ms`, { waitMs: 300 }),
  get("a service of another hash does not wait", `${SERVICE}/web1?hash=abc&wait=20s`),
];

const PATHS: readonly Case[] = [
  ...[
    "services",
    "checks",
    "service/web1",
    "service/register",
    "service/deregister/x",
    "service/maintenance/x",
  ],
  ...["check/register", "check/deregister/x", "check/pass/x", "check/update/x", "maintenance"],
  ...["health/service/id/x", "health/service/name/x"],
].flatMap((path) => [
  ask(`OPTIONS /v1/agent/${path}`, `options of agent/${path}`),
  ask(`DELETE /v1/agent/${path}`, `agent/${path} is not deleted`),
  ask(`POST /v1/agent/${path}`, `agent/${path} is not posted`),
  get(`agent/${path} got`, `/v1/agent/${path}`),
  ask(`PUT /v1/agent/${path}`, `agent/${path} put`),
]);

const GONE: readonly Case[] = [
  ...["nosuch", "", "WEB1", "web1?ns=x"].map((id) =>
    ask(`PUT ${SERVICE}/deregister/${id}`, `the service ${id} goes`),
  ),
  ...["nosuch", "", "serfHealth", "node1?ns=x"].map((id) =>
    ask(`PUT ${CHECK}/deregister/${id}`, `the check ${id} goes`),
  ),
  ...["node1", "by%20name", "c4"].map((id) =>
    ask(`PUT ${CHECK}/deregister/${id}`, `the check ${id} is gone`),
  ),
  ...[
    "web1",
    "web2",
    "case",
    "six",
    "a%20b",
    "none",
    "empty",
    "odd%20id%2F%C3%A9",
    "p",
    "mg",
    "odd",
    "a",
  ].map((id) => ask(`PUT ${SERVICE}/deregister/${id}`, `the service ${id} is gone`)),
  ...["native", "side1", "other", "third"].map((id) =>
    ask(`PUT ${SERVICE}/deregister/${id}`, `the service ${id} is gone`),
  ),
  get("no services left", "/v1/agent/services"),
  get("no checks left", "/v1/agent/checks"),
  get("nothing left in the catalog", "/v1/catalog/services", { unindexed: true }),
  get("no checks left in the catalog", "/v1/health/checks/web"),
];

/** In development mode alone: without Connect the original stumbles over upstreams. */
const UPSTREAMS: readonly Case[] = [
  ...services([
    '{"Name":"p4","Kind":"connect-proxy","Port":81,"Proxy":{"DestinationServiceName":"web","DestinationServiceID":"web1","LocalServiceAddress":"1.1.1.1","LocalServicePort":99,"Config":{"b":1,"a":{"c":[1,2.5,"x",true]}},"Upstreams":[{"DestinationName":"x","LocalBindPort":1,"Config":{"k":"v"}},{"DestinationType":"prepared_query","DestinationName":"q","LocalBindPort":5,"LocalBindAddress":"::1","Datacenter":"d","destination_namespace":"n","MeshGateway":{"Mode":"local"}}],"MeshGateway":{"Mode":"none"},"Expose":{"Paths":[{"Path":"/m","ListenerPort":21500,"LocalPathPort":8080,"Protocol":"HTTP2","ParsedFromCheck":true}]}}}',
  ]),
  get("a proxy with upstreams", `${SERVICE}/p4`),
  get("a proxy with upstreams in the catalog", "/v1/catalog/service/p4"),
  ask(`PUT ${SERVICE}/deregister/p4`, "the service p4 is gone"),
];

export const AGENT_SERVICES: readonly Group[] = [
  { title: "agent services: refused", kinds: PLAIN, cases: REFUSED },
  { title: "agent services: registered", kinds: PLAIN, cases: [...GOOD, ...FEW, ...OWN_CHECKS, ...CONNECT] },
  { title: "agent services: read", kinds: PLAIN, cases: [...READS, ...FILTERS, ...TOLD] },
  { title: "agent services: checks are told", kinds: PLAIN, cases: UPDATES },
  { title: "agent services: once more", kinds: PLAIN, cases: AGAIN },
  { title: "agent services: maintenance", kinds: PLAIN, cases: MAINTENANCE },
  { title: "agent services: waits and paths", kinds: PLAIN, cases: [...WAITS, ...PATHS] },
  { title: "agent services: upstreams", kinds: ["dev"], cases: UPSTREAMS },
  { title: "agent services: gone", kinds: PLAIN, cases: GONE },
];
