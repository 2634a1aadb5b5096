// By which of its addresses a node or a service is told: a table of what Consul 1.8.7 chooses.

import { describe, expect, test } from "vitest";
import { nodeAddress, serviceAddress, servicePort } from "../../../src/core/dns/addresses.ts";
import { RECORD } from "../../../src/core/dns/message.ts";
import type { CatalogService, Node } from "../../../src/core/model/catalog.ts";

const V4 = "10.0.0.1";
const V6 = "2001:db8::1";
const HOST = "far.example.com";

type Tags = readonly (readonly [string, string])[];

function node(address: string, taggedAddresses: Tags): Node {
  return { address, taggedAddresses } as Node;
}

function service(
  address: string,
  tags: readonly (readonly [string, string, number])[],
  port = 5,
): CatalogService {
  const taggedAddresses = tags.map(
    ([name, its, itsPort]) => [name, { address: its, port: itsPort }] as const,
  );
  return { address, port, taggedAddresses } as unknown as CatalogService;
}

/** For A, AAAA and SRV, from here and from another datacenter. */
function chosen(address: string, tags: Tags): string[] {
  const types = [RECORD.A, RECORD.AAAA, RECORD.SRV];
  return [false, true].flatMap((wan) => types.map((type) => nodeAddress(node(address, tags), type, wan)));
}

describe("an address", () => {
  test.each<[string, string, Tags, string[]]>([
    ["of version 4 alone", V4, [], [V4, "", V4, V4, "", V4]],
    ["of version 6 alone", V6, [], ["", V6, V6, "", V6, V6]],
    ["that is a host's name", HOST, [], [HOST, HOST, HOST, HOST, HOST, HOST]],
    ["with one of the other family", V4, [["lan_ipv6", V6]], [V4, V6, V6, V4, V6, V6]],
    [
      "with both families, of which servers are told the later",
      V4,
      [
        ["lan_ipv4", "10.0.0.4"],
        ["lan_ipv6", V6],
      ],
      ["10.0.0.4", V6, V6, "10.0.0.4", V6, V6],
    ],
    ["with one for the WAN", V4, [["wan", "198.51.100.1"]], [V4, "", V4, "198.51.100.1", "", "198.51.100.1"]],
    [
      "with one for the WAN, and one of its own family for the LAN that goes before it",
      V4,
      [
        ["lan_ipv4", V4],
        ["wan", "198.51.100.1"],
      ],
      [V4, "", V4, V4, "", V4],
    ],
    [
      "with one of its family for the WAN",
      V4,
      [
        ["lan_ipv4", V4],
        ["wan_ipv4", "198.51.100.4"],
      ],
      [V4, "", V4, "198.51.100.4", "", "198.51.100.4"],
    ],
  ])("%s", (_what, address, tags, expected) => {
    expect(chosen(address, tags)).toEqual(expected);
  });

  test("of a service is chosen in the same way", () => {
    const its = service(V4, [["wan_ipv6", V6, 7]]);
    expect([RECORD.A, RECORD.AAAA, RECORD.SRV].map((type) => serviceAddress(its, type, true))).toEqual([
      V4,
      V6,
      V6,
    ]);
  });
});

describe("the port of a service", () => {
  test("is its own, but that of the tag wan from elsewhere, if it has one", () => {
    const its = service(V4, [
      ["wan", V4, 2],
      ["lan_ipv6", V6, 6],
    ]);
    expect([servicePort(its, false), servicePort(its, true)]).toEqual([5, 2]);
    expect(servicePort(service(V4, [["wan", V4, 0]]), true)).toBe(5);
    expect(servicePort(service(V4, [["wan_ipv4", V4, 9]]), true)).toBe(5);
  });
});
