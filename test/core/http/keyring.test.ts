// /v1/operator/keyring as Consul 1.8.7 reads it and writes it: statuses and texts are recorded from one.

import { describe, expect, test } from "vitest";
import type { KeyringResponse } from "../../../src/core/api/keyring.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpSettings, HttpView } from "../../../src/core/http/plan.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";

const settings: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 524_288,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
};

function read(line: string, body: string = "") {
  const [method = "", target = ""] = line.split(" ");
  const request = { method, target, headers: new Map(), body: utf8Bytes(body), remote: "127.0.0.1" };
  return readHttp(request, settings);
}

const KEYRING = { kind: "operator.keyring", key: "", relayFactor: 0, localOnly: false };

describe("requests", () => {
  test.each([
    ["GET /v1/operator/keyring", "", { operation: "list" }],
    ["GET /v1/operator/keyring", "nonsense", { operation: "list" }],
    ["GET /v1/operator/keyring?dc=nope&token=x", "", { operation: "list" }],
    ["GET /v1/operator/keyring?local-only=T", "", { operation: "list", localOnly: true }],
    ["GET /v1/operator/keyring?local-only=&relay-factor=", "", { operation: "list" }],
    ["GET /v1/operator/keyring?relay-factor=5", "", { operation: "list", relayFactor: 5 }],
    ["POST /v1/operator/keyring?local-only=0", '{"Key":"k"}', { operation: "install", key: "k" }],
    ["PUT /v1/operator/keyring", '{"key":"k"} and more', { operation: "use", key: "k" }],
    [
      "DELETE /v1/operator/keyring?relay-factor=3",
      '{"KEY":"k"}',
      { operation: "remove", key: "k", relayFactor: 3 },
    ],
    ["POST /v1/operator/keyring", "null", { operation: "install", key: "" }],
    ["POST /v1/operator/keyring", '{"Key":null}', { operation: "install", key: "" }],
  ])("%s %s", (line, body, request) => {
    expect(read(line, body)).toMatchObject({ kind: "ask", request: { ...KEYRING, ...request } });
  });

  test.each([
    [
      "GET /v1/operator/keyring?local-only=maybe",
      "",
      'Bad request: Error parsing local-only: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      "GET /v1/operator/keyring?relay-factor=6",
      "",
      "Bad request: Invalid relay-factor: Relay factor must be in range: [0, 5]",
    ],
    [
      "GET /v1/operator/keyring?relay-factor=-1",
      "",
      "Bad request: Invalid relay-factor: Relay factor must be in range: [0, 5]",
    ],
    [
      "GET /v1/operator/keyring?relay-factor=x",
      "",
      'Bad request: Error parsing relay factor: strconv.Atoi: parsing "x": invalid syntax',
    ],
    [
      "GET /v1/operator/keyring?relay-factor=99999999999999999999",
      "",
      'Bad request: Error parsing relay factor: strconv.Atoi: parsing "99999999999999999999": value out of range',
    ],
    [
      "POST /v1/operator/keyring?local-only=1",
      '{"Key":"k"}',
      "Bad request: Invalid use of local-only: local-only can only be set for list requests",
    ],
    ["POST /v1/operator/keyring", "", "Bad request: Request decode failed: EOF"],
    [
      "POST /v1/operator/keyring",
      "nonsense",
      "Bad request: Request decode failed: invalid character 'o' in literal null (expecting 'u')",
    ],
    [
      "POST /v1/operator/keyring",
      "[]",
      "Bad request: Request decode failed: json: cannot unmarshal array into Go value of type agent.keyringArgs",
    ],
    [
      "POST /v1/operator/keyring?relay-factor=9",
      '{"Other":"x","Key":5}',
      'Bad request: Request decode failed: json: unknown field "Other"',
    ],
    [
      "PUT /v1/operator/keyring",
      '{"Key":5}',
      "Bad request: Request decode failed: json: cannot unmarshal number into Go struct field keyringArgs.Key of type string",
    ],
  ])("%s %s is a bad request", (line, body, text) => {
    expect(read(line, body)).toMatchObject({ kind: "answer", response: { status: 400, body: text } });
  });

  test("other methods are not allowed", () => {
    expect(read("PATCH /v1/operator/keyring")).toMatchObject({
      response: { status: 405, headers: expect.arrayContaining(["OPTIONS,GET,POST,PUT,DELETE"]) },
    });
  });
});

const VIEW: HttpView = { indent: false, raw: false, emptyList: false, told: undefined };
const LAN: KeyringResponse = {
  wan: false,
  datacenter: "dc1",
  messages: [],
  keys: [["k+/=", 2]],
  primaryKeys: [["k+/=", 2]],
  nodes: 2,
  error: "",
};

function write(operation: "list" | "use", responses: readonly KeyringResponse[]) {
  return writeHttp(VIEW, { ok: true, body: { kind: "keyring", operation, responses } }, settings);
}

describe("answers", () => {
  test("a list of the pools", () => {
    const wan: KeyringResponse = { ...LAN, wan: true, nodes: 1, messages: [["s1.dc1", 'a "word"']] };
    expect(write("list", [wan, LAN])).toMatchObject({
      status: 200,
      headers: ["Content-Type", "application/json", "Vary", "Accept-Encoding"],
      body:
        '[{"WAN":true,"Datacenter":"dc1","Segment":"","Messages":{"s1.dc1":"a \\"word\\""},"Keys":{"k+/=":2},"PrimaryKeys":{"k+/=":2},"NumNodes":1},' +
        '{"WAN":false,"Datacenter":"dc1","Segment":"","Keys":{"k+/=":2},"PrimaryKeys":{"k+/=":2},"NumNodes":2}]',
    });
  });

  test("nothing for what was done everywhere", () => {
    expect(write("use", [LAN])).toEqual({ status: 200, headers: ["Vary", "Accept-Encoding"], body: "" });
  });

  test("what went wrong, pool by pool and member by member", () => {
    const failed: KeyringResponse = {
      ...LAN,
      error: "1/2 nodes reported failure",
      messages: [["s1", "Removing the primary key is not allowed"]],
    };
    const wan: KeyringResponse = { ...LAN, wan: true, error: "0/1 nodes reported success" };
    expect(write("use", [wan, failed])).toMatchObject({
      status: 500,
      body:
        "3 errors occurred:\n\t* WAN error: 0/1 nodes reported success\n\t* dc1 (LAN) error: 1/2 nodes reported failure\n" +
        "\t* s1: Removing the primary key is not allowed\n\n",
    });
    expect(write("list", [{ ...failed, messages: [] }, LAN])).toMatchObject({
      status: 500,
      body: "1 error occurred:\n\t* dc1 (LAN) error: 1/2 nodes reported failure\n\n",
    });
  });
});
