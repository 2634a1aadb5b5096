// What an agent is told of its own services and checks over HTTP: what is made of bodies, and how the answers read. That the
// words are Consul's is shown by scripts/compare-http.ts.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LocalRequest } from "../../../src/core/api/local.ts";
import { aggregatedStatus } from "../../../src/core/http/agent-health.ts";
import { readHttp } from "../../../src/core/http/http.ts";
import type { HttpPlan, HttpSettings } from "../../../src/core/http/plan.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import type { Check } from "../../../src/core/model/catalog.ts";

const SETTINGS = {
  dev: false,
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 524_288,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
} as unknown as HttpSettings;

const SERVICE = "/v1/agent/service/register";
const CHECK = "/v1/agent/check/register";

function read(target: string, body = "", settings = SETTINGS): HttpPlan {
  const request = { method: "PUT", target, headers: new Map(), body: utf8Bytes(body), remote: "" };
  return readHttp(request, settings);
}

function asked<K extends LocalRequest["kind"]>(
  kind: K,
  target: string,
  body: object,
  settings = SETTINGS,
): Extract<LocalRequest, { kind: K }> {
  const plan = read(target, JSON.stringify(body), settings);
  if (plan.kind !== "ask" || plan.request.kind !== kind) throw new Error(JSON.stringify(plan));
  return plan.request as Extract<LocalRequest, { kind: K }>;
}

function refusal(target: string, body: object): string {
  const plan = read(target, JSON.stringify(body));
  return plan.kind === "answer" ? `${plan.response.status} ${plan.response.body}` : "asked";
}

describe("a service in a body", () => {
  const service = (body: object): Extract<LocalRequest, { kind: "agent.register-service" }> =>
    asked("agent.register-service", SERVICE, { Name: "web", ...body });

  test("is made whole: its name is its id, its address is that of the LAN and the WAN, its weights are one", () => {
    expect(service({ Address: "1.2.3.4", Port: 80 })).toMatchObject({
      service: {
        id: "web",
        service: "web",
        weights: { passing: 1, warning: 1 },
        taggedAddresses: [
          ["lan_ipv4", { address: "1.2.3.4", port: 80 }],
          ["wan_ipv4", { address: "1.2.3.4", port: 80 }],
        ],
        proxy: null,
      },
      checks: [],
      replacesChecks: false,
    });
  });

  test("may be written in lower case and with underscores", () => {
    expect(
      service({
        enable_tag_override: true,
        tagged_addresses: { x: { address: "y" } },
        tags: ["a"],
        check: { script_args: [], tls_skip_verify: true, deregister_critical_service_after: "2m", ttl: "1s" },
      }),
    ).toMatchObject({
      service: {
        enableTagOverride: true,
        tags: ["a"],
        taggedAddresses: [["x", { address: "y", port: 0 }]],
      },
      checks: [{ type: "ttl", spec: { tlsSkipVerify: true, deregisterCriticalServiceAfterNs: 120e9 } }],
    });
  });

  test("the single check comes first, and is none if it says nothing; one of a list always is one", () => {
    const checks = (body: object): (string | undefined)[] =>
      service(body).checks.map(({ checkId }) => checkId);
    const ttl = { TTL: "1h" };
    expect(checks({ Checks: [{ CheckID: "a", ...ttl }], Check: { CheckID: "b", ...ttl } })).toEqual([
      "b",
      "a",
    ]);
    expect(checks({ Check: {} })).toEqual([]);
    expect(checks({ Check: { Args: [], TTL: 0 } })).toEqual([]);
    const nothing = "400 Invalid check: TTL must be > 0 for TTL checks";
    expect(refusal(SERVICE, { Name: "a", Check: { Header: {} } })).toBe(nothing);
    expect(refusal(SERVICE, { Name: "a", Checks: [{}] })).toBe(nothing);
    expect(refusal(SERVICE, { Name: "a", Checks: [null] })).toBe(nothing);
  });

  test.each([
    ["", true],
    ["=true", true],
    ["=false", false],
    ["=1", false],
  ])("?replace-existing-checks%s", (value, replaces) => {
    const target = `${SERVICE}?replace-existing-checks${value}`;
    expect(asked("agent.register-service", target, { Name: "a" }).replacesChecks).toBe(replaces);
  });

  test("programs may be checks only where the configuration says so", () => {
    const body = { Name: "a", Check: { Args: ["x"], Interval: "1s" } };
    expect(refusal(SERVICE, body)).toMatch(/^500 Scripts are disabled on this agent from remote calls/);
    const settings = { ...SETTINGS, remoteScriptChecks: true };
    expect(asked("agent.register-service", SERVICE, body, settings).checks[0]?.type).toBe("script");
  });

  test("a sidecar is asked for beside it, and judged before anything is registered", () => {
    const sidecar = { Port: 7, Checks: [{ TTL: "1h" }] };
    expect(service({ Connect: { SidecarService: sidecar } }).sidecar).toMatchObject({
      port: 7,
      checks: [{ type: "ttl" }],
    });
    expect(refusal(SERVICE, { Name: "a", Connect: { SidecarService: { Check: { HTTP: "x" } } } })).toBe(
      "500 Bad request: Invalid check in sidecar_service: Interval must be > 0 for Script, HTTP, or TCP checks",
    );
  });

  test("a name with a NUL in it is refused: the catalog has none", () => {
    for (const body of [
      { Name: "a\0" },
      { Name: "a", ID: "\0" },
      { Name: "a", Check: { CheckID: "\0", TTL: "1h" } },
    ])
      expect(refusal(SERVICE, body)).toMatch(/^400 .*NUL/);
    expect(refusal(CHECK, { Name: "a\0", TTL: "1h" })).toMatch(/^400 .*NUL/);
  });
});

describe("a check in a body", () => {
  test("has its name for an id, and a service by either spelling", () => {
    const body = { Name: "c", TTL: 3.6e12, service_id: "web", Token: "t" };
    expect(asked("agent.register-check", CHECK, body).check).toMatchObject({
      checkId: "c",
      serviceId: "web",
      token: "t",
      type: "ttl",
      spec: { ttlNs: 3.6e12 },
    });
  });

  test.each([
    [{ GRPC: "x", HTTP: "x", Interval: "1s" }, "grpc"],
    [{ HTTP: "x", TCP: "x", Interval: "1s" }, "http"],
    [{ AliasService: "x" }, "alias"],
    [{ TCP: "x", Interval: "1s" }, "tcp"],
    [{ UDP: "x", Interval: "1s" }, "udp"],
    [{ H2PING: "x", Interval: "1s" }, "h2ping"],
    [{ OSService: "x", Interval: "1s" }, "os_service"],
  ])("is of the kind that Consul takes it for: %j", (body, type) => {
    expect(asked("agent.register-check", CHECK, { Name: "c", ...body }).check.type).toBe(type);
  });
});

describe("what makes no check is refused in Consul's words", () => {
  const UPDATE = "/v1/agent/check/update/x";
  test.each<[string, object, string]>([
    [CHECK, { TTL: "1h" }, "400 Missing check name"],
    [CHECK, { Name: "c", TTL: "1h", Status: "odd" }, "400 Bad check status"],
    [
      CHECK,
      { Name: "c", TTL: "1h", Interval: "1s" },
      "400 Invalid check: Interval and TTL cannot both be specified",
    ],
    [
      CHECK,
      { Name: "c", Interval: "10", HTTP: "x" },
      '400 Request decode failed: time: missing unit in duration "10"',
    ],
    [UPDATE, { Status: "foo" }, "400 Invalid check status: 'foo'"],
    [UPDATE, {}, "400 Invalid check status: ''"],
    ["/v1/agent/check/deregister/", {}, "500 CheckID missing"],
  ])("%s of %j", (target, body, words) => {
    expect(refusal(target, body)).toBe(words);
  });
});

describe("a check of the kinds that came after Consul 1.8", () => {
  test("says all that later Consuls' may say", () => {
    const body = {
      ...{
        Name: "c",
        Interval: "1s",
        H2PING: "x:1",
        H2PingUseTLS: false,
        TCPUseTLS: true,
        TLSServerName: "n",
      },
      ...{ DisableRedirects: true, FailuresBeforeWarning: 1, FailuresBeforeCritical: 2 },
    };
    expect(asked("agent.register-check", CHECK, body).check.spec).toMatchObject({
      ...{ h2ping: "x:1", h2pingUseTls: false, tcpUseTls: true, tlsServerName: "n", disableRedirects: true },
      ...{ failuresBeforeWarning: 1, failuresBeforeCritical: 2 },
    });
  });

  test("is refused in their words", () => {
    expect(refusal(CHECK, { Name: "c", UDP: "x" })).toBe(
      "400 Invalid check: Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks",
    );
    expect(refusal(CHECK, { Name: "c", TCP: "x", Interval: "1s", FailuresBeforeWarning: 1 })).toBe(
      "400 Invalid check: FailuresBeforeWarning can't be higher than FailuresBeforeCritical",
    );
  });
});

test("no body makes it stumble", () => {
  const field = fc.constantFrom(
    "Name",
    "Check",
    "Checks",
    "Connect",
    "SidecarService",
    "Proxy",
    "Upstreams",
    "TTL",
  );
  const body = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, "", "a", "1s", 5, -1, true),
      fc.array(tie("value"), { maxLength: 2 }),
      fc.dictionary(field, tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(body, fc.constantFrom(SERVICE, CHECK, "/v1/agent/check/update/x"), (value, target) => {
      const plan = read(target, JSON.stringify(value));
      if (plan.kind === "answer") expect([400, 500]).toContain(plan.response.status);
    }),
  );
});

test("sidecars within sidecars, as deep as JSON goes, are refused and no more", () => {
  const depth = 400;
  const body = `${'{"Name":"a","Connect":{"SidecarService":'.repeat(depth)}{}${"}}".repeat(depth)}`;
  const plan = read(SERVICE, body);
  expect(plan).toMatchObject({ kind: "answer", response: { status: 400 } });
});

describe("how an instance is", () => {
  const check = (status: string, checkId = "c"): Check => ({ status, checkId }) as Check;
  test.each<[string, readonly Check[]]>([
    ["passing", []],
    ["passing", [check("passing")]],
    ["warning", [check("passing"), check("warning")]],
    ["critical", [check("critical"), check("warning")]],
    ["maintenance", [check("critical"), check("critical", "_node_maintenance")]],
    ["maintenance", [check("critical", "_service_maintenance:web")]],
    ["", [check("critical"), check("odd")]],
  ])("%s", (status, checks) => {
    expect(aggregatedStatus(checks)).toBe(status);
  });
});
