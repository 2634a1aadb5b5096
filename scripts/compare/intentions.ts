// /v1/connect/intentions and /v1/agent/connect/authorize, which work with and without Connect: in development mode the original
// has it, as a server it has not.

import { ask, asked, type Case, type Group, get, PLAIN, put, woken } from "./cases.ts";

const I = "/v1/connect/intentions";
const UNKNOWN = "11111111-2222-3333-4444-555555555555";
const KEYS = Array.from({ length: 65 }, (_, at) => `"k${at}":"v"`).join(",");

/** Bodies that make one, each its own name. */
function made(bodies: readonly string[]): Case[] {
  return bodies.map((body) => asked(`an intention of ${body}`, `POST ${I}`, body, {}));
}

const MADE: readonly Case[] = [
  get("no intentions", I),
  ...made([
    ...["", "{", "{}", "null", "[]", "3", '"x"', '{"Bogus":1}', '{"ID":"x"}', '{"source_name":"a"}'],
    ...["SourceName", "Meta", "Precedence", "Action", "SourceType", "DefaultPort", "Hash", "CreatedAt"].map(
      (name) => `{"${name}":[]}`,
    ),
    '{"Meta":{"a":1}}',
    '{"ModifyIndex":-1}',
    '{"SourceName":"web"}',
    '{"SourceName":"web","DestinationName":"db"}',
    '{"SourceName":"web","DestinationName":"db","Action":"DENY"}',
    '{"SourceName":"web","DestinationName":"db","Action":"deny","SourceType":"x"}',
    '{"SourceName":"w*","DestinationName":"*d","Action":"deny"}',
    '{"SourceNS":"*","SourceName":"a","DestinationNS":"*","DestinationName":"b","Action":"deny"}',
    '{"SourceNS":"w*","SourceName":"*","DestinationNS":"x*","DestinationName":"b","Action":"deny"}',
    `{"SourceName":"a","DestinationName":"b","Action":"allow","Description":"${"x".repeat(513)}","Meta":{"${"k".repeat(129)}":"${"v".repeat(513)}"}}`,
    `{"SourceName":"a","DestinationName":"b","Action":"allow","Meta":{${KEYS}}}`,
    '{"SourceName":"web","DestinationName":"db","Action":"deny","Description":"one","Meta":{"z":"1","<&>":""}} and more',
    '{"SourceName":"web","DestinationName":"db","Action":"allow"}',
    '{"SourceName":"WEB","DestinationName":"DB","Action":"allow"}',
    '{"SourceName":"*","DestinationName":"*","Action":"allow","Description":"all"}',
    '{"SourceNS":"*","SourceName":"*","DestinationNS":"*","DestinationName":"*","Action":"deny","Description":"any"}',
    '{"SourceName":"*","DestinationName":"db","Action":"deny","Description":"to db"}',
    '{"SourceName":"api","DestinationName":"*","Action":"deny","Description":"of api"}',
    '{"sourcename":"b","destinationname":"a","action":"allow","description":"low","DefaultAddr":"x","DefaultPort":5,"Precedence":3,"Hash":"x","CreatedAt":"y","CreateIndex":77}',
    '{"SourceNS":"n1","SourceName":"a","DestinationNS":"n2","DestinationName":"B","Action":"deny","Description":"spaces"}',
  ]),
];

const NAMED: readonly Case[] = [
  get("an intention that is not there, by its services", `${I}/exact?source=a&destination=nobody`),
];

const READ: readonly Case[] = [
  ...["", "?pretty", "?stale", "?consistent", "?dc=zz", "?ns=x", "?index=x", "?wait=x", "?stale&consistent"],
  ...["?filter=SourceName==web", "?filter=Precedence==9", "?filter=Meta.z==1", "?filter=CreatedAt==1"],
  ...["?filter=Hash==x", "?filter=(", "?filter=Action!=deny", "?filter=DefaultPort==5", "?token=x"],
]
  .map((query) => get(`the intentions${query}`, `${I}${query}`))
  .concat(
    ["{intention one}", UNKNOWN, "abc", "", "z1111111-2222-3333-4444-555555555555", `${UNKNOWN}/x`].flatMap(
      (id) =>
        ["", "?pretty", "?dc=zz", "?index=x"].map((query) =>
          get(`intention ${id}${query}`, `${I}/${id}${query}`),
        ),
    ),
    [
      ...[
        "",
        "?by=source",
        "?by=x&name=a",
        "?by=&name=a",
        "?name=a",
        "?by=source&name=web",
        "?by=destination&name=db",
      ],
      ...["?by=destination&name=db&name=api&name=db", "?by=source&name=*/*"],
      ...["?by=destination&name=n2/b", "?by=source&name=a/b/c&name=d/e/f", "?by=destination&name=DB"],
      ...[
        "?by=source&name=web&dc=zz",
        "?by=source&name=web&index=x",
        "?by=source&name=web&cached",
        "?by=source&name=web&cached",
      ],
    ].map((query) => get(`match${query}`, `${I}/match${query}`)),
    [
      ...["", "?source=web", "?destination=db", "?source=web&destination=db", "?source=WEB&destination=DB"],
      ...[
        "?source=api&destination=x",
        "?source=x&destination=y",
        "?source=&destination=",
        "?source=*&destination=*",
      ],
      ...["?source=n1/a&destination=n2/b", "?source=a/b/c&destination=d/e/f", "?source=a&destination=d/e/f"],
      ...[
        "?source=a&destination=b&source-type=x",
        "?source=a&destination=b&source-type=consul",
        "?source=a&destination=b&dc=zz",
      ],
      ...[
        "?source=a&destination=b&source-type=",
        "?source=a&destination=b&index=9999&wait=1s",
        "?source=a&destination=b&index=x",
      ],
    ].map((query) => get(`check${query}`, `${I}/check${query}`)),
  );

const CHANGED: readonly Case[] = [
  ...[
    ["{intention one}", '{"SourceName":"web","DestinationName":"db","Action":"allow"}'],
    [
      "{intention one}",
      '{"ID":"x","SourceName":"web2","DestinationName":"db","Action":"deny","Description":"one"}',
    ],
    ["{intention one}", '{"SourceName":"*","DestinationName":"*","Action":"deny"}'],
    ["{intention one}", "{}"],
    ["{intention one}", "{"],
    [UNKNOWN, '{"SourceName":"a","DestinationName":"b","Action":"deny"}'],
    ["abc", "{}"],
    ["", "{}"],
  ].map(([id = "", body = ""]) => put(`intention ${id} becomes ${body}`, `${I}/${id}`, body)),
  get("the intentions, changed", I),
  woken(
    "the intentions wait",
    `${I}?index={intentions}&wait=20s`,
    `POST ${I}`,
    '{"SourceName":"q","DestinationName":"r","Action":"deny"}',
  ),
  woken(
    "a match waits, whatever changes",
    `${I}/match?by=source&name=q&index={intentions}&wait=20s`,
    `POST ${I}`,
    '{"SourceName":"s","DestinationName":"t","Action":"deny"}',
  ),
  get("the intentions wait in vain", `${I}?index={intentions}&wait=200ms`, { waitMs: 200 }),
  ...["{intention low}", "{intention low}", UNKNOWN, "abc", ""].map((id, at) =>
    ask(`DELETE ${I}/${id}`, `intention ${id} is removed, ${at}`),
  ),
  get("the intentions, one removed", I),
  ...["", "/match", "/check", "/x"].flatMap((path) =>
    ["PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"].map((method) =>
      ask(`${method} ${I}${path}`, `${method} of intentions${path}`),
    ),
  ),
];

const A = "/v1/agent/connect/authorize";
const WEB = "spiffe://x.consul/ns/default/dc/dc1/svc/web2";

/**
 * In development mode, where answers are indented, these are as long as what Go sends in one piece: the fractions of seconds
 * in them decide whether it does.
 */
const READ_ALL: readonly Case[] = ["?by=source&name=*", "?by=source&name=", "?by=source&name=default/"].map(
  (query) => get(`match${query}`, `${I}/match${query}`),
);

const AUTHORIZED: readonly Case[] = [
  ...[
    "",
    "{",
    "{}",
    "null",
    "[]",
    '{"Bogus":1}',
    '{"Target":5}',
    '{"Target":"db"}',
    '{"target":"db","clientcerturi":"x"} more',
  ],
  ...[
    WEB,
    `${WEB}/`,
    ...[
      "spiffe://x.consul",
      "spiffe://x.consul/",
      "spiffe:",
      "spiffe:///ns/default/dc/dc1/svc/api",
      "http://x/ns/a/dc/b/svc/c",
      "%",
    ],
    ...[
      "spiffe://x/agent/client/dc/dc1/id/x",
      "SPIFFE://X/ns/default/dc/dc1/svc/api?a#b",
      "spiffe:/ns/default/dc/dc1/svc/api",
    ],
    ...[
      "spiffe://x/ns/n1/dc/dc1/svc/a%20b",
      "spiffe://x/ns/n%2f1/dc/dc1/svc/api",
      "spiffe://x/ns/a/dc/b/svc/%zz",
      "spiffe://x y/ns/a/dc/b/svc/c",
    ],
    ...["spiffe://x/ns//dc/b/svc/c", "spiffe://x/ns/a/dc/b/svc/c/d"],
  ].map((uri) => `{"Target":"db","ClientCertURI":"${uri}"}`),
  `{"Target":"elsewhere","ClientCertURI":"${WEB}","ClientCertSerial":"1"}`,
  `{"Target":"n2/b","ClientCertURI":"${WEB}"}`,
]
  .map((body) => asked(`authorize ${body}`, `POST ${A}`, body, {}))
  .concat(
    asked("authorize, of a namespace", `POST ${A}?ns=x`, "{", {}),
    asked("authorize elsewhere", `POST ${A}?dc=zz`, `{"Target":"nowhere","ClientCertURI":"${WEB}"}`, {}),
    ...["GET", "PUT", "OPTIONS"].map((method) => ask(`${method} ${A}`, `${method} of authorize`)),
  );

export const INTENTIONS: readonly Group[] = [
  { title: "intentions: made", kinds: PLAIN, cases: MADE },
  { title: "intentions: read", kinds: PLAIN, cases: [...NAMED, ...READ] },
  { title: "intentions: read, all of them", kinds: ["server"], cases: READ_ALL },
  { title: "intentions: changed", kinds: PLAIN, cases: CHANGED },
  { title: "intentions: authorize", kinds: PLAIN, cases: AUTHORIZED },
];
