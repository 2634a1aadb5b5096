// The questions whose answers are compared: every form of name, of every type, over UDP with and without EDNS and over TCP.

import { type Asking, questionBytes } from "../../test/support/dns.ts";
import type { Setup } from "./dns-agents.ts";

export interface DnsQuestion {
  readonly setup: Setup;
  readonly over: "udp" | "tcp";
  /** What tells it from all others. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const TYPES = ["A", "AAAA", "SRV", "TXT", "ANY", "CNAME", "MX", "PTR"];
const FEW = ["A", "SRV", "ANY"];

const EAST = `node1.node.consul NODE1.Node.dc1.CONSUL node1.node.dc1.consul nosuch.node.consul node1.node.nodc.consul
  named.node.consul six.node.consul dotted.node.node.consul under_score.node.consul upper.node.consul nested.node.consul
  web.service.consul WEB.Service.Consul web.service.dc1.consul v2.web.service.consul V2.web.service.consul
  a.dotted.tag.web.service.consul nosuch.web.service.consul _web._tcp.service.consul _web._v2.service.consul
  _web._udp.service.consul _web._tcp.consul _web._tcp.dc1.consul _web._v2._x.service.consul
  warm.service.consul onlycrit.service.consul noaddr.service.consul v6.service.consul mix.service.consul
  ext.service.consul silent.service.consul gone.service.consul extc.service.consul itself.service.consul
  loop1.service.consul bad_name.service.consul mixedcase.service.consul tag.mixedcase.service.consul
  native.connect.consul side.connect.consul web.connect.consul any.native.connect.consul web.ingress.consul
  twice.service.consul on-named.service.consul on-six.service.consul on-under.service.consul on-sick.service.consul
  on-odd.service.consul consul.service.consul web.service.dc1.dc.consul web.service.nodc.consul web.virtual.consul
  pq1.query.consul PQ1.query.consul pq-plain.query.dc1.consul pq.dotted.query.consul pq-empty.query.consul
  pq-warm.query.consul pq-over.query.consul tpl-noaddr.query.consul nosuch.query.consul pq1.query.dc1.dc.consul
  0a010101.addr.consul 0A010101.addr.dc1.foo.consul zz010101.addr.consul 0a0101.addr.consul 0a01010.addr.consul
  0a0101012.addr.consul x.0a010101.addr.consul 20010db8000000000000000000000001.addr.consul
  00000000000000000000ffff0a010101.addr.consul
  consul foo.consul service.consul node.consul .consul addr.consul query.consul
  a.service.dc2.consul wan.service.dc2.consul bare.service.dc2.consul node-two.node.dc2.consul far.node.dc2.consul`;
const REVERSE = `1.1.1.10.in-addr.arpa 1.0.3.10.in-addr.arpa 9.9.9.9.in-addr.arpa 01.1.1.10.in-addr.arpa 1.1.10.in-addr.arpa
  6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa in-addr.arpa
  1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.IP6.ARPA`;
const OUTSIDE = "www.example.org chain.example.com nx.example.com refuse.example.com silent.example.com .";
const WEST = `example.corp test-domain a.service.example.corp A.Service.Example.Corp a.service.test-domain
  warn.service.example.corp wan.service.example.corp node-two.node.example.corp node-two.node.test-domain
  0a000001.addr.test-domain 0a000001.addr.example.corp mix.service.dc1.example.corp noaddr.service.dc1.example.corp
  upper.node.dc1.example.corp warm.service.dc1.example.corp web.service.consul foo.bar test-domain.example.corp
  on-far.service.example.corp tagged.service.example.corp`;
const ALONE = `web.service.consul web.service.alt.consul alt.consul three.node.alt.consul 0a070001.addr.alt.consul
  host.service.consul inner.service.consul pq.query.consul pq.query.alt.consul consul nosuch.service.alt.consul
  three.node.consul nosuch.node.consul web.service.dc9.consul www.example.org 9.9.9.9.in-addr.arpa`;

const words = (text: string): string[] => text.trim().split(/\s+/);

function ask(setup: Setup, over: "udp" | "tcp", asking: Asking): DnsQuestion {
  const { name, type = "A", udpBytes, subnet } = asking;
  const edns =
    udpBytes === undefined ? "" : ` edns ${udpBytes}${subnet === undefined ? "" : ` for ${subnet}`}`;
  const more = asking.class === undefined ? "" : ` class ${asking.class}`;
  const bits =
    asking.flags === undefined && asking.opcode === undefined
      ? ""
      : ` opcode ${asking.opcode ?? 0} flags ${(asking.flags ?? 0x0100).toString(16)}`;
  return {
    setup,
    over,
    name: `${setup} ${over} ${name} ${type}${edns}${more}${bits}`,
    bytes: questionBytes(asking),
  };
}

function everyWay(setup: Setup, name: string, types: readonly (string | number)[]): DnsQuestion[] {
  return types.flatMap((type) => [
    ask(setup, "udp", { name, type }),
    ask(setup, "udp", { name, type, udpBytes: 4096 }),
    ask(setup, "tcp", { name, type }),
  ]);
}

function sizes(setup: Setup, name: string): DnsQuestion[] {
  return ["A", "SRV"].flatMap((type) =>
    [100, 512, 513, 600, 700, 1000, 1232, 1400, 2000, 4096, 65535].map((udpBytes) =>
      ask(setup, "udp", { name, type, udpBytes }),
    ),
  );
}

function raw(name: string, bytes: Uint8Array, over: "udp" | "tcp" = "udp"): DnsQuestion {
  return { setup: "east", over, name: `east ${over} ${name}`, bytes };
}

/** A question of which some bytes are others. */
function changed(patches: readonly (readonly [at: number, byte: number])[]): Uint8Array {
  const bytes = questionBytes({ name: "noaddr.service.consul" });
  for (const [at, byte] of patches) bytes[at] = byte;
  return bytes;
}

const STRANGE: readonly DnsQuestion[] = [
  raw("nothing", new Uint8Array()),
  raw("half a header", Uint8Array.of(1, 2, 3, 4, 5)),
  raw("a header alone", questionBytes({ name: "a" }).subarray(0, 12)),
  raw("no question", changed([[5, 0]])),
  raw("two questions", changed([[5, 2]])),
  raw("two answers", changed([[7, 2]])),
  raw("an answer that is not there", changed([[7, 1]])),
  raw("three additional", changed([[11, 3]])),
  raw("an answer", changed([[2, 0x81]])),
  raw("an update", changed([[2, 0x29]])),
  raw("a status", changed([[2, 0x11]])),
  raw("a notice", changed([[2, 0x21]])),
  raw(
    "all other bits",
    changed([
      [2, 0x07],
      [3, 0xff],
    ]),
  ),
  raw(
    "bytes behind it",
    Buffer.concat([questionBytes({ name: "noaddr.service.consul" }), Buffer.from("more")]),
  ),
  raw(
    "a name that points at itself",
    changed([
      [12, 0xc0],
      [13, 12],
    ]),
  ),
  raw("a label of a reserved kind", changed([[12, 0x80]])),
  raw("a label without an end", questionBytes({ name: "noaddr.service.consul" }).subarray(0, 20)),
];

export const QUESTIONS: readonly DnsQuestion[] = [
  ...words(EAST).flatMap((name) => everyWay("east", name, TYPES)),
  ...words(REVERSE).flatMap((name) => everyWay("east", name, ["PTR", "A", "SOA", "ANY"])),
  ...words(OUTSIDE).flatMap((name) => everyWay("east", name, ["A", "TXT"])),
  ...words("consul foo.consul web.service.consul CONSUL").flatMap((name) =>
    everyWay("east", name, ["SOA", "NS", "AXFR"]),
  ),
  ...["big.service.consul", "big.service.dc1.consul"].flatMap((name) =>
    everyWay("east", name, [...FEW, "AAAA"]),
  ),
  ...sizes("east", "big.service.consul"),
  ...sizes("west", "big.service.example.corp"),
  ...sizes("alone", "big.service.consul"),
  ...words(WEST).flatMap((name) => everyWay("west", name, [...TYPES, "SOA"])),
  ...words(REVERSE).flatMap((name) => everyWay("west", name, ["PTR"])),
  ...everyWay("west", "big.service.example.corp", FEW),
  ...words(ALONE).flatMap((name) => everyWay("alone", name, [...FEW, "AAAA", "SOA", "NS"])),
  ...everyWay("alone", "big.service.consul", FEW),
  ...[
    "web.service.consul",
    "pq1.query.consul",
    "pq-empty.query.consul",
    "nosuch.query.consul",
    "node1.node.consul",
    "consul",
  ].map((name) => ask("east", "udp", { name, type: "A", udpBytes: 1232, subnet: "10.1.2.0/24" })),
  ...["9.9.9.9.in-addr.arpa", "foo.bar"].map((name) =>
    ask("west", "udp", { name, udpBytes: 1232, subnet: "10.1.2.0/24" }),
  ),
  ...[3, 255, 77].map((each) => ask("east", "udp", { name: "noaddr.service.consul", class: each })),
  ...[0, 0x0110, 0x0120, 0x0010].map((flags) => ask("east", "udp", { name: "noaddr.service.consul", flags })),
  ...STRANGE,
];
