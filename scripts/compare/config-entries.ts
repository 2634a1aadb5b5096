// Configuration entries, what follows from those of gateways, what the web interface asks, and what is answered where ACLs
// and Connect are switched off. In development mode Consul has Connect: there only what does not depend on it is played.

import { ask, asked, type Case, type Group, get, put, woken } from "./cases.ts";

const CONFIG = "/v1/config";
const KINDS = ["server"] as const;

function entry(body: string): Case {
  return put(`config ${body}`, CONFIG, body);
}

function read(path: string): Case {
  return get(path, `/v1/${path}`);
}

/** Writes it, and reads it again. */
function kept(kind: string, name: string, fields: readonly string[]): Case[] {
  return fields.flatMap((each, at) => [
    entry(`{"Kind":"${kind}","Name":"${name}"${each === "" ? "" : `,${each}`}}`),
    { ...read(`config/${kind}/${name}`), name: `config/${kind}/${name} after ${at}: ${each}` },
  ]);
}

const BODIES: readonly Case[] = [
  ...[
    "",
    "{",
    "[]",
    "null",
    "3",
    '"x"',
    "{}",
    '{"Kind":3}',
    '{"kind":"bogus"}',
    '{"KIND":"service-defaults"}',
  ],
  '{"Kind":"service-defaults"}',
  '{"Kind":"service-defaults","Name":null}',
  ...['"Bogus":1', '"Namespace":"a"', '"CreateIndex":5,"ModifyIndex":"x"', '"kind":"proxy-defaults"'].map(
    (field) => `{"Kind":"service-defaults","Name":"web",${field}}`,
  ),
  ...["[]", '{"a":1}', '["a","b"]'].map((name) => `{"Kind":"service-defaults","Name":${name}}`),
].map(entry);

const DEFAULTS: readonly Case[] = kept("service-defaults", "Web", [
  "",
  '"Protocol":"HTTP"',
  '"protocol":"grpc","mesh_gateway":{"mode":"local"},"external_sni":"x.y","expose":{"checks":true,"paths":[{"path":"/a","listener_port":1,"local_path_port":2,"protocol":"http"}]}',
  '"Meta":{"b":"1","a":2}',
  '"Meta":[{"a":"b"},{"c":"d"}]',
  '"Meta":3',
  '"MeshGateway":3',
  '"MeshGateway":[]',
  '"MeshGateway":[{"Mode":"remote"}]',
  '"MeshGateway":[{"Mode":"remote"},{"Mode":"none"}]',
  '"MeshGateway":{"Mode":3,"Bad":1}',
  '"MeshGateway":{"Mode":true}',
  '"meshgateway":{"mode":"c"},"mesh_gateway":{"mode":"a"}',
  '"MeshGateway":{"mode":"c"},"mesh_gateway":{"mode":"a"}',
  ...['"x"', '"true"', "1", '""', "[]", "null", "{}"].map((value) => `"Expose":{"Checks":${value}}`),
  ...['{"Path":"x"}', '"x"', "3", "[3]", "[null]", "null", '""', "[]", "{}"].map(
    (value) => `"Expose":{"Paths":${value}}`,
  ),
  ...['"x"', '"12"', '"0x10"', '"010"', '""', "1.7", "-1.7", "true", "{}", "[5]", "1e3"].map(
    (port) => `"Expose":{"Paths":[{"ListenerPort":${port}}]}`,
  ),
  '"Expose":{"Paths":[{"Path":12.50,"Protocol":1e21},{"Path":1e-7}]}',
  '"Expose":{"Paths":[{"ListenerPort":true,"Bad":1}]}',
  '"Expose":[],"MeshGateway":"x"',
  '"RaftIndex":{"CreateIndex":77}',
  '"pRotocol":"z"',
  '"Protocol":"ÄB"'.replace("Ä", "\xc3\x84"),
]);

const PROXIES: readonly Case[] = kept("proxy-defaults", "global", [
  "",
  '"Config":null',
  '"Config":{}',
  '"Config":3',
  '"Config":[]',
  '"Config":"x"',
  '"Config":[{"a":1},{"b":[{"c":1}]}]',
  '"Config":{"z":1,"a":1.50,"<":"&","b":{"c":[1,"x",true]},"d":[],"e":{}}',
  '"Config":{"a":[1],"b":[{"c":[1]}],"d":[1,2],"e":{"f":[1],"g":[[2]]},"h":[],"i":[[3]],"j":[{"x":1},{"y":[5]}]}',
  '"MeshGateway":{"Mode":"local"},"Expose":{"Checks":true}',
  '"Config":{"protocol":"http"}',
]);

const ROUTERS: readonly Case[] = kept("service-router", "routed", [
  ...["{}", "[]", "null", "[{}]"].map((routes) => `"Routes":${routes}`),
  ...[
    '{"Match":{}}',
    '{"Match":null,"Destination":null}',
    '{"Match":3,"Destination":"x"}',
    '{"Match":{"Bogus":1}}',
    '{"Bogus":1}',
    '{"Match":[{"HTTP":[{"PathExact":"/z"}]}]}',
    ...[
      '"PathExact":"a"',
      '"PathPrefix":"a"',
      '"PathExact":"/a","PathRegex":"x"',
      '"PathRegex":"("',
      '"Header":[{}]',
      '"Header":[{"Name":"x"}]',
      '"Header":[{"Name":"x","Exact":"a","Present":true}]',
      '"Header":[{"Name":"x","Prefix":"p"},{"Name":"y","Suffix":"s"}]',
      '"QueryParam":[{}]',
      '"QueryParam":[{"Name":"x"}]',
      '"QueryParam":[{"Name":"x","Exact":"a","Regex":"b"}]',
      '"Methods":["get","GET"]',
      '"Methods":["foo"]',
      '"Methods":"get"',
    ].map((http) => `{"Match":{"HTTP":{${http}}}}`),
    '{"Destination":{"PrefixRewrite":"/x"}}',
    '{"Match":{"HTTP":{"PathRegex":"x"}},"Destination":{"PrefixRewrite":"/x"}}',
    '{"match":{"http":{"path_prefix":"/a","header":[{"name":"n","invert":true,"regex":"x"}],"query_param":[{"name":"q","present":true}],"methods":["put","GET"]}},"destination":{"service":"other","service_subset":"","prefix_rewrite":"/","request_timeout":"1m","num_retries":3,"retry_on_connect_failure":true,"retry_on_status_codes":[500,501]}}',
    ...[
      '"Service":"a"',
      '"NumRetries":-1',
      '"NumRetries":5000000000',
      '"NumRetries":"x"',
      '"RequestTimeout":"x"',
      '"RequestTimeout":true',
      '"RequestTimeout":5',
      '"RetryOnStatusCodes":["x"]',
      '"RetryOnStatusCodes":[-5]',
      '"Namespace":"x"',
      '"ServiceSubset":"nope"',
    ].map((destination) => `{"Destination":{${destination}}}`),
  ].map((route) => `"Routes":[${route}]`),
]);

const SPLITTERS: readonly Case[] = kept("service-splitter", "split", [
  ...["{}", "[]", "null", "[{}]"].map((splits) => `"Splits":${splits}`),
  ...[
    '{"Weight":100}',
    '{"Weight":50},{"Weight":50}',
    '{"Weight":50,"Service":"other"},{"Weight":50}',
    '{"Weight":33.333,"Service":"other"},{"Weight":66.666,"Service":"z"}',
    '{"Weight":"x"}',
    '{"Weight":"100"}',
    '{"Weight":true}',
    '{"Weight":90,"Service":"other"}',
    '{"Weight":-10,"Service":"other"},{"Weight":110}',
    '{"Weight":100,"ServiceSubset":"v1"}',
    '{"weight":99.99,"service":"other","service_subset":""},{"weight":0.01,"service":"y"}',
    '{"Weight":100,"Namespace":"x"}',
    '{"Weight":0.005,"Service":"k"},{"Weight":100}',
    '{"Weight":"1e2"}',
    '{"Weight":50,"Service":"split2"},{"Weight":50,"Service":"routed"}',
  ].map((splits) => `"Splits":[${splits}]`),
]);

const RESOLVERS: readonly Case[] = kept("service-resolver", "found", [
  "",
  '"DefaultSubset":"v1"',
  ...[
    '{"v1":{}}',
    '{"v1":{"Filter":"Service.Meta.version == v1","OnlyPassing":true},"b":{}},"DefaultSubset":"v1"',
    '{"":{}}',
    '{"V1":{}}',
    '{"-a":{}}',
    `{"${"a".repeat(64)}":{}}`,
    '{"v1":{"Filter":"((("}}',
    "[]",
    '[{"a":{}}]',
    '{"a":3}',
    '{"a":null}',
    '{"a":{"Bogus":1}}',
    '{"a":{"OnlyPassing":"x"},"b":{"Filter":[]}}',
    "null",
  ].map((subsets) => `"Subsets":${subsets}`),
  ...[
    "{}",
    '{"ServiceSubset":"x"}',
    '{"Namespace":"x"}',
    '{"Service":"found"}',
    '{"Service":"found","ServiceSubset":"x"}',
    '{"Service":"other","ServiceSubset":"x"}',
    '{"Service":"other"}',
    '{"Service":"other"},"Failover":{"*":{"Datacenters":["a"]}}',
    '{"Datacenter":"dc2"}',
    '{"Bogus":1}',
    "null",
  ].map((redirect) => `"Redirect":${redirect}`),
  ...[
    "{}",
    '{"v1":{}}',
    '{"*":{}}',
    '{"*":{"ServiceSubset":"x"}}',
    '{"*":{"Service":"found","ServiceSubset":"x"}}',
    '{"*":{"Service":"other"}}',
    '{"*":{"Service":"other","ServiceSubset":"q"}}',
    '{"*":{"Datacenters":["a",""]}}',
    '{"*":{"Datacenters":["dc2","dc3"],"Service":"other"}}',
    '{"*":{"Datacenters":"a"}}',
    '{"*":{"Bogus":1}}',
  ].map((failover) => `"Failover":${failover}`),
  ...['"15s"', '"-1s"', "5", '"x"', "true"].map((timeout) => `"ConnectTimeout":${timeout}`),
  '"connect_timeout":"15s","default_subset":"a","subsets":{"a":{"only_passing":true}},"failover":{"a":{"service_subset":"a","datacenters":["x"]}}',
  '"LoadBalancer":{}',
]);

const GRAPHS: readonly Case[] = [
  '{"Kind":"service-defaults","Name":"x3","Protocol":"tcp"}',
  '{"Kind":"service-router","Name":"x3","Routes":[{"Destination":{"Service":"x4"}}]}',
  '{"Kind":"service-defaults","Name":"x3","Protocol":"http"}',
  '{"Kind":"service-defaults","Name":"x4","Protocol":"http"}',
  '{"Kind":"service-router","Name":"x3","Routes":[{"Destination":{"Service":"x4"}}]}',
  '{"Kind":"service-splitter","Name":"x4","Splits":[{"Weight":100,"ServiceSubset":"v"}]}',
  '{"Kind":"service-resolver","Name":"x4","Subsets":{"v":{},"w":{}}}',
  '{"Kind":"service-splitter","Name":"x4","Splits":[{"Weight":100,"ServiceSubset":"v"}]}',
  '{"Kind":"service-defaults","Name":"x4","Protocol":"grpc"}',
  '{"Kind":"service-defaults","Name":"x4","Protocol":"http","ExternalSNI":"a.b"}',
  '{"Kind":"service-resolver","Name":"a","Redirect":{"Service":"b"}}',
  '{"Kind":"service-resolver","Name":"b","Redirect":{"Service":"c"}}',
  '{"Kind":"service-defaults","Name":"e1","ExternalSNI":"x"}',
  '{"Kind":"service-resolver","Name":"e1","Redirect":{"Datacenter":"x"}}',
  '{"Kind":"service-resolver","Name":"e1","Failover":{"*":{"Datacenters":["x"]}}}',
  '{"Kind":"service-resolver","Name":"e1","Subsets":{"v":{}}}',
  '{"Kind":"service-resolver","Name":"e2","Redirect":{"Service":"b"},"Subsets":{"v":{}},"DefaultSubset":"v"}',
  '{"Kind":"service-defaults","Name":"s1","Protocol":"tcp"}',
  '{"Kind":"service-splitter","Name":"s1","Splits":[{"Weight":100}]}',
  '{"Kind":"service-splitter","Name":"c1","Splits":[{"Weight":50,"Service":"c2"},{"Weight":50}]}',
  '{"Kind":"service-splitter","Name":"UP","Splits":[{"Weight":100}]}',
  '{"Kind":"service-splitter","Name":"up","Splits":[{"Weight":50,"Service":"UP"},{"Weight":50,"Service":"x3"}]}',
  '{"Kind":"service-router"}',
  '{"Kind":"service-splitter","Splits":[{"Weight":100}]}',
  '{"Kind":"service-resolver"}',
].map(entry);

const TAKEN_BACK: readonly Case[] = [
  ...["service-resolver/x4", "service-defaults/x4", "bogus/x", "service-defaults"],
  ...[
    "service-defaults/",
    "service-defaults/nope",
    "service-defaults/WEB",
    "service-defaults/web?cas=1&dc=zz",
  ],
  ...["service-router/x3", "service-splitter/x4", "service-resolver/x4", "service-defaults/x?ns=a"],
].flatMap((path) => [
  ask(`DELETE ${CONFIG}/${path}`, `config/${path} is taken back`),
  { ...read("config/service-defaults"), name: `service-defaults after ${path} was taken back` },
]);

const INGRESS: readonly Case[] = kept("ingress-gateway", "ig", [
  "",
  ...[
    "{}",
    '{"Port":80}',
    '{"Port":80,"Services":[{}]}',
    '{"Port":80,"Services":[{"Name":"*"}]}',
    '{"Port":80,"Services":[{"Name":"*","Hosts":["a"]}]}',
    '{"Port":80,"Services":[{"Name":"","Hosts":["a"]}]}',
    '{"Port":80,"Protocol":"HTTP","Services":[{"Name":"*","Hosts":["a"]}]}',
    '{"Port":80,"Protocol":"foo","Services":[{"Name":"a"}]}',
    '{"Port":80,"Services":[{"Name":"a"},{"Name":"b"}]}',
    '{"Port":80,"Services":[{"Name":"a"},{"Name":""}]}',
    '{"Port":80,"Protocol":"http","Services":[{"Name":"h","Hosts":["x","x"]}]}',
    '{"Port":80,"Services":[{"Name":"a","Hosts":["x"]}]}',
    ...["*.*.x", "x..y", "", "*.a", "a.", ".", `${"a".repeat(64)}.b`].map(
      (host) => `{"Port":80,"Protocol":"http","Services":[{"Name":"h","Hosts":["${host}"]}]}`,
    ),
    '{"Port":80,"Services":[{"Name":"a"}]},{"Port":80,"Services":[{"Name":"b"}]}',
    '{"Port":80,"Protocol":"http","Services":[{"Name":"h","Namespace":"x"}]}',
    '{"Port":80,"Protocol":"grpc","Services":[{"Name":"*"}]}',
    '{"Port":80,"Protocol":"http2","Services":[{"Name":"h"}]}',
  ].map((listeners) => `"Listeners":[${listeners}]`),
  '"TLS":{"Enabled":true},"Listeners":[{"Port":80,"Protocol":"http","Services":[{"Name":"h","Hosts":["*"]}]}]',
  '"tls":{"enabled":true},"listeners":[{"port":80,"protocol":"http","services":[{"name":"h"}]}]',
]);

const listener = (protocol: string, service: string): string =>
  `[{"Port":80,"Protocol":"${protocol}","Services":[{"Name":"${service}"}]}]`;
const gone = (path: string): Case => ask(`DELETE ${CONFIG}/${path}`, `${path} is taken back`);

/** What gateways serve is judged whenever it changes: by what the listeners speak, and by who tells requests apart. */
const SERVED_CHAINS: readonly Case[] = [
  entry('{"Kind":"service-defaults","Name":"sa","Protocol":"http"}'),
  entry(`{"Kind":"ingress-gateway","Name":"sg","Listeners":${listener("http", "sa")}}`),
  ...["tcp", "grpc", ""].map((protocol) =>
    entry(`{"Kind":"service-defaults","Name":"sa","Protocol":"${protocol}"}`),
  ),
  gone("service-defaults/sa"),
  entry('{"Kind":"service-resolver","Name":"sa","Redirect":{"Service":"sb"}}'),
  entry('{"Kind":"service-defaults","Name":"sb","Protocol":"http"}'),
  entry('{"Kind":"service-resolver","Name":"sa","Redirect":{"Service":"sb"}}'),
  entry('{"Kind":"service-defaults","Name":"sb","Protocol":"tcp"}'),
  entry('{"Kind":"service-splitter","Name":"sa","Splits":[{"Weight":100}]}'),
  gone("service-defaults/sb"),
  gone("service-resolver/sa"),
  gone("ingress-gateway/sg"),
  entry(`{"Kind":"ingress-gateway","Name":"sg","Listeners":${listener("tcp", "sx")}}`),
  entry('{"Kind":"service-defaults","Name":"sx","Protocol":"http"}'),
  entry('{"Kind":"service-splitter","Name":"sx","Splits":[{"Weight":100}]}'),
  entry('{"Kind":"service-splitter","Name":"sx","Splits":[{"Weight":100,"Service":"sb"}]}'),
  entry('{"Kind":"service-router","Name":"sx"}'),
  entry('{"Kind":"service-resolver","Name":"sx","DefaultSubset":"v","Subsets":{"v":{}}}'),
  entry(`{"Kind":"ingress-gateway","Name":"sg","Listeners":${listener("tcp", "sx")}}`),
  entry(`{"Kind":"ingress-gateway","Name":"sg","Listeners":${listener("http", "sx")}}`),
  entry('{"Kind":"service-splitter","Name":"sx","Splits":[{"Weight":100}]}'),
  // Of a name that both a gateway and a service may have.
  entry('{"Kind":"terminating-gateway","Name":"sx","Services":[{"Name":"sa"}]}'),
  ...["service-splitter/sx", "ingress-gateway/sg", "service-resolver/sx", "service-defaults/sx"].map(gone),
  ...["terminating-gateway/sx", "service-defaults/sa", "service-defaults/sb"].map(gone),
].map((each, at) => ({ ...each, name: `${at}: ${each.name}` }));

const SERVED_IN_OTHER_LETTERS: readonly Case[] = [
  entry('{"Kind":"service-defaults","Name":"so","Protocol":"http"}'),
  entry(`{"Kind":"ingress-gateway","Name":"sg","Listeners":${listener("http", "so")}}`),
  gone("service-defaults/SO"),
  gone("ingress-gateway/sg"),
  gone("service-defaults/so"),
];

const TERMINATING: readonly Case[] = kept("terminating-gateway", "tg", [
  "",
  '"Services":[{}]',
  '"Services":[{"Name":"a"},{"Name":"a"}]',
  '"Services":[{"Name":"a","CertFile":"x"}]',
  '"Services":[{"Name":"a","CAFile":"x"},{"Name":"*","ca_file":"a","cert_file":"b","key_file":"c","sni":"d"}]',
]);

const REGISTER = "/v1/catalog/register";
const G1 = '"Node":"g1","Address":"9"';

function registered(service: string): Case {
  return put(`registered: ${service}`, REGISTER, `{${G1},"Service":${service}}`);
}

const SERVED: readonly string[] = [
  ...["catalog/gateway-services/ig", "catalog/gateway-services/tg", "catalog/gateway-services/TG"],
  ...["catalog/gateway-services/nope", "health/ingress/h", "health/ingress/a", "health/connect/plain"],
  ...["catalog/connect/plain", "health/connect/behind"],
  ...["internal/ui/gateway-services-nodes/ig", "internal/ui/gateway-services-nodes/tg"],
];

const GATEWAYS: readonly Case[] = [
  ...["ingress-gateway", "terminating-gateway"].map((kind) => entry(`{"Kind":"${kind}"}`)),
  entry('{"Kind":"terminating-gateway","Name":"ig"}'),
  entry('{"Kind":"ingress-gateway","Name":"tg"}'),
  registered('{"Service":"plain"}'),
  registered(
    '{"Service":"px","Kind":"connect-proxy","Port":5,"Proxy":{"DestinationServiceName":"behind","Upstreams":[{"DestinationName":"db","LocalBindPort":9191,"Config":{"x":1}}],"Config":{"b":1.5,"a":{"c":[1,"x",true]}},"Expose":{"Paths":[{"Path":"/x","ListenerPort":5}]}}}',
  ),
  registered('{"Service":"tg","Kind":"terminating-gateway","Port":443}'),
  registered('{"Service":"ig","Kind":"ingress-gateway","Port":443}'),
  ...SERVED.map(read),
  read("catalog/connect/behind"),
  put("plain is taken back", "/v1/catalog/deregister", '{"Node":"g1","ServiceID":"plain"}'),
  ...SERVED.map((path) => ({ ...read(path), name: `${path} without plain` })),
  ask(`DELETE ${CONFIG}/terminating-gateway/tg`, "a gateway's entry is taken back"),
  ...SERVED.map((path) => ({ ...read(path), name: `${path} without an entry of tg` })),
];

const PROXY_BODIES: readonly Case[] = [
  ...["3", "[]", '{"Bogus":3}', '{"destination_service_name":"w","local_service_port":5}'],
  ...['{"mesh_gateway":{}}', '{"Upstreams":3}', '{"Upstreams":[3]}', '{"Upstreams":[{"Bogus":1}]}'],
  ...['{"Upstreams":[{"DestinationName":1}]}', '{"Upstreams":[{"mesh_gateway":1}]}', '{"Upstreams":[]}'],
  '{"Upstreams":[{"destination_name":"x","local_bind_port":5,"destination_type":"service","local_bind_address":"b"}]}',
  ...['{"Upstreams":[{"LocalBindPort":"x"}]}', '{"Upstreams":[{"Config":5}]}', '{"Config":[]}'],
  ...['{"MeshGateway":3}', '{"MeshGateway":{"Mode":3}}', '{"MeshGateway":{"Modes":3}}', '{"Expose":3}'],
  ...['{"Expose":{"Checks":3}}', '{"Expose":{"Paths":{}}}', '{"Expose":{"Paths":[3]}}'],
  ...['{"Expose":{"Paths":[{"Bogus":3}]}}', '{"Expose":{"paths":[{"listener_port":5,"local_path_port":6}]}}'],
  ...['{"Expose":{"Paths":[{"ParsedFromCheck":true,"listener_port":3,"ListenerPort":5}]}}'],
  ...['{"DestinationServiceName":"a","destination_service_name":"b"}', '{"LocalServicePort":"x"}'],
].map((proxy) => registered(`{"Service":"p","Proxy":${proxy}}`));

const AGENT_PROXY = JSON.stringify({
  Name: "web-proxy",
  Kind: "connect-proxy",
  Port: 81,
  Proxy: {
    DestinationServiceName: "merged",
    Config: { a: 1 },
    Upstreams: [{ DestinationName: "db", LocalBindPort: 99 }],
  },
});

/** Unless `enable_central_service_config` says so, agents of 1.8 leave proxies as they were registered. */
const UNMERGED: readonly Case[] = [
  entry('{"Kind":"proxy-defaults","Name":"global","Config":{"b":2},"MeshGateway":{"Mode":"local"}}'),
  entry('{"Kind":"service-defaults","Name":"merged","Protocol":"grpc","MeshGateway":{"Mode":"remote"}}'),
  put("a proxy is registered with the agent", "/v1/agent/service/register", AGENT_PROXY),
  { ...read("agent/service/web-proxy"), leaves: ["ContentHash"] },
  read("catalog/service/web-proxy"),
  entry('{"Kind":"service-defaults","Name":"merged","Protocol":"http2"}'),
  { ...read("agent/service/web-proxy"), leaves: ["ContentHash"], name: "the proxy after its defaults" },
  ask("PUT /v1/agent/service/deregister/web-proxy", "the proxy is taken back"),
  gone("service-defaults/merged"),
  gone("proxy-defaults/global"),
];

/** A proxy is registered, and read where the agent and the catalog tell of it. */
function proxied(id: string, fields: string): Case[] {
  return [
    put(`${id} is registered`, "/v1/agent/service/register", `{"Name":"${id}","Port":99,${fields}}`),
    ...told(id, "it is registered"),
  ];
}

function told(id: string, after: string): Case[] {
  return [
    { ...read(`agent/service/${id}`), leaves: ["ContentHash"], name: `${id} after ${after}` },
    { ...read(`catalog/service/${id}`), name: `${id} in the catalog after ${after}` },
  ];
}

function inFrontOf(service: string, more = ""): string {
  return `"Kind":"connect-proxy","Proxy":{"DestinationServiceName":"${service}","DestinationServiceID":"x"${more}}`;
}

const EXPOSED = '"Expose":{"Checks":true,"Paths":[{"Path":"/m","LocalPathPort":80,"ListenerPort":90}]}';

/** With `enable_central_service_config`. Each proxy is of a service of its own: the original's cache takes no notice of upstreams. */
const MERGED: readonly Case[] = [
  ...proxied("early", inFrontOf("s1", ',"Upstreams":[{"DestinationName":"db","LocalBindPort":1}]')),
  entry(
    `{"Kind":"proxy-defaults","Name":"global","Config":{"protocol":"http","z":5,"s":"def","b":true,"f":1.5,"nest":{"x":1,"w":5,"y":{"p":1}},"list":[1,2],"l3":[1,2],"mix":{"a":1},"mix2":"t","n":{"q":1},"e":{}},"MeshGateway":{"Mode":"local"},${EXPOSED}}`,
  ),
  { ...read("agent/service/early"), leaves: ["ContentHash"], awaits: '"protocol":"http"' },
  { ...read("catalog/service/early"), awaits: '"protocol":"http"' },
  entry('{"Kind":"service-defaults","Name":"db","Protocol":"tcp"}'),
  entry('{"Kind":"service-defaults","Name":"s2","Protocol":"GRPC","MeshGateway":{"Mode":"remote"}}'),
  entry(
    '{"Kind":"service-defaults","Name":"s3","Expose":{"Paths":[{"Path":"/w","LocalPathPort":81,"ListenerPort":91}]}}',
  ),
  ...proxied("p2", inFrontOf("S2")),
  ...proxied("p3", inFrontOf("s3", ',"MeshGateway":{"Mode":"none"},"Expose":{"Checks":false}')),
  ...proxied(
    "p4",
    inFrontOf(
      "s4",
      ',"Config":{"z":0,"s":"","b":false,"f":0,"nest":{"y":{"q":2},"w":0},"list":[3],"l3":[],"mix":"text","mix2":{"o":1},"n":{},"e":{"v":1},"own":1},"Expose":{"Paths":[{"Path":"/own","LocalPathPort":80,"ListenerPort":93}]}',
    ),
  ),
  ...proxied(
    "p5",
    inFrontOf(
      "s5",
      ',"Upstreams":[{"DestinationName":"db","LocalBindPort":1,"Config":{"protocol":"","x":1},"MeshGateway":{"Mode":"none"}},{"DestinationName":"DB","LocalBindPort":2,"Config":{"protocol":"udp"}},{"DestinationName":"db","Datacenter":"dc9","LocalBindPort":3},{"DestinationName":"other","LocalBindPort":4},{"DestinationType":"prepared_query","DestinationName":"db","LocalBindPort":5}]',
    ),
  ),
  ...proxied("of-no-instance", '"Kind":"connect-proxy","Proxy":{"DestinationServiceName":"s2"}'),
  ...["mesh-gateway", "terminating-gateway", "ingress-gateway"].flatMap((kind) =>
    proxied(kind, `"Kind":"${kind}","Proxy":{"Config":{"protocol":"x"}}`),
  ),
  ...proxied("plain", '"Tags":["a"]'),
  put(
    "a service with a proxy beside it",
    "/v1/agent/service/register",
    '{"Name":"s6","Port":80,"Connect":{"SidecarService":{"Proxy":{"Config":{"own":1},"Upstreams":[{"DestinationName":"db","LocalBindPort":1}]}}}}',
  ),
  ...told("s6-sidecar-proxy", "it is registered"),
  entry('{"Kind":"service-defaults","Name":"s6","Protocol":"http2"}'),
  { ...read("agent/service/s6-sidecar-proxy"), leaves: ["ContentHash"], awaits: '"protocol":"http2"' },
  { ...read("catalog/service/s6-sidecar-proxy"), awaits: '"protocol":"http2"', name: "it in the catalog" },
  { ...read("agent/services"), name: "all of the agent's" },
  ...["7", "true", '{"a":1}', '["a","b"]'].flatMap((protocol, at) => [
    entry(`{"Kind":"proxy-defaults","Name":"global","Config":{"protocol":${protocol}}}`),
    ...proxied(
      `odd${at}`,
      inFrontOf(
        `odd${at}`,
        ',"Upstreams":[{"DestinationName":"u","LocalBindPort":1},{"DestinationName":"db","LocalBindPort":2}]',
      ),
    ),
  ]),
  // What comes after finds none of it.
  ...[
    ...[
      "early",
      "p2",
      "p3",
      "p4",
      "p5",
      "of-no-instance",
      "mesh-gateway",
      "terminating-gateway",
      "ingress-gateway",
    ],
    ...["plain", "s6", "odd0", "odd1", "odd2", "odd3"],
  ].map((id) => ask(`PUT /v1/agent/service/deregister/${id}`, `${id} is taken back`)),
  ...["s2", "s3", "s6", "db"].map((name) => gone(`service-defaults/${name}`)),
  gone("proxy-defaults/global"),
];

const PROXY_RULES: readonly Case[] = [
  '"Kind":"connect-proxy"',
  '"Kind":"connect-proxy","Address":"0.0.0.0","Meta":{"bad key":"x"}',
  ...[
    "{}",
    '{"Expose":{"Paths":[{}]}}',
    '{"Expose":{"Paths":[{"Path":"x","ListenerPort":70000}]}}',
    '{"Expose":{"Paths":[{"Path":"/x","ListenerPort":1},{"Path":"/y","ListenerPort":1}]}}',
    '{"Upstreams":[{"DestinationType":"foo","DestinationName":"a","LocalBindPort":1},{"DestinationName":"a"},{"LocalBindPort":1},{"DestinationName":"a","LocalBindPort":1,"LocalBindAddress":"::1"},{"DestinationName":"a","LocalBindPort":2},{"DestinationName":"b","LocalBindPort":1,"LocalBindAddress":"::1"}]}',
    '{"MeshGateway":{"Mode":"bogus"}}',
  ].map(
    (more) =>
      `"Kind":"connect-proxy","Port":1,"Proxy":${more.replace("{", '{"DestinationServiceName":"x",').replace(",}", "}")}`,
  ),
  '"Kind":"connect-proxy","Port":1,"Connect":{"Native":true},"Proxy":{"DestinationServiceName":"x"}',
  ...["mesh-gateway", "terminating-gateway", "ingress-gateway"].map((kind) => `"Kind":"${kind}"`),
  '"Kind":"mesh-gateway","Proxy":{"DestinationServiceName":"x","DestinationServiceID":"y","LocalServiceAddress":"z","LocalServicePort":4,"Upstreams":[{"DestinationName":"a","LocalBindPort":1}]}',
].map((fields) => registered(`{"Service":"q",${fields}}`));

const LISTED: readonly Case[] = [
  ...["config/", "config/service-defaults", "config/service-resolver", "config/bogus", "config/bogus/x"],
  ...[
    "config/service-defaults/",
    "config/service-defaults/web/x",
    "config/service-defaults/WEB",
    "config//x",
  ],
  ...["config/service-defaults?ns=a", "config/service-defaults?dc=zz", "config/service-defaults?index=x"],
  ...[
    "config/service-defaults?pretty",
    "config/service-defaults?stale",
    "config/service-defaults?consistent",
  ],
  ...["config/service-defaults?filter=Name==web", "config/service-defaults/nope?pretty", "config"],
].map(read);

const CAS: readonly Case[] = [
  ...["cas=x", "cas=-1", "cas=99999999999999999999", "cas=0", "cas=1", "cas=", "dc=zz", "ns=a"].map((query) =>
    put(`config?${query}`, `${CONFIG}?${query}`, '{"Kind":"service-defaults","Name":"new"}'),
  ),
  put("config?cas=0 of one that is there", `${CONFIG}?cas=0`, '{"Kind":"service-defaults","Name":"new"}'),
];

const WAITS: readonly Case[] = [
  woken(
    "entries wait for one more",
    "/v1/config/service-defaults?index={config}&wait=20s",
    `PUT ${CONFIG}`,
    '{"Kind":"service-defaults","Name":"wake"}',
  ),
  woken(
    "an entry that is not there is waited for",
    "/v1/config/service-defaults/wake2?index={config}&wait=20s",
    `PUT ${CONFIG}`,
    '{"Kind":"service-defaults","Name":"wake2"}',
  ),
  get("entries wait in vain", "/v1/config/service-defaults?index={config}&wait=200ms", { waitMs: 200 }),
];

const UI: readonly Case[] = [
  ...["internal/ui/node/g1", "internal/ui/node/G1", "internal/ui/node/nope"],
  ...["internal/ui/node/", "internal/ui/services", "internal/ui/gateway-services-nodes/"],
  ...["internal/ui/services?filter=Service.Kind==%22connect-proxy%22", "internal/ui/services?filter=x"],
  ...["internal/ui/nodes?filter=Node==g1", "internal/ui/nodes?index=x", "internal/ui/nodes?ns=a"],
  ...["internal/ui/nodes?dc=zz", "internal/ui/services?pretty", "internal/ui/node/?index=x"],
].map(read);

/** The agent's own node is among them, which is written once or twice. */
const UI_NODES: Case = { ...read("internal/ui/nodes"), unindexed: true };

const OFF: readonly Case[] = [
  ...[
    "connect/ca/roots",
    "connect/ca/roots?dc=zz",
    "connect/ca/roots?pem=x",
    "connect/ca/roots?pem=x&index=x",
  ],
  ...["connect/ca/roots?pem=true&stale", "connect/ca/configuration", "connect/ca/configuration?index=x"],
  ...["connect/ca/configuration?dc=zz", "agent/connect/ca/roots", "agent/connect/ca/roots?dc=zz"],
  ...["agent/connect/ca/roots?index=x", "agent/connect/ca/roots?ns=x", "agent/connect/ca/leaf/web"],
  ...[
    "agent/connect/ca/leaf/web?index=x",
    "agent/connect/ca/leaf/web?ns=x",
    "agent/connect/ca/leaf/web?dc=zz",
  ],
  ...["agent/connect/ca/leaf/", "discovery-chain/web", "discovery-chain/", "discovery-chain/web?ns=x"],
  ...["discovery-chain/web?index=x", "discovery-chain/web?dc=zz", "discovery-chain/web/x"],
  ...["peerings", "peering/x", "acl/tokens?index=x", "acl/token/self?ns=a"],
].map(read);

const CA_BODIES: readonly Case[] = [
  ...["", "{", "[]", "null", "{}", '{"Provider":3}', '{"Bogus":3}', '{"ForceWithoutCrossSigning":"x"}'],
  ...['{"force_without_cross_signing":"x"}', '{"Config":[1]}', '{"Config":[1', '{"provider":"consul"}'],
].map((body) => put(`the CA's configuration ${body}`, "/v1/connect/ca/configuration", body));

const CHAIN_BODIES: readonly Case[] = [
  ...["", "{", "[]", "null", "{}", '{"OverrideProtocol":3}', '{"OverrideProtocol":[]}', '{"Bogus":1}'],
  ...[
    '{"OverrideMeshGateway":{"Mode":"x"}}',
    '{"OverrideConnectTimeout":"x"}',
    '{"OverrideConnectTimeout":"5s"}',
  ],
].map((body) => asked(`a chain ${body}`, "POST /v1/discovery-chain/web", body, {}));

/** Paths, methods and what is answered to each. */
const METHODS: readonly Case[] = [
  ...["auth-method", "auth-method/x", "auth-methods", "binding-rule", "binding-rule/x", "binding-rules"],
  ...[
    "bootstrap",
    "clone/x",
    "clone",
    "create",
    "destroy/x",
    "info/x",
    "list",
    "login",
    "logout",
    "policies",
  ],
  ...["policy", "policy/x", "policy/", "policy/name/x", "policy/name", "replication", "role", "role/x"],
  ...["role/name/x", "roles", "rules/translate", "rules/translate/x", "token", "token/x", "token/x/clone"],
  ...["token/self", "tokens", "update", "bogus"],
]
  .map((path) => `acl/${path}`)
  .concat("internal/acl/authorize", "agent/token/default", "agent/token/bogus", "agent/token/", "agent/token")
  .flatMap((path) =>
    ["OPTIONS", "GET", "PUT", "POST", "DELETE"].map((method) =>
      asked(
        `${method} ${path}`,
        `${method} /v1/${path}`,
        method === "PUT" || method === "POST" ? "[{" : undefined,
        {},
      ),
    ),
  );

const OPTIONS: readonly Case[] = [
  ...["config", "config/x", "catalog/gateway-services/x", "health/ingress/x", "internal/ui/nodes"],
  ...["internal/ui/node/x", "internal/ui/services", "internal/ui/gateway-services-nodes/x"],
  ...[
    "internal/federation-states",
    "internal/federation-state/x",
    "internal/federation-states/mesh-gateways",
  ],
  ...["connect/ca/configuration", "connect/ca/roots", "discovery-chain/x", "agent/connect/ca/roots"],
  ...["agent/connect/ca/leaf/x"],
].flatMap((path) =>
  ["OPTIONS", "POST", "PATCH"].map((method) => ask(`${method} /v1/${path}`, `${method} of ${path}`)),
);

/** The original writes its own state down when it gets to it: which index that gets, and when, is nobody's doing here. */
const FEDERATION: readonly Case[] = [
  ...["internal/federation-states/mesh-gateways", "internal/federation-states"].map(
    (path): Case => ({ ...read(path), unindexed: true }),
  ),
  ...[
    "internal/federation-state/zz",
    "internal/federation-state/",
    "internal/federation-states/mesh-gateways?index=x",
  ].map(read),
];

/** A token says who asks: without ACLs it is nobody's business where it stands. */
const TOKENS: readonly Case[] = [
  get("a token in the query", "/v1/catalog/service/nope?token=secret"),
  get("a token in its header", "/v1/catalog/service/nope", { headers: "X-Consul-Token: secret\r\n" }),
  get("a bearer's token", "/v1/catalog/service/nope", { headers: "Authorization: Bearer secret\r\n" }),
  get("no bearer's token", "/v1/catalog/service/nope", { headers: "Authorization: Basic c2VjcmV0\r\n" }),
  put("a token that writes", `${CONFIG}?token=x`, '{"Kind":"service-defaults","Name":"new"}', {
    headers: "X-Consul-Token: secret\r\nAuthorization: Bearer other\r\n",
  }),
];

export const CONFIG_ENTRIES: readonly Group[] = [
  // These take back all that they write, and need that nothing is there before: others leave entries that cannot go.
  {
    title: "config entries: what gateways serve",
    kinds: KINDS,
    cases: [...SERVED_CHAINS, ...SERVED_IN_OTHER_LETTERS],
  },
  { title: "config entries: proxies and their defaults", kinds: KINDS, cases: UNMERGED },
  { title: "config entries: heeded by agents", kinds: ["configured"], cases: MERGED },
  { title: "config entries: bodies", kinds: KINDS, cases: BODIES },
  { title: "config entries: kinds", kinds: KINDS, cases: [...DEFAULTS, ...PROXIES, ...ROUTERS] },
  { title: "config entries: splits", kinds: KINDS, cases: [...SPLITTERS, ...RESOLVERS] },
  { title: "config entries: graphs", kinds: KINDS, cases: [...GRAPHS, ...TAKEN_BACK] },
  { title: "config entries: reads", kinds: KINDS, cases: [...LISTED, ...CAS, ...WAITS] },
  { title: "proxies", kinds: KINDS, cases: [...PROXY_BODIES, ...PROXY_RULES] },
  {
    title: "gateways",
    kinds: KINDS,
    cases: [
      entry('{"Kind":"service-defaults","Name":"h","Protocol":"http"}'),
      ...INGRESS,
      ...TERMINATING,
      ...GATEWAYS,
    ],
  },
  { title: "the web interface's questions", kinds: KINDS, cases: [...UI, UI_NODES] },
  {
    title: "ACLs and Connect switched off",
    kinds: KINDS,
    cases: [...OFF, ...CA_BODIES, ...CHAIN_BODIES, ...METHODS, ...OPTIONS, ...FEDERATION, ...TOKENS],
  },
];
