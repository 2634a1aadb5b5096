// Files that Consul refuses are refused, also where what they configure is not there yet.

import { expect, test } from "vitest";
import { hostNodeId } from "../../../src/adapters/storage/node-id.ts";
import { ownNode } from "../../../src/core/model/own-node.ts";
import { faultOf, settingsOf } from "./support.ts";

test.each([
  ['connect { ca_provider = "foo" }', "foo is not a valid CA provider"],
  ["cache { entry_fetch_rate = 0 }", "cache.entry_fetch_rate must be strictly positive, was: 0"],
  ["server = true auto_encrypt { tls = true }", "auto_encrypt.tls can only be used on a client."],
  ['ui_content_path = "/v1/"', "ui-content-path cannot have 'v[0-9]'. received: /v1/"],
  ['ui_content_path = "v12"', "ui-content-path cannot have 'v[0-9]'. received: /v12/"],
  [
    'ui_content_path = "a b/"\nsegment = "x"\nnode_name = ""',
    "ui-content-path can only contain alphanumeric, -, _, or /. received: /a b/",
  ],
  ['segment = "x"\nnode_name = ""', "Network segments are not supported in this version of Consul"],
  ['primary_gateways = ["x"]', "'primary_gateways' requires 'server = true'"],
  [
    "ports { sidecar_min_port = 3 sidecar_max_port = 2 }",
    "sidecar_min_port must be less than sidecar_max_port. To disable, set both to zero.",
  ],
  ['advertise_addr_ipv6 = "1.2.3.4"', "advertise_addr_ipv6 must be an ipv6 address"],
  [
    'dns_config { node_ttl = "5" service_ttl { web = "x" } } service { name = "a" check { ttl = "1s" } }',
    '2 errors occurred:\n\t* dns_config.node_ttl: invalid duration: "5": time: missing unit in duration "5"\n\t* dns_config.service_ttl["web"]: invalid duration: "x": time: invalid duration "x"\n\n',
  ],
])("%s", (text, error) => {
  expect(faultOf(text)).toBe(error);
});

test("a policy that is none keeps an agent from starting, and no file from being valid", () => {
  expect(settingsOf('acl { down_policy = "foo" }', { purpose: "validate" }).warnings).toEqual([]);
  expect(faultOf('acl { down_policy = "foo" }')).toBe(
    "Failed to start Consul client: Unsupported down ACL policy: foo",
  );
});

test("a node tells all its addresses, those of either family and those that are named", () => {
  const { agent } = settingsOf(`
    advertise_addr = "10.0.0.1" advertise_addr_ipv6 = "fd00::1" advertise_addr_wan_ipv4 = "1.2.3.4"
    tagged_addresses { foo = "9.9.9.9" lan = "8.8.8.8" }`);
  expect(ownNode(agent).taggedAddresses).toEqual([
    ["foo", "9.9.9.9"],
    ["lan", "10.0.0.1"],
    ["lan_ipv4", "10.0.0.1"],
    ["lan_ipv6", "fd00::1"],
    ["wan", "10.0.0.1"],
    ["wan_ipv4", "1.2.3.4"],
    ["wan_ipv6", "fd00::1"],
  ]);
});

test("a node id of the machine's own is the one that Consul makes of it", () => {
  expect(hostNodeId("3d1219c7-c4c5-404a-aa1f-6d2a48adfda4")).toBe("333a158e-0d38-e425-ad6a-b7db4732c648");
  expect(hostNodeId("")).toBe(undefined);
  expect(hostNodeId("not-a-uuid-of-any-kind-but-as-long-a")).toBe(undefined);
});
