// Services and checks in configuration files: what is registered of them, and what is wrong with them, in Consul's words.

import { describe, expect, test } from "vitest";
import type { LocalDefinitions } from "../../../src/core/model/local.ts";
import { faultOf, listed, load, settingsOf } from "./support.ts";

function definitions(hcl: string): LocalDefinitions {
  const { local } = settingsOf(hcl).agent;
  if (local === undefined) throw new Error("nothing is defined");
  return local;
}

describe("services of a configuration", () => {
  test("are registered whole, with their checks in the order of the list, the single one last", () => {
    const { services } = definitions(`
      service {
        name = "web" id = "web1" port = 80 tags = ["b", "a"] address = "1.2.3.4" token = "t"
        meta { k = "v" }
        weights { warning = 3 }
        enable_tag_override = true
        tagged_addresses { lan { address = "7" port = 8 } }
        check { ttl = "5s" }
        checks = [{ id = "c" name = "C" HTTP = "http://x" Interval = "10s" header { a = ["b", "c"] } }]
      }`);
    expect(services).toMatchObject([
      {
        service: {
          id: "web1",
          service: "web",
          port: 80,
          tags: ["b", "a"],
          meta: [["k", "v"]],
          weights: { passing: 1, warning: 3 },
          enableTagOverride: true,
          token: "t",
          taggedAddresses: [
            ["lan", { address: "7", port: 8 }],
            ["lan_ipv4", { address: "1.2.3.4", port: 80 }],
            ["wan_ipv4", { address: "1.2.3.4", port: 80 }],
          ],
        },
        checks: [
          { checkId: "c", name: "C", type: "http", spec: { intervalNs: 10e9, header: [["a", ["b", "c"]]] } },
          { checkId: "", type: "ttl", spec: { ttlNs: 5e9 } },
        ],
      },
    ]);
  });

  test("of several sources and spellings come one after the other", () => {
    const files = {
      "a.hcl": 'data_dir = "/d"\nservices { name = "a" }\nservices { name = "b" }\nservice { name = "c" }',
      "b.json": '{"service":{"NAME":"d"},"services":[{"name":"e","Port":5}]}',
    };
    const loaded = load({ files });
    const names = loaded.ok && loaded.settings.agent.local?.services.map(({ service }) => service.service);
    expect(names).toEqual(["a", "b", "c", "e", "d"]);
  });

  test("a sidecar stands beside its service, at the lowest free port", () => {
    const { services } = definitions(`
      service { name = "a" port = 21000 }
      services { name = "b" port = 9 connect { sidecar_service {} } }
      services { name = "c" connect { sidecar_service { port = 7 check { ttl = "1s" } } } }`);
    expect(services.map(({ service: { id, port, sidecarOf } }) => [id, port, sidecarOf])).toEqual([
      ["b", 9, undefined],
      ["b-sidecar-proxy", 21_000, "b"],
      ["c", 0, undefined],
      ["c-sidecar-proxy", 7, "c"],
      ["a", 21_000, undefined],
    ]);
    expect(services[1]).toMatchObject({
      service: { kind: "connect-proxy", proxy: { destinationServiceId: "b", localServicePort: 9 } },
      checks: [{ spec: { tcp: "127.0.0.1:21000" } }, { spec: { aliasService: "b" } }],
    });
    expect(services[3]?.checks).toHaveLength(1);
  });

  test("a proxy's settings are kept, those of its own kind as they are written", () => {
    const { services } = definitions(`
      service {
        name = "p" kind = "connect-proxy" port = 5
        proxy {
          destination_service_name = "a"
          config { x = 1 }
          upstreams = [{ destination_name = "u" local_bind_port = 7 }]
          expose { paths = [{ path = "/a" listener_port = 9 }] }
        }
      }`);
    expect(services[0]?.service.proxy).toMatchObject({
      destinationServiceName: "a",
      config: new Map([["x", 1]]),
      upstreams: [{ destinationType: "service", destinationName: "u", localBindPort: 7 }],
      expose: { paths: [{ path: "/a", listenerPort: 9 }] },
    });
  });

  test("a kind that nobody knows is that of an ordinary service", () => {
    expect(definitions('service { name = "p" kind = "odd" }').services[0]?.service.kind).toBe("");
  });

  test("a name that DNS can't say is warned of, when the agent starts", () => {
    const dashes = "due to invalid characters. Valid characters include all alpha-numerics and dashes.";
    const warning = `Service name will not be discoverable via DNS ${dashes}: service="a b"`;
    expect(settingsOf('service { name = "a b" }').warnings).toContain(warning);
    expect(settingsOf('service { name = "a b" }', { purpose: "validate" }).warnings).not.toContain(warning);
  });
});

describe("checks of a configuration", () => {
  test("have their name for an id where they give none, and no type, as in Consul", () => {
    const { checks } = definitions(`
      service { name = "web" }
      checks = [{ name = "m" ttl = "5s" }, { id = "x" ServiceID = "web" TLSSkipVerify = true http = "h" interval = "1s" }]`);
    expect(checks).toMatchObject([
      { checkId: "m", name: "m", type: "", serviceId: "" },
      { checkId: "x", name: "", serviceId: "web", spec: { tlsSkipVerify: true } },
    ]);
  });

  test("may be of kinds that came after Consul 1.8, whose pings go over TLS unless it is said", () => {
    const { checks } = definitions(`checks = [
      { id = "u" udp = "x:1" interval = "1s" },
      { id = "h" h2ping = "x:1" interval = "1s" failures_before_warning = 1 failures_before_critical = 2 },
      { id = "c" h2ping = "x:1" h2ping_use_tls = false interval = "1s" },
      { id = "o" os_service = "nginx" interval = "1s" },
      { id = "t" tcp = "x:1" tcp_use_tls = true tls_server_name = "n" interval = "1s" },
      { id = "d" http = "x" disable_redirects = true interval = "1s" }]`);
    expect(checks.map(({ spec }) => spec)).toMatchObject([
      { udp: "x:1" },
      { h2ping: "x:1", h2pingUseTls: true, failuresBeforeWarning: 1 },
      { h2pingUseTls: false },
      { osService: "nginx" },
      { tcpUseTls: true, tlsServerName: "n" },
      { disableRedirects: true },
    ]);
  });

  test("may run programs where the configuration says so", () => {
    const hcl = 'check { name = "m" args = ["x"] interval = "5s" }\n';
    expect(definitions(`${hcl}enable_local_script_checks = true`).checks).toHaveLength(1);
    expect(definitions(`${hcl}enable_script_checks = true`).checks).toHaveLength(1);
    expect(faultOf(`${hcl}enable_script_checks = true\nenable_local_script_checks = false`)).toContain(
      "Failed to register check 'm': Scripts are disabled on this agent; to enable, configure",
    );
  });
});

describe("what makes no sense", () => {
  test.each<[string, string]>([
    [
      'service { name = "web" checks = [{ id = "q" interval = "y" }] }',
      'check[q].interval: invalid duration: "y": time: invalid duration "y"',
    ],
    [
      'service { name = "web" weights { passing = 0 } }',
      "Invalid weight definition for service web: Passing must be greater than 0",
    ],
    [
      'service { name = "web" meta { "a b" = "y" } }',
      "invalid meta for service web: Couldn't load metadata pair ('a b', 'y'): Key contains invalid characters",
    ],
    [
      'service { name = "web" connect { sidecar_service { id = "x" } } }',
      "sidecar_service can't specify an ID",
    ],
    [
      'service { name = "web" connect { sidecar_service { connect { sidecar_service {} } } } }',
      "sidecar_service can't have a nested sidecar_service",
    ],
  ])("is told when it is read: %s", (hcl, fault) => {
    expect(faultOf(hcl)).toBe(listed(fault));
    expect(faultOf(hcl, { purpose: "validate" })).toBe(listed(fault));
  });

  test.each<[string, string]>([
    ["service { port = 5 }", 'Failed to register service "": Service name missing'],
    [
      'service { name = "web" check {} }',
      'Failed to validate checks for service "web": TTL must be > 0 for TTL checks',
    ],
    [
      'service { name = "web" connect { sidecar_service { check { http = "x" } } } }',
      'Failed to validate sidecar for service "web": Interval must be > 0 for Script, HTTP, or TCP checks',
    ],
    [
      'ports { sidecar_min_port = 0 }\nservice { name = "web" connect { sidecar_service {} } }',
      'Failed to validate sidecar for service "web": no port provided for sidecar_service and auto-assignment disabled in config',
    ],
    [
      'service { name = "p" tagged_addresses { lan_ipv4 { address = "x" } } }',
      'Failed to register service "p": Service tagged address "lan_ipv4" must be a valid ipv4 address',
    ],
    ['check { ttl = "5s" }', "Failed to register check '': CheckID missing"],
    [
      'check { name = "m" http = "x" }',
      "Failed to register check 'm': Check is not valid: Interval must be > 0 for Script, HTTP, or TCP checks",
    ],
    [
      'check { name = "m" ttl = "5s" service_id = "q" }',
      "Failed to register check 'm': ServiceID \"q\" does not exist",
    ],
  ])("is told when the agent starts: %s", (hcl, fault) => {
    expect(faultOf(hcl)).toBe(fault);
    expect(load({ files: { "a.hcl": `data_dir = "/d"\n${hcl}` }, purpose: "validate" }).ok).toBe(true);
  });

  test("a proxy without its service is told with its name, and outputs can't have no size", () => {
    expect(faultOf('service { name = "p" kind = "connect-proxy" port = 5 }')).toBe(
      `service "p": ${listed("Proxy.DestinationServiceName must be non-empty for Connect proxy services")}`,
    );
    expect(faultOf("check_output_max_size = 0")).toBe(
      "check_output_max_size must be positive, to discard check output use the discard_check_output flag",
    );
  });
});
