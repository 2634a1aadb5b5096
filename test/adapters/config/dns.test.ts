import { expect, test } from "vitest";
import { dnsOf } from "../../../src/adapters/config/dns.ts";
import { type ConfigLiteral, configOf } from "../../../src/adapters/config/values.ts";
import { nameOfText } from "../../../src/core/dns/name.ts";
import { DEFAULT_DNS, type DnsSettings, serviceTtl } from "../../../src/core/dns/settings.ts";

function read(config: ConfigLiteral): { readonly settings: DnsSettings; readonly faults: readonly string[] } {
  const faults: string[] = [];
  return { settings: dnsOf(configOf(config), "dc1", (address) => [address], faults), faults };
}

test("nothing said is Consul's defaults", () => {
  expect(read({})).toEqual({ settings: DEFAULT_DNS, faults: [] });
});

test("recursors have a port or get one, and stand there once", () => {
  const recursors = ["192.0.2.1", "192.0.2.1:53", "192.0.2.2:5300", "2001:db8::1", "[2001:db8::2]:54"];
  expect(read({ recursors }).settings.recursors).toEqual([
    "192.0.2.1:53",
    "192.0.2.2:5300",
    "[2001:db8::1]:53",
    "[2001:db8::2]:54",
  ]);
  expect(read({ recursors: ["ns.example.org"] }).faults).toEqual([
    "Invalid recursor address: ns.example.org",
  ]);
  expect(() => read({ recursors: ["0.0.0.0"] })).toThrow(
    "DNS recursor address cannot be 0.0.0.0, :: or [::]",
  );
});

test("of patterns for times to live the name itself wins, then the longest", () => {
  const { settings } = read({ dns_config: { service_ttl: { web: "30s", "we*": "10s", "*": "1500ms" } } });
  expect(["web", "website", "db"].map((service) => serviceTtl(settings, service))).toEqual([30, 10, 1]);
});

test.each<[ConfigLiteral, string]>([
  [{ alt_domain: "dc1.corp" }, "alt_domain cannot start with {service,connect,node,query,addr,dc1}"],
  [{ dns_config: { udp_answer_limit: -1 } }, "dns_config.udp_answer_limit cannot be -1."],
  [{ dns_config: { a_record_limit: -1 } }, "dns_config.a_record_limit cannot be -1."],
])("%j is refused", (config, fault) => {
  expect(() => read(config)).toThrow(fault);
});

test("domains are the same in any case", () => {
  expect(read({ domain: "Example.Corp." }).settings.domain).toBe(nameOfText("example.corp"));
});
