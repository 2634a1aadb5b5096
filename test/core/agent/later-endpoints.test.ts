// Endpoints and parameters of Consuls after 1.8 that clients of today use, asked of a whole agent over HTTP.

import { beforeEach, describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { answerTo, askOverHttp, layTable, pass, type Table } from "./table.ts";

let table: Table;

beforeEach(() => {
  table = layTable({ servers: ["s1"] }, "later", { centralServiceConfig: true });
  pass(table, 5_000);
});

function call(
  method: string,
  target: string,
  body = "",
): { readonly status: number; readonly body: string; readonly headers: readonly string[] } {
  return must(answerTo(table, askOverHttp(table, method, target, body)), `${method} ${target} is answered`);
}

function json(target: string): unknown {
  const { status, body } = call("GET", target);
  expect(status).toBe(200);
  return JSON.parse(body);
}

function write(method: string, target: string, body = ""): string {
  const answer = call(method, target, body);
  return `${answer.status} ${answer.body}`;
}

function entry(kind: string, name: string, more: object = {}): string {
  return write("PUT", "/v1/config", JSON.stringify({ Kind: kind, Name: name, ...more }));
}

test("/v1/agent/version says which Consul the agent behaves as", () => {
  expect(json("/v1/agent/version")).toEqual({
    SHA: "",
    BuildDate: "1970-01-01T00:00:01Z",
    HumanVersion: "1.8.7",
    FIPS: "",
  });
});

test.each(["exported", "imported"])("nothing is %s, and who waits for that waits", (which) => {
  entry("service-defaults", "web");
  const { body, headers } = call("GET", `/v1/${which}-services`);
  const index = headers[headers.indexOf("X-Consul-Index") + 1];
  expect(body).toBe("[]");
  const waiting = askOverHttp(table, "GET", `/v1/${which}-services?index=${index}&wait=1m`, "");
  expect(answerTo(table, waiting)).toBeUndefined();
});

describe("configuration entries", () => {
  test("are taken back on condition of their index, which 0 never is", () => {
    entry("service-defaults", "web");
    const { ModifyIndex: index } = json("/v1/config/service-defaults/web") as { ModifyIndex: number };
    const remove = (cas: string): string => write("DELETE", `/v1/config/service-defaults/web?cas=${cas}`);
    expect([remove("0"), remove(String(index + 1))]).toEqual(["200 false", "200 false"]);
    expect(remove("x")).toBe('500 strconv.ParseUint: parsing "x": invalid syntax');
    expect(remove(String(index))).toBe("200 true");
    expect(remove(String(index))).toBe("200 false");
    expect(write("DELETE", "/v1/config/service-defaults/web?cas=")).toBe("200 {}");
  });

  test("are filtered: of one kind by all that it has, of all kinds by what all have", () => {
    entry("service-defaults", "web", { Protocol: "http", Meta: { team: "a" } });
    entry("service-defaults", "db", { Protocol: "tcp" });
    entry("service-resolver", "web", { DefaultSubset: "v1", Subsets: { v1: { Filter: "x == y" } } });
    const names = (kind: string, filter: string): unknown =>
      (
        json(`/v1/config/${kind}?filter=${encodeURIComponent(filter)}`) as { Kind: string; Name: string }[]
      ).map(({ Kind, Name }) => `${Kind}/${Name}`);
    expect(names("service-defaults", "Protocol == http")).toEqual(["service-defaults/web"]);
    expect(names("service-defaults", "Meta.team == a or Name == db")).toEqual([
      "service-defaults/db",
      "service-defaults/web",
    ]);
    expect(names("service-resolver", "Subsets.v1.Filter != z")).toEqual(["service-resolver/web"]);
    expect(names("", "Name == web")).toEqual(["service-defaults/web", "service-resolver/web"]);
    expect(call("GET", "/v1/config/service-defaults?filter=Subsets%20is%20empty")).toMatchObject({
      status: 500,
      body: 'Failed to create boolean expression evaluator: Selector "Subsets" is not valid',
    });
  });
});

describe("an intention between two services", () => {
  const EXACT = "/v1/connect/intentions/exact";
  const put = (query: string, body: object): string =>
    write("PUT", `${EXACT}?${query}`, JSON.stringify(body));
  const found = (query: string): Record<string, unknown> =>
    json(`${EXACT}?${query}`) as Record<string, unknown>;

  test("is made, replaced under the id that it has, read and taken back by their names", () => {
    expect(put("source=web&destination=default/db", { Action: "allow", Description: "first" })).toBe(
      "200 true",
    );
    const first = found("source=WEB&destination=db");
    expect(first).toMatchObject({ SourceName: "web", DestinationName: "db", Action: "allow", Precedence: 9 });
    expect(put("source=web&destination=db", { Action: "deny", SourceName: "read over" })).toBe("200 true");
    const second = found("source=web&destination=db");
    const { ID, CreatedAt, CreateIndex } = first;
    expect(second).toMatchObject({ ID, CreatedAt, CreateIndex, Action: "deny", Description: "" });
    expect(json("/v1/connect/intentions")).toEqual([second]);
    expect(json(`/v1/connect/intentions/${ID}`)).toEqual(second);
    expect(write("DELETE", `${EXACT}?source=web&destination=db`)).toBe("200 true");
    expect(write("DELETE", `${EXACT}?source=web&destination=db`)).toBe("200 true");
    expect(call("GET", `${EXACT}?source=web&destination=db`)).toMatchObject({
      status: 404,
      body: "Intention not found",
    });
  });

  test("keeps the metadata that it has, which nobody can give it so", () => {
    const meta = { Action: "allow", Meta: { a: "b" } };
    expect(put("source=web&destination=db", meta)).toBe("500 Meta must not be specified");
    const made = { SourceName: "web", DestinationName: "db", ...meta };
    write("POST", "/v1/connect/intentions", JSON.stringify(made));
    expect(put("source=web&destination=db", { Action: "deny" })).toBe("200 true");
    expect(put("source=web&destination=db", { ...meta, Action: "deny" })).toBe("200 true");
    expect(put("source=web&destination=db", { Action: "deny", Meta: { a: "c" } })).toBe(
      "500 Meta must not be specified, or should be unchanged during an update.",
    );
    expect(found("source=web&destination=db")).toMatchObject({ Action: "deny", Meta: { a: "b" } });
  });

  test("must be right, and named", () => {
    expect(put("source=web&destination=db", {})).toContain("Action must be set to 'allow' or 'deny'");
    expect(put("source=web&destination=db", { Permissions: [{ Action: "deny" }], Action: "allow" })).toBe(
      "500 Intentions with Permissions are not supported",
    );
    expect(put("source=web", { Action: "allow" })).toBe("500 required query parameter 'destination' not set");
    expect(put("source=a/b/c&destination=db", { Action: "allow" })).toBe(
      `500 source "a/b/c" is invalid: input can contain at most one '/'`,
    );
  });
});

test("/v1/internal/ui/catalog-overview counts nodes, instances and checks by how well they are", () => {
  const check = (id: string, status: string): object => ({
    CheckID: id,
    Name: `check ${id}`,
    Status: status,
  });
  const register = (body: object): void =>
    void write("PUT", "/v1/catalog/register", JSON.stringify({ Node: "n1", Address: "10.0.0.1", ...body }));
  register({ Check: check("disk", "warning") });
  register({
    Service: { Service: "web", ID: "web1" },
    Check: { ServiceID: "web1", ...check("a", "passing") },
  });
  register({ Check: { ServiceID: "web1", ...check("b", "critical") } });
  register({ Service: { Service: "web", ID: "web2" } });
  const counts = (passing: number, warning: number, critical: number): object => ({
    Total: passing + warning + critical,
    ...{ Passing: passing, Warning: warning, Critical: critical },
  });
  expect(json("/v1/internal/ui/catalog-overview")).toEqual({
    Nodes: [counts(1, 1, 0)],
    Services: [
      { Name: "consul", ...counts(1, 0, 0) },
      { Name: "web", ...counts(1, 0, 1) },
    ],
    Checks: [
      { Name: "Serf Health Status", ...counts(1, 0, 0) },
      { Name: "check a", ...counts(1, 0, 0) },
      { Name: "check b", ...counts(0, 0, 1) },
      { Name: "check disk", ...counts(0, 1, 0) },
    ],
  });
});

test("/v1/operator/usage?global tells of each datacenter", () => {
  const { Usage: own, ...rest } = json("/v1/operator/usage") as { Usage: { dc1: object } };
  expect(own.dc1).toMatchObject({ Nodes: 1, Services: 1 });
  expect(json("/v1/operator/usage?global")).toEqual({ Usage: own, ...rest });
  expect(table.agent.usagePolls.size).toBe(0);
});

test("a proxy is registered by an agent with what entries say, and follows them", () => {
  entry("proxy-defaults", "global", { Config: { protocol: "http" } });
  const proxy = { DestinationServiceName: "web", DestinationServiceID: "web" };
  const registration = { Name: "web-proxy", Kind: "connect-proxy", Port: 1, Proxy: proxy };
  expect(write("PUT", "/v1/agent/service/register", JSON.stringify(registration))).toBe("200 ");
  const protocol = (): unknown => {
    const [row] = json("/v1/catalog/service/web-proxy") as {
      ServiceProxy: { Config: { protocol: string } };
    }[];
    return row?.ServiceProxy.Config.protocol;
  };
  expect(protocol()).toBe("http");
  entry("service-defaults", "web", { Protocol: "grpc" });
  pass(table, 1_000);
  expect(protocol()).toBe("grpc");
  write("PUT", "/v1/agent/service/deregister/web-proxy");
  pass(table, 1_000);
  const { asks } = table.agent.service;
  expect([...asks.values()].filter(({ request }) => request.kind === "config.resolve")).toEqual([]);
});
