// What record-bexpr.ts registers, and asks.

type Json = Readonly<Record<string, unknown>>;

/** By which the answers are kept to these nodes. */
const ours = { ours: "1" };

/** Nodes with and without metadata, services with and without everything, checks of both. */
export const REGISTRATIONS: readonly Json[] = [
  {
    ID: "aaaaaaaa-0000-0000-0000-000000000001",
    Node: "n1",
    Address: "10.0.0.1",
    NodeMeta: { ...ours, a: "1", "a b": "2", x: "", é: "日本", "a.b": "dot", "1": "one" },
    TaggedAddresses: { lan: "10.0.0.1", wan: "1.2.3.4" },
    Service: {
      ID: "w1",
      Service: "web",
      Tags: ["v1", "b", "", "é"],
      Address: "10.1.0.1",
      Port: 80,
      Meta: { m: "1", "k-1": "v", u: "ü", long: "the quick brown fox" },
      TaggedAddresses: { lan: { Address: "7.7.7.7", Port: 82 }, wan: { Address: "8.8.8.8", Port: 83 } },
      Weights: { Passing: 5, Warning: 0 },
      EnableTagOverride: true,
      Connect: { Native: true },
    },
    Checks: [
      { CheckID: "c1", Name: "alive", Status: "warning", Notes: "notes 1", Output: "line one\nline two" },
      { CheckID: "c2", Name: "port", ServiceID: "w1", Status: "passing", Output: 'tab\tquote"back\\slash' },
      { CheckID: "c3", Name: "ttl", ServiceID: "w1", Status: "critical", Definition: { TTL: "10s" } },
    ],
  },
  {
    Node: "n1",
    SkipNodeUpdate: true,
    Service: { ID: "db1", Service: "db", Tags: ["v1"], Port: 5432 },
    Check: { CheckID: "c4", Name: "db", ServiceID: "db1", Status: "passing" },
  },
  {
    Node: "n2",
    Address: "10.0.0.2",
    NodeMeta: { ...ours, a: "2" },
    Service: { ID: "w2", Service: "web", Port: 8080, Meta: { m: "2" } },
    Check: { CheckID: "c5", Name: "only", ServiceID: "w2", Status: "passing", Output: "éa 日本 😀" },
  },
  {
    Node: "n3",
    Address: "10.0.0.3",
    NodeMeta: ours,
    Service: { ID: "w3", Service: "Web", Tags: ["v2", "v1"], Weights: { Passing: 1, Warning: 1 } },
  },
  { Node: "N4", Address: "10.0.0.4", NodeMeta: { ...ours, true: "false", and: "or" } },
];

/** Each line is a filter. */
function lines(kind: string, text: string): (readonly [string, string])[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => [kind, line.slice(2)] as const);
}

const ODD: readonly string[] = [
  " ", "\n", "\t Node\n==\r\nn1 ", "Node ==\nfoo bar", "Node == n1\n)", "\n\n(Node == x", "\nNode == 01", "Node == \"a\nb\"",
  "Node == `n\n1`", "Node == `n1\r`", "Node\u00a0== n1", "Node == é", "Node == \"é", "Node == \"é\" x", "é == 1", "Node == \u0000", "\u0000",
  "Node == \"\u0000\"", "Meta[\"é\"] == `日本`", "Meta.é == 1", "Meta[`\n`] == 1", "Node == \"日本\" or Node = 1",
]; // biome-ignore format: a list of odds and ends

export const FILTERS: readonly (readonly [kind: string, filter: string])[] = [
  ...ODD.map((each) => ["nodes", each] as const),
  ...lines(
    "nodes",
    String.raw`
  Node
  Node ==
  Node == 
  Node ==n1
  Node== n1
  Node==n1
  Node!=n1
  Node ! = n1
  Node = n1
  Node === n1
  Node == n1 n2
  Node == n1)
  (Node == n1
  (Node == n1 
  ((Node == n1)
  (Node == n1))
  ()
  (
  )
  ( )
  (Node)
  ((((Node == n1))))
  ((((Node == n1
  ((Node == n1 or (Node == n2)
  (Node == n1 or (Node == n2
  (Node == n1 or Node == n2
  (Node == n1) or (Node == n2
  not (Node == n1
  ( Node == n1 ) 
  (Node==n1)and(Node==n1)
  (Node==n1) and(Node==n1)
  (Node==n1) and (Node==n1)
  not(Node == n1)
  not (Node == n1)
  not
  not 
  not Node
  not Node == n1
  not not Node == n1
  not not not Node == n1
  not not
  not not 
  notNode == n1
  not == 3
  not not == 3
  not is empty
  not in Meta
  not not in Meta
  x not in Meta
  a not in Meta
  a in Meta
  "a" in Meta
  1 in Meta
  "1" in Meta
  a.b in Meta
  "a b" in Meta
  "" in Meta
  a in
  a in 
  a in 3
  a in "x"
  a in Meta.a
  1 in Meta.a
  1 in Meta.nope
  1 not in Meta.nope
  1 not in Meta.a
  a in Node
  n in Node
  "" in Node
  Node in Node
  n1 in n1
  "n1" in "n1"
  n not in Node
  n not  in Node
  n notin Node
  n not in
  n not
  n no
  3
  3 
  3 == Node
  3 in Node
  3 not in Node
  -1 in Node
  - in Node
  "x"
  "x" == Node
  "x" in Node and
  "x" in Node and 
  and == 3
  or == 3
  is == 3
  and
  or
  and and
  Node == n1 and
  Node == n1 and 
  Node == n1 or
  Node == n1 or 
  Node == n1 or or
  Node == n1 or or == 2
  Node == n1 and and == 2
  Node == n1 AND Node == n2
  Node == n1 && Node == n2
  Node == n1 and not Node == n2
  Node == n1 and not
  Node == n1 or not Node
  Node == n1 or Node == n2
  Node == n1 or Node == n2 and Node == n3
  Node == n3 and Node == n2 or Node == n1
  (Node == n1 or Node == n2) and Node == n3
  not Node == n1 and Node == n1
  not (Node == n1 and Node == n1)
  Node == n1 or nope == 1
  nope == 1 or Node == n1
  Node == n1 or Meta == 1 or nope == 1
  Node == Node
  Node == and
  Node == not
  Node == not not
  Node == n1or
  Node == n1 orNode == n2
  Node is n1
  Node is
  Node is 
  Node is not
  Node is not 
  Node is empty
  Node is not empty
  Meta is empty
  Meta is not empty
  Meta is emptyy
  Meta is empty)
  Meta isempty
  Meta is notempty
  Meta is not emptyish
  Meta is  not   empty
  Meta is "empty"
  TaggedAddresses is empty
  TaggedAddresses is not empty
  TaggedAddresses contains lan
  TaggedAddresses not contains lan
  TaggedAddresses.lan == "10.0.0.1"
  TaggedAddresses.lan contains 10.0
  TaggedAddresses.lan contains "10.0"
  TaggedAddresses.lan.x == 1
  Meta == x
  Meta matches x
  Meta contains a
  Meta contains "a b"
  Meta contains 1
  Meta not contains a
  Meta containsa
  Meta contains
  Meta contains 
  Meta.a == 1
  Meta.a == "1"
  Meta.a == 1.0
  Meta.a != 1
  Meta.a != 2
  Meta.a matches "^[12]$"
  Meta.a matches 1
  Meta.a matches a.b
  Meta.a not matches 1
  Meta.nope == 1
  Meta.nope != 1
  Meta.nope contains 1
  Meta.nope not contains 1
  Meta.nope matches 1
  Meta.nope not matches 1
  Meta.nope is empty
  Meta.nope.x == 1
  Meta.x == ""
  Meta.x != ""
  Meta.1 == one
  Meta.a b == 2
  Meta["a b"] == 2
  Meta[  "a b"	] == 2
  Meta["a b"]==2
  Meta["a.b"] == dot
  Meta.a.b == dot
  Meta["1"] == one
  Meta[1] == one
  Meta[a] == 1
  Meta[
  Meta[ 
  Meta["a
  Meta["a"
  Meta["a" 
  Meta["a" == 1
  Meta["a"]]
  Meta["a"] 
  Meta["a"]x == 1
  Meta["a"].x == 1
  Meta["a"]["x"] == 1
  Meta["\x61"] == 1
  Meta["\q"] == 1
  Meta[""] == 1
  Meta[""] != 1
  Meta.
  Meta. a == 1
  Meta .a == 1
  Meta..a == 1
  .Meta == 1
  Meta.true == false
  Meta.and == or
  Meta.a_b == 1
  Meta._a == 1
  _Meta == 1
  2Meta == 1
  Me-ta == 1
  node == n1
  NODE == n1
  Node["x"] == n1
  Node.x == n1
  Node.x.y == n1
  ["Node"] == n1
  "Node" == n1
  CreateIndex == 1
  Nope.x.y == 1
  Nope["a\"b"] == 1
  Meta.a["b c"]["d"] == 1
  Meta.a["\u00e9"]["d"] == 1
  Node == n1.b
  Node == n1["x"]
  Node == n1["x"
  Node == n1.
  Node == n1[
  Node == web-1
  Node == 10.0.0.1
  Address == 10.0.0.1
  Address == 10.0
  Address == "10.0.0.1"
  Address contains 10.0
  Address contains "0.0.1"
  10.0 in Address
  Address == 01
  Address == 1x
  Address == 1.
  Address == 1.x
  Address == 1.5.2
  Address == -
  Address == - 1
  Address == -1
  Address == -0
  Address == --1
  Address == +1
  Address == 1e5
  Address == 0x1f
  Address == 0
  Address == 0)
  Address == 5)
  Address == 5.5)
  (Address == 5)
  (Address == 5.5)
  Address == 5 and
  Address == 007
  01 in Address
  1x in Address
  1.5 in Address
  -1 not in Address
  Node == "
  Node == "n1
  Node == "n1"x
  Node == "n1""
  Node == ""n1
  Node == "n\x31"
  Node == "n\61"
  Node == "n\061"
  Node == "\156\061"
  Node == "n\u0031"
  Node == "n\U00000031"
  Node == "n\u31"
  Node == "\400"
  Node == "\8"
  Node == "\x"
  Node == "\xg0"
  Node == "\u12"
  Node == "\U00110000"
  Node == "\ud800"
  Node == "\'"
  Node == "\""
  Node == "a\"
  Node == "\\"
  Node == "\a\b\f\n\r\t\v\\"
  Node == "\e"
  Node == "a\qb" and x == 01
  Node == "a\qb" and Address == 01
  Node == "\xff"
  Node matches "\xff"
  Node != "\xff"
  Node contains "\xff"
  ${"Node == `n1`"}
  ${"Node == `n1"}
  ${"Node == `n\\x31`"}
  ${'Node == `n"1`'}
  ${'Node == "n`1"'}
  Node matches "^n"
  Node matches n
  Node matches N
  Node matches "(?i)^N[14]$"
  Node not matches "^n"
  Node matches ""
  Node matches "("
  Node matches "[a"
  Node matches "a**"
  Node not matches "("
  Meta.a matches "("
  Meta matches "("
  nope matches "("
  Node == 1 or Node matches "("
  Node matches "(" or nope == 1
  Node matches 1.5
  Node matchesx
  Node not matchesx
  Node not
  Node not 
  Node not x
  Node not contains
  Node not contains n
  Node not  contains  n
  Node contains n
  Node contains "n" 
  Node contains N4
  ID == ""
  ID != ""
  ID contains aaaa
  Datacenter == dc1
  Datacenter != dc1
  Datacenter == "dc1" and Meta.a == 1
  Node == n1 or Node == n2 or Node == n3 or Node == N4
  Node == n1 and Node == n1 and Node == n1 and Node == n2
  Node == true
  Node == false
  x == 1 # comment
  Node == n1;
  Node == n1, Node == n2
  Node > n1
  Node in (n1, n2)
  Node in [n1]
  all Meta as k { k == 1 }
  any
  Node == "a" Node == "b"
  Namespace == default
`,
  ),
  ...lines(
    "service",
    String.raw`
  ID == ""
  Node == n1
  Address == "10.0.0.1"
  Datacenter == dc1
  TaggedAddresses.lan == "10.0.0.1"
  TaggedAddresses is empty
  NodeMeta.a == 1
  Meta.a == 1
  NodeMeta contains a
  ServiceKind == ""
  ServiceKind != ""
  ServiceID == w1
  ServiceName == web
  ServiceName == Web
  ServiceTags contains v1
  ServiceTags contains V1
  ServiceTags contains ""
  ServiceTags contains v
  ServiceTags contains "é"
  v1 in ServiceTags
  v1 not in ServiceTags
  ServiceTags is empty
  ServiceTags is not empty
  ServiceTags == v1
  ServiceTags matches v1
  ServiceTags.x == v1
  ServiceAddress == "10.1.0.1"
  ServiceAddress == ""
  ServiceAddress is empty
  ServiceTaggedAddresses contains lan
  ServiceTaggedAddresses is empty
  ServiceTaggedAddresses.lan.Address == "7.7.7.7"
  ServiceTaggedAddresses.lan.Address != "7.7.7.7"
  ServiceTaggedAddresses.lan.Port == 82
  ServiceTaggedAddresses.lan.Port != 82
  ServiceTaggedAddresses.lan.Port == x
  ServiceTaggedAddresses.lan == 82
  ServiceTaggedAddresses.lan is empty
  ServiceTaggedAddresses.lan.x == 82
  ServiceTaggedAddresses.lan.Port.x == 82
  ServiceTaggedAddresses.nope.Port == 82
  ServiceTaggedAddresses.nope.Port != 82
  ServiceTaggedAddresses.nope.Address matches x
  x in ServiceTaggedAddresses.nope.Address
  ServiceWeights.Passing == 5
  ServiceWeights.Passing == 1
  ServiceWeights.Warning == 0
  ServiceWeights.Warning != 0
  ServiceWeights == 1
  ServiceWeights is empty
  ServiceWeights.x == 1
  ServiceMeta.m == 1
  ServiceMeta["k-1"] == v
  ServiceMeta["u"] == "ü"
  ServiceMeta.long contains quick
  ServiceMeta.long matches "(quick|slow)\\s+brown"
  ${"ServiceMeta.long matches `(quick|slow)\\s+brown`"}
  ServiceMeta is empty
  ServicePort == 80
  ServicePort != 80
  ServicePort == "80"
  ServicePort == 0x50
  ServicePort == "0x50"
  ServicePort == "0X50"
  ServicePort == "0b1010000"
  ServicePort == "0o120"
  ServicePort == "0120"
  ServicePort == "8_0"
  ServicePort == "_80"
  ServicePort == "80_"
  ServicePort == "8__0"
  ServicePort == "0_120"
  ServicePort == "0x_50"
  ServicePort == "0x"
  ServicePort == "0b2"
  ServicePort == "08"
  ServicePort == "0"
  ServicePort == "00"
  ServicePort == "-0"
  ServicePort == "+80"
  ServicePort == "+-80"
  ServicePort == ""
  ServicePort == "-"
  ServicePort == " 80"
  ServicePort == "80 "
  ServicePort == -80
  ServicePort == 80.0
  ServicePort == 80.5
  ServicePort == abc
  ServicePort == "é"
  ServicePort == "a\"b\\"
  ServicePort == 9223372036854775807
  ServicePort == 9223372036854775808
  ServicePort == -9223372036854775808
  ServicePort == -9223372036854775809
  ServicePort == 99999999999999999999999
  ServicePort == "0xffffffffffffffff"
  ServicePort matches 80
  ServicePort contains 80
  80 in ServicePort
  ServicePort is empty
  ServicePort.x == 1
  ServiceEnableTagOverride == true
  ServiceEnableTagOverride != true
  ServiceEnableTagOverride == false
  ServiceEnableTagOverride == 1
  ServiceEnableTagOverride == T
  ServiceEnableTagOverride == TRUE
  ServiceEnableTagOverride == tRUE
  ServiceEnableTagOverride == yes
  ServiceEnableTagOverride == "true"
  ServiceEnableTagOverride == ""
  ServiceEnableTagOverride == 1.0
  ServiceEnableTagOverride contains true
  ServiceEnableTagOverride is empty
  ServiceProxy == 1
  ServiceProxy.DestinationServiceName == ""
  ServiceProxy.DestinationServiceID != x
  ServiceProxy.LocalServiceAddress == ""
  ServiceProxy.LocalServicePort == 0
  ServiceProxy.Config == 1
  ServiceProxy.Upstreams is empty
  ServiceProxy.Upstreams == 1
  ServiceProxy.Upstreams.DestinationName == ""
  ServiceProxy.Upstreams.DestinationName != ""
  ServiceProxy.Upstreams.LocalBindPort == x
  ServiceProxy.Upstreams.MeshGateway.Mode == ""
  ServiceProxy.Upstreams.nope == 1
  ServiceProxy.MeshGateway.Mode == ""
  ServiceProxy.MeshGateway.Mode matches "^$"
  ServiceProxy.Expose.Checks == false
  ServiceProxy.Expose.Paths is empty
  ServiceProxy.Expose.Paths.Path == x
  ServiceProxy.Expose.Paths.ListenerPort == x
  ServiceConnect.Native == true
  ServiceConnect.Native == false
  ServiceConnect == 1
  ServiceConnect.SidecarService == 1
  ServiceProxyDestination == ""
  CreateIndex == 1
  RaftIndex.CreateIndex == 1
  ServiceName == web and ServiceTags contains v1
  ServiceTags contains v1 and ServicePort == 80 or NodeMeta.a == 2
`,
  ),
  ...lines(
    "node",
    `
  ID == w1
  Service == db
  Service != db
  Kind == ""
  Tags contains v1
  Tags contains b
  Tags is empty
  Address == ""
  Port == 5432
  Port != 5432
  Port == ""
  Meta.m == 1
  Meta.nope != 1
  Meta is empty
  TaggedAddresses.lan.Port == 82
  TaggedAddresses contains wan
  Weights.Passing == 1
  EnableTagOverride == true
  Proxy.DestinationServiceName == ""
  Proxy.Upstreams is not empty
  Connect.Native == true
  Connect.Native != true
  Node == n1
  Namespace == x
  not Service == db
`,
  ),
  ...lines(
    "health",
    String.raw`
  Node.Node == n1
  Node.Meta.a == 1
  Node.Meta.nope != 1
  Node.Meta is empty
  Node.TaggedAddresses.lan == "10.0.0.1"
  Node.Datacenter == dc1
  Node == n1
  Node is empty
  Node.x == 1
  Node.Node.x == 1
  Service.ID == w1
  Service.Service == web
  Service.Tags contains v1
  Service.Meta.m == 2
  Service.Port == 8080
  Service.Weights.Passing == 5
  Service.TaggedAddresses.wan.Port == 83
  Service.Connect.Native == true
  Service.Proxy.Expose.Checks == true
  Service == web
  Checks is empty
  Checks is not empty
  Checks == 1
  Checks contains c1
  Checks.Status == passing
  Checks.Status != passing
  not Checks.Status != passing
  not Checks.Status == passing
  Checks.Status == critical or Checks.Status == warning
  Checks.Status not matches "^pass"
  Checks.ServiceTags contains v1
  Checks.ServiceTags is empty
  Checks.ServiceTags is not empty
  v1 not in Checks.ServiceTags
  Checks.CheckID == c2
  Checks.Node == n1
  Checks.nope == 1
  Checks.Definition == 1
  Checks.Status.x == 1
  Checks.Output contains "line two"
  Checks.Output matches "(?s)one.line"
  Checks.Output matches "one.line"
  Checks.Output contains "日本"
  Checks.Output contains "\xe6\x97"
  Checks.Output contains "\xff"
  Checks.Output matches "日本 .$"
  Node.Node == n1 and Checks.Status == critical
  Node.Node == n2 and Checks.Status == critical
`,
  ),
  ...lines(
    "checks",
    String.raw`
  Node == n1
  CheckID == c1
  Name == alive
  Status == passing
  Status != passing
  Notes == "notes 1"
  Notes == ""
  Output contains "\t"
  Output contains "\\"
  Output matches "\""
  Output == "line one\nline two"
  ${'Output contains `quote"`'}
  ServiceID == ""
  ServiceID == w1
  ServiceName == web
  ServiceName == Web
  ServiceTags contains v1
  ServiceTags is empty
  Type == ttl
  Type == ""
  Definition == 1
  Definition.TTL == 1
  Interval == 1
  Namespace == ""
  Status == passing and ServiceName == web
  not ServiceTags is empty
`,
  ),
];

/** Words of which most of what they make is a filter, or nearly one. */
export const SYLLABLES: Readonly<Record<string, readonly string[]>> & { readonly any: readonly string[] } = {
  any: String.raw`
    == == != != in not not is empty contains matches and or ( ) ( ) "v1" "" 80 1 0 -1 1.5 01 x n1 v1 true "a . [ ] ["a"]
    ${"`b`"} "\x41" "\q" "(" "é" == == and or not`
    .trim()
    .split(/\s+/),
  nodes: ["Node", "Meta", "Meta.a", 'Meta["a b"]', "ID", "Address", "nope", "Meta.nope", "Node", "Meta.a"],
  service: [
    "Node",
    "ServiceTags",
    "ServicePort",
    "ServiceMeta.m",
    "ServiceName",
    "ServiceEnableTagOverride",
    "NodeMeta",
  ],
  node: [
    "ID",
    "Service",
    "Tags",
    "Port",
    "Meta.m",
    "TaggedAddresses.lan.Port",
    "Weights.Passing",
    "Proxy.Upstreams",
  ],
  health: [
    "Node.Node",
    "Service.ID",
    "Service.Tags",
    "Checks",
    "Checks.Status",
    "Checks.ServiceTags",
    "Service.Port",
  ],
  checks: ["Node", "CheckID", "Status", "ServiceTags", "ServiceName", "Output"],
};
