// What holds when nobody says otherwise, as two configurations that the user's are merged over: Consul's defaults, and
// what `-dev` changes of them. Written as keys of a configuration file, so that one merge does it all. Gossip's defaults
// are its own (core/gossip/config.ts). Source: Consul's documentation and the values that Consul 1.8.7 prints for itself.

import { EXPOSED_PORTS, SIDECAR_PORTS } from "../../core/model/port-ranges.ts";
import { type RaftConfig, raftConfig } from "../../core/raft/config.ts";
import { type ConfigMap, configOf } from "./values.ts";

export const DEFAULTS: ConfigMap = configOf({
  bind_addr: "0.0.0.0",
  bootstrap: false,
  bootstrap_expect: 0,
  check_output_max_size: 4096,
  check_update_interval: "5m",
  client_addr: "127.0.0.1",
  datacenter: "dc1",
  default_query_time: "300s",
  discovery_max_stale: "0s",
  disable_keyring_file: false,
  encrypt_verify_incoming: true,
  encrypt_verify_outgoing: true,
  limits: {
    http_max_conns_per_client: 200,
    https_handshake_timeout: "5s",
    kv_max_value_size: 512 * 1024,
    rpc_handshake_timeout: "5s",
    rpc_max_burst: 1000,
    rpc_max_conns_per_client: 100,
    rpc_rate: -1,
    txn_max_req_len: 512 * 1024,
  },
  log_file: "",
  log_json: false,
  log_level: "INFO",
  log_rotate_bytes: 0,
  log_rotate_duration: "24h",
  log_rotate_max_files: 0,
  max_query_time: "600s",
  performance: { leave_drain_time: "5s", raft_multiplier: 5, rpc_hold_timeout: "7s" },
  pid_file: "",
  ports: {
    dns: 8600,
    expose_max_port: EXPOSED_PORTS.max,
    expose_min_port: EXPOSED_PORTS.min,
    grpc: -1,
    http: 8500,
    https: -1,
    serf_lan: 8301,
    serf_wan: 8302,
    server: 8300,
    sidecar_max_port: SIDECAR_PORTS.max,
    sidecar_min_port: SIDECAR_PORTS.min,
  },
  protocol: 2,
  raft_protocol: 3,
  retry_interval: "30s",
  retry_interval_wan: "30s",
  retry_max: 0,
  retry_max_wan: 0,
  server: false,
  syslog_facility: "LOCAL0",
  telemetry: { metrics_prefix: "consul", prometheus_retention_time: "0s" },
  translate_wan_addrs: false,
});

/** `-dev`: one server that elects itself at once, keeps nothing, says everything and hears of the dead within a second. */
export const DEV_DEFAULTS: ConfigMap = configOf({
  bind_addr: "127.0.0.1",
  disable_keyring_file: true,
  log_level: "DEBUG",
  performance: { raft_multiplier: 1 },
  server: true,
});

/**
 * Raft's timings under `-dev`: Consul's 52 ms election and 20 ms lease, so that the one server leads as soon as it is up.
 * Consul says a heartbeat every 3.5 ms; Node's timers are not that fine, and five to a timeout are enough.
 */
export function devRaftConfig(multiplier: number): RaftConfig {
  return {
    ...raftConfig(multiplier),
    electionTimeoutMs: 52 * multiplier,
    heartbeatIntervalMs: 10 * multiplier,
    leaseMs: 20 * multiplier,
  };
}
