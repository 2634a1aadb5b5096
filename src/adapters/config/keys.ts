// Every key of Consul's configuration files with its type, those of 1.8 and those that came later: a file that Consul
// reads must not be refused here for a key we have never heard of, and a misspelled one must. Which of them do
// something is effects.ts's business. Source: Consul's agent configuration reference.

/** `strings` is a list of strings; `any` is taken as it is. A duration is a string here and parsed once all is merged. */
export type ScalarKind = "bool" | "string" | "int" | "uint" | "float" | "duration" | "any";
export type Kind = ScalarKind | ListKind | MapKind | ObjectKind;

export interface ListKind {
  readonly type: "list";
  readonly of: Kind;
}
/** Names chosen by the user, all of one kind. */
export interface MapKind {
  readonly type: "map";
  readonly of: Kind;
}
export interface ObjectKind {
  readonly type: "object";
  readonly fields: Readonly<Record<string, Kind>>;
}

const strings: ListKind = list("string");
const labels: MapKind = mapOf("string");

function list(of: Kind): ListKind {
  return { type: "list", of };
}

function mapOf(of: Kind): MapKind {
  return { type: "map", of };
}

function object(...parts: readonly Readonly<Record<string, Kind>>[]): ObjectKind {
  return { type: "object", fields: Object.assign({}, ...parts) };
}

/** The same kind for each of the names, which are separated by blanks. */
function each(kind: Kind, names: string): Readonly<Record<string, Kind>> {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, kind]),
  );
}

const CHECK: ObjectKind = object(
  each(
    "string",
    `id name notes service_id token status http method body tcp udp docker_container_id shell grpc h2ping
     os_service tls_server_name alias_node alias_service`,
  ),
  each("duration", "interval timeout ttl deregister_critical_service_after"),
  each("bool", "grpc_use_tls h2ping_use_tls tcp_use_tls tls_skip_verify disable_redirects"),
  each("int", "output_max_size success_before_passing failures_before_critical failures_before_warning"),
  { args: strings, script_args: strings, header: mapOf(strings) },
  // The only spellings without underscores that Consul still takes in files.
  each("string", "serviceid dockercontainerid"),
  each("duration", "deregistercriticalserviceafter"),
  { scriptargs: strings, tlsskipverify: "bool" },
);

const UPSTREAM: ObjectKind = object(
  each(
    "string",
    `destination_type destination_name destination_namespace destination_partition destination_peer datacenter
     local_bind_address local_bind_socket_path local_bind_socket_mode`,
  ),
  { local_bind_port: "int", config: "any", mesh_gateway: object({ mode: "string" }) },
);

const EXPOSE: ObjectKind = object({
  checks: "bool",
  paths: list(object(each("string", "path protocol"), each("int", "local_path_port listener_port"))),
});

const PROXY: ObjectKind = object(
  each(
    "string",
    "destination_service_name destination_service_id local_service_address local_service_socket_path mode",
  ),
  {
    local_service_port: "int",
    config: "any",
    transparent_proxy: object({ outbound_listener_port: "int", dialed_directly: "bool" }),
    mesh_gateway: object({ mode: "string" }),
    expose: EXPOSE,
    upstreams: list(UPSTREAM),
  },
);

const SERVICE_FIELDS: Readonly<Record<string, Kind>> = {
  ...each("string", "id name address socket_path token kind namespace partition"),
  port: "int",
  tags: strings,
  meta: labels,
  tagged_addresses: mapOf(object({ address: "string", port: "int" })),
  enable_tag_override: "bool",
  weights: object(each("int", "passing warning")),
  check: CHECK,
  checks: list(CHECK),
  proxy: PROXY,
  locality: object(each("string", "region zone")),
};

/** A sidecar that has one itself is refused once it is read. */
const SIDECAR: ObjectKind = object(SERVICE_FIELDS, {
  connect: object({ native: "bool", sidecar_service: object(SERVICE_FIELDS) }),
});
const SERVICE: ObjectKind = object(SERVICE_FIELDS, {
  connect: object({ native: "bool", sidecar_service: SIDECAR }),
});

const GOSSIP: ObjectKind = object(
  each("duration", "gossip_interval probe_interval probe_timeout"),
  each("int", "gossip_nodes suspicion_mult retransmit_mult"),
);

const TLS: ObjectKind = object(
  each("string", "ca_file ca_path cert_file key_file tls_min_version tls_cipher_suites"),
  each("bool", "verify_incoming verify_outgoing verify_server_hostname use_auto_cert"),
);

const ACL: ObjectKind = object(
  each("string", "default_policy down_policy"),
  each("duration", "policy_ttl token_ttl role_ttl disabled_ttl"),
  each(
    "bool",
    "enabled enable_key_list_policy enable_token_replication enable_token_persistence msp_disable_bootstrap",
  ),
  {
    tokens: object(
      each(
        "string",
        "initial_management master default agent agent_recovery agent_master replication config_file_service_registration dns",
      ),
      { managed_service_provider: list(labels) },
    ),
  },
);

const AUTO_CONFIG: ObjectKind = object(
  each("string", "intro_token intro_token_file"),
  { enabled: "bool", server_addresses: strings, dns_sans: strings, ip_sans: strings },
  {
    authorization: object({
      enabled: "bool",
      static: object(
        each("string", "bound_issuer jwks_url jwks_ca_cert oidc_discovery_url oidc_discovery_ca_cert"),
        each("duration", "expiration_leeway not_before_leeway clock_skew_leeway"),
        { claim_assertions: strings, bound_audiences: strings, jwt_validation_pub_keys: strings },
        {
          jwt_supported_algs: strings,
          claim_mappings: labels,
          list_claim_mappings: labels,
          allow_reuse: "bool",
        },
      ),
    }),
  },
);

const DNS_CONFIG: ObjectKind = object(
  each(
    "bool",
    "allow_stale enable_truncate only_passing disable_compression enable_additional_node_meta_txt",
  ),
  each("bool", "use_cache prefer_namespace"),
  each("duration", "max_stale node_ttl recursor_timeout cache_max_age"),
  each("int", "udp_answer_limit a_record_limit"),
  { service_ttl: mapOf("duration"), recursor_strategy: "string" },
  { soa: object(each("uint", "refresh retry expire min_ttl")) },
);

const UI_CONFIG: ObjectKind = object(
  each("string", "dir content_path metrics_provider metrics_provider_options_json"),
  { enabled: "bool", metrics_provider_files: strings, dashboard_url_templates: labels },
  {
    metrics_proxy: object({
      base_url: "string",
      add_headers: list(object(each("string", "name value"))),
      path_allowlist: strings,
    }),
  },
);

const LIMITS: ObjectKind = object(
  each("int", "http_max_conns_per_client rpc_max_conns_per_client rpc_max_burst"),
  each("duration", "https_handshake_timeout rpc_handshake_timeout rpc_client_timeout"),
  each("uint", "kv_max_value_size txn_max_req_len"),
  { rpc_rate: "float", request_limits: object({ mode: "string" }, each("float", "read_rate write_rate")) },
);

const TELEMETRY: ObjectKind = object(
  each("string", "metrics_prefix statsd_address statsite_address dogstatsd_addr"),
  each(
    "bool",
    `filter_default disable_hostname enable_host_metrics disable_per_tenancy_usage_metrics retry_failed_connection
     disable_compat_1.9`,
  ),
  { prefix_filter: strings, dogstatsd_tags: strings, prometheus_retention_time: "duration" },
  each(
    "string",
    `circonus_api_app circonus_api_token circonus_api_url circonus_broker_id circonus_broker_select_tag
     circonus_check_display_name circonus_check_force_metric_activation circonus_check_id circonus_check_instance_id
     circonus_check_search_tag circonus_check_tags circonus_submission_interval circonus_submission_url`,
  ),
);

const RAFT_LOGSTORE: ObjectKind = object({
  backend: "string",
  disable_log_cache: "bool",
  verification: object({ enabled: "bool", interval: "duration" }),
  boltdb: object({ no_freelist_sync: "bool" }),
  wal: object({ segment_size_mb: "int" }),
});

/** Keys at the top of a file that hold a single value or a list. */
const TOP: readonly Readonly<Record<string, Kind>>[] = [
  each(
    "bool",
    `acl_enable_key_list_policy acl_enforce_version_8 auto_reload_config bootstrap disable_anonymous_signature disable_coordinates
     disable_host_node_id disable_http_unprintable_char_filter disable_keyring_file disable_remote_exec
     disable_update_check discard_check_output enable_acl_replication enable_agent_tls_for_checks
     enable_central_service_config enable_debug enable_local_script_checks enable_script_checks enable_syslog
     encrypt_verify_incoming encrypt_verify_outgoing leave_on_terminate log_json non_voting_server
     raft_prevote_disabled read_replica rejoin_after_leave server skip_leave_on_interrupt
     tls_prefer_server_cipher_suites translate_wan_addrs ui use_streaming_backend verify_incoming
     verify_incoming_https verify_incoming_rpc verify_outgoing verify_server_hostname`,
  ),
  each(
    "string",
    `acl_agent_master_token acl_agent_token acl_datacenter acl_default_policy acl_down_policy acl_master_token
     acl_replication_token acl_token advertise_addr advertise_addr_ipv4 advertise_addr_ipv6 advertise_addr_wan
     advertise_addr_wan_ipv4 advertise_addr_wan_ipv6 alt_domain bind_addr ca_file ca_path cert_file client_addr data_dir
     datacenter default_intention_policy domain encrypt key_file license_path log_file log_level node_id node_name
     partition pid_file primary_datacenter segment serf_lan serf_wan server_name syslog_facility tls_cipher_suites
     tls_min_version ui_content_path ui_dir`,
  ),
  each(
    "duration",
    `acl_ttl advertise_reconnect_timeout check_update_interval default_query_time discovery_max_stale
     log_rotate_duration max_query_time primary_gateways_interval raft_snapshot_interval reconnect_timeout
     reconnect_timeout_wan retry_interval retry_interval_wan server_rejoin_age_max session_ttl_min`,
  ),
  each(
    "int",
    `bootstrap_expect check_output_max_size log_rotate_bytes log_rotate_max_files protocol raft_protocol
     raft_snapshot_threshold raft_trailing_logs retry_max retry_max_wan`,
  ),
  each(
    strings,
    `experiments primary_gateways recursors retry_join retry_join_wan serf_lan_allowed_cidrs
     serf_wan_allowed_cidrs start_join start_join_wan`,
  ),
  { node_meta: labels, tagged_addresses: labels },
  each("any", "audit cloud reporting snapshot_agent"),
  // Consul's constants, which its files may name but not change.
  each("duration", "acl_disabled_ttl ae_interval check_deregister_interval_min check_reap_interval"),
  each("duration", "sync_coordinate_interval_min"),
  each("string", "revision version version_prerelease"),
  { consul: "any", segment_limit: "int", segment_name_limit: "int", sync_coordinate_rate_target: "float" },
];

/** The whole configuration file. */
export const CONFIG_KEYS: ObjectKind = object(...TOP, {
  acl: ACL,
  addresses: object(each("string", "dns http https grpc grpc_tls")),
  auto_config: AUTO_CONFIG,
  auto_encrypt: object({ tls: "bool", allow_tls: "bool", dns_san: strings, ip_san: strings }),
  autopilot: object(
    each("bool", "cleanup_dead_servers disable_upgrade_migration"),
    each("string", "redundancy_zone_tag upgrade_version_tag"),
    each("duration", "last_contact_threshold server_stabilization_time"),
    { max_trailing_logs: "int", min_quorum: "uint" },
  ),
  cache: object({ entry_fetch_max_burst: "int", entry_fetch_rate: "float" }),
  check: CHECK,
  checks: list(CHECK),
  config_entries: object({ bootstrap: list(mapOf("any")) }),
  connect: object({
    enabled: "bool",
    ca_provider: "string",
    ca_config: "any",
    enable_mesh_gateway_wan_federation: "bool",
  }),
  dns_config: DNS_CONFIG,
  gossip_lan: GOSSIP,
  gossip_wan: GOSSIP,
  http_config: object({
    allow_write_http_from: strings,
    block_endpoints: strings,
    max_header_bytes: "int",
    response_headers: labels,
    use_cache: "bool",
  }),
  limits: LIMITS,
  locality: object(each("string", "region zone")),
  peering: object({ enabled: "bool" }),
  performance: object(
    each("duration", "leave_drain_time rpc_hold_timeout grpc_keepalive_interval grpc_keepalive_timeout"),
    { raft_multiplier: "int", enable_xds_load_balancing: "bool" },
  ),
  ports: object(
    each("int", "dns http https grpc grpc_tls serf_lan serf_wan server sidecar_min_port sidecar_max_port"),
    each("int", "expose_min_port expose_max_port proxy_min_port proxy_max_port"),
  ),
  raft_boltdb: object({ nofreelistsync: "bool" }),
  raft_logstore: RAFT_LOGSTORE,
  rpc: object({ enable_streaming: "bool" }),
  segments: list(
    object({ name: "string", bind: "string", port: "int", rpc_listener: "bool", advertise: "string" }),
  ),
  service: SERVICE,
  services: list(SERVICE),
  telemetry: TELEMETRY,
  tls: object({ defaults: TLS, internal_rpc: TLS, https: TLS, grpc: TLS }),
  ui_config: UI_CONFIG,
  unix_sockets: object(each("string", "user group mode")),
  watches: list(mapOf("any")),
  xds: object({ update_max_per_second: "float" }),
});
