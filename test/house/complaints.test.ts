// What the long and the short form of trouble take for an error of Consul's own.

import { describe, expect, test } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import {
  AT_REST,
  type Complaint,
  complaintLines,
  complaintOf,
  demandErrorsOfConsul,
} from "../support/complaints.ts";

const SERVER = { ip: "127.0.0.1", port: 1 };
const CLIENT = { ip: "127.0.0.2", port: 1 };
const CLUSTER = { client: { http: CLIENT } } as Cluster;

function told(text: string, changes: Partial<Complaint> = {}): Complaint[] {
  return [{ target: CLIENT, asks: "write", phase: "leader killed", text, ...changes }];
}

describe("a client agent", () => {
  test.each(["500 No cluster leader", "500 rpc error making call: EOF", "no answer in time"])(
    "may tell who writes while a leader is missing: %s",
    (text) => demandErrorsOfConsul(CLUSTER, told(text)),
  );

  test.each<[string, Complaint[]]>([
    ["of a read that its server is gone", told("500 rpc error making call: EOF", { asks: "read" })],
    ["any error at rest", told("500 No cluster leader", { phase: AT_REST })],
    ["an error that Consul does not have", told("500 not the leader")],
    ["nothing at all", told("lost the connection")],
  ])("may not tell %s", (_what, complaints) => {
    expect(() => demandErrorsOfConsul(CLUSTER, complaints)).toThrow(
      "that Consul's client agents do not give",
    );
  });
});

test("a server that dies may say what it likes", () => {
  demandErrorsOfConsul(CLUSTER, told("lost the connection", { target: SERVER }));
});

test("errors are sorted by whom was asked, when, for what, and counted", () => {
  const some = [...told("b"), ...told("a"), ...told("b"), ...told("a", { target: SERVER, asks: "read" })];
  expect(complaintLines(CLUSTER, some)).toEqual([
    "client agent, leader killed: write: a (1)",
    "client agent, leader killed: write: b (2)",
    "server, leader killed: read: a (1)",
  ]);
});

test("what is not there is an answer to a read, and a refused condition one to a write", () => {
  const answer = (method: string, status: number): unknown =>
    complaintOf({ method }, SERVER, { ok: true, status, body: "" as never, index: 0 }, AT_REST);
  expect([answer("GET", 404), answer("PUT", 200), answer("PUT", 404)]).toEqual([
    undefined,
    undefined,
    { target: SERVER, asks: "write", phase: AT_REST, text: "404 " },
  ]);
});
