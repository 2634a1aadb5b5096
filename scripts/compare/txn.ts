// /v1/txn: every verb, what comes of it, and what is said of bodies and operations that are wrong.

import { ask, type Case, type Group, get, PLAIN, put } from "./cases.ts";

const TXN = "/v1/txn";
const UNKNOWN = "11111111-2222-3333-4444-555555555555";
const ID = "aaaaaaaa-0000-0000-0000-00000000000";

/** Bodies, each its own name. */
function bodies(all: readonly string[]): Case[] {
  return all.map((body) => put(`txn ${body}`, TXN, body));
}

/** Transactions of operations of one kind, each its own name. */
function of(kind: "KV" | "Node" | "Service" | "Check", all: readonly (readonly string[])[]): Case[] {
  return bodies(all.map((ops) => `[${ops.map((op) => `{"${kind}":${op}}`).join(",")}]`));
}

const BODIES: readonly Case[] = bodies([
  "",
  "[]",
  "null",
  "{}",
  "[",
  "[1]",
  "[{}]",
  "[] and more",
  '[{"Bogus":1}]',
  '[{"KV":1}]',
  '[{"KV":{"Bogus":1}}]',
  '[{"KV":{"Verb":1}}]',
  '[{"KV":{"Flags":"a"}}]',
  '[{"KV":{"Index":-1}}]',
  '[{"KV":{"Index":1.5}}]',
  '[{"KV":{"Value":"a"}}]',
  '[{"KV":{"Value":"a!"}}]',
  '[{"KV":{"Value":"aGk=="}}]',
  '[{"KV":{"Value":"=aGk"}}]',
  '[{"KV":{"Value":"aGkx!"}}]',
  '[{"KV":{"Value":"a","Flags":"x"}}]',
  '[{"KV":{"Value":5}}]',
  '[{"KV":{"Value":[1,256]}}]',
  '[{"kv":{"verb":"set","KEY":"txn/case","Value":[104,105]}},{"KV":{"Verb":"get","Key":"txn/case"}}]',
  '[{"KV":{"Verb":"set","Key":"txn/lines","Value":"aG\\nk="}},{"KV":{"Verb":"get","Key":"txn/lines"}}]',
  '[{"KV":null,"Node":{"Verb":"get","Node":{"Node":"nosuch"}}}]',
  '[{"KV":{"Verb":"get","Key":"txn/case"},"Node":{"Verb":"bogus"}}]',
  '[{"Node":{"Verb":"get","Node":1}}]',
  '[{"Node":{"Verb":"get","Node":{"Meta":{"a":1}}}}]',
  '[{"Node":{"Verb":"get","Node":{"Partition":"x"}}}]',
  '[{"Service":{"Verb":"get","Service":{"Port":"x"}}}]',
  '[{"Service":{"Verb":"get","Service":{"Weights":{"Passing":"x"}}}}]',
  '[{"Service":{"Verb":"get","Service":{"SocketPath":"x"}}}]',
  '[{"Service":{"Verb":"get","Service":{"Proxy":{"Bogus":"x"}}}}]',
  '[{"Service":{"Verb":"get","Service":{"Proxy":{"Upstreams":[{"LocalBindPort":"x"}]}}}}]',
  '[{"Service":{"Verb":"get","Service":{"Connect":{"Bogus":"x"}}}}]',
  '[{"Service":{"Verb":"get","Service":{"tagged_addresses":{}}}}]',
  '[{"Check":{"Verb":"get","Check":{"ServiceTags":[1]}}}]',
  '[{"Check":{"Verb":"get","Check":{"ExposedPort":1}}}]',
  '[{"Check":{"Verb":"get","Check":{"Definition":1}}}]',
  '[{"Check":{"Verb":"get","Check":{"Definition":{"Bogus":1}}}}]',
  '[{"Check":{"Verb":"get","Check":{"Definition":{"HTTP":1}}}}]',
  '[{"Check":{"Verb":"get","Check":{"Definition":{"Header":{"a":"b"}}}}}]',
  '[{"Check":{"Verb":"get","Check":{"Definition":{"Interval":"x"}}}}]',
  '[{"Check":{"Verb":"get","Check":{"Definition":{"Interval":true}}}}]',
  '[{"Check":{"Verb":"get","Check":{"Definition":{"Interval":null}}}}]',
  '[{"Check":{"Verb":"get","Check":{"Definition":{"IntervalDuration":"x"}}}}]',
  '[{"Session":{}}]',
]);

const GET = '[{"KV":{"Verb":"get","Key":"txn/case"}}]';
const SET = '[{"KV":{"Verb":"set","Key":"txn/case"}}]';

const PARAMETERS: readonly Case[] = [
  ask(`GET ${TXN}`, "a transaction, got"),
  ask(`POST ${TXN}`, "a transaction, posted"),
  ask(`OPTIONS ${TXN}`, "options of a transaction"),
  put("a transaction with a slash", `${TXN}/`, GET),
  put("a transaction that reads", TXN, GET),
  put("a transaction that reads, pretty", `${TXN}?pretty`, GET),
  put("a transaction that reads, stale", `${TXN}?stale`, GET),
  put("a transaction that reads, consistent", `${TXN}?consistent`, GET),
  put("a transaction that reads in two ways", `${TXN}?consistent&stale`, GET),
  put("a transaction that reads never waits", `${TXN}?index=1000000&wait=30s`, GET),
  put("a transaction that reads, of no index", `${TXN}?index=a&ns=x`, GET),
  put(
    "a transaction that writes looks at few parameters",
    `${TXN}?index=a&ns=x&stale&consistent&pretty`,
    SET,
  ),
  put("a transaction that reads what is not there, pretty", `${TXN}?pretty`, GET.replace("case", "nosuch")),
  put("a transaction elsewhere", `${TXN}?dc=nosuch`, GET),
  put("a transaction that writes elsewhere", `${TXN}?dc=nosuch&stale&consistent`, SET),
  put("sixty-four operations", TXN, `[${Array(64).fill(GET.slice(1, -1)).join(",")}]`),
  put("sixty-five operations", TXN, `[${Array(65).fill(GET.slice(1, -1)).join(",")}]`),
  put("a transaction past the limit", TXN, `[${" ".repeat(524_288)}]`),
  put("a transaction at the limit", TXN, `[${" ".repeat(524_286)}]`),
  put("a transaction by a client", TXN, GET, { via: "client" }),
  put("a transaction that writes, by a client", TXN, SET, { via: "client" }),
  put("a transaction that can't be, by a client", TXN, GET.replace("case", "nosuch"), { via: "client" }),
];

const KV: readonly Case[] = [
  put("a session for transactions", "/v1/session/create", '{"Name":"txn","LockDelay":"0s"}', {
    awaits: '"ID"',
  }),
  put("another session for transactions", "/v1/session/create", '{"Name":"txn-2","LockDelay":"1h"}'),
  ...of("KV", [
    [
      '{"Verb":"set","Key":"t/a","Value":"aGk=","Flags":18446744073709551615,"Session":"zz","Index":9}',
      '{"Verb":"get","Key":"t/a"}',
      '{"Verb":"check-session","Key":"t/a"}',
      '{"Verb":"check-not-exists","Key":"t/b"}',
      '{"Verb":"get-tree","Key":"t/"}',
    ],
    ['{"Verb":"set","Key":"t/b"}', '{"Verb":"set","Key":"t/b"}', '{"Verb":"cas","Key":"t/c"}'],
    ['{"Verb":"get-tree","Key":"t/"}', '{"Verb":"get-tree","Key":"none/"}'],
    ['{"Verb":"set","Key":"t/b","Value":"eA=="}', '{"Verb":"get","Key":"nosuch"}'],
    ['{"Verb":"get","Key":"t/b"}'],
    [
      '{"Verb":"get","Key":"nosuch"}',
      '{"Verb":"cas","Key":"t/a"}',
      '{"Verb":"cas","Key":"t/a","Index":1}',
      '{"Verb":"cas","Key":"nosuch","Index":1}',
      '{"Verb":"delete-cas","Key":"t/a","Index":1}',
      '{"Verb":"delete-cas","Key":"nosuch","Index":1}',
      '{"Verb":"check-not-exists","Key":"t/a"}',
      '{"Verb":"check-session","Key":"t/a","Session":"q"}',
      '{"Verb":"check-session","Key":"nosuch"}',
      '{"Verb":"check-index","Key":"nosuch"}',
      '{"Verb":"bogus","Key":"t/a"}',
      '{"Verb":"SET","Key":"t/a"}',
      '{"Key":"t/a"}',
    ],
    ['{"Verb":"bogus","Key":"<\\u00f6\\u0000&>"}'],
    [
      '{"Verb":"set"}',
      '{"Verb":"get-tree"}',
      '{"Verb":"bogus"}',
      '{"Verb":"delete-tree","Key":"nosuch/"}',
      '{"Verb":"get","Key":"nosuch"}',
    ],
    ['{"Verb":"get-tree"}'],
    [
      '{"Verb":"lock","Key":"t/l","Session":"{session txn}","Value":"aGk=","Index":5}',
      '{"Verb":"check-session","Key":"t/l","Session":"{session txn}"}',
      '{"Verb":"lock","Key":"t/l","Session":"{session txn}"}',
    ],
    [
      '{"Verb":"lock","Key":"t/l","Session":"{session txn-2}"}',
      '{"Verb":"unlock","Key":"t/l","Session":"{session txn-2}"}',
      '{"Verb":"unlock","Key":"nosuch","Session":"{session txn-2}"}',
      '{"Verb":"lock","Key":"t/l"}',
      '{"Verb":"unlock","Key":"t/l"}',
      '{"Verb":"lock","Key":"t/l","Session":"x"}',
      `{"Verb":"lock","Key":"t/l","Session":"${UNKNOWN}"}`,
    ],
    [
      '{"Verb":"unlock","Key":"t/l","Session":"{session txn}"}',
      '{"Verb":"lock","Key":"t/l","Session":"{session txn-2}"}',
    ],
  ]),
  ask("PUT /v1/session/destroy/{session txn-2}", "the other session for transactions ends"),
  ...of("KV", [
    ['{"Verb":"lock","Key":"t/l","Session":"{session txn}"}', '{"Verb":"get"}', '{"Verb":"get","Key":"x"}'],
    [
      '{"Verb":"set","Key":"d/1"}',
      '{"Verb":"set","Key":"d/2"}',
      '{"Verb":"delete","Key":"d/1"}',
      '{"Verb":"get-tree","Key":"d/"}',
      '{"Verb":"delete-tree","Key":"d/"}',
      '{"Verb":"get-tree","Key":"d/"}',
      '{"Verb":"delete","Key":"d/9"}',
    ],
  ]),
  get("a tree that a transaction deleted", "/v1/kv/d/?recurse"),
];

const CATALOG: readonly Case[] = [
  ...of("Node", [
    ['{"Verb":"set","Node":{"Node":"tn","Address":"1.2.3.4","Meta":{"b":"1","a":"2"},"ModifyIndex":7}}'],
    ['{"Verb":"set","Node":{"Node":"tn","Address":"1.2.3.4","Meta":{"b":"1","a":"2"}}}'],
    ['{"Verb":"get","Node":{"Node":"TN"}}'],
    ['{"Verb":"get","Node":{"ID":"zz"}}', `{"Verb":"get","Node":{"ID":"${ID}9"}}`, '{"Verb":"get"}'],
    [
      '{"Verb":"set"}',
      '{"Verb":"delete"}',
      '{"Verb":"bogus"}',
      '{"Verb":"set","Node":{"Node":"x","ID":"zz"}}',
    ],
    [
      '{"Verb":"cas","Node":{"Node":"tn"}}',
      '{"Verb":"cas","Node":{"Node":"nosuch","ModifyIndex":5}}',
      '{"Verb":"delete-cas","Node":{"Node":"nosuch"}}',
      '{"Verb":"delete-cas","Node":{"Node":"tn","ModifyIndex":1}}',
      '{"Verb":"delete","Node":{"Node":"nosuch"}}',
      '{"Verb":"bogus","Node":{"Node":"tn"}}',
    ],
    [`{"Verb":"set","Node":{"Node":"ti","ID":"${ID}1"}}`, `{"Verb":"get","Node":{"ID":"${ID}1"}}`],
    ['{"Verb":"cas","Node":{"Node":"tc","Address":"1.1.1.1"}}', '{"Verb":"delete","Node":{"Node":"tc"}}'],
  ]),
  ...of("Service", [
    [
      '{"Verb":"set","Node":"tn","Service":{"ID":"s1","Service":"svc","Kind":"typical","Tags":["a"],"Port":8,"Address":"9.9.9.9","TaggedAddresses":{"lan":{"Address":"1.1.1.1","Port":5}},"Meta":{"x":"y"},"Weights":{"Passing":3,"Warning":4},"EnableTagOverride":true,"Connect":{"Native":true},"Proxy":{"DestinationServiceName":"q"}}}',
    ],
    ['{"Verb":"set","Node":"tn","Service":{"Service":"svc2"}}'],
    [
      '{"Verb":"get","Node":"tn","Service":{"ID":"svc2"}}',
      '{"Verb":"get","Node":"TN","Service":{"ID":"SVC2"}}',
    ],
    ['{"Verb":"get","Node":"tn","Service":{"Service":"svc2"}}', '{"Verb":"get"}'],
    [
      '{"Verb":"set","Node":"nosuch","Service":{"Service":"svc2"}}',
      '{"Verb":"set","Service":{"Service":"svc2"}}',
      '{"Verb":"set","Node":"tn"}',
      '{"Verb":"set","Node":"nosuch"}',
      '{"Verb":"set","Node":"tn","Service":{"Service":"m","Meta":{"consul-x":"y"}}}',
      '{"Verb":"set","Node":"nosuch","Service":{"Service":"m","Meta":{"":"y"}}}',
      '{"Verb":"cas","Node":"tn","Service":{"Service":"svc2"}}',
      '{"Verb":"cas","Node":"nosuch","Service":{"Service":"svc2"}}',
      '{"Verb":"delete-cas","Node":"tn","Service":{"Service":"svc2","ModifyIndex":1}}',
      '{"Verb":"delete-cas","Node":"tn","Service":{"Service":"nosuch"}}',
      '{"Verb":"delete","Node":"tn","Service":{"Service":"nosuch"}}',
      '{"Verb":"bogus","Node":"tn","Service":{"Service":"nosuch"}}',
    ],
    [
      '{"Verb":"set","Node":"nosuch","Service":{"ID":"svc2"}}',
      '{"Verb":"delete","Node":"tn","Service":{"ID":"svc2"}}',
      '{"Verb":"set","Node":"tn","Service":{"Service":"x","Address":"0.0.0.0"}}',
    ],
    ['{"Verb":"set","Node":"tn","Service":{"Service":"w","Weights":{"Passing":0,"Warning":-4}}}'],
    ['{"Verb":"set","Node":"tn","Service":{"Service":"w","Weights":{"Passing":3}}}'],
    ['{"Verb":"delete","Node":"tn","Service":{"Service":"w"}}'],
  ]),
  ...of("Check", [
    [
      '{"Verb":"set","Check":{"Node":"tn","CheckID":"c1","Name":"n","Status":"passing","Notes":"no","Output":"o","ServiceID":"s1","ServiceName":"bogus","ServiceTags":["q"],"Type":"http","Definition":{"HTTP":"http://x","Interval":"10s","Timeout":5,"DeregisterCriticalServiceAfter":"1m","Header":{"a":["b"]},"Method":"GET","Body":"b","TCP":"x","TLSSkipVerify":true,"TTL":"3s"}}}',
    ],
    [
      '{"Verb":"set","Check":{"Node":"tn","CheckID":"c2","Definition":{"Interval":"3s","IntervalDuration":"9s"}}}',
    ],
    [
      '{"Verb":"set","Check":{"Node":"tn","Name":"c3"}}',
      '{"Verb":"get","Check":{"Node":"tn","CheckID":"c3"}}',
    ],
    [
      '{"Verb":"set","Check":{"Node":"tn","CheckID":"c4","ServiceID":"nosuch"}}',
      '{"Verb":"set","Check":{"Node":"nosuch","CheckID":"c4"}}',
      '{"Verb":"set","Check":{"Node":"tn"}}',
      '{"Verb":"get","Check":{"Node":"tn","Name":"c3"}}',
      '{"Verb":"cas","Check":{"Node":"tn","CheckID":"c3","ModifyIndex":3}}',
      '{"Verb":"delete-cas","Check":{"Node":"tn","CheckID":"c3","ModifyIndex":3}}',
      '{"Verb":"delete","Check":{"Node":"tn","CheckID":"c9"}}',
      '{"Verb":"delete-cas","Check":{"Node":"tn","CheckID":"c9"}}',
      '{"Verb":"bogus","Check":{"Node":"tn","CheckID":"c9"}}',
    ],
    ['{"Verb":"delete","Check":{"Node":"tn","CheckID":"c2"}}', '{"Verb":"delete"}'],
  ]),
  put(
    "a transaction in which a conditional write has another fault",
    TXN,
    '[{"Check":{"Verb":"cas","Check":{"Node":"nosuch","CheckID":"c1"}}}]',
  ),
  get("the checks that transactions left", "/v1/health/node/tn"),
  get("the services that transactions left", "/v1/catalog/node/tn"),
  put("a node of transactions goes", TXN, '[{"Node":{"Verb":"delete","Node":{"Node":"tn"}}}]'),
  put("another node of transactions goes", TXN, '[{"Node":{"Verb":"delete","Node":{"Node":"ti"}}}]'),
  put(
    "the keys of transactions go",
    TXN,
    '[{"KV":{"Verb":"delete-tree","Key":"t/"}},{"KV":{"Verb":"delete-tree","Key":"txn/"}}]',
  ),
  ask("PUT /v1/session/destroy/{session txn}", "the session for transactions ends"),
];

export const TXN_GROUPS: readonly Group[] = [
  { title: "transactions: bodies", kinds: PLAIN, cases: BODIES },
  {
    title: "transactions: parameters",
    kinds: PLAIN,
    cases: PARAMETERS.filter(({ via }) => via === undefined),
  },
  { title: "transactions: keys", kinds: PLAIN, cases: KV },
  { title: "transactions: the catalog", kinds: PLAIN, cases: CATALOG },
  {
    title: "transactions: passed on",
    kinds: ["server"],
    cases: PARAMETERS.filter(({ via }) => via !== undefined),
  },
];
