// Command lines about configuration entries.

import { type Case, lines } from "./command-lines.ts";

const URL = "/v1/config";

/** Each run finds service-defaults of web and api, and no service-resolver. */
export async function seedConfigEntries(http: string): Promise<void> {
  for (const kindAndName of ["service-resolver/web", "service-defaults/new", "proxy-defaults/global"])
    await fetch(`http://${http}${URL}/${kindAndName}`, { method: "DELETE" });
  for (const Name of ["web", "api"]) {
    const body = JSON.stringify({ Kind: "service-defaults", Name, Protocol: "http" });
    await fetch(`http://${http}${URL}`, { method: "PUT", body });
  }
}

const ENTRIES = [
  'Kind = "service-defaults"\nName = "new"\nProtocol = "http"',
  'kind = "service-defaults"\nname = "new"\nmesh_gateway { mode = "local" }',
  '{"Kind": "service-defaults", "Name": "new", "Protocol": "grpc"}',
  'Kind = "service-resolver"\nName = "web"\nConnectTimeout = "15s"\nSubsets { v1 { Filter = "Service.Meta.v == 1" } }',
  'Kind = "proxy-defaults"\nName = "global"\nConfig { a = 1 b = "x" c { d = [1, 2] } }',
  'Kind = "proxy-defaults"\nName = "other"',
  'Kind = "service-router"\nName = "web"\nRoutes = [{ Match { HTTP { PathPrefix = "x" } } }]',
  'Kind = "service-defaults"',
  'Kind = "nosuch"\nName = "x"',
  'Name = "x"',
  'Kind = "service-defaults"\nName = "new"\nBogus = 1',
  'Kind = 5\nName = "x"',
  "",
  "{",
];

export const CONFIG_COMMANDS: readonly Case[] = [
  ...lines(`
    config
    config -h
    config nosuch
    config write -h
    config write -nosuch
    config write
    config write a b
    config write nosuch
    config write data
    config read -h
    config read -nosuch
    config read
    config read -kind=service-defaults
    config read -name=web
    config read -kind=service-defaults -name=web
    config read -kind=service-defaults -name=nope
    config read -kind=nosuch -name=web
    config read -kind=service-defaults -name=web extra
    config read -kind=service-defaults -name=web -datacenter=nope
    config list -h
    config list -nosuch
    config list
    config list -kind=service-defaults
    config list -kind=service-router
    config list -kind=nosuch
    config list -kind=service-defaults -stale
    config list -kind=service-defaults -datacenter=nope
    config delete -nosuch
    config delete
    config delete -kind=service-defaults
    config delete -name=web
    config delete -kind=service-defaults -name=web
    config delete -kind=service-defaults -name=nope
    config delete -kind=nosuch -name=web
  `),
  ...ENTRIES.map((content): Case => ({ args: ["config", "write", "e.hcl"], file: ["e.hcl", content] })),
  ...["-cas", "-cas -modify-index=1", "-modify-index=1", "-modify-index=x"].map(
    (flags): Case => ({
      args: ["config", "write", ...flags.split(" "), "e.hcl"],
      file: ["e.hcl", ENTRIES[0] as string],
    }),
  ),
  { args: ["config", "write", "-"], stdin: ENTRIES[0] as string },
  ...lines(
    `
    config read -kind=service-defaults -name=web
    config list -kind=service-defaults
    config delete -kind=service-defaults -name=web
  `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
  ...lines("config list -kind=service-defaults -http-addr=ftp://x"),
  ...lines("config delete -h", { differs: "Consul does not show its flags" }),
];
