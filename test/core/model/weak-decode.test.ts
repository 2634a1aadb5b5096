// What users wrote into configuration entries, as mapstructure reads it for Consul 1.8.7; the texts are the original's.

import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { parseJson } from "../../../src/core/lib/go-json.ts";
import type { RawMap } from "../../../src/core/lib/raw-value.ts";
import { decodeConfigEntry } from "../../../src/core/model/config-decode.ts";
import { configFault } from "../../../src/core/model/config-rules.ts";

function decoded(json: string): ReturnType<typeof decodeConfigEntry> {
  const parsed = parseJson(utf8(json));
  if (!parsed.ok) throw new Error(parsed.error);
  return decodeConfigEntry(parsed.value as RawMap);
}

const defaults = (fields: string): string => `{"Kind":"service-defaults","Name":"x",${fields}}`;

describe("is taken", () => {
  test.each([
    ["a number for a text", '"Protocol":1e21', { protocol: "1000000000000000000000" }],
    ["a boolean for a text", '"Protocol":true', { protocol: "1" }],
    ["a small number for a text", '"Protocol":1e-7', { protocol: "0.0000001" }],
    [
      "a list of one for what is in it",
      '"MeshGateway":[{"Mode":"local"}]',
      { meshGateway: { mode: "local" } },
    ],
    ["an old writing", '"mesh_gateway":{"MODE":"a"}', { meshGateway: { mode: "a" } }],
    [
      "the proper name rather than the old one",
      '"meshgateway":{"mode":"c"},"mesh_gateway":{}',
      { meshGateway: { mode: "c" } },
    ],
    ["one item for a list", '"Expose":{"Paths":{"Path":"/"}}', { expose: { paths: [{ path: "/" }] } }],
    ["an empty object for an empty list", '"Expose":{"Paths":{}}', { expose: { paths: [] } }],
    [
      "nothing for nothing",
      '"Expose":null,"Meta":null',
      { expose: { checks: false, paths: null }, meta: null },
    ],
    ["octal", '"Expose":{"Paths":[{"ListenerPort":"010"}]}', { expose: { paths: [{ listenerPort: 8 }] } }],
    ["a name that means something in JavaScript", '"Meta":{"__proto__":"x"}', { meta: [["__proto__", "x"]] }],
  ])("%s", (_, fields, value) => {
    expect(decoded(defaults(fields))).toMatchObject({ ok: true, entry: value });
  });
});

describe("is refused", () => {
  test.each([
    ["no kind", "{}", "Payload does not contain a kind/Kind key at the top level"],
    ["a kind that is no text", '{"Kind":3}', "Kind value in payload is not a string"],
    ["a kind that there is not", '{"kind":"bogus"}', "invalid config entry kind: bogus"],
    [
      "a name that there is not",
      defaults('"Bogus":1'),
      '1 error occurred:\n\t* invalid config key "Bogus"\n\n',
    ],
    [
      "several things at once, in order",
      '{"Kind":"service-router","Name":"r","Routes":[{"Match":3,"Destination":"x"}]}',
      "2 error(s) decoding:\n\n* 'Routes[0].Destination' expected a map, got 'string'\n* 'Routes[0].Match' expected a map, got 'float64'",
    ],
    [
      "a duration that is none",
      '{"Kind":"service-resolver","Name":"r","ConnectTimeout":"x"}',
      "1 error(s) decoding:\n\n* error decoding 'ConnectTimeout': time: invalid duration \"x\"",
    ],
  ])("%s", (_, json, error) => {
    expect(decoded(json)).toEqual({ ok: false, error });
  });
});

describe("makes no sense", () => {
  test.each([
    [
      '"service-splitter","Name":"s","Splits":[{"Weight":90}]',
      "the sum of all split weights must be 100, not 90.000000",
    ],
    [
      '"service-router","Name":"r","Routes":[{"Destination":{"PrefixRewrite":"/"}}]',
      "Route[0] cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix",
    ],
    ['"service-resolver","Name":"r","Redirect":{}', "Redirect is empty"],
    [
      '"ingress-gateway","Name":"g","Listeners":[{"Port":80,"Services":[{"Name":"*"}]}]',
      "Wildcard service name is only valid for protocol = 'http' (listener on port 80)",
    ],
    ['"terminating-gateway","Name":"g","Services":[{}]', "Service name cannot be blank."],
  ])("%s", (fields, fault) => {
    const entry = decoded(`{"Kind":${fields}}`);
    expect(entry.ok && configFault(entry.entry)).toBe(fault);
  });
});
