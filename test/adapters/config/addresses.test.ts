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
  ])("%s", (_, template, text) => {
    expect(expandTemplate(template, HOST.interfaces)).toEqual({ ok: true, text });
  });

  test.each([
    ["{{ bogus }}", 'function "bogus" not defined'],
    ["{{ GetPrivateIP", "unclosed action"],
    ["{{ GetPrivateIP }", "unclosed action"],
    ["{{ }}", 'function "" not defined'],
    ['{{ GetAllInterfaces | sort "size" | attr "address" }}', 'function "sort" not defined'],
    ["{{ GetAllInterfaces }}", "a list of interfaces is no address: end with attr or join"],
    ['{{ GetPrivateIP | attr "address" }}', '"GetPrivateIP" cannot be piped on'],
    ['{{ GetAllInterfaces | attr "address" | limit 1 }}', '"attr" must come last'],
    ['{{ GetAllInterfaces | include "rfc" "1918" | attr "address" }}', 'selecting by "rfc" is not supported'],
    ['{{ GetAllInterfaces | include "network" "10" | attr "address" }}', 'invalid network "10"'],
    ['{{ GetAllInterfaces | include "name" "(" | attr "address" }}', 'invalid regular expression "("'],
    ['{{ GetAllInterfaces | limit -1 | attr "address" }}', '"-1" is no count'],
  ])("%s is refused", (template, reason) => {
    const expanded = expandTemplate(template, HOST.interfaces);
    expect(expanded.ok).toBe(false);
    if (!expanded.ok) expect(expanded.error.endsWith(`: template: sockaddr.Parse:1: ${reason}`)).toBe(true);
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
