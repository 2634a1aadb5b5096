// Command lines about intentions.

import { type Case, lines } from "./command-lines.ts";

const GOOD = '{"sourcename":"f1","DestinationName":"f2","ACTION":"deny","Meta":{"a":"b"},"bogus":1} and more';

/** Each run finds web => db (deny), with metadata, ns/web => db (allow), and * => * (allow). */
export async function seedIntentions(http: string): Promise<void> {
  const url = `http://${http}/v1/connect/intentions`;
  const old = (await (await fetch(url)).json()) as readonly { readonly ID: string }[];
  for (const { ID } of old) await fetch(`${url}/${ID}`, { method: "DELETE" });
  for (const body of [
    {
      SourceName: "web",
      DestinationName: "db",
      Action: "deny",
      Description: "none",
      Meta: { b: "2", a: "1" },
    },
    { SourceNS: "ns", SourceName: "web", DestinationName: "db", Action: "allow" },
    { SourceName: "*", DestinationName: "*", Action: "allow" },
  ])
    await fetch(url, { method: "POST", body: JSON.stringify(body) });
}

export const INTENTION_COMMANDS: readonly Case[] = [
  ...lines(`
    intention create -h
    intention create -nosuch
    intention create
    intention create a
    intention create a b c
    intention create a b
    intention create -allow a b
    intention create -deny a b
    intention create -allow -deny a b
    intention create web db
    intention create -replace -deny web db
    intention create -replace a b
    intention create -meta=k=v -meta=l=m a b
    intention create -meta=k a b
    intention create ns2/a default/b
    intention create a/b/c d
    intention create a b/c/d
    intention create '' ''
    intention create w* x
    intention create -datacenter=nope a b
    intention create -file
    intention create -file nosuch
    intention create -file data
    intention create -file -
    intention check -h
    intention check -nosuch
    intention check
    intention check a
    intention check a b c
    intention check web db
    intention check default/web default/db
    intention check ns/web db
    intention check x y
    intention check '' ''
    intention check a/b/c d
    intention check -datacenter=nope a b
    intention match -h
    intention match -nosuch
    intention match
    intention match a b
    intention match db
    intention match web
    intention match default/db
    intention match -source web
    intention match -destination web
    intention match -source ns/web
    intention match -source -destination web
    intention match ''
    intention match a/b/c
    intention get -h
    intention get -nosuch
    intention get
    intention get a b c
    intention get web db
    intention get ns/web default/db
    intention get web nosuch
    intention get a/b/c d
    intention get xx
    intention get ''
    intention delete -h
    intention delete -nosuch
    intention delete
    intention delete a b c
    intention delete web db
    intention delete web nosuch
    intention delete xx
    intention delete ''
    intention delete adf4238a-882b-9ddc-4a9d-5b6758e4159e
  `),
  ...[
    GOOD,
    "",
    "null",
    "[]",
    "Kind = 5",
    '{"SourceName":5}',
    '{"Meta":{"a":1}}',
    '{"Meta":1}',
    '{"ID":"x"}',
    '{"a',
  ].map((content): Case => ({ args: ["intention", "create", "-file", "i.json"], file: ["i.json", content] })),
  { args: ["intention", "create", "-file", "-replace", "i.json"], file: ["i.json", GOOD] },
  ...lines(
    `
    intention create a b
    intention create -replace a b
    intention check a b
    intention match a
    intention get a
    intention get a b
    intention delete a
    intention delete a b
  `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
  ...lines("intention check -http-addr=ftp://x a b"),
  ...lines("intention\nintention -h\nintention nosuch\nintention list", {
    differs: "list, of later Consuls, is known here",
  }),
  ...lines("intention get adf4238a-882b-9ddc-4a9d-5b6758e4159e", { differs: "Consul's program breaks down" }),
];
