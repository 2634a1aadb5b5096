// Command lines whose agent is not there, or cannot be spoken to as the flags and the environment say.

import { type Case, lines } from "./command-lines.ts";

export const CONNECTION_COMMANDS: readonly Case[] = [
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
    members -http-addr=https://{http} -tls-server-name=other
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
  ...lines("members", { env: { CONSUL_HTTP_AUTH: "user" } }),
  ...lines("members", { env: { CONSUL_HTTP_TOKEN: "secret" } }),
  ...lines("members", { env: { CONSUL_HTTP_SSL: "true", CONSUL_HTTP_SSL_VERIFY: "maybe" } }),
  ...lines("members", { env: { CONSUL_HTTP_SSL: "true", CONSUL_HTTP_SSL_VERIFY: "false" } }),
  ...lines("members", { env: { CONSUL_CACERT: "/no/such" } }),
  ...lines("members", { env: { CONSUL_CAPATH: "/no/such" } }),
  ...lines("members", { env: { CONSUL_CLIENT_CERT: "/no/such" } }),
  ...lines("members", { env: { CONSUL_CLIENT_CERT: "/no/such", CONSUL_CLIENT_KEY: "/no/such" } }),
  ...lines("members", { env: { CONSUL_HTTP_SSL: "true", CONSUL_TLS_SERVER_NAME: "other" } }),
  ...lines("kv get a/b", { env: { CONSUL_NAMESPACE: "x" } }),
  ...lines("kv get a/b", { env: { CONSUL_HTTP_ADDR: "unix:///tmp/no/such.sock" } }),
  ...lines("members -ca-file=data.txt", { file: ["data.txt", "no certificate\n"] }),
];
