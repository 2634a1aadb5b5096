// What a key that Consul knows does here: it works, or it is accepted with a warning, or it stops the agent, since going
// on without what it promises would be unsafe. A key that starts to work moves to WORKING, and nothing else changes.

import { boolAt, type ConfigMap, type ConfigValue, configAt, forEachLeaf, stringAt } from "./values.ts";

/** Keys that config/build.ts or the agent reads, or whose promise is kept by doing nothing. */
const WORKING: ReadonlySet<string> = new Set(
  `addresses.dns addresses.http addresses.https advertise_addr advertise_addr_wan alt_domain auto_reload_config autopilot.cleanup_dead_servers
   autopilot.last_contact_threshold autopilot.max_trailing_logs autopilot.min_quorum
   autopilot.server_stabilization_time bind_addr bootstrap cache.entry_fetch_max_burst cache.entry_fetch_rate bootstrap_expect ca_file ca_path cert_file client_addr config_entries.bootstrap data_dir
   addresses.grpc advertise_addr_ipv4 advertise_addr_ipv6 advertise_addr_wan_ipv4 advertise_addr_wan_ipv6
   datacenter discovery_max_stale disable_host_node_id primary_datacenter disable_http_unprintable_char_filter
   check_output_max_size check_update_interval checks
   default_query_time enable_syslog syslog_facility disable_anonymous_signature disable_coordinates disable_keyring_file disable_remote_exec
   discard_check_output enable_agent_tls_for_checks enable_central_service_config enable_local_script_checks enable_script_checks ports.expose_max_port ports.expose_min_port ports.sidecar_max_port ports.sidecar_min_port
   services
   disable_update_check dns_config.a_record_limit dns_config.allow_stale dns_config.cache_max_age
   dns_config.disable_compression dns_config.enable_additional_node_meta_txt dns_config.enable_truncate
   dns_config.max_stale dns_config.node_ttl dns_config.only_passing dns_config.recursor_strategy
   dns_config.recursor_timeout dns_config.soa.expire dns_config.soa.min_ttl dns_config.soa.refresh dns_config.soa.retry
   dns_config.udp_answer_limit dns_config.use_cache domain encrypt ports.dns recursors
   encrypt_verify_incoming encrypt_verify_outgoing
   gossip_lan.gossip_interval gossip_lan.gossip_nodes gossip_lan.probe_interval gossip_lan.probe_timeout
   gossip_lan.retransmit_mult gossip_lan.suspicion_mult gossip_wan.gossip_interval gossip_wan.gossip_nodes
   gossip_wan.probe_interval gossip_wan.probe_timeout gossip_wan.retransmit_mult gossip_wan.suspicion_mult
   http_config.allow_write_http_from http_config.block_endpoints http_config.response_headers http_config.use_cache key_file leave_on_terminate
   limits.http_max_conns_per_client limits.https_handshake_timeout limits.kv_max_value_size limits.rpc_client_timeout limits.rpc_handshake_timeout limits.rpc_max_burst limits.rpc_max_conns_per_client limits.rpc_rate limits.txn_max_req_len log_file log_json log_level log_rotate_bytes log_rotate_duration
   log_rotate_max_files max_query_time node_id node_name performance.leave_drain_time
   performance.raft_multiplier performance.rpc_hold_timeout pid_file ports.http ports.https ports.serf_lan ports.serf_wan
   ports.server protocol raft_protocol raft_snapshot_interval raft_snapshot_threshold raft_trailing_logs
   reconnect_timeout reconnect_timeout_wan rejoin_after_leave retry_interval retry_interval_wan retry_join
   retry_join_wan retry_max retry_max_wan serf_lan serf_lan_allowed_cidrs serf_wan serf_wan_allowed_cidrs server session_ttl_min
   skip_leave_on_interrupt start_join start_join_wan telemetry.disable_hostname telemetry.dogstatsd_addr
   telemetry.dogstatsd_tags telemetry.filter_default telemetry.metrics_prefix telemetry.prefix_filter
   telemetry.prometheus_retention_time telemetry.statsd_address telemetry.statsite_address tls_cipher_suites tls_min_version tls_prefer_server_cipher_suites
   tls.defaults.ca_file tls.defaults.ca_path tls.defaults.cert_file tls.defaults.key_file tls.defaults.tls_cipher_suites
   tls.defaults.tls_min_version tls.https.ca_file tls.https.ca_path tls.https.cert_file tls.https.key_file
   tls.https.tls_cipher_suites tls.https.tls_min_version tls.https.verify_incoming translate_wan_addrs
   unix_sockets.group unix_sockets.mode unix_sockets.user verify_incoming_https watches`.split(/\s+/),
);

/** What Consul reads over too: its constants, and what is for another program. */
const MEANINGLESS: ReadonlySet<string> = new Set(
  `ae_interval check_deregister_interval_min check_reap_interval consul enable_acl_replication revision segment_limit
   segment_name_limit snapshot_agent sync_coordinate_interval_min sync_coordinate_rate_target version
   version_prerelease`.split(/\s+/),
);

/** Enterprise features, with Consul's own warning. */
const ENTERPRISE: ReadonlySet<string> = new Set(
  `acl.msp_disable_bootstrap acl.tokens.managed_service_provider audit autopilot.disable_upgrade_migration
   autopilot.redundancy_zone_tag autopilot.upgrade_version_tag dns_config.prefer_namespace license_path
   non_voting_server partition read_replica segment`.split(/\s+/),
);

/**
 * Whether the key does anything here, or what it says is kept by doing nothing: words of access control are, as long as that
 * is off, and an agent where it is on does not start. `path` is dotted: "ports.http"; of a map of the user's names any entry.
 */
export function hasEffect(path: string): boolean {
  if (WORKING.has(path) || MEANINGLESS.has(path) || path.startsWith("acl.") || path.startsWith("acl_"))
    return true;
  return (
    path.startsWith("tagged_addresses.") ||
    path.startsWith("node_meta.") ||
    path.startsWith("dns_config.service_ttl.") ||
    path === "node_meta" ||
    path.startsWith("http_config.response_headers.")
  );
}

/**
 * Whether the value asks for nothing but what happens anyway: a feature switched off that we do not have, a port that is
 * not to be listened on.
 */
export function asksForNothing(path: string, value: ConfigValue): boolean {
  const key = path.slice(path.lastIndexOf(".") + 1);
  if (typeof value === "boolean") return value === key.startsWith("disable_");
  if (typeof value === "number") return path.startsWith("ports.") && value <= 0;
  return value === "" || (Array.isArray(value) && value.length === 0);
}

/** What the operator should know about the keys of one file or fragment, sorted as the file's keys are. */
export function effectWarnings(config: ConfigMap): string[] {
  const warnings: string[] = [];
  if (boolAt(config, "acl_enforce_version_8") !== undefined)
    warnings.push('config key "acl_enforce_version_8" is deprecated and should be removed');
  forEachLeaf(config, (path, value) => {
    if (path === "acl_enforce_version_8") return;
    if (ENTERPRISE.has(path))
      warnings.push(`"${path}" is a Consul Enterprise configuration and will have no effect`);
    else if (!hasEffect(path) && !asksForNothing(path, value))
      warnings.push(`config key "${path}" is accepted but has no effect yet`);
  });
  return warnings;
}

const NO_ACLS = "access control lists are not supported yet; refusing to run with every request allowed";
const NO_TLS = "TLS is not supported yet; refusing to run in clear text";

const TLS_SWITCHES: readonly string[] = [
  ...["verify_incoming", "verify_incoming_rpc", "verify_outgoing", "verify_server_hostname"],
  ...["defaults", "internal_rpc", "https", "grpc"]
    .flatMap((scope) =>
      ["verify_incoming", "verify_outgoing", "verify_server_hostname"].map((key) => `tls.${scope}.${key}`),
    )
    .filter((path) => path !== "tls.https.verify_incoming"),
  ...["auto_encrypt.tls", "auto_encrypt.allow_tls", "auto_config.enabled"],
];

/** In Consul's words, which is Consul Enterprise's feature. */
export const NO_SEGMENTS = "Network segments are not supported in this version of Consul";

/** Why the agent must not start with this configuration, one sentence each; empty when it may. */
export function refusals(config: ConfigMap): string[] {
  const found: string[] = [];
  const refuse = (path: string, why: string): unknown => found.push(`${path}: ${why}`);
  if (boolAt(config, "acl.enabled") === true) refuse("acl.enabled", NO_ACLS);
  // The key of Consul before 1.4, which switches ACLs on by naming who keeps them.
  if ((stringAt(config, "acl_datacenter") ?? "") !== "") refuse("acl_datacenter", NO_ACLS);
  for (const path of TLS_SWITCHES) if (boolAt(config, path) === true) refuse(path, NO_TLS);
  if (configAt(config, "segments") !== undefined) found.push(NO_SEGMENTS);
  return found;
}
