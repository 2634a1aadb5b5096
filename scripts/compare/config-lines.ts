// Configurations that Consul refuses or warns of, whether what they configure is here or not.

import { type Case, hcl } from "./command-lines.ts";

/** Each of them comes to something that is no address, so that Consul shows it. */
const TEMPLATES = `
  {{ GetAllInterfaces | join "string" "-" }}x
  {{ GetAllInterfaces | join "flags" "-" }}
  {{ GetAllInterfaces | join "network" "-" }}x
  {{ GetAllInterfaces | join "netmask" "-" }}x
  {{ GetAllInterfaces | join "last_usable" "-" }}x
  {{ GetAllInterfaces | join "hex" "-" }}
  {{ GetAllInterfaces | sort "type,-size" | join "string" "-" }}x
  {{ GetAllInterfaces | sort "-address" | join "string" "-" }}x
  {{ GetAllInterfaces | sort "private" | join "string" "-" }}x
  {{ GetAllInterfaces | unique "name" | join "name" "-" }}
  {{ GetAllInterfaces | include "rfc" "6890" | join "string" "-" }}x
  {{ GetAllInterfaces | include "flags" "up|loopback" | join "string" "-" }}x
  {{ GetAllInterfaces | include "flags" "global unicast" | join "string" "-" }}x
  {{ GetAllInterfaces | math "network" "+300" | join "string" "-" }}x
  {{ GetAllInterfaces | math "address" "-300" | join "string" "-" }}x
  {{ GetAllInterfaces | offset -1 | join "string" "-" }}x
  {{ GetAllInterfaces | offset 100 | join "string" "-" }}x
  {{ GetAllInterfaces | sort "bogus" | attr "name" }}
  {{ GetAllInterfaces | include "bogus" "x" | attr "name" }}
  {{ GetAllInterfaces | include "name" "(" | attr "name" }}
  {{ GetAllInterfaces | attr "bogus" }}
  {{ GetAllInterfaces | attr }}
  {{ GetAllInterfaces | limit -1 | attr "name" }}
  {{ GetAllInterfaces }}
  {{- GetAllInterfaces | attr "string" -}} y
  {{ join "string" "-" (GetAllInterfaces | limit 2) }}x
  {{ GetPrivateIP }}x
  {{ GetInterfaceIPs "lo" }}x
  {{ "unclosed }}
  {{ }}
`;

export const CONFIG_LINES: readonly Case[] = [
  ...hcl(`
    acl { token_ttl = "5" }
    acl { default_policy = "foo" tokens { default = "x" } }
    acl_ttl = "x"
    acl { msp_disable_bootstrap = false }
    cache { entry_fetch_rate = 0 }
    cache { entry_fetch_max_burst = -1 }
    connect { ca_provider = "foo" }
    connect { enable_mesh_gateway_wan_federation = true }
    server = true¶auto_encrypt { tls = true }
    auto_encrypt { allow_tls = true }
    auto_config { authorization { enabled = true } }
    ui = true¶ui_dir = "/x"
    ui_content_path = "/a b/"
    ui_content_path = "/v1/"
    primary_datacenter = "a b"
    primary_gateways = ["x"]
    ports { proxy_min_port = 70000 }
    ports { sidecar_min_port = 3 sidecar_max_port = 2 }
    ports { sidecar_max_port = 70000 }
    ports { expose_min_port = 5 expose_max_port = 4 }
    ports { expose_max_port = 70000 }
    addresses { grpc = "foo" }
    advertise_addr_ipv4 = "::1"
    advertise_addr_ipv6 = "1.2.3.4"
    advertise_addr_ipv4 = "foo"
    advertise_addr_ipv4 = "1.2.3.4 1.2.3.5"
    advertise_addr_wan_ipv4 = "::1"
    advertise_addr_ipv6 = "::1"¶tagged_addresses { foo = "1.2.3.4" }
    autopilot { upgrade_version_tag = "" disable_upgrade_migration = true }
    non_voting_server = false
    segment = ""
    audit {}
    ae_interval = "x"
    snapshot_agent { a = 1 }
    discovery_max_stale = "5"
    dns_config { service_ttl { "*" = "5" } }
    limits { rpc_handshake_timeout = "x" }
    limits { rpc_rate = 5 rpc_max_burst = 10 }
    limits { rpc_rate = "x" }
    disable_host_node_id = false
    telemetry { statsd_address = "127.0.0.1:8125" dogstatsd_addr = "127.0.0.1:8125" dogstatsd_tags = ["a:b"] statsite_address = "x" }
    telemetry { dogstatsd_addr = "x" }
    telemetry { disable_hostname = true filter_default = false }
  `),
  ...hcl(
    TEMPLATES.trim()
      .split("\n")
      .map((row) => `client_addr = ${JSON.stringify(row.trim())}`)
      .join("\n"),
  ),
  ...hcl('telemetry { prometheus_retention_time = "x" }', { differs: "we say in which block" }),
  ...hcl('max_query_time = "x" default_query_time = "y"', { differs: "Consul tells of the last alone" }),
  { args: ["agent", "-dev", "-hcl", 'telemetry { dogstatsd_addr = "x" }'] },
  ...["default_policy", "down_policy"].map((key) => ({
    args: ["agent", "-dev", "-hcl", `acl { ${key} = "foo" }`],
    differs: "told before anything is started",
  })),
];
