// Command lines of `validate`, most with a configuration file that is judged: its language, its keys, what does not go together.

import { type Case, hcl, json, lines } from "./command-lines.ts";

export const VALIDATE_COMMANDS: readonly Case[] = [
  ...lines("validate\nvalidate nosuch\nvalidate -config-format yaml x"),
  ...lines("validate -quiet case.hcl", { file: ["case.hcl", 'data_dir="data" bind_addr="127.0.0.1"'] }),
  ...hcl(String.raw`
    # Nothing more.
    x
    x {
    }
    = 3
    x = @
    x = 1.2.3
    x = yes
    x "y" = 3
    x = "a" y
    retry_join = [1,true]
    retry_join = "x"
    retry_join = ["x",]
    retry_join = ["x" "y"]
    node_name = "a\q"
    node_name = "a\n\t\"\u00e9\\q"
    node_name = "${"$"}{foo("bar")}"
    node_name = <<EOF¶abc¶EOF¶
    node_name = <<-EOF¶   abc¶  EOF¶
    node_name = <<EOF¶abc¶
    node_name = ["x"]
    node_name = ["x", "y"]
    node_name = {}
    node_name = 5
    node_name = "a b"
    node_meta { a = 1 }
    node_meta { a = "1" }¶node_meta { b = "2" }
    node_meta { "consul-x" = "1" }
    node_meta { "a b" = "1" }
    node_id = "xx"
    ports { http = "a" }
    ports { http = 1.5 }
    ports { http = 0x20 serf_lan = 010 }
    ports { http = 8600 }
    ports = [{http=1},{dns=2}]
    ports { bogus = 1 }¶foo = 2¶NODE_NAME = "x"¶acl { tokens { z = 1 } }
    server = "true"
    server = 1
    server = true¶bootstrap_expect = 1
    server = true¶bootstrap_expect = 2
    server = true¶bootstrap_expect = 3
    server = true¶bootstrap_expect = 4
    server = true¶bootstrap = true
    bootstrap = true
    retry_interval = "5"
    retry_interval = "y"¶bootstrap = true
    bootstrap = true¶datacenter = "a b"
    performance { raft_multiplier = 11 }
    client_addr = "{{ bogus }}"
    addresses { http = "foo" }
    non_voting_server = true
    acl_enforce_version_8 = true
    server = true¶serf_wan_allowed_cidrs = ["foo"]
    serf_lan_allowed_cidrs = ["10.0.0.1/8", "1.2.3.4"]
    watches = "x"
    watches = [5]
    watches = [{ type = "nosuch" }]
    watches { type = "key" key = "a" handler = "x" }
    server = true¶serf_wan = "0.0.0.0 1.2.3.4"
    server = true¶serf_wan = "foo"
    serf_lan = "unix:///x"
    server = true¶gossip_wan { probe_interval = "2s" gossip_nodes = 4 }
    server = true¶reconnect_timeout_wan = "9h"
    server = true¶ports { serf_wan = 8301 }
    server = true¶ports { serf_wan = -1 }
    server = true¶ports { serf_wan = 70000 }
    server = true¶retry_join_wan = ["1.1.1.1"]¶start_join_wan = ["x"]¶retry_interval_wan = "1m"¶retry_max_wan = 3
    server = true¶advertise_addr_wan = "10.0.0.9"¶translate_wan_addrs = true
    http_config { allow_write_http_from = ["127.0.0.1", "10.0.0.0/8", "x"]¶block_endpoints = ["/v1/agent"] }
    disable_http_unprintable_char_filter = true
    client_addr = "127.0.0.1 127.0.0.2"¶addresses { https = "unix:///x 127.0.0.3" }¶ports { https = 8501 }
    ports { http = 9000 https = 9000 }
    addresses { http = "unix:///a" https = "unix:///a" }¶ports { https = 9001 }
    unix_sockets { user = "nobody"¶group = "7"¶mode = "0700" }
    cert_file = "nosuch"¶key_file = "nosuch"¶ca_file = "nosuch"¶ports { https = 8501 }
    tls_cipher_suites = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, FOO"
    tls_min_version = "tls99"
    limits { http_max_conns_per_client = 5¶https_handshake_timeout = "1s" }
    telemetry { prefix_filter = ["+a", "-b", "c", ""]¶prometheus_retention_time = "1m"¶metrics_prefix = "x" }
  `),
  ...hcl("ports { http = 99999999999999999999 }", { differs: "we say where" }),
  ...hcl('encrypt = "aGVsbG8="'),
  ...hcl('encrypt = "aGVsbG8"'),
  ...hcl("acl { enabled = true }", { differs: "refused: there are no ACLs yet" }),
  ...hcl("ui = true", { differs: "warned of: there is no web interface yet" }),
  ...hcl('gossip_lan { probe_interval = "0s" }', { differs: "refused: it would probe without a pause" }),
  { args: ["validate", "case.json"], file: ["case.json", ""] },
  { args: ["validate", "case.json"], file: ["case.json", " "] },
  ...json(String.raw`
    {}
    null
    []
    "x"
    {…}
    {…,}
    {…
    {…} x
    // x
    {"a" 1}
    {"a":1 "b":2}
    {"a":[1 2]}
    {"a":"x¶y"}
    {"a":"\q"}
    {"a":"\u12g"}
    {"a":-}
    {"a":1.}
    {"a":1e}
    {"a":01}
    {"a":tru}
    {"a":nul
    {'a':1}
    {…,"server":null,"ports":{"http":"a","dns":null},"node_name":[]}
    {…,"retry_join":{},"node_meta":{"a":1},"ports":[]}
    {…,"services":[{"name":"x","bogus":1,"check":{"foo":1}},{"zork":2}]}
    {…,"limits":{"kv_max_value_size":-1}}
  `),
];
