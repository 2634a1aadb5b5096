// Command lines of `services` and of `maint`. What they register they take out again.

import { type Case, lines } from "./command-lines.ts";

const WEB =
  'service { name = "web" id = "web1" port = 80 tags = ["a"] meta { k = "v" } check { ttl = "1h" header { a = ["b"] } } connect { sidecar_service { check { ttl = "2h" } } } }\nservices { name = "two" kind = "connect-proxy" port = 5 proxy { destination_service_name = "web" config { x = 1 } } }';

/** Configurations of which `validate` says what is wrong, or that nothing is. */
const DEFINITIONS: readonly Case[] = [
  "service { port = 5 }",
  'service { name = "web" check { } }',
  'service { name = "web" checks = [{ttl="5s"},{id="q" interval="y"}] }',
  'service { name = "web" weights { passing = 0 } }',
  'service { name = "web" weights { warning = 70000 } }',
  'service { name = "web" meta { "a b" = "y" } }',
  'service { name = "web" connect { sidecar_service { id = "x" } } }',
  'service { name = "web" connect { sidecar_service { meta { "consul-x" = "y" } } } }',
  'service { name = "web" connect { sidecar_service { connect { native = true } } } }',
  'service { name = "web" connect { sidecar_service { connect { sidecar_service { } } } } }',
  'service { name = "p" kind = "connect-proxy" port = 5 }',
  'service { name = "p" kind = "connect-proxy" proxy { destination_service_name = "a" } }',
  'service { name = "p" kind = "mesh-gateway" }',
  'service { name = "p" kind = "bogus" port = 5 proxy { destination_service_name = "a" config { a = 1 } } }',
  'service { name = "p" address = "0.0.0.0" }',
  'service { name = "a b" tags = ["c d"] }',
  'services { name = "a" } services { name = "b" } service { name = "c" }',
  'service { name = "a" } service { name = "b" }',
  'service { name = "web" check { ttl = "5s" DeregisterCriticalServiceAfter = "5" } }',
  'service { name = "web" token = "abc" enable_tag_override = "x" }',
  'service { name = "web" nosuch = 1 check { nosuch = 2 } }',
  'check { id = "x" name = "m" ttl = "5s" notes = 5 }',
  'check { ttl = "5s" output_max_size = -1 }',
  "check_output_max_size = 0",
  'check_update_interval = "x"',
].map((row) => ({
  args: ["validate", "services.hcl"],
  file: ["services.hcl", `data_dir = "data"\nbind_addr = "127.0.0.1"\n${row}`],
}));

/** Of several wrong durations. */
const TWO_FAULTS: Case = {
  args: ["validate", "services.json"],
  file: [
    "services.json",
    '{"data_dir":"data","bind_addr":"127.0.0.1","check":{"id":"q","ttl":"x","interval":"y"}}',
  ],
  differs: "Consul tells the last of them alone",
};

export const SERVICES_COMMANDS: readonly Case[] = [
  ...DEFINITIONS,
  TWO_FAULTS,
  ...lines(`
    services
    services -h
    services nosuch
    services register
    services register -h
    services register -nosuch
    services register -name=x a.hcl
    services register -id=x
    services register -port=x
    services register -meta a -name=t
    services register -tagged-address lan -name=t
    services register -tagged-address lan=1.2.3.4 -name=t
    services register -tagged-address lan=1.2.3.4:x -name=t
    services register -tagged-address lan=a:b:c -name=t
    services register -tagged-address lan=[::1 -name=t
    services register -tagged-address lan= -name=t
    services register -tagged-address lan=a: -name=t
    services register -tagged-address lan=a:99999999999999999999 -name=t
    services register -name=web
    services register -name=web -id=w2 -port=8080 -tag=a -tag=b -meta a=b -meta c=d -address=1.2.3.4 -kind=x
    services register -tagged-address lan=[::1]:80 -tagged-address=wan=:5 -name=t
    services register -name=p -kind=connect-proxy
    services register -name=x -meta=consul-x=y
    services register nosuch.hcl
    services deregister
    services deregister -h
    services deregister -nosuch
    services deregister -id=web
    services deregister -id=w2
    services deregister -id=t
    services deregister -id=nosuch
    services deregister -id=x a.hcl
    services deregister a b
  `),
  ...lines("services register a.hcl\ncatalog services -tags\nservices deregister a.hcl", {
    file: ["a.hcl", WEB],
  }),
  ...lines("services register j.json\nservices register j.json j.json\nservices deregister j.json", {
    file: ["j.json", '{"service":{"name":"j","ID":"j1","Checks":[{"ttl":"5m","notes":"n"}]}}'],
  }),
  ...lines("services register noname.hcl\nservices deregister noname.hcl", {
    file: ["noname.hcl", "service { port = 80 }"],
  }),
  ...lines("services register bogus.hcl\nservices deregister bogus.hcl", {
    file: ["bogus.hcl", "bogus = 1"],
  }),
  ...lines("services register wrong.hcl", {
    file: ["wrong.hcl", 'service { name = "w" check { ttl = "x" } }'],
  }),
  ...lines("services register x.txt", {
    file: ["x.txt", "x"],
    differs: "a file that is named is not passed over, whatever its extension",
  }),
  ...lines("services register empty.hcl", { file: ["empty.hcl", 'node_name = "x"'] }),
  ...lines(
    `
    services register -name=x
    services deregister -id=x
    maint
    maint -enable
    maint -enable -service=a
    maint -disable -service=a
    `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
  ...lines(`
    maint -h
    maint -nosuch
    maint
    maint extra
    maint -enable -disable
    maint -reason=x
    maint -service=web1
    maint -service=web1 -disable -reason=x
    maint -enable -service=nosuch
    maint -disable -service=nosuch
    services register -name=web -id=web1
    maint -enable -service=web1 '-reason=two words'
    maint
    maint -disable -service=web1
    maint -enable
    maint -enable -reason=other
    maint
    maint -disable
    maint -disable
    maint
    maint -enable extra
    maint -disable -service=
    services deregister -id=web1
  `),
];
