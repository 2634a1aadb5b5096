import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandTemplate } from "../../../src/adapters/config/address-template.ts";
import { detectAdvertise, systemInterfaces } from "../../../src/adapters/config/interfaces.ts";
import { isForwardable, isPrivate } from "../../../src/adapters/config/network-blocks.ts";
import { inBlock } from "../../../src/core/model/network-block.ts";
import { HOST } from "./support.ts";

describe("address templates", () => {
  test.each([
    ["no template at all", "10.0.0.1", "10.0.0.1"],
    ["within a text", "a {{ GetPrivateIP }} b", "a 10.1.2.3 b"],
    ["twice", "{{GetPrivateIP}} {{ GetPrivateIP }}", "10.1.2.3 10.1.2.3"],
    ["of the default route, private", "{{ GetPrivateIP }}", "10.1.2.3"],
    ["of the default route, public: there is none", "{{ GetPublicIP }}", ""],
    ["all that are public", "{{ GetPublicIPs }}", "8.8.4.4"],
    ["of an interface, without those that no router passes on", '{{ GetInterfaceIP "eth0" }}', "10.1.2.3"],
    ["all of an interface", '{{ GetInterfaceIPs "eth0" }}', "10.1.2.3 fe80::1"],
    ["of an interface that is not there", '{{ GetInterfaceIP "wlan0" }}', ""],
    ["of the loopback: none is forwardable", '{{ GetInterfaceIP "lo" }}', ""],
    [
      "joined",
      '{{ GetAllInterfaces | include "type" "IPv4" | join "address" "," }}',
      "127.0.0.1,10.1.2.3,8.8.4.4",
    ],
    ["by network", '{{ GetAllInterfaces | include "network" "10.0.0.0/8" | attr "address" }}', "10.1.2.3"],
    ["by name", '{{ GetAllInterfaces | exclude "name" "^lo$" | limit 1 | attr "name" }}', "eth0"],
    [
      "by flag",
      '{{ GetAllInterfaces | include "flags" "forwardable|up" | join "address" " " }}',
      "10.1.2.3 8.8.4.4",
    ],
    [
      "of the default route",
      '{{ GetDefaultInterfaces | include "type" "IPv6" | attr "address" }}',
      "fe80::1",
    ],
    ["from the second on", '{{ GetPublicInterfaces | offset 1 | attr "address" }}', ""],
    ["from the last on", '{{ GetAllInterfaces | offset -1 | attr "address" }}', "8.8.4.4"],
    [
      "sorted",
      '{{ GetAllInterfaces | sort "type,-size,address" | join "address" " " }}',
      "8.8.4.4 10.1.2.3 127.0.0.1 ::1 fe80::1",
    ],
    ["sorted by a name, backwards", '{{ GetAllInterfaces | sort "-name" | attr "name" }}', "lo"],
    [
      "of each interface one",
      '{{ GetAllInterfaces | unique "name" | join "string" " " }}',
      "127.0.0.1/8 10.1.2.3/16 8.8.4.4/24",
    ],
    [
      "by an RFC",
      '{{ GetAllInterfaces | include "rfc" "1918|4291" | join "address" " " }}',
      "::1 10.1.2.3 fe80::1",
    ],
    ["outside of an RFC", '{{ GetAllInterfaces | exclude "rfc" "6890" | join "address" " " }}', "8.8.4.4"],
    ["by size", '{{ GetAllInterfaces | include "size" "24" | attr "network" }}', "8.8.4.0"],
    [
      "by address",
      '{{ GetAllInterfaces | include "address" "^(?i:FE)" | attr "hex" }}',
      "fe800000000000000000000000000001",
    ],
    [
      "the fifth of its network",
      '{{ GetDefaultInterfaces | math "network" "+5" | attr "string" }}',
      "10.1.0.5/16",
    ],
    [
      "the last of its network",
      '{{ GetDefaultInterfaces | math "network" "-1" | attr "address" }}',
      "10.1.255.255",
    ],
    ["the next one", '{{ GetDefaultInterfaces | math "address" "+1" | attr "address" }}', "10.1.2.4"],
    ["in parentheses", '{{ join "type" "," (GetAllInterfaces | limit 2) }}', "IPv4,IPv6"],
    ["a literal", 'a{{- " b " -}} c', "a b c"],
    ["a raw literal with braces", "{{ `}}` }}", "}}"],
    ["a comment", "a {{/* of no weight */}}b", "a b"],
  ])("%s", (_, template, text) => {
    expect(expandTemplate(template, HOST.interfaces)).toEqual({ ok: true, text });
  });

  test.each([
    ["size", "65536"],
    ["netmask", "255.255.0.0"],
    ["mask_bits", "16"],
    ["first_usable", "10.1.0.1"],
    ["last_usable", "10.1.255.254"],
    ["octets", "10 1 2 3"],
    ["binary", "00001010000000010000001000000011"],
    ["flags", "up"],
    ["port", "0"],
    ["host", "10.1.2.3"],
  ])("attribute %s", (name, text) => {
    const template = `{{ GetDefaultInterfaces | attr "${name}" }}`;
    expect(expandTemplate(template, HOST.interfaces)).toEqual({ ok: true, text });
  });

  test.each([
    ["{{ bogus }}", '1: function "bogus" not defined'],
    ["{{ GetPrivateIP", "1: unclosed action"],
    ["{{ GetPrivateIP }", "1: unclosed action"],
    ["{{ }}", "1: missing value for command"],
    ['{{ "x }}', "1: unexpected unterminated quoted string in command"],
    ["{{ (GetPrivateIP }}", "1: unclosed left paren"],
    ["{{ GetPrivateIP ) }}", "1: unexpected right paren"],
    ["{{ with GetPrivateIP }}x{{ end }}", '1: function "with" not defined'],
    [
      '{{ GetPrivateIP | attr "address" }}',
      '1:18: executing "sockaddr.Parse" at <attr "address">: error calling attr: unable to obtain attribute address from type string (10.1.2.3)',
    ],
    [
      '{{ GetAllInterfaces | attr "address" | limit 1 }}',
      '1:39: executing "sockaddr.Parse" at <limit 1>: error calling limit: a list of interfaces is wanted',
    ],
    [
      '{{ GetAllInterfaces | include "name" "(" | attr "address" }}',
      '1:22: executing "sockaddr.Parse" at <include "name" "(">: error calling include: Unable to compile name regexp "(": error parsing regexp: missing closing ): `(`',
    ],
    [
      '{{ GetAllInterfaces | limit -1 | attr "address" }}',
      '1:28: executing "sockaddr.Parse" at <-1>: expected unsigned integer; found -1',
    ],
    [
      '{{ GetAllInterfaces | sort "bogus" }}',
      '1:22: executing "sockaddr.Parse" at <sort "bogus">: error calling sort: unknown sort type: "bogus"',
    ],
    [
      '{{ GetAllInterfaces | join "type" }}',
      '1:22: executing "sockaddr.Parse" at <join>: wrong number of args for join: want 3 got 2',
    ],
    [
      '{{ GetAllInterfaces | math "mask" "1" }}',
      '1:22: executing "sockaddr.Parse" at <math "mask" "1">: error calling math: unable to perform an IPMath operation on 127.0.0.1/8: unsupported math operation: "mask"',
    ],
  ])("%s is refused", (template, reason) => {
    const expanded = expandTemplate(template, HOST.interfaces);
    expect(expanded.ok).toBe(false);
    if (!expanded.ok) expect(expanded.error.split("template: sockaddr.Parse:")[1]).toBe(reason);
  });

  test("no text makes it throw", () => {
    const words = fc.constantFrom(
      ...'{{ }} | ( ) " ` -}} {{- GetAllInterfaces attr sort limit include name 5 -1 \\ /* */'.split(" "),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        const expanded = expandTemplate(parts.join(" "), HOST.interfaces);
        expect(typeof expanded.ok).toBe("boolean");
      }),
    );
  });
});

describe("the address to advertise", () => {
  const only = (...ips: string[]) => HOST.interfaces.filter(({ ip }) => ips.includes(ip));
  const second = { name: "eth2", ip: "192.168.0.9", prefixBits: 24, loopback: false, default: false };

  test.each([
    ["the only private one", "0.0.0.0", HOST.interfaces, "10.1.2.3"],
    ["the loopback's if there is nothing else", "0.0.0.0", only("127.0.0.1", "8.8.4.4"), "127.0.0.1"],
    ["the only public one of IPv6", "::", [{ ...second, ip: "2600::1" }], "2600::1"],
  ])("is %s", (_, bind, interfaces, ip) => {
    expect(detectAdvertise(bind, interfaces)).toEqual({ ok: true, ip });
  });

  test.each([
    ["0.0.0.0", only("8.8.4.4"), "No private IPv4 address found"],
    ["::", HOST.interfaces, "No public IPv6 address found"],
    [
      "0.0.0.0",
      [...HOST.interfaces, second],
      "Multiple private IPv4 addresses found. Please configure one with 'bind' and/or 'advertise'.",
    ],
  ])("is not guessed for %s", (bind, interfaces, error) => {
    expect(detectAdvertise(bind, interfaces)).toEqual({ ok: false, error });
  });

  test("of this machine the loopback at least is known", () => {
    expect(systemInterfaces().some(({ ip, loopback }) => ip === "127.0.0.1" && loopback)).toBe(true);
  });
});

describe("blocks of addresses", () => {
  test.each([
    ["10.255.0.1", "10.0.0.0/8", true],
    ["11.0.0.1", "10.0.0.0/8", false],
    ["172.31.255.255", "172.16.0.0/12", true],
    ["172.32.0.0", "172.16.0.0/12", false],
    ["1.2.3.4", "1.2.3.4/32", true],
    ["1.2.3.4", "0.0.0.0/0", true],
    ["fd00::1", "fc00::/7", true],
    ["10.0.0.1", "fc00::/7", false],
    ["foo", "10.0.0.0/8", false],
    ["10.0.0.1", "10.0.0.0/33", undefined],
    ["10.0.0.1", "10.0.0.0", undefined],
    ["10.0.0.1", "x/8", undefined],
  ])("%s in %s: %s", (ip, block, inside) => {
    expect(inBlock(ip, block)).toBe(inside);
  });

  test.each([
    ["10.0.0.1", true, true],
    ["8.8.8.8", false, true],
    ["127.0.0.1", true, false],
    ["192.0.2.2", true, false],
    ["fe80::1", true, false],
    ["fd00::2", true, true],
    ["2600::1", false, true],
  ])("%s is private: %s, forwarded: %s", (ip, isInPrivate, forwarded) => {
    expect([isPrivate(ip), isForwardable(ip)]).toEqual([isInPrivate, forwarded]);
  });
});
