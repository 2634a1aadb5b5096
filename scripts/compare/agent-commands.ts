// Command lines of `agent` that come to an end: those that are refused before anything is started.

import { type Case, lines } from "./command-lines.ts";

/** Two sockets for one port: told of when all else has been looked at, so that nothing starts. */
const UNSTARTABLE = "agent -data-dir data -bind 127.0.0.1 -http-port 8301";

/** One flag or a few, each with a value. */
const FLAGS = `
  -config-dir nosuch
  -config-dir data
  -node ''
  -node a.b
  -node 'a b'
  -node-id xx
  -node-id ADF4238A-882B-9DDC-4A9D-5B6758E4159E
  -node-meta a:b:c
  -node-meta consul-a:b
  -pid-file data/pid
  -protocol 1
  -protocol 2
  -protocol 4
  -raft-protocol 1
  -raft-protocol 9
  -raft-protocol 3
  -disable-host-node-id
  -disable-host-node-id=false
  -segment x
  -non-voting-server
  -server -non-voting-server
  -server -segment x
  -advertise-wan foo
  -advertise-wan 0.0.0.0
  -server -advertise-wan 10.0.0.1
  -serf-lan-bind foo
  -serf-lan-bind 127.0.0.1
  -server -serf-wan-bind foo
  -server -serf-wan-bind 127.0.0.1
  -serf-lan-allowed-cidrs x
  -serf-lan-allowed-cidrs 10.0.0.0/8
  -server -serf-wan-allowed-cidrs x
  -allow-write-http-from x
  -allow-write-http-from 10.0.0.0/8
  -https-port 70000
  -https-port -5
  -grpc-port 70000
  -serf-lan-port 70000
  -serf-wan-port 70000
  -server -serf-wan-port 0
  -server-port 0
  -dns-port 0
  -join x
  -join-wan x
  -retry-join x
  -server -retry-join-wan x
  -retry-interval-wan x
  -retry-interval 1s -retry-interval-wan 1s
  -retry-max x
  -retry-max 3 -retry-max-wan 4
  -rejoin
  -encrypt x
  -encrypt aGVsbG8=
  -encrypt pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=
  -encrypt pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s= -disable-keyring-file
  -enable-script-checks
  -enable-local-script-checks
  -enable-script-checks=maybe
  -check_output_max_size 0
  -check_output_max_size -1
  -check_output_max_size 100
  -default-query-time x
  -default-query-time 1s -max-query-time 2s
  -default-query-time 3s -max-query-time 2s
  -default-query-time 20m
  -max-query-time -1s
  -domain x
  -domain ''
  -alt-domain x
  -recursor 127.0.0.1
  -ui
  -ui-dir data
  -ui-content-path 'a b'
  -ui-content-path x
  -ui-content-path /v1
  -ui-content-path 'a b' -segment x -node ''
  -log-level foo
  -log-json
  -log-file data/
  -log-rotate-bytes x
  -log-rotate-bytes 100 -log-rotate-duration 1s -log-rotate-max-files 2
  -log-rotate-duration x
  -log-rotate-max-files x
  -syslog
  -bootstrap
  -server -bootstrap-expect 2
  -server -bootstrap-expect 1 -bootstrap
  -datacenter DC1
  -config-format json -config-file nosuch
  -hcl 'server = maybe'
`;

export const AGENT_COMMANDS: readonly Case[] = [
  ...lines(`
    agent foo
    agent -dev foo bar
    agent
    agent -http-port abc
    agent -http-port 99999999999999999999
    agent -server=maybe
    agent -node-meta
    agent -config-file nosuch
    agent -config-format yaml
    agent -hcl bogus=1 -hcl foo=2
    agent -dev -bootstrap-expect 3
    agent -data-dir data -bootstrap
    agent -data-dir data -bootstrap-expect 3
    agent -data-dir data -server -bootstrap-expect 3 -bootstrap
    agent -data-dir data -server -bootstrap-expect -1
    agent -data-dir data -datacenter 'dc 1'
    agent -data-dir data -datacenter ''
    agent -data-dir data -bind ''
    agent -data-dir data -bind '1.2.3.4 2.3.4.5'
    agent -data-dir data -client foo
    agent -data-dir data -client unix:///tmp/x
    agent -data-dir data -advertise 0.0.0.0
    agent -data-dir data -http-port 70000 -dns-port 80000
    agent -data-dir data -bind 127.0.0.1 -http-port 8600
    agent -data-dir data -bind 127.0.0.1 -http-port 8301
    agent -data-dir data -bind 127.0.0.1 -server-port 8301
    agent -data-dir data -bind 127.0.0.1 -server-port 8302 -server
    agent -dev -hcl retry_interval=5
    agent -dev -hcl start_join="x"
    agent -retry-interval xx
    agent -dc dc2
    agent -atlas x/y
    agent -atlas-token x
    agent -atlas-join
    agent -atlas-endpoint x
    agent -rpc-addr 127.0.0.1:8400
    agent -configtest
    members -rpc-addr=127.0.0.1:8400
    keyring -init x
    agent -dev -hcl ports{rpc=8400}
    agent -dev -hcl atlas_infrastructure="x"
    agent -dev -hcl recursor="8.8.8.8"
    agent -dev -hcl check={script="x",interval="5s"}
    agent -dev -hcl statsd_addr="x"
    agent -dev -hcl http_api_response_headers={}
    agent -dev -hcl advertise_addrs={}
  `),
  ...FLAGS.trim()
    .split("\n")
    .flatMap((flags) => lines(`${UNSTARTABLE} ${flags}`)),
  ...lines(`${UNSTARTABLE} -serf-lan-port 0`, { differs: "refused: Consul's program breaks down" }),
  ...lines(`${UNSTARTABLE} -primary-gateway x`, { differs: "there are no mesh gateways" }),
  ...lines("agent -data-dir file", { file: ["file", "x"] }),
  ...lines("agent -data-dir data -bind foo", { differs: "Consul says that bind_addr is empty" }),
  ...lines("agent -data-dir data -advertise foo", { differs: "Consul says it twice" }),
];
