// Runs the same command lines through the original Consul's program and ours, against one Consul agent in development
// mode, and compares what they print, on which stream, and their exit codes. What is ours by intent (the program's name,
// our own words in help texts) is taken out of both first. Exits with 1 if they differ where they should not, and do so
// once more: what a busy machine made late is only told of. Takes a minute.
//
//   npx tsx scripts/compare-cli.ts            all command lines
//   npx tsx scripts/compare-cli.ts TEXT       those that contain TEXT

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithUs, exitOnSignals } from "../test/support/children.ts";
import { freePort } from "../test/support/loopback.ts";
import { programPath } from "../test/support/program.ts";
import { CATALOG_COMMANDS, seedServices } from "./compare/catalog-commands.ts";
import { type Case, hcl, json, lines } from "./compare/command-lines.ts";
import { CONFIG_COMMANDS, seedConfigEntries } from "./compare/config-commands.ts";
import { CONFIG_LINES } from "./compare/config-lines.ts";
import { INTENTION_COMMANDS, seedIntentions } from "./compare/intention-commands.ts";
import { KEYRING_COMMANDS } from "./compare/keyring-commands.ts";
import { LOCK_COMMANDS } from "./compare/lock-commands.ts";
import { holdersBesideEachOther } from "./compare/lock-holders.ts";
import { OPERATOR_COMMANDS } from "./compare/operator-commands.ts";
import { RTT_COMMANDS, seedNodes } from "./compare/rtt-commands.ts";
import { SERVICES_COMMANDS } from "./compare/services-commands.ts";
import { WATCH_COMMANDS } from "./compare/watch-commands.ts";

/** What a shell is offered for a line. Consul's commands offer no flags. */
const COMPLETIONS: readonly Case[] = [
  ...[
    "consul k",
    "consul kv ",
    "consul  kv   g",
    "consul kv",
    "consul",
    "consul -",
    "consul nosuch kv p",
    "consul kv get ",
  ],
  ...["consul snapshot ", "consul operator autopilot g", "consul watch x"],
].map((line) => ({ args: [], env: { COMP_LINE: line }, anyOrder: true }));

const FRAMEWORK: readonly Case[] = [
  { args: [] },
  ...lines(`
    -h
    --help
    -v
    --version
    -
    ''
    nosuch
    help
    help kv
    -h nosuch
    -v members
    -foo members
    'kv get' x
    kv
    kv ''
    kv nosuch
    kv help
    kv -h
    kv get -h extra
    kv get -v
    version
    version -format=x
    keygen
    keygen with arguments
    agent -h
    agent -nosuch
    debug -h
    event -h
    event -nosuch
    exec -h
    exec -nosuch
    force-leave -h
    force-leave -nosuch
    info -h
    info -nosuch
    join -h
    join -nosuch
    keygen -h
    keygen -nosuch
    kv delete -h
    kv delete -nosuch
    kv export -h
    kv export -nosuch
    kv get -h
    kv get -nosuch
    kv put -h
    kv put -nosuch
    leave -h
    leave -nosuch
    members -h
    members -nosuch
    monitor -h
    monitor -nosuch
    reload -h
    reload -nosuch
    validate -h
    validate -nosuch
    version -h
    version -nosuch
    members ---wan
    members -=x
    members --wan=false
    members -wan=maybe
    members -status
    kv get -stale=maybe a
    kv put -flags=-1 a b
    kv put -flags=18446744073709551616 a b
  `),
  ...COMPLETIONS,
  ...lines("kv import -h\nkv import -nosuch", { differs: "-prefix, of later Consuls, is known here" }),
];

const CLUSTER: readonly Case[] = lines(`
  members
  members -detailed
  members -wan
  members -status=alive
  members -status=nope
  members -status=(
  members -status=*
  members -segment=foo
  members -wan -segment=foo
  members -wan -detailed
  members -wan -status=alive
  members -wan -status=failed
  members -wan -segment=_all
  members extra arguments
  event
  event payload
  event -name=
  event -name=deploy
  event -name=deploy 1.4.2
  event -name=deploy ''
  event -name=deploy 1.4.2 more
  event '-name=a b/ö' x
  event -name=deploy -node=^n -service=web -tag=v1 x
  event -name=deploy -node=(
  event -name=deploy -service=a**
  event -name=deploy -tag=[
  event -name=deploy -tag=v1
  event -name=deploy -tag=v1 a b
  event -name=deploy -node=( a b
  event -name=deploy xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
  event -http-addr=127.0.0.1:1 -name=deploy
  event -token=secret -name=deploy x
  exec
  exec -
  exec -shell=false
  exec -shell=false -
  exec -node=( x
  exec -service=a** x
  exec -service=a -tag=[ x
  exec -tag=a x
  exec -node=( -tag=a x
  exec -http-addr=127.0.0.1:1 true
  exec -wait=300ms echo hi
  exec -wait=300ms -node=nosuch -wait-repl=-1s echo hi
  exec -wait=300ms -datacenter=dc9 echo hi
  join
  join 127.0.0.1:1
  join 127.0.0.1:1 {lan}
  join {lan}
  join -wan {wan}
  join -wan
  join -wan 127.0.0.1:1
  leave foo
  force-leave
  force-leave a b
  force-leave nosuch
  force-leave -prune nosuch
  info
  info x
  debug x
  debug -duration=9s
  debug -interval=4s
  debug -capture=foo
  monitor -log-level=loud
  monitor -log-json -log-level=loud x
  reload
  reload x
`);

const KV: readonly Case[] = [
  ...lines(`
    kv put new value
    kv put new
    kv put new ''
    kv put
    kv put a b c
    kv put '' x
    kv put /lead x
    kv put -flags=42 new x
    kv put -flags=0x10 new x
    kv put new -5
    kv put -- -x -y
    kv put new @nosuch
    kv put new @
    kv put new @/
    kv put -base64 new aGVsbG8=
    kv put -cas a/b x
    kv put -cas -modify-index=1 a/b x
    kv put -cas -modify-index={index} a/b x
    kv put -acquire a/b x
    kv put -release a/b x
    kv put -acquire -session=xx a/b x
    kv put -acquire -session={session} a/b x
    kv put -release -session={session} a/b x
    kv put -acquire -session=adf4238a-882b-9ddc-4a9d-5b6758e4159e a/b x
    kv get
    kv get a b
    kv get a/b
    kv get /a/b
    kv get /
    kv get nosuch
    kv get a/b -detailed
    kv get -detailed a/b
    kv get -detailed -base64 a/b
    kv get -base64 a/b
    kv get a/c
    kv get tabs
    kv get 'a b?c#d%'
    kv get -recurse
    kv get -recurse a
    kv get -recurse nosuch
    kv get -recurse -base64 a
    kv get -recurse -detailed
    kv get -keys
    kv get -keys a/
    kv get -keys -separator=
    kv get -keys -separator=b
    kv get -keys -recurse a
    kv get -keys nosuch
    kv get -stale a/b
    kv get -token=xx a/b
    kv get -datacenter=nope a/b
    kv delete
    kv delete /
    kv delete nosuch
    kv delete a/b
    kv delete a b
    kv delete -recurse a
    kv delete -recurse
    kv delete -cas a/b
    kv delete -modify-index=1 a/b
    kv delete -cas -recurse -modify-index=3 a
    kv delete -cas -modify-index=1 a/b
    kv delete -cas -modify-index={index} a/b
    kv export
    kv export a/c
    kv export nosuch
    kv export a b
    kv import
    kv import a b
    kv import ''
    kv import []
    kv import null
    kv import {}
    kv import x
    kv import {
    kv import '[] x'
    kv import [1]
    kv import [{}]
    kv import [{"key":"q","flags":3,"value":"aGVsbG8="},{"KEY":"/q2","value":""}]
    kv import [{"key":"q","value":"!!"}]
    kv import [{"key":5}]
    kv import [{"key":"q","flags":"x"}]
    kv import [{"key":"q","flags":1.5}]
    kv import @nosuch
  `),
  ...lines("kv put new -", { stdin: "from stdin" }),
  ...lines("kv put new @data.txt", { file: ["data.txt", "from a file\n"] }),
  ...lines("kv import -", { stdin: '[{"key":"q","value":"aGVsbG8="}]' }),
  ...lines("kv put -base64 new !!", { differs: "Consul writes what it could decode and says it is well" }),
];

const CONNECTION: readonly Case[] = [
  ...lines(
    `
    members
    members -wan
    join x
    leave
    force-leave a
    info
    monitor
    reload
    kv put a b
    kv put -cas -modify-index=3 a b
    kv put -acquire -session=x a b
    kv put -flags=3 -datacenter=x -namespace=y a;b/ü*()!? b
    kv get a
    kv get -keys a
    kv get -recurse a
    kv get -stale -datacenter=q -namespace=z -keys -separator= a
    kv delete a
    kv delete -recurse a
    kv delete -cas -modify-index=3 a
    kv export
    kv import [{"key":"q"}]
  `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
  ...lines(`
    members -http-addr=http://{http}
    members -http-addr=ftp://{http}
    members -http-addr=https://{http}
    members -http-addr=unix:///tmp/no/such.sock
    members -http-addr=127.0.0.1:99999
    members -http-addr=[::1]:1
    members -http-addr=:1
    members -http-addr=http://a:b:c
    members -token-file=/no/such
    members -ca-file=/no/such
    members -ca-path=/no/such
    members -client-cert=/no/such
    members -client-cert=/no/such -client-key=/no/such
  `),
  ...lines("members -http-addr=http://{http}/", {
    differs: "a path after the address is a prefix, as later",
  }),
  ...lines("members", { env: { CONSUL_HTTP_SSL: "true" } }),
  ...lines("members", { env: { CONSUL_HTTP_SSL: "maybe" } }),
  ...lines("members -http-addr=http://{http}", { env: { CONSUL_HTTP_SSL: "1" } }),
  ...lines("members", { env: { CONSUL_HTTP_AUTH: "user:password" } }),
  ...lines("members", { env: { CONSUL_HTTP_TOKEN_FILE: "/no/such" } }),
  ...lines("members -ca-file=data.txt", { file: ["data.txt", "no certificate\n"] }),
];

const AGENT: readonly Case[] = [
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

const CONFIG: readonly Case[] = [
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

const CASES: readonly Case[] = [
  ...FRAMEWORK,
  ...CLUSTER,
  ...KV,
  ...CONNECTION,
  ...OPERATOR_COMMANDS,
  ...CATALOG_COMMANDS,
  ...RTT_COMMANDS,
  ...SERVICES_COMMANDS,
  ...KEYRING_COMMANDS,
  ...LOCK_COMMANDS,
  ...WATCH_COMMANDS,
  ...CONFIG_COMMANDS,
  ...INTENTION_COMMANDS,
  ...AGENT,
  ...CONFIG,
  ...CONFIG_LINES,
];

/** What a command line may name in braces. */
interface Placeholders {
  readonly http: string;
  readonly lan: string;
  readonly wan: string;
  /** ModifyIndex of the key a/b. */
  readonly index?: string;
  readonly session?: string;
  /** A good archive, one whose last bytes are missing, and one with a byte turned. */
  readonly snap: string;
  readonly short: string;
  readonly turned: string;
  /** The agent's node id. */
  readonly id: string;
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  consul: ["consul"],
  ours: [process.execPath, programPath()],
};

function run(program: string, each: Case, values: Placeholders, cwd: string): Promise<Outcome> {
  const fill = (text: string): string =>
    text.replace(
      /\{(http|lan|wan|index|session|snap|short|turned|id)\}/g,
      (whole, name: keyof Placeholders) => values[name] ?? whole,
    );
  const [command, ...before] = PROGRAMS[program] as [string, ...string[]];
  const env = { ...process.env, CONSUL_HTTP_ADDR: values.http, ...each.env };
  return new Promise((resolve) => {
    const child = spawn(command, [...before, ...each.args.map(fill)], { cwd, env, timeout: 20_000 });
    const texts = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("latin1").on("data", (chunk: string) => {
        texts[stream] += chunk;
      });
    child.on("close", (code) => resolve({ ...texts, code }));
    child.stdin.on("error", () => {}).end(each.stdin ?? "");
  });
}

/** Texts that differ by intent or by the moment are made equal; everything else stays, to the byte. */
function normalise(text: string): string {
  const kept: string[] = [];
  let inHelp = false;
  for (const each of text.split("\n")) {
    if (/^Usage: (consul|quorate) /.test(each)) inHelp = true;
    // Of a help text: how it is called, which flags there are in which group. The prose is each program's own.
    const structure =
      /^Usage: |^ {2}-\S+$|^(HTTP API Options|Command Options|Subcommands:|Available commands are:)$/;
    if (!inHelp || structure.test(each)) kept.push(each);
  }
  return kept
    .join("\n")
    .replace(
      /\b(quorate|consul)(?= (\[--version\]|agent\b|catalog\b|config\b|debug\b|event\b|exec\b|force-leave\b|info\b|intention\b|join\b|keygen\b|keyring\b|kv\b|leave\b|lock\b|maint\b|members\b|monitor\b|operator\b|reload\b|rtt\b|services\b|snapshot\b|validate\b|version\b|watch\b))/g,
      "PROGRAM",
    )
    .replace(/^(Consul|Quorate) v.*$/m, "VERSION")
    .replace(/^(Event ID: )[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/m, "$1ID")
    .replace(/^( {4}\t).*?( \(default .*\))?$/gm, "$1…$2")
    .replace(/^((?:Create|Modify)Index +)\d+$/gm, "$1N")
    .replace(/("(?:Create|Modify)Index": ?)\d+/g, "$1N")
    .replace(/^(\t[a-z_]+ = ).*$/gm, "$1…")
    .replace(/\bID: +[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID: …")
    .replace(/^(Created At: +).*(?= UTC$)/m, "$1…")
    .replace(/(?<=snapshot to index )\d+/, "N")
    .replace(/^[A-Za-z0-9+/]{43}=$/m, "KEY")
    .replace(/(^\d{4}-\S+Z (.*\n))\1?/gm, "TIME $2")
    .replace(/(TIME .*\n)\1/g, "$1");
}

const SEED: readonly (readonly [key: string, value: string, query: string])[] = [
  ["a/b", "hello", ""],
  ["a/c", "", ""],
  ["a/d/", "<&>\u2028", "?flags=18446744073709551615"],
  ["binary", "\xff\x00\x01", ""],
  ["tabs", "x\ty\nlonger\tz\t\n\t\tthird\n", ""],
  ["a b?c#d%", "odd", ""],
  ["taken/.lock", "no lock's", ""],
];

async function seed(http: string): Promise<void> {
  await fetch(`http://${http}/v1/kv/?recurse`, { method: "DELETE" });
  for (const [key, value, query] of SEED) {
    const body = key === "binary" ? Buffer.from(value, "latin1") : value;
    await fetch(`http://${http}/v1/kv/${encodeURIComponent(key)}${query}`, { method: "PUT", body });
  }
}

async function placeholders(http: string): Promise<Pick<Placeholders, "index" | "session">> {
  const pairs = (await (await fetch(`http://${http}/v1/kv/a/b`)).json()) as { ModifyIndex: number }[];
  const session = await fetch(`http://${http}/v1/session/create`, {
    method: "PUT",
    body: '{"LockDelay":"0s"}',
  });
  const { ID } = (await session.json()) as { ID: string };
  return { index: String(pairs[0]?.ModifyIndex), session: ID };
}

interface Agent {
  readonly process: ChildProcess;
  readonly values: Placeholders;
}

/** Archives of the agent's state: a good one, one that is cut short, one with a byte turned. */
async function saveArchives(
  http: string,
  root: string,
): Promise<Pick<Placeholders, "snap" | "short" | "turned">> {
  const answer = await fetch(`http://${http}/v1/snapshot`);
  const good = Buffer.from(await answer.arrayBuffer());
  const turned = Buffer.from(good);
  const middle = good.length >> 1;
  turned[middle] = (turned[middle] ?? 0) ^ 0x10;
  const write = (name: string, bytes: Buffer): string => {
    const path = join(root, name);
    writeFileSync(path, bytes);
    return path;
  };
  return {
    snap: write("good.snap", good),
    short: write("short.snap", good.subarray(0, -20)),
    turned: write("turned.snap", turned),
  };
}

async function valuesOf(
  ports: Pick<Placeholders, "http" | "lan" | "wan">,
  root: string,
): Promise<Placeholders> {
  await seed(ports.http);
  await seedServices(ports.http);
  await seedNodes(ports.http);
  const self = (await (await fetch(`http://${ports.http}/v1/agent/self`)).json()) as {
    readonly Config: { readonly NodeID: string };
  };
  return { ...ports, ...(await saveArchives(ports.http, root)), id: self.Config.NodeID };
}

async function startConsul(root: string): Promise<Agent> {
  const [http, server, lan, wan] = await Promise.all([1, 2, 3, 4].map(() => freePort("127.0.0.1")));
  const ports = ["-http-port", http, "-server-port", server, "-serf-lan-port", lan, "-serf-wan-port", wan];
  const args = ["agent", "-dev", "-node", "node1", ...ports, "-dns-port", -1, "-grpc-port", -1].map(String);
  const child = endsWithUs(spawn("consul", args, { stdio: "ignore" }));
  for (let attempt = 0; attempt < 100; attempt++) {
    const leader = await fetch(`http://127.0.0.1:${http}/v1/status/leader`).then(
      (answer) => answer.json(),
      () => "",
    );
    if (leader !== "")
      return {
        process: child,
        values: await valuesOf(
          { http: `127.0.0.1:${http}`, lan: `127.0.0.1:${lan}`, wan: `127.0.0.1:${wan}` },
          root,
        ),
      };
    await sleep(200);
  }
  child.kill();
  throw new Error("the Consul agent found no leader within 20 s");
}

/** What differs, one line each. */
function differences(consul: Outcome, ours: Outcome, anyOrder: boolean): string[] {
  const found: string[] = [];
  for (const stream of ["stdout", "stderr"] as const) {
    const [theirs, own] = [consul, ours].map((outcome) => {
      const text = normalise(outcome[stream]);
      return anyOrder ? text.split("\n").sort().join("\n") : text;
    });
    if (theirs !== own)
      found.push(
        `    ${stream}  consul ${JSON.stringify(theirs)}\n    ${stream}  ours   ${JSON.stringify(own)}`,
      );
  }
  if (consul.code !== ours.code) found.push(`    exit    consul ${consul.code}, ours ${ours.code}`);
  return found;
}

async function compare(each: Case, { values }: Agent, root: string): Promise<string[]> {
  const outcomes: Outcome[] = [];
  for (const program of ["consul", "ours"]) {
    await seed(values.http);
    if (each.args[0] === "config") await seedConfigEntries(values.http);
    if (each.args[0] === "intention") await seedIntentions(values.http);
    const cwd = mkdtempSync(join(root, "run-"));
    mkdirSync(join(cwd, "data"));
    if (each.file !== undefined) writeFileSync(join(cwd, each.file[0]), each.file[1]);
    outcomes.push(await run(program, each, { ...values, ...(await placeholders(values.http)) }, cwd));
  }
  return differences(outcomes[0] as Outcome, outcomes[1] as Outcome, each.anyOrder === true);
}

interface Verdict {
  readonly kind: "equal" | "intended" | "unexpected";
  /** What to show of it. */
  readonly text: string;
}

async function judge(each: Case, agent: Agent, root: string): Promise<Verdict> {
  const first = await compare(each, agent, root);
  if (first.length === 0) return { kind: "equal", text: "" };
  const file = each.file === undefined ? [] : [JSON.stringify(each.file[1])];
  const name = [...each.args, ...file].join(" ");
  const { differs } = each;
  if (differs !== undefined) return { kind: "intended", text: `intended  ${name}\n    ${differs}` };
  const again = await compare(each, agent, root);
  if (again.length === 0) return { kind: "equal", text: `ONLY ONCE ${name}\n${first.join("\n")}` };
  return { kind: "unexpected", text: `DIFFERS   ${name}\n${again.join("\n")}` };
}

/** Of each line that is told again at the end. */
const RETOLD_CHARACTERS = 200;

async function main(): Promise<number> {
  if (spawnSync("consul", ["version"]).error !== undefined) {
    console.log(
      "skipped: there is no consul on the PATH to compare with (Debian has it in the package consul)",
    );
    return 0;
  }
  const words = ({ args, file }: Case): string => [...args, file?.[1] ?? ""].join(" ");
  const wanted = CASES.filter((each) => words(each).includes(process.argv[2] ?? ""));
  const root = mkdtempSync(join(tmpdir(), "compare-cli-"));
  const agent = await startConsul(root);
  const verdicts: Verdict[] = [];
  try {
    for (const each of wanted) {
      const verdict = await judge(each, agent, root);
      verdicts.push(verdict);
      if (verdict.text !== "") console.log(verdict.text);
    }
    if (wanted.some(({ args }) => args[0] === "lock")) {
      const wrong = await holdersBesideEachOther(Object.values(PROGRAMS), agent.values.http, root);
      const text = `DIFFERS   holders of both programs\n    ${wrong.join("\n    ")}`;
      if (wrong.length > 0) verdicts.push({ kind: "unexpected", text });
    }
  } finally {
    agent.process.kill();
    rmSync(root, { recursive: true, force: true });
  }
  // Once more, in few lines: of a long output often only the end is kept.
  for (const { text } of verdicts.filter(({ kind }) => kind === "unexpected"))
    for (const line of text.split("\n")) console.log(line.slice(0, RETOLD_CHARACTERS));
  const count = (kind: Verdict["kind"]): number => verdicts.filter((each) => each.kind === kind).length;
  console.log(
    `compare-cli: ${wanted.length} command lines: ${count("equal")} equal, ${count("intended")} differ by intent, ${count("unexpected")} differ`,
  );
  return count("unexpected") === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
