// The keys of gossip over HTTP: at agents that have none, and at some that are started with one, which then change it.

import { asked, type Case, type Group, get } from "./cases.ts";

const PATH = "/v1/operator/keyring";
/** What the encrypted agents are started with (agents.ts), and what they are given. */
export const FIRST_KEY = "hlbnjKxy5t1r/rJfPMKFW+yLagMDyUg/s2XYVpCjmrA=";
const SECOND_KEY = "xl4eBvXV8zVQ62jLahthe2zNitWk1+XVm49Vj710u5s=";
const SHORTER_KEY = "cg8StVXbQJ0gPvMd9o7yrg==";

function key(name: string, method: string, text: string): Case {
  return asked(name, `${method} ${PATH}`, JSON.stringify({ Key: text }), {});
}

const READING: readonly Case[] = [
  get("keys", PATH),
  get("keys of the LAN alone", `${PATH}?local-only=true`),
  get("keys, of a local-only that is none", `${PATH}?local-only=maybe`),
  get("keys, of an empty local-only", `${PATH}?local-only=`),
  get("keys, relayed", `${PATH}?relay-factor=2`),
  ...["6", "-1", "x", "+2", "1.0", "99999999999999999999", "%C3%B6"].map((factor) =>
    get(`keys, relayed by ${factor}`, `${PATH}?relay-factor=${factor}`),
  ),
  get("keys, of another datacenter, with a token", `${PATH}?dc=nope&token=x`),
  get("keys, pretty", `${PATH}?pretty`),
];

const BODIES: readonly Case[] = [
  ["", "nothing"],
  ["nonsense", "no JSON"],
  ["[]", "a list"],
  ['"k"', "a string"],
  ["null", "null"],
  ["{}", "an empty object"],
  ['{"Key":5}', "a key that is a number"],
  ['{"Key":["k"]}', "a key that is a list"],
  ['{"Key":null}', "a key that is null"],
  ['{"Other":"x"}', "an unknown field"],
  ['{"Other":"x","Key":5}', "two faults"],
  ['{"Key":"!!"}', "a key that is no base64"],
  ['{"Key":"aGVsbG8="}', "a key that is too short"],
  ['{"key":"aGVsbG8="} and more', "a key of lower case, and more"],
].map(([body = "", what]) => asked(`install ${what}`, `POST ${PATH}`, body, {}));

const CHANGES: readonly Case[] = [
  key("install a key", "POST", SECOND_KEY),
  key("install it again", "POST", SECOND_KEY),
  get("keys, one more", PATH),
  key("use a key that is not there", "PUT", SHORTER_KEY),
  key("use the new one", "PUT", SECOND_KEY),
  get("keys, another primary", PATH),
  key("remove the primary", "DELETE", SECOND_KEY),
  key("remove a key that is not there", "DELETE", SHORTER_KEY),
  key("remove the old one", "DELETE", FIRST_KEY),
  get("keys, one less", PATH),
  asked("install for the LAN alone", `POST ${PATH}?local-only=1`, JSON.stringify({ Key: SHORTER_KEY }), {}),
  asked(
    "remove, not for the LAN alone",
    `DELETE ${PATH}?local-only=0`,
    JSON.stringify({ Key: FIRST_KEY }),
    {},
  ),
];

const METHODS: readonly Case[] = ["OPTIONS", "PATCH", "HEAD"].map((method) =>
  asked(`${method} on keys`, `${method} ${PATH}`, undefined, {}),
);

export const KEYRING: readonly Group[] = [
  {
    title: "keys of gossip that is not encrypted",
    kinds: ["dev", "server"],
    cases: [...READING, ...BODIES, ...CHANGES, ...METHODS],
  },
  { title: "keys of encrypted gossip", kinds: ["configured"], cases: [...READING, ...BODIES, ...CHANGES] },
];
