// What an agent says to a question of each form. Forms, settings and answers are those that were seen of Consul 1.8.7; here
// they are kept without Consul, which `npm run compare:dns` asks for many more. An answer is one line: what is empty is left
// out, "@" is the name as it was asked, SOA the zone's record, and each section is sorted.

import { beforeAll, describe, expect, test } from "vitest";
import type { AgentConfig } from "../../../src/core/agent/config.ts";
import { nameOfText } from "../../../src/core/dns/name.ts";
import type { DnsSettings } from "../../../src/core/dns/settings.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { readDns } from "../../support/dns.ts";
import { askDns, register, repliedTo, tableWith } from "./dns-rig.ts";
import { answerTo, askOverHttp, feed, type Table } from "./table.ts";

type Setup = "most" | "other";

/** As most have it, with a recursor that is down; and with everything set otherwise, and no recursor. */
const SETTINGS: Readonly<Record<Setup, Partial<DnsSettings>>> = {
  most: {
    nodeTtl: 7,
    serviceTtls: [
      ["web", 30],
      ["we*", 10],
      ["*", 5],
    ],
    soa: { refresh: 111, retry: 22, expire: 333, minTtl: 42 },
    recursors: ["192.0.2.53:53"],
  },
  other: {
    ...{ domain: must(nameOfText("example.corp"), "a name"), altDomain: nameOfText("test-domain") },
    ...{ onlyPassing: true, enableTruncate: true, udpAnswerLimit: 50, aRecordLimit: 1 },
    ...{ disableCompression: true, nodeMetaTxt: false },
  },
};
const OWN_NODE: Partial<AgentConfig> = {
  nodeMeta: [
    ["key_2", "b`q=1"],
    ["owner", "team a"],
    ["rfc1035-hello", "v=raw text"],
  ],
};

const critical = (ServiceID: string): object => ({
  Check: { CheckID: `${ServiceID}-c`, Status: "critical", ServiceID },
});
const SERVICES: readonly (readonly [service: object, more?: object])[] = [
  [
    {
      ID: "web1",
      Service: "web",
      Address: "10.1.1.1",
      Port: 8080,
      Tags: ["v1", "a.dotted.tag"],
      Weights: { Passing: 10, Warning: 2 },
    },
  ],
  [{ ID: "web2", Service: "web", Address: "10.1.1.2", Port: 8081, Tags: ["V2"] }],
  [{ ID: "web3", Service: "web", Address: "10.1.1.3", Port: 8082 }, critical("web3")],
  [
    { Service: "warm", Address: "10.1.1.4", Port: 8083, Weights: { Passing: 10, Warning: 3 } },
    { Check: { CheckID: "w", Status: "warning", ServiceID: "warm" } },
  ],
  [{ Service: "onlycrit", Address: "10.1.1.5", Port: 1 }, critical("onlycrit")],
  [{ Service: "noaddr", Port: 9 }],
  [{ Service: "v6", Address: "2001:db8::1", Port: 9 }],
  [
    {
      ...{ Service: "mix", Address: "10.9.9.9", Port: 5 },
      TaggedAddresses: {
        lan_ipv4: { Address: "10.9.9.9", Port: 5 },
        lan_ipv6: { Address: "2001:db8::99", Port: 6 },
        wan: { Address: "198.51.100.1", Port: 2 },
      },
    },
  ],
  [{ Service: "ext", Address: "example.com", Port: 443 }],
  [{ Service: "extc", Address: "web.service.consul", Port: 80 }],
  [{ Service: "loop1", Address: "loop2.service.consul", Port: 80 }],
  [{ Service: "loop2", Address: "loop1.service.consul", Port: 80 }],
  [{ Service: "itself", Address: "itself.service.consul", Port: 80 }],
  [{ ID: "both1", Service: "both", Address: "example.com", Port: 1 }],
  [{ ID: "both2", Service: "both", Address: "10.1.1.7", Port: 2 }],
  [{ ID: "twice1", Service: "twice", Address: "10.1.1.9", Port: 1 }],
  [{ ID: "twice2", Service: "twice", Address: "10.1.1.9", Port: 2 }],
  [{ Service: "bad_name", Address: "10.1.1.6", Port: 80 }],
  [{ Service: "native", Address: "10.1.1.8", Port: 77, Connect: { Native: true } }],
  [{ Service: "side", Port: 78 }],
  [
    { Service: "side-proxy", Kind: "connect-proxy", Port: 79, Proxy: { DestinationServiceName: "side" } },
    { Check: { CheckID: "s", Status: "warning", ServiceID: "side-proxy" } },
  ],
];
const QUERIES: readonly object[] = [
  { Name: "pq1", Service: { Service: "web" }, DNS: { TTL: "11s" } },
  { Name: "pq.dotted", Service: { Service: "noaddr" } },
  { Name: "pq-warm", Service: { Service: "warm", OnlyPassing: true } },
];

function lay(setup: Setup): Table {
  const table = tableWith(SETTINGS[setup], OWN_NODE);
  for (const [service, more] of SERVICES) register(table, "n1", service, more);
  register(
    table,
    "sick",
    { Service: "on-sick", Port: 3 },
    { Address: "10.3.0.4", Check: { CheckID: "c", Status: "critical" } },
  );
  register(table, "dotted.node", undefined, { Address: "10.3.0.1" });
  register(table, "named", undefined, { Address: "n1.node.consul" });
  register(table, "six", undefined, { Address: "2001:db8::6" });
  for (const body of QUERIES) {
    const id = askOverHttp(table, "POST", "/v1/query", JSON.stringify(body));
    expect(answerTo(table, id)?.status).toBe(200);
  }
  return table;
}

/** What is told, once nobody whom it was asked on has answered. */
function told(table: Table, name: string, type: string): string {
  let bytes = askDns(table, { name, type });
  for (let tries = 0; bytes === undefined && tries < 3; tries++) {
    const asked = table.out.flatMap((effect) => (effect.type === "dns-forward" ? [effect.op] : []));
    for (const op of asked) feed(table, { type: "dns-forwarded", op });
    bytes = repliedTo(table, table.nextId - 1);
  }
  if (!Buffer.isBuffer(bytes)) return "nothing";
  const { header, answers, authority, additional } = readDns(bytes);
  const sections = Object.entries({ answers, authority, additional }).filter(([, lines]) => lines.length > 0);
  const shown = sections.map(
    ([section, lines]) =>
      `${section}: ${lines
        .map((line) => short(line, name))
        .sort()
        .join(", ")}`,
  );
  return [header, ...shown].join("; ");
}

function short(line: string, name: string): string {
  const from = line.startsWith(`${name}. `) ? line.replace(`${name}.`, "@") : line;
  return from.replace(/SOA ns\..*/, "SOA").replaceAll('"', "'");
}

const ANSWERS: readonly (readonly [
  about: string,
  setup: Setup,
  answers: readonly (readonly [question: string, answer: string])[],
])[] = [
  [
    "a node",
    "most",
    [
      [
        "s1.node.consul A",
        "NOERROR qr aa rd ra; answers: @ 7 A 10.0.0.1; additional: @ 7 TXT 'consul-network-segment=', @ 7 TXT 'key_2=b``q=1', @ 7 TXT 'owner=team a', @ 7 TXT 'v=raw text'",
      ],
      [
        "S1.Node.dc1.CONSUL A",
        "NOERROR qr aa rd ra; answers: @ 7 A 10.0.0.1; additional: @ 7 TXT 'consul-network-segment=', @ 7 TXT 'key_2=b``q=1', @ 7 TXT 'owner=team a', @ 7 TXT 'v=raw text'",
      ],
      [
        "s1.node.consul AAAA",
        "NOERROR qr aa rd ra; additional: @ 7 TXT 'consul-network-segment=', @ 7 TXT 'key_2=b``q=1', @ 7 TXT 'owner=team a', @ 7 TXT 'v=raw text'",
      ],
      ["s1.node.consul MX", "NOERROR qr aa rd ra"],
      [
        "s1.node.consul TXT",
        "NOERROR qr aa rd ra; answers: @ 7 TXT 'consul-network-segment=', @ 7 TXT 'key_2=b``q=1', @ 7 TXT 'owner=team a', @ 7 TXT 'v=raw text'",
      ],
      [
        "s1.node.consul ANY",
        "NOERROR qr aa rd ra; answers: @ 7 A 10.0.0.1, @ 7 TXT 'consul-network-segment=', @ 7 TXT 'key_2=b``q=1', @ 7 TXT 'owner=team a', @ 7 TXT 'v=raw text'",
      ],
      ["dotted.node.node.consul A", "NOERROR qr aa rd ra; answers: @ 7 A 10.3.0.1"],
      ["six.node.consul A", "NOERROR qr aa rd ra"],
      [
        "six.node.consul AAAA",
        "NOERROR qr aa rd ra; answers: @ 7 AAAA 2001:0db8:0000:0000:0000:0000:0000:0006",
      ],
      ["sick.node.consul A", "NOERROR qr aa rd ra; answers: @ 7 A 10.3.0.4"],
      ["nosuch.node.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["nosuch.node.consul MX", "NOERROR qr aa rd ra"],
      ["s1.node.nodc.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
    ],
  ],
  [
    "a service",
    "most",
    [
      ["web.service.consul A", "NOERROR qr aa rd ra; answers: @ 30 A 10.1.1.1, @ 30 A 10.1.1.2"],
      ["WEB.Service.dc1.Consul A", "NOERROR qr aa rd ra; answers: @ 30 A 10.1.1.1, @ 30 A 10.1.1.2"],
      ["web.service.consul AAAA", "NOERROR qr aa rd ra; authority: consul. 42 SOA"],
      ["web.service.consul MX", "NOERROR qr aa rd ra; authority: consul. 42 SOA"],
      ["web.service.consul TXT", "NOERROR qr aa rd ra; answers: @ 30 A 10.1.1.1, @ 30 A 10.1.1.2"],
      ["web.service.consul CNAME", "NOERROR qr aa rd ra; authority: consul. 42 SOA"],
      ["v2.web.service.consul A", "NOERROR qr aa rd ra; answers: @ 30 A 10.1.1.2"],
      ["a.dotted.tag.web.service.consul A", "NOERROR qr aa rd ra; answers: @ 30 A 10.1.1.1"],
      ["nosuch.web.service.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["_web._v2.service.consul A", "NOERROR qr aa rd ra; answers: @ 30 A 10.1.1.2"],
      ["v6.service.consul A", "NOERROR qr aa rd ra; authority: consul. 42 SOA"],
      [
        "v6.service.consul AAAA",
        "NOERROR qr aa rd ra; answers: @ 5 AAAA 2001:0db8:0000:0000:0000:0000:0000:0001",
      ],
      ["mix.service.consul A", "NOERROR qr aa rd ra; answers: @ 5 A 10.9.9.9"],
      [
        "mix.service.consul AAAA",
        "NOERROR qr aa rd ra; answers: @ 5 AAAA 2001:0db8:0000:0000:0000:0000:0000:0099",
      ],
      ["twice.service.consul A", "NOERROR qr aa rd ra; answers: @ 5 A 10.1.1.9"],
      ["bad_name.service.consul A", "NOERROR qr aa rd ra; answers: @ 5 A 10.1.1.6"],
      ["onlycrit.service.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["on-sick.service.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
    ],
  ],
  [
    "the servers of a service",
    "most",
    [
      [
        "web.service.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 30 SRV 1 1 8081 0a010102.addr.dc1.consul., @ 30 SRV 1 10 8080 0a010101.addr.dc1.consul.; additional: 0a010101.addr.dc1.consul. 30 A 10.1.1.1, 0a010102.addr.dc1.consul. 30 A 10.1.1.2",
      ],
      [
        "_web._tcp.service.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 30 SRV 1 1 8081 0a010102.addr.dc1.consul., @ 30 SRV 1 10 8080 0a010101.addr.dc1.consul.; additional: 0a010101.addr.dc1.consul. 30 A 10.1.1.1, 0a010102.addr.dc1.consul. 30 A 10.1.1.2",
      ],
      [
        "_web._v2.service.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 30 SRV 1 1 8081 0a010102.addr.dc1.consul.; additional: 0a010102.addr.dc1.consul. 30 A 10.1.1.2",
      ],
      ["_web._udp.service.consul SRV", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      [
        "_web._tcp.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 30 SRV 1 1 8081 0a010102.addr.dc1.consul., @ 30 SRV 1 10 8080 0a010101.addr.dc1.consul.; additional: 0a010101.addr.dc1.consul. 30 A 10.1.1.1, 0a010102.addr.dc1.consul. 30 A 10.1.1.2",
      ],
      ["_web._tcp.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      [
        "warm.service.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 5 SRV 1 3 8083 0a010104.addr.dc1.consul.; additional: 0a010104.addr.dc1.consul. 5 A 10.1.1.4",
      ],
      [
        "noaddr.service.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 5 SRV 1 1 9 n1.node.dc1.consul.; additional: n1.node.dc1.consul. 5 A 10.0.0.9",
      ],
      [
        "v6.service.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 5 SRV 1 1 9 20010db8000000000000000000000001.addr.dc1.consul.; additional: 20010db8000000000000000000000001.addr.dc1.consul. 5 AAAA 2001:0db8:0000:0000:0000:0000:0000:0001",
      ],
      [
        "mix.service.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 5 SRV 1 1 5 20010db8000000000000000000000099.addr.dc1.consul.; additional: 20010db8000000000000000000000099.addr.dc1.consul. 5 AAAA 2001:0db8:0000:0000:0000:0000:0000:0099",
      ],
      [
        "twice.service.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 5 SRV 1 1 1 0a010109.addr.dc1.consul., @ 5 SRV 1 1 2 0a010109.addr.dc1.consul.; additional: 0a010109.addr.dc1.consul. 5 A 10.1.1.9, 0a010109.addr.dc1.consul. 5 A 10.1.1.9",
      ],
      [
        "consul.service.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 5 SRV 1 1 8300 s1.node.dc1.consul.; additional: s1.node.dc1.consul. 5 A 10.0.0.1, s1.node.dc1.consul. 5 TXT 'consul-network-segment=', s1.node.dc1.consul. 5 TXT 'key_2=b``q=1', s1.node.dc1.consul. 5 TXT 'owner=team a', s1.node.dc1.consul. 5 TXT 'v=raw text'",
      ],
    ],
  ],
  [
    "a service that is elsewhere by name",
    "most",
    [
      ["ext.service.consul A", "NOERROR qr aa rd ra; answers: @ 5 CNAME example.com."],
      ["ext.service.consul AAAA", "NOERROR qr aa rd ra; answers: @ 5 CNAME example.com."],
      ["ext.service.consul SRV", "NOERROR qr aa rd ra; answers: @ 5 SRV 1 1 443 example.com."],
      [
        "extc.service.consul A",
        "NOERROR qr aa rd ra; answers: @ 5 CNAME web.service.consul., web.service.consul. 5 A 10.1.1.1, web.service.consul. 5 A 10.1.1.2",
      ],
      ["both.service.consul A", "NOERROR qr aa rd ra; answers: @ 5 A 10.1.1.7"],
      [
        "loop1.service.consul A",
        "NOERROR qr aa rd ra; answers: @ 5 CNAME loop2.service.consul., @ 5 CNAME loop2.service.consul., loop2.service.consul. 5 CNAME loop1.service.consul.",
      ],
      ["itself.service.consul A", "NOERROR qr aa rd ra; answers: @ 5 A 10.0.0.9"],
      [
        "named.node.consul A",
        "NOERROR qr aa rd ra; answers: @ 7 CNAME n1.node.consul., n1.node.consul. 7 A 10.0.0.9",
      ],
    ],
  ],
  [
    "who takes connections for a service",
    "most",
    [
      ["native.connect.consul A", "NOERROR qr aa rd ra; answers: @ 5 A 10.1.1.8"],
      ["any.native.connect.consul A", "NOERROR qr aa rd ra; answers: @ 5 A 10.1.1.8"],
      [
        "side.connect.consul SRV",
        "NOERROR qr aa rd ra; answers: @ 5 SRV 1 1 79 n1.node.dc1.consul.; additional: n1.node.dc1.consul. 5 A 10.0.0.9",
      ],
      ["web.connect.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["web.ingress.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
    ],
  ],
  [
    "a prepared query",
    "most",
    [
      ["pq1.query.consul A", "NOERROR qr aa rd ra; answers: @ 11 A 10.1.1.1, @ 11 A 10.1.1.2"],
      ["PQ1.query.dc1.consul A", "NOERROR qr aa rd ra; answers: @ 11 A 10.1.1.1, @ 11 A 10.1.1.2"],
      ["pq.dotted.query.consul A", "NOERROR qr aa rd ra; answers: @ 5 A 10.0.0.9"],
      ["pq-warm.query.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["nosuch.query.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["pq1.query.dc1.dc.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
    ],
  ],
  [
    "an address that is a name",
    "most",
    [
      ["0a010101.addr.consul A", "NOERROR qr aa rd ra; answers: @ 7 A 10.1.1.1"],
      [
        "0A010101.addr.dc1.foo.consul A",
        "NOERROR qr aa rd ra; answers: 0a010101.addr.dc1.foo.consul. 7 A 10.1.1.1",
      ],
      ["0a010101.addr.consul AAAA", "NOERROR qr aa rd ra; answers: @ 7 A 10.1.1.1"],
      [
        "20010db8000000000000000000000001.addr.consul AAAA",
        "NOERROR qr aa rd ra; answers: @ 7 AAAA 2001:0db8:0000:0000:0000:0000:0000:0001",
      ],
      ["0a0101.addr.consul A", "NOERROR qr aa rd ra"],
      ["zz010101.addr.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["x.0a010101.addr.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
    ],
  ],
  [
    "an address turned around",
    "most",
    [
      ["1.1.1.10.in-addr.arpa PTR", "NOERROR qr aa rd ra; answers: @ 0 PTR web.service.dc1.consul."],
      ["1.0.0.10.in-addr.arpa PTR", "NOERROR qr aa rd ra; answers: @ 0 PTR s1.node.dc1.consul."],
      ["1.0.0.10.in-addr.arpa A", "NOERROR qr aa rd ra; answers: @ 0 PTR s1.node.dc1.consul."],
      [
        "1.0.0.10.in-addr.arpa SOA",
        "NOERROR qr aa rd ra; answers: @ 0 PTR s1.node.dc1.consul.; authority: consul. 42 SOA",
      ],
      [
        "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR",
        "NOERROR qr aa rd ra; answers: @ 0 PTR six.node.dc1.consul.",
      ],
      ["9.9.9.9.in-addr.arpa PTR", "SERVFAIL qr rd ra"],
    ],
  ],
  [
    "the zone",
    "most",
    [
      [
        "consul SOA",
        "NOERROR qr aa rd ra; answers: @ 42 SOA; authority: @ 7 NS s1.node.dc1.consul.; additional: s1.node.dc1.consul. 7 A 10.0.0.1",
      ],
      [
        "foo.consul SOA",
        "NOERROR qr aa rd ra; answers: consul. 42 SOA; authority: consul. 7 NS s1.node.dc1.consul.; additional: s1.node.dc1.consul. 7 A 10.0.0.1",
      ],
      [
        "consul NS",
        "NOERROR qr aa rd ra; answers: @ 7 NS s1.node.dc1.consul.; additional: s1.node.dc1.consul. 7 A 10.0.0.1",
      ],
      ["consul AXFR", "NOTIMP qr aa rd ra"],
    ],
  ],
  [
    "no name of anything",
    "most",
    [
      ["consul A", "NXDOMAIN qr aa rd ra; authority: @ 42 SOA"],
      ["consul ANY", "NXDOMAIN qr aa rd ra; authority: @ 42 SOA"],
      ["foo.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["service.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["web.service.dc1.dc.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["web.service.nodc.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["web.virtual.consul A", "NXDOMAIN qr aa rd ra; authority: consul. 42 SOA"],
      ["www.example.org A", "SERVFAIL qr rd ra"],
    ],
  ],
  [
    "a zone with another name",
    "other",
    [
      [
        "example.corp SOA",
        "NOERROR qr aa rd; answers: @ 0 SOA; authority: @ 0 NS s1.node.dc1.example.corp.; additional: s1.node.dc1.example.corp. 0 A 10.0.0.1",
      ],
      [
        "test-domain SOA",
        "NOERROR qr aa rd; answers: example.corp. 0 SOA; authority: example.corp. 0 NS s1.node.dc1.example.corp.; additional: s1.node.dc1.example.corp. 0 A 10.0.0.1",
      ],
      [
        "EXAMPLE.corp SOA",
        "NOERROR qr aa rd; answers: example.corp. 0 SOA; authority: example.corp. 0 NS s1.node.dc1.example.corp.; additional: s1.node.dc1.example.corp. 0 A 10.0.0.1",
      ],
      [
        "native.connect.example.corp SRV",
        "NOERROR qr aa rd; answers: @ 0 SRV 1 1 77 0a010108.addr.dc1.example.corp.; additional: 0a010108.addr.dc1.example.corp. 0 A 10.1.1.8",
      ],
      [
        "web.service.test-domain SRV",
        "NOERROR qr aa rd; answers: @ 0 SRV 1 1 8081 0a010102.addr.dc1.example.corp., @ 0 SRV 1 10 8080 0a010101.addr.dc1.example.corp.; additional: 0a010101.addr.dc1.example.corp. 0 A 10.1.1.1, 0a010102.addr.dc1.example.corp. 0 A 10.1.1.2",
      ],
      [
        "noaddr.service.test-domain SRV",
        "NOERROR qr aa rd; answers: @ 0 SRV 1 1 9 n1.node.dc1.example.corp.; additional: n1.node.dc1.example.corp. 0 A 10.0.0.9",
      ],
      ["0a010101.addr.test-domain A", "NOERROR qr aa rd; answers: 0a010101.addr.example.corp. 0 A 10.1.1.1"],
      ["1.1.1.10.in-addr.arpa PTR", "NOERROR qr aa rd; answers: @ 0 PTR web.service.dc1.example.corp."],
      ["web.service.consul A", "REFUSED qr rd"],
      ["foo.bar A", "REFUSED qr rd"],
      ["s1.node.example.corp A", "NOERROR qr aa rd; answers: @ 0 A 10.0.0.1"],
      [
        "s1.node.example.corp TXT",
        "NOERROR qr aa rd; answers: @ 0 TXT 'consul-network-segment=', @ 0 TXT 'key_2=b``q=1', @ 0 TXT 'owner=team a', @ 0 TXT 'v=raw text'",
      ],
    ],
  ],
  [
    "where only what is well is told",
    "other",
    [
      ["warm.service.example.corp A", "NXDOMAIN qr aa rd; authority: example.corp. 0 SOA"],
      ["side.connect.example.corp SRV", "NXDOMAIN qr aa rd; authority: example.corp. 0 SOA"],
    ],
  ],
];

describe.each(ANSWERS)("%s", (_about, setup, answers) => {
  let table: Table;
  beforeAll(() => {
    table = lay(setup);
  });

  test.each(answers)("%s", (question, answer) => {
    const [name = "", type = ""] = question.split(" ");
    expect(told(table, name, type)).toBe(answer);
  });
});

describe("of thirty instances", () => {
  const FULL: Partial<DnsSettings> = { enableTruncate: true, udpAnswerLimit: 50, disableCompression: true };
  const plain = {};
  const limited = { aRecordLimit: 2 };

  /** How many answers there are, and "tc" where it is told that there were more. */
  function countOf(
    settings: Partial<DnsSettings>,
    type: string,
    over: "udp" | "tcp",
    udpBytes?: number,
  ): string {
    const table = tableWith(settings);
    for (let at = 0; at < 30; at++)
      register(table, `big-${at}`, { Service: "big", Address: `10.2.0.${at}`, Port: 5000 });
    const asking = { name: "big.service.consul", type, ...(udpBytes === undefined ? {} : { udpBytes }) };
    const bytes = askDns(table, asking, over);
    if (!Buffer.isBuffer(bytes)) return "nothing";
    const { header, answers, edns } = readDns(bytes);
    expect(bytes.length).toBeLessThanOrEqual(over === "tcp" ? 65_535 : (udpBytes ?? 512));
    expect(edns).toBe(udpBytes === undefined ? "" : `udp ${udpBytes}`);
    return `${answers.length}${header.includes(" tc") ? " tc" : ""}`;
  }

  test.each<[string, Partial<DnsSettings>, string, "udp" | "tcp", number | undefined, string]>([
    ["a plain client hears of three", plain, "A", "udp", undefined, "3"],
    ["and of three servers", plain, "SRV", "udp", undefined, "3"],
    ["one that takes 512 bytes is a plain one", plain, "A", "udp", 512, "3"],
    ["one that takes a byte more hears of as many as fit", plain, "A", "udp", 513, "29"],
    ["one that takes 4096 hears of all", plain, "SRV", "udp", 4096, "30"],
    ["over TCP all are told", plain, "SRV", "tcp", undefined, "30"],
    ["and it is told that there are more where that is wanted", FULL, "SRV", "udp", undefined, "4 tc"],
    ["what fits", FULL, "SRV", "udp", 1232, "11 tc"],
    ["without compression", FULL, "SRV", "tcp", undefined, "30"],
    ["never more than eight to a plain client", { udpAnswerLimit: 50 }, "A", "udp", undefined, "8"],
    ["a_record_limit is for addresses", limited, "A", "tcp", undefined, "2"],
    ["and not for servers", limited, "SRV", "tcp", undefined, "30"],
    ["no limit is none", { udpAnswerLimit: 0 }, "A", "udp", undefined, "29"],
  ])("%s", (_about, settings, type, over, udpBytes, count) => {
    expect(countOf(settings, type, over, udpBytes)).toBe(count);
  });
});

describe("what is said of the extension mechanism", () => {
  test.each([
    ["of a service", "web.service.consul", "udp 1232 option 8 10.1.2/24/0"],
    [
      "of a prepared query, whose answer is for that subnet",
      "pq1.query.consul",
      "udp 1232 option 8 10.1.2/24/24",
    ],
    ["of a query that is not there", "nosuch.query.consul", "udp 1232 option 8 10.1.2/24/0"],
  ])("%s", (_about, name, said) => {
    const bytes = askDns(lay("most"), { name, udpBytes: 1232, subnet: "10.1.2.0/24" });
    expect(Buffer.isBuffer(bytes) && readDns(bytes).edns).toBe(said);
  });
});

test("every class is answered as that of the internet", () => {
  const bytes = askDns(lay("most"), { name: "noaddr.service.consul", class: 3 });
  expect(Buffer.isBuffer(bytes) && readDns(bytes).answers).toEqual(["noaddr.service.consul. 5 A 10.0.0.9"]);
});

test("metadata that is longer than a string of DNS is told in several, and costs nobody the answer", () => {
  const table = tableWith();
  register(table, "n1", undefined, { NodeMeta: { long: "x".repeat(400) } });
  const bytes = askDns(table, { name: "n1.node.consul", udpBytes: 4096 });
  const { answers, additional } = readDns(Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(12));
  expect(answers).toEqual(["n1.node.consul. 0 A 10.0.0.9"]);
  expect(additional[0]).toMatch(/^n1\.node\.consul\. 0 TXT "long=x{250}" "x{150}"$/);
});

test("keys and values of metadata are written as RFC 1464 has it", () => {
  const table = tableWith();
  register(table, "n1", undefined, { NodeMeta: { "=b": " c ", "RFC1035-x": "as=it`is" } });
  const bytes = askDns(table, { name: "n1.node.consul", type: "TXT" });
  const { answers } = readDns(Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(12));
  expect(answers.map((line) => line.split(" TXT ")[1]).sort()).toEqual(['"`=b= c "', '"as=it`is"']);
});
