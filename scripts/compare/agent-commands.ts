// Command lines of `agent` that come to an end: those that are refused before anything is started.

import { type Case, lines } from "./command-lines.ts";

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
  ...lines("agent -data-dir file", { file: ["file", "x"] }),
  ...lines("agent -data-dir data -bind foo", { differs: "Consul says that bind_addr is empty" }),
  ...lines("agent -data-dir data -advertise foo", { differs: "Consul says it twice" }),
];
